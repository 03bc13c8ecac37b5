package datatype

import (
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// AppendDate appends days since 1970-01-01 as 2020-01-05.
func AppendDate(dst []byte, days int32) []byte {
	y, m, d := Civil(days)
	return appendYMD(dst, y, m, d)
}

func appendYMD(dst []byte, y, m, d int) []byte {
	if y < 0 {
		dst, y = append(dst, '-'), -y
	}
	dst = appendPadded(dst, y, 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, m, 2)
	dst = append(dst, '-')
	return appendPadded(dst, d, 2)
}

// appendPadded appends v ≥ 0 with at least width digits.
func appendPadded(dst []byte, v, width int) []byte {
	if width == 2 && v < 100 {
		return append(dst, byte('0'+v/10), byte('0'+v%10))
	}
	for limit := 1; width > 1; width-- {
		limit *= 10
		if v < limit {
			for ; width > 1; width-- {
				dst = append(dst, '0')
			}
			break
		}
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

// AppendTimestamp appends a stored timestamp as 2020-01-05 01:02:03.5, without fraction if it is 0.
func AppendTimestamp(dst []byte, ts decimal128.Num) []byte {
	sec, nano := SplitTimestamp(ts)
	return appendClock(dst, sec, nano)
}

func appendClock(dst []byte, sec int64, nano int32) []byte {
	days, s := SplitSecond(sec)
	dst = append(AppendDate(dst, days), ' ')
	dst = appendPadded(dst, s/3600, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s/60%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s%60, 2)
	if nano == 0 {
		return dst
	}
	dst = append(dst, '.')
	for width := int32(100_000_000); nano > 0; width /= 10 {
		dst = append(dst, byte('0'+nano/width))
		nano %= width
	}
	return dst
}

// AppendTimestampLTZ appends a stored point in time as the clock of zone shows it, and the zone's name, as Hive
// does: 2016-01-03 20:26:34.0 America/Los_Angeles.
func AppendTimestampLTZ(dst []byte, ts decimal128.Num, zone *time.Location) []byte {
	sec, nano := SplitTimestamp(ts)
	_, offset := time.Unix(sec, 0).In(zone).Zone()
	dst = appendClock(dst, sec+int64(offset), nano)
	if nano == 0 {
		dst = append(dst, '.', '0')
	}
	return append(append(dst, ' '), zone.String()...)
}

// AppendDayTime appends nanoseconds as Hive shows a day-time interval: 1 02:03:04.000000000.
func AppendDayTime(dst []byte, v decimal128.Num) []byte {
	if v.Sign() < 0 {
		dst, v = append(dst, '-'), v.Negate()
	}
	sec, nano := SplitTimestamp(v)
	dst = strconv.AppendInt(dst, sec/secondsPerDay, 10)
	s := int(sec % secondsPerDay)
	dst = append(dst, ' ')
	dst = appendPadded(dst, s/3600, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s/60%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s%60, 2)
	dst = append(dst, '.')
	return appendPadded(dst, int(nano), 9)
}

// AppendYearMonth appends months as Hive shows a year-month interval: 1-2, or -1-2.
func AppendYearMonth(dst []byte, months int32) []byte {
	m := int64(months)
	if m < 0 {
		dst, m = append(dst, '-'), -m
	}
	dst = strconv.AppendInt(dst, m/12, 10)
	dst = append(dst, '-')
	return strconv.AppendInt(dst, m%12, 10)
}

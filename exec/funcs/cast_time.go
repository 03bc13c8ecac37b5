package funcs

import (
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// strictTimestamps is Hive's setting that refuses casts between numbers and timestamps; on by default.
const strictTimestamps = "hive.strict.timestamp.conversion"

// unlessStrict lets k run only in sessions that allow casts between numbers and timestamps.
func unlessStrict(from, to arrow.DataType, k Kernel) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		if c.Session.Settings[strictTimestamps] != "false" {
			err := diag.Errorf(diag.Type, "%s cannot be cast to %s", datatype.Name(from), datatype.Name(to))
			if isTimestamp(to) {
				err.Hint = "from_unixtime_ms(x) and from_unixtime(x) read a number as a time; SET " + strictTimestamps + "=false allows the cast"
			} else {
				err.Hint = "unix_timestamp(x) gives the seconds since 1970; SET " + strictTimestamps + "=false allows the cast"
			}
			return nil, err
		}
		return k(c, args, n)
	}
}

// castToTime casts to date, timestamps and intervals.
func castToTime(from, to arrow.DataType) Kernel {
	switch to.(type) {
	case *arrow.Date32Type:
		switch {
		case datatype.IsText(from):
			return textToFixed(to, datatype.ParseDate)
		case isTimestamp(from):
			return mapFixed(to, dayOf)
		case isLTZ(from):
			return zonedKernel(to, func(v decimal128.Num, z *time.Location) int32 { return dayOf(toLocal(v, z)) })
		}
	case *datatype.TimestampType:
		return castToTimestamp(from, to)
	case *datatype.TimestampLTZType:
		switch {
		case datatype.IsText(from):
			return textToInstant(to)
		case isTimestamp(from):
			return zonedKernel(to, fromLocal)
		case isDate(from):
			return zonedKernel(to, func(d int32, z *time.Location) decimal128.Num { return fromLocal(midnight(d), z) })
		}
	case *arrow.MonthIntervalType:
		if datatype.IsText(from) {
			return textToFixed(to, datatype.ParseYearMonth)
		}
	case *datatype.DayTimeType:
		if datatype.IsText(from) {
			return textToFixed(to, datatype.ParseDayTime)
		}
	}
	return nil
}

// castToTimestamp: numbers count from 1970-01-01 00:00:00 UTC, integers in milliseconds, others in seconds.
func castToTimestamp(from, to arrow.DataType) Kernel {
	millis := func(v int64) (decimal128.Num, bool) {
		return inRange(decimal128.FromI64(v).Mul(decimal128.FromI64(1e6)))
	}
	seconds := func(text []byte) (decimal128.Num, bool) {
		v, ok := datatype.ParseDecimal(text, 38, 9)
		if !ok {
			return v, false
		}
		return inRange(v)
	}
	var k Kernel
	switch from.ID() {
	case arrow.STRING:
		return textToFixed(to, datatype.ParseTimestamp)
	case arrow.DATE32:
		return mapFixed(to, midnight)
	case arrow.INT8:
		k = tryFixed(to, func(v int8) (decimal128.Num, bool) { return millis(int64(v)) })
	case arrow.INT16:
		k = tryFixed(to, func(v int16) (decimal128.Num, bool) { return millis(int64(v)) })
	case arrow.INT32:
		k = tryFixed(to, func(v int32) (decimal128.Num, bool) { return millis(int64(v)) })
	case arrow.INT64:
		k = tryFixed(to, millis)
	case arrow.FLOAT32:
		k = tryFixed(to, func(v float32) (decimal128.Num, bool) {
			var buf [32]byte
			return seconds(datatype.AppendDouble(buf[:0], float64(v)))
		})
	case arrow.FLOAT64:
		k = tryFixed(to, func(v float64) (decimal128.Num, bool) {
			var buf [32]byte
			return seconds(datatype.AppendDouble(buf[:0], v))
		})
	case arrow.BOOL:
		k = boolToFixed(to, decimal128.FromI64(1e6))
	case arrow.DECIMAL128:
		if isLTZ(from) {
			return zonedKernel(to, toLocal)
		}
		if !datatype.IsDecimal(from) {
			return nil
		}
		_, s := precision(from)
		k = tryFixed(to, func(v decimal128.Num) (decimal128.Num, bool) {
			v, ok := datatype.RescaleDecimal(v, s, 38, 9)
			if !ok {
				return v, false
			}
			return inRange(v)
		})
	default:
		return nil
	}
	return unlessStrict(from, to, k)
}

// inRange checks that a timestamp lies in the years 1 to 9999.
func inRange(v decimal128.Num) (decimal128.Num, bool) {
	lo, hi := datatype.TimestampOf(datatype.MinSecond, 0), datatype.TimestampOf(datatype.MaxSecond, 999_999_999)
	return v, v.GreaterEqual(lo) && v.LessEqual(hi)
}

// timestampToInt gives seconds since 1970, cut toward earlier, with the timestamp read in the session's zone.
func timestampToInt[R integer](to arrow.DataType) Kernel {
	return zonedKernel(to, func(v decimal128.Num, z *time.Location) R {
		sec, _ := datatype.SplitTimestamp(v)
		return R(localToUTC(sec, z))
	})
}

// dayOf returns the day of a timestamp.
func dayOf(v decimal128.Num) int32 {
	sec, _ := datatype.SplitTimestamp(v)
	d, _ := datatype.SplitSecond(sec)
	return d
}

// midnight returns the timestamp at which a day begins.
func midnight(day int32) decimal128.Num { return datatype.TimestampOf(int64(day)*86400, 0) }

// zonedKernel makes a kernel of f, which gets the session's time zone.
func zonedKernel[A, R arrow.FixedWidthType](to arrow.DataType, f func(A, *time.Location) R) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		return mapFixed(to, func(v A) R { return f(v, c.Session.Zone) })(c, args, n)
	}
}

// toLocal returns what the clock of zone shows at the instant v.
func toLocal(v decimal128.Num, zone *time.Location) decimal128.Num {
	sec, nano := datatype.SplitTimestamp(v)
	_, offset := time.Unix(sec, 0).In(zone).Zone()
	return datatype.TimestampOf(sec+int64(offset), nano)
}

// fromLocal returns the instant at which the clock of zone shows v. Of a time that the clock shows twice it takes the
// first; a time that the clock skips moves forward by the gap, as java.time does.
func fromLocal(v decimal128.Num, zone *time.Location) decimal128.Num {
	sec, nano := datatype.SplitTimestamp(v)
	return datatype.TimestampOf(localToUTC(sec, zone), nano)
}

// localToUTC is fromLocal in seconds.
func localToUTC(sec int64, zone *time.Location) int64 {
	_, before := time.Unix(sec-86400, 0).In(zone).Zone()
	utc := sec - int64(before)
	if _, at := time.Unix(utc, 0).In(zone).Zone(); at == before {
		return utc
	}
	_, after := time.Unix(sec+86400, 0).In(zone).Zone()
	if _, at := time.Unix(sec-int64(after), 0).In(zone).Zone(); at == after {
		return sec - int64(after)
	}
	return utc
}

// textToInstant reads a timestamp in the session's zone unless the text names another.
func textToInstant(to arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		name, zone := "", c.Session.Zone // of the row before: LoadLocation reads a file
		return textToFixed(to, func(b []byte) (decimal128.Num, bool) {
			v, region, fixed, ok := datatype.ParseInstant(b)
			switch {
			case !ok || fixed:
				return v, ok
			case len(region) == 0:
				return fromLocal(v, c.Session.Zone), true
			case string(region) != name || zone == nil:
				name = string(region)
				zone, _ = time.LoadLocation(name)
			}
			if zone == nil {
				return v, false
			}
			return fromLocal(v, zone), true
		})(c, args, n)
	}
}

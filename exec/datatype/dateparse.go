package datatype

import "github.com/apache/arrow/go/v15/arrow/decimal128"

// ParseDate reads yyyy-M-d with blanks before and any tail that does not begin with a digit, as both
// CAST and LazySimple do: 2020-1-1, 2020-01-01T10:00:00 and 2020-01-01abc are the first of January.
func ParseDate(b []byte) (days int32, ok bool) {
	days, _, ok = scanDate(b)
	return days, ok
}

// scanDate reads a date and returns what follows it.
func scanDate(b []byte) (days int32, rest []byte, ok bool) {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	y, b, ok := scanDigits(b, 4)
	if !ok || len(b) == 0 || b[0] != '-' || y == 0 {
		return 0, nil, false
	}
	m, b, ok := scanDigits(b[1:], 2)
	if !ok || len(b) == 0 || b[0] != '-' || m < 1 || m > 12 {
		return 0, nil, false
	}
	d, b, ok := scanDigits(b[1:], 2)
	if !ok || d < 1 || (d > 28 && d > DaysIn(y, m)) || (len(b) > 0 && b[0] >= '0' && b[0] <= '9') {
		return 0, nil, false
	}
	return DaysOf(y, m, d), b, true
}

// scanDigits reads 1 to most digits.
func scanDigits(b []byte, most int) (v int, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < most && b[i] >= '0' && b[i] <= '9' {
		v = v*10 + int(b[i]-'0')
		i++
	}
	return v, b[i:], i > 0
}

// clock is the time of day of a timestamp's text, and what it says of a zone.
type clock struct {
	second int
	nano   int32
	digits int    // of the fraction
	zone   []byte // what follows, blanks cut: "", "Z", "+01:00", "UTC"
	brief  bool   // no seconds
}

// scanClock reads H:m[:s[.f…]] and leaves the rest in zone.
func scanClock(b []byte) (c clock, ok bool) {
	h, b, ok := scanDigits(b, 2)
	if !ok || len(b) == 0 || b[0] != ':' || h > 23 {
		return c, false
	}
	m, b, ok := scanDigits(b[1:], 2)
	if !ok || m > 59 {
		return c, false
	}
	s := 0
	if len(b) > 0 && b[0] == ':' {
		if s, b, ok = scanDigits(b[1:], 2); !ok || s > 59 {
			return c, false
		}
		if len(b) > 0 && b[0] == '.' {
			i := 1
			for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
				if i <= 9 {
					c.nano = c.nano*10 + int32(b[i]-'0')
				}
			}
			if c.digits = i - 1; c.digits == 0 {
				return c, false
			}
			for k := c.digits; k < 9; k++ {
				c.nano *= 10
			}
			b = b[i:]
		}
	} else {
		c.brief = true
	}
	c.second = h*3600 + m*60 + s
	c.zone = TrimBlanks(b)
	return c, true
}

// ParseTimestamp reads a timestamp as CAST does: a date alone is midnight; else a blank or T and H:m[:s[.f]].
// Fraction digits beyond nine are dropped. Hive gives midnight of the day for a time that it cannot
// read, such as 25:00:00, and for the forms 01:02 and 01:02:03Z; here the former is not ok and the latter are read.
// After a blank a zone is dropped, as in Hive; after T an offset is applied, giving UTC.
func ParseTimestamp(b []byte) (ts decimal128.Num, ok bool) {
	b = TrimBlanks(b)
	days, rest, ok := scanDate(b)
	if !ok {
		return decimal128.Num{}, false
	}
	sec := int64(days) * secondsPerDay
	if len(rest) == 0 {
		return TimestampOf(sec, 0), true
	}
	if rest[0] != ' ' && rest[0] != 'T' { // no time at all: a tail as ParseDate takes it
		return TimestampOf(sec, 0), true
	}
	c, ok := scanClock(trimLeft(rest[1:]))
	if !ok {
		return decimal128.Num{}, false
	}
	if len(c.zone) > 0 {
		offset, ok := zoneOffset(c.zone)
		if !ok && (rest[0] == 'T' || !zoneName(c.zone)) {
			return decimal128.Num{}, false
		}
		if rest[0] == 'T' {
			sec -= int64(offset)
		}
	}
	sec += int64(c.second)
	return TimestampOf(sec, c.nano), sec >= MinSecond && sec <= MaxSecond
}

// ParseTimestampLazy reads a timestamp as LazySimple does: yyyy-M-d, a blank or T, H:m:s and up to nine digits of
// fraction. Hive takes no zone; here Z and offsets are applied, giving UTC, and zoned is set so that
// the reader can count them.
func ParseTimestampLazy(b []byte) (ts decimal128.Num, zoned, ok bool) {
	days, rest, ok := scanDate(b)
	if !ok || len(rest) < 2 || (rest[0] != ' ' && rest[0] != 'T') {
		return decimal128.Num{}, false, false
	}
	c, ok := scanClock(rest[1:])
	if !ok || c.brief || c.digits > 9 {
		return decimal128.Num{}, false, false
	}
	sec := int64(days)*secondsPerDay + int64(c.second)
	if len(c.zone) > 0 {
		offset, ok := zoneOffset(c.zone)
		if !ok {
			return decimal128.Num{}, false, false
		}
		sec -= int64(offset)
		zoned = true
	}
	return TimestampOf(sec, c.nano), zoned, sec >= MinSecond && sec <= MaxSecond
}

// ParseInstant reads a timestamp with or without zone: 2016-01-03 12:26:34.5 America/Los_Angeles. An offset is
// applied and fixed is set; else ts is the clock's time and zone the region's name, empty if there is none.
func ParseInstant(b []byte) (ts decimal128.Num, zone []byte, fixed, ok bool) {
	b = TrimBlanks(b)
	days, rest, ok := scanDate(b)
	if !ok {
		return ts, nil, false, false
	}
	sec := int64(days) * secondsPerDay
	var c clock
	if len(rest) > 0 {
		if rest[0] != ' ' && rest[0] != 'T' {
			return ts, nil, false, false
		}
		rest = trimLeft(rest[1:])
		if c, ok = scanClock(rest); !ok {
			c = clock{zone: rest} // a date and a zone
		}
	}
	if len(c.zone) > 0 {
		offset := 0
		if offset, fixed = zoneOffset(c.zone); fixed {
			sec -= int64(offset)
			c.zone = nil
		} else if !zoneName(c.zone) {
			return ts, nil, false, false
		}
	}
	sec += int64(c.second)
	return TimestampOf(sec, c.nano), c.zone, fixed, sec >= MinSecond && sec <= MaxSecond
}

func trimLeft(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

// zoneOffset reads Z, UTC, GMT, ±hh, ±hhmm and ±hh:mm as seconds east of Greenwich.
func zoneOffset(b []byte) (int, bool) {
	switch string(b) {
	case "Z", "z", "UTC", "GMT", "UT":
		return 0, true
	}
	if len(b) < 2 || (b[0] != '+' && b[0] != '-') {
		return 0, false
	}
	h, rest, ok := scanDigits(b[1:], 2)
	m := 0
	if ok && len(rest) > 0 {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		m, rest, ok = scanDigits(rest, 2)
	}
	if !ok || len(rest) > 0 || h > 18 || m > 59 {
		return 0, false
	}
	if v := h*3600 + m*60; b[0] == '+' {
		return v, true
	} else {
		return -v, true
	}
}

// zoneName reports whether b looks like a region: America/New_York.
func zoneName(b []byte) bool {
	slash := false
	for _, c := range b {
		switch {
		case c == '/':
			slash = true
		case c == '_' || c == '-' || c == '+' || (c >= '0' && c <= '9') || (c|0x20 >= 'a' && c|0x20 <= 'z'):
		default:
			return false
		}
	}
	return slash
}

// ParseYearMonth reads an interval such as 1-2 or -1-2 in months.
func ParseYearMonth(b []byte) (int32, bool) {
	neg, b := sign(TrimBlanks(b))
	y, b, ok := scanDigits(b, 9)
	if !ok || len(b) == 0 || b[0] != '-' {
		return 0, false
	}
	m, b, ok := scanDigits(b[1:], 2)
	if !ok || len(b) > 0 || m > 11 || y > (1<<31-12)/12 {
		return 0, false
	}
	if neg {
		return int32(-(y*12 + m)), true
	}
	return int32(y*12 + m), true
}

// ParseDayTime reads an interval such as 1 02:03:04.5 in nanoseconds.
func ParseDayTime(b []byte) (decimal128.Num, bool) {
	neg, b := sign(TrimBlanks(b))
	d, b, ok := scanDigits(b, 10)
	if !ok || len(b) == 0 || b[0] != ' ' {
		return decimal128.Num{}, false
	}
	c, ok := scanClock(trimLeft(b))
	if !ok || c.brief || c.digits > 9 || len(c.zone) > 0 {
		return decimal128.Num{}, false
	}
	v := TimestampOf(int64(d)*secondsPerDay+int64(c.second), c.nano)
	if neg {
		v = v.Negate()
	}
	return v, true
}

func sign(b []byte) (neg bool, rest []byte) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		return b[0] == '-', b[1:]
	}
	return false, b
}

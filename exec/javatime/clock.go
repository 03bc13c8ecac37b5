package javatime

import (
	"time"

	"github.com/winnowdb/winnow/exec/datatype"
)

// clock is a time with its fields at hand.
type clock struct {
	days             int32 // since 1970-01-01
	second           int   // of the day
	nano             int32
	year, month, day int
	offset           int // seconds east of UTC
	abbreviation     string
	zone             *time.Location
}

func newClock(sec int64, nano int32) clock {
	c := clock{nano: nano}
	c.days, c.second = datatype.SplitSecond(sec)
	c.year, c.month, c.day = datatype.Civil(c.days)
	return c
}

// isoDay returns 1 for Monday to 7 for Sunday.
func isoDay(days int32) int { return int((int64(days)%7+10)%7) + 1 }

// sundayDay returns 1 for Sunday to 7 for Saturday.
func sundayDay(days int32) int { return isoDay(days)%7 + 1 }

func (c *clock) dayOfYear() int { return int(c.days-datatype.DaysOf(c.year, 1, 1)) + 1 }

// week returns the year and number of the week; the week of January 1 is the first.
func (c *clock) week() (year, week int) {
	first := c.days - int32(sundayDay(c.days)) + 1
	if y, _, _ := datatype.Civil(first + 6); y > c.year {
		return y, 1
	}
	jan1 := datatype.DaysOf(c.year, 1, 1)
	return c.year, (c.dayOfYear()-1+sundayDay(jan1)-1)/7 + 1
}

// value returns the value of a field.
func (c *clock) value(f field) int64 {
	switch f {
	case era:
		if c.year < 1 {
			return 0
		}
		return 1
	case yearOfEra:
		if c.year < 1 {
			return int64(1 - c.year)
		}
		return int64(c.year)
	case year:
		return int64(c.year)
	case weekYear:
		y, _ := c.week()
		return int64(y)
	case week:
		_, w := c.week()
		return int64(w)
	case quarter:
		return int64(c.month+2) / 3
	case month:
		return int64(c.month)
	case weekOfMonth:
		first := c.days - int32(c.day) + 1
		return int64((c.day-1+sundayDay(first)-1)/7 + 1)
	case dayOfYear:
		return int64(c.dayOfYear())
	case dayOfMonth:
		return int64(c.day)
	case dayOfWeek:
		return int64(isoDay(c.days))
	case localDayOfWeek:
		return int64(sundayDay(c.days))
	case alignedDay:
		return int64((c.day-1)%7 + 1)
	}
	return c.timeValue(f)
}

// timeValue is value for the fields of the time of day.
func (c *clock) timeValue(f field) int64 {
	h := c.second / 3600
	switch f {
	case ampm:
		return int64(h / 12)
	case clockHour12:
		return int64((h+11)%12 + 1)
	case hour12:
		return int64(h % 12)
	case clockHour:
		return int64((h+23)%24 + 1)
	case hour:
		return int64(h)
	case minute:
		return int64(c.second / 60 % 60)
	case second:
		return int64(c.second % 60)
	case nanoOfSecond:
		return int64(c.nano)
	case milliOfDay:
		return int64(c.second)*1000 + int64(c.nano)/1e6
	}
	return int64(c.second)*1e9 + int64(c.nano)
}

package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
)

// dateParts are the functions that take a date or time apart. Text is read as CAST reads it.
var dateParts = []Scalar{
	datePart("year", "year(d): the year; year('2020-05-06') is 2020", func(d int32) int32 { y, _, _ := datatype.Civil(d); return int32(y) },
		func(months int32) int32 { return months / 12 }),
	datePart("month", "month(d): the month, 1 to 12; month('2020-05-06') is 5", func(d int32) int32 { _, m, _ := datatype.Civil(d); return int32(m) },
		func(months int32) int32 { return months % 12 }),
	datePart("quarter", "quarter(d): the quarter, 1 to 4; quarter('2020-05-06') is 2", quarterOf, nil),
	{
		Name: "day", Aliases: []string{"dayofmonth", "day_of_month"}, Doc: "day(d): the day of the month; day('2020-05-06') is 6",
		Bind: func(args []Arg) (Bound, error) {
			if len(args) == 1 && isDayTime(args[0].Type) {
				return Bound{Type: datatype.Int, Kernel: mapFixed(datatype.Int, func(v decimal128.Num) int32 { return spanPart(v, 86400, 1<<31-1) })}, nil
			}
			return bindDatePart("day", args, func(d int32) int32 { _, _, day := datatype.Civil(d); return int32(day) })
		},
	},
	datePart("weekofyear week week_of_year", "weekofyear(d): the ISO week: it begins on Monday, the first has at least four days; weekofyear('2021-01-03') is 53", isoWeek, nil),
	datePart("dayofweek", "dayofweek(d): 1 for Sunday to 7 for Saturday; dayofweek('2020-01-05') is 1", func(d int32) int32 { return weekday(d)%7 + 1 }, nil),
	datePart("dayofyear day_of_year", "dayofyear(d): 1 for the first of January; dayofyear('2020-12-31') is 366", func(d int32) int32 {
		y, _, _ := datatype.Civil(d)
		return d - datatype.DaysOf(y, 1, 1) + 1
	}, nil),
	clockPart("hour", "hour(t): the hour, 0 to 23, of a timestamp or of text such as 01:02:03; hour('2020-05-06 13:02:03') is 13", 3600, 24),
	clockPart("minute", "minute(t): the minute; minute('2020-05-06 13:02:03') is 2", 60, 60),
	clockPart("second", "second(t): the second; second('2020-05-06 13:02:03.9') is 3", 1, 60),
}

// timeAs is text, date or timestamp, which a function uses as type t.
func timeAs(t arrow.DataType) param {
	return param{what: "a date, timestamp or string", cast: func(from arrow.DataType) arrow.DataType {
		if isMoment(from) || datatype.IsText(from) || isVoid(from) {
			return t
		}
		return nil
	}}
}

var (
	aDay       = timeAs(datatype.Date)
	aTimestamp = timeAs(datatype.Timestamp)
)

// datePart makes an entry for a part of a date; ofMonths, if there is one, gives that of an interval.
func datePart(names, doc string, of func(day int32) int32, ofMonths func(months int32) int32) Scalar {
	f := strict(names, doc, datatype.Int, nil, aDay)
	f.Bind = func(args []Arg) (Bound, error) {
		if len(args) == 1 && isYearMonth(args[0].Type) && ofMonths != nil {
			return Bound{Type: datatype.Int, Kernel: mapFixed(datatype.Int, ofMonths)}, nil
		}
		return bindDatePart(f.Name, args, of)
	}
	return f
}

func bindDatePart(name string, args []Arg, of func(day int32) int32) (Bound, error) {
	casts, err := takes(name, args, []param{aDay})
	return Bound{Casts: casts, Type: datatype.Int, Kernel: mapFixed(datatype.Int, of)}, err
}

func quarterOf(d int32) int32 {
	_, m, _ := datatype.Civil(d)
	return int32(m+2) / 3
}

// weekday returns 1 for Monday to 7 for Sunday.
func weekday(d int32) int32 { return int32((int64(d)%7+10)%7) + 1 }

// isoWeek returns the week of the year of the Thursday of d's week.
func isoWeek(d int32) int32 {
	thursday := d - weekday(d) + 4
	y, _, _ := datatype.Civil(thursday)
	return (thursday-datatype.DaysOf(y, 1, 1))/7 + 1
}

// clockPart makes an entry for a part of the time of day: the seconds divided by unit, modulo wrap.
func clockPart(name, doc string, unit, wrap int) Scalar {
	return Scalar{Name: name, Doc: doc, Bind: func(args []Arg) (Bound, error) {
		ofSecond := func(sec int64) int32 {
			_, s := datatype.SplitSecond(sec)
			return int32(s / unit % wrap)
		}
		if len(args) == 1 && isDayTime(args[0].Type) {
			return Bound{Type: datatype.Int, Kernel: mapFixed(datatype.Int, func(v decimal128.Num) int32 { return spanPart(v, unit, wrap) })}, nil
		}
		if len(args) == 1 && datatype.IsText(args[0].Type) {
			return Bound{Type: datatype.Int, Kernel: textToFixed(datatype.Int, func(b []byte) (int32, bool) {
				if sec, ok := timeOfDay(b); ok {
					return ofSecond(sec), true
				}
				ts, ok := datatype.ParseTimestamp(b)
				sec, _ := datatype.SplitTimestamp(ts)
				return ofSecond(sec), ok
			})}, nil
		}
		casts, err := takes(name, args, []param{aTimestamp})
		return Bound{Casts: casts, Type: datatype.Int, Kernel: mapFixed(datatype.Int, func(ts decimal128.Num) int32 {
			sec, _ := datatype.SplitTimestamp(ts)
			return ofSecond(sec)
		})}, err
	}}
}

// spanPart is clockPart of a day-time interval, cut toward zero.
func spanPart(v decimal128.Num, unit, wrap int) int32 {
	q, _ := datatype.QuoRem(v, decimal128.FromI64(1e9))
	return int32(int64(q.LowBits()) / int64(unit) % int64(wrap))
}

// timeOfDay reads HH:mm:ss, two digits each, as Hive does for hour, minute and second.
func timeOfDay(b []byte) (sec int64, ok bool) {
	if len(b) != 8 || b[2] != ':' || b[5] != ':' {
		return 0, false
	}
	for _, at := range []int{0, 3, 6} {
		if b[at] < '0' || b[at] > '9' || b[at+1] < '0' || b[at+1] > '9' {
			return 0, false
		}
	}
	two := func(at int) int64 { return int64(b[at]-'0')*10 + int64(b[at+1]-'0') }
	h, m, s := two(0), two(3), two(6)
	return h*3600 + m*60 + s, h < 24 && m < 60 && s < 60
}

package funcs

import (
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// dateShifts are the functions that count with dates.
var dateShifts = []Scalar{
	strict("to_date", "to_date(x): the date part; to_date('2020-01-05 10:00:00') is date '2020-01-05'", datatype.Date, sameKernel, aDay),
	{Name: "date_add", Doc: "date_add(d, n): n days after d; date_add(unit, n, t): n units after t; date_add('2020-02-28', 2) is date '2020-03-01'", Bind: bindDateAdd("date_add", 1)},
	{Name: "date_sub", Doc: "date_sub(d, n): n days before d; date_sub('2020-03-01', 1) is date '2020-02-29'", Bind: bindDateAdd("date_sub", -1)},
	strict("datediff", "datediff(a, b): calendar days from b to a; datediff('2020-03-01', '2020-02-28') is 2", datatype.Int,
		tryFixed2(datatype.Int, func(a, b int32) (int32, bool) { return a - b, true }), aDay, aDay),
	{Name: "date_diff", Doc: "date_diff(unit, a, b): whole units from a to b; date_diff('day', '2020-02-28', '2020-03-01') is 2", Bind: bindDateDiff},
	{Name: "add_months", Doc: "add_months(d, n[, pattern]): n months after d; the last day of a month stays the last; add_months('2020-02-29', 1) is '2020-03-31'", Bind: bindAddMonths},
	{Name: "months_between", Doc: "months_between(a, b[, round]): months from b to a, with 31 days to a month; months_between('1997-02-28 10:30:00', '1996-10-30') is 3.94959677", Bind: bindMonthsBetween},
	strict("last_day", "last_day(d): the last day of d's month; last_day('2020-02-10') is '2020-02-29'", datatype.String,
		fixedToText(datatype.String, func(dst []byte, d int32) []byte {
			y, m, _ := datatype.Civil(d)
			return datatype.AppendDate(dst, datatype.DaysOf(y, m, datatype.DaysIn(y, m)))
		}), aDay),
	strict("last_day_of_month", "last_day_of_month(d): the last day of d's month, as a date; last_day_of_month('2020-02-10') is date '2020-02-29'", datatype.Date,
		mapFixed(datatype.Date, func(d int32) int32 {
			y, m, _ := datatype.Civil(d)
			return datatype.DaysOf(y, m, datatype.DaysIn(y, m))
		}), aDay),
	strict("next_day", "next_day(d, weekday): the first such day after d, its name of 2, 3 or all letters; next_day('2020-01-01', 'MO') is '2020-01-06'", datatype.String, nextDay, aDay, onlyText),
	{Name: "trunc", Doc: "trunc(d, 'MM' | 'Q' | 'YEAR'): the first day of d's month, quarter or year; trunc('2020-05-06', 'Q') is '2020-04-01'. trunc(x[, n]): x cut to n digits after the point; trunc(1234.567D, 2) is 1234.56", Bind: bindTrunc},
	{Name: "datetime_legacy_hybrid_calendar", Doc: "datetime_legacy_hybrid_calendar(d): d by the calendar that was Julian before 1582-10-15; datetime_legacy_hybrid_calendar(date '1582-10-14') is date '1582-10-04'", Bind: bindHybrid},
}

// bindDateAdd binds date_add(d, n) and, for pasted queries, Presto's date_add(unit, n, t).
func bindDateAdd(name string, sign int64) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if len(args) == 3 {
			return bindUnitAdd(name, args, sign)
		}
		casts, err := takes(name, args, []param{aDay, whole})
		return Bound{Casts: casts, Type: datatype.Date, Kernel: tryFixed2(datatype.Date, func(d int32, n int64) (int32, bool) {
			if n > 1e7 || n < -1e7 {
				return 0, false
			}
			return dayInRange(int64(d) + sign*n)
		})}, err
	}
}

// bindUnitAdd binds date_add(unit, n, t); a date stays a date unless the unit is below a day.
func bindUnitAdd(name string, args []Arg, sign int64) (Bound, error) {
	u, err := unitArg(name, args, 0)
	if err != nil {
		return Bound{}, err
	}
	to := datatype.Timestamp
	if isDate(args[2].Type) && (u.months > 0 || u.nanos%nanosPerDay == 0) {
		to = datatype.Date
	}
	casts, err := takes(name, args, []param{onlyText, whole, timeAs(to)})
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: casts, Type: to, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		add := func(ts decimal128.Num, by int64) (decimal128.Num, bool) {
			if by > 1e14 || by < -1e14 {
				return ts, false
			}
			return u.add(ts, sign*by)
		}
		if isDate(to) {
			return tryFixed2(to, func(by int64, d int32) (int32, bool) {
				ts, ok := add(midnight(d), by)
				return dayOf(ts), ok
			})(c, args[1:], n)
		}
		return tryFixed2(to, func(by int64, ts decimal128.Num) (decimal128.Num, bool) { return add(ts, by) })(c, args[1:], n)
	}}, nil
}

func bindDateDiff(args []Arg) (Bound, error) {
	const name = "date_diff"
	casts, err := takes(name, args, []param{onlyText, aTimestamp, aTimestamp})
	if err != nil {
		return Bound{}, err
	}
	u, err := unitArg(name, args, 0)
	return Bound{Casts: casts, Type: datatype.BigInt, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		return tryFixed2(datatype.BigInt, func(a, b decimal128.Num) (int64, bool) { return u.between(a, b), true })(c, args[1:], n)
	}}, err
}

// addMonthsSticky adds months to a day; the last day of a month gives the last day of a month.
func addMonthsSticky(day int32, months int64) (int32, bool) {
	if months > 12*10000 || months < -12*10000 {
		return 0, false
	}
	y, m, d := datatype.Civil(day)
	if d == datatype.DaysIn(y, m) {
		y, m, _ = datatype.Civil(datatype.AddMonths(datatype.DaysOf(y, m, 1), int(months)))
		return dayInRange(int64(datatype.DaysOf(y, m, datatype.DaysIn(y, m))))
	}
	return dayInRange(int64(datatype.AddMonths(day, int(months))))
}

func bindAddMonths(args []Arg) (Bound, error) {
	const name = "add_months"
	if len(args) == 3 {
		casts, err := takes(name, args, []param{aTimestamp, whole, onlyText})
		if err != nil {
			return Bound{}, err
		}
		p := newPatternArg(name, args, 2)
		return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			ts, months, pattern := fixedOf[decimal128.Num](args[0]), fixedOf[int64](args[1]), p.of(c, args[2])
			return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
				f, err := pattern(i)
				if err != nil {
					return dst, false, err
				}
				sec, nano := datatype.SplitTimestamp(ts.at(i))
				day, second := datatype.SplitSecond(sec)
				day, ok := addMonthsSticky(day, months.at(i))
				if !ok {
					return dst, false, nil
				}
				return f.AppendLocal(dst, int64(day)*86400+int64(second), nano, c.Session.Zone), true, nil
			})
		}}, nil
	}
	casts, err := takes(name, args, []param{aDay, whole})
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		days, months := fixedOf[int32](args[0]), fixedOf[int64](args[1])
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			day, ok := addMonthsSticky(days.at(i), months.at(i))
			return datatype.AppendDate(dst, day), ok
		})
	}}, err
}

func bindMonthsBetween(args []Arg) (Bound, error) {
	yesNo := param{what: "a boolean", opt: true, cast: func(t arrow.DataType) arrow.DataType {
		if t.ID() == arrow.BOOL {
			return t
		}
		return nil
	}}
	casts, err := takes("months_between", args, []param{aTimestamp, aTimestamp, yesNo})
	return Bound{Casts: casts, Type: datatype.Double, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[float64](c, datatype.Double, n, args...)
		a, b := fixedOf[decimal128.Num](args[0]), fixedOf[decimal128.Num](args[1])
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			o.vals[i] = monthsBetween(a.at(i), b.at(i))
			if len(args) < 3 || args[2].Array.(*array.Boolean).Value(args[2].At(i)) {
				o.vals[i] = math.Round(o.vals[i]*1e8) / 1e8
			}
		}
		return o.finish(), nil
	}}, err
}

// monthsBetween counts the same day, and two last days of months, as whole months whatever the time.
func monthsBetween(a, b decimal128.Num) float64 {
	sa, _ := datatype.SplitTimestamp(a)
	sb, _ := datatype.SplitTimestamp(b)
	dayA, secA := datatype.SplitSecond(sa)
	dayB, secB := datatype.SplitSecond(sb)
	ya, ma, da := datatype.Civil(dayA)
	yb, mb, db := datatype.Civil(dayB)
	months := float64((ya-yb)*12 + ma - mb)
	if da == db || da == datatype.DaysIn(ya, ma) && db == datatype.DaysIn(yb, mb) {
		return months
	}
	return months + float64((da-db)*86400+secA-secB)/(31*86400)
}

// weekdays are the names of days from Monday on.
var weekdays = []string{"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"}

// weekdayOf returns 1 for Monday to 7 for Sunday of a name of 2, 3 or all letters; 0 for others.
func weekdayOf(name []byte) int32 {
	s := strings.ToUpper(string(name))
	for i, day := range weekdays {
		if s == day || s == day[:3] || s == day[:2] {
			return int32(i) + 1
		}
	}
	return 0
}

func nextDay(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	days, names := fixedOf[int32](args[0]), bytesOf(args[1])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		want := weekdayOf(names.at(i))
		d := days.at(i)
		ahead := (want-weekday(d)+6)%7 + 1
		day, ok := dayInRange(int64(d + ahead))
		return datatype.AppendDate(dst, day), ok && want > 0
	})
}

func bindTrunc(args []Arg) (Bound, error) {
	if len(args) > 0 && datatype.IsNumeric(args[0].Type) {
		return bindTruncNumber(args)
	}
	casts, err := takes("trunc", args, []param{aDay, onlyText})
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		days, names := fixedOf[int32](args[0]), bytesOf(args[1])
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			y, m, _ := datatype.Civil(days.at(i))
			switch string(names.at(i)) { // in capitals only, as in Hive
			case "MONTH", "MON", "MM":
			case "QUARTER", "Q":
				m = (m-1)/3*3 + 1
			case "YEAR", "YYYY", "YY":
				m = 1
			default:
				return dst, false
			}
			return datatype.AppendDate(dst, datatype.DaysOf(y, m, 1)), true
		})
	}}, err
}

// bindTruncNumber binds trunc(x[, n]), which cuts x to n digits after the point, or for n below 0 before it.
func bindTruncNumber(args []Arg) (Bound, error) {
	if err := wantArgs("trunc", args, 1, 2); err != nil {
		return Bound{}, err
	}
	t := args[0].Type
	casts := []arrow.DataType{t}
	if len(args) == 2 {
		if !datatype.IsInteger(args[1].Type) && !isVoid(args[1].Type) {
			return Bound{}, badArg("trunc", 1, "an integer", args[1].Type)
		}
		casts = append(casts, datatype.BigInt)
	}
	b := Bound{Casts: casts, Type: t}
	switch t.ID() {
	case arrow.INT8:
		b.Kernel = truncKernel(t, truncInt[int8])
	case arrow.INT16:
		b.Kernel = truncKernel(t, truncInt[int16])
	case arrow.INT32:
		b.Kernel = truncKernel(t, truncInt[int32])
	case arrow.INT64:
		b.Kernel = truncKernel(t, truncInt[int64])
	case arrow.FLOAT32:
		b.Kernel = truncKernel(t, func(x float32, digits int) float32 {
			var buf [64]byte
			return float32(truncText(datatype.AppendFloat(buf[:0], x), float64(x), digits))
		})
	case arrow.FLOAT64:
		b.Kernel = truncKernel(t, func(x float64, digits int) float64 {
			var buf [64]byte
			return truncText(datatype.AppendDouble(buf[:0], x), x, digits)
		})
	default:
		return bindTruncDecimal(args, casts), nil
	}
	return b, nil
}

// truncKernel makes the kernel of trunc for one type of number. A NULL number of digits counts as 0, as in Hive.
func truncKernel[T arrow.FixedWidthType](t arrow.DataType, f func(x T, digits int) T) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[T](c, t, n, args[0])
		x, digits := fixedOf[T](args[0]), digitsOf(args)
		for i := range o.vals {
			if !o.null(i) {
				o.vals[i] = f(x.at(i), digits(i))
			}
		}
		return o.finish(), nil
	}
}

// digitsOf returns the second argument of trunc by row, 0 if there is none.
func digitsOf(args []Vec) func(i int) int {
	if len(args) < 2 {
		return func(int) int { return 0 }
	}
	d := fixedOf[int64](args[1])
	return func(i int) int {
		if d.nulls.at(i) {
			return 0
		}
		return int(max(-400, min(400, d.at(i))))
	}
}

func truncInt[T integer](x T, digits int) T {
	switch {
	case digits >= 0:
		return x
	case digits < -18:
		return 0
	}
	unit := int64(math.Pow10(-digits))
	return T(int64(x) / unit * unit)
}

// truncText cuts x by its decimal text, not its binary value: 1.15 is not 1.149….
func truncText(text []byte, x float64, digits int) float64 {
	n, ok := datatype.ParseDecimal(text, datatype.MaxPrecision, 18)
	if !ok || digits > 18 {
		return x
	}
	v, _ := datatype.ParseDouble(datatype.AppendDecimal(text[:0], cutDecimal(n, 18-digits), 18))
	return v
}

// cutDecimal makes the last digits of v zeros.
func cutDecimal(v decimal128.Num, digits int) decimal128.Num {
	switch {
	case digits <= 0:
		return v
	case digits > datatype.MaxPrecision:
		return decimal128.Num{}
	}
	_, rest := datatype.QuoRem(v, datatype.Pow10(digits))
	return v.Sub(rest)
}

// bindTruncDecimal binds trunc of a decimal; a constant number of digits becomes the result's scale.
func bindTruncDecimal(args []Arg, casts []arrow.DataType) Bound {
	p, s := precision(args[0].Type)
	scale := s
	if len(args) == 1 {
		scale = 0
	} else if c := args[1].Const; c != nil && !isVoid(args[1].Type) && !c.IsNull(0) {
		scale = int(max(0, min(int64(s), int64At(c, 0))))
	}
	to := datatype.Decimal(max(1, p-s+scale), scale)
	return Bound{Casts: casts, Type: to, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		return truncKernel(to, func(x decimal128.Num, digits int) decimal128.Num {
			q, _ := datatype.QuoRem(cutDecimal(x, s-digits), datatype.Pow10(s-scale))
			return q
		})(c, args, n)
	}}
}

// bindHybrid binds datetime_legacy_hybrid_calendar, whose result has the argument's type.
func bindHybrid(args []Arg) (Bound, error) {
	if err := wantArgs("datetime_legacy_hybrid_calendar", args, 1, 1); err != nil {
		return Bound{}, err
	}
	switch t := args[0].Type; {
	case isDate(t):
		return Bound{Type: t, Kernel: tryFixed(t, hybridDay)}, nil
	case isTimestamp(t):
		return Bound{Type: t, Kernel: tryFixed(t, func(v decimal128.Num) (decimal128.Num, bool) {
			sec, nano := datatype.SplitTimestamp(v)
			day, second := datatype.SplitSecond(sec)
			day, ok := hybridDay(day)
			return datatype.TimestampOf(int64(day)*86400+int64(second), nano), ok
		})}, nil
	}
	return Bound{}, diag.Errorf(diag.Type, "datetime_legacy_hybrid_calendar takes a date or timestamp, not %s", datatype.Name(args[0].Type))
}

// hybridDay returns the day whose Gregorian name is what day d was called: in the Julian calendar before 1582-10-15.
func hybridDay(d int32) (int32, bool) {
	if d >= datatype.DaysOf(1582, 10, 15) {
		return d, true
	}
	// Julian day number 0 is -4712-01-01; years of 365.25 days that begin in March.
	n := int64(d) + 2440588 + 32082
	y := (4*n + 3) / 1461
	doy := n - 1461*y/4
	m := (5*doy + 2) / 153
	day := doy - (153*m+2)/5 + 1
	return dayInRange(int64(datatype.DaysOf(int(y-4800+m/10), int(m+3-12*(m/10)), int(day))))
}

package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
)

// bindTimeArith binds + and - where an operand is a date, timestamp or interval; false if none is or
// the two do not go together.
func bindTimeArith(op string, a, b arrow.DataType) (Bound, bool) {
	sign := 1
	switch op {
	case "-":
		sign = -1
	case "+":
		if isInterval(a) && !isInterval(b) || datatype.IsInteger(a) && isDate(b) {
			bound, ok := bindTimeArith("+", b, a) // commutes
			if ok {
				bound = swapped(bound)
			}
			return bound, ok
		}
	default:
		return Bound{}, false
	}
	out := Bound{Casts: []arrow.DataType{a, b}, Type: a}
	switch {
	case isDate(a) && datatype.IsInteger(b):
		out.Casts[1] = datatype.Int
		out.Kernel = tryFixed2(a, func(d, n int32) (int32, bool) { return dayInRange(int64(d) + int64(sign)*int64(n)) })
	case isDate(a) && isYearMonth(b):
		out.Kernel = tryFixed2(a, func(d, m int32) (int32, bool) { return addMonthsTo(d, sign, m) })
	case isTimestamp(a) && isYearMonth(b), isLTZ(a) && isYearMonth(b):
		out.Kernel = tryFixed2(a, func(v decimal128.Num, m int32) (decimal128.Num, bool) {
			sec, nano := datatype.SplitTimestamp(v)
			day, second := datatype.SplitSecond(sec)
			day, ok := addMonthsTo(day, sign, m)
			return datatype.TimestampOf(int64(day)*86400+int64(second), nano), ok
		})
	case isDate(a) && isDayTime(b):
		out.Type = datatype.Timestamp
		out.Casts[0] = out.Type
		out.Kernel = addNanos(out.Type, sign, true)
	case isTimestamp(a) && isDayTime(b), isLTZ(a) && isDayTime(b):
		out.Kernel = addNanos(a, sign, true)
	case isDayTime(a) && isDayTime(b):
		out.Kernel = addNanos(a, sign, false)
	case isYearMonth(a) && isYearMonth(b):
		out.Kernel = tryFixed2(a, func(x, y int32) (int32, bool) { return x + int32(sign)*y, true })
	case op == "-" && isMoment(a) && isMoment(b):
		t, err := CommonCompare(a, b)
		if err != nil {
			return Bound{}, false
		}
		if isDate(t) {
			t = datatype.Timestamp
		}
		out.Casts = []arrow.DataType{t, t}
		out.Type = datatype.DayTime
		out.Kernel = tryFixed2(out.Type, func(v, w decimal128.Num) (decimal128.Num, bool) { return hiveSecond(v).Sub(hiveSecond(w)), true })
	default:
		return Bound{}, false
	}
	return out, true
}

// hiveSecond is a time as Hive subtracts it: before 1970 it cuts the seconds toward zero and adds the fraction to that,
// so a time with a fraction is a second later (testdata/queries/hive_values.txtar, "times before 1970 are subtracted").
func hiveSecond(v decimal128.Num) decimal128.Num {
	if v.Sign() >= 0 {
		return v
	}
	if _, nano := datatype.SplitTimestamp(v); nano != 0 {
		v = v.Add(decimal128.FromI64(1e9))
	}
	return v
}

func isMoment(t arrow.DataType) bool { return isDate(t) || isTimestamp(t) || isLTZ(t) }

// swapped exchanges the two arguments of b.
func swapped(b Bound) Bound {
	k := b.Kernel
	b.Casts = []arrow.DataType{b.Casts[1], b.Casts[0]}
	b.Kernel = func(c *Ctx, args []Vec, n int) (arrow.Array, error) { return k(c, []Vec{args[1], args[0]}, n) }
	return b
}

// addNanos returns the kernel that adds, or with sign -1 subtracts, nanoseconds; with bounded, NULL
// outside the years 1 to 9999.
func addNanos(t arrow.DataType, sign int, bounded bool) Kernel {
	return tryFixed2(t, func(v, d decimal128.Num) (decimal128.Num, bool) {
		if sign < 0 {
			d = d.Negate()
		}
		if v = v.Add(d); !bounded {
			return v, true
		}
		return inRange(v)
	})
}

func dayInRange(day int64) (int32, bool) {
	return int32(day), day >= datatype.MinDay && day <= datatype.MaxDay
}

func addMonthsTo(day int32, sign int, months int32) (int32, bool) {
	if months > 12*10000 || months < -12*10000 {
		return 0, false
	}
	return dayInRange(int64(datatype.AddMonths(day, sign*int(months))))
}

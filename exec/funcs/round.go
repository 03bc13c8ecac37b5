package funcs

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// rounding is round, bround, ceil and floor. Flooring a timestamp is a function of dates.
var rounding = []Scalar{
	{Name: "round", Doc: "round(x[, d]): x with d digits after the point, half away from zero; d below 0 rounds left of it; round(2.675D, 2) is 2.68", Bind: bindRound("round", false)},
	{Name: "bround", Doc: "bround(x[, d]): as round, but half to the even digit; bround(2.5D) is 2.0", Bind: bindRound("bround", true)},
	{Name: "ceil", Aliases: []string{"ceiling"}, Doc: "ceil(x): the least whole number that is not below x; ceil(1.2D) is 2", Bind: bindWhole("ceil", math.Ceil, 1)},
	{Name: "floor", Doc: "floor(x): the greatest whole number that is not above x; floor(-1.2D) is -2", Bind: bindWhole("floor", math.Floor, -1)},
}

func bindRound(name string, even bool) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 2); err != nil {
			return Bound{}, err
		}
		t, err := numberType(name, args)
		if err != nil {
			return Bound{}, err
		}
		if isVoid(t) {
			return Bound{Type: t, Kernel: nullKernel(t)}, nil
		}
		casts := []arrow.DataType{t}
		digits, constant := 0, true
		if len(args) == 2 {
			if !datatype.IsInteger(args[1].Type) && !isVoid(args[1].Type) {
				return Bound{}, badArg(name, 1, "an integer", args[1].Type)
			}
			casts = append(casts, datatype.Int)
			constant = args[1].Const != nil
			if constant && !args[1].Const.IsNull(0) && !isVoid(args[1].Type) {
				digits = int(int64At(args[1].Const, 0))
			}
		}
		r := rounder{even: even, to: t}
		if datatype.IsDecimal(t) {
			if !constant {
				return Bound{}, diag.Errorf(diag.Type, "%s of a decimal takes a constant as argument 2", name)
			}
			// Hive's GenericUDFRound: one more digit before the point where one is lost behind it, since 9.9 becomes 10.
			p, s := precision(t)
			r.s = s
			scale, whole := min(max(digits, 0), datatype.MaxPrecision), p-s
			if digits < s {
				whole++
			}
			r.to = datatype.Decimal(min(whole+scale, datatype.MaxPrecision), scale)
			r.p, r.scale = precision(r.to)
		}
		return Bound{Casts: casts, Type: r.to, Kernel: r.kernel(t)}, nil
	}
}

// rounder rounds values to a number of digits after the point; of decimals it knows the scale of the
// argument and the type of the result.
type rounder struct {
	even        bool
	to          arrow.DataType
	s, p, scale int
}

func (r rounder) kernel(t arrow.DataType) Kernel {
	switch t.ID() {
	case arrow.INT8:
		return roundKernel(t, func(v int8, d int) (int8, bool) { return int8(r.whole(int64(v), d)), true })
	case arrow.INT16:
		return roundKernel(t, func(v int16, d int) (int16, bool) { return int16(r.whole(int64(v), d)), true })
	case arrow.INT32:
		return roundKernel(t, func(v int32, d int) (int32, bool) { return int32(r.whole(int64(v), d)), true })
	case arrow.INT64:
		return roundKernel(t, func(v int64, d int) (int64, bool) { return r.whole(v, d), true })
	case arrow.FLOAT32:
		return roundKernel(t, func(v float32, d int) (float32, bool) { return float32(r.float(float64(v), d, 32)) + 0, true })
	case arrow.FLOAT64:
		return roundKernel(t, func(v float64, d int) (float64, bool) { return r.float(v, d, 64) + 0, true })
	}
	return roundKernel(r.to, r.decimal)
}

// roundKernel applies f with the digits of the second argument, 0 without.
func roundKernel[T arrow.FixedWidthType](t arrow.DataType, f func(T, int) (T, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		if len(args) == 1 {
			return tryFixed(t, func(v T) (T, bool) { return f(v, 0) })(c, args, n)
		}
		return tryFixed2(t, func(v T, d int32) (T, bool) { return f(v, int(d)) })(c, args, n)
	}
}

// whole rounds an integer left of its point.
func (r rounder) whole(v int64, d int) int64 {
	switch {
	case d >= 0:
		return v
	case d < -18:
		return 0
	}
	unit := int64(1)
	for ; d < 0; d++ {
		unit *= 10
	}
	q, rest := v/unit, v%unit
	if rest < 0 {
		rest = -rest
	}
	if rest > unit-rest || (rest == unit-rest && (!r.even || q%2 != 0)) {
		if v < 0 {
			q--
		} else {
			q++
		}
	}
	return q * unit
}

// float rounds by the decimal text of v, so that 2.675 becomes 2.68 although its double is below. It may give -0, which
// adding 0 makes 0, as Hive's decimals have no other.
func (r rounder) float(v float64, d, bits int) float64 {
	if v != v || math.IsInf(v, 0) {
		return v
	}
	if d == 0 {
		if r.even {
			return math.RoundToEven(v)
		}
		return math.Round(v)
	}
	var buf [40]byte
	text := strconv.AppendFloat(buf[:0], math.Abs(v), 'e', -1, bits)
	var digits [24]byte
	n, i := 0, 0
	for ; text[i] != 'e'; i++ {
		if text[i] != '.' {
			digits[n] = text[i] - '0'
			n++
		}
	}
	exp := 0
	for _, c := range text[i+2:] {
		exp = exp*10 + int(c-'0')
	}
	if text[i+1] == '-' {
		exp = -exp
	}
	keep := exp + 1 + d
	if keep >= n {
		return v
	}
	if keep < 0 {
		return math.Copysign(0, v)
	}
	var m uint64
	for _, c := range digits[:keep] {
		m = m*10 + uint64(c)
	}
	half := digits[keep] == 5
	for _, c := range digits[min(keep+1, n):n] {
		half = half && c == 0
	}
	if digits[keep] > 5 || (digits[keep] == 5 && (!half || !r.even || m%2 != 0)) {
		m++
	}
	out := strconv.AppendUint(buf[:0], m, 10)
	out = append(out, 'e')
	out = strconv.AppendInt(out, int64(-d), 10)
	f, err := strconv.ParseFloat(string(out), bits)
	if err != nil {
		return v
	}
	return math.Copysign(f, v)
}

// decimal rounds to d digits and gives the result the scale of its type.
func (r rounder) decimal(v decimal128.Num, d int) (decimal128.Num, bool) {
	drop := r.s - d
	if drop <= 0 {
		return datatype.RescaleDecimal(v, r.s, r.p, r.scale)
	}
	if drop > datatype.MaxPrecision {
		return decimal128.Num{}, true
	}
	unit := datatype.Pow10(drop)
	q, rest := datatype.QuoRem(v, unit)
	rest = rest.Abs()
	if up := rest.Cmp(unit.Sub(rest)); up > 0 || (up == 0 && (!r.even || q.LowBits()%2 != 0)) {
		if v.Sign() < 0 {
			q = q.Sub(decimal128.FromI64(1))
		} else {
			q = q.Add(decimal128.FromI64(1))
		}
	}
	return datatype.RescaleDecimal(q, d, r.p, r.scale)
}

// bindWhole binds ceil (step 1) and floor (step -1): decimal for decimal, else bigint.
func bindWhole(name string, f func(float64) float64, step int64) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		t, err := numberType(name, args)
		switch {
		case err != nil:
			return Bound{}, err
		case datatype.IsInteger(t) || isVoid(t):
			return Bound{Casts: castsTo(datatype.BigInt, 1), Type: datatype.BigInt, Kernel: sameKernel}, nil
		case !datatype.IsDecimal(t):
			return Bound{Casts: castsTo(datatype.Double, 1), Type: datatype.BigInt, Kernel: mapFixed(datatype.BigInt, func(v float64) int64 { return saturate(f(v), 64) })}, nil
		}
		p, s := precision(t)
		out := datatype.Decimal(min(p-s+1, datatype.MaxPrecision), 0)
		return Bound{Type: out, Kernel: mapFixed(out, func(v decimal128.Num) decimal128.Num {
			q, r := datatype.QuoRem(v, datatype.Pow10(s))
			if r != (decimal128.Num{}) && int64(r.Sign()) == step {
				q = q.Add(decimal128.FromI64(step))
			}
			return q
		})}, nil
	}
}

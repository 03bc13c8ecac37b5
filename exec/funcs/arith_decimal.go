package funcs

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
)

// decimalArith returns the kernel of a op b with the result rounded half up to t; NULL if it does not fit.
func decimalArith(op string, a, b, t arrow.DataType) Kernel {
	if k := exactArith(op, a, b, t); k != nil {
		return k
	}
	return checkedArith(op, a, b, t)
}

// checkedArith is decimalArith for all types: 128 bits are enough for nearly all values; the rest goes
// through big.Int.
func checkedArith(op string, a, b, t arrow.DataType) Kernel {
	d := decimalOp{}
	_, d.s1 = precision(a)
	_, d.s2 = precision(b)
	d.p, d.s = precision(t)
	d.up1, d.up2 = max(0, d.s2-d.s1), max(0, d.s1-d.s2)
	f := d.add
	switch op {
	case "-":
		f = func(x, y decimal128.Num) (decimal128.Num, bool) { return d.add(x, y.Negate()) }
	case "*":
		f = d.mul
	case "/":
		f = d.quo
	case "%":
		f = d.rem
	case "pmod":
		f = d.pmod
	}
	return tryFixed2(t, f)
}

// decimalOp holds the scales of the operands, and precision and scale of the result. up1 and up2 are
// how many digits each operand moves to reach the larger scale of the two.
type decimalOp struct{ s1, s2, p, s, up1, up2 int }

// raise returns v×10^d; false if that may reach 10^37, above which a sum could leave 128 bits.
func raise(v decimal128.Num, d int) (decimal128.Num, bool) {
	if d > 36 {
		return v, v == decimal128.Num{}
	}
	if limit := datatype.Pow10(37 - d); !v.Less(limit) || !v.Greater(limit.Negate()) {
		return v, false
	}
	return v.Mul(datatype.Pow10(d)), true
}

func (d *decimalOp) add(x, y decimal128.Num) (decimal128.Num, bool) {
	a, ok1 := raise(x, d.up1)
	b, ok2 := raise(y, d.up2)
	if !ok1 || !ok2 {
		return d.round(new(big.Int).Add(scaled(x, d.up1), scaled(y, d.up2)), max(d.s1, d.s2))
	}
	return datatype.RescaleDecimal(a.Add(b), max(d.s1, d.s2), d.p, d.s)
}

func (d *decimalOp) mul(x, y decimal128.Num) (decimal128.Num, bool) {
	a, b := int64(x.LowBits()), int64(y.LowBits())
	if decimal128.FromI64(a) == x && decimal128.FromI64(b) == y {
		hi, lo := bits.Mul64(magnitude(a), magnitude(b))
		v := decimal128.New(int64(hi), lo)
		if (a < 0) != (b < 0) {
			v = v.Negate()
		}
		return datatype.RescaleDecimal(v, d.s1+d.s2, d.p, d.s)
	}
	return d.round(new(big.Int).Mul(x.BigInt(), y.BigInt()), d.s1+d.s2)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func (d *decimalOp) quo(x, y decimal128.Num) (decimal128.Num, bool) {
	if y == (decimal128.Num{}) {
		return y, false
	}
	shift := d.s - d.s1 + d.s2 // never negative: adjusted keeps at least 38 - p1 digits
	if a, ok := raise(x, shift); ok {
		away := int64(1)
		if (x.Sign() < 0) != (y.Sign() < 0) {
			away = -1
		}
		q, r := datatype.QuoRem(a, y)
		if r, y := r.Abs(), y.Abs(); r.GreaterEqual(y.Sub(r)) {
			q = q.Add(decimal128.FromI64(away))
		}
		return datatype.RescaleDecimal(q, d.s, d.p, d.s)
	}
	return fitBig(quoHalfUp(scaled(x, shift), y.BigInt()), d.p)
}

func (d *decimalOp) rem(x, y decimal128.Num) (decimal128.Num, bool) {
	if y == (decimal128.Num{}) {
		return y, false
	}
	a, ok1 := raise(x, d.up1)
	b, ok2 := raise(y, d.up2)
	if !ok1 || !ok2 {
		return d.round(new(big.Int).Rem(scaled(x, d.up1), scaled(y, d.up2)), max(d.s1, d.s2))
	}
	_, r := datatype.QuoRem(a, b)
	return datatype.RescaleDecimal(r, max(d.s1, d.s2), d.p, d.s)
}

func (d *decimalOp) pmod(x, y decimal128.Num) (decimal128.Num, bool) {
	if y == (decimal128.Num{}) {
		return y, false
	}
	a, b := scaled(x, d.up1), scaled(y, d.up2)
	a.Rem(a, b).Add(a, b).Rem(a, b)
	return d.round(a, max(d.s1, d.s2))
}

// scaled returns v×10^d.
func scaled(v decimal128.Num, d int) *big.Int {
	b := v.BigInt()
	return b.Mul(b, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d)), nil))
}

// round returns v of scale from as the result.
func (d *decimalOp) round(v *big.Int, from int) (decimal128.Num, bool) {
	switch {
	case d.s > from:
		v = v.Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.s-from)), nil))
	case d.s < from:
		v = quoHalfUp(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(from-d.s)), nil))
	}
	return fitBig(v, d.p)
}

// quoHalfUp returns a/b rounded half away from zero.
func quoHalfUp(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Abs(r).Lsh(r, 1).CmpAbs(b) >= 0 {
		q.Add(q, big.NewInt(int64(a.Sign()*b.Sign())))
	}
	return q
}

// fitBig returns v if it has at most p digits.
func fitBig(v *big.Int, p int) (decimal128.Num, bool) {
	if v.CmpAbs(datatype.Pow10(p).BigInt()) >= 0 {
		return decimal128.Num{}, false
	}
	return decimal128.FromBigInt(v), true
}

// divDecimal returns the quotient cut toward zero; false if b is 0 or it is no bigint.
func divDecimal(a decimal128.Num, s1 int, b decimal128.Num, s2 int) (int64, bool) {
	if b == (decimal128.Num{}) {
		return 0, false
	}
	q := new(big.Int).Quo(scaled(a, max(0, s2-s1)), scaled(b, max(0, s1-s2)))
	return q.Int64(), q.IsInt64()
}

package funcs

import (
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
)

// exactArith returns the kernel of + - or * over decimals of types a and b where every result fits t as it
// is, for most rows at least: one loop over the stored values, without a call or a check per row. nil if
// results must be rounded, or the operator is another. Rows that are NULL are computed too.
func exactArith(op string, a, b, t arrow.DataType) Kernel {
	p1, s1 := precision(a)
	p2, s2 := precision(b)
	p, s := precision(t)
	switch op {
	case "+", "-":
		if s != max(s1, s2) || p != max(p1-s1, p2-s2)+s+1 {
			return nil
		}
		return sumKernel(t, s-s1, s-s2, op == "-")
	case "*":
		if s != s1+s2 {
			return nil
		}
		if p == p1+p2+1 {
			return productKernel(t)
		}
		if p == datatype.MaxPrecision {
			return smallProductKernel(t, decimalOp{s1: s1, s2: s2, p: p, s: s})
		}
	}
	return nil
}

// sumKernel adds or subtracts operands that have up1 and up2 digits fewer behind the point than t.
func sumKernel(t arrow.DataType, up1, up2 int, minus bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[decimal128.Num](c, t, n, args[0], args[1])
		a := raiseAll(operand[decimal128.Num](args[0]), up1, o.vals)
		b := raiseAll(operand[decimal128.Num](args[1]), up2, o.vals)
		ma, mb := maskOf(a), maskOf(b)
		if minus {
			for i := range o.vals {
				o.vals[i] = minus128(a[i&ma], b[i&mb])
			}
		} else {
			for i := range o.vals {
				o.vals[i] = plus128(a[i&ma], b[i&mb])
			}
		}
		return o.finish(), nil
	}
}

// raiseAll returns v times 10^digits, in place of what is in room.
func raiseAll(v []decimal128.Num, digits int, room []decimal128.Num) []decimal128.Num {
	if digits == 0 {
		return v
	}
	by := datatype.Pow10(digits)
	if len(v) == 1 {
		return []decimal128.Num{times128(v[0], by)}
	}
	for i, x := range v {
		room[i] = times128(x, by)
	}
	return room
}

// productKernel multiplies where p1+p2+1 digits are enough for any product.
func productKernel(t arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[decimal128.Num](c, t, n, args[0], args[1])
		a, b := operand[decimal128.Num](args[0]), operand[decimal128.Num](args[1])
		ma, mb := maskOf(a), maskOf(b)
		for i := range o.vals {
			o.vals[i] = times128(a[i&ma], b[i&mb])
		}
		return o.finish(), nil
	}
}

// smallProductKernel multiplies where 38 digits are enough for the product of two that fit 64 bits, which
// is below 2^126; others are checked by d.
func smallProductKernel(t arrow.DataType, d decimalOp) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[decimal128.Num](c, t, n, args[0], args[1])
		a, b := operand[decimal128.Num](args[0]), operand[decimal128.Num](args[1])
		ma, mb := maskOf(a), maskOf(b)
		for i := range o.vals {
			x, y := a[i&ma], b[i&mb]
			if fits64(x) && fits64(y) {
				o.vals[i] = times128(x, y)
				continue
			}
			if o.null(i) {
				continue
			}
			v, ok := d.mul(x, y)
			if !ok {
				o.setNull(i)
			}
			o.vals[i] = v
		}
		return o.finish(), nil
	}
}

func fits64(v decimal128.Num) bool { return v.HighBits() == int64(v.LowBits())>>63 }

// maskOf is what a row's number is cut to for an operand, of which a constant one has one value.
func maskOf(v []decimal128.Num) int {
	if len(v) == 1 {
		return 0
	}
	return -1
}

func plus128(x, y decimal128.Num) decimal128.Num {
	lo, carry := bits.Add64(x.LowBits(), y.LowBits(), 0)
	return decimal128.New(x.HighBits()+y.HighBits()+int64(carry), lo)
}

func minus128(x, y decimal128.Num) decimal128.Num {
	lo, borrow := bits.Sub64(x.LowBits(), y.LowBits(), 0)
	return decimal128.New(x.HighBits()-y.HighBits()-int64(borrow), lo)
}

// times128 is the product of numbers of either sign where it fits 128 bits.
func times128(x, y decimal128.Num) decimal128.Num {
	hi, lo := bits.Mul64(x.LowBits(), y.LowBits())
	return decimal128.New(int64(hi)+x.HighBits()*int64(y.LowBits())+int64(x.LowBits())*y.HighBits(), lo)
}

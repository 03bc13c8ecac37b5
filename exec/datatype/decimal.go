package datatype

import (
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// ten19 is the largest power of ten in 64 bits.
const ten19 = 10_000_000_000_000_000_000

// pow10of holds 10^0 to 10^38.
var pow10of = func() (p [MaxPrecision + 1]decimal128.Num) {
	p[0] = decimal128.FromU64(1)
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1].Mul(decimal128.FromU64(10))
	}
	return p
}()

// Pow10 returns 10^n, 0 ≤ n ≤ 38.
func Pow10(n int) decimal128.Num { return pow10of[n] }

// AppendDecimal appends n×10^-scale in plain digits with all of its scale: 1.10.
func AppendDecimal(dst []byte, n decimal128.Num, scale int) []byte {
	var buf [48]byte
	neg := n.Sign() < 0
	if neg {
		n = n.Negate()
	}
	i := len(buf)
	hi, lo := uint64(n.HighBits()), n.LowBits()
	put := func(v uint64, atLeast int) {
		for k := 0; v > 0 || k < atLeast; k++ {
			i--
			buf[i] = byte('0' + v%10)
			v /= 10
		}
	}
	if hi == 0 {
		put(lo, scale+1)
	} else {
		q1 := hi / ten19
		q0, r := bits.Div64(hi%ten19, lo, ten19)
		put(r, 19)
		// The quotient is below 2^128/10^19, so one more step leaves at most one digit.
		top, mid := bits.Div64(q1, q0, ten19)
		if top > 0 {
			put(mid, 19)
			put(top, 0)
		} else {
			put(mid, scale+1-19)
		}
	}
	digits := buf[i:]
	if neg {
		dst = append(dst, '-')
	}
	if scale <= 0 {
		return append(dst, digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	dst = append(dst, '.')
	return append(dst, digits[len(digits)-scale:]...)
}

// AppendDecimalTrimmed is AppendDecimal without trailing zeros of the fraction, as Hive writes
// decimals inside JSON.
func AppendDecimalTrimmed(dst []byte, n decimal128.Num, scale int) []byte {
	dst = AppendDecimal(dst, n, scale)
	if scale <= 0 {
		return dst
	}
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// ParseDecimal reads a number such as -12.5e3 as decimal(p,s): blanks around are dropped, digits beyond the scale
// are rounded half up. It is not ok if the text is no number, has too many digits before the point, or, as in Hive, an
// exponent of three digits.
func ParseDecimal(b []byte, p, s int) (decimal128.Num, bool) {
	b = TrimBlanks(b)
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg, b = b[0] == '-', b[1:]
	}
	digits, point, i := 0, -1, 0
	for ; i < len(b); i++ {
		if c := b[i]; c >= '0' && c <= '9' {
			digits++
		} else if c == '.' && point < 0 {
			point = digits
		} else {
			break
		}
	}
	if digits == 0 {
		return decimal128.Num{}, false
	}
	exp, ok := exponent(b[i:])
	if !ok || exp < -99 || exp > 99 {
		return decimal128.Num{}, false
	}
	shift := s + exp // how many digits the last one is to move left
	if point >= 0 {
		shift -= digits - point
	}
	n, ok := gather(b[:i], digits+shift)
	if !ok {
		return decimal128.Num{}, false
	}
	if shift > 0 && n != (decimal128.Num{}) {
		if shift > MaxPrecision || !n.Less(pow10of[MaxPrecision-shift]) {
			return decimal128.Num{}, false
		}
		n = n.Mul(pow10of[shift])
	}
	if !n.Less(pow10of[p]) {
		return decimal128.Num{}, false
	}
	if neg {
		n = n.Negate()
	}
	return n, true
}

// gather reads the first keep digits of text, which may hold a point, rounded half up by the next one. It
// is not ok beyond 38 digits.
func gather(text []byte, keep int) (decimal128.Num, bool) {
	if keep < 0 {
		return decimal128.Num{}, true
	}
	var hi, lo uint64
	used, up := 0, false
	for _, c := range text {
		if c == '.' {
			continue
		}
		if keep == 0 {
			up = c >= '5'
			break
		}
		keep--
		if used == 0 && c == '0' {
			continue
		}
		if used++; used > MaxPrecision {
			return decimal128.Num{}, false
		}
		if used <= 19 {
			lo = lo*10 + uint64(c-'0')
			continue
		}
		h, l := bits.Mul64(lo, 10)
		var carry uint64
		lo, carry = bits.Add64(l, uint64(c-'0'), 0)
		hi = hi*10 + h + carry
	}
	n := decimal128.New(int64(hi), lo)
	if up {
		n = n.Add(decimal128.FromU64(1))
	}
	return n, true
}

// exponent reads the rest of a number: nothing, or e and a whole number, which is cut to ±9999.
func exponent(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0]|0x20 != 'e' {
		return 0, false
	}
	b = b[1:]
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg, b = b[0] == '-', b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	v := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = min(9999, v*10+int(c-'0'))
	}
	if neg {
		v = -v
	}
	return v, true
}

// RescaleDecimal returns n of scale from as decimal(p,to), rounded half up. It is not ok if it has more than p digits.
func RescaleDecimal(n decimal128.Num, from, p, to int) (decimal128.Num, bool) {
	neg := n.Sign() < 0
	if neg {
		n = n.Negate()
	}
	switch d := to - from; {
	case d > MaxPrecision:
		return decimal128.Num{}, n == decimal128.Num{}
	case d > 0:
		if !n.Less(pow10of[MaxPrecision-d]) {
			return decimal128.Num{}, false
		}
		n = n.Mul(pow10of[d])
	case d < -MaxPrecision:
		n = decimal128.Num{}
	case d < 0:
		q, r := divU128(n, pow10of[-d])
		if half := pow10of[-d-1].Mul(decimal128.FromU64(5)); r.GreaterEqual(half) {
			q = q.Add(decimal128.FromU64(1))
		}
		n = q
	}
	if !n.Less(pow10of[p]) {
		return decimal128.Num{}, false
	}
	if neg {
		n = n.Negate()
	}
	return n, true
}

// QuoRem returns a/b cut toward zero, and the rest, which has a's sign. b is not 0.
func QuoRem(a, b decimal128.Num) (q, r decimal128.Num) {
	negA, negB := a.Sign() < 0, b.Sign() < 0
	if negA {
		a = a.Negate()
	}
	if negB {
		b = b.Negate()
	}
	q, r = divU128(a, b)
	if negA != negB {
		q = q.Negate()
	}
	if negA {
		r = r.Negate()
	}
	return q, r
}

// divU128 divides numbers that are not negative.
func divU128(a, b decimal128.Num) (q, r decimal128.Num) {
	ah, al, bh, bl := uint64(a.HighBits()), a.LowBits(), uint64(b.HighBits()), b.LowBits()
	if bh == 0 {
		qh := ah / bl
		ql, rl := bits.Div64(ah%bl, al, bl)
		return decimal128.New(int64(qh), ql), decimal128.FromU64(rl)
	}
	// The divisor has two words: a trial quotient from its top 64 bits is right or one too large.
	s := uint(bits.LeadingZeros64(bh))
	top := bh<<s | bl>>(64-s)
	trial, _ := bits.Div64(ah>>1, ah<<63|al>>1, top)
	if trial >>= 63 - s; trial > 0 {
		trial--
	}
	q = decimal128.FromU64(trial)
	if r = a.Sub(b.Mul(q)); r.GreaterEqual(b) {
		q, r = q.Add(decimal128.FromU64(1)), r.Sub(b)
	}
	return q, r
}

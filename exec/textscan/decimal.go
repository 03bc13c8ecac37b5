package textscan

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// powers are the powers of ten that int64 holds.
var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Decimal reads the canonical form of a decimal number in units of 10^-scale: an optional minus, digits, and maybe a point with
// 1 to scale digits after it, in all no more digits than 18 with those that scale adds. Other forms are not ok: the caller reads
// them with datatype.ParseDecimal.
func Decimal(b []byte, scale int) (v int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	neg := b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) > 19 {
		return 0, false
	}
	point := -1
	for i, c := range b {
		c -= '0'
		if c > 9 {
			if c+'0' != '.' || point >= 0 || i == 0 {
				return 0, false
			}
			point = i
			continue
		}
		v = v*10 + int64(c)
	}
	shift, digits := scale, len(b)
	if point >= 0 {
		digits--
		shift -= len(b) - 1 - point
		if shift == scale {
			return 0, false
		}
	}
	if digits == 0 || shift < 0 || digits+shift > 18 {
		return 0, false
	}
	if v *= powers[shift]; neg {
		v = -v
	}
	return v, true
}

// Decimals appends to dst the values of the fields of b that begin at from and end at to, in units of 10^-scale, up to the first
// that Decimal does not read, is not within limit of 0, has more than 16 bytes besides the minus or more than 7 digits behind the
// point, or ends within the first 16 bytes of b. dst has room for all of them, limit is above 0.
func Decimals(dst []decimal128.Num, b []byte, from, to []uint32, scale int, limit int64) []decimal128.Num {
	out := dst[len(dst) : len(dst)+len(from)]
	f := newDecimalForm(scale, limit)
	for i := 0; ; i++ {
		if f.unit > 0 {
			i += shortDecimals(out[i:], b, from[i:], to[i:len(from)], &f)
		}
		if i == len(from) {
			return dst[:len(dst)+i]
		}
		v, ok := decimalAt(b, from[i], to[i], scale)
		if !ok || v >= limit || -v >= limit {
			return dst[:len(dst)+i]
		}
		out[i] = decimal128.New(v>>63, uint64(v))
	}
}

// decimalForm is the usual form of a column's decimals: one to eight bytes, digits and maybe a point with scale digits behind it.
type decimalForm struct {
	scale uint64
	// Of the last eight bytes less '0', the first one lowest: the bit where that of the point begins, the bits of that byte, and what
	// they are if it is a point.
	place, mask, point uint64
	behind, before     uint64 // bits of the digits behind the point and before it
	unit               uint64 // of numbers without a point; 0: numbers of so many digits are not read so
	limit              uint64
}

// Scales up to which numbers have the form: with and without a point.
const (
	maxPointScale = 6
	maxUnitScale  = 9
)

func newDecimalForm(scale int, limit int64) decimalForm {
	f := decimalForm{scale: uint64(scale), limit: uint64(limit)}
	if scale <= maxUnitScale {
		f.unit = uint64(powers[scale])
	}
	f.point = 1 // none is looked for
	if scale > 0 && scale <= maxPointScale {
		f.place = uint64(7-scale) * 8
		f.mask, f.point = 0xff<<f.place, ('.'^'0')<<f.place
		f.behind, f.before = ^uint64(0xff)<<f.place, 1<<f.place-1
	}
	return f
}

// shortDecimalsPortable writes the values of the fields to out, up to the first that is not of form f, is not below its limit, or
// ends within the first 16 bytes of b or beyond it. It returns how many they are.
func shortDecimalsPortable(out []decimal128.Num, b []byte, from, to []uint32, f *decimalForm) int {
	for i, begin := range from {
		end := to[i]
		n := end - begin
		if n-1 > 7 || end < 16 || int(end) > len(b) {
			return i
		}
		x := binary.LittleEndian.Uint64(b[end-8:]) ^ '0'*ones
		x &= ^uint64(0) << (64 - 8*n)
		v := f.unit
		if x&f.mask == f.point {
			if uint64(n) == f.scale+1 {
				return i
			}
			x, v = x&f.behind|x&f.before<<8, 1
		}
		if v *= ofDigits(x); notDigits(x) || v >= f.limit {
			return i
		}
		out[i] = decimal128.New(0, v)
	}
	return len(from)
}

// decimalAt reads one field for Decimals, wherever its point is.
func decimalAt(b []byte, begin, end uint32, scale int) (v int64, ok bool) {
	if end < 16 || int(end) > len(b) {
		return 0, false
	}
	neg := begin < end && b[begin] == '-'
	if neg {
		begin++
	}
	n := int(end) - int(begin)
	if n < 1 || n > 16 {
		return 0, false
	}
	last := binary.LittleEndian.Uint64(b[end-8:]) ^ '0'*ones
	last &= ^uint64(0) << (64 - 8*min(n, 8))
	width, shift := 8, scale // of last in digits; of the value
	if point := pointIn(last); point != 0 {
		behind := bits.LeadingZeros64(point) / 8
		if behind == 0 || behind > scale || n < behind+2 {
			return 0, false
		}
		// The digits before the point move to its place.
		below := point>>7 - 1
		last = last&^(below<<8|0xff) | last&below<<8
		width, shift = 7, scale-behind
	}
	if notDigits(last) || n+width-8+shift > 18 {
		return 0, false
	}
	v = int64(ofDigits(last))
	if n > 8 {
		first := binary.LittleEndian.Uint64(b[end-16:]) ^ '0'*ones
		if first &= ^uint64(0) << (128 - 8*n); notDigits(first) {
			return 0, false
		}
		v += int64(ofDigits(first)) * powers[width]
	}
	if v *= powers[shift]; neg {
		v = -v
	}
	return v, true
}

// pointIn has the high bit of the first byte of x, bytes less '0', that is a point.
func pointIn(x uint64) uint64 {
	x ^= ('.' ^ '0') * ones
	t := ^(x&lows + lows | x) & highs
	return t & -t
}

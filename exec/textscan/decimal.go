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
// point, or ends within the first 16 bytes of b. dst has room for all of them. As Ints it reads eight bytes at once.
func Decimals(dst []decimal128.Num, b []byte, from, to []uint32, scale int, limit int64) []decimal128.Num {
	out := dst[len(dst) : len(dst)+len(from)]
	to = to[:len(from)]
	for i, begin := range from {
		end := to[i]
		if end < 16 || int(end) > len(b) || begin >= end {
			return dst[:len(dst)+i]
		}
		minus := uint32(0)
		if b[begin] == '-' {
			minus = 1
		}
		n := end - begin - minus
		if n-1 > 15 {
			return dst[:len(dst)+i]
		}
		last := binary.LittleEndian.Uint64(b[end-8:]) ^ '0'*ones
		last &= ^uint64(0) << (64 - 8*min(n, 8))
		width, shift := uint32(8), scale // of last in digits; of the value
		if point := pointIn(last); point != 0 {
			behind := bits.LeadingZeros64(point) / 8
			if behind == 0 || behind > scale || int(n) < behind+2 {
				return dst[:len(dst)+i]
			}
			// The digits before the point move to its place.
			below := point>>7 - 1
			last = last&^(below<<8|0xff) | last&below<<8
			width, shift = 7, scale-behind
		}
		if notDigits(last) || int(n+width)-8+shift > 18 {
			return dst[:len(dst)+i]
		}
		v := ofDigits(last)
		if n > 8 {
			first := binary.LittleEndian.Uint64(b[end-16:]) ^ '0'*ones
			if first &= ^uint64(0) << (128 - 8*n); notDigits(first) {
				return dst[:len(dst)+i]
			}
			v += ofDigits(first) * uint64(powers[width])
		}
		if v *= uint64(powers[shift]); v >= uint64(limit) {
			return dst[:len(dst)+i]
		}
		low := (v ^ -uint64(minus)) + uint64(minus)
		out[i] = decimal128.New(int64(low)>>63, low)
	}
	return dst[:len(dst)+len(from)]
}

// pointIn has the high bit of the first byte of x, bytes less '0', that is a point.
func pointIn(x uint64) uint64 {
	x ^= ('.' ^ '0') * ones
	t := ^(x&lows + lows | x) & highs
	return t & -t
}

package textscan

import "encoding/binary"

// Ints appends to dst the values of the fields of b that begin at from and end at to, up to the first that is not one to eight
// digits and nothing else, or ends within the first eight bytes of b. dst has room for all of them. Eight digits are read at
// once, so that fields of different lengths cost no wrong guesses.
func Ints[T int32 | int64](dst []T, b []byte, from, to []uint32) []T {
	out := dst[len(dst) : len(dst)+len(from)]
	to = to[:len(from)]
	for i, begin := range from {
		end := to[i]
		n := end - begin
		if n-1 > 7 || end < 8 || int(end) > len(b) {
			return dst[:len(dst)+i]
		}
		x := binary.LittleEndian.Uint64(b[end-8:]) ^ '0'*ones
		x &= ^uint64(0) << (64 - 8*n)
		if notDigits(x) {
			return dst[:len(dst)+i]
		}
		out[i] = T(ofDigits(x))
	}
	return dst[:len(dst)+len(from)]
}

// notDigits reports whether x, bytes less '0', is not eight digits.
func notDigits(x uint64) bool { return (x|(x+(0x80-10)*ones))&highs != 0 }

// ofDigits is the number that x, eight digits less '0', is.
func ofDigits(x uint64) uint64 {
	// Pairs of digits, then of those, then of those.
	x = x * (10<<8 + 1) >> 8 & 0x00ff00ff00ff00ff
	x = x * (100<<16 + 1) >> 16 & 0x0000ffff0000ffff
	return x * (10000<<32 + 1) >> 32
}

// Int reads the canonical form of a whole number: an optional minus and 1 to 18 digits, nothing else.
// Other forms, some of which the formats also allow, are not ok: the caller reads them with
// datatype.ParseInt.
func Int(b []byte) (v int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	neg := b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	if neg {
		return -v, true
	}
	return v, true
}

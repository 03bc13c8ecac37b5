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
		if (x|(x+(0x80-10)*ones))&highs != 0 {
			return dst[:len(dst)+i]
		}
		// Pairs of digits, then of those, then of those.
		x = x * (10<<8 + 1) >> 8 & 0x00ff00ff00ff00ff
		x = x * (100<<16 + 1) >> 16 & 0x0000ffff0000ffff
		out[i] = T(x * (10000<<32 + 1) >> 32)
	}
	return dst[:len(dst)+len(from)]
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

// Date reads yyyy-mm-dd, with a year from 1 on, as days since 1970-01-01 in the proleptic Gregorian calendar. Other forms and
// what is no day are not ok: the caller reads them with datatype.ParseDate.
func Date(b []byte) (days int32, ok bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	var d [8]uint32
	bad := uint32(0)
	for i, at := range [8]int{0, 1, 2, 3, 5, 6, 8, 9} {
		d[i] = uint32(b[at] - '0')
		bad |= (9 - d[i]) >> 31 & 1
	}
	y, m, day := d[0]*1000+d[1]*100+d[2]*10+d[3], d[4]*10+d[5], d[6]*10+d[7]
	if bad != 0 || y == 0 || m-1 > 11 || day-1 > 30 || day > monthDays(y, m) {
		return 0, false
	}
	// Years begin in March, so that the day that some lack is their last one.
	if m > 2 {
		m -= 3
	} else {
		m += 9
		y--
	}
	const epoch = 719468 // days from 0000-03-01
	return int32(y*365+y/4-y/100+y/400+(m*153+2)/5+day-1) - epoch, true
}

func monthDays(y, m uint32) uint32 {
	switch {
	case m == 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

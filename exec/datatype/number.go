package datatype

import "math"

// TrimBlanks cuts bytes up to 0x20 from both ends, as Java's String.trim does.
func TrimBlanks(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// ParseInt reads a whole number as Hive does: an optional sign, digits, and a fraction that is
// checked and dropped ("1.9" is 1, ".5" is 0). lazy is LazySimple's way, which refuses blanks around it; CAST
// drops them. A number outside bigint is not ok. The caller checks narrower ranges with FitsInt.
func ParseInt(b []byte, lazy bool) (int64, bool) {
	if !lazy {
		b = TrimBlanks(b)
	}
	if len(b) == 0 {
		return 0, false
	}
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		if b = b[1:]; len(b) == 0 {
			return 0, false
		}
	}
	var v uint64
	i := 0
	for ; i < len(b) && i < 18; i++ {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		v = v*10 + uint64(c)
	}
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		if v > math.MaxInt64/10 {
			return 0, false
		}
		if v = v*10 + uint64(c); v > math.MaxInt64+1 {
			return 0, false
		}
	}
	if i < len(b) && !fraction(b[i:]) {
		return 0, false
	}
	if neg {
		return -int64(v), true
	}
	return int64(v), v <= math.MaxInt64
}

// fraction reports whether b is a point and any number of digits.
func fraction(b []byte) bool {
	if b[0] != '.' {
		return false
	}
	for _, c := range b[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// FitsInt reports whether v is in the range of an integer of so many bits.
func FitsInt(v int64, bits int) bool {
	shift := 64 - bits
	return v<<shift>>shift == v
}

// ParseBoolCast reads text as CAST does: ”, false, no, off and 0 in any case are false, all else is true.
func ParseBoolCast(b []byte) bool {
	switch len(b) {
	case 0:
		return false
	case 1:
		return b[0] != '0'
	case 2:
		return !foldEqual(b, "no")
	case 3:
		return !foldEqual(b, "off")
	case 5:
		return !foldEqual(b, "false")
	}
	return true
}

// ParseBool reads TRUE and FALSE in any case, as LazySimple does; with extended also T, F, 1 and 0.
func ParseBool(b []byte, extended bool) (v, ok bool) {
	switch len(b) {
	case 1:
		switch b[0] {
		case 'T', 't', '1':
			return true, extended
		case 'F', 'f', '0':
			return false, extended
		}
	case 4:
		return true, foldEqual(b, "true")
	case 5:
		return false, foldEqual(b, "false")
	}
	return false, false
}

// foldEqual compares b with lower, which is in lower-case ASCII letters, whatever b's case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

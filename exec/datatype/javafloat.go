package datatype

import (
	"math"
	"strconv"
)

// AppendDouble appends v as Java's Double.toString writes it: with the fewest digits that read back as v, but see largeWhole.
func AppendDouble(dst []byte, v float64) []byte { return appendJavaFloat(dst, v, 64) }

// AppendFloat is AppendDouble for Java's Float.toString.
func AppendFloat(dst []byte, v float32) []byte { return appendJavaFloat(dst, float64(v), 32) }

// appendJavaFloat: plain digits from 1e-3 up to below 1e7, else d.dddE±n; always a digit after the point.
func appendJavaFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	abs := math.Abs(v)
	if (bits == 64 && abs == math.SmallestNonzeroFloat64) || (bits == 32 && abs == math.SmallestNonzeroFloat32) {
		return appendSmallest(dst, v, bits)
	}
	if abs == 0 || (abs >= 1e-3 && abs < 1e7) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'f', -1, bits)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, '.', '0')
	}
	if digits, pow, ok := largeWhole(abs, bits); ok {
		if v < 0 {
			dst = append(dst, '-')
		}
		var buf [20]byte
		text := strconv.AppendUint(buf[:0], digits, 10)
		dst = append(append(dst, text[0], '.'), text[1:]...)
		if len(text) == 1 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(append(dst, 'E'), int64(len(text)-1+pow), 10)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
	var buf [32]byte
	text := append(buf[:0], dst[start:]...)
	dst = dst[:start]
	e := len(text) - 1
	for text[e] != 'e' {
		e--
	}
	point := false
	for _, c := range text[:e] {
		point = point || c == '.'
	}
	dst = append(dst, text[:e]...)
	if !point {
		dst = append(dst, '.', '0')
	}
	dst = append(dst, 'E')
	exp := text[e+1:]
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	exp = exp[1:]
	for len(exp) > 1 && exp[0] == '0' {
		exp = exp[1:]
	}
	return append(dst, exp...)
}

// largeWhole returns the digits that Java, until version 18, writes of a whole number beyond the type's precision:
// all but those at the end that the precision does not reach. So 1234567890 as a float is 1.23456794E9. pow is the
// power of ten of the last digit; ok is false for numbers that this does not concern.
func largeWhole(abs float64, bits int) (digits uint64, pow int, ok bool) {
	precision := 53
	if bits == 32 {
		precision = 24
	}
	exp := math.Ilogb(abs)
	if exp <= precision || exp > 62 {
		return 0, 0, false
	}
	unit := uint64(1)
	for n := uint64(1) << (exp - precision - 1); n >= 10; n /= 10 {
		unit, pow = unit*10, pow+1
	}
	digits = (uint64(abs) + unit/2) / unit
	for digits%10 == 0 {
		digits, pow = digits/10, pow+1
	}
	return digits, pow, true
}

// appendSmallest appends the smallest value there is, which Java writes with one digit more than needed.
func appendSmallest(dst []byte, v float64, bits int) []byte {
	if v < 0 {
		dst = append(dst, '-')
	}
	if bits == 32 {
		return append(dst, "1.4E-45"...)
	}
	return append(dst, "4.9E-324"...)
}

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// ParseDouble reads a double as Java's Double.parseDouble does: blanks around are dropped, a suffix d or
// f is allowed, so are NaN, Infinity and hexadecimal with a p exponent; 1e400 is Infinity. CAST and LazySimple agree.
func ParseDouble(b []byte) (float64, bool) {
	b = TrimBlanks(b)
	if v, ok := simpleDouble(b); ok {
		return v, true
	}
	if len(b) == 0 || len(b) > 1100 {
		return 0, false
	}
	body, neg := b, false
	if b[0] == '+' || b[0] == '-' {
		neg, body = b[0] == '-', b[1:]
	}
	switch string(body) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if neg {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	if !javaFloatSyntax(body) {
		return 0, false
	}
	switch b[len(b)-1] {
	case 'd', 'D', 'f', 'F':
		b = b[:len(b)-1]
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil || math.IsInf(v, 0)
}

// ParseFloat is ParseDouble for float, rounded once.
func ParseFloat(b []byte) (float32, bool) {
	v, ok := ParseDouble(b)
	if !ok {
		return 0, false
	}
	f := float32(v)
	if float64(f) == v || math.IsNaN(v) {
		return f, true
	}
	// A double halfway between two floats may itself have been rounded: read the text again.
	t := TrimBlanks(b)
	switch t[len(t)-1] {
	case 'd', 'D', 'f', 'F':
		t = t[:len(t)-1]
	}
	if w, err := strconv.ParseFloat(string(t), 32); err == nil {
		return float32(w), true
	}
	return f, true
}

// simpleDouble reads [-]digits[.digits] of up to 15 digits, which one division makes exact.
func simpleDouble(b []byte) (float64, bool) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	if len(b)-i > 16 || len(b) == i {
		return 0, false
	}
	var m uint64
	digits, frac := 0, -1
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c <= 9 {
			m = m*10 + uint64(c)
			digits++
			continue
		}
		if b[i] != '.' || frac >= 0 {
			return 0, false
		}
		frac = digits
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	v := float64(m)
	if frac >= 0 {
		v /= pow10[digits-frac]
	}
	if neg {
		v = -v
	}
	return v, true
}

// javaFloatSyntax reports whether b, without its sign, is a number in Java's grammar: Go's own also
// takes underscores, "inf" and hexadecimal without exponent.
func javaFloatSyntax(b []byte) bool {
	if len(b) > 0 {
		switch b[len(b)-1] {
		case 'd', 'D', 'f', 'F':
			if hex := len(b) > 1 && b[0] == '0' && (b[1] == 'x' || b[1] == 'X'); !hex || hasByte(b, 'p', 'P') {
				b = b[:len(b)-1]
			}
		}
	}
	hex := len(b) > 2 && b[0] == '0' && (b[1] == 'x' || b[1] == 'X')
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	if hex {
		b = b[2:]
		isDigit = func(c byte) bool {
			return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
		}
	}
	i, digits := 0, 0
	for point := false; i < len(b); i++ {
		if b[i] == '.' && !point {
			point = true
			continue
		}
		if !isDigit(b[i]) {
			break
		}
		digits++
	}
	if digits == 0 {
		return false
	}
	if i == len(b) {
		return !hex
	}
	if c := b[i] | 0x20; (hex && c != 'p') || (!hex && c != 'e') {
		return false
	}
	i++
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	if i == len(b) {
		return false
	}
	for ; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' {
			return false
		}
	}
	return true
}

func hasByte(b []byte, c, d byte) bool {
	for _, x := range b {
		if x == c || x == d {
			return true
		}
	}
	return false
}

// FloatKey returns an integer by which numbers are equal and ordered as in Hive: NaN is largest and equal to itself,
// -0 is 0.
func FloatKey(v float64) int64 {
	switch {
	case v == 0:
		return 0
	case v != v:
		return math.MaxInt64
	}
	b := int64(math.Float64bits(v))
	return b ^ int64(uint64(b>>63)>>1)
}

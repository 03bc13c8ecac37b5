package javatime

import "strconv"

// append appends the item's value of c. Optional parts are always written: every field is known.
func (it *item) append(dst []byte, c *clock) []byte {
	switch it.kind {
	case literal:
		return append(dst, it.text...)
	case number:
		return it.appendNumber(dst, c.value(it.field))
	case reduced:
		v := c.value(it.field)
		return append(dst, byte('0'+v/10%10), byte('0'+v%10))
	case fraction:
		return appendFraction(dst, c.nano, it.least)
	case name:
		return append(dst, nameOf(it.field, it.width, c.value(it.field))...)
	case offset:
		return appendOffset(dst, c.offset, it.text, it.zero)
	case gmtOffset:
		return appendGMT(dst, c.offset, it.width)
	case zoneName:
		if it.width == full {
			return append(dst, longZone(c.abbreviation, c.zone.String())...)
		}
		return append(dst, shortZone(c.abbreviation)...)
	case zoneID:
		return append(dst, c.zone.String()...)
	}
	return dst
}

func (it *item) appendNumber(dst []byte, v int64) []byte {
	if v < 0 {
		dst, v = append(dst, '-'), -v
	} else if it.signs == exceedsPad && it.least < 19 && v >= pow10(it.least) {
		dst = append(dst, '+')
	}
	return appendPadded(dst, v, it.least)
}

// appendPadded appends v ≥ 0 with at least width digits.
func appendPadded(dst []byte, v int64, width int) []byte {
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], v, 10)
	for n := len(digits); n < width; n++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func pow10(n int) int64 {
	v := int64(1)
	for range n {
		v *= 10
	}
	return v
}

func appendFraction(dst []byte, nano int32, digits int) []byte {
	return appendPadded(dst, int64(nano)/pow10(9-digits), digits)
}

// appendOffset appends an offset in the form that Java names form: capital letters stand for parts that
// are always written, mm and ss for parts that are written unless they are 0.
func appendOffset(dst []byte, seconds int, form, zero string) []byte {
	if seconds == 0 {
		return append(dst, zero...)
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), int64(seconds/3600), 2)
	m, s := seconds/60%60, seconds%60
	colon := len(form) > 3 && form[3] == ':'
	if form == "+HHmm" && m == 0 {
		return dst
	}
	if colon {
		dst = append(dst, ':')
	}
	dst = appendPadded(dst, int64(m), 2)
	if s == 0 || len(form) < len("+HHMMss") {
		return dst
	}
	if colon {
		dst = append(dst, ':')
	}
	return appendPadded(dst, int64(s), 2)
}

// appendGMT appends GMT+8:30, or with all its digits GMT+08:30.
func appendGMT(dst []byte, seconds int, w width) []byte {
	dst = append(dst, "GMT"...)
	if seconds == 0 {
		return dst
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = append(dst, sign)
	h, m, s := int64(seconds/3600), int64(seconds/60%60), int64(seconds%60)
	if w == full {
		dst = appendPadded(append(appendPadded(dst, h, 2), ':'), m, 2)
	} else {
		dst = appendPadded(dst, h, 1)
		if m != 0 || s != 0 {
			dst = appendPadded(append(dst, ':'), m, 2)
		}
	}
	if s != 0 {
		dst = appendPadded(append(dst, ':'), s, 2)
	}
	return dst
}

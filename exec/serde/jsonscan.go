package serde

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/datatype"
)

// maxJSONDepth is how deep a JSON value may nest.
const maxJSONDepth = 1000

// jsonScanner walks over one JSON text. Its methods return false at a fault of syntax.
type jsonScanner struct {
	b       []byte
	i       int
	depth   int
	counts  *Counts
	buf     []byte // an unescaped string
	keyBuf  []byte // an unescaped key, which outlives the value after it
	compact []byte
}

func (s *jsonScanner) reset(b []byte) { s.b, s.i, s.depth = b, 0, 0 }

func (s *jsonScanner) blanks() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

func (s *jsonScanner) accept(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// enter takes the bracket that opens an object or array.
func (s *jsonScanner) enter() bool {
	s.i++
	s.depth++
	return s.depth <= maxJSONDepth
}

func (s *jsonScanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return s.i == len(s.b) || !wordByte(s.b[s.i])
}

func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// key reads "key": and returns the key.
func (s *jsonScanner) key() ([]byte, bool) {
	if s.i == len(s.b) || s.b[s.i] != '"' {
		return nil, false
	}
	s.buf, s.keyBuf = s.keyBuf, s.buf
	k, ok := s.str()
	s.buf, s.keyBuf = s.keyBuf, s.buf
	if s.blanks(); !ok || !s.accept(':') {
		return nil, false
	}
	return k, true
}

// str reads a string; the result is part of the text or of buf.
func (s *jsonScanner) str() ([]byte, bool) {
	start := s.i + 1
	i := start + plainText(s.b[start:])
	if i == len(s.b) {
		return nil, false
	}
	switch c := s.b[i]; c {
	case '"':
		s.i = i + 1
		return s.b[start:i], true
	case '\\':
		return s.escapedString(start)
	}
	return nil, false
}

// plainText returns how many bytes of b are before the first that is a quote, a backslash or below the blank.
func plainText(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if m := notPlain(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// notPlain returns bits of the bytes of x that are a quote, a backslash or below the blank: the lowest one that is set is the highest
// bit of the first such byte; those above may be wrong.
func notPlain(x uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^ones*'"', x^ones*'\\'
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-ones*' ')&^x) & highs
}

// appendQuoted appends the text at the beginning of b up to a quote, if it is less than eight bytes without an escape. It is false
// if it is not.
func (c *vector) appendQuoted(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	x := binary.LittleEndian.Uint64(b)
	m := notPlain(x)
	size := bits.TrailingZeros64(m) / 8
	if m == 0 || b[size] != '"' {
		return false
	}
	n := len(c.data)
	c.data = roomFor(c, c.data, 8)[:n+8]
	binary.LittleEndian.PutUint64(c.data[n:], x)
	c.data = c.data[:n+size]
	c.endBytes()
	return true
}

func (s *jsonScanner) escapedString(i int) ([]byte, bool) {
	out := s.buf[:0]
	defer func() { s.buf = out }()
	for i < len(s.b) {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			return out, true
		case c < 0x20:
			return nil, false
		case c != '\\':
			out = append(out, c)
			i++
		case i+1 == len(s.b):
			return nil, false
		case s.b[i+1] == 'u':
			r, n := s.unicode(s.b[i:])
			if n == 0 {
				return nil, false
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			x, ok := unescaped(s.b[i+1])
			if !ok {
				return nil, false
			}
			out = append(out, x)
			i += 2
		}
	}
	return nil, false
}

func unescaped(c byte) (byte, bool) {
	switch c {
	case '"', '\\', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// unicode reads \uXXXX, or two of them that make one character, and returns how many bytes that took. Half
// a character is U+FFFD.
func (s *jsonScanner) unicode(b []byte) (rune, int) {
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(b[6:]); ok {
		if joined := utf16.DecodeRune(r, low); joined != utf8.RuneError {
			return joined, 12
		}
	}
	s.counts.BadUTF8++
	return utf8.RuneError, 6
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// numberForm is what a token in a value's place is.
type numberForm uint8

const (
	noNumber    numberForm = iota // not even something like a number
	oddNumber                     // NaN, 01, +1, .5: no JSON, but it is clear where it ends
	wholeNumber                   // digits
	floatNumber                   // with a fraction or exponent
)

// number reads a number's token.
func (s *jsonScanner) number() ([]byte, numberForm) {
	start := s.i
	for s.i < len(s.b) && (wordByte(s.b[s.i]) || s.b[s.i] == '-' || s.b[s.i] == '+' || s.b[s.i] == '.') {
		s.i++
	}
	t := s.b[start:s.i]
	return t, formOf(t)
}

func formOf(t []byte) numberForm {
	switch string(t) {
	case "":
		return noNumber
	case "NaN", "Infinity", "-Infinity":
		return oddNumber
	}
	for _, c := range t {
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c|0x20 != 'e' {
			return noNumber
		}
	}
	i := 0
	if t[0] == '-' {
		i = 1
	}
	digits := func() int {
		from := i
		for i < len(t) && t[i] >= '0' && t[i] <= '9' {
			i++
		}
		return i - from
	}
	first := i
	n, form := digits(), wholeNumber
	if n == 0 || (n > 1 && t[first] == '0') {
		return oddNumber
	}
	if i < len(t) && t[i] == '.' {
		i++
		if form = floatNumber; digits() == 0 {
			return oddNumber
		}
	}
	if i < len(t) && t[i]|0x20 == 'e' {
		i++
		if i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		if form = floatNumber; digits() == 0 {
			return oddNumber
		}
	}
	if i < len(t) {
		return oddNumber
	}
	return form
}

// skip checks a value of any kind and leaves it.
func (s *jsonScanner) skip() bool { return s.walk(false) }

// copyValue appends a value to compact: without blanks, strings and numbers written as Jackson does.
func (s *jsonScanner) copyValue() bool { return s.walk(true) }

// walk goes over a value without recursion; the brackets open in it are kept as bits.
func (s *jsonScanner) walk(copied bool) bool {
	var object [maxJSONDepth/64 + 1]uint64 // bit set: the level is an object
	base := s.depth
	for {
		s.blanks()
		if s.i == len(s.b) {
			return false
		}
		c := s.b[s.i]
		if c == '{' || c == '[' {
			if !s.enter() {
				return false
			}
			if copied {
				s.compact = append(s.compact, c)
			}
			level := s.depth - base
			object[level>>6] &^= 1 << (level & 63)
			if c == '{' {
				object[level>>6] |= 1 << (level & 63)
			}
			s.blanks()
			if !s.accept(c + 2) { // ] and } are two after [ and {
				if c == '{' && !s.copyKey(copied) {
					return false
				}
				continue
			}
			if copied {
				s.compact = append(s.compact, c+2)
			}
			s.depth--
		} else if !s.leaf(c, copied) {
			return false
		}
		// After a value: close what ends here, or go on after a comma.
		for {
			level := s.depth - base
			if level == 0 {
				return true
			}
			inObject := object[level>>6]>>(level&63)&1 == 1
			s.blanks()
			if s.accept(',') {
				if copied {
					s.compact = append(s.compact, ',')
				}
				if s.blanks(); inObject && !s.copyKey(copied) {
					return false
				}
				break
			}
			end := byte(']')
			if inObject {
				end = '}'
			}
			if !s.accept(end) {
				return false
			}
			if copied {
				s.compact = append(s.compact, end)
			}
			s.depth--
		}
	}
}

func (s *jsonScanner) copyKey(copied bool) bool {
	k, ok := s.key()
	if ok && copied {
		s.compact = append(datatype.AppendQuoted(s.compact, text(k)), ':')
	}
	return ok
}

// leaf checks a string, word or number.
func (s *jsonScanner) leaf(c byte, copied bool) bool {
	start := s.i
	switch c {
	case '"':
		t, ok := s.str()
		if ok && copied {
			s.compact = datatype.AppendQuoted(s.compact, text(t))
		}
		return ok
	case 't', 'f', 'n':
		w := "null"
		if c == 't' {
			w = "true"
		} else if c == 'f' {
			w = "false"
		}
		if !s.word(w) {
			return false
		}
		if copied {
			s.compact = append(s.compact, s.b[start:s.i]...)
		}
		return true
	}
	t, form := s.number()
	if copied {
		s.compact = appendNumber(s.compact, t, form)
	}
	return form != noNumber
}

package funcs

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/datatype"
)

// maxJSONDepth is how deep JSON values may nest; deeper ones count as malformed.
const maxJSONDepth = 1000

// span is the bytes [from, to) of a JSON text, a whole value.
type span struct{ from, to int }

// jsonScanner walks a JSON text in place. It takes what Hive's parser takes: RFC 8259, raw control
// characters in strings, and a backslash before any character.
type jsonScanner struct {
	b     []byte
	i     int
	depth int
}

func (s *jsonScanner) blanks() {
	for s.i < len(s.b) && s.b[s.i] <= ' ' {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// next returns the next byte that is not blank, without taking it; 0 at the end.
func (s *jsonScanner) next() byte {
	s.blanks()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// str takes a string and returns what is between its quotes.
func (s *jsonScanner) str() (raw []byte, escaped, ok bool) {
	if s.next() != '"' {
		return nil, false, false
	}
	from := s.i + 1
	for at := from; ; {
		if at = quoteOrBackslash(s.b, at); at < 0 {
			return nil, false, false
		}
		if s.b[at] == '"' {
			s.i = at + 1
			return s.b[from:at], escaped, true
		}
		escaped = true
		if at += 2; at > len(s.b) || s.b[at-1] == 'u' && !hex4(s.b[at:]) {
			return nil, false, false
		}
	}
}

// quoteOrBackslash returns the index of the first of the two bytes at or after i, or -1. It looks at eight
// bytes at a time: a byte of x is zero where x's lowest set high bit of (x-1)&^x is.
func quoteOrBackslash(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		q, e := x^ones*'"', x^ones*'\\'
		if m := ((q-ones)&^q | (e-ones)&^e) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i] == '"' || b[i] == '\\' {
			return i
		}
	}
	return -1
}

func hex4(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	for _, c := range b[:4] {
		if unhexDigit(c) < 0 {
			return false
		}
	}
	return true
}

func unhexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c | 0x20 - 'a' + 10)
	}
	return -1
}

// skip takes one value of any kind.
func (s *jsonScanner) skip() bool {
	switch s.next() {
	case '"':
		_, _, ok := s.str()
		return ok
	case '{':
		return s.members(nil)
	case '[':
		return s.elements(nil)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *jsonScanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return s.atEnd()
}

// atEnd reports whether a number or word ends here.
func (s *jsonScanner) atEnd() bool {
	if s.i == len(s.b) {
		return true
	}
	switch s.b[s.i] {
	case ' ', '\t', '\n', '\r', ',', ']', '}', ':':
		return true
	}
	return false
}

func (s *jsonScanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}

func (s *jsonScanner) accept(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *jsonScanner) number() bool {
	s.accept('-')
	zero := s.i < len(s.b) && s.b[s.i] == '0'
	from := s.i
	if !s.digits() || zero && s.i > from+1 {
		return false
	}
	if s.accept('.') && !s.digits() {
		return false
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('+') {
			s.accept('-')
		}
		if !s.digits() {
			return false
		}
	}
	return s.atEnd()
}

// members takes an object and calls f, if not nil, for each member; f's answer false stops with failure.
func (s *jsonScanner) members(f func(key []byte, escaped bool, v span) bool) bool {
	if s.next() != '{' || s.depth >= maxJSONDepth {
		return false
	}
	s.depth++
	s.i++
	if s.next() == '}' {
		s.i++
		s.depth--
		return true
	}
	for {
		key, escaped, ok := s.str()
		if !ok || s.next() != ':' {
			return false
		}
		s.i++
		s.blanks()
		from := s.i
		if !s.skip() || f != nil && !f(key, escaped, span{from, s.i}) {
			return false
		}
		switch s.next() {
		case ',':
			s.i++
		case '}':
			s.i++
			s.depth--
			return true
		default:
			return false
		}
	}
}

// elements takes an array and calls f, if not nil, for each element, as members does.
func (s *jsonScanner) elements(f func(v span) bool) bool {
	if s.next() != '[' || s.depth >= maxJSONDepth {
		return false
	}
	s.depth++
	s.i++
	if s.next() == ']' {
		s.i++
		s.depth--
		return true
	}
	for {
		s.blanks()
		from := s.i
		if !s.skip() || f != nil && !f(span{from, s.i}) {
			return false
		}
		switch s.next() {
		case ',':
			s.i++
		case ']':
			s.i++
			s.depth--
			return true
		default:
			return false
		}
	}
}

// appendUnescaped appends the characters that raw, the inside of a JSON string, stands for.
func appendUnescaped(dst, raw []byte) []byte {
	for {
		back := bytes.IndexByte(raw, '\\')
		if back < 0 || back+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:back]...)
		c := raw[back+1]
		raw = raw[back+2:]
		switch c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r := unhex4(raw)
			raw = raw[4:]
			if utf16.IsSurrogate(r) && len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' && hex4(raw[2:]) {
				if pair := utf16.DecodeRune(r, unhex4(raw[2:])); pair != utf8.RuneError {
					r = pair
					raw = raw[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
}

func unhex4(b []byte) rune {
	return unhexDigit(b[0])<<12 | unhexDigit(b[1])<<8 | unhexDigit(b[2])<<4 | unhexDigit(b[3])
}

// keyIs reports whether a key of an object is name.
func keyIs(key []byte, escaped bool, name string) bool {
	if !escaped {
		return string(key) == name
	}
	var buf [64]byte
	return string(appendUnescaped(buf[:0], key)) == name
}

// jsonWriter appends JSON values in Hive's compact form: floating numbers as Java's double, the last of
// the same keys, strings with the escapes that they need.
type jsonWriter struct {
	members []jsonMember // scratch, a stack
	str     []byte       // scratch
}

type jsonMember struct {
	key     []byte
	escaped bool
	value   span
}

// value appends v, a valid value of doc, as JSON.
func (w *jsonWriter) value(dst, doc []byte, v span) []byte {
	switch b := doc[v.from:v.to]; b[0] {
	case '"':
		return w.quoted(dst, b[1:len(b)-1])
	case '{':
		return w.object(dst, doc, v)
	case '[':
		s := jsonScanner{b: doc[:v.to], i: v.from}
		dst = append(dst, '[')
		first := true
		s.elements(func(e span) bool {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = w.value(dst, doc, e)
			return true
		})
		return append(dst, ']')
	default:
		return appendJSONScalar(dst, b)
	}
}

func (w *jsonWriter) quoted(dst, raw []byte) []byte {
	plain := bytes.IndexByte(raw, '\\') < 0
	for i := 0; plain && i < len(raw); i++ {
		plain = raw[i] >= ' '
	}
	if plain {
		return append(append(append(dst, '"'), raw...), '"')
	}
	w.str = appendUnescaped(w.str[:0], raw)
	return datatype.AppendQuoted(dst, string(w.str))
}

func (w *jsonWriter) object(dst, doc []byte, v span) []byte {
	base := len(w.members)
	s := jsonScanner{b: doc[:v.to], i: v.from}
	s.members(func(key []byte, escaped bool, v span) bool {
		w.members = append(w.members, jsonMember{key, escaped, v})
		return true
	})
	w.members = lastOfSame(w.members, base)
	dst = append(dst, '{')
	for k := base; k < len(w.members); k++ {
		m := w.members[k]
		if k > base {
			dst = append(dst, ',')
		}
		dst = append(w.quoted(dst, m.key), ':')
		dst = w.value(dst, doc, m.value)
	}
	w.members = w.members[:base]
	return append(dst, '}')
}

// lastOfSame drops double keys from members[base:]: the place of the first stays, with the value of the last.
func lastOfSame(members []jsonMember, base int) []jsonMember {
	const few = 16
	out := base
	var seen map[string]int
	if len(members)-base > few {
		seen = make(map[string]int, len(members)-base)
	}
	for _, m := range members[base:] {
		if m.escaped {
			m.key = appendQuotedInside(m.key)
			m.escaped = bytes.IndexByte(m.key, '\\') >= 0
		}
		same := -1
		if seen != nil {
			if at, ok := seen[string(m.key)]; ok {
				same = at
			} else {
				seen[string(m.key)] = out
			}
		} else {
			for k := base; k < out; k++ {
				if bytes.Equal(members[k].key, m.key) {
					same = k
					break
				}
			}
		}
		if same >= 0 {
			members[same].value = m.value
			continue
		}
		members[out] = m
		out++
	}
	return members[:out]
}

// appendQuotedInside brings an escaped key to the one form that equal keys share.
func appendQuotedInside(key []byte) []byte {
	q := datatype.AppendQuoted(nil, string(appendUnescaped(nil, key)))
	return q[1 : len(q)-1]
}

// appendJSONScalar appends a number, true, false or null. An integer keeps its digits; others are
// Java's text of the nearest double.
func appendJSONScalar(dst, b []byte) []byte {
	if b[0] > '9' || !bytes.ContainsAny(b, ".eE") {
		if string(b) == "-0" {
			b = b[1:]
		}
		return append(dst, b...)
	}
	v, _ := datatype.ParseDouble(b)
	return datatype.AppendDouble(dst, v)
}

// scalarText appends the text of value v of doc as a function gives it: strings without quotes, objects and arrays as
// JSON. ok is false for null.
func (w *jsonWriter) scalarText(dst, doc []byte, v span) (out []byte, ok bool) {
	switch b := doc[v.from:v.to]; b[0] {
	case '"':
		return appendUnescaped(dst, b[1:len(b)-1]), true
	case 'n':
		return dst, false
	}
	return w.value(dst, doc, v), true
}

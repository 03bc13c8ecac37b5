package textscan

import "bytes"

// Literal is a text to search for. The search looks for the byte of the text that is rarest in logs
// and compares the rest only there.
type Literal struct {
	text []byte
	rare int // index in text
}

// NewLiteral returns a searcher for text, which it keeps.
func NewLiteral(text []byte) Literal {
	l := Literal{text: text}
	for i, c := range text {
		if frequency(c) < frequency(text[l.rare]) {
			l.rare = i
		}
	}
	return l
}

// Index returns where the text first occurs in b at or after from, or -1. An empty text occurs everywhere.
func (l Literal) Index(b []byte, from int) int {
	if len(l.text) == 0 {
		return from
	}
	for i := from + l.rare; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], l.text[l.rare])
		if j < 0 {
			return -1
		}
		i += j
		start := i - l.rare
		if start+len(l.text) > len(b) {
			return -1
		}
		if string(b[start:start+len(l.text)]) == string(l.text) {
			return start
		}
	}
	return -1
}

// frequency ranks bytes by how common they are in logs: 0 is rarest.
func frequency(c byte) int {
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == ',' || c == '.' || c == '/' || c == '-' || c == '"' || c == 1:
		return 6
	case c == '0' || c == '1' || c == '2':
		return 5
	case c >= '3' && c <= '9':
		return 4
	case bytes.IndexByte([]byte("etaoinsrh"), c) >= 0:
		return 4
	case c >= 'a' && c <= 'z':
		return 3
	case c >= 'A' && c <= 'Z':
		return 2
	case c > ' ' && c < 0x7f:
		return 1
	}
	return 0
}

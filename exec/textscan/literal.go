package textscan

import "bytes"

// Literal is a text to search for. The search looks for the two bytes of the text that are rarest in logs, at
// their distance, and compares the rest only there.
type Literal struct {
	text []byte
	at   int // index in text of the first of the two
	dist int // to the second; 0 if text is one byte
}

// NewLiteral returns a searcher for text, which it keeps.
func NewLiteral(text []byte) Literal {
	l := Literal{text: text}
	if len(text) < 2 {
		return l
	}
	rare, next := 0, 1
	if frequency(text[next]) < frequency(text[rare]) {
		rare, next = next, rare
	}
	for i := 2; i < len(text); i++ {
		switch f := frequency(text[i]); {
		case f < frequency(text[rare]):
			rare, next = i, rare
		case f < frequency(text[next]):
			next = i
		}
	}
	l.at, l.dist = min(rare, next), max(rare, next)-min(rare, next)
	return l
}

// Index returns where the text first occurs in b at or after from, or -1. An empty text occurs everywhere.
func (l Literal) Index(b []byte, from int) int {
	switch len(l.text) {
	case 0:
		return from
	case 1:
		if i := bytes.IndexByte(b[from:], l.text[0]); i >= 0 {
			return from + i
		}
		return -1
	}
	// The places where the text would fit; there the first byte is looked for at l.at, the second at l.dist more.
	for last := len(b) - len(l.text); from <= last; from++ {
		i := chosen.pair(b[from+l.at:last+l.at+l.dist+1], l.dist, l.text[l.at], l.text[l.at+l.dist])
		if i < 0 {
			return -1
		}
		if from += i; string(b[from:from+len(l.text)]) == string(l.text) {
			return from
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

package serde

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/textscan"
)

// jsonRecords checks the syntax of the records of a run of bytes and finds the values of wanted keys. It looks at their tokens,
// not at their bytes, but for the places where textscan.JSON says that a byte decides. A record is good or goes to the record form: if it
// is malformed, and if it has what is rare, such as wanted keys with escapes, or the same key twice.
type jsonRecords struct {
	tokens   *textscan.JSON
	outlines jsonOutlines
	root     *jsonObject
	at       []int32 // per field of all objects: where its value begins; -1: not met
	b        []byte
	end      byte // of records
	event    int  // the next one
	from     int  // tokens before the record at hand
	names    []jsonName
	folds    bool     // of some object
	colons   []uint32 // after keys that may be wanted
	open     []openObject
}

// jsonName is the name of wanted keys, and its last bytes as a word: of a key that may match, those of mask are tail once
// the bits of fold are set.
type jsonName struct{ tail, mask, fold uint64 }

// openObject is a wanted object that has been met.
type openObject struct {
	token  int32 // that opens it
	object *jsonObject
}

func newJSONRecords(end byte, root *jsonObject, fields int) *jsonRecords {
	s := &jsonRecords{tokens: textscan.NewJSON(end, root.distances()), root: root, at: make([]int32, fields), end: end}
	s.addNames(root)
	return s
}

// addNames adds the names of the fields of o and of the objects in it.
func (s *jsonRecords) addNames(o *jsonObject) {
	s.folds = s.folds || o.folds
	for i := range o.fields {
		f := &o.fields[i]
		var n jsonName
		quoted := `"` + f.name
		for _, c := range []byte(quoted[max(0, len(quoted)-8):]) {
			n.tail, n.mask, n.fold = n.tail>>8|uint64(c)<<56, n.mask>>8|0xff<<56, n.fold>>8
			if o.fold && c >= 'a' && c <= 'z' {
				n.fold |= 0x20 << 56
			}
		}
		if !slices.Contains(s.names, n) {
			s.names = append(s.names, n)
		}
		if f.object != nil {
			s.addNames(f.object)
		}
	}
}

// mayMatch reports whether the key that ends before the quote and the colon at p may be wanted somewhere.
func (s *jsonRecords) mayMatch(p int) bool {
	if p < 9 {
		return true
	}
	tail := binary.LittleEndian.Uint64(s.b[p-9:])
	for i := range s.names {
		if n := &s.names[i]; (tail|n.fold)&n.mask == n.tail {
			return true
		}
	}
	return s.folds && tail&0x8080808080808080 != 0
}

// begin prepares for the records of b, of which each has its end.
func (s *jsonRecords) begin(b []byte) {
	s.b, s.event, s.from = b, 0, 0
	s.tokens.Scan(b)
}

// next looks at the next record and returns where it ends, its end byte not included. It is not ok if the record form must look at it.
func (s *jsonRecords) next() (end int, ok bool) {
	end, ok = s.events()
	from, to := s.from, s.tokens.Tokens(end)
	s.from = to
	if !ok {
		return end, false
	}
	o := s.outlines.of(s.tokens, from, to)
	return end, o.good && s.keys(o, from)
}

// events looks at the events of the record at hand.
func (s *jsonRecords) events() (end int, ok bool) {
	s.colons, ok = s.colons[:0], true
	skip := 0
	for ; ; s.event++ {
		p := int(s.tokens.Events[s.event])
		switch c := s.b[p]; {
		case c == s.end:
			s.event++
			return p, ok
		case p == 0:
			ok = false
		case s.b[p-1] == '\\':
			if p >= skip {
				var n int
				n, ok = s.escape(p, ok)
				skip = p + n
			}
		case c == ':':
			if ok = ok && s.b[p-1] == '"'; ok && s.mayMatch(p) {
				s.colons = append(s.colons, uint32(p))
			}
		case c == '"':
			ok = ok && s.b[p+1] != ':' // an escape in a key
		default:
			ok = ok && s.word(p)
		}
	}
}

// escape looks at what follows a backslash before p, of which only the u is good. Half a character is left to the record form, which counts
// it. The event of the second half of a character is among the n bytes that are looked at.
func (s *jsonRecords) escape(p int, before bool) (n int, ok bool) {
	r, ok := hex4(s.b[p-1:])
	if !ok {
		return 0, false
	}
	if !utf16.IsSurrogate(r) {
		return 0, before
	}
	low, ok := hex4(s.b[p+5:])
	return len("uXXXX\\u"), before && ok && utf16.DecodeRune(r, low) != utf8.RuneError
}

// word checks that the letters from p on, outside of strings, are those of true, false or null.
func (s *jsonRecords) word(p int) bool {
	switch s.b[p-1] {
	case ':', ',', '[', ' ':
	default:
		return false
	}
	rest := s.b[p:]
	if len(rest) < 6 {
		return false
	}
	n := 4
	switch binary.LittleEndian.Uint32(rest) {
	case 'f' | 'a'<<8 | 'l'<<16 | 's'<<24:
		if n = 5; rest[4] != 'e' {
			return false
		}
	case 't' | 'r'<<8 | 'u'<<16 | 'e'<<24, 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24:
	default:
		return false
	}
	c := rest[n]
	return c == ',' || c == '}' || c == ']' || c <= ' '
}

// keys looks for wanted keys before the colons of the record whose outline is o and whose first token is number from.
func (s *jsonRecords) keys(o *jsonOutline, from int) bool {
	for i := range s.at {
		s.at[i] = -1
	}
	s.open = append(s.open[:0], openObject{0, s.root})
	for _, colon := range s.colons {
		token := s.tokens.Tokens(int(colon)) - from
		object := s.opened(o.in[token])
		if object == nil {
			continue
		}
		f, ok := object.find(s.b[:colon])
		if !ok {
			return false
		}
		if f == nil {
			continue
		}
		if s.at[f.index] >= 0 {
			return false // twice
		}
		p := int(colon) + 1
		for s.b[p] == ' ' || s.b[p] == '\t' || s.b[p] == '\r' {
			p++
		}
		s.at[f.index] = int32(p)
		if f.object != nil {
			s.open = append(s.open, openObject{int32(token + 1), f.object})
		}
	}
	return true
}

// opened returns the wanted object that token opens, or nil.
func (s *jsonRecords) opened(token int32) *jsonObject {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i].token == token {
			return s.open[i].object
		}
	}
	return nil
}

package serde

import (
	"encoding/binary"
	"hash/maphash"
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
	endings  uint64 // bit keyEnding: some name ends so
	folds    bool   // of some object
	colons   []jsonColon
	open     []openObject
}

// jsonName is the name of wanted keys, and its last bytes as a word: of a key that may match, those of mask are tail once
// the bits of fold are set.
type jsonName struct {
	tail, mask, fold uint64
	known            int // its place in names if the word has the quote before the name too, else otherName
}

// jsonColon is a colon after a key that may be wanted.
type jsonColon struct {
	at   int
	name int // jsonName.known of the key; otherName if its bytes must be looked at
}

// metKey is a colon as it was in the last record of an outline.
type metKey struct {
	token int // the number of its token in the record
	name  int // as of jsonColon
	index int // of the field whose key it follows; -1: none
}

// otherName and noName are no places in names.
const (
	otherName = -1
	noName    = -2
)

// openObject is a wanted object that has been met.
type openObject struct {
	token  int32 // that opens it
	object *jsonObject
}

func newJSONRecords(end byte, root *jsonObject, fields int) *jsonRecords {
	s := &jsonRecords{tokens: textscan.NewJSON(end, root.distances()), outlines: jsonOutlines{seed: maphash.MakeSeed()}, root: root, at: make([]int32, fields), end: end}
	s.addNames(root)
	if s.folds {
		s.endings = ^uint64(0)
	}
	return s
}

// keyEnding is a number below 64 for the last two bytes of tail, whatever the case of letters.
func keyEnding(tail uint64) uint16 { return (uint16(tail>>48) | 0x2020) * 40503 >> 10 }

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
		at := slices.IndexFunc(s.names, func(o jsonName) bool { return o.tail == n.tail && o.mask == n.mask && o.fold == n.fold })
		if at < 0 {
			at = len(s.names)
			if n.known = otherName; len(quoted) <= 8 {
				n.known = at
			}
			s.names = append(s.names, n)
		}
		f.known = s.names[at].known
		s.endings |= 1 << keyEnding(n.tail)
		if f.object != nil {
			s.addNames(f.object)
		}
	}
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
	b, events, endings := s.b, s.tokens.Events, s.endings
	colons, next, skip := s.colons[:0], s.event, 0
	ok = true
	for ; ; next++ {
		p := int(events[next])
		if p > 8 && binary.LittleEndian.Uint16(b[p-1:]) == '"'|':'<<8 { // most are
			if tail := binary.LittleEndian.Uint64(b[p-9:]); endings>>keyEnding(tail)&1 == 1 {
				if name := s.nameOf(tail); name != noName {
					colons = append(colons, jsonColon{p, name})
				}
			}
			continue
		}
		switch c := b[p]; {
		case c == s.end:
			s.event, s.colons = next+1, colons
			return p, ok
		case p == 0:
			ok = false
		case b[p-1] == '\\':
			if p >= skip {
				var n int
				n, ok = s.escape(p, ok)
				skip = p + n
			}
		case c == ':':
			ok = ok && b[p-1] == '"'
			colons = append(colons, jsonColon{p, otherName})
		case c == '"':
			ok = ok && b[p+1] != ':' // an escape in a key
		default:
			ok = false
		}
	}
}

// nameOf returns jsonColon.name of the colon after a key that ends with tail, noName if the key is not wanted.
func (s *jsonRecords) nameOf(tail uint64) int {
	for i := range s.names {
		if n := &s.names[i]; (tail|n.fold)&n.mask == n.tail {
			return n.known
		}
	}
	if s.folds && tail&0x8080808080808080 != 0 {
		return otherName
	}
	return noName
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

// keys looks for wanted keys before the colons of the record whose outline is o and whose first token is number from.
func (s *jsonRecords) keys(o *jsonOutline, from int) bool {
	if s.keysAgain(o, from) {
		return true
	}
	for i := range s.at {
		s.at[i] = -1
	}
	s.open = append(s.open[:0], openObject{0, s.root})
	met, again := o.keys[:0], true
	o.keys = met
	for _, colon := range s.colons {
		token := s.tokens.Tokens(colon.at) - from
		again = again && colon.name != otherName
		var f *jsonField
		if object := s.opened(o.in[token]); object != nil {
			ok := false
			if f, ok = object.find(s.b[:colon.at], colon.name); !ok {
				return false
			}
		}
		if f == nil {
			met = append(met, metKey{token, colon.name, -1})
			continue
		}
		met = append(met, metKey{token, colon.name, f.index})
		if s.at[f.index] >= 0 {
			return false // twice
		}
		s.at[f.index] = s.after(colon)
		if f.object != nil {
			s.open = append(s.open, openObject{int32(token + 1), f.object})
		}
	}
	if again {
		o.keys = met
	}
	return true
}

// keysAgain is keys for a record whose colons are as those of the last one of its outline. It is false if they are not.
func (s *jsonRecords) keysAgain(o *jsonOutline, from int) bool {
	if len(o.keys) != len(s.colons) {
		return false
	}
	for i := range s.at {
		s.at[i] = -1
	}
	for i := range o.keys {
		k, colon := &o.keys[i], s.colons[i]
		if colon.name != k.name || s.tokens.Tokens(colon.at)-from != k.token {
			return false
		}
		if k.index >= 0 {
			s.at[k.index] = s.after(colon)
		}
	}
	return true
}

// after returns where the value after a colon begins.
func (s *jsonRecords) after(colon jsonColon) int32 {
	p := colon.at + 1
	for s.b[p] == ' ' || s.b[p] == '\t' || s.b[p] == '\r' {
		p++
	}
	return int32(p)
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

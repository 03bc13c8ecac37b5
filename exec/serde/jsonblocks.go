package serde

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/winnowdb/winnow/exec/textscan"
)

// Classes of the bytes of JSON, in the blocks of a jsonBlocks.
const (
	jsonQuote = iota
	jsonBackslash
	jsonBracket
	jsonColon
	jsonComma
	jsonBlank   // the blank only: other white space is among the controls
	jsonNumber  // what a number may have
	jsonControl // below the blank: the end of a record, or what sends it to the record form
)

func jsonClasses() *textscan.Classes {
	is := func(list string) func(byte) bool {
		return func(c byte) bool { return indexByte([]byte(list), c) >= 0 }
	}
	return textscan.NewClasses(is(`"`), is(`\`), is("{}[]"), is(":"), is(","), is(" "), is("0123456789+-.eE"), func(c byte) bool { return c < ' ' })
}

// maxBlockDepth is how deep objects and arrays may nest for jsonBlocks; the kinds of the open ones are bits of a word.
const maxBlockDepth = 60

// jsonBlocks checks the syntax of records and finds the values of wanted keys, 64 bytes at a time. It knows the
// bytes by their classes; within strings it looks only at escapes. A record is good or goes to the record form: if it is
// malformed, and if it has what is rare, such as keys with escapes, the same key twice, or white space other than blanks.
type jsonBlocks struct {
	classes *textscan.Classes
	blocks  []textscan.Block
	b       []byte
	root    *jsonObject
	at      []int32 // per field of all objects: where its value begins; -1: not met
	state   jsonState
	outer   [maxBlockDepth]*jsonObject // per open bracket what was wanted around it
}

// jsonState is what is known of a record up to a block. Words of one bit tell of the block's first byte.
type jsonState struct {
	inString uint64 // all ones: the block begins within a string
	escaped  uint64 // one bit: the last byte was a backslash that counts
	quotes   uint64 // of the block before
	number   uint64 // one bit: within a number or word
	covered  uint64 // bits of a word that began in the block before
	keyRun   uint64 // one bit: within a key
	object   uint64 // all ones: the innermost open bracket is {
	kinds    uint64 // of open brackets, the innermost lowest: 1 is {
	depth    int
	begun    bool // there has been something but blanks
	closed   bool // the record's value has ended
	surface  [expectations]expected
	skip     int // escapes before this position have been looked at

	want    *jsonObject // the innermost open object, if it is wanted
	pending int         // where the next wanted object begins
	next    *jsonObject
}

// What may come next.
const (
	wantsValue  = iota // after a colon or [, or after a comma in an array
	wantsKey           // after {, or after a comma in an object
	wantsComma         // after a value: or the bracket's end
	wantsColon         // after a key
	wantsNoMore        // after an opening bracket: its end
	expectations
)

// expected carries one kind of expectation from block to block: of the first byte, and through blanks.
type expected struct{ first, gap uint64 }

// begin prepares for the records of b.
func (s *jsonBlocks) begin(b []byte) {
	s.b = b
	s.blocks = s.classes.Classify(s.blocks, b)
}

// record looks at the record that begins at from and returns where it ends, its end byte not included. It is not ok if
// the record form must look at it.
func (s *jsonBlocks) record(from int) (end int, ok bool) {
	st := &s.state
	*st = jsonState{pending: -1}
	for i := range s.at {
		s.at[i] = -1
	}
	mask := ^uint64(0) << (from % textscan.BlockSize)
	st.surface[wantsValue].first = 1 << (from % textscan.BlockSize)
	for i := from / textscan.BlockSize; i < len(s.blocks); i++ {
		base := i * textscan.BlockSize
		if c := s.blocks[i][jsonControl] & mask; c != 0 {
			n := bits.TrailingZeros64(c)
			return base + n, s.block(i, mask&(1<<n-1)) && st.closed && st.inString == 0
		}
		if !s.block(i, mask) {
			return 0, false
		}
		mask = ^uint64(0)
	}
	return 0, false
}

// block looks at the bytes of block i that mask names.
func (s *jsonBlocks) block(i int, mask uint64) bool {
	st, block, base := &s.state, &s.blocks[i], i*textscan.BlockSize
	quotes, backslashes := block[jsonQuote]&mask, block[jsonBackslash]&mask
	if backslashes|st.escaped != 0 {
		escaped := st.escapes(backslashes)
		quotes &^= escaped
		if !s.checkEscapes(base, escaped&mask) {
			return false
		}
	}
	inString := prefixXor(quotes) ^ st.inString // the opening quote included, the closing one not
	st.inString = uint64(int64(inString) >> 63)
	open, shut := quotes&inString, quotes&^inString
	outside := mask &^ inString &^ shut
	colons, commas, blanks := block[jsonColon]&outside, block[jsonComma]&outside, block[jsonBlank]&outside
	brackets := block[jsonBracket] & outside
	plain := outside &^ (colons | commas | blanks | brackets) // numbers and words
	plainStart := plain &^ (plain<<1 | st.number)
	plainAfter := (plain<<1 | st.number) &^ plain
	st.number = plain >> 63
	if letters := plain &^ block[jsonNumber]; letters|st.covered != 0 && !s.words(base, letters, plainStart) {
		return false
	}
	text := outside&^blanks | quotes
	if st.closed && text != 0 {
		return false // text after the value
	}

	object, opening, curly := st.object, uint64(0), uint64(0)
	if brackets|colons != 0 {
		var ok bool
		if object, opening, curly, ok = s.structure(base, brackets, colons, quotes, text); !ok {
			return false
		}
	}
	st.quotes, st.begun = quotes, st.begun || text != 0
	closing := brackets &^ opening

	values := st.surface[wantsValue].after(colons|opening&^curly|commas&^object, 0, blanks)
	keys := st.surface[wantsKey].after(curly|commas&object, 0, blanks)
	run, carry := bits.Add64(open&keys, inString, st.keyRun)
	st.keyRun = carry
	keyEnd := run &^ inString
	if backslashes&inString&^run != 0 {
		return false // an escape in a key
	}
	commaPlaces := st.surface[wantsComma].after(shut&^keyEnd|closing, plainAfter, blanks)
	direct := keyEnd<<1 | st.surface[wantsColon].first
	colonPlaces := st.surface[wantsColon].after(keyEnd, 0, blanks)
	ends := st.surface[wantsNoMore].after(opening, 0, blanks)
	wrong := open&^(values|keys) | (opening|plainStart)&^values | colons&^(colonPlaces&direct) | commas&^commaPlaces | closing&^(commaPlaces|ends)
	return wrong == 0
}

// after returns the places that come after the bytes of x, and those of places, with blanks passed over.
func (e *expected) after(x, places, blanks uint64) uint64 {
	places |= x<<1 | e.first
	e.first = x >> 63
	if blanks|e.gap == 0 {
		return places
	}
	run, gap := bits.Add64(places&blanks, blanks, e.gap)
	e.gap = gap
	return places&^blanks | run&^blanks
}

// prefixXor sets each bit to the parity of the bits up to it.
func prefixXor(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	return x ^ x<<32
}

// escapes returns the bytes that a backslash escapes: those after an odd number of them.
func (st *jsonState) escapes(backslashes uint64) uint64 {
	const even = 0x5555555555555555
	backslashes &^= st.escaped
	follows := backslashes<<1 | st.escaped
	oddStarts := backslashes &^ even &^ follows
	sequences, carry := bits.Add64(oddStarts, backslashes, 0)
	st.escaped = carry
	return (even ^ sequences<<1) & follows
}

// checkEscapes looks at what follows backslashes. Half a character is left to the record form, which counts it.
func (s *jsonBlocks) checkEscapes(base int, escaped uint64) bool {
	for ; escaped != 0; escaped &= escaped - 1 {
		p := base + bits.TrailingZeros64(escaped)
		if p < s.state.skip {
			continue
		}
		if s.b[p] != 'u' {
			if _, ok := unescaped(s.b[p]); !ok {
				return false
			}
			continue
		}
		r, ok := hex4(s.b[p-1:])
		if !ok {
			return false
		}
		if utf16.IsSurrogate(r) {
			low, ok := hex4(s.b[p+5:])
			if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
				return false
			}
			s.state.skip = p + 7
		}
	}
	return true
}

// words checks that the letters outside of strings are those of true, false and null.
func (s *jsonBlocks) words(base int, letters, starts uint64) bool {
	covered, next := s.state.covered, uint64(0)
	for t := letters & starts; t != 0; t &= t - 1 {
		bit := bits.TrailingZeros64(t)
		rest := s.b[base+bit:]
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
		if c := rest[n]; c != ',' && c != '}' && c != ']' && c != ' ' && c >= ' ' {
			return false
		}
		word := uint64(1)<<n - 1
		covered |= word << bit
		next |= word >> (64 - bit)
	}
	s.state.covered = next
	return letters&^covered == 0
}

// structure goes over the brackets of a block, which it holds to match, and over the keys of wanted objects. It returns
// the bytes whose innermost open bracket is {, those that open brackets, and those that are {.
func (s *jsonBlocks) structure(base int, brackets, colons, quotes, text uint64) (object, opening, curly uint64, ok bool) {
	st := &s.state
	object = st.object
	for ; brackets != 0; brackets &= brackets - 1 {
		bit := brackets & -brackets
		before := bit - 1
		if st.want != nil && !s.keys(base, colons&before, quotes) {
			return 0, 0, 0, false
		}
		colons &^= before
		p := base + bits.TrailingZeros64(bit)
		switch c := s.b[p]; c {
		case '{', '[':
			if st.depth == maxBlockDepth || st.depth == 0 && (c == '[' || st.begun || text&before != 0) {
				return 0, 0, 0, false
			}
			s.outer[st.depth] = st.want
			st.want = nil
			st.kinds <<= 1
			opening |= bit
			if c == '{' {
				st.kinds |= 1
				curly |= bit
				if st.depth == 0 {
					st.want = s.root
				} else if p == st.pending {
					st.want = st.next
				}
			}
			st.depth++
		default:
			if st.depth == 0 || (st.kinds&1 == 1) != (c == '}') {
				return 0, 0, 0, false
			}
			st.kinds >>= 1
			st.depth--
			st.want = s.outer[st.depth]
			if st.depth == 0 {
				if st.closed = true; text&^(before|bit) != 0 {
					return 0, 0, 0, false
				}
			}
		}
		st.object = -(st.kinds & 1)
		object = object&(before|bit) | st.object&^(before|bit)
	}
	if st.want != nil && !s.keys(base, colons, quotes) {
		return 0, 0, 0, false
	}
	return object, opening, curly, true
}

// keys looks for wanted keys before colons of the innermost open object.
func (s *jsonBlocks) keys(base int, colons, quotes uint64) bool {
	st := &s.state
	if colons == 0 {
		return true
	}
	if lengths := st.want.lengths; len(lengths) > 0 {
		begins := uint64(0)
		for _, n := range lengths {
			begins |= quotes<<n | st.quotes>>(64-n)
		}
		colons &= begins
	}
	for ; colons != 0; colons &= colons - 1 {
		colon := base + bits.TrailingZeros64(colons)
		f, ok := st.want.find(s.b[:colon])
		if !ok {
			return false
		}
		if f == nil {
			continue
		}
		if s.at[f.index] >= 0 {
			return false // twice
		}
		p := colon + 1
		for p < len(s.b) && s.b[p] == ' ' {
			p++
		}
		s.at[f.index] = int32(p)
		if f.object != nil {
			st.pending, st.next = p, f.object
		}
	}
	return true
}

package textscan

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
)

// Kind is what a token of JSON is. A bracket or mark has three bits of its byte, so that kinds cost no comparisons.
type Kind = byte

// The kinds of tokens.
const (
	Scalar      Kind = iota // a number or word; it may be neither
	Text                    // a string
	Comma                   // ,
	Colon                   // :
	CloseArray              // ]
	OpenArray               // [
	CloseObject             // }
	OpenObject              // {
)

// JSON finds the tokens of a run of JSON records: brackets, commas, colons, and where strings, numbers and words begin. It
// judges no grammar. Where a byte decides, the caller looks at it: those places are its events.
//
// Within a string only its end counts, and the end of the record, at which all begins anew.
type JSON struct {
	// Events are the places, in ascending order, of: ends of records; colons that do not directly follow a string, or
	// follow one whose opening quote is as far before as a key of interest has it; closing quotes of strings with a backslash, if a
	// colon follows or it is the last byte of a block; the first of bytes outside of strings that are neither marks nor of a number,
	// but for true, false and null where they may be; bytes after a backslash that are not one of "\/bfnrt; and other bytes
	// below the blank, but for tabs and carriage returns outside of strings.
	Events []uint32
	words  []uint32 // the first of bytes that are neither marks nor of a number
	beside [256]uint8
	blocks []jsonBlock
	kinds  []Kind // of the tokens
	state  jsonState
	tail   [BlockSize]byte // the last bytes and blanks
	kernel kernel
}

// jsonBlock tells of 64 bytes.
type jsonBlock struct {
	tokens uint64 // bit i: a token begins at byte i
	before uint64 // how many tokens begin before these bytes
}

// jsonState is what is known of the bytes so far. Words named for one bit tell of the last byte.
type jsonState struct {
	classes   *[128]uint8
	planes    *[blocksAtOnce * planesSize]byte // for kernels to use
	pos       uint64
	tokens    uint64
	inString  uint64 // all ones: within a string
	escaped   uint64 // one bit: a backslash that counts
	escapes   uint64 // one bit: within a string that has a backslash
	plain     uint64 // one bit: of a number or word
	letter    uint64 // one bit: of a word
	quotes    uint64 // which of the last 64 bytes are quotes that count, the last one highest
	all       uint64 // all ones: every colon is an event
	distances uint64 // how many are in distance
	distance  [maxKeyDistances]uint64
	end       uint64
	cr        uint64 // all ones: there was a carriage return
}

// planesSize is how many bytes a kernel may need to keep what classes tells of 64 bytes: eight words, of which bit k of word n is bit n of
// byte k, and the kinds of tokens, were they to begin at each.
const planesSize = 2 * BlockSize

const maxKeyDistances = 6

// NewJSON returns a finder of tokens in records that end with end, a byte below the blank that is neither a tab nor a carriage
// return. The keys of interest have their opening quote one of distances before the colon; if there are many, or none, or one
// is above 63, every key is of interest.
func NewJSON(end byte, distances []int) *JSON {
	j := &JSON{state: jsonState{classes: jsonClasses(end), planes: new([blocksAtOnce * planesSize]byte), end: uint64(end)}, beside: besideWords(), kernel: chosen}
	if len(distances) == 0 || len(distances) > maxKeyDistances {
		j.state.all = ^uint64(0)
		return j
	}
	for i, d := range distances {
		if d > 63 {
			j.state.all = ^uint64(0)
		}
		j.state.distance[i] = uint64(d) & 63
	}
	j.state.distances = uint64(len(distances))
	return j
}

// Scan finds the tokens and events of b, which holds whole records with their ends and is shorter than 4 GiB. Events and what the
// methods tell are good until the next call.
func (j *JSON) Scan(b []byte) {
	s := &j.state
	*s = jsonState{classes: s.classes, planes: s.planes, all: s.all, distances: s.distances, distance: s.distance, end: s.end}
	whole := len(b) / BlockSize
	n := (len(b) + BlockSize - 1) / BlockSize
	j.blocks = room(j.blocks[:0], n)[:n]
	j.Events, j.words, j.kinds = j.Events[:0], j.words[:0], j.kinds[:0]
	j.scan(b, 0, whole)
	if whole < n {
		for i := copy(j.tail[:], b[whole*BlockSize:]); i < BlockSize; i++ {
			j.tail[i] = ' '
		}
		j.scan(j.tail[:], whole, n)
	}
	j.checkWords(b)
}

// scan looks at blocks first to last, of which b begins with the first.
func (j *JSON) scan(b []byte, first, last int) {
	for first < last {
		n := min(last-first, blocksAtOnce)
		most := n*BlockSize + slack
		j.Events, j.words, j.kinds = room(j.Events, most), room(j.words, most), room(j.kinds, most+BlockSize)
		events, words, kinds := len(j.Events), len(j.words), len(j.kinds)
		k, w := j.kernel.json(&j.state, b, j.blocks[first:first+n], j.Events[events:cap(j.Events)], j.words[words:cap(j.words)], j.kinds[kinds:cap(j.kinds)])
		j.Events, j.words, j.kinds = j.Events[:events+k], j.words[:words+w], j.kinds[:j.state.tokens]
		b, first = b[n*BlockSize:], first+n
	}
}

// blocksAtOnce is of how many blocks all bytes may be events, which few ever are.
const blocksAtOnce = 112

// The words of JSON, as their bytes lie in a number; of false all but the last.
const (
	jsonFals = 'f' | 'a'<<8 | 'l'<<16 | 's'<<24
	jsonNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	jsonTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
)

// What besideWords tells of a byte.
const (
	notBeforeWord = 1 << iota
	notAfterWord
)

func besideWords() (table [256]uint8) {
	for i := range table {
		switch c := byte(i); c {
		case ' ', ',':
		case ':', '[':
			table[i] = notAfterWord
		case ']', '}':
			table[i] = notBeforeWord
		default:
			if table[i] = notBeforeWord; c > ' ' {
				table[i] |= notAfterWord
			}
		}
	}
	return table
}

// checkWords adds what begins like a word and is none to the events.
func (j *JSON) checkWords(b []byte) {
	known := len(j.Events)
	for _, p := range j.words {
		// The word and the bytes before and after it are within eight.
		var text uint64
		if from := int(p) - 1; uint(from) < uint(max(0, len(b)-7)) {
			text = binary.LittleEndian.Uint64(b[from:])
		} else {
			text = shortText(b, from)
		}
		if !j.isWord(text) {
			j.Events = append(j.Events, p)
		}
	}
	if len(j.Events) > known {
		slices.Sort(j.Events)
	}
}

// shortText returns the bytes of b from from on, which may be before its beginning, and zeros after its end.
func shortText(b []byte, from int) uint64 {
	var text [8]byte
	if from >= 0 {
		copy(text[:], b[from:])
	}
	return binary.LittleEndian.Uint64(text[:])
}

// isWord reports whether the bytes after the first of text are a word, and those beside it may be there. Records of a log have the
// same words in the same places, so that its branches are guessed right.
func (j *JSON) isWord(text uint64) bool {
	after := byte(text >> 40)
	switch uint32(text >> 8) {
	case jsonNull, jsonTrue:
	case jsonFals:
		if after != 'e' {
			return false
		}
		after = byte(text >> 48)
	default:
		return false
	}
	return j.beside[byte(text)]&notBeforeWord|j.beside[after]&notAfterWord == 0
}

// CR reports whether a carriage return is among the bytes.
func (j *JSON) CR() bool { return j.state.cr != 0 }

// Tokens returns how many tokens begin before byte p.
func (j *JSON) Tokens(p int) int {
	block := &j.blocks[p/BlockSize]
	return int(block.before) + bits.OnesCount64(block.tokens&(1<<(p%BlockSize)-1))
}

// Kinds returns the kinds of tokens from to to.
func (j *JSON) Kinds(from, to int) []Kind { return j.kinds[from:to] }

// What classes tells of a byte. All above 127 are like 127. The lowest three bits of where a token begins are its kind.
const (
	jsonBit1      = 1 << iota // bit 1 of a mark; or a quote
	jsonBit5                  // bit 5 of a mark; or below the blank
	jsonBit6                  // bit 6 of a mark
	jsonMark                  // a bracket, comma or colon
	jsonNumber                // what a number may have
	jsonBetween               // a mark or blank
	jsonEnd                   // of a record
	jsonBackslash             // a backslash
)

// jsonClasses returns the table of the bytes of JSON.
func jsonClasses(end byte) *[128]uint8 {
	table := new([128]uint8)
	for c := range byte(' ') {
		table[c] = jsonBit5
	}
	for _, class := range []struct {
		is   uint8
		list string
	}{{jsonBit1, "{[:\""}, {jsonBit5, "{},:"}, {jsonBit6, "{}[]"}, {jsonMark | jsonBetween, "{}[],:"}, {jsonNumber, "0123456789+-.eE"},
		{jsonBetween, " "}, {jsonEnd, string(end)}, {jsonBackslash, "\\"}} {
		for _, c := range []byte(class.list) {
			table[c] |= class.is
		}
	}
	return table
}

// jsonPortable takes a byte at a time.
func jsonPortable(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds []Kind) (n, w int) {
	for i := range blocks {
		blocks[i] = jsonBlock{before: s.tokens}
		block := b[i*BlockSize:][:BlockSize]
		for bit, c := range block {
			colonMayFollow := bit == BlockSize-1 || block[bit+1] == ':'
			kind, is := s.next(c, s.classes[min(c, 127)], colonMayFollow)
			if is&isToken != 0 {
				blocks[i].tokens |= 1 << bit
				kinds[0], kinds = kind, kinds[1:]
				s.tokens++
			}
			if is&isEvent != 0 {
				events[n] = uint32(s.pos)
				n++
			}
			if is&isWordStart != 0 {
				words[w] = uint32(s.pos)
				w++
			}
			s.pos++
		}
	}
	return n, w
}

// What next finds at a byte.
const (
	isToken = 1 << iota // one begins
	isEvent
	isWordStart
)

// next tells what is at byte c, and of what kind the token is that begins there.
func (s *jsonState) next(c byte, class uint8, colonMayFollow bool) (kind Kind, is uint8) {
	isEnd, control := uint64(c) == s.end, c < ' '
	if s.escaped == 1 && strings.IndexByte(`"\/bfnrt`, c) < 0 {
		is = isEvent
	}
	quote := c == '"' && s.escaped == 0
	if c != '\\' {
		s.escaped = 0
	} else {
		s.escaped ^= 1
	}
	quotes := s.quotes
	if s.quotes >>= 1; quote {
		s.quotes |= 1 << 63
	}
	if isEnd {
		s.inString = 0
	}
	if c == '\r' {
		s.cr = ^uint64(0)
	}
	plain, letter := s.plain, s.letter
	s.plain, s.letter = 0, 0
	switch {
	case quote && s.inString == 0:
		s.inString, s.escapes = ^uint64(0), 0
		return Text, is | isToken
	case quote:
		if s.escapes == 1 && colonMayFollow {
			is |= isEvent
		}
		s.inString, s.escapes = 0, 0
	case s.inString != 0:
		if c == '\\' {
			s.escapes = 1
		}
		if control {
			is |= isEvent
		}
	case control:
		if c != '\t' && c != '\r' {
			is |= isEvent
		}
		s.escapes = 0
	case class&jsonMark != 0:
		if c == ':' && s.wantsColon(quotes) {
			is |= isEvent
		}
		return class & 7, is | isToken
	case c != ' ':
		if s.plain = 1; plain == 0 {
			is |= isToken
		}
		if class&jsonNumber == 0 {
			if s.letter = 1; letter == 0 {
				is |= isWordStart
			}
		}
	}
	return Scalar, is
}

// wantsColon reports whether a colon after these quotes is an event.
func (s *jsonState) wantsColon(quotes uint64) bool {
	if s.all != 0 || quotes>>63 == 0 {
		return true
	}
	for _, d := range s.distance[:s.distances] {
		if quotes>>(64-d)&1 == 1 {
			return true
		}
	}
	return false
}

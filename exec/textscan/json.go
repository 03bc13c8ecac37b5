package textscan

import "math/bits"

// Kind is what a token of JSON is. A bracket or mark has three bits of its byte, so that kinds cost no comparisons.
type Kind uint8

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
	// follow one whose opening quote is as far before as a key of interest has it; closing quotes of strings with a backslash; the
	// first of letters that are no digit and no other byte of a number, outside of strings, and of all bytes that JSON has not; bytes
	// after a backslash that are not one of "\/bfnrt; and other bytes below the blank, but for tabs and carriage returns
	// outside of strings.
	Events []uint32
	blocks []jsonBlock
	kinds  [][3]uint64 // bits of the tokens' kinds, 64 tokens each, the lowest bit first
	state  jsonState
}

// jsonBlock tells of 64 bytes.
type jsonBlock struct {
	tokens uint64 // bit i: a token begins at byte i
	before uint64 // how many tokens begin before these bytes
}

// jsonState is what is known of the bytes so far. Words named for one bit tell of the last byte.
type jsonState struct {
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
}

const maxKeyDistances = 6

// NewJSON returns a finder of tokens in records that end with end, a byte below the blank that is neither a tab nor a carriage
// return. The keys of interest have their opening quote one of distances before the colon; if there are many, or none, or one
// is above 63, every key is of interest.
func NewJSON(end byte, distances []int) *JSON {
	j := &JSON{state: jsonState{end: uint64(end)}}
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
	*s = jsonState{all: s.all, distances: s.distances, distance: s.distance, end: s.end}
	whole := len(b) / BlockSize
	n := (len(b) + BlockSize - 1) / BlockSize
	j.blocks = room(j.blocks[:0], n)[:n]
	j.kinds = room(j.kinds[:0], n+2)[:n+2]
	j.kinds[0] = [3]uint64{}
	j.Events = j.Events[:0]
	j.scan(b, 0, whole)
	if whole < n {
		var tail [BlockSize]byte
		for i := copy(tail[:], b[whole*BlockSize:]); i < BlockSize; i++ {
			tail[i] = ' '
		}
		j.scan(tail[:], whole, n)
	}
}

// scan looks at blocks first to last, of which b begins with the first.
func (j *JSON) scan(b []byte, first, last int) {
	for first < last {
		j.Events = room(j.Events, max(BlockSize+slack, (last-first)*4))
		had := len(j.Events)
		n, left := scanJSON(&j.state, b, j.blocks[first:last], j.Events[had:cap(j.Events)], j.kinds)
		j.Events = j.Events[:had+n]
		done := last - first - left
		b, first = b[done*BlockSize:], first+done
	}
}

// Tokens returns how many tokens begin before byte p.
func (j *JSON) Tokens(p int) int {
	block := &j.blocks[p/BlockSize]
	return int(block.before) + bits.OnesCount64(block.tokens&(1<<(p%BlockSize)-1))
}

// Kinds appends the kinds of tokens from to to: of 64 tokens each the three bits, lowest first, in three words. Bits past the last
// token are zero.
func (j *JSON) Kinds(dst [][3]uint64, from, to int) [][3]uint64 {
	shift := uint(from % 64)
	for i := from / 64; from < to; i, from = i+1, from+64 {
		mask := ^uint64(0)
		if to-from < 64 {
			mask = 1<<(to-from) - 1
		}
		k, next := &j.kinds[i], &j.kinds[i+1]
		dst = append(dst, [3]uint64{
			(k[0]>>shift | next[0]<<1<<(63-shift)) & mask,
			(k[1]>>shift | next[1]<<1<<(63-shift)) & mask,
			(k[2]>>shift | next[2]<<1<<(63-shift)) & mask,
		})
	}
	return dst
}

// KindAt returns the kind of token t of what Kinds appended.
func KindAt(kinds [][3]uint64, t int) Kind {
	k, bit := &kinds[t/64], uint(t%64)
	return Kind(k[0]>>bit&1 | k[1]>>bit&1<<1 | k[2]>>bit&1<<2)
}

// Bytes of JSON by what they are outside of strings.
const (
	jsonMark   = 1 << iota // a bracket, comma or colon
	jsonNumber             // what a number may have
	jsonEscape             // what may follow a backslash, but for the u
)

// jsonBytes returns the table of the bytes of JSON.
func jsonBytes() (table [256]uint8) {
	for class, list := range map[uint8]string{jsonMark: "{}[],:", jsonNumber: "0123456789+-.eE", jsonEscape: `"\/bfnrt`} {
		for _, c := range []byte(list) {
			table[c] |= class
		}
	}
	return table
}

// scanJSONPortable is scanJSON a byte at a time.
func scanJSONPortable(s *jsonState, b []byte, blocks []jsonBlock, events []uint32, kinds [][3]uint64) (n, left int) {
	table := jsonBytes()
	for i := range blocks {
		if len(events)-n < BlockSize+slack {
			return n, len(blocks) - i
		}
		blocks[i] = jsonBlock{before: s.tokens}
		for bit, c := range b[i*BlockSize:][:BlockSize] {
			kind, token, event := s.next(c, table[c])
			if token {
				blocks[i].tokens |= 1 << bit
				word := &kinds[s.tokens/64]
				if s.tokens%64 == 0 {
					*word = [3]uint64{}
				}
				for k := range word {
					word[k] |= uint64(kind) >> k & 1 << (s.tokens % 64)
				}
				s.tokens++
			}
			if event {
				events[n] = uint32(s.pos)
				n++
			}
			s.pos++
		}
	}
	return n, 0
}

// next tells of byte c whether a token of what kind begins there, and whether it is an event.
func (s *jsonState) next(c byte, class uint8) (kind Kind, token, event bool) {
	isEnd, control := uint64(c) == s.end, c < ' '
	event = s.escaped == 1 && class&jsonEscape == 0
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
	plain, letter := s.plain, s.letter
	s.plain, s.letter = 0, 0
	switch {
	case quote && s.inString == 0:
		s.inString, s.escapes = ^uint64(0), 0
		return Text, true, event
	case quote:
		event = event || s.escapes == 1
		s.inString, s.escapes = 0, 0
	case s.inString != 0:
		if c == '\\' {
			s.escapes = 1
		}
		event = event || control
	case control:
		event = event || (c != '\t' && c != '\r')
		s.escapes = 0
	case class&jsonMark != 0:
		if c == ':' {
			event = event || s.all != 0 || quotes>>63 == 0
			for _, d := range s.distance[:s.distances] {
				event = event || quotes>>(64-d)&1 == 1
			}
		}
		return Kind(c>>1&1 | c>>5&1<<1 | c>>6&1<<2), true, event
	case c != ' ':
		s.plain = 1
		if class&jsonNumber == 0 {
			s.letter = 1
			event = event || letter == 0
		}
		return Scalar, plain == 0, event
	}
	return 0, false, event
}

package serde

import (
	"slices"

	"github.com/winnowdb/winnow/exec/textscan"
)

// jsonOutline is what a record has besides the text of its tokens. Records of a log have few outlines, so that each is judged
// once.
type jsonOutline struct {
	kinds [][3]uint64 // as of textscan.JSON
	n     int         // tokens
	good  bool        // an object and nothing else, well-formed, and not nested too deep
	in    []int32     // per token: which one opened the innermost array or object around it, -1 if none did
	keys  []metKey    // of the last record, if they were not looked for by their bytes
}

// Sizes of jsonOutlines: a power of two of outlines, of records up to so many tokens.
const (
	maxOutlines      = 64
	maxOutlineTokens = 4096
)

// jsonOutlines remembers outlines by a hash of theirs; a new one takes the place of the one that was there.
type jsonOutlines struct {
	known [maxOutlines]jsonOutline
	last  [maxOutlines]*jsonOutline // by number of tokens: the one that was met last
	long  jsonOutline               // of a record with more tokens, forgotten at once
	kinds [][3]uint64
}

// of returns the outline of the tokens from to to.
func (s *jsonOutlines) of(tokens *textscan.JSON, from, to int) *jsonOutline {
	n := to - from
	if n > maxOutlineTokens {
		s.long = jsonOutline{kinds: tokens.Kinds(nil, from, to), n: n}
		s.long.judge()
		return &s.long
	}
	last := &s.last[n%maxOutlines]
	if o := *last; o != nil && o.n == n && tokens.KindsAre(o.kinds, from, n) {
		return o
	}
	s.kinds = tokens.Kinds(s.kinds[:0], from, to)
	const odd = 0x9e3779b97f4a7c15
	hash := uint64(n)
	for i := range s.kinds {
		k := &s.kinds[i]
		hash = (hash ^ k[0] ^ k[1]*3 ^ k[2]*5) * odd
		hash ^= hash >> 32
	}
	o := &s.known[hash*odd>>32%maxOutlines]
	if o.n != n || !slices.Equal(o.kinds, s.kinds) {
		o.kinds, o.n = append(o.kinds[:0], s.kinds...), n
		o.judge()
	}
	*last = o
	return o
}

// What may come next in a record.
type jsonState uint8

const (
	wantsValue jsonState = iota
	wantsValueOrEnd
	wantsKey
	wantsKeyOrEnd
	wantsColon
	wantsComma // or the end of the array or object
)

// judge sets good and in.
func (o *jsonOutline) judge() {
	o.in = grow(o.in[:0], o.n)[:o.n]
	o.good, o.keys = false, o.keys[:0]
	state, open, depth := wantsValue, int32(-1), 0
	for t := range o.n {
		o.in[t] = open
		switch k := textscan.KindAt(o.kinds, t); k {
		case textscan.OpenObject, textscan.OpenArray:
			if state > wantsValueOrEnd || (t == 0) != (depth == 0) || t == 0 && k == textscan.OpenArray || depth == maxJSONDepth {
				return
			}
			open = int32(t)
			depth++
			if state = wantsValueOrEnd; k == textscan.OpenObject {
				state = wantsKeyOrEnd
			}
		case textscan.CloseObject, textscan.CloseArray:
			if depth == 0 || textscan.KindAt(o.kinds, int(open)) != k+1 {
				return
			}
			if state != wantsComma && state != wantsKeyOrEnd && state != wantsValueOrEnd {
				return
			}
			open = o.in[open]
			depth--
			state = wantsComma
		case textscan.Comma:
			if state != wantsComma || depth == 0 {
				return
			}
			if state = wantsValue; textscan.KindAt(o.kinds, int(open)) == textscan.OpenObject {
				state = wantsKey
			}
		case textscan.Colon:
			if state != wantsColon {
				return
			}
			state = wantsValue
		default:
			switch {
			case depth == 0 || state >= wantsColon:
				return
			case state <= wantsValueOrEnd:
				state = wantsComma
			case k == textscan.Text:
				state = wantsColon
			default:
				return
			}
		}
	}
	o.good = depth == 0 && o.n > 0
}

package serde

import (
	"bytes"
	"hash/maphash"

	"github.com/winnowdb/winnow/exec/textscan"
)

// jsonOutline is what a record has besides the text of its tokens. Records of a log have few outlines, so that each is judged
// once.
type jsonOutline struct {
	kinds []textscan.Kind // of its tokens
	good  bool            // an object and nothing else, well-formed, and not nested too deep
	in    []int32         // per token: which one opened the innermost array or object around it, -1 if none did
	keys  []metKey        // of the last record, if they were not looked for by their bytes
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
	seed  maphash.Seed
}

// of returns the outline of the tokens from to to.
func (s *jsonOutlines) of(tokens *textscan.JSON, from, to int) *jsonOutline {
	kinds := tokens.Kinds(from, to)
	if len(kinds) > maxOutlineTokens {
		s.long = jsonOutline{kinds: kinds}
		s.long.judge()
		return &s.long
	}
	last := &s.last[len(kinds)%maxOutlines]
	if o := *last; o != nil && bytes.Equal(o.kinds, kinds) {
		return o
	}
	o := &s.known[maphash.Bytes(s.seed, kinds)%maxOutlines]
	if !bytes.Equal(o.kinds, kinds) {
		o.kinds = append(o.kinds[:0], kinds...)
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
	o.in = grow(o.in[:0], len(o.kinds))[:len(o.kinds)]
	o.good, o.keys = false, o.keys[:0]
	state, open, depth := wantsValue, int32(-1), 0
	for t, k := range o.kinds {
		o.in[t] = open
		switch k {
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
			if depth == 0 || o.kinds[open] != k+1 {
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
			if state = wantsValue; o.kinds[open] == textscan.OpenObject {
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
	o.good = depth == 0 && len(o.kinds) > 0
}

package op

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/vec"
)

// shortKeys remembers the groups of keys of one or two short texts or whole numbers, such as flags and codes, which are mostly few: a
// row with such a key costs two words, and its bytes are not hashed. A place is that of the last key that belongs there.
type shortKeys struct {
	keys    [shortPlaces][2]uint64
	numbers [shortPlaces]uint32
	words   [][2]uint64
	missed  []int32
}

const (
	shortPlaces = 1 << shortBits
	shortBits   = 10
	shortGroups = shortPlaces / 4 // with more groups, remembering them costs more than it saves
	shortText   = 7
	fewRows     = 64 // are looked for at first
)

// wordsOf sets words to the keys of the n rows of cols, and is false if these are not of its kind.
func (s *shortKeys) wordsOf(cols []arrow.Array, n int) bool {
	if len(cols) > 2 {
		return false
	}
	s.words = vec.Sized(s.words, n)
	for c, col := range cols {
		ok := false
		switch a := col.(type) {
		case *array.String:
			ok = s.addTexts(c, a)
		case *array.Int8:
			ok = addNumbers(s, c, a, a.Int8Values())
		case *array.Int16:
			ok = addNumbers(s, c, a, a.Int16Values())
		case *array.Int32:
			ok = addNumbers(s, c, a, a.Int32Values())
		case *array.Date32:
			ok = addNumbers(s, c, a, a.Date32Values())
		case *array.Int64:
			ok = addNumbers(s, c, a, a.Int64Values())
		}
		if !ok {
			return false
		}
	}
	return true
}

// addNumbers is addTexts for numbers, whose words are their lower seven bytes and a one above them.
func addNumbers[T ~int8 | ~int16 | ~int32 | ~int64](s *shortKeys, c int, col arrow.Array, values []T) bool {
	nulls, above := col.NullN() > 0, int64(0)
	for i, v := range values {
		above |= (int64(v) + 1<<55) >> 56 // not zero: v does not fit
		word := uint64(v)&(1<<56-1) | 1<<56
		if nulls && col.IsNull(i) {
			word = nullWord
		}
		s.set(i, c, word)
	}
	return above == 0
}

// nullWord is that of NULL. Zero is none, as a place has that holds no key.
const nullWord = 1 << 63

// set sets word c of row i, and those behind it to zero.
func (s *shortKeys) set(i, c int, word uint64) {
	if c == 0 {
		s.words[i] = [2]uint64{word}
	} else {
		s.words[i][1] = word
	}
}

// addTexts sets the words of all rows from c on: that of a text is its bytes, and above them one more than their number. It is false if
// a text has more.
func (s *shortKeys) addTexts(c int, col *array.String) bool {
	offsets, data := col.ValueOffsets(), col.ValueBytes()
	n, nulls := col.Len(), col.NullN() > 0
	if len(data) > shortText*n {
		return false
	}
	for i := range n {
		from, size := int(offsets[i]-offsets[0]), int(offsets[i+1]-offsets[i])
		if size > shortText {
			return false
		}
		word := uint64(size+1) << 56
		if from+8 <= len(data) {
			word |= binary.LittleEndian.Uint64(data[from:]) & (1<<(8*size) - 1)
		} else {
			for k, b := range data[from : from+size] {
				word |= uint64(b) << (8 * k)
			}
		}
		if nulls && col.IsNull(i) {
			word = nullWord
		}
		s.set(i, c, word)
	}
	return true
}

func shortPlace(w [2]uint64) uint64 {
	return (w[0]*0x9e3779b97f4a7c15 ^ w[1]*0xc2b2ae3d27d4eb4f) >> (64 - shortBits)
}

// find sets ids to the groups of the rows from from to to whose keys are remembered, and returns the others.
func (s *shortKeys) find(ids []uint32, from, to int) (missed []int32) {
	s.missed = vec.Sized(s.missed, to-from+1)
	n := 0
	for i := from; i < to; i++ {
		w := s.words[i]
		at := shortPlace(w)
		ids[i] = s.numbers[at]
		s.missed[n] = int32(i)
		if s.keys[at] != w {
			n++
		}
	}
	return s.missed[:n]
}

// forget takes out what is remembered.
func (s *shortKeys) forget() { clear(s.keys[:]) }

// keep remembers the group of row i.
func (s *shortKeys) keep(i int32, number uint32) {
	at := shortPlace(s.words[i])
	s.keys[at], s.numbers[at] = s.words[i], number
}

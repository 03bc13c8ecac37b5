package serde

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/winnowdb/winnow/exec/datatype"
)

// KeySet is the values of a column that a join wants, for rows with others to be left out as they are read. It holds
// all values that it was made of, and of whole numbers that lie close together no others; else it may hold a few more. It is
// not changed once made, so that tasks may share it.
type KeySet struct {
	typ    arrow.DataType
	lo     int64  // of whole numbers: the least of them
	width  uint64 // and the largest less lo
	exact  bool   // words is a bit for each number from lo on
	words  []uint64
	shift  uint // of a hash, to get the word that its bits are in
	isText bool
}

// A set that is not exact spends about 16 to 32 bits on a value, four of them set in one word: one value of 100 or
// fewer is held wrongly. An exact one may spend as many.
const (
	valuesPerWord = 4
	leastWordBits = 9 // a small set errs almost never
	mostKeys      = 1 << 22
)

// NewKeySet returns the set of the values of a but NULL; nil if there are too many of them to be worth it or if their type is none
// of whole numbers, date and string.
func NewKeySet(a arrow.Array) *KeySet {
	s := &KeySet{typ: a.DataType()}
	n := a.Len() - a.NullN()
	if n > mostKeys {
		return nil
	}
	if text, ok := a.(*array.String); ok && datatype.Equal(s.typ, datatype.String) {
		s.isText = true
		s.hashed(n)
		for i := range text.Len() {
			if text.IsValid(i) {
				s.add(xxh3.HashString(text.Value(i)))
			}
		}
		return s
	}
	switch a := a.(type) {
	case *array.Int8:
		addNumbers(s, a, a.Int8Values(), n)
	case *array.Int16:
		addNumbers(s, a, a.Int16Values(), n)
	case *array.Int32:
		addNumbers(s, a, a.Int32Values(), n)
	case *array.Date32:
		addNumbers(s, a, a.Date32Values(), n)
	case *array.Int64:
		addNumbers(s, a, a.Int64Values(), n)
	default:
		return nil
	}
	return s
}

// addNumbers makes s the set of the n values of a that are not NULL; v are all of them.
func addNumbers[T ~int8 | ~int16 | ~int32 | ~int64](s *KeySet, a arrow.Array, v []T, n int) {
	s.words, s.exact = []uint64{0}, true
	if n == 0 {
		return // lo alone is in the range, and its bit is not set
	}
	nulls := a.NullN() > 0
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for i, x := range v {
		if !nulls || a.IsValid(i) {
			lo, hi = min(lo, int64(x)), max(hi, int64(x))
		}
	}
	s.lo, s.width = lo, uint64(hi)-uint64(lo)
	if s.exact = s.width/64 < uint64(max(n/2, 64)); s.exact {
		s.words = make([]uint64, s.width/64+1)
	} else {
		s.hashed(n)
	}
	for i, x := range v {
		if nulls && a.IsNull(i) {
			continue
		}
		if k := uint64(x) - uint64(lo); s.exact {
			s.words[k/64] |= 1 << (k % 64)
		} else {
			s.add(numberHash(uint64(x)))
		}
	}
}

// hashed makes room for n hashes.
func (s *KeySet) hashed(n int) {
	wordBits := max(leastWordBits, uint(bits.Len(uint(n/valuesPerWord))))
	s.words, s.shift = make([]uint64, 1<<wordBits), 64-wordBits
}

func (s *KeySet) add(h uint64) { s.words[h>>s.shift] |= bitsOf(h) }

// bitsOf are four bits of a word, by the lower part of a hash. Words are named by its upper part.
func bitsOf(h uint64) uint64 {
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
}

// numberHash mixes all of k into both ends of the hash.
func numberHash(k uint64) uint64 {
	hi, lo := bits.Mul64(k^0xa0761d6478bd642f, 0xe7037ed1a0b428db)
	return (hi ^ lo) * 0x9e3779b97f4a7c15
}

// Size is how many bytes the set takes.
func (s *KeySet) Size() int64 { return 8 * int64(len(s.words)) }

// number reports whether the set may hold k.
func (s *KeySet) number(k int64) bool {
	at := uint64(k) - uint64(s.lo)
	if at > s.width {
		return false
	}
	if s.exact {
		return s.words[at/64]>>(at%64)&1 != 0
	}
	h := numberHash(uint64(k))
	b := bitsOf(h)
	return s.words[h>>s.shift]&b == b
}

// text reports whether the set may hold v.
func (s *KeySet) text(v []byte) bool {
	h := xxh3.Hash(v)
	b := bitsOf(h)
	return s.words[h>>s.shift]&b == b
}

// keepAmong narrows sel to the places of numbers in v that the set may hold.
func keepAmong[T int8 | int16 | int32 | int64](s *KeySet, v []T, sel []uint32) []uint32 {
	n := 0
	if s.exact {
		for _, i := range sel {
			sel[n] = i
			at := uint64(v[i]) - uint64(s.lo)
			in := uint64(0)
			if at <= s.width {
				in = s.words[at/64] >> (at % 64) & 1
			}
			n += int(in)
		}
		return sel[:n]
	}
	for _, i := range sel {
		if s.number(int64(v[i])) {
			sel[n] = i
			n++
		}
	}
	return sel[:n]
}

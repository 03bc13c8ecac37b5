package op

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// nearKeys numbers whole numbers that lie close together by their distance from the least of them: no key has to be
// hashed, stored or compared. A number may be no key's.
type nearKeys struct {
	lo int64
	n  int // numbers
}

// A key may cost so many numbers; a few thousand are worth it for any keys.
const (
	numbersPerKey = 8
	freeNumbers   = 1 << 14
)

// newNearKeys returns the numbering of keys, nil if they are of another type or lie too far apart.
func newNearKeys(keys arrow.Array) *nearKeys {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	switch a := keys.(type) {
	case *array.Int8:
		lo, hi = limits(a, a.Int8Values())
	case *array.Int16:
		lo, hi = limits(a, a.Int16Values())
	case *array.Int32:
		lo, hi = limits(a, a.Int32Values())
	case *array.Date32:
		lo, hi = limits(a, a.Date32Values())
	case *array.Int64:
		lo, hi = limits(a, a.Int64Values())
	}
	width := uint64(hi) - uint64(lo)
	if lo > hi || width >= uint64(numbersPerKey*keys.Len()+freeNumbers) {
		return nil
	}
	return &nearKeys{lo, int(width) + 1}
}

// limits returns the least and the largest of the values that are not NULL; lo > hi if there is none.
func limits[T ~int8 | ~int16 | ~int32 | ~int64](a arrow.Array, v []T) (lo, hi int64) {
	lo, hi = math.MaxInt64, math.MinInt64
	nulls := a.NullN() > 0
	for i, x := range v {
		if !nulls || a.IsValid(i) {
			lo, hi = min(lo, int64(x)), max(hi, int64(x))
		}
	}
	return lo, hi
}

// find sets ids to the number of each value, -1 where it has none. What it gives for NULL means nothing.
func (k *nearKeys) find(keys arrow.Array, ids []int32) {
	switch a := keys.(type) {
	case *array.Int8:
		distances(k, a.Int8Values(), ids)
	case *array.Int16:
		distances(k, a.Int16Values(), ids)
	case *array.Int32:
		distances(k, a.Int32Values(), ids)
	case *array.Date32:
		distances(k, a.Date32Values(), ids)
	case *array.Int64:
		distances(k, a.Int64Values(), ids)
	}
}

func distances[T ~int8 | ~int16 | ~int32 | ~int64](k *nearKeys, v []T, ids []int32) {
	for i, x := range v {
		ids[i] = -1
		if d := uint64(x) - uint64(k.lo); d < uint64(k.n) {
			ids[i] = int32(d)
		}
	}
}

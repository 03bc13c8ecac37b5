package vec

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

func emptyOf(mem memory.Allocator, t arrow.DataType) arrow.Array { return datatype.Nulls(mem, t, 0) }

// IsNull reports whether value i of a is NULL. Unlike a.IsNull it knows that all values of type void are.
func IsNull(a arrow.Array, i int) bool { return a.IsNull(i) || a.DataType().ID() == arrow.NULL }

// Equal reports whether value i of a and value j of b, of one type, are the same as GROUP BY sees it:
// NULL equals NULL, NaN equals NaN, -0 equals 0.
func Equal(a arrow.Array, i int, b arrow.Array, j int) bool { return Compare(a, i, b, j) == 0 }

// Compare returns -1, 0 or 1 as value i of a is less than, equal to or greater than value j of b, which
// has the same type. NULL is smallest and equal to NULL; NaN is largest and equal to NaN; text is ordered
// by its bytes; arrays and structs by their first difference, element by element, then by length; maps by
// length, then as the arrays of their entries in the order of the keys.
// It is for a few values: columns are ordered by AppendSortKeys.
func Compare(a arrow.Array, i int, b arrow.Array, j int) int {
	if an, bn := IsNull(a, i), IsNull(b, j); an || bn {
		switch {
		case an && bn:
			return 0
		case an:
			return -1
		}
		return 1
	}
	switch a := a.(type) {
	case *array.Boolean:
		return cmp.Compare(bit(a.Value(i)), bit(b.(*array.Boolean).Value(j)))
	case *array.Int8:
		return cmp.Compare(a.Value(i), b.(*array.Int8).Value(j))
	case *array.Int16:
		return cmp.Compare(a.Value(i), b.(*array.Int16).Value(j))
	case *array.Int32:
		return cmp.Compare(a.Value(i), b.(*array.Int32).Value(j))
	case *array.Int64:
		return cmp.Compare(a.Value(i), b.(*array.Int64).Value(j))
	case *array.Float32:
		return compareFloat(float64(a.Value(i)), float64(b.(*array.Float32).Value(j)))
	case *array.Float64:
		return compareFloat(a.Value(i), b.(*array.Float64).Value(j))
	case *array.Date32:
		return cmp.Compare(a.Value(i), b.(*array.Date32).Value(j))
	case *array.MonthInterval:
		return cmp.Compare(a.Value(i), b.(*array.MonthInterval).Value(j))
	case *array.Decimal128:
		return compareNum(a.Value(i), b.(*array.Decimal128).Value(j))
	case *array.String:
		return cmp.Compare(a.Value(i), b.(*array.String).Value(j))
	case *array.Binary:
		return bytes.Compare(a.Value(i), b.(*array.Binary).Value(j))
	case *array.Struct:
		return compareStruct(a, i, b.(*array.Struct), j)
	case *array.Map:
		return compareMap(a, i, b.(*array.Map), j)
	case array.ListLike:
		return compareList(a, i, b.(array.ListLike), j)
	}
	return 0
}

func bit(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

func compareFloat(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	return cmp.Compare(bit(x != x), bit(y != y))
}

func compareNum(x, y decimal128.Num) int {
	if c := cmp.Compare(x.HighBits(), y.HighBits()); c != 0 {
		return c
	}
	return cmp.Compare(x.LowBits(), y.LowBits())
}

func compareStruct(a *array.Struct, i int, b *array.Struct, j int) int {
	for f := range a.NumField() {
		if c := Compare(a.Field(f), i, b.Field(f), j); c != 0 {
			return c
		}
	}
	return 0
}

func compareList(a array.ListLike, i int, b array.ListLike, j int) int {
	av, bv := a.ListValues(), b.ListValues()
	ai, ae := a.ValueOffsets(i)
	bi, be := b.ValueOffsets(j)
	for ; ai < ae && bi < be; ai, bi = ai+1, bi+1 {
		if c := Compare(av, int(ai), bv, int(bi)); c != 0 {
			return c
		}
	}
	return cmp.Compare(ae-ai, be-bi)
}

func compareMap(a *array.Map, i int, b *array.Map, j int) int {
	ae, be := sortedEntries(a, i), sortedEntries(b, j)
	if c := cmp.Compare(len(ae), len(be)); c != 0 {
		return c
	}
	for k := range ae {
		if c := Compare(a.Keys(), ae[k], b.Keys(), be[k]); c != 0 {
			return c
		}
		if c := Compare(a.Items(), ae[k], b.Items(), be[k]); c != 0 {
			return c
		}
	}
	return 0
}

// sortedEntries returns the places of the entries of map i in the order of their keys: the order in which
// a map was made says nothing about its value.
func sortedEntries(m *array.Map, i int) []int {
	from, to := m.ValueOffsets(i)
	entries := make([]int, 0, to-from)
	for j := from; j < to; j++ {
		entries = append(entries, int(j))
	}
	slices.SortStableFunc(entries, func(x, y int) int { return Compare(m.Keys(), x, m.Keys(), y) })
	return entries
}

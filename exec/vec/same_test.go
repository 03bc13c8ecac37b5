package vec_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/vec"
)

// TestSame tells columns of one value, and slices of others that are, from those with more.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		typ      arrow.DataType
		values   string
		from, to int
		want     bool
	}{
		{arrow.BinaryTypes.String, `["ab"]`, 0, 1, true},
		{arrow.BinaryTypes.String, `["ab", "ab", "ab"]`, 0, 3, true},
		{arrow.BinaryTypes.String, `["", "", ""]`, 0, 3, true},
		{arrow.BinaryTypes.String, `["", "a", "a"]`, 0, 3, false},
		{arrow.BinaryTypes.String, `["", "a", "a"]`, 1, 3, true},
		{arrow.BinaryTypes.String, `["ab", "ab", "ac"]`, 0, 3, false},
		{arrow.BinaryTypes.String, `["aa", "a", "aaa"]`, 0, 3, false},
		{arrow.BinaryTypes.String, `["ab", null]`, 0, 2, false},
		{arrow.PrimitiveTypes.Int16, `[3, 3, 3, 4]`, 0, 4, false},
		{arrow.PrimitiveTypes.Int16, `[3, 3, 3, 4]`, 0, 3, true},
		{arrow.PrimitiveTypes.Int64, `[0, 7, 7]`, 1, 3, true},
		{arrow.PrimitiveTypes.Int64, `[7, 7, null]`, 0, 3, false},
		{arrow.PrimitiveTypes.Float64, `[1, 1]`, 0, 2, false}, // not looked at
	} {
		a, _, err := array.FromJSON(memory.DefaultAllocator, c.typ, strings.NewReader(c.values))
		if err != nil {
			t.Fatal(err)
		}
		if got := vec.Same(array.NewSlice(a, int64(c.from), int64(c.to))); got != c.want {
			t.Errorf("%s of %s from %d to %d: %t", c.typ, c.values, c.from, c.to, got)
		}
	}
}

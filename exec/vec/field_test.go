package vec_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/vec"
)

// TestField takes fields of structs of which some are NULL, whole and in slices.
func TestField(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	typ := arrow.StructOf(arrow.Field{Name: "i", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "s", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "in", Type: arrow.StructOf(arrow.Field{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int8)})})
	const one = `{"i": 1, "s": "x", "in": {"l": [7]}}`
	rows := strings.Repeat(one+`, null, {"i": null, "s": "", "in": null}, `, 9) + one
	for _, text := range []string{"[" + rows + "]", "[" + one + "," + one + "]", "[null, null]"} {
		a, _, err := array.FromJSON(mem, typ, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for from := range a.Len() {
			s := array.NewSlice(a, int64(from), int64(a.Len())).(*array.Struct)
			for k := range typ.Fields() {
				f := vec.Field(mem, s, k)
				for i := range s.Len() {
					got, want := f.ValueStr(i), "(null)"
					if s.IsValid(i) {
						want = s.Field(k).ValueStr(i)
					}
					if got != want || f.IsNull(i) != (want == "(null)") {
						t.Errorf("row %d from %d of field %d: %s, want %s", i, from, k, got, want)
					}
				}
				f.Release()
			}
			s.Release()
		}
		a.Release()
	}
}

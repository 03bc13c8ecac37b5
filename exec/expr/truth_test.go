package expr

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// TestTruth compares the lists with a loop over the values, for columns of all lengths and offsets.
func TestTruth(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	for n := range 300 {
		off := r.IntN(20)
		for range n + off + r.IntN(3) {
			if r.IntN(5) == 0 && n%2 == 0 {
				b.AppendNull()
			} else {
				b.Append(r.IntN(3) > 0)
			}
		}
		whole := b.NewArray()
		cond := array.NewSlice(whole, int64(off), int64(off+n)).(*array.Boolean)
		yes, no := []int32{}, []int32{}
		for i := range n {
			if cond.IsValid(i) && cond.Value(i) {
				yes = append(yes, int32(i))
			} else {
				no = append(no, int32(i))
			}
		}
		c, err := truthOf(funcs.Vec{Array: cond}, n, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		count := c.count()
		if count != len(yes) || !slices.Equal(c.rows(count, false), yes) || !slices.Equal(c.rows(n-count, true), no) {
			t.Fatalf("%d rows from %d: %v and %v, want %v and %v", n, off, c.rows(count, false), c.rows(n-count, true), yes, no)
		}
		cond.Release()
		whole.Release()
	}
}

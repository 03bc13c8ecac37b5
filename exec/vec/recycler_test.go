package vec

import (
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

func TestRecycler(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	r := NewRecycler(mem)
	first := r.Allocate(100_000)
	at := unsafe.SliceData(first)
	first[0] = 7
	r.Free(first)
	if b := r.Allocate(105_000); len(b) != 105_000 || unsafe.SliceData(b) != at {
		t.Errorf("a buffer of a like size was not given out again")
	} else if b = r.Reallocate(114_000, b); unsafe.SliceData(b) != at || b[0] != 7 {
		t.Errorf("a buffer moved that had room")
	} else if b = r.Reallocate(300_000, b); len(b) != 300_000 || b[0] != 7 {
		t.Errorf("a buffer that grew lost its values")
	}
	if b := r.Allocate(100_000); unsafe.SliceData(b) != at {
		t.Errorf("a buffer that was outgrown was not given out again")
	}
	// Small and huge buffers go back to where they came from.
	for _, n := range []int{0, 1, 1 << 10, 1 << 25} {
		before := mem.CurrentAlloc()
		r.Free(r.Allocate(n))
		if kept := mem.CurrentAlloc() - before; kept != 0 {
			t.Errorf("of %d bytes %d were kept", n, kept)
		}
	}
	var held [][]byte
	for range 10 {
		held = append(held, r.Allocate(1<<22))
	}
	before := mem.CurrentAlloc()
	for _, b := range held {
		r.Free(b)
	}
	if kept := len(held)<<22 - (before - mem.CurrentAlloc()); kept > heldRecycled+1<<22 {
		t.Errorf("%d bytes are held", kept)
	}
}

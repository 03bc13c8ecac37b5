package vec

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Recycler is an allocator that gives large buffers out again once they are freed: batches are much alike, and new memory has to
// be cleared and fetched, while what has just been freed is still in the cache. What it gives out holds what was there before. It
// may be used by several goroutines.
type Recycler struct {
	mem  memory.Allocator
	mu   sync.Mutex
	free [sizesRecycled][][]byte // by class of their capacity
	held int                     // bytes in free
}

// Sizes of Recycler: what is smaller or larger goes to the allocator below, and so does what is freed beyond a bound. Four are
// between a power of two and the next.
const (
	minRecycled   = 1 << 14
	maxRecycled   = 1 << 22
	heldRecycled  = 1 << 24
	sizesRecycled = 4 * 23
)

// NewRecycler returns a recycler of memory from mem.
func NewRecycler(mem memory.Allocator) *Recycler { return &Recycler{mem: mem} }

// class returns the number of the least size that is at least n bytes, and the size; not ok if such are not recycled.
func class(n int) (c, size int, ok bool) {
	if n < minRecycled || n > maxRecycled {
		return 0, 0, false
	}
	power := bits.Len(uint(n - 1))
	quarter := (n-1)>>(power-3) - 3 // 1 to 4 above half of the power
	return 4*power + quarter - 4, (4 + quarter) << (power - 3), true
}

// Allocate implements memory.Allocator.
func (r *Recycler) Allocate(n int) []byte {
	c, size, ok := class(n)
	if !ok {
		return r.mem.Allocate(n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.free[c]) - 1; last >= 0 {
		b := r.free[c][last]
		r.free[c] = r.free[c][:last]
		r.held -= size
		return b[:n]
	}
	return r.mem.Allocate(size)[:n]
}

// Reallocate implements memory.Allocator.
func (r *Recycler) Reallocate(n int, b []byte) []byte {
	had, _, ok := class(cap(b))
	if wants, _, recycled := class(n); ok && recycled && had == wants && n <= cap(b) {
		return b[:n]
	}
	grown := r.Allocate(n)
	copy(grown, b)
	r.Free(b)
	return grown
}

// Free implements memory.Allocator.
func (r *Recycler) Free(b []byte) {
	c, size, ok := class(cap(b))
	if !ok || cap(b) != size {
		r.mem.Free(b)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held >= heldRecycled {
		r.mem.Free(b)
		return
	}
	r.free[c] = append(r.free[c], b)
	r.held += size
}

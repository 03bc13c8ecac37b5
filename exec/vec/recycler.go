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
	free [maxRecycled + 1][][]byte // by the logarithm of their capacity
	held int                       // bytes in free
}

// Logarithms of sizes of Recycler: what is smaller or larger goes to the allocator below, and so does what is freed beyond a bound.
const (
	minRecycled  = 14
	maxRecycled  = 22
	heldRecycled = 1 << 24
)

// NewRecycler returns a recycler of memory from mem.
func NewRecycler(mem memory.Allocator) *Recycler { return &Recycler{mem: mem} }

// class returns the logarithm of the capacity of buffers of n bytes; not ok if such are not recycled.
func class(n int) (c int, ok bool) {
	c = bits.Len(uint(n - 1))
	return c, n > 0 && c >= minRecycled && c <= maxRecycled
}

// Allocate implements memory.Allocator.
func (r *Recycler) Allocate(n int) []byte {
	c, ok := class(n)
	if !ok {
		return r.mem.Allocate(n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.free[c]) - 1; last >= 0 {
		b := r.free[c][last]
		r.free[c] = r.free[c][:last]
		r.held -= 1 << c
		return b[:n]
	}
	return r.mem.Allocate(1 << c)[:n]
}

// Reallocate implements memory.Allocator.
func (r *Recycler) Reallocate(n int, b []byte) []byte {
	had, ok := class(cap(b))
	if wants, recycled := class(n); ok && recycled && had == wants {
		return b[:n]
	}
	grown := r.Allocate(n)
	copy(grown, b)
	r.Free(b)
	return grown
}

// Free implements memory.Allocator.
func (r *Recycler) Free(b []byte) {
	c, ok := class(cap(b))
	if !ok || cap(b) != 1<<c {
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
	r.held += 1 << c
}

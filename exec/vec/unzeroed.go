package vec

import (
	"strings"
	"unsafe"
)

// Unzeroed is an allocator whose memory holds anything, as that of a Recycler does: what is written before it is read need not be
// cleared, which costs as much as writing it. In the standard library strings.Builder takes such memory.
type Unzeroed struct{}

// Allocate implements memory.Allocator.
func (Unzeroed) Allocate(n int) []byte {
	if n == 0 {
		return nil
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}

// Reallocate implements memory.Allocator.
func (u Unzeroed) Reallocate(n int, b []byte) []byte {
	if cap(b) >= n {
		return b[:n]
	}
	grown := u.Allocate(n)
	copy(grown, b)
	return grown
}

// Free implements memory.Allocator.
func (Unzeroed) Free([]byte) {}

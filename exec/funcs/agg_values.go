package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/vec"
)

// This file holds values of any type for aggregates that keep some of their arguments. States have no
// release call, so what they keep lies on the Go heap, whatever allocator results are made with.

var heap memory.Allocator = memory.NewGoAllocator()

// pile is values of one type in the order in which they came.
type pile struct {
	t      arrow.DataType
	chunks []arrow.Array
	len    int
	bytes  int64
}

// add appends the values of v at rows idx.
func (p *pile) add(v Vec, idx []int32) {
	if len(idx) == 0 {
		return
	}
	if v.Const {
		idx = make([]int32, len(idx))
	}
	p.addArray(vec.Take(heap, v.Array, idx))
}

// addArray appends the values of a, which the pile then owns. Chunks are joined so that each is larger
// than the next: there are few, and a value is copied only a few times.
func (p *pile) addArray(a arrow.Array) {
	p.len += a.Len()
	p.bytes += bytesIn(a.Data())
	p.chunks = append(p.chunks, a)
	for n := len(p.chunks); n > 1 && p.chunks[n-2].Len() <= p.chunks[n-1].Len(); n = len(p.chunks) {
		p.chunks = append(p.chunks[:n-2], vec.Concat(heap, p.chunks[n-2:]))
	}
}

// array returns all values as one array, which stays the pile's.
func (p *pile) array() arrow.Array {
	switch len(p.chunks) {
	case 0:
		p.chunks = []arrow.Array{vec.Interleave(heap, p.t, nil, nil)}
	case 1:
	default:
		p.chunks = []arrow.Array{vec.Concat(heap, p.chunks)}
	}
	return p.chunks[0]
}

// bytesIn estimates the bytes of d's values.
func bytesIn(d arrow.ArrayData) int64 {
	n := int64(0)
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += bytesIn(c)
	}
	return n
}

// grouped is a pile whose values belong to groups.
type grouped struct {
	pile
	of     []uint32 // the group of each value
	groups int
}

func (s *grouped) Grow(n int) { s.groups = max(s.groups, n) }

// order returns the places of the values, those of group 0 first and otherwise as they came, and where
// the values of each group end.
func (s *grouped) order() (idx []int32, ends []int32) {
	ends = make([]int32, s.groups+1)
	for _, g := range s.of {
		ends[g+1]++
	}
	for g := range s.groups {
		ends[g+1] += ends[g]
	}
	idx = make([]int32, len(s.of))
	for i, g := range s.of {
		idx[ends[g]] = int32(i)
		ends[g]++
	}
	// Each start has moved to its end; what is left at the last place is the start of no group.
	return idx, ends[:s.groups]
}

// lists returns the values as lists of type t, one per group; empty ones are NULL unless keepEmpty.
func (s *grouped) lists(mem memory.Allocator, t arrow.DataType, keepEmpty bool) arrow.Array {
	idx, ends := s.order()
	var valid []bool
	if !keepEmpty {
		valid = filled(ends)
	}
	return listArray(mem, t, ends, valid, vec.Take(mem, s.array(), idx))
}

// filled tells which lists that end at ends are not empty.
func filled(ends []int32) []bool {
	out := make([]bool, len(ends))
	before := int32(0)
	for g, end := range ends {
		out[g] = end > before
		before = end
	}
	return out
}

func (s *grouped) Size() int64 { return s.bytes + sizeOf(s.of) }

// keeper holds one value of any type per group.
type keeper struct {
	t      arrow.DataType
	chunks []arrow.Array
	refs   []vec.Ref // where each group's value is; Batch -1: it has none
	rows   int       // in chunks
	bytes  int64
	idx    []int32 // rows of the batch at hand that were picked
}

func (k *keeper) grow(n int) {
	for len(k.refs) < n {
		k.refs = append(k.refs, vec.Ref{Batch: -1})
	}
}

// has reports whether group g has a value.
func (k *keeper) has(g uint32) bool { return k.refs[g].Batch >= 0 }

// pick makes row i of the batch at hand the value of group g. flush must follow in the same batch.
func (k *keeper) pick(g uint32, i int) {
	k.refs[g] = vec.Ref{Batch: int32(len(k.chunks)), Row: int32(len(k.idx))}
	k.idx = append(k.idx, int32(i))
}

// flush copies what was picked from v.
func (k *keeper) flush(v Vec) {
	if len(k.idx) == 0 {
		return
	}
	if v.Const {
		clear(k.idx)
	}
	k.keep(vec.Take(heap, v.Array, k.idx))
	k.idx = k.idx[:0]
	// Values that others have replaced are dropped when they are the greater part.
	if k.rows > 4096+2*len(k.refs) {
		all := vec.Interleave(heap, k.t, k.chunks, k.refs)
		for g := range k.refs {
			if k.has(uint32(g)) {
				k.refs[g] = vec.Ref{Batch: 0, Row: int32(g)}
			}
		}
		k.chunks, k.rows, k.bytes = nil, 0, 0
		k.keep(all)
	}
}

func (k *keeper) keep(a arrow.Array) {
	k.chunks = append(k.chunks, a)
	k.rows += a.Len()
	k.bytes += bytesIn(a.Data())
}

// array returns the value of each group, NULL where it has none.
func (k *keeper) array(mem memory.Allocator) arrow.Array {
	return vec.Interleave(mem, k.t, k.chunks, k.refs)
}

func (k *keeper) size() int64 { return k.bytes + sizeOf(k.refs) + sizeOf(k.idx) }

// keyOf appends to dst the bytes that are the same for equal values of one group.
func keyOf(dst []byte, g uint32, v Vec, i int) []byte {
	dst = append(dst, byte(g), byte(g>>8), byte(g>>16), byte(g>>24))
	return vec.AppendKey(dst, v.Array, v.At(i))
}

// fieldsOf returns the fields of a struct array as arguments.
func fieldsOf(a arrow.Array) []Vec {
	s := a.(*array.Struct)
	out := make([]Vec, s.NumField())
	for i := range out {
		out[i] = Vec{Array: s.Field(i)}
	}
	return out
}

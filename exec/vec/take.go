// Package vec moves, compares and encodes values of arrow arrays of the types of exec/datatype: what
// operators need of values without knowing their types.
//
// Read Take first; AppendKeys and AppendSortKeys are what grouping, joining and sorting are built on.
package vec

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// Take returns the values of a at idx, in that order; index -1 gives NULL. The type is a's. The caller
// releases the result. If the text or elements of one column of the result do not fit 2^31 bytes, Take
// panics with a *diag.Error of kind Limit, which the operators' frame turns into the task's error.
func Take(mem memory.Allocator, a arrow.Array, idx []int32) arrow.Array {
	d := takeData(mem, a.Data(), idx)
	defer d.Release()
	return array.MakeFromData(d)
}

// TakeRecord returns the rows idx of r; index -1 gives a row of NULLs. The caller releases the result.
func TakeRecord(mem memory.Allocator, r arrow.Record, idx []int32) arrow.Record {
	cols := make([]arrow.Array, r.NumCols())
	for i, c := range r.Columns() {
		cols[i] = Take(mem, c, idx)
		defer cols[i].Release()
	}
	return array.NewRecord(r.Schema(), cols, int64(len(idx)))
}

// nulls tells which values of an array are NULL without an interface call per value.
type nulls struct {
	bits []byte // nil: none is NULL
	off  int
	all  bool
}

func nullsOf(d arrow.ArrayData) nulls {
	if d.DataType().ID() == arrow.NULL {
		return nulls{all: true}
	}
	if d.NullN() == 0 || d.Buffers()[0] == nil || d.Len() == 0 {
		return nulls{}
	}
	return nulls{bits: d.Buffers()[0].Bytes(), off: d.Offset()}
}

func (n nulls) at(i int) bool {
	if n.bits == nil {
		return n.all
	}
	i += n.off
	return n.bits[i>>3]>>(i&7)&1 == 0
}

// bit is at as a number, without a branch on the bits.
func (n nulls) bit(i int) uint64 {
	if n.bits == nil {
		if n.all {
			return 1
		}
		return 0
	}
	i += n.off
	return uint64(^n.bits[i>>3]>>(i&7)) & 1
}

func (n nulls) none() bool { return n.bits == nil && !n.all }

func takeData(mem memory.Allocator, d arrow.ArrayData, idx []int32) *array.Data {
	t := d.DataType()
	if t.ID() == arrow.NULL {
		return array.NewData(t, len(idx), []*memory.Buffer{nil}, nil, len(idx), 0)
	}
	valid, nullN := takeValid(mem, nullsOf(d), idx)
	buffers := []*memory.Buffer{valid}
	var children []arrow.ArrayData
	switch t.ID() {
	case arrow.BOOL:
		buffers = append(buffers, takeBits(mem, d, idx))
	case arrow.STRING, arrow.BINARY:
		offsets, data := takeBytes(mem, d, idx)
		buffers = append(buffers, offsets, data)
	case arrow.LIST, arrow.MAP:
		offsets, child := takeList(mem, d, idx)
		buffers, children = append(buffers, offsets), []arrow.ArrayData{child}
	case arrow.STRUCT:
		children = takeStruct(mem, d, idx)
	default:
		buffers = append(buffers, takeFixed(mem, d, idx))
	}
	out := array.NewData(t, len(idx), buffers, children, nullN, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
	return out
}

func newBuffer(mem memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(mem)
	b.Resize(n)
	return b
}

// takeValid returns the bitmap of the values at idx, nil if none is NULL, and how many are.
func takeValid(mem memory.Allocator, n nulls, idx []int32) (*memory.Buffer, int) {
	count := 0
	if n.none() {
		for _, i := range idx {
			if i < 0 {
				count++
			}
		}
	} else {
		for _, i := range idx {
			if i < 0 || n.at(int(i)) {
				count++
			}
		}
	}
	if count == 0 {
		return nil, 0
	}
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(len(idx)))))
	bits := buf.Bytes()
	clear(bits)
	for k, i := range idx {
		if i >= 0 && !n.at(int(i)) {
			bitutil.SetBit(bits, k)
		}
	}
	return buf, count
}

func takeBits(mem memory.Allocator, d arrow.ArrayData, idx []int32) *memory.Buffer {
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(len(idx)))))
	dst := buf.Bytes()
	clear(dst)
	if src, off := bytesOf(d, 1), d.Offset(); src != nil {
		for k, i := range idx {
			if i >= 0 && bitutil.BitIsSet(src, off+int(i)) {
				bitutil.SetBit(dst, k)
			}
		}
	}
	return buf
}

// takeFixed takes values of a fixed width, whatever they mean.
func takeFixed(mem memory.Allocator, d arrow.ArrayData, idx []int32) *memory.Buffer {
	switch d.DataType().(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return takeAs[uint8](mem, d, idx, 1)
	case 16:
		return takeAs[uint16](mem, d, idx, 2)
	case 32:
		return takeAs[uint32](mem, d, idx, 4)
	case 64:
		return takeAs[uint64](mem, d, idx, 8)
	default:
		return takeAs[decimal128.Num](mem, d, idx, 16)
	}
}

func takeAs[T arrow.FixedWidthType](mem memory.Allocator, d arrow.ArrayData, idx []int32, width int) *memory.Buffer {
	src := arrow.GetValues[T](d, 1)
	buf := newBuffer(mem, len(idx)*width)
	dst := arrow.GetData[T](buf.Bytes())[:len(idx)]
	for k, i := range idx {
		if i >= 0 && src != nil { // an array of NULLs may lack values
			dst[k] = src[i]
		} else {
			var zero T
			dst[k] = zero
		}
	}
	return buf
}

// offsetsOf returns the offsets of a string, list or map array: Len()+1 of them.
func offsetsOf(d arrow.ArrayData) []int32 {
	if d.Len() == 0 || d.Buffers()[1] == nil || d.Buffers()[1].Len() == 0 {
		return []int32{0}
	}
	return arrow.GetOffsets[int32](d, 1)
}

func tooLong(t arrow.DataType) *diag.Error {
	return diag.Errorf(diag.Limit, "the values of a column of type %s in one batch do not fit 2 GiB", datatype.Name(t))
}

// bytesOf returns buffer k of d, which may be missing if d has no values.
func bytesOf(d arrow.ArrayData, k int) []byte {
	if b := d.Buffers()[k]; b != nil {
		return b.Bytes()
	}
	return nil
}

// takeOffsets returns the offsets of the values at idx and their total length.
func takeOffsets(mem memory.Allocator, d arrow.ArrayData, src []int32, idx []int32) (*memory.Buffer, int) {
	buf := newBuffer(mem, (len(idx)+1)*4)
	dst := arrow.GetData[int32](buf.Bytes())[:len(idx)+1]
	total := int64(0)
	dst[0] = 0
	for k, i := range idx {
		if i >= 0 {
			total += int64(src[i+1] - src[i])
		}
		dst[k+1] = int32(total)
	}
	if total > math.MaxInt32 {
		buf.Release()
		panic(tooLong(d.DataType()))
	}
	return buf, int(total)
}

func takeBytes(mem memory.Allocator, d arrow.ArrayData, idx []int32) (offsets, data *memory.Buffer) {
	from := offsetsOf(d)
	offsets, total := takeOffsets(mem, d, from, idx)
	data = newBuffer(mem, total)
	if total == 0 {
		return offsets, data
	}
	src, dst := bytesOf(d, 2), data.Bytes()
	n := 0
	for _, i := range idx {
		if i >= 0 {
			n += copy(dst[n:], src[from[i]:from[i+1]])
		}
	}
	return offsets, data
}

func takeList(mem memory.Allocator, d arrow.ArrayData, idx []int32) (*memory.Buffer, arrow.ArrayData) {
	from := offsetsOf(d)
	offsets, total := takeOffsets(mem, d, from, idx)
	inner := make([]int32, 0, total)
	for _, i := range idx {
		if i < 0 {
			continue
		}
		for j := from[i]; j < from[i+1]; j++ {
			inner = append(inner, j)
		}
	}
	return offsets, takeData(mem, d.Children()[0], inner)
}

func takeStruct(mem memory.Allocator, d arrow.ArrayData, idx []int32) []arrow.ArrayData {
	inner := idx
	if off := int32(d.Offset()); off != 0 { // children are not cut with their struct
		inner = make([]int32, len(idx))
		for k, i := range idx {
			inner[k] = i
			if i >= 0 {
				inner[k] = i + off
			}
		}
	}
	children := make([]arrow.ArrayData, len(d.Children()))
	for c, child := range d.Children() {
		children[c] = takeData(mem, child, inner)
	}
	return children
}

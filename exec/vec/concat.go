package vec

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Concat returns the values of arrays, at least one and all of one type, one after the other. The
// caller releases the result. It panics as Take does.
func Concat(mem memory.Allocator, arrays []arrow.Array) arrow.Array {
	if len(arrays) == 1 {
		arrays[0].Retain()
		return arrays[0]
	}
	parts := make([]arrow.ArrayData, len(arrays))
	for i, a := range arrays {
		parts[i] = a.Data()
	}
	d := concatData(mem, parts)
	defer d.Release()
	return array.MakeFromData(d)
}

// ConcatRecords returns the rows of recs, at least one and all of one schema, one after the other. The
// caller releases the result.
func ConcatRecords(mem memory.Allocator, recs []arrow.Record) arrow.Record {
	if len(recs) == 1 {
		recs[0].Retain()
		return recs[0]
	}
	rows := int64(0)
	for _, r := range recs {
		rows += r.NumRows()
	}
	cols := make([]arrow.Array, recs[0].NumCols())
	parts := make([]arrow.Array, len(recs))
	for c := range cols {
		for i, r := range recs {
			parts[i] = r.Column(c)
		}
		cols[c] = Concat(mem, parts)
		defer cols[c].Release()
	}
	return array.NewRecord(recs[0].Schema(), cols, rows)
}

func concatData(mem memory.Allocator, parts []arrow.ArrayData) *array.Data {
	t := parts[0].DataType()
	n := 0
	for _, p := range parts {
		n += p.Len()
	}
	if t.ID() == arrow.NULL {
		return array.NewData(t, n, []*memory.Buffer{nil}, nil, n, 0)
	}
	valid, nullN := concatValid(mem, parts, n)
	buffers := []*memory.Buffer{valid}
	var children []arrow.ArrayData
	switch t.ID() {
	case arrow.BOOL:
		buffers = append(buffers, concatBits(mem, parts, n))
	case arrow.STRING, arrow.BINARY:
		offsets, total := concatOffsets(mem, parts, n)
		buffers = append(buffers, offsets, concatBytes(mem, parts, total))
	case arrow.LIST, arrow.MAP:
		offsets, _ := concatOffsets(mem, parts, n)
		buffers, children = append(buffers, offsets), []arrow.ArrayData{concatElems(mem, parts)}
	case arrow.STRUCT:
		children = concatFields(mem, parts)
	default:
		buffers = append(buffers, concatFixed(mem, parts, n))
	}
	out := array.NewData(t, n, buffers, children, nullN, 0)
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

func concatValid(mem memory.Allocator, parts []arrow.ArrayData, n int) (*memory.Buffer, int) {
	some := false
	for _, p := range parts {
		some = some || !nullsOf(p).none()
	}
	if !some {
		return nil, 0
	}
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(n))))
	bits := buf.Bytes()
	clear(bits)
	at := 0
	for _, p := range parts {
		if v := nullsOf(p); v.none() {
			bitutil.SetBitsTo(bits, int64(at), int64(p.Len()), true)
		} else {
			bitutil.CopyBitmap(v.bits, v.off, p.Len(), bits, at)
		}
		at += p.Len()
	}
	return buf, n - bitutil.CountSetBits(bits, 0, n)
}

func concatBits(mem memory.Allocator, parts []arrow.ArrayData, n int) *memory.Buffer {
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(n))))
	clear(buf.Bytes())
	at := 0
	for _, p := range parts {
		if p.Len() > 0 {
			bitutil.CopyBitmap(p.Buffers()[1].Bytes(), p.Offset(), p.Len(), buf.Bytes(), at)
		}
		at += p.Len()
	}
	return buf
}

func concatFixed(mem memory.Allocator, parts []arrow.ArrayData, n int) *memory.Buffer {
	width := parts[0].DataType().(arrow.FixedWidthDataType).BitWidth() / 8
	buf := newBuffer(mem, n*width)
	at := 0
	for _, p := range parts {
		if p.Len() > 0 {
			from := p.Offset() * width
			at += copy(buf.Bytes()[at:], p.Buffers()[1].Bytes()[from:from+p.Len()*width])
		}
	}
	return buf
}

func concatOffsets(mem memory.Allocator, parts []arrow.ArrayData, n int) (*memory.Buffer, int) {
	buf := newBuffer(mem, (n+1)*4)
	dst := arrow.GetData[int32](buf.Bytes())[:n+1]
	total, at := int64(0), 0
	dst[0] = 0
	for _, p := range parts {
		src := offsetsOf(p)
		for i := range p.Len() {
			at++
			dst[at] = int32(total + int64(src[i+1]-src[0]))
		}
		total += int64(src[len(src)-1] - src[0])
	}
	if total > math.MaxInt32 {
		buf.Release()
		panic(tooLong(parts[0].DataType()))
	}
	return buf, int(total)
}

func concatBytes(mem memory.Allocator, parts []arrow.ArrayData, total int) *memory.Buffer {
	buf := newBuffer(mem, total)
	at := 0
	for _, p := range parts {
		src := offsetsOf(p)
		if from, to := src[0], src[len(src)-1]; to > from {
			at += copy(buf.Bytes()[at:], p.Buffers()[2].Bytes()[from:to])
		}
	}
	return buf
}

func concatElems(mem memory.Allocator, parts []arrow.ArrayData) arrow.ArrayData {
	inner := make([]arrow.ArrayData, len(parts))
	for i, p := range parts {
		src := offsetsOf(p)
		inner[i] = array.NewSliceData(p.Children()[0], int64(src[0]), int64(src[len(src)-1]))
		defer inner[i].Release()
	}
	return concatData(mem, inner)
}

func concatFields(mem memory.Allocator, parts []arrow.ArrayData) []arrow.ArrayData {
	children := make([]arrow.ArrayData, len(parts[0].Children()))
	for c := range children {
		inner := make([]arrow.ArrayData, len(parts))
		for i, p := range parts {
			inner[i] = array.NewSliceData(p.Children()[c], int64(p.Offset()), int64(p.Offset()+p.Len()))
			defer inner[i].Release()
		}
		children[c] = concatData(mem, inner)
	}
	return children
}

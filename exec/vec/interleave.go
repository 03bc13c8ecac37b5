package vec

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Ref names a value of one of several arrays, or a row of one of several batches.
type Ref struct {
	Batch int32 // which array; -1 means NULL
	Row   int32
}

// Interleave returns the values that refs name in arrays, all of type t, in that order. The caller
// releases the result. It panics as Take does.
func Interleave(mem memory.Allocator, t arrow.DataType, arrays []arrow.Array, refs []Ref) arrow.Array {
	used := make([]int32, len(arrays)) // 1 + the place among parts, 0: not used
	var parts []arrow.Array
	for _, r := range refs {
		if r.Batch >= 0 && used[r.Batch] == 0 {
			parts = append(parts, arrays[r.Batch])
			used[r.Batch] = int32(len(parts))
		}
	}
	if len(parts) <= 1 {
		idx := make([]int32, len(refs))
		for k, r := range refs {
			idx[k] = r.Row
			if r.Batch < 0 {
				idx[k] = -1
			}
		}
		if len(parts) == 1 {
			return Take(mem, parts[0], idx)
		}
		empty := emptyOf(mem, t)
		defer empty.Release()
		return Take(mem, empty, idx)
	}
	if d := gather(mem, t, parts, used, refs); d != nil {
		defer d.Release()
		return array.MakeFromData(d)
	}
	return interleave(mem, parts, used, refs)
}

// gather interleaves values of a fixed width, text and binary directly; nil for other types.
func gather(mem memory.Allocator, t arrow.DataType, parts []arrow.Array, used []int32, refs []Ref) *array.Data {
	var buffers []*memory.Buffer
	switch t.ID() {
	case arrow.NULL, arrow.BOOL, arrow.LIST, arrow.MAP, arrow.STRUCT:
		return nil
	case arrow.STRING, arrow.BINARY:
		buffers = gatherBytes(mem, t, parts, used, refs)
	default:
		switch t.(arrow.FixedWidthDataType).BitWidth() {
		case 8:
			buffers = gatherAs[uint8](mem, 1, parts, used, refs)
		case 16:
			buffers = gatherAs[uint16](mem, 2, parts, used, refs)
		case 32:
			buffers = gatherAs[uint32](mem, 4, parts, used, refs)
		case 64:
			buffers = gatherAs[uint64](mem, 8, parts, used, refs)
		default:
			buffers = gatherAs[decimal128.Num](mem, 16, parts, used, refs)
		}
	}
	valid, count := gatherValid(mem, parts, used, refs)
	buffers = append([]*memory.Buffer{valid}, buffers...)
	d := array.NewData(t, len(refs), buffers, nil, count, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return d
}

func gatherValid(mem memory.Allocator, parts []arrow.Array, used []int32, refs []Ref) (*memory.Buffer, int) {
	views := make([]nulls, len(parts))
	some := false
	for i, p := range parts {
		views[i] = nullsOf(p.Data())
		some = some || !views[i].none()
	}
	for _, r := range refs {
		some = some || r.Batch < 0
	}
	if !some {
		return nil, 0
	}
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(len(refs)))))
	bits := buf.Bytes()
	clear(bits)
	count := 0
	for k, r := range refs {
		if r.Batch >= 0 && !views[used[r.Batch]-1].at(int(r.Row)) {
			bitutil.SetBit(bits, k)
		} else {
			count++
		}
	}
	return buf, count
}

func gatherAs[T arrow.FixedWidthType](mem memory.Allocator, width int, parts []arrow.Array, used []int32, refs []Ref) []*memory.Buffer {
	vals := make([][]T, len(parts))
	for i, p := range parts {
		if vals[i] = arrow.GetValues[T](p.Data(), 1); vals[i] == nil {
			vals[i] = make([]T, p.Len()) // an array of NULLs may lack values
		}
	}
	buf := newBuffer(mem, len(refs)*width)
	dst := arrow.GetData[T](buf.Bytes())[:len(refs)]
	for k, r := range refs {
		if r.Batch >= 0 {
			dst[k] = vals[used[r.Batch]-1][r.Row]
		} else {
			var zero T
			dst[k] = zero
		}
	}
	return []*memory.Buffer{buf}
}

func gatherBytes(mem memory.Allocator, t arrow.DataType, parts []arrow.Array, used []int32, refs []Ref) []*memory.Buffer {
	offs, text := make([][]int32, len(parts)), make([][]byte, len(parts))
	for i, p := range parts {
		offs[i], text[i] = offsetsOf(p.Data()), bytesOf(p.Data(), 2)
	}
	offsets := newBuffer(mem, (len(refs)+1)*4)
	dst := arrow.GetData[int32](offsets.Bytes())[:len(refs)+1]
	dst[0] = 0
	total := int64(0)
	for k, r := range refs {
		if r.Batch >= 0 {
			o := offs[used[r.Batch]-1]
			total += int64(o[r.Row+1] - o[r.Row])
		}
		dst[k+1] = int32(total)
	}
	if total > math.MaxInt32 {
		offsets.Release()
		panic(tooLong(t))
	}
	data := newBuffer(mem, int(total))
	out, n := data.Bytes(), 0
	for _, r := range refs {
		if r.Batch >= 0 {
			p := used[r.Batch] - 1
			n += copy(out[n:], text[p][offs[p][r.Row]:offs[p][r.Row+1]])
		}
	}
	return []*memory.Buffer{offsets, data}
}

// interleave takes what is needed of each part in the order in which refs name it, and then merges the
// pieces, so that the cost does not grow with the size of the parts.
func interleave(mem memory.Allocator, parts []arrow.Array, used []int32, refs []Ref) arrow.Array {
	counts := make([]int32, len(parts)+1)
	for _, r := range refs {
		if r.Batch >= 0 {
			counts[used[r.Batch]]++
		}
	}
	for p := 1; p <= len(parts); p++ {
		counts[p] += counts[p-1]
	}
	next := append([]int32{0}, counts[:len(parts)]...) // next[p]: where part p-1 is filled on
	rows := make([]int32, counts[len(parts)])
	merge := make([]int32, len(refs))
	for k, r := range refs {
		if r.Batch < 0 {
			merge[k] = -1
			continue
		}
		p := used[r.Batch]
		rows[next[p]] = r.Row
		merge[k] = next[p]
		next[p]++
	}
	pieces := make([]arrow.Array, len(parts))
	for p := range parts {
		pieces[p] = Take(mem, parts[p], rows[counts[p]:counts[p+1]])
		defer pieces[p].Release()
	}
	whole := Concat(mem, pieces)
	defer whole.Release()
	return Take(mem, whole, merge)
}

// InterleaveRecords returns the rows of recs, all of schema s, that refs name, in that order. The caller
// releases the result.
func InterleaveRecords(mem memory.Allocator, s *arrow.Schema, recs []arrow.Record, refs []Ref) arrow.Record {
	cols := make([]arrow.Array, len(s.Fields()))
	arrays := make([]arrow.Array, len(recs))
	for c := range cols {
		for i, r := range recs {
			arrays[i] = r.Column(c)
		}
		cols[c] = Interleave(mem, s.Field(c).Type, arrays, refs)
		defer cols[c].Release()
	}
	return array.NewRecord(s, cols, int64(len(refs)))
}

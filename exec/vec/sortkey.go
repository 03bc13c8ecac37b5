package vec

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// Order is how a column is sorted.
type Order struct {
	Desc       bool
	NullsFirst bool
}

// Tags in front of a value in sort key bytes: a value lies between NULLs first and NULLs last.
const (
	sortNullFirst = 0
	sortValue     = 1
	sortNullLast  = 2
)

func (o Order) nullTag() byte {
	if o.NullsFirst {
		return sortNullFirst
	}
	return sortNullLast
}

// AppendSortKey appends bytes whose order (bytes.Compare) is that of Compare, turned round if desc is
// set, with NULLs first or last as nullsFirst says. No value's bytes begin another's, so that the keys of
// several columns may follow each other.
func AppendSortKey(dst []byte, a arrow.Array, i int, desc, nullsFirst bool) []byte {
	if IsNull(a, i) {
		return append(dst, Order{desc, nullsFirst}.nullTag())
	}
	dst = append(dst, sortValue)
	start := len(dst)
	dst = appendSorted(dst, a, i)
	if desc {
		invert(dst[start:])
	}
	return dst
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// appendSorted appends the ascending bytes of a value that is not NULL.
func appendSorted(dst []byte, a arrow.Array, i int) []byte {
	switch a := a.(type) {
	case *array.Boolean:
		return append(dst, byte(bit(a.Value(i))))
	case *array.Int8:
		return append(dst, byte(a.Value(i))^0x80)
	case *array.Int16:
		return binary.BigEndian.AppendUint16(dst, uint16(a.Value(i))^1<<15)
	case *array.Int32:
		return binary.BigEndian.AppendUint32(dst, uint32(a.Value(i))^1<<31)
	case *array.Int64:
		return binary.BigEndian.AppendUint64(dst, uint64(a.Value(i))^1<<63)
	case *array.Date32:
		return binary.BigEndian.AppendUint32(dst, uint32(a.Value(i))^1<<31)
	case *array.MonthInterval:
		return binary.BigEndian.AppendUint32(dst, uint32(a.Value(i))^1<<31)
	case *array.Float32:
		return binary.BigEndian.AppendUint32(dst, floatSort32(a.Value(i)))
	case *array.Float64:
		return binary.BigEndian.AppendUint64(dst, floatSort64(a.Value(i)))
	case *array.Decimal128:
		v := a.Value(i)
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.HighBits())^1<<63)
		return binary.BigEndian.AppendUint64(dst, v.LowBits())
	case *array.String:
		return appendEscaped(dst, a.Value(i))
	case *array.Binary:
		return appendEscaped(dst, a.Value(i))
	case *array.Struct:
		for f := range a.NumField() {
			dst = AppendSortKey(dst, a.Field(f), i, false, true)
		}
	case *array.Map:
		entries := sortedEntries(a, i)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(entries)))
		for _, j := range entries {
			dst = AppendSortKey(AppendSortKey(dst, a.Keys(), j, false, true), a.Items(), j, false, true)
		}
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		values := a.ListValues()
		for j := from; j < to; j++ {
			dst = AppendSortKey(append(dst, 1), values, int(j), false, true)
		}
		dst = append(dst, 0)
	}
	return dst
}

// floatSort64 turns the order of doubles into that of unsigned integers.
func floatSort64(v float64) uint64 {
	b := floatKey64(v)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

func floatSort32(v float32) uint32 {
	b := floatKey32(v)
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}

// appendEscaped appends text so that no text's bytes begin another's: byte 0 becomes 0 255, and 0 0 ends.
func appendEscaped[T ~string | ~[]byte](dst []byte, v T) []byte {
	start := len(dst)
	dst = append(dst, v...)
	if bytes.IndexByte(dst[start:], 0) >= 0 {
		dst = dst[:start]
		for i := range len(v) {
			dst = append(dst, v[i])
			if v[i] == 0 {
				dst = append(dst, 0xff)
			}
		}
	}
	return append(dst, 0, 0)
}

// AppendSortKeys sets buf to the sort keys of the n rows of cols, always in byte form: their order is that
// of the rows by the first column, then the second, and so on.
func AppendSortKeys(cols []arrow.Array, orders []Order, n int, buf *KeyBuffer) {
	buf.Packed = nil
	buf.fill(cols, n, (*KeyBuffer).sortLengths, func(b *KeyBuffer, c int, col arrow.Array) { b.sortColumn(orders[c], col) })
}

func (b *KeyBuffer) sortLengths(c int, col arrow.Array) {
	d := col.Data()
	null, lens := nullsOf(d), b.Ends[1:]
	switch d.DataType().ID() {
	case arrow.STRING, arrow.BINARY:
		off, text := offsetsOf(d), bytesOf(d, 2)
		for i := range lens {
			lens[i]++
			if !null.at(i) {
				v := text[off[i]:off[i+1]]
				lens[i] += 2 + len(v) + bytes.Count(v, []byte{0})
			}
		}
	case arrow.LIST, arrow.MAP, arrow.STRUCT:
		for i := range lens {
			b.scratch = AppendSortKey(b.scratch[:0], col, i, false, true)
			lens[i] += len(b.scratch)
		}
	default:
		b.keyLengths(c, col) // fixed widths are as in equality keys
	}
}

func (b *KeyBuffer) sortColumn(o Order, col arrow.Array) {
	d := col.Data()
	null := nullsOf(d)
	var flip uint64
	if o.Desc {
		flip = math.MaxUint64
	}
	f8, f16, f32 := uint8(flip)^0x80, uint16(flip)^1<<15, uint32(flip)^1<<31
	switch d.DataType().ID() {
	case arrow.INT8:
		putSorted(b, o, arrow.GetValues[uint8](d, 1), null, 1, func(dst []byte, v uint8) { dst[0] = v ^ f8 })
	case arrow.INT16:
		putSorted(b, o, arrow.GetValues[uint16](d, 1), null, 2, func(dst []byte, v uint16) { binary.BigEndian.PutUint16(dst, v^f16) })
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		putSorted(b, o, arrow.GetValues[uint32](d, 1), null, 4, func(dst []byte, v uint32) { binary.BigEndian.PutUint32(dst, v^f32) })
	case arrow.INT64:
		putSorted(b, o, arrow.GetValues[uint64](d, 1), null, 8, func(dst []byte, v uint64) { binary.BigEndian.PutUint64(dst, v^1<<63^flip) })
	case arrow.FLOAT32:
		putSorted(b, o, arrow.GetValues[float32](d, 1), null, 4, func(dst []byte, v float32) { binary.BigEndian.PutUint32(dst, floatSort32(v)^uint32(flip)) })
	case arrow.FLOAT64:
		putSorted(b, o, arrow.GetValues[float64](d, 1), null, 8, func(dst []byte, v float64) { binary.BigEndian.PutUint64(dst, floatSort64(v)^flip) })
	case arrow.DECIMAL128:
		putSorted(b, o, arrow.GetValues[decimal128.Num](d, 1), null, 16, func(dst []byte, v decimal128.Num) {
			binary.BigEndian.PutUint64(dst, uint64(v.HighBits())^1<<63^flip)
			binary.BigEndian.PutUint64(dst[8:], v.LowBits()^flip)
		})
	case arrow.STRING, arrow.BINARY:
		b.sortText(o, d, null)
	default:
		for i := range b.pos {
			b.scratch = AppendSortKey(b.scratch[:0], col, i, o.Desc, o.NullsFirst)
			b.pos[i] += copy(b.Data[b.pos[i]:], b.scratch)
		}
	}
}

// sortValueAt writes the tag of value i and reports whether a value follows.
func (b *KeyBuffer) sortValueAt(i int, o Order, null nulls) bool {
	if null.at(i) {
		b.tag(i, o.nullTag())
		return false
	}
	b.tag(i, sortValue)
	return true
}

func putSorted[T any](b *KeyBuffer, o Order, vals []T, null nulls, width int, write func(dst []byte, v T)) {
	for i := range b.pos {
		if b.sortValueAt(i, o, null) {
			write(b.Data[b.pos[i]:], vals[i])
			b.pos[i] += width
		}
	}
}

func (b *KeyBuffer) sortText(o Order, d arrow.ArrayData, null nulls) {
	off, text := offsetsOf(d), bytesOf(d, 2)
	for i := range b.pos {
		if !b.sortValueAt(i, o, null) {
			continue
		}
		p := b.pos[i]
		out := appendEscaped(b.Data[p:p], text[off[i]:off[i+1]])
		if o.Desc {
			invert(out)
		}
		b.pos[i] = p + len(out)
	}
}

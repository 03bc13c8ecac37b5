package vec

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// Tags in front of a value in key bytes.
const (
	tagNull  = 0
	tagValue = 1
)

// AppendKey appends bytes that are the same for two values of one type exactly if Equal says that they
// are. They are the same on all machines, and no value's bytes begin another's.
func AppendKey(dst []byte, a arrow.Array, i int) []byte {
	if IsNull(a, i) {
		return append(dst, tagNull)
	}
	dst = append(dst, tagValue)
	switch a := a.(type) {
	case *array.Boolean:
		return append(dst, byte(bit(a.Value(i))))
	case *array.Int8:
		return append(dst, byte(a.Value(i)))
	case *array.Int16:
		return binary.LittleEndian.AppendUint16(dst, uint16(a.Value(i)))
	case *array.Int32:
		return binary.LittleEndian.AppendUint32(dst, uint32(a.Value(i)))
	case *array.Int64:
		return binary.LittleEndian.AppendUint64(dst, uint64(a.Value(i)))
	case *array.Date32:
		return binary.LittleEndian.AppendUint32(dst, uint32(a.Value(i)))
	case *array.MonthInterval:
		return binary.LittleEndian.AppendUint32(dst, uint32(a.Value(i)))
	case *array.Float32:
		return binary.LittleEndian.AppendUint32(dst, floatKey32(a.Value(i)))
	case *array.Float64:
		return binary.LittleEndian.AppendUint64(dst, floatKey64(a.Value(i)))
	case *array.Decimal128:
		v := a.Value(i)
		dst = binary.LittleEndian.AppendUint64(dst, v.LowBits())
		return binary.LittleEndian.AppendUint64(dst, uint64(v.HighBits()))
	case *array.String:
		v := a.Value(i)
		return append(binary.LittleEndian.AppendUint32(dst, uint32(len(v))), v...)
	case *array.Binary:
		v := a.Value(i)
		return append(binary.LittleEndian.AppendUint32(dst, uint32(len(v))), v...)
	case *array.Struct:
		for f := range a.NumField() {
			dst = AppendKey(dst, a.Field(f), i)
		}
	case *array.Map:
		entries := sortedEntries(a, i)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(entries)))
		for _, j := range entries {
			dst = AppendKey(AppendKey(dst, a.Keys(), j), a.Items(), j)
		}
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(to-from))
		values := a.ListValues()
		for j := from; j < to; j++ {
			dst = AppendKey(dst, values, int(j))
		}
	}
	return dst
}

// floatKey64 gives all NaN one form, and -0 that of 0.
func floatKey64(v float64) uint64 {
	if v != v {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v + 0) // -0 + 0 is 0
}

func floatKey32(v float32) uint32 {
	if v != v {
		return 0x7fc00000
	}
	return math.Float32bits(v + 0)
}

// PackedWidth is the most bytes that packed keys may need.
const PackedWidth = 16

// KeyBuffer holds the key of each row of a batch. Which form it has depends on the types of the key
// columns only. It is reused from batch to batch, also for columns of other types.
type KeyBuffer struct {
	// Packed are the keys if Fixed(types) said true: key i in two words. Otherwise nil.
	Packed [][2]uint64
	// Texts are what Packed does not hold yet of each text column.
	Texts []TextKeys
	// Data and Ends are the keys otherwise: key i is Data[Ends[i]:Ends[i+1]]. If Text(types) said true that is
	// the text itself, in the column's memory; else it is as AppendKey made it for one column after the other.
	Data []byte
	Ends []int

	lent    bool    // Data is a column's
	rows    []int32 // key i is that of row rows[i]; nil: of row i
	null    nulls   // of a text column; nothing for others
	pos     []int
	scratch []byte
}

// Key returns the bytes of key i, if the keys are not packed. Those of a text key that is NULL mean nothing.
func (b *KeyBuffer) Key(i int) []byte {
	if b.rows != nil {
		i = int(b.rows[i])
	}
	return b.Data[b.Ends[i]:b.Ends[i+1]]
}

// NullTexts reports whether any text key may be NULL.
func (b *KeyBuffer) NullTexts() bool { return !b.null.none() }

// NullText reports whether key i is a text key that is NULL.
func (b *KeyBuffer) NullText(i int) bool { return b.null.at(i) }

// Text reports whether keys of these types are the text of the one column that there is.
func Text(types []arrow.DataType) bool { return len(types) == 1 && isText(types[0]) }

func isText(t arrow.DataType) bool { return t.ID() == arrow.STRING || t.ID() == arrow.BINARY }

// Fixed reports whether keys of these types are packed: they have a fixed width and are together, with
// a bit for NULL each, not wider than PackedWidth. A text beside other columns has the width of its code; two
// or more are not packed, as looking each of them up costs more than it saves.
func Fixed(types []arrow.DataType) bool {
	if len(types) > 8 || Text(types) {
		return false
	}
	width := 1 // the bits for NULL
	texts := 0
	for _, t := range types {
		if isText(t) {
			texts++
		}
		if texts > 1 {
			return false
		}
		w := packedWidth(t)
		if w < 0 {
			return false
		}
		width += w
	}
	return width <= PackedWidth
}

// packedWidth returns the bytes that a packed value of type t takes, -1 if it cannot be packed.
func packedWidth(t arrow.DataType) int {
	switch t.ID() {
	case arrow.NULL:
		return 0
	case arrow.BOOL, arrow.INT8:
		return 1
	case arrow.INT16:
		return 2
	case arrow.INT32, arrow.FLOAT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		return 4
	case arrow.INT64, arrow.FLOAT64:
		return 8
	case arrow.STRING, arrow.BINARY:
		return codeWidth
	}
	return -1
}

// AppendKeys sets buf to the keys of the n rows of cols.
func AppendKeys(cols []arrow.Array, n int, buf *KeyBuffer) {
	types := make([]arrow.DataType, len(cols))
	for i, c := range cols {
		types[i] = c.DataType()
	}
	switch {
	case Fixed(types):
		appendPacked(cols, n, buf)
	case Text(types):
		buf.lend(cols[0].Data(), n)
	default:
		AppendKeyBytes(cols, n, buf)
	}
}

// lend makes the n values of a text column the keys, where they are.
func (b *KeyBuffer) lend(d arrow.ArrayData, n int) {
	b.Packed, b.Texts, b.Data, b.lent, b.null = nil, b.Texts[:0], bytesOf(d, 2), true, nullsOf(d)
	b.Ends = Sized(b.Ends, n+1)
	off := offsetsOf(d)
	if len(off) <= n { // an array of NULLs may lack values
		clear(b.Ends)
		return
	}
	for i, o := range off[:n+1] {
		b.Ends[i] = int(o)
	}
}

// appendPacked packs the text first, which mostly is a partition's, the same in all rows, and needs no keys that are clear then.
func appendPacked(cols []arrow.Array, n int, buf *KeyBuffer) {
	buf.Packed, buf.Texts = Sized(buf.Packed, n), buf.Texts[:0]
	at := uint(1)
	if text := slices.IndexFunc(cols, func(c arrow.Array) bool { return isText(c.DataType()) }); text < 0 {
		clear(buf.Packed)
	} else {
		buf.packTexts(at+widthOf(cols[:text]), cols[text].Data())
	}
	for c, col := range cols {
		packColumn(buf.Packed, at, col, uint(c))
		at += uint(packedWidth(col.DataType()))
	}
}

// widthOf is packedWidth of columns together.
func widthOf(cols []arrow.Array) (width uint) {
	for _, c := range cols {
		width += uint(packedWidth(c.DataType()))
	}
	return width
}

// packColumn puts the values of col, but for texts, at byte at of the keys, and the bits for NULL.
func packColumn(keys [][2]uint64, at uint, col arrow.Array, bit uint) {
	d := col.Data()
	null := nullsOf(d)
	switch col.DataType().ID() {
	case arrow.INT8:
		packAll(keys, at, arrow.GetValues[uint8](d, 1), null, bit)
		return
	case arrow.INT16:
		packAll(keys, at, arrow.GetValues[uint16](d, 1), null, bit)
		return
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		packAll(keys, at, arrow.GetValues[uint32](d, 1), null, bit)
		return
	case arrow.INT64:
		packAll(keys, at, arrow.GetValues[uint64](d, 1), null, bit)
		return
	case arrow.BOOL:
		b := col.(*array.Boolean)
		for i := range keys {
			if !null.at(i) && b.Value(i) {
				pack(&keys[i], at, 1)
			}
		}
	case arrow.FLOAT32:
		for i, v := range arrow.GetValues[float32](d, 1) {
			if !null.at(i) {
				pack(&keys[i], at, uint64(floatKey32(v)))
			}
		}
	case arrow.FLOAT64:
		for i, v := range arrow.GetValues[float64](d, 1) {
			if !null.at(i) {
				pack(&keys[i], at, floatKey64(v))
			}
		}
	}
	if !null.none() {
		for i := range keys {
			keys[i][0] |= null.bit(i) << bit
		}
	}
}

// packAll packs all values at byte at, zero for NULL, and the bits for NULL; it does not branch on what they are.
func packAll[T uint8 | uint16 | uint32 | uint64](keys [][2]uint64, at uint, vals []T, null nulls, bit uint) {
	word, shift, across := at/8&1, at%8*8, at%8+uint(unsafe.Sizeof(T(0))) > 8
	keys = keys[:len(vals)]
	if null.none() && !across {
		for i, v := range vals {
			keys[i][word] |= uint64(v) << (shift & 63)
		}
		return
	}
	for i, v := range vals {
		x, is := uint64(v), uint64(0)
		if !null.none() {
			is = null.bit(i)
			x &= is - 1
		}
		keys[i][0] |= is << (bit & 63)
		keys[i][word] |= x << (shift & 63)
		if across {
			keys[i][1] |= x >> ((64 - shift) & 63)
		}
	}
}

// pack puts v at byte at of key; it may lie across the two words.
func pack(key *[2]uint64, at uint, v uint64) {
	if at >= 8 {
		key[1] |= v << ((at - 8) * 8)
		return
	}
	key[0] |= v << (at * 8)
	key[1] |= v >> ((8 - at) * 8) // 0 for at = 0, as Go shifts by 64
}

// AppendKeyBytes sets buf to the keys of the n rows of cols in their byte form, whatever the types.
func AppendKeyBytes(cols []arrow.Array, n int, buf *KeyBuffer) {
	buf.Packed, buf.Texts = nil, buf.Texts[:0]
	buf.fill(cols, n, (*KeyBuffer).keyLengths, (*KeyBuffer).keyColumn)
}

// fill lays the rows' keys one after the other: first their lengths, then column by column their bytes.
func (b *KeyBuffer) fill(cols []arrow.Array, n int, lengths func(*KeyBuffer, int, arrow.Array), write func(*KeyBuffer, int, arrow.Array)) {
	if b.lent {
		b.Data, b.lent, b.null = nil, false, nulls{}
	}
	b.Ends = Sized(b.Ends, n+1)
	clear(b.Ends)
	for c, col := range cols {
		lengths(b, c, col)
	}
	for i := range n {
		b.Ends[i+1] += b.Ends[i]
	}
	b.Data = Sized(b.Data, b.Ends[n])
	b.pos = append(b.pos[:0], b.Ends[:n]...)
	for c, col := range cols {
		write(b, c, col)
	}
}

// Sized returns s with n elements of any value. New memory has room for some more, as batches differ a little in their rows.
func Sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// keyLengths adds the length of the bytes of each value of col to its row's.
func (b *KeyBuffer) keyLengths(_ int, col arrow.Array) {
	d := col.Data()
	null, lens := nullsOf(d), b.Ends[1:]
	switch id := d.DataType().ID(); id {
	case arrow.NULL:
		addAll(lens, 1)
	case arrow.STRING, arrow.BINARY:
		off := offsetsOf(d)
		if null.none() && len(off) > len(lens) {
			off = off[:len(lens)+1]
			for i := range lens {
				lens[i] += 5 + int(off[i+1]-off[i])
			}
			return
		}
		for i := range lens {
			lens[i]++
			if !null.at(i) {
				lens[i] += 4 + int(off[i+1]-off[i])
			}
		}
	case arrow.LIST, arrow.MAP, arrow.STRUCT:
		for i := range lens {
			b.scratch = AppendKey(b.scratch[:0], col, i)
			lens[i] += len(b.scratch)
		}
	default:
		w := (d.DataType().(arrow.FixedWidthDataType).BitWidth() + 7) / 8
		if null.none() {
			addAll(lens, 1+w)
			return
		}
		for i := range lens {
			lens[i]++
			if !null.at(i) {
				lens[i] += w
			}
		}
	}
}

func addAll(lens []int, n int) {
	for i := range lens {
		lens[i] += n
	}
}

// keyColumn writes the bytes of each value of col at its row's place.
func (b *KeyBuffer) keyColumn(_ int, col arrow.Array) {
	d := col.Data()
	null := nullsOf(d)
	switch d.DataType().ID() {
	case arrow.NULL:
		for i := range b.pos {
			b.tag(i, tagNull)
		}
	case arrow.BOOL:
		bits, off := bytesOf(d, 1), d.Offset()
		for i := range b.pos {
			if b.value(i, null) {
				b.Data[b.pos[i]] = byte(bit(bitutil.BitIsSet(bits, off+i)))
				b.pos[i]++
			}
		}
	case arrow.INT8:
		put(b, arrow.GetValues[uint8](d, 1), null, 1, func(dst []byte, v uint8) { dst[0] = v })
	case arrow.INT16:
		put(b, arrow.GetValues[uint16](d, 1), null, 2, binary.LittleEndian.PutUint16)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		put(b, arrow.GetValues[uint32](d, 1), null, 4, binary.LittleEndian.PutUint32)
	case arrow.INT64:
		put(b, arrow.GetValues[uint64](d, 1), null, 8, binary.LittleEndian.PutUint64)
	case arrow.FLOAT32:
		put(b, arrow.GetValues[float32](d, 1), null, 4, func(dst []byte, v float32) { binary.LittleEndian.PutUint32(dst, floatKey32(v)) })
	case arrow.FLOAT64:
		put(b, arrow.GetValues[float64](d, 1), null, 8, func(dst []byte, v float64) { binary.LittleEndian.PutUint64(dst, floatKey64(v)) })
	case arrow.DECIMAL128:
		put(b, arrow.GetValues[decimal128.Num](d, 1), null, 16, func(dst []byte, v decimal128.Num) {
			binary.LittleEndian.PutUint64(dst, v.LowBits())
			binary.LittleEndian.PutUint64(dst[8:], uint64(v.HighBits()))
		})
	case arrow.STRING, arrow.BINARY:
		b.keyText(d, null)
	default:
		for i := range b.pos {
			b.scratch = AppendKey(b.scratch[:0], col, i)
			b.pos[i] += copy(b.Data[b.pos[i]:], b.scratch)
		}
	}
}

func (b *KeyBuffer) keyText(d arrow.ArrayData, null nulls) {
	off := offsetsOf(d)
	text := bytesOf(d, 2)
	if null.none() {
		for i, p := range b.pos {
			v := text[off[i]:off[i+1]]
			dst := b.Data[p : p+5+len(v)]
			dst[0] = tagValue
			binary.LittleEndian.PutUint32(dst[1:], uint32(len(v)))
			copy(dst[5:], v)
			b.pos[i] = p + len(dst)
		}
		return
	}
	for i := range b.pos {
		if !b.value(i, null) {
			continue
		}
		p, v := b.pos[i], text[off[i]:off[i+1]]
		binary.LittleEndian.PutUint32(b.Data[p:], uint32(len(v)))
		b.pos[i] = p + 4 + copy(b.Data[p+4:], v)
	}
}

func (b *KeyBuffer) tag(i int, t byte) {
	b.Data[b.pos[i]] = t
	b.pos[i]++
}

// value writes the tag of value i and reports whether a value follows.
func (b *KeyBuffer) value(i int, null nulls) bool {
	if null.at(i) {
		b.tag(i, tagNull)
		return false
	}
	b.tag(i, tagValue)
	return true
}

// put writes values of width bytes by write.
func put[T any](b *KeyBuffer, vals []T, null nulls, width int, write func(dst []byte, v T)) {
	if null.none() {
		for i, p := range b.pos {
			b.Data[p] = tagValue
			write(b.Data[p+1:], vals[i])
			b.pos[i] = p + 1 + width
		}
		return
	}
	for i := range b.pos { // an array of NULLs may lack values
		if b.value(i, null) {
			write(b.Data[b.pos[i]:], vals[i])
			b.pos[i] += width
		}
	}
}

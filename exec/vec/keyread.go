package vec

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Decodable reports whether the values of type t can be made of their keys again. Floating numbers cannot:
// NaN and -0 have another's key. Nor are nested ones.
func Decodable(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.BINARY, arrow.DECIMAL128:
		return true
	case arrow.FLOAT32, arrow.FLOAT64:
		return false
	}
	return packedWidth(t) >= 0
}

// UnpackKeys returns the columns of types, all Decodable and together Fixed, whose packed keys are keys. text gives the text
// of a number that SetCodes has put into them, with the place of its column among the text columns. The caller releases the columns.
func UnpackKeys(mem memory.Allocator, types []arrow.DataType, keys [][2]uint64, text func(column int, code uint32) []byte) []arrow.Array {
	out := make([]arrow.Array, len(types))
	at, texts := uint(1), 0
	nulls := uint64(0) // a bit for each column that has any
	for i := range keys {
		nulls |= keys[i][0]
	}
	for c, t := range types {
		valid := &keyValidity{n: len(keys)}
		if nulls>>uint(c)&1 != 0 {
			valid = newKeyValidity(mem, len(keys))
			for i := range keys {
				valid.set(i, keys[i][0]>>uint(c)&1 == 0)
			}
		}
		if isText(t) {
			column := texts
			out[c] = unpackTexts(mem, t, keys, at, valid, func(code uint32) []byte { return text(column, code) })
			at, texts = at+codeWidth, texts+1
			continue
		}
		var values *memory.Buffer
		switch w := packedWidth(t); {
		case t.ID() == arrow.BOOL:
			values = newBuffer(mem, int(bitutil.BytesForBits(int64(len(keys)))))
			clear(values.Bytes())
			for i := range keys {
				bitutil.SetBitTo(values.Bytes(), i, unpack(&keys[i], at)&1 != 0)
			}
		case w == 1:
			values = unpackAll[uint8](mem, keys, at, 1)
		case w == 2:
			values = unpackAll[uint16](mem, keys, at, 2)
		case w == 4:
			values = unpackAll[uint32](mem, keys, at, 4)
		case w == 8:
			values = unpackAll[uint64](mem, keys, at, 8)
		}
		out[c] = valid.array(t, values)
		at += uint(packedWidth(t))
	}
	return out
}

func unpackAll[T uint8 | uint16 | uint32 | uint64](mem memory.Allocator, keys [][2]uint64, at uint, width int) *memory.Buffer {
	buf := newBuffer(mem, len(keys)*width)
	dst := arrow.GetData[T](buf.Bytes())[:len(keys)]
	for i := range keys {
		dst[i] = T(unpack(&keys[i], at))
	}
	return buf
}

// unpack returns what pack put at byte at of key, and what follows it.
func unpack(key *[2]uint64, at uint) uint64 {
	if at >= 8 {
		return key[1] >> ((at - 8) * 8)
	}
	return key[0]>>(at*8) | key[1]<<((8-at)*8) // 0 for at = 0, as Go shifts by 64
}

// DecodeKeys returns the columns of types, all Decodable, whose keys in byte form are keys, which it
// consumes. The caller releases the columns.
func DecodeKeys(mem memory.Allocator, types []arrow.DataType, keys [][]byte) []arrow.Array {
	out := make([]arrow.Array, len(types))
	for c, t := range types {
		valid := newKeyValidity(mem, len(keys))
		for i, k := range keys {
			valid.set(i, k[0] == tagValue)
			keys[i] = k[1:]
		}
		switch t.ID() {
		case arrow.NULL:
			out[c] = valid.array(t)
		case arrow.STRING, arrow.BINARY:
			out[c] = valid.array(t, decodeText(mem, t, keys, valid)...)
		case arrow.BOOL:
			values := newBuffer(mem, int(bitutil.BytesForBits(int64(len(keys)))))
			clear(values.Bytes())
			for i, k := range keys {
				if valid.at(i) {
					bitutil.SetBitTo(values.Bytes(), i, k[0] != 0)
					keys[i] = k[1:]
				}
			}
			out[c] = valid.array(t, values)
		default:
			out[c] = valid.array(t, decodeFixed(mem, t, keys, valid))
		}
	}
	return out
}

// TextColumn returns the column of type t, a text type, of n values, which text tells; nil is NULL. It is called several times
// for a value. The caller releases the column.
func TextColumn(mem memory.Allocator, t arrow.DataType, n int, text func(i int) []byte) arrow.Array {
	valid, nulls := &keyValidity{n: n}, false
	offsets, data, ends := newTexts(mem, t, n, func(i int) int {
		b := text(i)
		nulls = nulls || b == nil
		return len(b)
	})
	if nulls {
		valid = newKeyValidity(mem, n)
		for i := range n {
			valid.set(i, text(i) != nil)
		}
	}
	dst := data.Bytes()
	for i, end := range ends[:n] {
		copyText(dst[end:], text(i))
	}
	return valid.array(t, offsets, data)
}

// copyText is copy where what is behind both may be read and will be written. Most texts are short, and a call costs more than they.
func copyText(dst, src []byte) {
	const short = 48
	if len(src) > short || cap(src) < short || len(dst) < short {
		copy(dst, src)
		return
	}
	src = src[:short]
	*(*[16]byte)(dst) = [16]byte(src)
	*(*[16]byte)(dst[16:]) = [16]byte(src[16:])
	*(*[16]byte)(dst[32:]) = [16]byte(src[32:])
}

// newTexts returns the offsets of n texts of the lengths that length gives, which is called once for each in order, and room
// for their bytes. ends is the offsets' values.
func newTexts(mem memory.Allocator, t arrow.DataType, n int, length func(i int) int) (offsets, data *memory.Buffer, ends []int32) {
	offsets = newBuffer(mem, (n+1)*4)
	ends = arrow.GetData[int32](offsets.Bytes())[:n+1]
	ends[0] = 0
	total := int64(0)
	for i := range n {
		total += int64(length(i))
		ends[i+1] = int32(total)
	}
	if total > math.MaxInt32 {
		offsets.Release()
		panic(tooLong(t))
	}
	return offsets, newBuffer(mem, int(total)), ends
}

// decodeText takes a text from each key that has one.
func decodeText(mem memory.Allocator, t arrow.DataType, keys [][]byte, valid *keyValidity) []*memory.Buffer {
	offsets, data, ends := newTexts(mem, t, len(keys), func(i int) int {
		if !valid.at(i) {
			return 0
		}
		return int(binary.LittleEndian.Uint32(keys[i]))
	})
	text := data.Bytes()
	for i, k := range keys {
		if valid.at(i) {
			n := copy(text[ends[i]:ends[i+1]], k[4:])
			keys[i] = k[4+n:]
		}
	}
	return []*memory.Buffer{offsets, data}
}

// decodeFixed takes a value of fixed width from each key that has one.
func decodeFixed(mem memory.Allocator, t arrow.DataType, keys [][]byte, valid *keyValidity) *memory.Buffer {
	switch t.(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return decodeAll(mem, keys, valid, 1, func(k []byte) uint8 { return k[0] })
	case 16:
		return decodeAll(mem, keys, valid, 2, binary.LittleEndian.Uint16)
	case 32:
		return decodeAll(mem, keys, valid, 4, binary.LittleEndian.Uint32)
	case 64:
		return decodeAll(mem, keys, valid, 8, binary.LittleEndian.Uint64)
	}
	return decodeAll(mem, keys, valid, 16, func(k []byte) decimal128.Num {
		return decimal128.New(int64(binary.LittleEndian.Uint64(k[8:])), binary.LittleEndian.Uint64(k))
	})
}

func decodeAll[T arrow.FixedWidthType](mem memory.Allocator, keys [][]byte, valid *keyValidity, width int, read func([]byte) T) *memory.Buffer {
	buf := newBuffer(mem, len(keys)*width)
	dst := arrow.GetData[T](buf.Bytes())[:len(keys)]
	for i, k := range keys {
		var v T
		if valid.at(i) {
			v = read(k)
			keys[i] = k[width:]
		}
		dst[i] = v
	}
	return buf
}

// keyValidity is the bitmap of a column that is read from keys.
type keyValidity struct {
	buf   *memory.Buffer // nil: all are valid
	bits  []byte
	n     int
	nulls int
}

func newKeyValidity(mem memory.Allocator, n int) *keyValidity {
	v := &keyValidity{buf: newBuffer(mem, int(bitutil.BytesForBits(int64(n)))), n: n}
	v.bits = v.buf.Bytes()
	clear(v.bits)
	return v
}

// set says whether row i has a value; each row is said once.
func (v *keyValidity) set(i int, valid bool) {
	if valid {
		bitutil.SetBit(v.bits, i)
	} else {
		v.nulls++
	}
}

func (v *keyValidity) at(i int) bool { return v.bits == nil || bitutil.BitIsSet(v.bits, i) }

// array makes the column of v and the other buffers, which it releases.
func (v *keyValidity) array(t arrow.DataType, buffers ...*memory.Buffer) arrow.Array {
	mask := v.buf
	if mask != nil && (v.nulls == 0 || t.ID() == arrow.NULL) {
		mask.Release()
		mask = nil
	}
	if t.ID() == arrow.NULL {
		buffers, v.nulls = nil, v.n
	}
	all := append([]*memory.Buffer{mask}, buffers...)
	d := array.NewData(t, v.n, all, nil, v.nulls, 0)
	defer d.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(d)
}

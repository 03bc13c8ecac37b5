package serde

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// finish returns the values as an array and empties the column. Its slices go with the array, and come back when it is released; others
// of about the same capacity take their place, since batches are much alike.
func (c *vector) finish() arrow.Array {
	d := c.arrayData()
	defer d.Release()
	return array.MakeFromData(d)
}

func (c *vector) arrayData() *array.Data {
	if c.kind == kindAbsent {
		return c.finishAbsent()
	}
	n, nulls := c.n, c.nulls
	buffers, children := c.buffers(), c.children()
	d := array.NewData(c.typ, n, buffers, children, nulls, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, k := range children {
		k.Release()
	}
	c.n, c.nulls, c.valid = 0, 0, nil
	c.start()
	return d
}

func (c *vector) children() []arrow.ArrayData {
	switch c.kind {
	case kindMap:
		key, value := c.kids[0].arrayData(), c.kids[1].arrayData()
		defer key.Release()
		defer value.Release()
		entries := array.NewData(c.typ.(*arrow.MapType).Elem(), key.Len(), []*memory.Buffer{nil}, []arrow.ArrayData{key, value}, 0, 0)
		return []arrow.ArrayData{entries}
	case kindList, kindStruct:
		out := make([]arrow.ArrayData, len(c.kids))
		for i, k := range c.kids {
			if k.kind == kindAbsent {
				k.n = c.n // readers do not count what nobody wants
			}
			out[i] = k.arrayData()
		}
		return out
	}
	return nil
}

func (c *vector) buffers() []*memory.Buffer {
	if c.kind == kindNull {
		return []*memory.Buffer{nil}
	}
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid[:(c.n+7)/8])
	}
	switch c.kind {
	case kindStruct:
		return []*memory.Buffer{valid}
	case kindList, kindMap:
		return []*memory.Buffer{valid, c.buffer(arrow.Int32Traits.CastToBytes(c.offsets))}
	case kindString, kindVarchar, kindChar, kindBinary:
		offsets := c.buffer(arrow.Int32Traits.CastToBytes(c.offsets))
		data := c.buffer(c.data)
		c.data = fresh[byte](c.mem, spare(len(c.data)))
		return []*memory.Buffer{valid, offsets, data}
	}
	return []*memory.Buffer{valid, c.buffer(c.values())}
}

// buffer returns b, of which nothing else is kept, as a buffer.
func (c *vector) buffer(b []byte) *memory.Buffer { return memory.NewBufferWithAllocator(b, c.mem) }

// fresh returns an empty slice with room for at least n values.
func fresh[T any](mem memory.Allocator, n int) []T {
	if n == 0 {
		return nil
	}
	return inBytes[T](mem.Allocate(n * int(unsafe.Sizeof(*new(T)))))[:0]
}

// inBytes returns b as values, with all the room that b has for more.
func inBytes[T any](b []byte) []T {
	size := int(unsafe.Sizeof(*new(T)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), cap(b)/size)[:len(b)/size]
}

// roomFor returns s, one of the slices of c, with room for n more values.
func roomFor[T any](c *vector, s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	size := int(unsafe.Sizeof(*new(T)))
	had := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)*size)[:len(s)*size]
	return inBytes[T](c.mem.Reallocate(max(2*cap(s), len(s)+n)*size, had))[:len(s)]
}

// spare is the room for about as many values as the n of the batch before: without some more, every second batch would
// have to move to new memory.
func spare(n int) int { return n + n/8 }

// values returns the bytes of a fixed-width column and gives it a new slice.
func (c *vector) values() (b []byte) {
	switch c.kind {
	case kindBool:
		b = c.bits[:(c.n+7)/8]
		c.bits = fresh[byte](c.mem, spare(len(b)))
	case kindInt8:
		b = arrow.Int8Traits.CastToBytes(c.i8)
		c.i8 = fresh[int8](c.mem, spare(len(c.i8)))
	case kindInt16:
		b = arrow.Int16Traits.CastToBytes(c.i16)
		c.i16 = fresh[int16](c.mem, spare(len(c.i16)))
	case kindInt32, kindDate:
		b = arrow.Int32Traits.CastToBytes(c.i32)
		c.i32 = fresh[int32](c.mem, spare(len(c.i32)))
	case kindInt64:
		b = arrow.Int64Traits.CastToBytes(c.i64)
		c.i64 = fresh[int64](c.mem, spare(len(c.i64)))
	case kindFloat32:
		b = arrow.Float32Traits.CastToBytes(c.f32)
		c.f32 = fresh[float32](c.mem, spare(len(c.f32)))
	case kindFloat64:
		b = arrow.Float64Traits.CastToBytes(c.f64)
		c.f64 = fresh[float64](c.mem, spare(len(c.f64)))
	case kindDecimal, kindTimestamp, kindZoned:
		b = arrow.Decimal128Traits.CastToBytes(c.dec)
		c.dec = fresh[decimal128.Num](c.mem, spare(len(c.dec)))
	}
	return b
}

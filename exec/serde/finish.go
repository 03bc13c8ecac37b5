package serde

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// finish returns the values as an array and empties the column. Its slices go with the array; new
// ones of the same capacity take their place, since batches are much alike.
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
		return []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets))}
	case kindString, kindVarchar, kindChar, kindBinary:
		offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets))
		data := memory.NewBufferBytes(c.data)
		c.data = make([]byte, 0, spare(len(c.data)))
		return []*memory.Buffer{valid, offsets, data}
	}
	return []*memory.Buffer{valid, memory.NewBufferBytes(c.values())}
}

// spare is the room for about as many values as the n of the batch before: without some more, every second batch would
// have to move to new memory.
func spare(n int) int { return n + n/8 }

// values returns the bytes of a fixed-width column and gives it a new slice.
func (c *vector) values() (b []byte) {
	switch c.kind {
	case kindBool:
		b = c.bits[:(c.n+7)/8]
		c.bits = make([]byte, 0, spare(len(b)))
	case kindInt8:
		b = arrow.Int8Traits.CastToBytes(c.i8)
		c.i8 = make([]int8, 0, spare(len(c.i8)))
	case kindInt16:
		b = arrow.Int16Traits.CastToBytes(c.i16)
		c.i16 = make([]int16, 0, spare(len(c.i16)))
	case kindInt32, kindDate:
		b = arrow.Int32Traits.CastToBytes(c.i32)
		c.i32 = make([]int32, 0, spare(len(c.i32)))
	case kindInt64:
		b = arrow.Int64Traits.CastToBytes(c.i64)
		c.i64 = make([]int64, 0, spare(len(c.i64)))
	case kindFloat32:
		b = arrow.Float32Traits.CastToBytes(c.f32)
		c.f32 = make([]float32, 0, spare(len(c.f32)))
	case kindFloat64:
		b = arrow.Float64Traits.CastToBytes(c.f64)
		c.f64 = make([]float64, 0, spare(len(c.f64)))
	case kindDecimal, kindTimestamp, kindZoned:
		b = arrow.Decimal128Traits.CastToBytes(c.dec)
		c.dec = make([]decimal128.Num, 0, spare(len(c.dec)))
	}
	return b
}

package serde

import (
	"bytes"
	"fmt"
)

func (c *vector) isNull(i int) bool { return c.valid != nil && c.valid[i>>3]>>(i&7)&1 == 0 }

// equal compares two values of a primitive column.
func (c *vector) equal(i, j int) bool {
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary:
		return bytes.Equal(c.data[c.offsets[i]:c.offsets[i+1]], c.data[c.offsets[j]:c.offsets[j+1]])
	}
	var a, b [40]byte
	return bytes.Equal(c.appendKey(a[:0], i), c.appendKey(b[:0], j))
}

// appendKey appends bytes that are the same for equal values of a primitive column.
func (c *vector) appendKey(dst []byte, i int) []byte {
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary:
		return append(dst, c.data[c.offsets[i]:c.offsets[i+1]]...)
	case kindBool:
		return append(dst, c.bits[i>>3]>>(i&7)&1)
	case kindInt8:
		return appendUint64(dst, uint64(c.i8[i]))
	case kindInt16:
		return appendUint64(dst, uint64(c.i16[i]))
	case kindInt32, kindDate:
		return appendUint64(dst, uint64(c.i32[i]))
	case kindInt64:
		return appendUint64(dst, uint64(c.i64[i]))
	case kindFloat32:
		return fmt.Append(dst, c.f32[i])
	case kindFloat64:
		return fmt.Append(dst, c.f64[i])
	case kindDecimal, kindTimestamp, kindZoned:
		return appendUint64(appendUint64(dst, uint64(c.dec[i].HighBits())), c.dec[i].LowBits())
	}
	return dst
}

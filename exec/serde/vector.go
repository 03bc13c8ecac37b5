package serde

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/textscan"
)

// kind is what a column stores, so that hot loops switch on a byte and not on types.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindFloat32
	kindFloat64
	kindDecimal
	kindTimestamp
	kindZoned // timestamp with local time zone
	kindDate
	kindString
	kindVarchar
	kindChar
	kindBinary
	kindList
	kindMap
	kindStruct
	kindAbsent // of any type, all NULL: nobody wants the values
)

// vector is the values of one column, or of the items below one, in Arrow's layout.
type vector struct {
	typ   arrow.DataType
	mem   memory.Allocator // of the slices that batches get
	kind  kind
	n     int
	valid []byte // bitmap; nil while no value is NULL
	nulls int
	bad   int64

	bits     []byte // boolean
	i8       []int8
	i16      []int16
	i32      []int32 // also date
	i64      []int64
	f32      []float32
	f64      []float64
	dec      []decimal128.Num
	offsets  []int32 // n+1 values for text, binary, list and map
	data     []byte
	kids     []*vector          // list: item; map: key, value; struct: fields
	keys     []string           // of a map, those whose entries are read; nil: all
	literals []textscan.Literal // of entries of a map: keys, to be searched for
	absent   arrow.ArrayData    // of an absent column: NULLs for batches to come
	width    int                // characters of varchar and char
	prec     int                // of decimal
	scale    int
	union    bool // the first of kids is the tag of a uniontype
}

func newVector(t arrow.DataType, mem memory.Allocator) *vector {
	c := &vector{typ: t, mem: mem}
	switch t := t.(type) {
	case *datatype.Varchar:
		c.kind, c.width = kindVarchar, t.N
	case *datatype.Char:
		c.kind, c.width = kindChar, t.N
	case *datatype.TimestampType:
		c.kind = kindTimestamp
	case *datatype.TimestampLTZType:
		c.kind = kindZoned
	case *arrow.Decimal128Type:
		c.kind, c.prec, c.scale = kindDecimal, int(t.Precision), int(t.Scale)
	case *arrow.MapType:
		c.kind, c.kids = kindMap, []*vector{newVector(t.KeyType(), mem), newVector(t.ItemType(), mem)}
	case *arrow.ListType:
		c.kind, c.kids = kindList, []*vector{newVector(t.Elem(), mem)}
	case *arrow.StructType:
		c.kind = kindStruct
		_, c.union = datatype.UnionMembers(t)
		for _, f := range t.Fields() {
			c.kids = append(c.kids, newVector(f.Type, mem))
		}
	default:
		c.kind = plainKind(t.ID())
	}
	c.start()
	return c
}

func plainKind(id arrow.Type) kind {
	switch id {
	case arrow.BOOL:
		return kindBool
	case arrow.INT8:
		return kindInt8
	case arrow.INT16:
		return kindInt16
	case arrow.INT32:
		return kindInt32
	case arrow.INT64:
		return kindInt64
	case arrow.FLOAT32:
		return kindFloat32
	case arrow.FLOAT64:
		return kindFloat64
	case arrow.STRING:
		return kindString
	case arrow.BINARY:
		return kindBinary
	case arrow.DATE32:
		return kindDate
	}
	return kindNull
}

// start makes empty offsets, of which there is one more than values.
func (c *vector) start() {
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary, kindList, kindMap:
		c.offsets = append(fresh[int32](c.mem, len(c.offsets)), 0)
	}
}

func (c *vector) bytes() int {
	n := len(c.data) + 8*c.n
	for _, k := range c.kids {
		n += k.bytes()
	}
	return n
}

func (c *vector) badValues() int64 {
	n := c.bad
	for _, k := range c.kids {
		n += k.badValues()
	}
	return n
}

func (c *vector) resetBad() {
	c.bad = 0
	for _, k := range c.kids {
		k.resetBad()
	}
}

// saveBad appends the counts of bad values of c and of what is below it to dst.
func (c *vector) saveBad(dst []int64) []int64 {
	dst = append(dst, c.bad)
	for _, k := range c.kids {
		dst = k.saveBad(dst)
	}
	return dst
}

// restoreBad takes back what saveBad appended, and returns the rest of saved.
func (c *vector) restoreBad(saved []int64) []int64 {
	c.bad, saved = saved[0], saved[1:]
	for _, k := range c.kids {
		saved = k.restoreBad(saved)
	}
	return saved
}

// added notes that a value that is not NULL has been appended.
func (c *vector) added() {
	if c.valid != nil {
		c.growValid(c.n + 1)
		bitutil.SetBit(c.valid, c.n)
	}
	c.n++
}

// addedMany notes n appended values of which none is NULL.
func (c *vector) addedMany(n int) {
	if c.valid != nil {
		c.growValid(c.n + n)
		bitutil.SetBitsTo(c.valid, int64(c.n), int64(n), true)
	}
	c.n += n
}

// addedNull notes that the placeholder of a NULL has been appended.
func (c *vector) addedNull() {
	if c.valid == nil {
		c.valid = make([]byte, 0, (max(c.n*2, 1024)+7)/8)
		c.growValid(c.n + 1)
		bitutil.SetBitsTo(c.valid, 0, int64(c.n), true)
	}
	c.growValid(c.n + 1)
	bitutil.ClearBit(c.valid, c.n)
	c.nulls++
	c.n++
}

func (c *vector) growValid(n int) {
	for len(c.valid)*8 < n {
		c.valid = append(c.valid, 0)
	}
}

func (c *vector) appendNull() {
	switch c.kind {
	case kindAbsent:
		c.n++
		return
	case kindBool:
		c.setBool(false)
	case kindInt8:
		c.i8 = append(c.i8, 0)
	case kindInt16:
		c.i16 = append(c.i16, 0)
	case kindInt32, kindDate:
		c.i32 = append(c.i32, 0)
	case kindInt64:
		c.i64 = append(c.i64, 0)
	case kindFloat32:
		c.f32 = append(c.f32, 0)
	case kindFloat64:
		c.f64 = append(c.f64, 0)
	case kindDecimal, kindTimestamp, kindZoned:
		c.dec = append(c.dec, decimal128.Num{})
	case kindString, kindVarchar, kindChar, kindBinary:
		c.offsets = append(c.offsets, int32(len(c.data)))
	case kindList, kindMap:
		c.offsets = append(c.offsets, int32(c.kids[0].n))
	case kindStruct:
		for _, k := range c.kids {
			k.appendNull()
		}
	}
	c.addedNull()
}

// appendBad appends NULL in place of a text that is no value of the column's type, and counts it.
func (c *vector) appendBad() {
	c.appendNull()
	c.bad++
}

// setBool writes the bit of the value that is about to be added.
func (c *vector) setBool(v bool) {
	if c.n>>3 >= len(c.bits) {
		c.bits = append(c.bits, 0)
	}
	bitutil.SetBitTo(c.bits, c.n, v)
}

func (c *vector) appendBool(v bool) {
	c.setBool(v)
	c.added()
}

// appendBytes appends text or binary as it is.
func (c *vector) appendBytes(b []byte) {
	c.data = append(c.data, b...)
	c.endBytes()
}

// endBytes ends a value whose bytes have been appended to data.
func (c *vector) endBytes() {
	c.offsets = append(c.offsets, int32(len(c.data)))
	c.added()
}

// endNested ends a list or map whose items have been appended to kids.
func (c *vector) endNested() {
	c.offsets = append(c.offsets, int32(c.kids[0].n))
	c.added()
}

func (c *vector) appendInt32(v int32) {
	c.i32 = append(c.i32, v)
	c.added()
}

func (c *vector) appendNum(v decimal128.Num) {
	c.dec = append(c.dec, v)
	c.added()
}

// appendInt appends v to an integer column and reports whether it fits; if not nothing is appended.
func (c *vector) appendInt(v int64) bool {
	switch c.kind {
	case kindInt64:
		c.i64 = append(c.i64, v)
	case kindInt32:
		if int64(int32(v)) != v {
			return false
		}
		c.i32 = append(c.i32, int32(v))
	case kindInt16:
		if int64(int16(v)) != v {
			return false
		}
		c.i16 = append(c.i16, int16(v))
	case kindInt8:
		if int64(int8(v)) != v {
			return false
		}
		c.i8 = append(c.i8, int8(v))
	}
	c.added()
	return true
}

// truncate drops values n and later, and the items below them.
func (c *vector) truncate(n int) {
	if n >= c.n {
		return
	}
	if c.valid != nil {
		c.nulls = n - bitutil.CountSetBits(c.valid, 0, n)
	}
	c.n = n
	switch c.kind {
	case kindInt8:
		c.i8 = c.i8[:n]
	case kindInt16:
		c.i16 = c.i16[:n]
	case kindInt32, kindDate:
		c.i32 = c.i32[:n]
	case kindInt64:
		c.i64 = c.i64[:n]
	case kindFloat32:
		c.f32 = c.f32[:n]
	case kindFloat64:
		c.f64 = c.f64[:n]
	case kindDecimal, kindTimestamp, kindZoned:
		c.dec = c.dec[:n]
	case kindString, kindVarchar, kindChar, kindBinary:
		c.offsets = c.offsets[:n+1]
		c.data = c.data[:c.offsets[n]]
	case kindList, kindMap:
		c.offsets = c.offsets[:n+1]
		for _, k := range c.kids {
			k.truncate(int(c.offsets[n]))
		}
	case kindStruct:
		for _, k := range c.kids {
			k.truncate(n)
		}
	}
}

// compact keeps of the values from start on only those at the places of keep, which count from start and ascend. The
// column is not nested.
func (c *vector) compact(start int, keep []uint32) {
	if c.valid != nil {
		for i, k := range keep {
			bitutil.SetBitTo(c.valid, start+i, !c.isNull(start+int(k)))
		}
	}
	switch c.kind {
	case kindBool:
		for i, k := range keep {
			bitutil.SetBitTo(c.bits, start+i, bitutil.BitIsSet(c.bits, start+int(k)))
		}
	case kindInt8:
		compactSlice(c.i8[start:], keep)
	case kindInt16:
		compactSlice(c.i16[start:], keep)
	case kindInt32, kindDate:
		compactSlice(c.i32[start:], keep)
	case kindInt64:
		compactSlice(c.i64[start:], keep)
	case kindFloat32:
		compactSlice(c.f32[start:], keep)
	case kindFloat64:
		compactSlice(c.f64[start:], keep)
	case kindDecimal, kindTimestamp, kindZoned:
		compactSlice(c.dec[start:], keep)
	case kindString, kindVarchar, kindChar, kindBinary:
		end := c.offsets[start]
		for i, k := range keep {
			at := start + int(k)
			end += int32(copy(c.data[end:], c.data[c.offsets[at]:c.offsets[at+1]]))
			c.offsets[start+i+1] = end
		}
	}
	c.truncate(start + len(keep))
}

func compactSlice[T any](v []T, keep []uint32) {
	for i, k := range keep {
		v[i] = v[k]
	}
}

// text returns b as a string without a copy; it must not be kept.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

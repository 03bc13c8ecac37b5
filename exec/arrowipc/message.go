package arrowipc

import (
	"encoding/binary"
	"fmt"
)

// Checker checks the messages of one stream in their order. The zero value is ready.
type Checker struct {
	schema         bool // has come
	nodes, buffers int  // that a batch of the schema has
}

// Message walks the flatbuffer header of an Arrow IPC message and refuses it unless every offset,
// vector and string lies inside the header, every buffer inside the body, and a batch has as many arrays
// and buffers as the schema before it asks for. Bodies may not be compressed, since a compressed length
// cannot be checked without inflating it.
//
// The layout is that of Message.fbs and Schema.fbs of the Arrow format: a Message has version (field
// 0), header type (1), header (2) and body length (3).
func (k *Checker) Message(header, body []byte) error {
	if len(header) == 0 {
		return nil // metadata only
	}
	msg, c, err := message(header)
	if err != nil {
		return err
	}
	c.body = int64(len(body))
	kind, err := msg.u8(1)
	if err != nil {
		return err
	}
	inner, ok, err := msg.child(2)
	if err != nil || !ok {
		return firstOf(err, fmt.Errorf("an Arrow message without a header"))
	}
	switch kind {
	case headerSchema:
		if k.schema {
			return fmt.Errorf("an Arrow stream with two schemas")
		}
		err := c.schema(inner)
		k.schema, k.nodes, k.buffers = true, c.fields, c.buffers
		return err
	case headerBatch:
		if !k.schema {
			return fmt.Errorf("an Arrow stream with a batch before its schema")
		}
		return c.batch(inner, k.nodes, k.buffers)
	}
	return fmt.Errorf("an Arrow message of kind %d is not accepted", kind)
}

// message is the outermost table of a header.
func message(header []byte) (fbTable, *checker, error) {
	c := &checker{b: header}
	root, err := c.offset(0)
	if err != nil {
		return fbTable{}, nil, err
	}
	msg, err := c.table(root)
	return msg, c, err
}

// bodyLength is how many bytes follow header, as it says.
func bodyLength(header []byte) (int64, error) {
	msg, c, err := message(header)
	if err != nil {
		return 0, err
	}
	at, err := msg.field(3, 8)
	if err != nil || at == 0 {
		return 0, err
	}
	return c.i64(at), nil
}

// Kinds of message headers.
const (
	headerSchema = 1
	headerBatch  = 3
)

// Bounds of what a client may send.
const (
	maxFields = 5000
	maxNest   = 64
)

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checker is one message: its header, the length of its body, and how many fields and buffers of a schema it has seen.
type checker struct {
	b               []byte
	body            int64
	fields, buffers int
}

// fbTable is a flatbuffer table at pos whose vtable has been checked.
type fbTable struct {
	c           *checker
	pos, vtable int
	vsize       int
}

func (c *checker) inside(pos, n int) error {
	if pos < 0 || n < 0 || pos > len(c.b)-n {
		return fmt.Errorf("an Arrow message points outside itself (byte %d, length %d of %d)", pos, n, len(c.b))
	}
	return nil
}

func (c *checker) u32(pos int) (uint32, error) {
	if err := c.inside(pos, 4); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(c.b[pos:]), nil
}

// offset follows the relative offset at pos.
func (c *checker) offset(pos int) (int, error) {
	v, err := c.u32(pos)
	if err != nil {
		return 0, err
	}
	to := int64(pos) + int64(v)
	if v == 0 || to > int64(len(c.b)) {
		return 0, fmt.Errorf("an Arrow message points outside itself (byte %d)", to)
	}
	return int(to), nil
}

func (c *checker) table(pos int) (fbTable, error) {
	v, err := c.u32(pos)
	if err != nil {
		return fbTable{}, err
	}
	vtable := int64(pos) - int64(int32(v))
	if vtable < 0 || vtable > int64(len(c.b)) {
		return fbTable{}, fmt.Errorf("an Arrow message has a table without a layout")
	}
	if err := c.inside(int(vtable), 4); err != nil {
		return fbTable{}, err
	}
	size := int(binary.LittleEndian.Uint16(c.b[vtable:]))
	inline := int(binary.LittleEndian.Uint16(c.b[vtable+2:]))
	if size < 4 || size%2 != 0 {
		return fbTable{}, fmt.Errorf("an Arrow message has a table with a broken layout")
	}
	return fbTable{c, pos, int(vtable), size}, firstOf(c.inside(int(vtable), size), c.inside(pos, inline))
}

// field returns where field i lies, 0 if it is not set.
func (t fbTable) field(i, width int) (int, error) {
	slot := 4 + 2*i
	if slot+2 > t.vsize {
		return 0, nil
	}
	off := int(binary.LittleEndian.Uint16(t.c.b[t.vtable+slot:]))
	if off == 0 {
		return 0, nil
	}
	return t.pos + off, t.c.inside(t.pos+off, width)
}

func (t fbTable) u8(i int) (uint8, error) {
	at, err := t.field(i, 1)
	if err != nil || at == 0 {
		return 0, err
	}
	return t.c.b[at], nil
}

// child returns the table that field i points to.
func (t fbTable) child(i int) (fbTable, bool, error) {
	at, err := t.field(i, 4)
	if err != nil || at == 0 {
		return fbTable{}, false, err
	}
	to, err := t.c.offset(at)
	if err != nil {
		return fbTable{}, false, err
	}
	inner, err := t.c.table(to)
	return inner, err == nil, err
}

// vector returns where the elements of vector field i begin and how many of width bytes there are.
func (t fbTable) vector(i, width int) (start, n int, err error) {
	at, err := t.field(i, 4)
	if err != nil || at == 0 {
		return 0, 0, err
	}
	to, err := t.c.offset(at)
	if err != nil {
		return 0, 0, err
	}
	count, err := t.c.u32(to)
	if err != nil {
		return 0, 0, err
	}
	if int64(count)*int64(width) > int64(len(t.c.b)) {
		return 0, 0, fmt.Errorf("an Arrow message announces %d elements in %d bytes", count, len(t.c.b))
	}
	return to + 4, int(count), t.c.inside(to+4, int(count)*width)
}

// tables calls f for each table of vector field i.
func (t fbTable) tables(i int, f func(fbTable) error) error {
	start, n, err := t.vector(i, 4)
	if err != nil {
		return err
	}
	for k := range n {
		to, err := t.c.offset(start + 4*k)
		if err != nil {
			return err
		}
		inner, err := t.c.table(to)
		if err != nil {
			return err
		}
		if err := f(inner); err != nil {
			return err
		}
	}
	return nil
}

// schema checks endianness (0), fields (1) and custom metadata (2).
func (c *checker) schema(t fbTable) error {
	return firstOf(t.tables(1, func(f fbTable) error { return c.field(f, 0) }), c.metadata(t, 2))
}

// field checks name (0), type (3), dictionary (4), children (5) and custom metadata (6).
func (c *checker) field(t fbTable, depth int) error {
	if c.fields++; c.fields > maxFields || depth > maxNest {
		return fmt.Errorf("an Arrow schema of more than %d fields or %d levels is not accepted", maxFields, maxNest)
	}
	if _, _, err := t.vector(0, 1); err != nil {
		return err
	}
	typ, ok, err := t.child(3)
	if err != nil {
		return err
	}
	kind, err := t.u8(2)
	if err != nil {
		return err
	}
	buffers, known := buffersOf[kind]
	if !ok || !known {
		return fmt.Errorf("an Arrow field of type %d is not accepted", kind)
	}
	if c.buffers += buffers; kind == typeTimestamp {
		if _, _, err := typ.vector(1, 1); err != nil {
			return err
		}
	}
	if _, has, err := t.child(4); err != nil || has {
		return firstOf(err, fmt.Errorf("dictionary columns are not accepted"))
	}
	children := 0
	err = t.tables(5, func(f fbTable) error {
		children++
		return c.field(f, depth+1)
	})
	if nested := kind == typeList || kind == typeMap; nested && children != 1 || !nested && kind != typeStruct && children != 0 {
		err = firstOf(err, fmt.Errorf("an Arrow field of type %d with %d children", kind, children))
	}
	return firstOf(err, c.metadata(t, 6))
}

// Types of Schema.fbs.
const (
	typeNull = iota + 1
	typeInt
	typeFloat
	typeBinary
	typeText
	typeBool
	typeDecimal
	typeDate
	typeTime
	typeTimestamp
	typeInterval
	typeList
	typeStruct
	_ // union
	typeFixedBinary
	_ // fixed-size list
	typeMap
	typeDuration
	typeLargeBinary
	typeLargeText
)

// buffersOf is how many buffers an array of a type has. Types that are not in it are not accepted.
var buffersOf = map[uint8]int{
	typeNull: 0, typeStruct: 1,
	typeInt: 2, typeFloat: 2, typeBool: 2, typeDecimal: 2, typeDate: 2, typeTime: 2, typeTimestamp: 2, typeInterval: 2, typeDuration: 2,
	typeFixedBinary: 2, typeList: 2, typeMap: 2,
	typeBinary: 3, typeText: 3, typeLargeBinary: 3, typeLargeText: 3,
}

func (c *checker) metadata(t fbTable, i int) error {
	return t.tables(i, func(kv fbTable) error {
		_, _, err := kv.vector(0, 1)
		_, _, err2 := kv.vector(1, 1)
		return firstOf(err, err2)
	})
}

// batch checks length (0), nodes (1: length and null count, 16 bytes), buffers (2: offset and length, 16
// bytes) and compression (3); there must be nodes and buffers of the given numbers.
func (c *checker) batch(t fbTable, nodes, buffers int) error {
	if _, compressed, err := t.child(3); err != nil || compressed {
		return firstOf(err, fmt.Errorf("compressed Arrow batches are not accepted"))
	}
	rows, err := t.field(0, 8)
	if err != nil {
		return err
	}
	limit := c.body*8 + 1 // a value takes at least a bit
	if rows != 0 && (c.i64(rows) < 0 || c.i64(rows) > max(limit, 1<<16)) {
		return fmt.Errorf("an Arrow batch announces %d rows in %d bytes", c.i64(rows), c.body)
	}
	start, n, err := t.vector(1, 16)
	if err != nil || n != nodes {
		return firstOf(err, fmt.Errorf("an Arrow batch of %d arrays, its schema has %d", n, nodes))
	}
	for k := range n {
		length, nulls := c.i64(start+16*k), c.i64(start+16*k+8)
		if length < 0 || length > max(limit, 1<<16) || nulls < 0 || nulls > length {
			return fmt.Errorf("an Arrow batch announces an array of %d values with %d NULLs in %d bytes", length, nulls, c.body)
		}
	}
	if start, n, err = t.vector(2, 16); err != nil || n != buffers {
		return firstOf(err, fmt.Errorf("an Arrow batch of %d buffers, its schema needs %d", n, buffers))
	}
	for k := range n {
		off, length := c.i64(start+16*k), c.i64(start+16*k+8)
		if off < 0 || length < 0 || off > c.body || length > c.body-off {
			return fmt.Errorf("an Arrow buffer lies outside its message (byte %d, length %d of %d)", off, length, c.body)
		}
	}
	return nil
}

func (c *checker) i64(pos int) int64 { return int64(binary.LittleEndian.Uint64(c.b[pos:])) }

package datatype

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Plain returns the Arrow type that stores t: wrappers of this package, also nested ones, are
// replaced. Arrow's builders and IPC know plain types only.
func Plain(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *Varchar, *Char:
		return String
	case *TimestampType, *TimestampLTZType, *DayTimeType:
		return nanos
	case *arrow.MapType:
		return arrow.MapOf(Plain(t.KeyType()), Plain(t.ItemType()))
	case *arrow.ListType:
		return arrow.ListOf(Plain(t.Elem()))
	case *arrow.StructType:
		fields := make([]arrow.Field, len(t.Fields()))
		for i, f := range t.Fields() {
			f.Type = Plain(f.Type)
			fields[i] = f
		}
		return arrow.StructOf(fields...)
	}
	return t
}

// PlainSchema returns s with every field's type Plain.
func PlainSchema(s *arrow.Schema) *arrow.Schema {
	fields := make([]arrow.Field, len(s.Fields()))
	for i, f := range s.Fields() {
		f.Type = Plain(f.Type)
		fields[i] = f
	}
	return arrow.NewSchema(fields, nil)
}

// Relabel returns the values of a as type t, which must be stored as a's type is. The caller
// releases the result; a keeps its own reference.
func Relabel(a arrow.Array, t arrow.DataType) arrow.Array {
	d := relabelData(a.Data(), t)
	defer d.Release()
	return array.MakeFromData(d)
}

func relabelData(d arrow.ArrayData, t arrow.DataType) *array.Data {
	var kinds []arrow.DataType
	switch t := t.(type) {
	case *arrow.MapType:
		kinds = []arrow.DataType{t.Elem()}
	case *arrow.ListType:
		kinds = []arrow.DataType{t.Elem()}
	case *arrow.StructType:
		for _, f := range t.Fields() {
			kinds = append(kinds, f.Type)
		}
	}
	children := make([]arrow.ArrayData, len(kinds))
	for i, k := range kinds {
		child := relabelData(d.Children()[i], k)
		defer child.Release()
		children[i] = child
	}
	return array.NewData(t, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}

// NewBuilder returns a builder of the plain form of t. Finish gives the array its type back.
func NewBuilder(mem memory.Allocator, t arrow.DataType) array.Builder {
	return array.NewBuilder(mem, Plain(t))
}

// Finish ends b, a builder of NewBuilder(mem, t), and returns its array as type t.
func Finish(b array.Builder, t arrow.DataType) arrow.Array {
	a := b.NewArray()
	defer a.Release()
	return Relabel(a, t)
}

// Nulls returns an array of n NULLs of type t.
func Nulls(mem memory.Allocator, t arrow.DataType, n int) arrow.Array {
	b := NewBuilder(mem, t)
	defer b.Release()
	b.Reserve(n)
	for range n {
		b.AppendNull()
	}
	return Finish(b, t)
}

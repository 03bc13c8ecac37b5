package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// castNested casts arrays, maps and structs of one shape part by part; fields of structs by place.
func castNested(from, to arrow.DataType) Kernel {
	var children []Kernel
	add := func(f, t arrow.DataType) bool {
		k := castKernel(f, t)
		children = append(children, k)
		return k != nil
	}
	switch f := from.(type) {
	case *arrow.MapType:
		t, ok := to.(*arrow.MapType)
		if !ok || !add(f.KeyType(), t.KeyType()) || !add(f.ItemType(), t.ItemType()) {
			return nil
		}
	case *arrow.ListType:
		t, ok := to.(*arrow.ListType)
		if !ok || !add(f.Elem(), t.Elem()) {
			return nil
		}
	case *arrow.StructType:
		t, ok := to.(*arrow.StructType)
		if !ok || datatype.HasUnion(f) || datatype.HasUnion(t) || len(t.Fields()) != len(f.Fields()) {
			return nil
		}
		for i := range f.Fields() {
			if !add(f.Field(i).Type, t.Field(i).Type) {
				return nil
			}
		}
	default:
		return nil
	}
	return func(c *Ctx, args []Vec, _ int) (arrow.Array, error) {
		d, err := castChildren(c, args[0].Data(), to, children)
		if err != nil {
			return nil, err
		}
		defer d.Release()
		return array.MakeFromData(d), nil
	}
}

// castChildren rebuilds d as type to with its parts cast. The caller releases it.
func castChildren(c *Ctx, d arrow.ArrayData, to arrow.DataType, kernels []Kernel) (arrow.ArrayData, error) {
	var parts []arrow.ArrayData
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	of := d
	if to.ID() == arrow.MAP {
		of = d.Children()[0] // entries: a struct of key and value
	}
	for i, k := range kernels {
		in := array.MakeFromData(of.Children()[i])
		out, err := k(c, []Vec{{Array: in}}, in.Len())
		in.Release()
		if err != nil {
			return nil, err
		}
		out.Data().Retain()
		parts = append(parts, out.Data())
		out.Release()
	}
	buffers, children := append([]*memory.Buffer(nil), d.Buffers()...), parts
	if m, ok := to.(*arrow.MapType); ok {
		entries := array.NewData(m.Elem(), of.Len(), of.Buffers(), parts, of.NullN(), of.Offset())
		defer entries.Release()
		children = []arrow.ArrayData{entries}
	}
	return array.NewData(to, d.Len(), buffers, children, d.NullN(), d.Offset()), nil
}

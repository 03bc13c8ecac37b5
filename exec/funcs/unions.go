package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// unions make values of uniontype and open them.
var unions = []Scalar{
	{Name: "create_union", Doc: "create_union(tag, a, b, …): a uniontype whose value is a if tag is 0, b if it is 1, …; extract_union(create_union(1, 'x', 7), 1) is 7", Bind: bindCreateUnion},
	{Name: "extract_union", Doc: "extract_union(u[, tag]): each uniontype in u as a struct of its members tag_0, tag_1, …, all but one NULL; or the member of this tag, NULL if u has another; extract_union(create_union(0, 'x', 7)).tag_0 is 'x'", Bind: bindExtractUnion},
}

func bindCreateUnion(args []Arg) (Bound, error) {
	if err := wantArgs("create_union", args, 2, -1); err != nil {
		return Bound{}, err
	}
	if !datatype.IsInteger(args[0].Type) {
		return Bound{}, badArg("create_union", 0, "a whole number", args[0].Type)
	}
	casts, members := []arrow.DataType{datatype.BigInt}, []arrow.DataType(nil)
	for _, a := range args[1:] {
		casts, members = append(casts, nil), append(members, a.Type)
	}
	t := datatype.Union(members...)
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		tags, nulls := fixedOf[int64](args[0]), nullsOf(args[0])
		valid, stored := make([]bool, n), make([]int8, n)
		idx := make([][]int32, len(members))
		for k := range idx {
			idx[k] = make([]int32, n)
			for i := range idx[k] {
				idx[k][i] = -1
			}
		}
		for i := range n {
			if valid[i] = !nulls.at(i); !valid[i] {
				continue
			}
			k := tags.at(i)
			if k < 0 || k >= int64(len(members)) {
				return nil, diag.Errorf(diag.BadValue, "create_union has no member %d: they are 0 to %d", k, len(members)-1)
			}
			stored[i], idx[k][i] = int8(k), int32(args[1+k].At(i))
		}
		parts := []arrow.Array{fixedArray(c.Mem, datatype.TinyInt, stored, valid)}
		for k := range members {
			parts = append(parts, vec.Take(c.Mem, args[1+k].Array, idx[k]))
		}
		children := make([]arrow.ArrayData, len(parts))
		for k, p := range parts {
			defer p.Release()
			children[k] = p.Data()
		}
		mask, missing := validityOf(c.Mem, valid)
		if mask != nil {
			defer mask.Release()
		}
		d := array.NewData(t, n, []*memory.Buffer{mask}, children, missing, 0)
		defer d.Release()
		return array.MakeFromData(d), nil
	}}, nil
}

func bindExtractUnion(args []Arg) (Bound, error) {
	if err := wantArgs("extract_union", args, 1, 2); err != nil {
		return Bound{}, err
	}
	if len(args) == 2 {
		members, ok := datatype.UnionMembers(args[0].Type)
		if !ok {
			return Bound{}, badArg("extract_union", 0, "a uniontype", args[0].Type)
		}
		tag, err := constInt("extract_union", args, 1)
		if err != nil {
			return Bound{}, err
		}
		if tag < 0 || tag >= int64(len(members)) {
			return Bound{}, diag.Errorf(diag.Type, "%s has the tags 0 to %d, not %d", datatype.Name(args[0].Type), len(members)-1, tag)
		}
		return Bound{Casts: []arrow.DataType{nil, nil}, Type: members[tag].Type, Kernel: fieldOfStruct(1 + int(tag))}, nil
	}
	if !datatype.HasUnion(args[0].Type) {
		return Bound{}, badArg("extract_union", 0, "a uniontype", args[0].Type)
	}
	t := opened(args[0].Type)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		d := openUnions(args[0].Data(), t)
		defer d.Release()
		a := array.MakeFromData(d)
		if !args[0].Const {
			return a, nil
		}
		defer a.Release()
		return vec.Take(c.Mem, a, make([]int32, n)), nil
	}}, nil
}

// opened is t with structs in the place of each uniontype.
func opened(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *arrow.MapType:
		return datatype.Map(opened(t.KeyType()), opened(t.ItemType()))
	case *arrow.ListType:
		return datatype.Array(opened(t.Elem()))
	case *arrow.StructType:
		fields, ok := datatype.UnionMembers(t)
		if !ok {
			fields = t.Fields()
		}
		out := make([]arrow.Field, len(fields))
		for i, f := range fields {
			out[i] = arrow.Field{Name: f.Name, Type: opened(f.Type)}
		}
		return datatype.Struct(out...)
	}
	return t
}

// openUnions is d, whose type opened to, without the tags. The values are not copied; the caller releases it.
func openUnions(d arrow.ArrayData, to arrow.DataType) arrow.ArrayData {
	kids := d.Children()
	if _, ok := datatype.UnionMembers(d.DataType()); ok {
		kids = kids[1:]
	}
	var types []arrow.DataType
	switch to := to.(type) {
	case *arrow.MapType:
		types = []arrow.DataType{to.Elem()} // a struct of key and value
	case *arrow.ListType:
		types = []arrow.DataType{to.Elem()}
	case *arrow.StructType:
		for _, f := range to.Fields() {
			types = append(types, f.Type)
		}
	default:
		d.Retain()
		return d
	}
	children := make([]arrow.ArrayData, len(kids))
	for i, k := range kids {
		children[i] = openUnions(k, types[i])
		defer children[i].Release()
	}
	return array.NewData(to, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}

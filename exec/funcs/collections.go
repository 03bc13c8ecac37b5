package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// containers makes arrays, maps and structs and takes them apart.
var containers = []Scalar{
	{Name: "array", Doc: "array(a, …): an array; array(1, 2)[0] is 1", Bind: bindArray},
	{Name: "map", Doc: "map(k, v, …): a map, the last of the same keys counting; map('a', 1)['a'] is 1", Bind: bindMap},
	{Name: "struct", Doc: "struct(a, …): a struct with the fields col1, col2, …; struct(1, 'x').col2 is 'x'", Bind: bindStruct},
	{Name: "named_struct", Doc: "named_struct('n', v, …): a struct with named fields; named_struct('a', 1).a is 1", Bind: bindNamedStruct},
	{Name: "index", Doc: "a[i], m[k]: element i, from 0, of an array, or the value of a key; NULL if there is none; array(1, 2)[5] is NULL", Bind: bindIndex},
	{Name: "getfield", Doc: "s.f: a field of a struct, or of each struct of an array; named_struct('a', 1).a is 1", Bind: bindGetField},
	{Name: "size", Aliases: []string{"cardinality"}, Doc: "size(x): the number of elements of an array or pairs of a map, -1 for NULL; size(array(1, 2)) is 2", Bind: bindSize},
	{Name: "map_keys", Doc: "map_keys(m): the keys as an array; map_keys(map('b', 1))[0] is 'b'", Bind: bindMapPart("map_keys", 0)},
	{Name: "map_values", Doc: "map_values(m): the values as an array; map_values(map('b', 1))[0] is 1", Bind: bindMapPart("map_values", 1)},
	{Name: "element_at", Doc: "element_at(x, i): element i of an array, from 1, from the end if negative; the value of key i of a map; element_at(array('a', 'b'), -1) is 'b'", Bind: bindElementAt},
	{Name: "map_from_entries", Doc: "map_from_entries(array of structs of two fields): a map of them; map_from_entries(array(struct('a', 1)))['a'] is 1", Bind: bindMapFromEntries},
}

func bindArray(args []Arg) (Bound, error) {
	t, err := commonArgs("array", args, 0, commonBranch)
	if err != nil {
		return Bound{}, err
	}
	if len(args) == 0 {
		t = datatype.String
	}
	list := datatype.Array(t)
	return Bound{Casts: castsTo(t, len(args)), Type: list, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		return listArray(c.Mem, list, steps(n, len(args)), allValid(n), zipped(c.Mem, t, args, n)), nil
	}}, nil
}

// zipped returns the values of args row by row.
func zipped(mem memory.Allocator, t arrow.DataType, args []Vec, n int) arrow.Array {
	arrays, refs := make([]arrow.Array, len(args)), make([]vec.Ref, 0, n*len(args))
	for k, a := range args {
		arrays[k] = a.Array
	}
	for i := range n {
		for k, a := range args {
			refs = append(refs, vec.Ref{Batch: int32(k), Row: int32(a.At(i))})
		}
	}
	if len(args) == 0 {
		return datatype.Nulls(mem, t, 0)
	}
	return vec.Interleave(mem, t, arrays, refs)
}

// steps returns the ends of n lists of k elements.
func steps(n, k int) []int32 {
	ends := make([]int32, n)
	for i := range ends {
		ends[i] = int32((i + 1) * k)
	}
	return ends
}

func allValid(n int) []bool {
	valid := make([]bool, n)
	for i := range valid {
		valid[i] = true
	}
	return valid
}

func bindMap(args []Arg) (Bound, error) {
	if len(args)%2 != 0 {
		return Bound{}, diag.Errorf(diag.Type, "map takes keys and values in turn: an even number of arguments, not %d", len(args))
	}
	var keys, values []arrow.DataType
	for i := 0; i < len(args); i += 2 {
		if datatype.IsNested(args[i].Type) {
			return Bound{}, badArg("map", i, "a primitive key", args[i].Type)
		}
		keys, values = append(keys, args[i].Type), append(values, args[i+1].Type)
	}
	k, err := CommonBranch(keys...)
	if err != nil {
		return Bound{}, diag.Errorf(diag.Type, "map takes keys of one type: %w", err)
	}
	v, err := CommonBranch(values...)
	if err != nil {
		return Bound{}, diag.Errorf(diag.Type, "map takes values of one type: %w", err)
	}
	if len(args) == 0 {
		k, v = datatype.String, datatype.String
	}
	if isVoid(k) {
		k = datatype.String
	}
	casts := make([]arrow.DataType, len(args))
	for i := range casts {
		casts[i] = []arrow.DataType{k, v}[i%2]
	}
	t := datatype.Map(k, v).(*arrow.MapType)
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		var keys, values []Vec
		for i := 0; i < len(args); i += 2 {
			keys, values = append(keys, args[i]), append(values, args[i+1])
		}
		pairs := len(keys)
		ka, va := zipped(c.Mem, k, keys, n), zipped(c.Mem, v, values, n)
		defer ka.Release()
		defer va.Release()
		return uniqueMap(c.Mem, t, steps(n, pairs), allValid(n), ka, va), nil
	}}, nil
}

// uniqueMap builds maps of lists of pairs; of the same keys in one list, the first has the place and the
// last the value. Pairs without key are left out.
func uniqueMap(mem memory.Allocator, t *arrow.MapType, ends []int32, valid []bool, keys, values arrow.Array) arrow.Array {
	var keyAt, valueAt []int32
	out := make([]int32, len(ends))
	var seen map[string]int32
	var key []byte
	from := int32(0)
	for i, end := range ends {
		if end-from > 1 {
			if seen == nil {
				seen = map[string]int32{}
			}
			clear(seen)
		}
		for j := from; j < end; j++ {
			if vec.IsNull(keys, int(j)) { // Arrow's maps have no NULL key, Hive's have
				continue
			}
			if end-from > 1 {
				key = vec.AppendKey(key[:0], keys, int(j))
				if at, ok := seen[string(key)]; ok {
					valueAt[at] = j
					continue
				}
				seen[string(key)] = int32(len(keyAt))
			}
			keyAt, valueAt = append(keyAt, j), append(valueAt, j)
		}
		out[i], from = int32(len(keyAt)), end
	}
	return mapArray(mem, t, out, valid, vec.Take(mem, keys, keyAt), vec.Take(mem, values, valueAt))
}

func bindStruct(args []Arg) (Bound, error) {
	fields := make([]arrow.Field, len(args))
	for i, a := range args {
		fields[i] = arrow.Field{Name: "col" + itoa(i+1), Type: a.Type}
	}
	t := datatype.Struct(fields...)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) { return structOf(c.Mem, t, args, n), nil }}, nil
}

// structOf returns a struct of the values of args, constants spread over n rows.
func structOf(mem memory.Allocator, t arrow.DataType, args []Vec, n int) arrow.Array {
	fields := make([]arrow.Array, len(args))
	for k, a := range args {
		fields[k] = spreadConst(mem, a, n)
	}
	return structArray(t, n, fields...)
}

// spreadConst returns v as an array of n values; the caller releases it.
func spreadConst(mem memory.Allocator, v Vec, n int) arrow.Array {
	if !v.Const || n == 1 {
		v.Retain()
		return v.Array
	}
	return vec.Take(mem, v.Array, make([]int32, n))
}

func bindNamedStruct(args []Arg) (Bound, error) {
	if len(args)%2 != 0 || len(args) == 0 {
		return Bound{}, diag.Errorf(diag.Type, "named_struct takes names and values in turn: an even number of arguments, not %d", len(args))
	}
	var fields []arrow.Field
	for i := 0; i < len(args); i += 2 {
		if args[i].Const == nil || args[i].Const.IsNull(0) || datatype.IsNested(args[i].Type) {
			return Bound{}, diag.Errorf(diag.Type, "named_struct takes a constant name as argument %d", i+1)
		}
		fields = append(fields, arrow.Field{Name: foldName(datatype.Text(args[i].Const, 0)), Type: args[i+1].Type})
	}
	t := datatype.Struct(fields...)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		var values []Vec
		for i := 1; i < len(args); i += 2 {
			values = append(values, args[i])
		}
		return structOf(c.Mem, t, values, n), nil
	}}, nil
}

func bindIndex(args []Arg) (Bound, error) {
	if err := wantArgs("index", args, 2, 2); err != nil {
		return Bound{}, err
	}
	return indexBy("[ ]", args)
}

// indexBy binds a[i] and m[k] for name.
func indexBy(name string, args []Arg) (Bound, error) {
	key := args[1].Type
	switch t := args[0].Type.(type) {
	case *arrow.MapType:
		if !CanImplicit(key, t.KeyType()) {
			return Bound{}, diag.Errorf(diag.Type, "%s: the key of %s cannot be looked up by %s", name, datatype.Name(t), datatype.Name(key))
		}
		return Bound{Casts: []arrow.DataType{nil, t.KeyType()}, Type: t.ItemType(), Kernel: mapLookup(t.ItemType())}, nil
	case *arrow.ListType:
		if !datatype.IsInteger(key) && !isVoid(key) {
			return Bound{}, diag.Errorf(diag.Type, "%s takes an integer as the index of an array, not %s", name, datatype.Name(key))
		}
		return Bound{Casts: []arrow.DataType{nil, datatype.BigInt}, Type: t.Elem(), Kernel: listElement(t.Elem(), false)}, nil
	}
	if isVoid(args[0].Type) {
		return Bound{Type: datatype.Void, Kernel: nullKernel(datatype.Void)}, nil
	}
	return Bound{}, diag.Errorf(diag.Type, "%s takes an array or a map, not %s", name, datatype.Name(args[0].Type))
}

// listElement takes element i from 0 or, with natural set, from 1 or, if negative, from the end.
func listElement(t arrow.DataType, natural bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		lists, index := nullsOf(args[0]), fixedOf[int64](args[1])
		take := make([]int32, n)
		for i := range take {
			take[i] = -1
			if lists.at(i) || index.nulls.at(i) {
				continue
			}
			from, to := offset(args[0].At(i))
			k := index.at(i)
			if natural && k > 0 {
				k--
			} else if natural {
				k += int64(to - from)
				if index.at(i) == 0 {
					k = -1
				}
			}
			if k >= 0 && k < int64(to-from) {
				take[i] = int32(from) + int32(k)
			}
		}
		return vec.Take(c.Mem, values, take), nil
	}
}

func mapLookup(t arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		m := args[0].Array.(*array.Map)
		keys, items := m.Keys(), m.Items()
		maps, wanted := nullsOf(args[0]), nullsOf(args[1])
		text, isText := keys.(*array.String)
		var want stringView
		if isText {
			want = stringsOf(args[1])
		}
		take := make([]int32, n)
		for i := range take {
			take[i] = -1
			if maps.at(i) || wanted.at(i) {
				continue
			}
			from, to := m.ValueOffsets(args[0].At(i))
			for j := int(from); j < int(to); j++ {
				if isText && text.IsValid(j) && text.Value(j) == want.at(i) ||
					!isText && keys.IsValid(j) && vec.Equal(keys, j, args[1].Array, args[1].At(i)) {
					take[i] = int32(j)
				}
			}
		}
		return vec.Take(c.Mem, items, take), nil
	}
}

func bindElementAt(args []Arg) (Bound, error) {
	if err := wantArgs("element_at", args, 2, 2); err != nil {
		return Bound{}, err
	}
	b, err := indexBy("element_at", args)
	if t, ok := args[0].Type.(*arrow.ListType); ok && err == nil {
		b.Kernel = listElement(t.Elem(), true)
	}
	return b, err
}

func bindGetField(args []Arg) (Bound, error) {
	if err := wantArgs("getfield", args, 2, 2); err != nil {
		return Bound{}, err
	}
	name, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "getfield takes a constant name as argument 2")
	}
	inner, isList := args[0].Type, false
	if l, ok := inner.(*arrow.ListType); ok {
		inner, isList = l.Elem(), true
	}
	s, ok := inner.(*arrow.StructType)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "%s has no fields, so no field %q", datatype.Name(args[0].Type), name)
	}
	if _, union := datatype.UnionMembers(s); union {
		return Bound{}, diag.Errorf(diag.Type, "%s has no fields, so no field %q", datatype.Name(s), name).WithHint("write extract_union(x).tag_0")
	}
	var names []string
	for k, f := range s.Fields() {
		if foldName(f.Name) != foldName(name) {
			names = append(names, f.Name)
			continue
		}
		if isList {
			return Bound{Type: datatype.Array(f.Type), Kernel: fieldOfList(k, datatype.Array(f.Type))}, nil
		}
		return Bound{Type: f.Type, Kernel: fieldOfStruct(k)}, nil
	}
	err := diag.Errorf(diag.Unknown, "no field %q in %s", name, datatype.Name(s))
	err.Hint = diag.DidYouMean(name, names)
	return Bound{}, err
}

// fieldOfStruct gives field k; a NULL struct has NULL fields.
func fieldOfStruct(k int) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		field := vec.Field(c.Mem, args[0].Array.(*array.Struct), k)
		if !args[0].Const {
			return field, nil
		}
		defer field.Release()
		return vec.Take(c.Mem, field, make([]int32, n)), nil // the one value, n times
	}
}

func fieldOfList(k int, t arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		structs, offset := listOf(args[0].Array)
		s := structs.(*array.Struct)
		nulls := nullsOf(args[0])
		var take []int32
		ends, valid := make([]int32, n), make([]bool, n)
		for i := range n {
			if valid[i] = !nulls.at(i); valid[i] {
				from, to := offset(args[0].At(i))
				for j := from; j < to; j++ {
					if s.IsNull(j) {
						take = append(take, -1)
					} else {
						take = append(take, int32(j))
					}
				}
			}
			ends[i] = int32(len(take))
		}
		return listArray(c.Mem, t, ends, valid, vec.Take(c.Mem, s.Field(k), take)), nil
	}
}

func bindSize(args []Arg) (Bound, error) {
	if err := wantArgs("size", args, 1, 1); err != nil {
		return Bound{}, err
	}
	switch t := args[0].Type; t.ID() {
	case arrow.NULL:
	case arrow.LIST, arrow.MAP:
	default:
		return Bound{}, badArg("size", 0, "an array or a map", t)
	}
	return Bound{Type: datatype.Int, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		nulls := nullsOf(args[0])
		lists, _ := args[0].Array.(array.ListLike)
		return intRows(c, nil, n, func(i int) int32 {
			if nulls.at(i) {
				return -1
			}
			from, to := lists.ValueOffsets(args[0].At(i))
			return int32(to - from)
		})
	}}, nil
}

func bindMapPart(name string, part int) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		m, ok := args[0].Type.(*arrow.MapType)
		if !ok {
			return Bound{}, badArg(name, 0, "a map", args[0].Type)
		}
		t := datatype.Array([]arrow.DataType{m.KeyType(), m.ItemType()}[part])
		return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			m := args[0].Array.(*array.Map)
			values := []arrow.Array{m.Keys(), m.Items()}[part]
			return takeLists(c, t, args[:1], n, values, func(take []int32, i int) []int32 {
				from, to := m.ValueOffsets(args[0].At(i))
				for j := from; j < to; j++ {
					take = append(take, int32(j))
				}
				return take
			}), nil
		}}, nil
	}
}

// takeLists makes a list column of type t: pick appends which of values are the elements of row i. Rows
// with a NULL among args are NULL and not asked for.
func takeLists(c *Ctx, t arrow.DataType, args []Vec, n int, values arrow.Array, pick func(take []int32, i int) []int32) arrow.Array {
	strict := strictValidity(c.Mem, n, args...)
	defer strict.release()
	var take []int32
	ends, valid := make([]int32, n), make([]bool, n)
	for i := range n {
		if valid[i] = !strict.null(i); valid[i] {
			take = pick(take, i)
		}
		ends[i] = int32(len(take))
	}
	return listArray(c.Mem, t, ends, valid, vec.Take(c.Mem, values, take))
}

func bindMapFromEntries(args []Arg) (Bound, error) {
	if err := wantArgs("map_from_entries", args, 1, 1); err != nil {
		return Bound{}, err
	}
	l, ok := args[0].Type.(*arrow.ListType)
	var s *arrow.StructType
	if ok {
		s, ok = l.Elem().(*arrow.StructType)
	}
	if !ok || len(s.Fields()) != 2 || datatype.IsNested(s.Field(0).Type) {
		return Bound{}, badArg("map_from_entries", 0, "an array of structs of a primitive key and a value", args[0].Type)
	}
	t := datatype.Map(s.Field(0).Type, s.Field(1).Type).(*arrow.MapType)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		list := spreadConst(c.Mem, args[0], n).(*array.List)
		defer list.Release()
		entries := list.ListValues().(*array.Struct)
		pairs := takeLists(c, args[0].DataType(), []Vec{{Array: list}}, n, entries, func(take []int32, i int) []int32 {
			from, to := list.ValueOffsets(i)
			for j := from; j < to; j++ {
				take = append(take, int32(j))
			}
			return take
		}).(*array.List)
		defer pairs.Release()
		ends, valid := make([]int32, n), make([]bool, n)
		for i := range n {
			_, to := pairs.ValueOffsets(i)
			ends[i], valid[i] = int32(to), pairs.IsValid(i)
		}
		flat := pairs.ListValues().(*array.Struct)
		return uniqueMap(c.Mem, t, ends, valid, flat.Field(0), flat.Field(1)), nil
	}}, nil
}

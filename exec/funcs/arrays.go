package funcs

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// arrays searches, sorts and combines arrays. Equal elements are those that GROUP BY puts together.
var arrays = []Scalar{
	{Name: "array_contains", Doc: "array_contains(a, v): whether v is an element of a, false for a NULL array; array_contains(array(1, 2), 2) is true", Bind: func(args []Arg) (Bound, error) { return bindArrayContains("array_contains", args) }},
	{Name: "array_position", Doc: "array_position(a, v): the place, from 1, of the first v in a, else 0; array_position(array('a', 'b'), 'b') is 2", Bind: bindArrayPosition},
	{Name: "sort_array", Doc: "sort_array(a): the elements in ascending order, NULLs first; sort_array(array(2, 1))[0] is 1", Bind: bindSortArray},
	{Name: "sort_array_by", Doc: "sort_array_by(a, 'field', …[, 'ASC' | 'DESC']): an array of structs ordered by fields", Bind: bindSortArrayBy},
	{Name: "array_min", Doc: "array_min(a): the least element; array_min(array(3, NULL, 1)) is 1", Bind: bindArrayExtreme("array_min", -1)},
	{Name: "array_max", Doc: "array_max(a): the greatest element; array_max(array(3, NULL, 1)) is 3", Bind: bindArrayExtreme("array_max", 1)},
	{Name: "array_distinct", Doc: "array_distinct(a): a without repetitions; size(array_distinct(array(1, 1, 2))) is 2", Bind: bindArraySet("array_distinct", 1, keepFirst)},
	{Name: "array_union", Doc: "array_union(a, b): the elements of a and b without repetitions; size(array_union(array(1, 1), array(2))) is 2", Bind: bindArrayUnion},
	{Name: "array_except", Doc: "array_except(a, b): the elements of a that are not in b, without repetitions; array_except(array(1, 2), array(2))[0] is 1", Bind: bindArraySet("array_except", 2, keepAbsent)},
	{Name: "array_intersect", Doc: "array_intersect(a, b): the elements that are in a and b, without repetitions; array_intersect(array(1, 2), array(2))[0] is 2", Bind: bindArraySet("array_intersect", 2, keepPresent)},
	{Name: "array_remove", Doc: "array_remove(a, v): a without v; size(array_remove(array(1, 2, 1), 1)) is 1", Bind: bindArrayRemove},
	{Name: "array_slice", Doc: "array_slice(a, start, length): length elements from start, from 0, on; empty if a is too short; array_slice(array(1, 2, 3), 1, 2)[0] is 2", Bind: bindArraySlice},
	{Name: "array_join", Doc: "array_join(a, sep[, nulls]): the elements as text with sep between them, NULLs left out or as nulls; array_join(array('a', NULL, 'b'), ',') is 'a,b'", Bind: bindArrayJoin},
	{Name: "flatten", Doc: "flatten(a): the elements of the arrays in a; size(flatten(array(array(1), array(2, 3)))) is 3", Bind: bindFlatten},
	{Name: "sequence", Doc: "sequence(a, b[, step]): the integers from a to b; sequence(1, 7, 3)[2] is 7", Bind: bindSequence},
	{Name: "zip", Aliases: []string{"arrays_zip"}, Doc: "zip(a, b, …): an array of structs of the elements at each place, NULL where an array is shorter; zip(array(1), array('x'))[0].col2 is 'x'", Bind: bindZip},
}

// elements returns the type of the elements of argument i, which must be an array.
func elementType(name string, args []Arg, i int) (arrow.DataType, error) {
	if l, ok := args[i].Type.(*arrow.ListType); ok {
		return l.Elem(), nil
	}
	return nil, badArg(name, i, "an array", args[i].Type)
}

// bindElementOf binds f(array, value): the value must convert to the type of the elements.
func bindElementOf(name string, args []Arg) ([]arrow.DataType, arrow.DataType, error) {
	if err := wantArgs(name, args, 2, 2); err != nil {
		return nil, nil, err
	}
	t, err := elementType(name, args, 0)
	if err != nil {
		return nil, nil, err
	}
	v := args[1].Type
	if isVoid(t) {
		return []arrow.DataType{datatype.Array(v), nil}, v, nil
	}
	// A constant integer fits any integer type that holds it; the rest must be of the elements' type.
	if !isVoid(v) && !datatype.Equal(t, v) && (!CanImplicit(v, t) || datatype.IsText(t) != datatype.IsText(v)) {
		return nil, nil, badArg(name, 1, "a value of type "+datatype.Name(t), v)
	}
	return []arrow.DataType{nil, t}, t, nil
}

func bindArrayContains(name string, args []Arg) (Bound, error) {
	casts, _, err := bindElementOf(name, args)
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		find, lists := finderOf(args[0], args[1]), nullsOf(args[0])
		return boolRows(c, nil, n, func(i int) bool { return !lists.at(i) && find(i) > 0 })
	}}, err
}

func bindArrayPosition(args []Arg) (Bound, error) {
	casts, _, err := bindElementOf("array_position", args)
	return Bound{Casts: casts, Type: datatype.BigInt, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		find := finderOf(args[0], args[1])
		o := newFixed[int64](c, datatype.BigInt, n, args...)
		for i := range o.vals {
			if !o.null(i) {
				o.vals[i] = int64(find(i))
			}
		}
		return o.finish(), nil
	}}, err
}

// finderOf returns a function that gives the place, from 1, of row i's value in row i's list, else 0.
func finderOf(list, value Vec) func(i int) int {
	values, offset := listOf(list.Array)
	nulls, text := nullsOf(value), false
	var want stringView
	elems, isText := values.(*array.String)
	if isText {
		want, text = stringsOf(value), true
	}
	return func(i int) int {
		if nulls.at(i) {
			return 0
		}
		from, to := offset(list.At(i))
		for j := from; j < to; j++ {
			switch {
			case values.IsNull(j):
			case text && elems.Value(j) == want.at(i), !text && vec.Equal(values, j, value.Array, value.At(i)):
				return j - from + 1
			}
		}
		return 0
	}
}

func bindSortArray(args []Arg) (Bound, error) {
	if err := wantArgs("sort_array", args, 1, 1); err != nil {
		return Bound{}, err
	}
	if _, err := elementType("sort_array", args, 0); err != nil {
		return Bound{}, err
	}
	t := args[0].Type
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		return takeLists(c, t, args, n, values, func(take []int32, i int) []int32 {
			return sortedBy(take, offset, args[0].At(i), func(a, b int32) int { return compareNullsFirst(values, a, b) })
		}), nil
	}}, nil
}

func compareNullsFirst(values arrow.Array, a, b int32) int {
	switch x, y := vec.IsNull(values, int(a)), vec.IsNull(values, int(b)); {
	case x && y:
		return 0
	case x:
		return -1
	case y:
		return 1
	}
	return vec.Compare(values, int(a), values, int(b))
}

// sortedBy appends the elements of list i in the order of compare.
func sortedBy(take []int32, offset func(int) (int, int), i int, compare func(a, b int32) int) []int32 {
	base := len(take)
	from, to := offset(i)
	for j := from; j < to; j++ {
		take = append(take, int32(j))
	}
	slices.SortStableFunc(take[base:], compare)
	return take
}

func bindSortArrayBy(args []Arg) (Bound, error) {
	if err := wantArgs("sort_array_by", args, 2, -1); err != nil {
		return Bound{}, err
	}
	elem, err := elementType("sort_array_by", args, 0)
	if err != nil {
		return Bound{}, err
	}
	s, ok := elem.(*arrow.StructType)
	if !ok {
		return Bound{}, badArg("sort_array_by", 0, "an array of structs", args[0].Type)
	}
	sign := 1
	var by []int
	for i := 1; i < len(args); i++ {
		name, ok := constText(args, i)
		if !ok {
			return Bound{}, diag.Errorf(diag.Type, "sort_array_by takes a constant name as argument %d", i+1)
		}
		k := slices.IndexFunc(s.Fields(), func(f arrow.Field) bool { return strings.EqualFold(f.Name, name) })
		switch up := strings.ToUpper(name); {
		case k >= 0:
			by = append(by, k)
		case i == len(args)-1 && i > 1 && up == "DESC":
			sign = -1
		case i == len(args)-1 && i > 1 && up == "ASC":
		default:
			return Bound{}, diag.Errorf(diag.Unknown, "no field %q in %s", name, datatype.Name(s))
		}
	}
	t := args[0].Type
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		structs := values.(*array.Struct)
		return takeLists(c, t, args[:1], n, values, func(take []int32, i int) []int32 {
			return sortedBy(take, offset, args[0].At(i), func(a, b int32) int {
				for _, k := range by {
					if d := compareNullsFirst(structs.Field(k), a, b); d != 0 {
						return sign * d
					}
				}
				return 0
			})
		}), nil
	}}, nil
}

func bindArrayExtreme(name string, sign int) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		t, err := elementType(name, args, 0)
		return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			values, offset := listOf(args[0].Array)
			nulls, take := nullsOf(args[0]), make([]int32, n)
			for i := range take {
				take[i] = -1
				if nulls.at(i) {
					continue
				}
				from, to := offset(args[0].At(i))
				for j := from; j < to; j++ {
					if !vec.IsNull(values, j) && (take[i] < 0 || sign*vec.Compare(values, j, values, int(take[i])) > 0) {
						take[i] = int32(j)
					}
				}
			}
			return vec.Take(c.Mem, values, take), nil
		}}, err
	}
}

func bindArrayRemove(args []Arg) (Bound, error) {
	casts, elem, err := bindElementOf("array_remove", args)
	if err != nil {
		return Bound{}, err
	}
	t := datatype.Array(elem)
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		return takeLists(c, t, args, n, values, func(take []int32, i int) []int32 {
			from, to := offset(args[0].At(i))
			for j := from; j < to; j++ {
				if vec.IsNull(values, j) || !vec.Equal(values, j, args[1].Array, args[1].At(i)) {
					take = append(take, int32(j))
				}
			}
			return take
		}), nil
	}}, nil
}

// bindArraySlice gives an empty array if the slice passes the end, as Hive does.
func bindArraySlice(args []Arg) (Bound, error) {
	if err := wantArgs("array_slice", args, 3, 3); err != nil {
		return Bound{}, err
	}
	if _, err := elementType("array_slice", args, 0); err != nil {
		return Bound{}, err
	}
	casts := []arrow.DataType{nil, nil, nil}
	for i := 1; i < 3; i++ {
		if casts[i] = whole.cast(args[i].Type); casts[i] == nil {
			return Bound{}, badArg("array_slice", i, whole.what, args[i].Type)
		}
	}
	t := args[0].Type
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		start, count := fixedOf[int64](args[1]), fixedOf[int64](args[2])
		bad := false
		out := takeLists(c, t, args, n, values, func(take []int32, i int) []int32 {
			from, to := offset(args[0].At(i))
			s, k := start.at(i), count.at(i)
			if s > int64(to-from) || k > int64(to-from)-s {
				return take
			}
			if s < 0 || k < 0 {
				bad = true
				return take
			}
			for j := int64(from) + s; j < int64(from)+s+k; j++ {
				take = append(take, int32(j))
			}
			return take
		})
		if bad {
			out.Release()
			return nil, diag.Errorf(diag.BadValue, "array_slice takes a start and a length that are not negative")
		}
		return out, nil
	}}, nil
}

func bindArrayJoin(args []Arg) (Bound, error) {
	if err := wantArgs("array_join", args, 2, 3); err != nil {
		return Bound{}, err
	}
	elem, err := elementType("array_join", args, 0)
	if err != nil {
		return Bound{}, err
	}
	casts := castsTo(datatype.String, len(args))
	if casts[0] = nil; isVoid(elem) {
		casts[0] = datatype.Array(datatype.String)
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		sep := bytesOf(args[1])
		var nulls byteView
		if len(args) > 2 {
			nulls = bytesOf(args[2])
		}
		return textRows(c, datatype.String, args[:2], n, func(dst []byte, i int) ([]byte, bool) {
			from, to := offset(args[0].At(i))
			first := true
			for j := from; j < to; j++ {
				null := values.IsNull(j)
				if null && (len(args) < 3 || nulls.nulls.at(i)) {
					continue
				}
				if !first {
					dst = append(dst, sep.at(i)...)
				}
				first = false
				if null {
					dst = append(dst, nulls.at(i)...)
				} else {
					dst = datatype.AppendTextIn(dst, values, j, c.Session.Zone)
				}
			}
			return dst, true
		})
	}}, nil
}

func bindFlatten(args []Arg) (Bound, error) {
	if err := wantArgs("flatten", args, 1, 1); err != nil {
		return Bound{}, err
	}
	inner, err := elementType("flatten", args, 0)
	if err != nil {
		return Bound{}, err
	}
	if inner.ID() != arrow.LIST {
		return Bound{}, badArg("flatten", 0, "an array of arrays", args[0].Type)
	}
	return Bound{Type: inner, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		lists, outer := listOf(args[0].Array)
		values, offset := listOf(lists)
		return takeLists(c, inner, args, n, values, func(take []int32, i int) []int32 {
			from, to := outer(args[0].At(i))
			for j := from; j < to; j++ {
				if lists.IsNull(j) {
					continue
				}
				first, last := offset(j)
				for k := first; k < last; k++ {
					take = append(take, int32(k))
				}
			}
			return take
		}), nil
	}}, nil
}

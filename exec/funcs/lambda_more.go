package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// stateType is the type of reduce's state: that of the start, widened to hold what the lambda makes of it.
func stateType(args []Arg) (arrow.DataType, error) {
	t := args[1].Type
	if len(args) > 2 {
		var err error
		if t, err = CommonBranch(t, args[2].Type); err != nil {
			return nil, err
		}
	}
	if d, ok := t.(*arrow.Decimal128Type); ok {
		// A sum of decimals gains a digit with each element.
		return datatype.Decimal(38, int(d.Scale)), nil
	}
	return t, nil
}

func reduceParams(args []Arg, i, _ int) ([]arrow.DataType, error) {
	if i < 2 || i > 3 {
		return nil, diag.Errorf(diag.Type, "reduce takes an array, a start and one or two lambdas, reduce(a, 0, (s, x) -> s + x)")
	}
	elem, err := elementType("reduce", args, 0)
	if err != nil {
		return nil, err
	}
	if args[1].Lambda != nil {
		return nil, diag.Errorf(diag.Type, "reduce takes a start as argument 2, reduce(a, 0, (s, x) -> s + x)")
	}
	state, err := stateType(args[:min(len(args), 3)])
	if i == 3 {
		return []arrow.DataType{state}, err
	}
	return []arrow.DataType{state, elem}, err
}

func bindReduce(args []Arg) (Bound, error) {
	if err := wantLambdas("reduce", args, 2, 1, 2); err != nil {
		return Bound{}, err
	}
	state, err := stateType(args)
	if err != nil {
		return Bound{}, err
	}
	r := reducer{step: args[2].Lambda, state: state}
	if !datatype.Equal(args[2].Type, state) {
		if r.widen, err = CastKernel(args[2].Type, state); err != nil {
			return Bound{}, err
		}
	}
	b := Bound{Casts: []arrow.DataType{nil, state}, Type: state, Kernel: r.kernel}
	if len(args) > 3 {
		r.result, b.Type = args[3].Lambda, args[3].Type
		b.Kernel = r.kernel
	}
	return b, nil
}

// reducer computes reduce. Step k of all rows that have so many elements is done at once.
type reducer struct {
	step, result *Lambda // result may be nil
	state        arrow.DataType
	widen        Kernel // casts what step gives to state; nil if it is that
}

func (r reducer) kernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	x, captures := explodeLists(args[0], n), args[2:]
	values, _ := listOf(args[0].Array)
	states := []arrow.Array{spreadConst(c.Mem, args[1], n)} // states[k]: of the rows that have had k elements
	defer func() {
		for _, s := range states {
			s.Release()
		}
	}()
	final := make([]vec.Ref, n) // where the last state of each row is
	var rows []int32            // the rows that states[k] is of
	for i := range n {
		rows, final[i] = append(rows, int32(i)), vec.Ref{Row: int32(i)}
	}
	begin := func(i int32) int32 {
		if i == 0 {
			return 0
		}
		return x.ends[i-1]
	}
	for k := int32(0); ; k++ {
		var elems, from, next []int32
		for at, i := range rows {
			if j := begin(i) + k; j < x.ends[i] {
				elems, from, next = append(elems, x.elem[j]), append(from, int32(at)), append(next, i)
				final[i] = vec.Ref{Batch: k + 1, Row: int32(len(next) - 1)}
			}
		}
		if len(next) == 0 {
			break
		}
		params := []Vec{{Array: vec.Take(c.Mem, states[k], from)}, {Array: vec.Take(c.Mem, values, elems)}}
		out, err := r.step.eval(c, params, captures, next)
		if err == nil && r.widen != nil {
			narrow := out
			out, err = r.widen(c, []Vec{{Array: narrow}}, len(next))
			narrow.Release()
		}
		if err != nil {
			return nil, err
		}
		states, rows = append(states, out), next
	}
	last := vec.Interleave(c.Mem, r.state, states, final)
	out := last
	if r.result != nil {
		var err error
		all := make([]int32, n)
		for i := range all {
			all[i] = int32(i)
		}
		if out, err = r.result.eval(c, []Vec{{Array: last}}, captures, all); err != nil {
			return nil, err
		}
	}
	defer out.Release()
	// A NULL array has no value, whatever the start is.
	keep := make([]int32, n)
	for i := range keep {
		if keep[i] = int32(i); !x.valid[i] {
			keep[i] = -1
		}
	}
	return vec.Take(c.Mem, out, keep), nil
}

func bindZipWith(args []Arg) (Bound, error) {
	if err := wantLambdas("zip_with", args, 2, 1, 1); err != nil {
		return Bound{}, err
	}
	l, t := args[2].Lambda, datatype.Array(args[2].Type)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		z := zipLists(c, args[:2], n)
		params := make([]Vec, 2)
		for k, a := range args[:2] {
			values, _ := listOf(a.Array)
			params[k] = Vec{Array: vec.Take(c.Mem, values, z.elems[k])}
		}
		out, err := l.eval(c, params, args[2:], z.row)
		if err != nil {
			return nil, err
		}
		return listArray(c.Mem, t, z.ends, z.valid, out), nil
	}}, nil
}

func bindMapFilter(args []Arg) (Bound, error) {
	if err := wantLambdas("map_filter", args, 1, 1, 1); err != nil {
		return Bound{}, err
	}
	l, t := args[1].Lambda, args[0].Type.(*arrow.MapType)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		m := args[0].Array.(*array.Map)
		x := explodeLists(args[0], n)
		cond, err := l.eval(c, []Vec{x.take(c, m.Keys()), x.take(c, m.Items())}, args[1:], x.row)
		if err != nil {
			return nil, err
		}
		x = x.kept(cond)
		return mapArray(c.Mem, t, x.ends, x.valid, x.take(c, m.Keys()).Array, x.take(c, m.Items()).Array), nil
	}}, wantCondition("map_filter", args, 1)
}

// bindMapTransform binds a function that gives each pair of a map another key (part 0) or value (part 1).
func bindMapTransform(name string, part int) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantLambdas(name, args, 1, 1, 1); err != nil {
			return Bound{}, err
		}
		l, m := args[1].Lambda, args[0].Type.(*arrow.MapType)
		types := []arrow.DataType{m.KeyType(), m.ItemType()}
		if types[part] = args[1].Type; part == 0 && (datatype.IsNested(types[0]) || isVoid(types[0])) {
			return Bound{}, diag.Errorf(diag.Type, "%s takes a lambda that gives a primitive key, not %s", name, datatype.Name(types[0]))
		}
		t := datatype.Map(types[0], types[1]).(*arrow.MapType)
		return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			m := args[0].Array.(*array.Map)
			x := explodeLists(args[0], n)
			out, err := l.eval(c, []Vec{x.take(c, m.Keys()), x.take(c, m.Items())}, args[1:], x.row)
			if err != nil {
				return nil, err
			}
			if part == 1 {
				return mapArray(c.Mem, t, x.ends, x.valid, x.take(c, m.Keys()).Array, out), nil
			}
			defer out.Release()
			items := x.take(c, m.Items())
			defer items.Release()
			return uniqueMap(c.Mem, t, x.ends, x.valid, out, items.Array), nil
		}}, nil
	}
}

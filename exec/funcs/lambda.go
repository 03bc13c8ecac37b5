package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// lambdas take a lambda, which is computed over the elements of all rows of a batch at once.
var lambdas = []Scalar{
	{Name: "transform", Aliases: []string{"list_transform"}, Doc: "transform(a, x -> e): e of each element; (x, i) -> e gets the index, from 0, too; transform(array(1, 2), x -> x * 10)[1] is 20",
		Params: elementParams("transform", true), Bind: bindTransform},
	{Name: "filter", Aliases: []string{"list_filter"}, Doc: "filter(a, x -> condition): the elements for which the condition is true; (x, i) -> condition gets the index, from 0, too; filter(array(1, 5), x -> x > 2)[0] is 5",
		Params: elementParams("filter", true), Bind: bindFilter},
	{Name: "reduce", Aliases: []string{"aggregate"}, Doc: "reduce(a, start, (s, x) -> e[, s -> result]): e of the state so far and each element in turn, from start on; reduce(array(1, 2, 3), 0, (s, x) -> s + x) is 6",
		Params: reduceParams, Bind: bindReduce},
	{Name: "any_match", Doc: "any_match(a, x -> condition): whether the condition is true for an element; NULL if it is for none and NULL for one; any_match(array(1, 5), x -> x > 2) is true",
		Params: elementParams("any_match", false), Bind: bindMatch("any_match", true, false)},
	{Name: "all_match", Doc: "all_match(a, x -> condition): whether the condition is true for all elements; NULL if it is false for none and NULL for one; all_match(array(1, 5), x -> x > 2) is false",
		Params: elementParams("all_match", false), Bind: bindMatch("all_match", false, false)},
	{Name: "none_match", Doc: "none_match(a, x -> condition): whether the condition is true for no element; NULL if so and NULL for one; none_match(array(1, 5), x -> x > 9) is true",
		Params: elementParams("none_match", false), Bind: bindMatch("none_match", true, true)},
	{Name: "zip_with", Doc: "zip_with(a, b, (x, y) -> e): e of the elements at each place, NULL where an array is shorter; zip_with(array(1, 2), array(10, 20), (x, y) -> x + y)[1] is 22",
		Params: zipParams, Bind: bindZipWith},
	{Name: "map_filter", Doc: "map_filter(m, (k, v) -> condition): the pairs for which the condition is true; map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)['b'] is 2",
		Params: pairParams("map_filter"), Bind: bindMapFilter},
	{Name: "transform_values", Doc: "transform_values(m, (k, v) -> e): m with e as the value of each pair; transform_values(map('a', 1), (k, v) -> v + 1)['a'] is 2",
		Params: pairParams("transform_values"), Bind: bindMapTransform("transform_values", 1)},
	{Name: "transform_keys", Doc: "transform_keys(m, (k, v) -> e): m with e as the key of each pair; transform_keys(map('a', 1), (k, v) -> upper(k))['A'] is 1",
		Params: pairParams("transform_keys"), Bind: bindMapTransform("transform_keys", 0)},
}

// elementParams is the Params of f(array, x -> e), or of f(array, (x, i) -> e) too if indexed.
func elementParams(name string, indexed bool) func([]Arg, int, int) ([]arrow.DataType, error) {
	return func(args []Arg, i, given int) ([]arrow.DataType, error) {
		if i != 1 {
			return nil, diag.Errorf(diag.Type, "%s takes an array and one lambda, %s(a, x -> …)", name, name)
		}
		t, err := elementType(name, args, 0)
		if err == nil && indexed && given == 2 {
			return []arrow.DataType{t, datatype.Int}, nil
		}
		return []arrow.DataType{t}, err
	}
}

func pairParams(name string) func([]Arg, int, int) ([]arrow.DataType, error) {
	return func(args []Arg, i, _ int) ([]arrow.DataType, error) {
		if i != 1 {
			return nil, diag.Errorf(diag.Type, "%s takes a map and one lambda, %s(m, (k, v) -> …)", name, name)
		}
		m, ok := args[0].Type.(*arrow.MapType)
		if !ok {
			return nil, badArg(name, 0, "a map", args[0].Type)
		}
		return []arrow.DataType{m.KeyType(), m.ItemType()}, nil
	}
}

func zipParams(args []Arg, i, _ int) ([]arrow.DataType, error) {
	if i != 2 {
		return nil, diag.Errorf(diag.Type, "zip_with takes two arrays and one lambda, zip_with(a, b, (x, y) -> …)")
	}
	x, err := elementType("zip_with", args, 0)
	if err != nil {
		return nil, err
	}
	y, err := elementType("zip_with", args, 1)
	return []arrow.DataType{x, y}, err
}

// wantLambdas checks that args are plain arguments and then least to most lambdas.
func wantLambdas(name string, args []Arg, plain, least, most int) error {
	if err := wantArgs(name, args, plain+least, plain+most); err != nil {
		return err
	}
	for i, a := range args {
		if (a.Lambda != nil) != (i >= plain) {
			return diag.Errorf(diag.Type, "%s takes a lambda (x -> …) as argument %d", name, plain+1)
		}
	}
	return nil
}

// wantCondition checks that lambda i gives a boolean.
func wantCondition(name string, args []Arg, i int) error {
	if t := args[i].Type; !datatype.Equal(t, datatype.Bool) && !isVoid(t) {
		return diag.Errorf(diag.Type, "%s takes a lambda that gives a boolean as argument %d, not %s", name, i+1, datatype.Name(t))
	}
	return nil
}

// exploded is the elements of a column of lists or maps, each as a row.
type exploded struct {
	elem, row []int32 // of each element: where it is among the values, and the row that it is of
	ends      []int32 // of each row: the end of its elements in elem
	valid     []bool  // of each row: whether it is no NULL
}

func explodeLists(list Vec, n int) exploded {
	x := exploded{ends: make([]int32, n), valid: make([]bool, n)}
	nulls := nullsOf(list)
	if l, ok := list.Array.(array.ListLike); ok {
		for i := range n {
			if x.valid[i] = !nulls.at(i); x.valid[i] {
				from, to := l.ValueOffsets(list.At(i))
				for j := from; j < to; j++ {
					x.elem, x.row = append(x.elem, int32(j)), append(x.row, int32(i))
				}
			}
			x.ends[i] = int32(len(x.elem))
		}
	}
	return x
}

// take returns values at the elements of x; the caller releases it.
func (x exploded) take(c *Ctx, values arrow.Array) Vec {
	return Vec{Array: vec.Take(c.Mem, values, x.elem)}
}

// index is the number of each element in its row, from 0.
func (x exploded) index(c *Ctx) Vec {
	at := make([]int32, len(x.elem))
	for i := range at {
		if i > 0 && x.row[i] == x.row[i-1] {
			at[i] = at[i-1] + 1
		}
	}
	return Vec{Array: fixedArray(c.Mem, datatype.Int, at, allValid(len(at)))}
}

// eval computes l over params, which it releases, and the captures at rows.
func (l *Lambda) eval(c *Ctx, params []Vec, captures []Vec, rows []int32) (arrow.Array, error) {
	args := append([]Vec{}, params...)
	for _, v := range captures {
		if v.Const {
			v.Retain()
		} else {
			v = Vec{Array: vec.Take(c.Mem, v.Array, rows)}
		}
		args = append(args, v)
	}
	defer func() {
		for _, v := range args {
			v.Release()
		}
	}()
	return l.Body(c, args, len(rows))
}

// over computes l over the elements of the list in args[0], with the rest of args captured.
func (l *Lambda) over(c *Ctx, args []Vec, n int) (exploded, arrow.Array, error) {
	x := explodeLists(args[0], n)
	values, _ := listOf(args[0].Array)
	params := []Vec{x.take(c, values)}
	if len(l.Params) > 1 {
		params = append(params, x.index(c))
	}
	out, err := l.eval(c, params, args[1:], x.row)
	return x, out, err
}

func bindTransform(args []Arg) (Bound, error) {
	if err := wantLambdas("transform", args, 1, 1, 1); err != nil {
		return Bound{}, err
	}
	l, t := args[1].Lambda, datatype.Array(args[1].Type)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x, out, err := l.over(c, args, n)
		if err != nil {
			return nil, err
		}
		return listArray(c.Mem, t, x.ends, x.valid, out), nil
	}}, nil
}

// isTrue returns which rows of a, a boolean or void column, are true.
func isTrue(a arrow.Array) func(i int) bool {
	b, ok := a.(*array.Boolean)
	return func(i int) bool { return ok && b.IsValid(i) && b.Value(i) }
}

// kept narrows x to the elements for which cond, which it releases, is true.
func (x exploded) kept(cond arrow.Array) exploded {
	defer cond.Release()
	yes := isTrue(cond)
	out := exploded{ends: make([]int32, len(x.ends)), valid: x.valid}
	from := int32(0)
	for i, end := range x.ends {
		for j := from; j < end; j++ {
			if yes(int(j)) {
				out.elem, out.row = append(out.elem, x.elem[j]), append(out.row, x.row[j])
			}
		}
		out.ends[i], from = int32(len(out.elem)), end
	}
	return out
}

func bindFilter(args []Arg) (Bound, error) {
	if err := wantLambdas("filter", args, 1, 1, 1); err != nil {
		return Bound{}, err
	}
	l, t := args[1].Lambda, args[0].Type
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x, cond, err := l.over(c, args, n)
		if err != nil {
			return nil, err
		}
		x = x.kept(cond)
		values, _ := listOf(args[0].Array)
		return listArray(c.Mem, t, x.ends, x.valid, x.take(c, values).Array), nil
	}}, wantCondition("filter", args, 1)
}

// bindMatch binds a function that looks for an element whose condition is sought; not turns the answer round.
func bindMatch(name string, sought, not bool) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantLambdas(name, args, 1, 1, 1); err != nil {
			return Bound{}, err
		}
		l := args[1].Lambda
		return Bound{Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			x, cond, err := l.over(c, args, n)
			if err != nil {
				return nil, err
			}
			defer cond.Release()
			yes := isTrue(cond)
			o := newBools(c, n, args[0])
			from := int32(0)
			for i, end := range x.ends {
				found, unknown := false, false
				for j := from; j < end && !found; j++ {
					null := cond.DataType().ID() == arrow.NULL || cond.IsNull(int(j))
					unknown = unknown || null
					found = !null && yes(int(j)) == sought
				}
				from = end
				switch {
				case o.null(i):
				case !found && unknown:
					o.setNull(i)
				case found == (sought && !not):
					o.set(i)
				}
			}
			return o.finish(), nil
		}}, wantCondition(name, args, 1)
	}
}

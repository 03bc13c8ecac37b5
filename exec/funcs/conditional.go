package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// conditionals choose among their arguments.
var conditionals = []Scalar{
	{Name: "if", Doc: "if(c, a, b): a if c is true, else b; if(1 = 1, 'a', 'b') is 'a'", Bind: bindIf},
	{Name: "coalesce", Aliases: []string{"nvl"}, Doc: "coalesce(a, …): the first that is not NULL; coalesce(NULL, 2) is 2", Bind: bindCoalesce},
	{Name: "nullif", Doc: "nullif(a, b): NULL if a = b, else a; nullif(1, 2) is 1", Bind: bindNullif},
	{Name: "greatest", Doc: "greatest(a, …): the greatest, NULL if one is NULL; greatest(1, 3, 2) is 3", Bind: bindExtremeOf("greatest", 1)},
	{Name: "least", Doc: "least(a, …): the least, NULL if one is NULL; least(1, 3, 2) is 1", Bind: bindExtremeOf("least", -1)},
	{Name: "assert_true", Doc: "assert_true(c): NULL if c is true, else an error", Bind: bindAssert},
}

func typesOf(args []Arg) []arrow.DataType {
	types := make([]arrow.DataType, len(args))
	for i, a := range args {
		types[i] = a.Type
	}
	return types
}

// choose returns the values that pick names row by row: the index of an argument, or -1 for NULL.
func choose(c *Ctx, t arrow.DataType, args []Vec, n int, pick func(i int) int) arrow.Array {
	arrays := make([]arrow.Array, len(args))
	for k, a := range args {
		arrays[k] = a.Array
	}
	refs := make([]vec.Ref, n)
	for i := range refs {
		k := pick(i)
		refs[i] = vec.Ref{Batch: int32(k)}
		if k >= 0 {
			refs[i].Row = int32(args[k].At(i))
		}
	}
	return vec.Interleave(c.Mem, t, arrays, refs)
}

// commonArgs returns the type that common makes of the arguments from number from on, which are one after the
// other. Its error tells which argument does not fit those before it.
func commonArgs(name string, args []Arg, from int, common func(a, b arrow.DataType) (arrow.DataType, error)) (arrow.DataType, error) {
	if len(args) <= from {
		return datatype.Void, nil
	}
	t := args[from].Type
	for i, a := range args[from+1:] {
		next, err := common(t, a.Type)
		if err != nil {
			return nil, diag.Errorf(diag.Type, "%s takes values of one type: argument %d is %s, before it is %s", name, from+i+2, datatype.Name(a.Type), datatype.Name(t)).
				WithHint("use CAST to say what is meant")
		}
		t = next
	}
	return t, nil
}

func bindIf(args []Arg) (Bound, error) {
	if err := wantArgs("if", args, 3, 3); err != nil {
		return Bound{}, err
	}
	if args[0].Type.ID() != arrow.BOOL && !isVoid(args[0].Type) {
		return Bound{}, badArg("if", 0, "a boolean", args[0].Type)
	}
	t, err := commonArgs("if", args, 1, commonBranch)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: []arrow.DataType{datatype.Bool, t, t}, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		cond := args[0].Array.(*array.Boolean)
		return choose(c, t, args[1:], n, func(i int) int {
			if j := args[0].At(i); cond.IsValid(j) && cond.Value(j) {
				return 0
			}
			return 1
		}), nil
	}}, nil
}

func bindCoalesce(args []Arg) (Bound, error) {
	if err := wantArgs("coalesce", args, 1, -1); err != nil {
		return Bound{}, err
	}
	t, err := commonArgs("coalesce", args, 0, commonBranch)
	if err != nil {
		return Bound{}, err
	}
	if isVoid(t) {
		return Bound{Type: t, Kernel: nullKernel(t)}, nil
	}
	return Bound{Casts: castsTo(t, len(args)), Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		if first := args[0]; !first.Const && first.NullN() == 0 {
			return sameKernel(c, args, n)
		}
		views := make([]nullView, len(args))
		for k, a := range args {
			views[k] = nullsOf(a)
		}
		return choose(c, t, args, n, func(i int) int {
			for k, v := range views {
				if !v.at(i) {
					return k
				}
			}
			return -1
		}), nil
	}}, nil
}

// category is what Hive counts t to: a number, a boolean, a time, binary or text; of nested types it is the type.
func category(t arrow.DataType) string {
	switch {
	case datatype.IsNumeric(t):
		return "number"
	case isDate(t), isTimestamp(t):
		return "time"
	case datatype.IsNested(t), t.ID() == arrow.BOOL, t.ID() == arrow.BINARY:
		return t.Name()
	}
	return "text"
}

// bindNullif keeps a's type; the two are compared as = does, but must be of one category, as Hive wants.
func bindNullif(args []Arg) (Bound, error) {
	if err := wantArgs("nullif", args, 2, 2); err != nil {
		return Bound{}, err
	}
	a, b := args[0].Type, args[1].Type
	t, err := commonArgs("nullif", args, 0, func(a, b arrow.DataType) (arrow.DataType, error) {
		if !isVoid(a) && !isVoid(b) && category(a) != category(b) {
			return nil, diag.Errorf(diag.Type, "nullif does not compare %s with %s", datatype.Name(a), datatype.Name(b))
		}
		return compareType("=", a, b)
	})
	if err != nil {
		return Bound{}, err
	}
	toA, err := CastKernel(a, t)
	if err != nil {
		return Bound{}, err
	}
	toB, err := CastKernel(b, t)
	if err != nil {
		return Bound{}, err
	}
	equal := compareKernel("=", t)
	return Bound{Type: a, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		x, err := castVec(c, toA, args[0], n)
		if err != nil {
			return nil, err
		}
		defer x.Release()
		y, err := castVec(c, toB, args[1], n)
		if err != nil {
			return nil, err
		}
		defer y.Release()
		eq, err := equal(c, []Vec{x, y}, n)
		if err != nil {
			return nil, err
		}
		defer eq.Release()
		same, isBool := eq.(*array.Boolean)
		return choose(c, a, args[:1], n, func(i int) int {
			if isBool && same.IsValid(i) && same.Value(i) {
				return -1
			}
			return 0
		}), nil
	}}, nil
}

// castVec applies a cast to v; a constant stays one.
func castVec(c *Ctx, k Kernel, v Vec, n int) (Vec, error) {
	if v.Const {
		n = 1
	}
	a, err := k(c, []Vec{v}, n)
	return Vec{Array: a, Const: v.Const}, err
}

// bindExtremeOf binds greatest (sign 1) and least. Text with numbers is compared as double, as in Hive.
func bindExtremeOf(name string, sign int) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, -1); err != nil {
			return Bound{}, err
		}
		t, err := commonArgs(name, args, 0, func(a, b arrow.DataType) (arrow.DataType, error) { return compareType(name, a, b) })
		if err != nil {
			return Bound{}, err
		}
		if isVoid(t) {
			return Bound{Type: t, Kernel: nullKernel(t)}, nil
		}
		return Bound{Casts: castsTo(t, len(args)), Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			valid := strictValidity(c.Mem, n, args...)
			defer valid.release()
			return choose(c, t, args, n, func(i int) int {
				if valid.null(i) {
					return -1
				}
				best := 0
				for k := 1; k < len(args); k++ {
					if sign*vec.Compare(args[k].Array, args[k].At(i), args[best].Array, args[best].At(i)) > 0 {
						best = k
					}
				}
				return best
			}), nil
		}}, nil
	}
}

func bindAssert(args []Arg) (Bound, error) {
	if err := wantArgs("assert_true", args, 1, 1); err != nil {
		return Bound{}, err
	}
	casts, err := boolArgs("assert_true", args)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: casts, Type: datatype.Void, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		b := args[0].Array.(*array.Boolean)
		for i := range b.Len() {
			if b.IsNull(i) || !b.Value(i) {
				return nil, diag.Errorf(diag.BadValue, "assert_true: the condition is not true")
			}
		}
		return datatype.Nulls(c.Mem, datatype.Void, n), nil
	}}, nil
}

package expr

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// Eval computes e over the rows of b, whose columns e's Columns name by Index. A constant comes back as
// one value with Const set. The caller releases the array.
func Eval(c *funcs.Ctx, e Expr, b arrow.Record) (funcs.Vec, error) {
	in := wholeBatch(b)
	return eval(c, e, in)
}

// EvalArray is Eval with a constant expanded to b's number of rows.
func EvalArray(c *funcs.Ctx, e Expr, b arrow.Record) (arrow.Array, error) {
	v, err := Eval(c, e, b)
	if err != nil || !v.Const {
		return v.Array, err
	}
	defer v.Release()
	return Expand(c, v, int(b.NumRows()))
}

// Expand returns v as an array of n values, to be released by the caller. v stays the caller's.
func Expand(c *funcs.Ctx, v funcs.Vec, n int) (arrow.Array, error) {
	if !v.Const || n == 1 {
		v.Retain()
		return v.Array, nil
	}
	return vec.Take(c.Mem, v.Array, make([]int32, n)), nil
}

// EvalConst computes an expression without columns, such as a folded LIMIT or VALUES cell: one value,
// to be released by the caller.
func EvalConst(c *funcs.Ctx, e Expr) (arrow.Array, error) {
	v, err := eval(c, e, &input{n: 1})
	return v.Array, err
}

// EvalBool returns the rows of b for which e, a boolean, is true: neither false nor NULL. The parts of an
// AND are evaluated one after the other, each only for the rows that the earlier ones left.
func EvalBool(c *funcs.Ctx, e Expr, b arrow.Record) ([]int32, error) {
	in := wholeBatch(b)
	sel, all, err := filter(c, e, in, nil, true)
	if err != nil {
		return nil, err
	}
	if all {
		return sequence(in.n), nil
	}
	return sel, nil
}

// filter narrows the rows of in: sel, or all of them if all is set.
func filter(c *funcs.Ctx, e Expr, in *input, sel []int32, all bool) ([]int32, bool, error) {
	if call, ok := e.(*Call); ok && call.Name == "and" && !call.Volatile {
		var err error
		for _, a := range call.Args {
			if sel, all, err = filter(c, a, in, sel, all); err != nil {
				return nil, false, err
			}
			if !all && len(sel) == 0 {
				return sel, false, nil
			}
		}
		return sel, all, nil
	}
	sub := in
	if !all {
		sub = in.sub(sel)
		defer sub.release()
	}
	v, err := eval(c, e, sub)
	if err != nil {
		return nil, false, err
	}
	defer v.Release()
	t, err := truthOf(v, sub.n, e.Span())
	if err != nil {
		return nil, false, err
	}
	count := t.count()
	if count == sub.n {
		return sel, all, nil
	}
	yes := t.rows(count, false)
	if !all {
		for i, r := range yes {
			yes[i] = sel[r]
		}
	}
	return yes, false, nil
}

func sequence(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// input is the rows that an expression is evaluated over: a batch, or some rows of it. Columns of a
// part are taken when first asked for, so that a branch costs only what it reads.
type input struct {
	base   []arrow.Array // of the whole batch, borrowed
	rows   []int32       // of the batch, or nil: all
	n      int
	taken  []arrow.Array // columns already cut to rows; owned
	common *Common       // of the whole batch, or nil
}

func wholeBatch(b arrow.Record) *input {
	return &input{base: b.Columns(), n: int(b.NumRows())}
}

// sub returns the rows sel of in. The caller releases it.
func (in *input) sub(sel []int32) *input {
	rows := sel
	if in.rows != nil {
		rows = make([]int32, len(sel))
		for i, r := range sel {
			rows[i] = in.rows[r]
		}
	}
	return &input{base: in.base, rows: rows, n: len(sel)}
}

func (in *input) release() {
	for _, a := range in.taken {
		if a != nil {
			a.Release()
		}
	}
	in.taken = nil
}

// column returns column i, retained.
func (in *input) column(c *funcs.Ctx, col *Column) (arrow.Array, error) {
	if col.Index < 0 || col.Index >= len(in.base) {
		return nil, diag.At(col.At, diag.Internal, "column %q has index %d in a batch of %d columns", col.Name, col.Index, len(in.base))
	}
	a := in.base[col.Index]
	if in.rows != nil {
		if in.taken == nil {
			in.taken = make([]arrow.Array, len(in.base))
		}
		if in.taken[col.Index] == nil {
			in.taken[col.Index] = vec.Take(c.Mem, a, in.rows)
		}
		a = in.taken[col.Index]
	}
	a.Retain()
	return a, nil
}

func eval(c *funcs.Ctx, e Expr, in *input) (funcs.Vec, error) {
	switch e := e.(type) {
	case *Column:
		a, err := in.column(c, e)
		return funcs.Vec{Array: a}, err
	case *Literal:
		e.Value.Retain()
		return funcs.Vec{Array: e.Value, Const: true}, nil
	case *Call:
		return evalCall(c, e, in)
	case *Case:
		return evalCase(c, e, in)
	}
	return funcs.Vec{}, diag.Errorf(diag.Internal, "expression of kind %T", e)
}

func evalCall(c *funcs.Ctx, e *Call, in *input) (funcs.Vec, error) {
	if in.common != nil {
		return in.common.call(c, e, in)
	}
	return computeCall(c, e, in)
}

func computeCall(c *funcs.Ctx, e *Call, in *input) (funcs.Vec, error) {
	args := make([]funcs.Vec, 0, len(e.Args))
	defer func() {
		for _, a := range args {
			a.Release()
		}
	}()
	constant := !e.Volatile
	for _, x := range e.Args {
		v, err := eval(c, x, in)
		if err != nil {
			return funcs.Vec{}, err
		}
		args = append(args, v)
		constant = constant && v.Const
	}
	n := in.n
	if constant {
		n = 1
	}
	a, err := e.Kernel(c, args, n)
	if err != nil {
		return funcs.Vec{}, located(err, e.At)
	}
	if a.Len() != n {
		got := a.Len()
		a.Release()
		return funcs.Vec{}, diag.At(e.At, diag.Internal, "%s returned %d values for %d rows", e.Name, got, n)
	}
	return funcs.Vec{Array: a, Const: constant}, nil
}

// located gives err, if it is a *diag.Error without a place, the place at.
func located(err error, at diag.Span) error {
	if d, ok := err.(*diag.Error); ok && d.Span == (diag.Span{}) {
		placed := *d
		placed.Span = at
		return &placed
	}
	return err
}

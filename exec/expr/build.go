package expr

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// NewCall returns the scalar function called name (any case, aliases too) applied to args, with casts
// put where the function wants other types. Its error is a *diag.Error placed at at: kind Unknown
// if there is no such function, Type if it does not take such arguments. if(c, a, b) becomes a Case.
func NewCall(name string, args []Expr, at diag.Span) (Expr, error) {
	if len(args) == 1 {
		switch name {
		case "-":
			name = "negative"
		case "+":
			name = "positive"
		}
	}
	f := funcs.FindScalar(name)
	if f == nil {
		return nil, located(funcs.NoFunction("function", name, scalarNames()), at)
	}
	args = foldSigns(args)
	bound, err := f.Bind(Args(args))
	if err != nil {
		return nil, located(err, at)
	}
	cast, err := CastArgs(args, bound.Casts, at)
	if err != nil {
		return nil, err
	}
	if f.Name == "if" {
		return &Case{Whens: []When{{Cond: cast[0], Then: cast[1]}}, Else: cast[2], T: bound.Type, At: at}, nil
	}
	return &Call{Name: f.Name, Args: cast, T: bound.Type, Kernel: bound.Kernel, Volatile: f.Volatile, At: at}, nil
}

// scalarNames returns the names of all scalar functions.
func scalarNames() []string {
	var names []string
	for d := range funcs.Docs() {
		if d.Kind == "scalar" {
			names = append(append(names, d.Name), d.Aliases...)
		}
	}
	return names
}

// Args returns what a function's Bind is to know of the expressions.
func Args(args []Expr) []funcs.Arg {
	out := make([]funcs.Arg, len(args))
	for i, a := range args {
		out[i].Type = a.Type()
		if l, ok := a.(*Literal); ok {
			out[i].Const = l.Value
		}
	}
	return out
}

// CastArgs returns args cast to the types of casts, where these are not nil and differ: the Casts of
// funcs' Bound, AggBound, WindowBound and TableBound.
func CastArgs(args []Expr, casts []arrow.DataType, at diag.Span) ([]Expr, error) {
	if casts == nil {
		return args, nil
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		out[i] = a
		if i >= len(casts) || casts[i] == nil {
			continue
		}
		place := a.Span()
		if place == (diag.Span{}) {
			place = at
		}
		var err error
		if out[i], err = NewCast(a, casts[i], place); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// NewCast returns e as type t: e itself if it has that type, else a call of the cast. Its error is a
// *diag.Error of kind Type if there is no such cast.
func NewCast(e Expr, t arrow.DataType, at diag.Span) (Expr, error) {
	if datatype.Equal(e.Type(), t) {
		return e, nil
	}
	k, err := funcs.CastKernel(e.Type(), t)
	if err != nil {
		return nil, located(err, at)
	}
	call := &Call{Name: CastName, Args: []Expr{e}, T: t, Kernel: k, At: at}
	lit, ok := e.(*Literal)
	if ok && lit.OnCast != nil {
		lit.OnCast(t)
	}
	if ok && !datatype.IsZoned(e.Type()) && !datatype.IsZoned(t) {
		return foldCall(call, timeless()), nil
	}
	return call, nil
}

// foldSigns folds -1 and its like, so that functions that look at a constant argument see one.
func foldSigns(args []Expr) []Expr {
	var out []Expr
	for i, a := range args {
		c, ok := a.(*Call)
		if !ok || (c.Name != "negative" && c.Name != "positive") {
			continue
		}
		if out == nil {
			out = append(out, args...)
		}
		out[i] = foldCall(c, timeless())
	}
	if out == nil {
		return args
	}
	return out
}

// NewCase returns CASE WHEN whens ELSE els END, with the branches made of one type and a NULL for a
// missing els. Its error is a *diag.Error of kind Type.
func NewCase(whens []When, els Expr, at diag.Span) (Expr, error) {
	values := make([]Expr, 0, len(whens)+1)
	for _, w := range whens {
		if !datatype.Equal(w.Cond.Type(), datatype.Bool) && w.Cond.Type().ID() != arrow.NULL {
			return nil, diag.At(w.Cond.Span(), diag.Type, "a condition must be boolean, not %s", datatype.Name(w.Cond.Type()))
		}
		values = append(values, w.Then)
	}
	if els == nil {
		els = Null(datatype.Void)
	}
	values = append(values, els)
	types := make([]arrow.DataType, len(values))
	for i, v := range values {
		types[i] = v.Type()
	}
	t, err := funcs.CommonBranch(types...)
	if err != nil {
		return nil, located(err, at)
	}
	out := &Case{Whens: make([]When, len(whens)), T: t, At: at}
	for i, v := range values {
		c, err := NewCast(v, t, v.Span())
		if err != nil {
			return nil, err
		}
		if i == len(whens) {
			out.Else = c
			break
		}
		cond, err := NewCast(whens[i].Cond, datatype.Bool, whens[i].Cond.Span())
		if err != nil {
			return nil, err
		}
		out.Whens[i] = When{Cond: cond, Then: c}
	}
	return out, nil
}

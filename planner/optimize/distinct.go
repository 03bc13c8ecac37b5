package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// splitDistinct turns an aggregate whose calls are all DISTINCT over the same arguments into two: the
// inner one groups by keys and arguments, and so makes each tuple once, wherever its rows lie; the
// outer one aggregates these. No task has to see all rows of a group.
func splitDistinct(_ context.Context, env *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		agg, ok := n.(*logical.Aggregate)
		switch {
		case !ok:
			return n, nil
		case mergesDistinct(agg):
			return mergeDistinct(env, agg)
		case mixedDistinct(agg) && env.Workers > 1:
			return spreadDistinct(env, agg)
		case !sameDistinct(agg):
			return n, nil
		}
		inner := &logical.Aggregate{Input: agg.Input}
		add := func(e expr.Expr) *expr.Column {
			f := logical.Field{ID: env.NewID(), Name: "_d", T: e.Type()}
			if col, ok := e.(*expr.Column); ok {
				f.Name = col.Name
			}
			inner.Keys, inner.Out = append(inner.Keys, e), append(inner.Out, f)
			return f.Column(diag.Span{})
		}
		outer := &logical.Aggregate{Input: inner, Out: agg.Out, Always: agg.Always}
		for _, k := range agg.Keys {
			outer.Keys = append(outer.Keys, add(k))
		}
		var args []expr.Expr
		for _, a := range agg.Calls[0].Args {
			args = append(args, add(a))
		}
		for _, call := range agg.Calls {
			call.Args, call.Distinct = args, false
			if call.Name == "count" && len(args) > 1 {
				call.Filter = allPresent(args)
			}
			outer.Calls = append(outer.Calls, call)
		}
		return outer, nil
	})
}

// sameDistinct reports whether every call is DISTINCT over the same columns and none has a filter.
func sameDistinct(agg *logical.Aggregate) bool {
	for _, c := range agg.Calls {
		if !c.Distinct || c.Filter != nil || len(c.Args) == 0 || slices.ContainsFunc(c.Args, isLiteral) || !sameArgs(c.Args, agg.Calls[0].Args) {
			return false
		}
	}
	return len(agg.Calls) > 0
}

func isLiteral(e expr.Expr) bool {
	_, ok := e.(*expr.Literal)
	return ok
}

// sameArgs reports whether a and b have the same values in each row.
func sameArgs(a, b []expr.Expr) bool {
	return slices.EqualFunc(a, b, func(x, y expr.Expr) bool { return !expr.IsVolatile(x) && expr.Equal(x, y) })
}

// allPresent is true where no argument is NULL: count(distinct a, b) skips the other tuples.
func allPresent(args []expr.Expr) expr.Expr {
	var all []expr.Expr
	for _, a := range args {
		e, err := expr.NewCall("isnotnull", []expr.Expr{a}, a.Span())
		if err != nil {
			return nil
		}
		all = append(all, e)
	}
	e, err := expr.NewCall("and", all, diag.Span{})
	if err != nil {
		return nil
	}
	return e
}

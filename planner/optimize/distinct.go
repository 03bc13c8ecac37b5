package optimize

import (
	"context"

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
		if !ok || !sameDistinct(agg) {
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
		if !c.Distinct || c.Filter != nil || len(c.Args) == 0 || len(c.Args) != len(agg.Calls[0].Args) {
			return false
		}
		for i, a := range c.Args {
			if _, constant := a.(*expr.Literal); constant || expr.IsVolatile(a) || !expr.Equal(a, agg.Calls[0].Args[i]) {
				return false
			}
		}
	}
	return len(agg.Calls) > 0
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

package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// sinkSemiJoins puts a semi-join below the joins of its left side, on the one input whose columns it reads: IN (SELECT …)
// leaves out rows of a table before others are joined to them. One with a right side that does not go to every task stays,
// since rows that the joins may drop would have to travel for it.
func sinkSemiJoins(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	s := &estimator{ctx, env}
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		j, ok := n.(*logical.Join)
		if !ok || j.Kind != logical.Semi || slices.ContainsFunc(j.On, expr.IsVolatile) {
			return n, nil
		}
		if b, known := s.bytes(j.Right); !j.Broadcast && (!known || b > env.BroadcastBytes) {
			return n, nil
		}
		if sunk, ok := sink(j, j.Left, j.On); ok {
			return sunk, nil
		}
		return n, nil
	})
}

// sink returns n with the semi-join j, whose condition over n's fields is on, on an input of a join in it; not ok if
// there is no join to get below.
func sink(j *logical.Join, n logical.Node, on []expr.Expr) (logical.Node, bool) {
	onto := func(side logical.Node) logical.Node {
		if sunk, ok := sink(j, side, on); ok {
			return sunk
		}
		c := *j
		c.Left, c.On = side, on
		return &c
	}
	switch n := n.(type) {
	case *logical.Filter:
		if slices.ContainsFunc(n.Conds, expr.IsVolatile) {
			return nil, false
		}
		in, ok := sink(j, n.Input, on)
		return n.With(in), ok
	case *logical.Project:
		moved := make([]expr.Expr, len(on))
		for i, c := range on {
			moved[i] = substitute(c, n.Out, n.Exprs)
		}
		if slices.ContainsFunc(moved, expr.IsVolatile) {
			return nil, false
		}
		in, ok := sink(j, n.Input, moved)
		return n.With(in), ok
	case *logical.Join:
		left, right := false, false
		for _, c := range on {
			for _, id := range expr.Columns(c) {
				left, right = left || has(n.Left.Fields(), id), right || has(n.Right.Fields(), id)
			}
		}
		switch {
		case left == right: // it reads both, or nothing of n
		case left && (n.Kind == logical.Semi || n.Kind == logical.Anti):
			in, ok := sink(j, n.Left, on)
			return n.With(in, n.Right), ok
		case left && (n.Kind == logical.Inner || n.Kind == logical.Left):
			return n.With(onto(n.Left), n.Right), true
		case right && n.Kind == logical.Inner:
			return n.With(n.Left, onto(n.Right)), true
		}
	}
	return nil, false
}

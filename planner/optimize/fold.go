package optimize

import (
	"context"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// fold computes constant expressions; a filter that is always true goes, one that never is leaves no rows.
func fold(_ context.Context, env *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		n = mapExprs(n, func(e expr.Expr) expr.Expr { return expr.Fold(e, env.Session) })
		f, ok := n.(*logical.Filter)
		if !ok {
			return n, nil
		}
		var keep []expr.Expr
		for _, c := range expr.Conjuncts(f.Conds...) {
			switch {
			case expr.IsTrue(c):
			case expr.IsFalse(c) || expr.IsNull(c):
				return &logical.Values{Out: f.Fields()}, nil
			default:
				keep = append(keep, c)
			}
		}
		return filtered(f.Input, keep), nil
	})
}

// mapExprs returns n with f applied to each of its expressions.
func mapExprs(n logical.Node, f func(expr.Expr) expr.Expr) logical.Node {
	switch n := n.(type) {
	case *logical.Scan:
		c := *n
		c.Filters = mapList(n.Filters, f)
		return &c
	case *logical.Values:
		c := *n
		c.Rows = make([][]expr.Expr, len(n.Rows))
		for i, r := range n.Rows {
			c.Rows[i] = mapList(r, f)
		}
		return &c
	case *logical.Filter:
		return &logical.Filter{Input: n.Input, Conds: mapList(n.Conds, f)}
	case *logical.Project:
		return &logical.Project{Input: n.Input, Exprs: mapList(n.Exprs, f), Out: n.Out}
	case *logical.Aggregate:
		c := *n
		c.Keys = mapList(n.Keys, f)
		c.Calls = make([]logical.AggCall, len(n.Calls))
		for i, call := range n.Calls {
			call.Args = mapList(call.Args, f)
			call.Filter = mapOne(call.Filter, f)
			c.Calls[i] = call
		}
		return &c
	case *logical.Join:
		c := *n
		c.On = expr.Conjuncts(mapList(n.On, f)...)
		return &c
	case *logical.Sort:
		return &logical.Sort{Input: n.Input, Keys: mapKeys(n.Keys, f), Limit: n.Limit}
	case *logical.Window:
		return mapWindow(n, f)
	case *logical.Generate:
		c := *n
		c.Args = mapList(n.Args, f)
		return &c
	case *logical.Transform:
		c := *n
		c.Args = mapList(n.Args, f)
		return &c
	}
	return n
}

func mapWindow(n *logical.Window, f func(expr.Expr) expr.Expr) logical.Node {
	c := *n
	c.PartitionBy, c.OrderBy = mapList(n.PartitionBy, f), mapKeys(n.OrderBy, f)
	c.Calls = make([]logical.WindowCall, len(n.Calls))
	for i, call := range n.Calls {
		call.Args = mapList(call.Args, f)
		call.Filter = mapOne(call.Filter, f)
		call.Frame.Start.Offset = mapOne(call.Frame.Start.Offset, f)
		call.Frame.End.Offset = mapOne(call.Frame.End.Offset, f)
		c.Calls[i] = call
	}
	return &c
}

func mapOne(e expr.Expr, f func(expr.Expr) expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return f(e)
}

func mapList(es []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = f(e)
	}
	return out
}

func mapKeys(keys []logical.SortKey, f func(expr.Expr) expr.Expr) []logical.SortKey {
	out := make([]logical.SortKey, len(keys))
	for i, k := range keys {
		k.Expr = f(k.Expr)
		out[i] = k
	}
	return out
}

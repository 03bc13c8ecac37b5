package optimize

import (
	"context"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// factor takes conditions that all branches of an OR share out of it: (k = j AND x) OR (k = j AND y) becomes
// k = j and (x OR y), and so a condition that a join can use.
func factor(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		switch n := n.(type) {
		case *logical.Filter:
			return &logical.Filter{Input: n.Input, Conds: factored(n.Conds)}, nil
		case *logical.Join:
			c := *n
			c.On = factored(n.On)
			return &c, nil
		}
		return n, nil
	})
}

func factored(conds []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, c := range conds {
		out = append(out, expr.Factor(c)...)
	}
	return out
}

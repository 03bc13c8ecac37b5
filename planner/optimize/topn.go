package optimize

import (
	"context"

	"github.com/winnowdb/winnow/planner/logical"
)

// topN tells a Sort below a Limit how many rows are needed, through projections.
func topN(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		lim, ok := n.(*logical.Limit)
		if !ok || lim.Count < 0 || lim.Offset+lim.Count == 0 {
			return n, nil
		}
		return lim.With(bound(lim.Input, lim.Offset+lim.Count)), nil
	})
}

func bound(n logical.Node, count int64) logical.Node {
	switch n := n.(type) {
	case *logical.Project:
		return n.With(bound(n.Input, count))
	case *logical.Sort:
		c := *n
		if c.Limit == 0 || count < c.Limit {
			c.Limit = count
		}
		return &c
	}
	return n
}

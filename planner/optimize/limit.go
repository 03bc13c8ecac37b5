package optimize

import (
	"context"

	"github.com/winnowdb/winnow/planner/logical"
)

// pushLimit tells scans below a Limit how many rows are enough of each task, through what passes every row on:
// projections, unions, the left side of a left join.
func pushLimit(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		lim, ok := n.(*logical.Limit)
		if !ok || lim.Count <= 0 {
			return n, nil
		}
		return lim.With(enough(lim.Input, lim.Offset+lim.Count)), nil
	})
}

// enough returns n made to give count rows, if it has them, and perhaps not many more.
func enough(n logical.Node, count int64) logical.Node {
	switch n := n.(type) {
	case *logical.Project:
		return n.With(enough(n.Input, count))
	case *logical.Scan:
		c := *n
		if c.Sample == nil && c.Table.Handler == "" && (c.Limit == 0 || count < c.Limit) {
			c.Limit = count
		}
		return &c
	case *logical.Limit:
		if n.Count >= 0 && n.Count <= count {
			return n
		}
		return n.With(enough(n.Input, n.Offset+count))
	case *logical.Union:
		in := make([]logical.Node, len(n.In))
		for i, child := range n.In {
			in[i] = enough(child, count)
		}
		return n.With(in...)
	case *logical.Join:
		if n.Kind == logical.Left {
			return n.With(enough(n.Left, count), n.Right)
		}
	}
	return n
}

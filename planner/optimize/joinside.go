package optimize

import (
	"context"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// chooseSides makes the smaller side of a join the right one, from which the hash table is built, and
// broadcasts it when it is small. A right join becomes a left join.
func chooseSides(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		j, ok := n.(*logical.Join)
		if !ok {
			return n, nil
		}
		left, lok := size(ctx, env, j.Left)
		right, rok := size(ctx, env, j.Right)
		known := lok && rok
		out := *j
		var plan logical.Node = &out
		switch {
		case j.Kind == logical.Right:
			plan = swap(&out, logical.Left)
			left, right = right, left
		case j.Kind == logical.Inner && known && left < right:
			plan = swap(&out, logical.Inner)
			left, right = right, left
		}
		if known && right <= env.BroadcastBytes && out.Kind != logical.Full {
			out.Broadcast = true
		}
		return plan, nil
	})
}

// swap exchanges the sides of j and puts the columns back in their order.
func swap(j *logical.Join, kind logical.JoinKind) logical.Node {
	fields := j.Fields()
	j.Left, j.Right, j.Kind = j.Right, j.Left, kind
	exprs := make([]expr.Expr, len(fields))
	for i, f := range fields {
		exprs[i] = f.Column(diag.Span{})
	}
	return &logical.Project{Input: j, Exprs: exprs, Out: fields}
}

// size estimates the bytes that come out of n: those of its files, halved by every filter.
func size(ctx context.Context, env *Env, n logical.Node) (int64, bool) {
	switch n := n.(type) {
	case *logical.Scan:
		if n.Table.Handler != "" || env.Size == nil {
			return 0, false
		}
		b, ok := env.Size(ctx, n)
		if len(n.Filters) > 0 {
			b /= 2
		}
		if all := len(n.Table.Columns); all > 0 {
			b = b * int64(min(len(n.Columns), all)) / int64(all)
		}
		return b, ok
	case *logical.Values:
		return int64(len(n.Rows)) * 64, true
	case *logical.Filter:
		b, ok := size(ctx, env, n.Input)
		return b / 2, ok
	case *logical.Aggregate:
		b, ok := size(ctx, env, n.Input)
		if len(n.Keys) == 0 {
			return 64, ok
		}
		return b / 4, ok
	case *logical.Limit:
		b, ok := size(ctx, env, n.Input)
		if n.Count >= 0 {
			return min(b, n.Count*256), true
		}
		return b, ok
	}
	var sum int64
	known := true
	for _, in := range n.Inputs() {
		b, ok := size(ctx, env, in)
		sum, known = sum+b, known && ok
	}
	return sum, known
}

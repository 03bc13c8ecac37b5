package optimize

import (
	"context"

	"github.com/winnowdb/winnow/planner/logical"
)

// chooseSides makes the smaller side of a join the right one, from which the hash table is built, and
// broadcasts it when it is small. An outer join turns between left and right with its sides.
func chooseSides(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	s := &estimator{ctx, env}
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		j, ok := n.(*logical.Join)
		if !ok {
			return n, nil
		}
		left, lok := s.bytes(j.Left)
		right, rok := s.bytes(j.Right)
		known := lok && rok
		small := func(b int64) bool { return known && b <= env.BroadcastBytes }
		out := *j
		var plan logical.Node = &out
		switch {
		case j.Kind == logical.Inner && known && left < right && !j.Broadcast:
			plan = swap(&out, logical.Inner)
			right = left
		case j.Kind == logical.Right && (small(left) || !known || left <= right):
			plan = swap(&out, logical.Left)
			right = left
		case j.Kind == logical.Left && known && left < right && !small(right) && !j.Broadcast:
			plan = swap(&out, logical.Right)
			right = left
		}
		if small(right) && out.Kind != logical.Full && out.Kind != logical.Right {
			out.Broadcast = true
		}
		return plan, nil
	})
}

// swap exchanges the sides of j and puts the columns back in their order.
func swap(j *logical.Join, kind logical.JoinKind) logical.Node {
	fields := j.Fields()
	j.Left, j.Right, j.Kind = j.Right, j.Left, kind
	return inOrder(j, fields)
}

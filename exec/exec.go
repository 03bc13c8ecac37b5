// Package exec opens tasks: it turns the plan message of a task into a tree of operators. What runs the
// tree, and where its rows go, is the worker's.
//
// Read Open first.
package exec

import (
	"context"

	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Open returns the operator tree of n, a node of the task in env. The caller closes it.
func Open(ctx context.Context, env *op.Env, n *winnowpb.Node) (op.Operator, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return op.Build(env, n)
}

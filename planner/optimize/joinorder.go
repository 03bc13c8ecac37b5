package optimize

import (
	"cmp"
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// orderJoins reorders runs of inner joins greedily: it starts with the largest input, the one that is
// streamed, and adds the smallest input that a condition ties to what is there; an input without any
// condition comes last. FROM a, b, c so never pairs all rows of two tables that a third one ties.
func orderJoins(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	o := &orderer{ctx: ctx, env: env, shared: map[uint32]logical.Node{}}
	return o.node(n), nil
}

type orderer struct {
	ctx    context.Context
	env    *Env
	shared map[uint32]logical.Node
}

func (o *orderer) node(n logical.Node) logical.Node {
	if j, ok := n.(*logical.Join); ok && j.Kind == logical.Inner {
		return o.run(j)
	}
	if s, ok := n.(*logical.Shared); ok {
		if o.shared[s.ID] == nil {
			o.shared[s.ID] = o.node(s.Input)
		}
		return s.With(o.shared[s.ID])
	}
	in := n.Inputs()
	if len(in) == 0 {
		return n
	}
	out := make([]logical.Node, len(in))
	for i, c := range in {
		out[i] = o.node(c)
	}
	return n.With(out...)
}

// flatten collects the inputs and conditions of a tree of inner joins.
func flatten(n logical.Node, inputs []logical.Node, on []expr.Expr) ([]logical.Node, []expr.Expr) {
	j, ok := n.(*logical.Join)
	if !ok || j.Kind != logical.Inner {
		return append(inputs, n), on
	}
	inputs, on = flatten(j.Left, inputs, append(on, conjuncts(j.On...)...))
	return flatten(j.Right, inputs, on)
}

type sized struct {
	node  logical.Node
	bytes int64
}

func (o *orderer) run(j *logical.Join) logical.Node {
	inputs, on := flatten(j, nil, nil)
	for i, in := range inputs {
		inputs[i] = o.node(in)
	}
	if len(inputs) == 2 {
		c := *j
		c.Left, c.Right = inputs[0], inputs[1]
		return &c
	}
	rest := make([]sized, len(inputs))
	for i, in := range inputs {
		b, _ := size(o.ctx, o.env, in)
		rest[i] = sized{in, b}
	}
	slices.SortStableFunc(rest, func(a, b sized) int { return cmp.Compare(a.bytes, b.bytes) })
	plan := rest[len(rest)-1].node
	rest = rest[:len(rest)-1]
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(s sized) bool { return tied(plan, s.node, on) })
		if next < 0 {
			next = 0
		}
		both := append(slices.Clone(plan.Fields()), rest[next].node.Fields()...)
		var mine, later []expr.Expr
		for _, c := range on {
			if covers(both, c) {
				mine = append(mine, c)
			} else {
				later = append(later, c)
			}
		}
		plan = &logical.Join{Kind: logical.Inner, Left: plan, Right: rest[next].node, On: mine, At: j.At}
		rest, on = slices.Delete(rest, next, next+1), later
	}
	return o.inOrder(plan, j.Fields(), on)
}

// inOrder gives the columns the order they had.
func (o *orderer) inOrder(plan logical.Node, fields []logical.Field, on []expr.Expr) logical.Node {
	exprs := make([]expr.Expr, len(fields))
	for i, f := range fields {
		exprs[i] = f.Column(diag.Span{})
	}
	return &logical.Project{Input: filtered(plan, on), Exprs: exprs, Out: fields}
}

// tied reports whether a condition reads columns of both a and b and of nothing else.
func tied(a, b logical.Node, on []expr.Expr) bool {
	left, right := a.Fields(), b.Fields()
	both := append(slices.Clone(left), right...)
	return slices.ContainsFunc(on, func(c expr.Expr) bool {
		return covers(both, c) && !covers(left, c) && !covers(right, c)
	})
}

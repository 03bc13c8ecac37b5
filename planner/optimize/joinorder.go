package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// orderJoins reorders runs of inner joins: of all pairs of inputs that an equality ties it joins the one with
// the fewest rows to come, takes the result for an input, and goes on so. Inputs that nothing ties are paired last.
func orderJoins(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	o := &orderer{estimator{ctx, env}, map[uint32]logical.Node{}}
	return o.node(n), nil
}

type orderer struct {
	estimator
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
	return overInputs(n, o.node)
}

// flatten collects the inputs and conditions of a tree of inner joins.
func flatten(n logical.Node, inputs []logical.Node, on []expr.Expr) ([]logical.Node, []expr.Expr) {
	j, ok := n.(*logical.Join)
	if !ok || j.Kind != logical.Inner {
		return append(inputs, n), on
	}
	inputs, on = flatten(j.Left, inputs, append(on, expr.Conjuncts(j.On...)...))
	return flatten(j.Right, inputs, on)
}

// maxReordered is how many inputs of a run are reordered; longer ones stay as written.
const maxReordered = 64

func (o *orderer) run(j *logical.Join) logical.Node {
	inputs, on := flatten(j, nil, nil)
	if len(inputs) > maxReordered {
		return j
	}
	for i, in := range inputs {
		inputs[i] = o.node(in)
	}
	if len(inputs) == 2 {
		return j.With(inputs...)
	}
	g := o.graph(inputs, on)
	g.at = j.At
	for len(g.parts) > 1 {
		g.join(g.cheapest())
	}
	return inOrder(filtered(g.parts[0].node, g.left()), j.Fields())
}

// inOrder gives n's columns the order of fields, which are the same ones.
func inOrder(n logical.Node, fields []logical.Field) logical.Node {
	if slices.EqualFunc(n.Fields(), fields, func(a, b logical.Field) bool { return a.ID == b.ID }) {
		return n
	}
	exprs := make([]expr.Expr, len(fields))
	for i, f := range fields {
		exprs[i] = f.Column(diag.Span{})
	}
	return &logical.Project{Input: n, Exprs: exprs, Out: fields}
}

// graph is a run of inner joins under way.
type graph struct {
	parts []part
	conds []*tie
	at    diag.Span
}

// part is some inputs, joined.
type part struct {
	node   logical.Node
	inputs uint64 // a bit for each
	rows   float64
	base   float64 // rows of the largest table in it
}

// tie is a condition over several inputs.
type tie struct {
	cond   expr.Expr
	inputs uint64 // that it reads
	equal  bool
	class  uint32  // equalities of one class say one thing, but for the columns they name
	values float64 // that the columns of the class have
	done   bool
}

func (o *orderer) graph(inputs []logical.Node, on []expr.Expr) *graph {
	g := &graph{}
	origin := map[uint32]int{}
	for i, in := range inputs {
		g.parts = append(g.parts, part{in, 1 << i, o.of(in).rows, o.base(in)})
		for _, f := range in.Fields() {
			origin[f.ID] = i
		}
	}
	same := equalColumns(on)
	fewest := map[uint32]float64{} // values by class
	for _, c := range on {
		t := &tie{cond: c}
		ids := expr.Columns(c)
		for _, id := range ids {
			t.inputs |= 1 << origin[id]
		}
		g.conds = append(g.conds, t)
		call, ok := c.(*expr.Call)
		if !ok || call.Name != "=" && call.Name != "<=>" || len(ids) < 2 {
			continue
		}
		l, r := expr.Columns(call.Args[0]), expr.Columns(call.Args[1])
		if len(l) != 1 || len(r) != 1 || origin[l[0]] == origin[r[0]] {
			continue
		}
		t.equal, t.class = true, same.find(l[0])
		values := min(o.values(inputs[origin[l[0]]], call.Args[0]), o.values(inputs[origin[r[0]]], call.Args[1]))
		if v, ok := fewest[t.class]; !ok || values < v {
			fewest[t.class] = values
		}
	}
	for _, t := range g.conds {
		t.values = fewest[t.class]
	}
	return g
}

// cheapest returns the two parts to join next.
func (g *graph) cheapest() (a, b int) {
	best, bestTied := 0.0, false
	for i := range g.parts {
		for k := i + 1; k < len(g.parts); k++ {
			rows, tied := g.rows(g.parts[i], g.parts[k])
			if b == 0 || tied && !bestTied || tied == bestTied && rows < best {
				a, b, best, bestTied = i, k, rows, tied
			}
		}
	}
	return a, b
}

// rows guesses the rows of a and b joined; tied is whether an equality ties them.
func (g *graph) rows(a, b part) (rows float64, tied bool) {
	share, values := 1.0, 1.0
	seen := map[uint32]bool{}
	for _, t := range g.conds {
		if t.done || t.inputs&^(a.inputs|b.inputs) != 0 || t.inputs&^a.inputs == 0 || t.inputs&^b.inputs == 0 {
			continue
		}
		switch {
		case !t.equal:
			share *= keptBy(t.cond)
		case !seen[t.class]:
			tied, seen[t.class] = true, true
			values *= t.values
		}
	}
	return atLeastOne(a.rows * b.rows * share / max(1, min(values, a.base, b.base))), tied
}

// join replaces parts a and b by their join.
func (g *graph) join(a, b int) {
	left, right := g.parts[a], g.parts[b]
	rows, _ := g.rows(left, right)
	if left.rows < right.rows {
		left, right = right, left
	}
	both := left.inputs | right.inputs
	var on []expr.Expr
	for _, t := range g.conds {
		if !t.done && t.inputs&^both == 0 {
			t.done = true
			on = append(on, t.cond)
		}
	}
	n := &logical.Join{Kind: logical.Inner, Left: left.node, Right: right.node, On: on, At: g.at}
	g.parts[a] = part{n, both, rows, max(left.base, right.base)}
	g.parts = append(g.parts[:b], g.parts[b+1:]...)
}

// left are the conditions that no join took.
func (g *graph) left() []expr.Expr {
	var out []expr.Expr
	for _, t := range g.conds {
		if !t.done {
			out = append(out, t.cond)
		}
	}
	return out
}

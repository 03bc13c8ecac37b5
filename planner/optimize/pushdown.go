package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// pushDown moves each conjunct of a filter as far towards the scans as its columns allow; those that
// reach a scan become its filters, those that span both sides of an inner join become its ON. Into a subtree
// with several readers goes what any of them wants.
func pushDown(_ context.Context, env *Env, n logical.Node) (logical.Node, error) {
	p := &pusher{wanted: map[uint32][]expr.Expr{}, session: env.Session}
	shared := findShared(n)
	n = p.push(n, nil)
	for _, id := range shared.order {
		in := shared.inputs[id]
		var conds []expr.Expr
		if wanted := p.wanted[id]; len(wanted) > 0 && !expr.Contains(wanted, expr.Bool(true)) {
			conds = unknownTo(in, expr.Factor(expr.Any(wanted)))
		}
		shared.inputs[id] = p.push(in, conds)
	}
	return shared.put(n), nil
}

// unknownTo are those of conds that are not known to hold for n's rows: the readers of a shared subtree keep
// their conditions, and a second round would push them again.
func unknownTo(n logical.Node, conds []expr.Expr) []expr.Expr {
	have := facts(n)
	return slices.DeleteFunc(conds, func(c expr.Expr) bool { return expr.Contains(have, c) })
}

// pusher keeps, by the ID of a shared subtree, what each reader wants of its rows, over the subtree's columns.
type pusher struct {
	wanted  map[uint32][]expr.Expr
	session *funcs.Session
}

// push returns a plan for the rows of n for which all conds are true. conds read n's fields.
func (p *pusher) push(n logical.Node, conds []expr.Expr) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		return p.push(n.Input, append(slices.Clone(conds), expr.Conjuncts(n.Conds...)...))
	case *logical.Project:
		return p.project(n, conds)
	case *logical.Scan:
		return p.scan(n, conds)
	case *logical.Join:
		return p.join(n, conds)
	case *logical.Aggregate:
		return p.aggregate(*n, conds)
	case *logical.Window:
		return p.split(n, conds, func(e expr.Expr) (expr.Expr, bool) { return e, partitionOnly(n, e) })
	case *logical.Generate:
		return p.split(n, conds, func(e expr.Expr) (expr.Expr, bool) { return e, covers(n.Input.Fields(), e) })
	case *logical.Sort:
		return p.split(n, conds, func(e expr.Expr) (expr.Expr, bool) { return e, n.Limit == 0 })
	case *logical.Union:
		return p.union(n, conds)
	case *logical.Shared:
		return p.sharedNode(n, conds)
	}
	return p.split(n, conds, func(e expr.Expr) (expr.Expr, bool) { return e, false })
}

// aggregate pushes what is said of keys. The group that is there even if no row is must be asked itself: it goes if a
// condition that leaves is not true for it.
func (p *pusher) aggregate(n logical.Aggregate, conds []expr.Expr) logical.Node {
	return p.split(&n, conds, func(e expr.Expr) (expr.Expr, bool) {
		if len(n.Keys) == 0 || !covers(n.Out, e) {
			return e, false
		}
		if n.Always != nil {
			holds := expr.Fold(substitute(e, n.Out, n.Always), p.session)
			if !isLiteral(holds) {
				return e, false
			}
			if !expr.IsTrue(holds) {
				n.Always = nil
			}
		}
		return substitute(e, n.Out, n.Keys), true
	})
}

// split pushes into the one input of n what move allows (as move rewrites it) and keeps the rest above; of an OR it
// may push what its branches say of that input.
// Inputs of a node with several are pushed into with nothing.
func (p *pusher) split(n logical.Node, conds []expr.Expr, move func(expr.Expr) (expr.Expr, bool)) logical.Node {
	in := n.Inputs()
	if len(in) == 0 {
		return filtered(n, conds)
	}
	var down, stay []expr.Expr
	for _, c := range conds {
		if e, ok := move(c); ok && !expr.IsVolatile(c) {
			down = append(down, e)
			continue
		}
		stay = append(stay, c)
		if part := partly(c, move); part != nil && len(in) == 1 && !expr.Contains(facts(in[0]), part) {
			down = append(down, part)
		}
	}
	out := make([]logical.Node, len(in))
	for i, c := range in {
		out[i] = p.push(c, down)
	}
	return filtered(n.With(out...), stay)
}

func (p *pusher) project(n *logical.Project, conds []expr.Expr) logical.Node {
	return p.split(n, conds, func(e expr.Expr) (expr.Expr, bool) {
		moved := substitute(e, n.Out, n.Exprs)
		return moved, !expr.IsVolatile(moved)
	})
}

func (p *pusher) scan(n *logical.Scan, conds []expr.Expr) logical.Node {
	c := *n
	var stay []expr.Expr
	c.Filters = slices.Clone(n.Filters)
	for _, e := range conds {
		if expr.IsVolatile(e) || n.Sample != nil {
			stay = append(stay, e)
		} else {
			c.Filters = append(c.Filters, e)
		}
	}
	return filtered(&c, stay)
}

// partitionOnly: e reads PARTITION BY columns only, so it keeps or drops whole partitions.
func partitionOnly(n *logical.Window, e expr.Expr) bool {
	for _, id := range expr.Columns(e) {
		if !slices.ContainsFunc(n.PartitionBy, func(k expr.Expr) bool {
			col, ok := k.(*expr.Column)
			return ok && col.ID == id
		}) {
			return false
		}
	}
	return len(n.PartitionBy) > 0
}

func (p *pusher) union(n *logical.Union, conds []expr.Expr) logical.Node {
	var down, stay []expr.Expr
	for _, c := range conds {
		if expr.IsVolatile(c) {
			stay = append(stay, c)
		} else {
			down = append(down, c)
		}
	}
	in := make([]logical.Node, len(n.In))
	for i, child := range n.In {
		fields := child.Fields()
		values := make([]expr.Expr, len(fields))
		for j, f := range fields {
			values[j] = f.Column(diag.Span{})
		}
		mine := make([]expr.Expr, len(down))
		for j, c := range down {
			mine[j] = substitute(c, n.Out, values)
		}
		in[i] = p.push(child, mine)
	}
	return filtered(n.With(in...), stay)
}

// sharedNode is read by several: the filter stays here, and what it wants is noted.
func (p *pusher) sharedNode(n *logical.Shared, conds []expr.Expr) logical.Node {
	fields := n.Input.Fields()
	cols := make([]expr.Expr, len(fields))
	for i, f := range fields {
		cols[i] = f.Column(diag.Span{})
	}
	all := expr.Expr(expr.Bool(true))
	if steady := slices.DeleteFunc(slices.Clone(conds), expr.IsVolatile); len(steady) > 0 {
		all = substitute(expr.All(steady), n.Out, cols)
	}
	p.wanted[n.ID] = append(p.wanted[n.ID], all)
	return filtered(n, conds)
}

// join sends conjuncts to the sides that may lose rows early.
func (p *pusher) join(n *logical.Join, conds []expr.Expr) logical.Node {
	left, right := n.Left.Fields(), n.Right.Fields()
	var toLeft, toRight, on, stay []expr.Expr
	for _, e := range conds {
		switch {
		case expr.IsVolatile(e):
			stay = append(stay, e)
		case n.Kind != logical.Right && n.Kind != logical.Full && covers(left, e):
			toLeft = append(toLeft, e)
		case (n.Kind == logical.Inner || n.Kind == logical.Right) && covers(right, e):
			toRight = append(toRight, e)
		case n.Kind == logical.Inner:
			on = append(on, e)
		default:
			stay = append(stay, e)
		}
	}
	for _, e := range expr.Conjuncts(n.On...) {
		switch {
		case expr.IsVolatile(e):
			on = append(on, e)
		case (n.Kind == logical.Inner || n.Kind == logical.Right || n.Kind == logical.Semi) && covers(left, e):
			toLeft = append(toLeft, e)
		case (n.Kind == logical.Inner || n.Kind == logical.Left || n.Kind == logical.Semi || n.Kind == logical.Anti) && covers(right, e):
			toRight = append(toRight, e)
		default:
			on = append(on, e)
		}
	}
	c := *n
	c.On = on
	c.Left, c.Right = p.push(n.Left, toLeft), p.push(n.Right, toRight)
	return filtered(&c, stay)
}

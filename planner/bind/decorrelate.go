package bind

import (
	"maps"
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// pulled is a subquery that reads no column of the enclosing query any more.
type pulled struct {
	node  logical.Node
	width int // columns of the query itself; those that conds need follow
	// conds are the conditions that did read such columns; a row counts for those rows of the
	// enclosing query for which they are true.
	conds []expr.Expr
	// emptied is set if the query is an aggregate without GROUP BY that now has keys: no row
	// means one row of these values, by column ID.
	emptied map[uint32]expr.Expr
	// stands is a boolean column, never NULL, of such a query with HAVING: the row is one if it is true. ID 0: it always is.
	stands logical.Field
	// single: a row of the enclosing query has one row at most, and emptied is nil.
	single bool
}

// pull takes the conditions that read columns of an enclosing query out of n. Filters give them up;
// the nodes above pass on what they need: a projection adds columns, an aggregate keys, a window a
// partition. What cannot be taken out so is an error of kind Unsupported.
//
// outer gives the values of columns of the enclosing query's rows, or is nil: see tied.
func (b *binder) pull(n logical.Node, outer outerValues) (pulled, error) {
	width := len(n.Fields())
	around := b.outer
	b.outer = outer
	p, err := b.pullUp(n)
	b.outer = around
	if err != nil {
		return pulled{}, err
	}
	p.width = width
	return p, nil
}

// free returns the first column that e reads and that is not among fields, or nil.
func free(e expr.Expr, fields []logical.Field) *expr.Column {
	var found *expr.Column
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok && found == nil && !has(fields, c.ID) {
			found = c
		}
		return found == nil
	})
	return found
}

func has(fields []logical.Field, id uint32) bool {
	return slices.ContainsFunc(fields, func(f logical.Field) bool { return f.ID == id })
}

func cannotPull(c *expr.Column, where string) error {
	return diag.At(c.At, diag.Unsupported, "column %s of the enclosing query in %s of a subquery is not supported", c.Name, where).
		WithHint("use it in conditions of the subquery's WHERE only")
}

// bound checks that exprs read columns of fields only.
func bound(exprs []expr.Expr, fields []logical.Field, where string) error {
	for _, e := range exprs {
		if c := free(e, fields); c != nil {
			return cannotPull(c, where)
		}
	}
	return nil
}

func (b *binder) pullUp(n logical.Node) (pulled, error) {
	switch n := n.(type) {
	case *logical.Filter:
		return b.pullFilter(n)
	case *logical.Project:
		return b.pullProject(n)
	case *logical.Aggregate:
		return b.pullAggregate(n)
	case *logical.Join:
		return b.pullJoin(n)
	case *logical.Limit:
		return b.pullLimit(n)
	case *logical.Window:
		return b.pullWindow(n)
	case *logical.Sort:
		in, err := b.pullUp(n.Input)
		if err != nil {
			return pulled{}, err
		}
		for _, k := range n.Keys {
			if c := free(k.Expr, in.node.Fields()); c != nil {
				return pulled{}, cannotPull(c, "ORDER BY")
			}
		}
		if len(in.conds) == 0 {
			in.node = n.With(in.node)
		} // else the order of the whole means nothing
		return in, nil
	case *logical.Generate:
		in, err := b.pullUp(n.Input)
		if err != nil {
			return pulled{}, err
		}
		if err := bound(n.Args, in.node.Fields(), "a table function"); err != nil {
			return pulled{}, err
		}
		if in.emptied != nil {
			return pulled{}, outerIn(in.conds, in.node.Fields(), "an aggregate below a table function")
		}
		in.node, in.single = n.With(in.node), false
		return in, nil
	case *logical.Values:
		for _, row := range n.Rows {
			if err := bound(row, nil, "VALUES"); err != nil {
				return pulled{}, err
			}
		}
		return pulled{node: n}, nil
	case *logical.Scan, *logical.Shared:
		return pulled{node: n}, nil
	}
	return b.pullNothing(n)
}

// pullNothing is for nodes over which no condition can be moved.
func (b *binder) pullNothing(n logical.Node) (pulled, error) {
	inputs := slices.Clone(n.Inputs())
	for i, in := range inputs {
		p, err := b.pullUp(in)
		if err != nil {
			return pulled{}, err
		}
		if len(p.conds) > 0 {
			return pulled{}, outerIn(p.conds, p.node.Fields(), "a set operation")
		}
		inputs[i] = p.node
	}
	return pulled{node: n.With(inputs...)}, nil
}

// outerIn is the error for conds that cannot be moved further up.
func outerIn(conds []expr.Expr, fields []logical.Field, where string) error {
	for _, e := range conds {
		if c := free(e, fields); c != nil {
			return cannotPull(c, where)
		}
	}
	return diag.Errorf(diag.Internal, "correlated condition without outer column")
}

func (b *binder) pullFilter(n *logical.Filter) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	// An equality that all branches of an OR have ties the subquery like one that stands alone.
	var parts, own []expr.Expr
	for _, c := range n.Conds {
		parts = append(parts, expr.Factor(c)...)
	}
	for _, c := range parts {
		if free(c, in.node.Fields()) == nil {
			own = append(own, c)
			continue
		}
		if in.emptied != nil {
			return pulled{}, outerIn([]expr.Expr{c}, in.node.Fields(), "HAVING")
		}
		in.conds = append(in.conds, c)
	}
	if len(own) == 0 {
		return in, nil
	}
	if in.emptied == nil {
		in.node = &logical.Filter{Input: in.node, Conds: own}
		return in, nil
	}
	m := maker{}
	if in.stands.ID != 0 {
		own = append(own, in.stands.Column(diag.Span{}))
	}
	overNothing := expr.Fold(m.call("istrue", m.all(substitute(own, in.emptied))), b.env.Session)
	if expr.IsFalse(overNothing) {
		return pulled{node: &logical.Filter{Input: in.node, Conds: own}, conds: in.conds, single: true}, m.err
	}
	// HAVING: a row that fails it must not be taken for no row, which means the values over nothing.
	out := &logical.Project{Input: in.node}
	for _, f := range in.node.Fields() {
		out.Exprs, out.Out = append(out.Exprs, f.Column(diag.Span{})), append(out.Out, f)
	}
	in.stands = b.field("", "stands", datatype.Bool)
	out.Exprs, out.Out = append(out.Exprs, m.call("istrue", m.all(own))), append(out.Out, in.stands)
	in.emptied = maps.Clone(in.emptied)
	in.emptied[in.stands.ID] = overNothing
	in.node = out
	return in, m.err
}

// substitute puts values in the place of columns.
func substitute(exprs []expr.Expr, values map[uint32]expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Column); ok && values[c.ID] != nil {
				return values[c.ID]
			}
			return x
		})
	}
	return out
}

func (b *binder) pullProject(n *logical.Project) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	fields := in.node.Fields()
	if err := bound(n.Exprs, fields, "the select list"); err != nil {
		return pulled{}, err
	}
	out := &logical.Project{Input: in.node, Exprs: slices.Clone(n.Exprs), Out: slices.Clone(n.Out)}
	pass := func(id uint32) {
		if i := slices.IndexFunc(fields, func(f logical.Field) bool { return f.ID == id }); i >= 0 && !has(out.Out, id) {
			out.Exprs, out.Out = append(out.Exprs, fields[i].Column(diag.Span{})), append(out.Out, fields[i])
		}
	}
	for _, c := range in.conds {
		for _, id := range expr.Columns(c) {
			pass(id)
		}
	}
	if in.emptied != nil {
		values := map[uint32]expr.Expr{}
		if id := in.stands.ID; id != 0 {
			pass(id)
			values[id] = in.emptied[id]
		}
		for i, e := range substitute(n.Exprs, in.emptied) {
			values[n.Out[i].ID] = e
		}
		in.emptied = values
	}
	in.node = out
	return in, nil
}

func (b *binder) pullJoin(n *logical.Join) (pulled, error) {
	left, err := b.pullUp(n.Left)
	if err != nil {
		return pulled{}, err
	}
	right, err := b.pullUp(n.Right)
	if err != nil {
		return pulled{}, err
	}
	inner := n.Kind == logical.Inner
	if len(right.conds) > 0 && !inner {
		return pulled{}, outerIn(right.conds, right.node.Fields(), "an outer join or a subquery")
	}
	if len(left.conds) > 0 && (n.Kind == logical.Right || n.Kind == logical.Full) {
		return pulled{}, outerIn(left.conds, left.node.Fields(), "an outer join")
	}
	if left.emptied != nil || right.emptied != nil {
		return pulled{}, outerIn(append(left.conds, right.conds...), append(left.node.Fields(), right.node.Fields()...), "an aggregate in FROM")
	}
	out := *n
	out.Left, out.Right, out.On = left.node, right.node, nil
	both := append(slices.Clone(left.node.Fields()), right.node.Fields()...)
	conds := append(left.conds, right.conds...)
	for _, c := range n.On {
		outer := free(c, both)
		switch {
		case outer == nil:
			out.On = append(out.On, c)
		case inner:
			conds = append(conds, c)
		default:
			return pulled{}, cannotPull(outer, "an outer join or a subquery")
		}
	}
	return pulled{node: &out, conds: conds}, nil
}

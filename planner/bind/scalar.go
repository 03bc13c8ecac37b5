package bind

import (
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// scalar binds (select …) as a value.
func (p *place) scalar(q *ast.Query, at diag.Span) (expr.Expr, error) {
	sub, err := p.sub(q, at)
	if err != nil {
		return nil, err
	}
	if sub.width != 1 {
		return nil, diag.At(q.Span(), diag.Type, "a subquery as a value has one column, not %d", sub.width)
	}
	switch {
	case sub.emptied != nil:
		values, stands, err := p.aggregated(sub, at)
		if err != nil || stands == nil {
			return values[0], err
		}
		m := maker{at: at}
		out := m.when(stands, values[0], expr.Null(values[0].Type()))
		return out, m.err
	case sub.single:
		p.attach(attachment{kind: logical.Left, right: sub.node, on: sub.conds, at: at})
		return sub.node.Fields()[0].Column(at), nil
	case len(sub.conds) > 0:
		return p.correlated(sub, at)
	}
	n := sub.node
	if !isOneRow(n) {
		n = &logical.AssertSingle{Input: n, At: at}
	}
	p.attach(attachment{kind: logical.Inner, right: n, at: at})
	return n.Fields()[0].Column(at), nil
}

// isOneRow reports whether n has just one row, always.
func isOneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Project:
		return isOneRow(n.Input)
	case *logical.Aggregate:
		return len(n.Keys) == 0
	case *logical.Values:
		return len(n.Rows) == 1
	}
	return false
}

// aggregated joins a correlated aggregate, which has a row per value of its keys, and returns its values and whether they are a row;
// nil if they always are. A row that finds none has the values of the aggregate over no rows: 0 for a count.
func (p *place) aggregated(sub pulled, at diag.Span) (values []expr.Expr, stands expr.Expr, err error) {
	right, m := sub.node, maker{at: at}
	var found expr.Expr
	value := func(f logical.Field) expr.Expr {
		empty := expr.Fold(sub.emptied[f.ID], p.b.env.Session)
		if expr.IsNull(empty) {
			return f.Column(at)
		}
		if found == nil {
			mark := p.b.field("", "found", datatype.Bool)
			n := &logical.Project{Input: right}
			for _, g := range right.Fields() {
				n.Exprs, n.Out = append(n.Exprs, g.Column(at)), append(n.Out, g)
			}
			n.Exprs, n.Out = append(n.Exprs, expr.Bool(true)), append(n.Out, mark)
			right, found = n, mark.Column(at)
		}
		return m.when(m.call("isnull", found), empty, f.Column(at))
	}
	for _, f := range sub.node.Fields()[:sub.width] {
		values = append(values, value(f))
	}
	if sub.stands.ID != 0 {
		stands = value(sub.stands)
	}
	if m.err == nil {
		p.attach(attachment{kind: logical.Left, right: right, on: sub.conds, at: at})
	}
	return values, stands, m.err
}

// correlated joins a correlated subquery without aggregate. More than one row for a value is an error, which
// only the rows that meet it raise.
func (p *place) correlated(sub pulled, at diag.Span) (expr.Expr, error) {
	f := sub.node.Fields()[0]
	n := &logical.Aggregate{Input: sub.node}
	on, err := p.b.keyBy(n, sub.conds, p.values)
	if err != nil {
		return nil, err
	}
	pick := funcs.FindAggregate("any_value")
	if pick == nil {
		return nil, diag.At(at, diag.Internal, "no aggregate any_value")
	}
	bound, err := pick.Bind([]funcs.Arg{{Type: f.T}})
	if err != nil {
		return nil, placed(err, at)
	}
	rows := logical.AggCall{Name: "count", Out: p.b.field("", "rows", datatype.BigInt), At: at}
	value := logical.AggCall{Name: pick.Name, Args: []expr.Expr{f.Column(at)}, Out: p.b.field("", f.Name, bound.Type), At: at}
	n.Calls = []logical.AggCall{rows, value}
	p.attach(attachment{kind: logical.Left, right: n, on: on, at: at})
	m := maker{at: at}
	out := m.when(m.call("sq_count_check", rows.Out.Column(at)), value.Out.Column(at), nil)
	return out, m.err
}

package bind

import (
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// attachment is a subquery to be joined to the rows over which an expression with the subquery is computed.
type attachment struct {
	kind  logical.JoinKind
	right logical.Node
	on    []expr.Expr
	mark  logical.Field // Mark only
	at    diag.Span
}

// join joins the subquery to n.
func (a attachment) join(n logical.Node) logical.Node {
	return &logical.Join{Kind: a.kind, Left: n, Right: a.right, On: a.on, MarkOut: a.mark, At: a.at,
		Broadcast: a.kind == logical.Inner && len(a.on) == 0}
}

// reads reports whether the join's conditions read one of ids.
func (a attachment) reads(ids map[uint32]bool) bool {
	return slices.ContainsFunc(a.on, func(e expr.Expr) bool {
		return slices.ContainsFunc(expr.Columns(e), func(id uint32) bool { return ids[id] })
	})
}

// marks returns the columns that the joins of list add.
func marks(list []attachment) map[uint32]bool {
	ids := map[uint32]bool{}
	for _, a := range list {
		ids[a.mark.ID] = true
		for _, f := range a.right.Fields() {
			ids[f.ID] = true
		}
	}
	return ids
}

// where binds WHERE. A part that only asks for a subquery becomes a semi or anti join.
func (s *block) where() error {
	if s.sel.Where == nil {
		return nil
	}
	p := s.sourcePlace("WHERE")
	p.enclosing = s.ctx.groups
	var plain, late []expr.Expr
	var joins []attachment
	p.attach = func(a attachment) { joins = append(joins, a) }
	for _, part := range splitAnd(s.sel.Where, nil) {
		known := len(joins)
		direct, err := p.direct(part, false)
		if err != nil {
			return err
		}
		if direct {
			continue
		}
		x, err := p.condition(part)
		if err != nil {
			return err
		}
		if len(joins) > known {
			late = append(late, x)
		} else {
			plain = append(plain, x)
		}
	}
	s.filter(plain)
	for _, a := range joins {
		s.node = a.join(s.node)
	}
	s.filter(late)
	return nil
}

// direct attaches e, one of the parts that all have to be true, as a semi or anti join. It returns
// false if e is of another form.
func (p *place) direct(e ast.Expr, not bool) (bool, error) {
	switch e := e.(type) {
	case *ast.Unary:
		if e.Op == ast.OpNot {
			return p.direct(e.X, !not)
		}
	case *ast.Exists:
		sub, err := p.exists(e)
		if err != nil || sub.emptied != nil {
			return false, err
		}
		p.semi(sub, sub.conds, not, e.Span())
		return true, nil
	case *ast.InQuery:
		x, sub, err := p.in(e)
		if err != nil || sub.emptied != nil {
			return false, err
		}
		return true, p.directIn(e, x, sub, not != e.Not)
	case *ast.Quantified:
		if not {
			return false, nil
		}
		x, sub, err := p.quantified(e)
		if err != nil || sub.emptied != nil {
			return false, err
		}
		cond, err := operator(e.Op, x, readField(sub.node.Fields()[0], e.Span()), e.Span())
		if err != nil {
			return false, err
		}
		m := maker{at: e.Span()}
		if e.All { // no row for which it is not true
			cond = m.call("isnottrue", cond)
		}
		p.semi(sub, append(sub.conds, cond), e.All, e.Span())
		return true, m.err
	}
	return false, nil
}

func (p *place) semi(sub pulled, on []expr.Expr, not bool, at diag.Span) {
	kind := logical.Semi
	if not {
		kind = logical.Anti
	}
	p.attach(attachment{kind: kind, right: sub.node, on: on, at: at})
}

func (p *place) directIn(e *ast.InQuery, x []expr.Expr, sub pulled, not bool) error {
	m := maker{at: e.Span()}
	fields := sub.node.Fields()
	eqs := make([]expr.Expr, len(x))
	for i := range x {
		eqs[i] = m.call("=", x[i], readField(fields[i], e.Span()))
	}
	switch {
	case m.err != nil:
	case !not:
		p.semi(sub, append(eqs, sub.conds...), false, e.Span())
	case len(x) == 1 && len(sub.conds) == 0:
		p.attach(attachment{kind: logical.NullAwareAnti, right: sub.node, on: eqs, at: e.Span()})
	default:
		// No row may be equal, nor be perhaps equal because of a NULL.
		p.semi(sub, append(slices.Clone(sub.conds), m.call("isnotfalse", m.all(eqs))), true, e.Span())
	}
	return m.err
}

// subquery binds a subquery anywhere in an expression.
func (p *place) subquery(e ast.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *ast.Subquery:
		return p.scalar(e.Query, e.Span())
	case *ast.Exists:
		sub, err := p.exists(e)
		if err != nil {
			return nil, err
		}
		switch {
		case sub.emptied == nil:
		case sub.stands.ID == 0: // always one row
			return expr.Bool(true), nil
		default:
			_, stands, err := p.aggregated(sub, e.Span())
			return stands, err
		}
		return p.mark(sub.node, sub.conds, e.Span())
	case *ast.InQuery:
		return p.inQuery(e)
	case *ast.Quantified:
		return p.quantifiedValue(e)
	}
	return nil, diag.At(e.Span(), diag.Internal, "subquery %T", e)
}

// sub binds a subquery and frees it of the columns of the enclosing query.
func (p *place) sub(q *ast.Query, at diag.Span) (pulled, error) {
	if p.attach == nil {
		return pulled{}, diag.At(at, diag.Unsupported, "a subquery cannot stand in %s", p.clause)
	}
	if err := p.b.count(at); err != nil {
		return pulled{}, err
	}
	n, err := p.b.query(q, queryCtx{outer: p.scope, with: p.with, groups: p.groups})
	if err != nil {
		return pulled{}, err
	}
	return p.b.pull(n, p.values)
}

// exists binds the query of EXISTS, whose order, and limit if it is not 0, do not matter.
func (p *place) exists(e *ast.Exists) (pulled, error) {
	q := *e.Query
	q.OrderBy, q.SortBy, q.ClusterBy = nil, nil, nil
	if n, ok := literalInt(e.Query.Limit); ok && n > 0 && q.Offset == nil {
		q.Limit = nil
	}
	sub, err := p.sub(&q, e.Span())
	if err == nil && len(sub.conds) == 0 && sub.emptied == nil {
		sub.node = &logical.Limit{Input: sub.node, Count: 1}
	}
	return sub, err
}

// in binds both sides of x IN (select …).
func (p *place) in(e *ast.InQuery) ([]expr.Expr, pulled, error) {
	items := []ast.Expr{e.X}
	if t, ok := e.X.(*ast.Tuple); ok {
		items = t.Items
	}
	x, err := p.exprs(items)
	if err != nil {
		return nil, pulled{}, err
	}
	sub, err := p.sub(e.Query, e.Span())
	if err == nil && sub.width != len(x) {
		err = diag.At(e.Query.Span(), diag.Type, "the subquery of IN has %d columns, want %d", sub.width, len(x))
	}
	return x, sub, err
}

// quantified binds both sides of x op ANY|ALL (select …).
func (p *place) quantified(e *ast.Quantified) (expr.Expr, pulled, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, pulled{}, err
	}
	sub, err := p.sub(e.Query, e.Span())
	if err != nil {
		return nil, pulled{}, err
	}
	if sub.width != 1 {
		return nil, pulled{}, diag.At(e.Query.Span(), diag.Type, "the subquery has %d columns, want 1", sub.width)
	}
	return x, sub, nil
}

func (p *place) inQuery(e *ast.InQuery) (expr.Expr, error) {
	x, sub, err := p.in(e)
	if err != nil {
		return nil, err
	}
	m := maker{at: e.Span()}
	var out expr.Expr
	switch {
	case sub.emptied != nil: // one row, or none
		values, stands, err := p.aggregated(sub, e.Span())
		if err != nil {
			return nil, err
		}
		eqs := make([]expr.Expr, len(x))
		for i := range x {
			eqs[i] = m.call("=", x[i], values[i])
		}
		if out = m.all(eqs); stands != nil {
			out = m.when(stands, out, expr.Bool(false))
		}
	case len(x) == 1 && len(sub.conds) == 0:
		mark := p.b.field("", "in", datatype.Bool)
		eq := m.call("=", x[0], readField(sub.node.Fields()[0], e.Span()))
		if m.err != nil {
			return nil, m.err
		}
		p.attach(attachment{kind: logical.Mark, right: sub.node, on: []expr.Expr{eq}, mark: mark, at: e.Span()})
		out = mark.Column(e.Span())
	default:
		eqs := make([]expr.Expr, len(x))
		for i, f := range sub.node.Fields()[:len(x)] {
			eqs[i] = m.call("=", x[i], readField(f, e.Span()))
		}
		if m.err != nil {
			return nil, m.err
		}
		if out, err = p.threeValued(sub, m.all(eqs), e.Span()); err != nil {
			return nil, err
		}
	}
	if e.Not {
		out = m.call("not", out)
	}
	return out, m.err
}

func (p *place) quantifiedValue(e *ast.Quantified) (expr.Expr, error) {
	x, sub, err := p.quantified(e)
	if err != nil {
		return nil, err
	}
	m := maker{at: e.Span()}
	if sub.emptied != nil { // one row, or none
		values, stands, err := p.aggregated(sub, e.Span())
		if err != nil {
			return nil, err
		}
		cond, err := operator(e.Op, x, values[0], e.Span())
		if err != nil || stands == nil {
			return cond, err
		}
		out := m.when(stands, cond, expr.Bool(e.All))
		return out, m.err
	}
	cond, err := operator(e.Op, x, readField(sub.node.Fields()[0], e.Span()), e.Span())
	if err != nil {
		return nil, err
	}
	if e.All { // true for all: not false for any
		cond = m.call("not", cond)
	}
	if m.err != nil {
		return nil, m.err
	}
	out, err := p.threeValued(sub, cond, e.Span())
	if err == nil && e.All {
		out, err = m.call("not", out), m.err
	}
	return out, err
}

// threeValued is whether cond is true for a row of sub: else NULL if it is NULL for one, else false.
func (p *place) threeValued(sub pulled, cond expr.Expr, at diag.Span) (expr.Expr, error) {
	m := maker{at: at}
	isNull := m.call("isnull", cond)
	if m.err != nil {
		return nil, m.err
	}
	// The subquery is read twice, under columns of its own each time.
	id, fields := p.b.id(), sub.node.Fields()
	ask := func(cond expr.Expr) (expr.Expr, error) {
		reader := p.b.share(sub.node, id)
		return p.mark(reader, renumber(append(slices.Clone(sub.conds), cond), fields, reader.Out), at)
	}
	yes, err := ask(cond)
	if err != nil {
		return nil, err
	}
	unknown, err := ask(isNull)
	if err != nil {
		return nil, err
	}
	null := m.cast(expr.Null(datatype.Void), datatype.Bool)
	out := m.when(yes, expr.Bool(true), m.when(unknown, null, expr.Bool(false)))
	return out, m.err
}

// mark joins n and returns whether it has a row for which on is true; never NULL.
func (p *place) mark(n logical.Node, on []expr.Expr, at diag.Span) (expr.Expr, error) {
	mark := p.b.field("", "exists", datatype.Bool)
	p.attach(attachment{kind: logical.Mark, right: n, on: on, mark: mark, at: at})
	return expr.NewCall("istrue", []expr.Expr{mark.Column(at)}, at)
}

// renumber makes exprs read the columns to in the place of from.
func renumber(exprs []expr.Expr, from, to []logical.Field) []expr.Expr {
	ids := map[uint32]logical.Field{}
	for i, f := range from {
		ids[f.ID] = to[i]
	}
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Column); ok {
				if f, ok := ids[c.ID]; ok {
					moved := *c
					moved.ID = f.ID
					return &moved
				}
			}
			return x
		})
	}
	return out
}

package bind

import (
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// block is one SELECT while it is bound, with the order that belongs to it.
type block struct {
	*binder
	sel   *ast.Select
	order *ast.Query // ORDER BY, SORT BY and LIMIT; never nil
	ctx   queryCtx

	node    logical.Node // the rows so far
	scope   *scope       // of the source rows
	items   []*item
	groups  *grouping
	windows *windows
	pending []attachment // subqueries to be joined when the rows are grouped
}

// item is one column of the select list.
type item struct {
	e     ast.Expr  // nil where raw is set from the start: columns of a star
	raw   expr.Expr // over the source rows and the columns of aggregates and window calls
	name  string    // of the column
	table string    // whose column it is, or ""
	alias string    // as written, or ""
}

// selectBlock binds a SELECT with the ORDER BY and LIMIT of the query q that it is the body of.
func (b *binder) selectBlock(sel *ast.Select, q *ast.Query, c queryCtx) (logical.Node, error) {
	s := &block{binder: b, sel: sel, order: q, ctx: c}
	if err := s.source(); err != nil {
		return nil, err
	}
	if sel.Transform != nil {
		n, err := s.transform()
		if err != nil {
			return nil, err
		}
		return b.ordered(n, q, c)
	}
	s.groups = &grouping{s: s, source: map[uint32]bool{}}
	s.windows = &windows{s: s}
	if err := s.list(); err != nil {
		return nil, err
	}
	if err := s.groups.bindKeys(sel.GroupBy); err != nil {
		return nil, err
	}
	if err := s.bindItems(); err != nil {
		return nil, err
	}
	return s.finishBlock()
}

// finishBlock binds what comes after the select list and puts the nodes together.
func (s *block) finishBlock() (logical.Node, error) {
	having, err := s.filterClause(s.sel.Having, "HAVING", nil)
	if err != nil {
		return nil, err
	}
	qualify, err := s.filterClause(s.sel.Qualify, "QUALIFY", s.windows)
	if err != nil {
		return nil, err
	}
	order, err := s.bindOrder()
	if err != nil {
		return nil, err
	}
	if s.sel.GroupBy != nil && s.sel.GroupBy.Mode == ast.GroupAll {
		s.groups.groupAll()
	}
	if s.sel.Having != nil {
		s.groups.explicit = true
	}
	if s.groups.active() {
		if err := s.group(having, qualify, order); err != nil {
			return nil, err
		}
	}
	s.join(false)
	s.filter(having)
	s.node = s.windows.build(s.node)
	s.join(true)
	s.filter(qualify)
	return s.project(order)
}

// source binds FROM and WHERE.
func (s *block) source() error {
	rel := single()
	if s.sel.From != nil {
		c := fromCtx{outer: s.ctx.outer, with: s.ctx.with, feeds: s.sel.Transform != nil}
		if s.ctx.source != nil {
			c.left = s.ctx.source
		}
		var err error
		if rel, err = s.from(s.sel.From, c); err != nil {
			return err
		}
	} else if s.ctx.source != nil {
		rel = *s.ctx.source
	}
	s.node = s.hinted(rel.node)
	s.scope = &scope{cols: rel.cols, outer: s.ctx.outer}
	return s.where()
}

// sourcePlace is where expressions over the source rows stand; subqueries join at once.
func (s *block) sourcePlace(clause string) *place {
	return &place{b: s.binder, clause: clause, scope: s.scope, with: s.ctx.with, values: s.valuesOf,
		attach: func(a attachment) { s.node = a.join(s.node) }}
}

// listPlace is where expressions of the select list and after it stand: over groups, if the block groups.
func (s *block) listPlace(clause string, w *windows) *place {
	return &place{b: s.binder, clause: clause, scope: s.scope, with: s.ctx.with, groups: s.groups, windows: w, values: s.valuesOf,
		attach: func(a attachment) { s.pending = append(s.pending, a) }}
}

// position returns the item at position n, counted from 1.
func (s *block) position(clause string, n int64, at diag.Span) (*item, error) {
	if n < 1 || n > int64(len(s.items)) {
		return nil, diag.At(at, diag.Syntax, "%s %d: the select list has %d columns", clause, n, len(s.items)).
			WithHint("write a place in it, counted from 1, or a name")
	}
	return s.items[n-1], nil
}

// aliasOf returns the expression of the item called name, or nil if there is none, or two different ones.
func (s *block) aliasOf(name string) expr.Expr {
	var found expr.Expr
	for _, it := range s.items {
		if it.name != name || it.raw == nil {
			continue
		}
		if found != nil && !expr.Equal(found, it.raw) {
			return nil
		}
		found = it.raw
	}
	return found
}

// filterClause binds HAVING or QUALIFY. Both know the aliases of the select list; a column that is a key of
// GROUP BY comes before an alias.
func (s *block) filterClause(e ast.Expr, clause string, w *windows) ([]expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	p := s.listPlace(clause, w)
	p.aliases = s.aliasOf
	p.aliasFirst = func(name string) bool {
		cols := s.scope.match([]ast.Ident{{Name: name}})
		return !slices.ContainsFunc(s.groups.keys, func(k groupKey) bool {
			c, ok := k.raw.(*expr.Column)
			return ok && len(cols) == 1 && c.ID == cols[0].ID
		})
	}
	conds, err := p.conjuncts(e)
	if err != nil || w != nil {
		return conds, err
	}
	for _, x := range conds {
		if s.windows.in(x) {
			return nil, diag.At(x.Span(), diag.Syntax, "%s reads a window function", clause).WithHint("use QUALIFY")
		}
	}
	return conds, nil
}

// group puts the aggregation over the source rows and makes all that is bound read it.
func (s *block) group(having, qualify []expr.Expr, order []orderKey) error {
	g := s.groups
	for _, f := range s.node.Fields() {
		g.source[f.ID] = true
	}
	for _, it := range s.items {
		x, err := g.rewrite(it.raw)
		if err != nil {
			return err
		}
		it.raw = x
	}
	if err := g.rewriteAll(having); err != nil {
		return err
	}
	if err := g.rewriteAll(qualify); err != nil {
		return err
	}
	for i := range order {
		x, err := g.rewrite(order[i].Expr)
		if err != nil {
			return err
		}
		order[i].Expr = x
	}
	for i := range s.pending {
		if err := g.rewriteAll(s.pending[i].on); err != nil {
			return err
		}
	}
	if err := s.windows.regroup(g); err != nil {
		return err
	}
	s.node = g.build(s.node)
	return nil
}

// join joins the subqueries of the select list and after it: first those that do not read window calls.
func (s *block) join(all bool) {
	late := map[uint32]bool{}
	for _, c := range s.windows.calls {
		late[c.call.Out.ID] = true
	}
	var rest []attachment
	for _, a := range s.pending {
		if !all && (a.reads(late) || len(rest) > 0 && a.reads(marks(rest))) {
			rest = append(rest, a)
			continue
		}
		s.node = a.join(s.node)
	}
	s.pending = rest
}

// filter keeps the rows for which conds are true.
func (s *block) filter(conds []expr.Expr) {
	if len(conds) > 0 {
		s.node = &logical.Filter{Input: s.node, Conds: conds}
	}
}

// hinted applies the hints of the select; MAPJOIN and its like ask for a broadcast.
func (s *block) hinted(n logical.Node) logical.Node {
	tables := broadcastHints(s.sel.Hint)
	if len(tables) == 0 {
		return n
	}
	return broadcast(n, tables)
}

package bind

import (
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// uniqueSource is a bound table of a UNIQUEJOIN.
type uniqueSource struct {
	relation
	keys     []expr.Expr
	preserve bool
}

// uniqueJoin binds UNIQUEJOIN: the tables are fully joined on their keys, and a row stays if every table has a part
// in it or one that is preserved has. A NULL key equals none.
func (b *binder) uniqueJoin(u *ast.UniqueJoin, c fromCtx) (relation, error) {
	m := &maker{at: u.Span()}
	var all []uniqueSource
	for _, s := range u.Sources {
		src, err := b.uniqueSource(s, c, m)
		if err != nil {
			return relation{}, err
		}
		if len(src.keys) != len(u.Sources[0].Keys) {
			return relation{}, diag.At(s.Span(), diag.Type, "UNIQUEJOIN wants as many keys of each table: %d, not %d", len(u.Sources[0].Keys), len(src.keys))
		}
		all = append(all, src)
	}
	rel := all[0].relation
	keys := all[0].keys // of the rows joined so far
	for i, src := range all[1:] {
		if err := sameAlias(rel, src.relation, u.Sources[i+1].Span()); err != nil {
			return relation{}, err
		}
		join := &logical.Join{Kind: logical.Full, Left: rel.node, Right: src.node, At: u.Span()}
		var joined []expr.Expr
		for k, key := range src.keys {
			join.On = append(join.On, m.call("=", keys[k], key))
			joined = append(joined, m.call("coalesce", keys[k], key))
		}
		rel, keys = relation{node: join, cols: append(rel.cols, src.cols...)}, joined
	}
	stays := m.stays(all)
	if m.err != nil {
		return relation{}, placed(m.err, u.Span())
	}
	rel.node = &logical.Filter{Input: rel.node, Conds: []expr.Expr{stays}}
	return rel, nil
}

// uniqueSource binds one table. Rows of one that is not preserved count only beside others, so those with a NULL in the
// key are left out at once; a row whose keys are all NULL is then one of a preserved table.
func (b *binder) uniqueSource(s ast.UniqueSource, c fromCtx, m *maker) (uniqueSource, error) {
	rel, err := b.from(s.Table, c)
	if err != nil {
		return uniqueSource{}, err
	}
	p := &place{b: b, clause: "UNIQUEJOIN", scope: &scope{cols: rel.cols, outer: c.outer}}
	keys, err := p.exprs(s.Keys)
	if err != nil {
		return uniqueSource{}, err
	}
	if !s.Preserve {
		rel.node = &logical.Filter{Input: rel.node, Conds: []expr.Expr{m.all(m.each("isnotnull", keys))}}
	}
	return uniqueSource{relation: rel, keys: keys, preserve: s.Preserve}, nil
}

// stays is whether a row of the join of all is one of UNIQUEJOIN.
func (m *maker) stays(all []uniqueSource) expr.Expr {
	var preserved, full, none []expr.Expr
	for _, s := range all {
		if s.preserve {
			preserved = append(preserved, m.each("isnotnull", s.keys)...)
		}
		full = append(full, m.each("isnotnull", s.keys)...)
		none = append(none, m.each("isnull", s.keys)...)
	}
	any := m.call("or", m.all(full), m.all(none))
	for _, p := range preserved {
		any = m.call("or", any, p)
	}
	return any
}

// each calls the function on each of list.
func (m *maker) each(name string, list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = m.call(name, e)
	}
	return out
}

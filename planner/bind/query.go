package bind

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// query binds a query. Its output is the query's columns and no others, in order.
func (b *binder) query(q *ast.Query, c queryCtx) (logical.Node, error) {
	with, err := b.declare(q.With, c.with)
	if err != nil {
		return nil, err
	}
	c.with = with
	if sel, ok := q.Body.(*ast.Select); ok {
		return b.selectBlock(sel, q, c)
	}
	inner := c
	inner.top, inner.feeds = false, false
	if ordersNothing(q) {
		inner.top, inner.feeds = c.top, c.feeds // ((select … sort by a))
	}
	n, err := b.body(q.Body, inner)
	if err != nil {
		return nil, err
	}
	return b.ordered(n, q, c)
}

func ordersNothing(q *ast.Query) bool {
	return len(q.OrderBy)+len(q.SortBy)+len(q.DistributeBy)+len(q.ClusterBy) == 0 && q.Limit == nil && q.Offset == nil
}

// body binds what yields a query's rows.
func (b *binder) body(e ast.QueryExpr, c queryCtx) (logical.Node, error) {
	switch e := e.(type) {
	case *ast.Query:
		return b.query(e, c)
	case *ast.Select:
		return b.selectBlock(e, &ast.Query{}, c)
	case *ast.SetOp:
		c.top, c.feeds = false, false
		return b.setOp(e, c)
	case *ast.Values:
		return b.values(e, c)
	}
	return nil, diag.At(e.Span(), diag.Internal, "query %T", e)
}

// values binds VALUES; its columns are col1, col2, ….
func (b *binder) values(v *ast.Values, c queryCtx) (logical.Node, error) {
	n := &logical.Values{Rows: make([][]expr.Expr, len(v.Rows))}
	p := &place{b: b, clause: "VALUES", scope: &scope{outer: c.outer}, with: c.with}
	width := len(v.Rows[0])
	for i, row := range v.Rows {
		if len(row) != width {
			at := row[0].Span().Join(row[len(row)-1].Span())
			return nil, diag.At(at, diag.Type, "row %d of VALUES has %d values, the first has %d", i+1, len(row), width)
		}
		var err error
		if n.Rows[i], err = p.exprs(row); err != nil {
			return nil, err
		}
	}
	for k := range width {
		t, err := commonType(len(n.Rows), func(i int) arrow.DataType { return n.Rows[i][k].Type() })
		if err != nil {
			return nil, placed(err, v.Rows[0][k].Span())
		}
		for i, row := range n.Rows {
			if row[k], err = expr.NewCast(row[k], t, v.Rows[i][k].Span()); err != nil {
				return nil, err
			}
		}
		n.Out = append(n.Out, b.field("", "col"+strconv.Itoa(k+1), t))
	}
	return n, nil
}

// commonType is the type of values that come from n places of types typeOf.
func commonType(n int, typeOf func(int) arrow.DataType) (arrow.DataType, error) {
	var types []arrow.DataType
	seen := map[string]bool{}
	for i := range n {
		if t := typeOf(i); !seen[datatype.Name(t)] {
			seen[datatype.Name(t)] = true
			types = append(types, t)
		}
	}
	return funcs.CommonBranch(types...)
}

// setOp binds a chain of set operators, which leans to the left. Neighbours of UNION ALL, or of UNION, are one node.
func (b *binder) setOp(e *ast.SetOp, c queryCtx) (logical.Node, error) {
	parts := []ast.QueryExpr{e.Right}
	var left ast.QueryExpr = e.Left
	for e.Op == ast.Union {
		l, ok := left.(*ast.SetOp)
		if !ok || l.Op != ast.Union || l.All != e.All {
			break
		}
		parts = append(parts, l.Right)
		left = l.Left
	}
	parts = append(parts, left)
	in := make([]logical.Node, len(parts))
	for i := range parts {
		var err error
		if err = b.count(e.Span()); err != nil {
			return nil, err
		}
		// The chain was taken apart from its end.
		if in[i], err = b.body(parts[len(parts)-1-i], c); err != nil {
			return nil, err
		}
	}
	out, err := b.unify(in, e)
	if err != nil {
		return nil, err
	}
	if e.Op == ast.Union {
		var n logical.Node = &logical.Union{In: in, Out: out}
		if !e.All {
			return b.distinct(n), nil
		}
		return n, nil
	}
	return &logical.SetOp{Left: in[0], Right: in[1], Except: e.Op == ast.Except, All: e.All, Out: out}, nil
}

// unify casts the columns of in, by position, to common types and returns the fields of the whole, which have the
// names of the first.
func (b *binder) unify(in []logical.Node, e *ast.SetOp) ([]logical.Field, error) {
	first := in[0].Fields()
	for _, n := range in[1:] {
		if len(n.Fields()) != len(first) {
			return nil, diag.At(e.Span(), diag.Type, "the sides of %s have %d and %d columns", strings.ToUpper(string(e.Op)), len(first), len(n.Fields())).
				WithHint("select as many on each side; NULL can stand for one that is missing")
		}
	}
	types := make([]arrow.DataType, len(first))
	for k := range first {
		t, err := commonType(len(in), func(i int) arrow.DataType { return in[i].Fields()[k].T })
		if err != nil {
			return nil, placed(err, e.Span())
		}
		types[k] = t
	}
	out := make([]logical.Field, len(first))
	for k, f := range first {
		out[k] = b.field("", f.Name, types[k])
	}
	for i, n := range in {
		var err error
		if in[i], err = b.castTo(n, types, e.Span()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// castTo returns n with its columns cast to types; n itself if they have them.
func (b *binder) castTo(n logical.Node, types []arrow.DataType, at diag.Span) (logical.Node, error) {
	p := &logical.Project{Input: n}
	changed := false
	for k, f := range n.Fields() {
		e, err := expr.NewCast(f.Column(at), types[k], at)
		if err != nil {
			return nil, err
		}
		if _, same := e.(*expr.Column); !same {
			changed = true
			f.ID, f.T = b.id(), types[k]
		}
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, f)
	}
	if !changed {
		return n, nil
	}
	return p, nil
}

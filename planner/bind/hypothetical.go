package bind

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// hypothetical turns rank(v, …) WITHIN GROUP (ORDER BY x, …), the place that a row with the values v would take among
// the rows of its group, into counts of the rows before it; nil if e is something else.
func (p *place) hypothetical(e *ast.Call) (ast.Expr, error) {
	name := e.Name.Name()
	if len(e.WithinGroup) == 0 || e.Over != nil || name != "rank" && name != "dense_rank" && name != "percent_rank" && name != "cume_dist" {
		return nil, nil
	}
	if len(e.Args) != len(e.WithinGroup) {
		return nil, diag.At(e.Span(), diag.Type, "%s takes a value for each of the %d expressions that WITHIN GROUP orders by, not %d", name, len(e.WithinGroup), len(e.Args))
	}
	m := writer{e.Pos}
	var before, same []ast.Expr // rows before the values; rows whose first expressions are the values
	for i, o := range e.WithinGroup {
		before = append(before, m.all(append(same[:i:i], m.before(o, e.Args[i], p.b.sortKey(nil, o).NullsFirst))))
		same = append(same, m.binary(ast.OpNullEq, o.Expr, e.Args[i]))
	}
	earlier := m.any(before)
	rows := func(where ast.Expr) ast.Expr {
		return &ast.Call{Pos: e.Pos, Name: m.name("count"), Star: true, Filter: where}
	}
	switch name {
	case "rank":
		return m.binary(ast.OpAdd, rows(earlier), m.number("1")), nil
	case "dense_rank":
		key := m.call("struct")
		for _, o := range e.WithinGroup {
			key.Args = append(key.Args, o.Expr)
		}
		kinds := m.call("count", key)
		kinds.Distinct, kinds.Filter = true, earlier
		return m.binary(ast.OpAdd, kinds, m.number("1")), nil
	case "percent_rank": // 0 among no rows
		return m.call("coalesce", m.binary(ast.OpDivide, rows(earlier), rows(nil)), m.number("0")), nil
	default:
		upTo := m.any([]ast.Expr{earlier, m.all(same)})
		return m.binary(ast.OpDivide, m.binary(ast.OpAdd, rows(upTo), m.number("1")), m.binary(ast.OpAdd, rows(nil), m.number("1"))), nil
	}
}

// writer writes expressions at a place of the statement, as one would have written them there.
type writer struct{ ast.Pos }

// before is whether a row stands before one whose o.Expr is v.
func (w writer) before(o ast.OrderItem, v ast.Expr, nullsFirst bool) ast.Expr {
	op, null, other := ast.OpLt, v, o.Expr
	if o.Desc {
		op = ast.OpGt
	}
	if nullsFirst {
		null, other = o.Expr, v
	}
	return w.any([]ast.Expr{
		w.binary(op, o.Expr, v),
		w.all([]ast.Expr{&ast.Is{Pos: w.Pos, X: null, What: ast.IsNull}, &ast.Is{Pos: w.Pos, X: other, What: ast.IsNull, Not: true}}),
	})
}

func (w writer) name(s string) ast.QName {
	return ast.QName{Parts: []ast.Ident{{Pos: w.Pos, Name: s}}}
}

func (w writer) call(name string, args ...ast.Expr) *ast.Call {
	return &ast.Call{Pos: w.Pos, Name: w.name(name), Args: args}
}

func (w writer) binary(op ast.Op, l, r ast.Expr) ast.Expr {
	return &ast.Binary{Pos: w.Pos, Op: op, L: l, R: r}
}

func (w writer) number(digits string) ast.Expr {
	return &ast.Literal{Pos: w.Pos, Kind: ast.LitInt, Text: digits}
}

func (w writer) all(conds []ast.Expr) ast.Expr { return w.logical(ast.OpAnd, conds) }
func (w writer) any(conds []ast.Expr) ast.Expr { return w.logical(ast.OpOr, conds) }

func (w writer) logical(op ast.Op, conds []ast.Expr) ast.Expr {
	if len(conds) == 1 {
		return conds[0]
	}
	return &ast.Logical{Pos: w.Pos, Op: op, Args: conds}
}

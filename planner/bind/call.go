package bind

import (
	"strconv"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// call binds a call: a window call if it has OVER, else a macro, an aggregate or a scalar function.
func (p *place) call(e *ast.Call) (expr.Expr, error) {
	name := e.Name.Name()
	if up := ascending(e); up != nil {
		return p.binary(up)
	}
	if e.Over != nil {
		return p.windowCall(e)
	}
	if m := p.macro(e.Name); m != nil {
		return p.expand(m, e)
	}
	if counts, err := p.hypothetical(e); err != nil || counts != nil {
		if err != nil {
			return nil, err
		}
		return p.expr(counts)
	}
	if name == "grouping" {
		return p.grouping(e)
	}
	scalar := funcs.FindScalar(name)
	if agg := funcs.FindAggregate(name); agg != nil && (scalar == nil || e.Distinct || e.Star || e.Filter != nil) {
		return p.aggregate(agg, e)
	}
	if scalar == nil && p.neighbour != nil && (name == "lag" || name == "lead") {
		return p.neighbour(e)
	}
	if scalar == nil {
		return nil, p.notScalar(e)
	}
	if e.Distinct || e.Filter != nil || len(e.OrderBy) > 0 || len(e.WithinGroup) > 0 || e.Nulls != ast.NullsUnsaid {
		return nil, diag.At(e.Span(), diag.Syntax, "%s is no aggregate: DISTINCT, FILTER, ORDER BY and IGNORE NULLS have no meaning in it", name)
	}
	args, lambdas, err := p.lambdas(e)
	if err != nil {
		return nil, err
	}
	if len(lambdas) > 0 {
		return expr.NewLambdaCall(name, args, lambdas, e.Span())
	}
	return expr.NewCall(name, args, e.Span())
}

// arguments binds the arguments of e. Hive: * and t.* are the columns that they stand for; in named_struct(*) with their names.
func (p *place) arguments(e *ast.Call) ([]expr.Expr, error) {
	if !e.Star {
		return p.argumentList(e.Args)
	}
	columns, err := p.starColumns(&ast.Star{Pos: e.Pos})
	if err != nil || e.Name.Name() != "named_struct" {
		return columns, err
	}
	var out []expr.Expr
	for i, c := range p.scope.visible(nil) {
		out = append(out, expr.String(c.Name), columns[i])
	}
	return out, nil
}

func (p *place) argumentList(list []ast.Expr) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, arg := range list {
		var list []expr.Expr
		var err error
		if star, ok := arg.(*ast.Star); ok {
			list, err = p.starColumns(star)
		} else {
			list, err = p.exprs([]ast.Expr{arg})
		}
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// notScalar tells what a name that is no scalar function is.
func (p *place) notScalar(e *ast.Call) error {
	name := e.Name.Name()
	switch {
	case isFrameFunction(name) || funcs.FindWindow(name) != nil:
		return diag.At(e.Span(), diag.Syntax, "window function %s needs OVER (…)", name)
	case funcs.FindTable(name) != nil:
		return diag.At(e.Span(), diag.Unsupported, "table function %s can only stand alone in a select item or in LATERAL VIEW", name).
			WithHint("LATERAL VIEW %s(…) t AS c", name)
	}
	names := functionNames()
	if db := p.b.env.Snapshot.Database(p.b.db); db != nil {
		names = append(names, keys(db.Macros)...)
	}
	return placed(funcs.NoFunction("function", name, names), e.Name.Span())
}

// macro finds a macro, or nil.
func (p *place) macro(name ast.QName) *catalog.Macro {
	if db := p.b.env.Snapshot.Database(p.b.databaseOf(name)); db != nil {
		return db.Macros[name.Name()]
	}
	return nil
}

// maxMacros is how deep macros may call macros.
const maxMacros = 32

// expand binds the body of macro m with the arguments of e in the place of its parameters.
func (p *place) expand(m *catalog.Macro, e *ast.Call) (expr.Expr, error) {
	if len(e.Args) != len(m.Params) {
		return nil, diag.At(e.Span(), diag.Type, "macro %s takes %d arguments, not %d", m.Name, len(m.Params), len(e.Args))
	}
	args, err := p.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	params := map[string]expr.Expr{}
	for i, c := range m.Params {
		if params[c.Name], err = expr.NewCast(args[i], c.Type, e.Args[i].Span()); err != nil {
			return nil, err
		}
	}
	if p.b.macros++; p.b.macros > maxMacros {
		return nil, diag.At(e.Span(), diag.Limit, "macros call each other more than %d deep", maxMacros)
	}
	defer func() { p.b.macros-- }()
	body, err := p.macroBody(m)
	if err != nil {
		return nil, invalidMacro(m, e.Span(), err)
	}
	inner := &place{b: p.b, clause: "a macro", scope: &scope{}, params: params}
	x, err := inner.expr(body)
	if err != nil {
		return nil, invalidMacro(m, e.Span(), err)
	}
	return x, nil
}

// macroBody parses the body of m, which is one expression.
func (p *place) macroBody(m *catalog.Macro) (ast.Expr, error) {
	stmt, err := p.b.env.Parse("select " + m.Body)
	if err != nil {
		return nil, err
	}
	if q, ok := stmt.(*ast.Query); ok {
		if s, ok := q.Body.(*ast.Select); ok && len(s.Items) == 1 && s.From == nil {
			return s.Items[0].Expr, nil
		}
	}
	return nil, diag.Errorf(diag.Syntax, "its body is not one expression")
}

func invalidMacro(m *catalog.Macro, at diag.Span, err error) error {
	d := diag.At(at, diag.KindOf(err), "macro %s: %v", m.Name, err)
	if e, ok := err.(*diag.Error); ok {
		d.Msg, d.Hint = "macro "+m.Name+": "+e.Msg, e.Hint
		if e.Kind == diag.Limit {
			d.Msg = e.Msg
		}
	}
	return d
}

// aggregate sets the call of an aggregate aside and returns its column.
func (p *place) aggregate(f *funcs.Aggregate, e *ast.Call) (expr.Expr, error) {
	if p.groups == nil && p.enclosing != nil && !p.readsOwn(e) {
		return p.enclosing.aggregate(f, e)
	}
	if p.groups == nil {
		err := diag.At(e.Span(), diag.Syntax, "aggregate %s cannot stand in %s", f.Name, p.clause)
		if p.clause == "WHERE" {
			err.Hint = "use HAVING"
		}
		return nil, err
	}
	return p.groups.aggregate(f, e)
}

// readsOwn reports whether an argument of e names a column of this query, not only of the enclosing one.
func (p *place) readsOwn(e *ast.Call) bool {
	own, names := &scope{cols: p.scope.cols}, 0
	found := e.Star
	ast.Walk(e, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok {
			names++
			_, _, known, err := own.resolve(name.Parts)
			found = found || known || err != nil
		}
		return !found
	})
	return found || names == 0
}

// grouping is grouping(a, b): a bit per key, 1 where the key is not in the row's grouping set; the
// first is the highest.
func (p *place) grouping(e *ast.Call) (expr.Expr, error) {
	if p.groups == nil {
		return nil, diag.At(e.Span(), diag.Syntax, "grouping() cannot stand in %s", p.clause)
	}
	return p.groups.groupingOf(e)
}

// literalInt returns the value of a literal whole number.
func literalInt(e ast.Expr) (int64, bool) {
	l, ok := e.(*ast.Literal)
	if !ok || l.Kind != ast.LitInt && l.Kind != ast.LitBigint {
		return 0, false
	}
	n, err := strconv.ParseInt(l.Text, 10, 64)
	return n, err == nil
}

// constant folds x and reports whether it is one value.
func (b *binder) constant(x expr.Expr) (*expr.Literal, bool) {
	l, ok := expr.Fold(x, b.env.Session).(*expr.Literal)
	return l, ok
}

package bind

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// place is where an expression stands: what its names mean, and what it may hold.
type place struct {
	b      *binder
	clause string // for messages: "WHERE"
	scope  *scope
	with   *ctes
	// aliases finds what a bare name means besides the columns of scope, or nil. aliasFirst: before them.
	aliases    func(name string) expr.Expr
	aliasFirst func(name string) bool
	groups     *grouping // aggregates may stand here; nil: they may not
	enclosing  *grouping // of the HAVING in whose subquery this WHERE stands: aggregates of its columns are computed there
	windows    *windows  // window calls may stand here; nil: they may not
	// neighbour binds lag and lead without OVER, which in Hive may stand in another window function and use its window; or nil.
	neighbour func(*ast.Call) (expr.Expr, error)
	// attach joins a subquery to the rows that the expression is computed over. nil: none may stand here.
	attach func(attachment)
	values outerValues          // of the rows that attach joins to, or nil
	params map[string]expr.Expr // arguments of the macro whose body this is
}

// expr binds e.
func (p *place) expr(e ast.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *ast.Literal:
		return literal(e, p.b.env.Session)
	case *ast.Interval:
		return p.interval(e)
	case *ast.Name:
		return p.name(e.Parts)
	case *ast.Param:
		return p.param(e)
	case *ast.Unary:
		return p.unary(e)
	case *ast.Binary:
		return p.binary(e)
	case *ast.Logical:
		args, err := p.exprs(e.Args)
		if err != nil {
			return nil, err
		}
		return expr.NewCall(string(e.Op), args, e.Span())
	case *ast.Between:
		return p.between(e)
	case *ast.InList:
		return p.inList(e)
	case *ast.Like:
		return p.like(e)
	case *ast.Is:
		return p.is(e)
	case *ast.Case:
		return p.caseExpr(e)
	case *ast.Cast:
		return p.cast(e)
	case *ast.Extract:
		return p.extract(e)
	case *ast.RoundTo:
		name := "floor_unit"
		if e.Ceil {
			name = "ceil_unit"
		}
		return p.callOf(name, e.Span(), e.X, &ast.Literal{Pos: e.Pos, Kind: ast.LitString, Text: e.Unit})
	case *ast.Trim:
		return p.trim(e)
	case *ast.Call:
		return p.call(e)
	case *ast.Index:
		return p.callOf("index", e.Span(), e.X, e.I)
	case *ast.Field:
		x, err := p.expr(e.X)
		if err != nil {
			return nil, err
		}
		return fieldsOf(x, []ast.Ident{e.Name})
	case *ast.InQuery, *ast.Exists, *ast.Quantified, *ast.Subquery:
		return p.subquery(e)
	case *ast.Tuple:
		args, err := p.exprs(e.Items)
		if err != nil {
			return nil, err
		}
		return expr.NewCall("struct", args, e.Span())
	case *ast.Lambda:
		return nil, diag.At(e.Span(), diag.Syntax, "a lambda (->) can only be the last argument of a function that takes one, such as transform(a, x -> x + 1)")
	case *ast.Star:
		return nil, diag.At(e.Span(), diag.Syntax, "* can only stand in a select list or in count(*)")
	}
	return nil, diag.At(e.Span(), diag.Internal, "expression %T", e)
}

func (p *place) exprs(list []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		x, err := p.expr(e)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// callOf binds the scalar function name applied to args.
func (p *place) callOf(name string, at diag.Span, args ...ast.Expr) (expr.Expr, error) {
	bound, err := p.exprs(args)
	if err != nil {
		return nil, err
	}
	return expr.NewCall(name, bound, at)
}

// condition binds e as a boolean.
func (p *place) condition(e ast.Expr) (expr.Expr, error) {
	x, err := p.expr(e)
	if err != nil {
		return nil, err
	}
	return p.boolean(x)
}

// boolean casts x, as Hive does where a condition is not boolean.
func (p *place) boolean(x expr.Expr) (expr.Expr, error) {
	if datatype.IsNested(x.Type()) || datatype.Equal(x.Type(), datatype.Date) || datatype.Equal(x.Type(), datatype.Timestamp) {
		return nil, diag.At(x.Span(), diag.Type, "%s takes a boolean, not %s", p.clause, datatype.Name(x.Type()))
	}
	return expr.NewCast(x, datatype.Bool, x.Span())
}

// conjuncts binds the parts of a condition that are joined by AND.
func (p *place) conjuncts(e ast.Expr) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, part := range splitAnd(e, nil) {
		bind := p.condition
		if b, ok := part.(*ast.Between); ok && !b.Not {
			bind = func(ast.Expr) (expr.Expr, error) { return p.inRange(b) }
		}
		x, err := bind(part)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// splitAnd appends the parts of e that are joined by AND.
func splitAnd(e ast.Expr, list []ast.Expr) []ast.Expr {
	if l, ok := e.(*ast.Logical); ok && l.Op == ast.OpAnd {
		for _, a := range l.Args {
			list = splitAnd(a, list)
		}
		return list
	}
	return append(list, e)
}

// name binds a column, perhaps with struct fields behind.
func (p *place) name(parts []ast.Ident) (expr.Expr, error) {
	first := parts[0].Name
	if x, ok := p.params[first]; ok {
		return fieldsOf(x, parts[1:])
	}
	if len(parts) == 1 && first == "grouping__id" && p.groups != nil && (p.groups.sets != nil || len(p.scope.match(parts)) == 0) {
		return p.groups.groupingID(parts[0].Span())
	}
	bare := p.aliases != nil && len(parts) == 1 || p.aliases != nil && len(p.scope.match(parts[:2])) == 0
	if bare && p.aliasFirst != nil && p.aliasFirst(first) {
		if x := p.aliases(first); x != nil {
			return fieldsOf(x, parts[1:])
		}
	}
	col, fields, ok, err := p.scope.resolve(parts)
	if err != nil {
		return nil, err
	}
	if ok {
		return fieldsOf(col, fields)
	}
	if bare {
		if x := p.aliases(first); x != nil {
			return fieldsOf(x, parts[1:])
		}
	}
	if len(parts) == 1 && (first == "current_date" || first == "current_timestamp" || first == "current_user") && funcs.FindScalar(first) != nil {
		return expr.NewCall(first, nil, parts[0].Span())
	}
	if p.clause == onlyConstants {
		return nil, diag.At(spanOf(parts), diag.Syntax, "column %q cannot stand in %s", text(parts), p.clause)
	}
	return nil, p.scope.missing(parts)
}

// onlyConstants is the clause of places without columns.
const onlyConstants = "a constant expression"

// fieldsOf reads the struct fields names, one in the other, of x.
func fieldsOf(x expr.Expr, names []ast.Ident) (expr.Expr, error) {
	for _, n := range names {
		var err error
		if x, err = expr.NewCall("getfield", []expr.Expr{x, expr.String(n.Name)}, x.Span().Join(n.Span())); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (p *place) param(e *ast.Param) (expr.Expr, error) {
	if e.Index >= len(p.b.env.Params) {
		return nil, diag.At(e.Span(), diag.Type, "no value for parameter %d; %d are given", e.Index+1, len(p.b.env.Params))
	}
	if x := p.b.env.Params[e.Index]; x != nil {
		return x, nil
	}
	unknown := expr.Null(datatype.Void)
	if want := p.b.env.WantParam; want != nil {
		unknown.OnCast = func(t arrow.DataType) { want(e.Index, t) }
	}
	return unknown, nil
}

func (p *place) unary(e *ast.Unary) (expr.Expr, error) {
	switch {
	case e.Op == ast.OpNot:
		return p.callOf("not", e.Span(), e.X)
	case e.Op == ast.OpNeg:
		return p.callOf("negative", e.Span(), e.X)
	case e.Op == ast.OpBitNot:
		return p.callOf("~", e.Span(), e.X)
	case funcs.FindScalar("positive") != nil:
		return p.callOf("positive", e.Span(), e.X)
	}
	return p.expr(e.X)
}

// binary binds a chain of operators, which leans to the left, in a loop.
func (p *place) binary(e *ast.Binary) (expr.Expr, error) {
	chain := []*ast.Binary{e}
	for {
		left, ok := chain[len(chain)-1].L.(*ast.Binary)
		if !ok {
			break
		}
		chain = append(chain, left)
	}
	last := chain[len(chain)-1]
	if lt, ok := last.L.(*ast.Tuple); ok && len(chain) == 1 {
		if rt, ok := last.R.(*ast.Tuple); ok && (e.Op == ast.OpEq || e.Op == ast.OpNe) {
			return p.tuples(lt, rt, e.Op == ast.OpNe, e.Span())
		}
	}
	x, err := p.expr(last.L)
	for i := len(chain) - 1; i >= 0 && err == nil; i-- {
		var y expr.Expr
		if y, err = p.expr(chain[i].R); err == nil {
			x, err = operator(chain[i].Op, x, y, chain[i].Span())
		}
	}
	return x, err
}

// operator is x op y.
func operator(op ast.Op, x, y expr.Expr, at diag.Span) (expr.Expr, error) {
	m := maker{at: at}
	var e expr.Expr
	switch op {
	case ast.OpConcat:
		if c, ok := x.(*expr.Call); ok && c.Name == "concat" && c.At.Start == at.Start {
			// a || b || c is one call, however long the chain.
			e = m.call("concat", append(c.Args[:len(c.Args):len(c.Args)], y)...)
		} else {
			e = m.call("concat", x, y)
		}
	case ast.OpDistinct:
		e = m.call("not", m.call("<=>", x, y))
	case ast.OpSame:
		e = m.call("<=>", x, y)
	case ast.OpEq, ast.OpNe, ast.OpLt, ast.OpLe, ast.OpGt, ast.OpGe:
		e = m.call(string(op), m.unpadded(x, y), m.unpadded(y, x))
	default:
		e = m.call(string(op), x, y)
	}
	return e, m.err
}

// tuples is (a, b) = (c, d).
func (p *place) tuples(l, r *ast.Tuple, not bool, at diag.Span) (expr.Expr, error) {
	if len(l.Items) != len(r.Items) {
		return nil, diag.At(at, diag.Type, "%d values are compared with %d", len(l.Items), len(r.Items))
	}
	x, err := p.exprs(l.Items)
	if err != nil {
		return nil, err
	}
	y, err := p.exprs(r.Items)
	if err != nil {
		return nil, err
	}
	m := maker{at: at}
	eq := m.equal(x, y)
	if not {
		eq = m.call("not", eq)
	}
	return eq, m.err
}

// equal is x[0] = y[0] AND x[1] = y[1] …
func (m *maker) equal(x, y []expr.Expr) expr.Expr {
	eqs := make([]expr.Expr, len(x))
	for i := range x {
		eqs[i] = m.call("=", x[i], y[i])
	}
	if m.err != nil {
		return nil
	}
	return m.all(eqs)
}

func (p *place) caseExpr(e *ast.Case) (expr.Expr, error) {
	var operand, els expr.Expr
	var err error
	if e.Operand != nil {
		if operand, err = p.expr(e.Operand); err != nil {
			return nil, err
		}
	}
	whens := make([]expr.When, len(e.Whens))
	for i, w := range e.Whens {
		cond, err := p.expr(w.Cond)
		if err != nil {
			return nil, err
		}
		if operand != nil {
			if cond, err = expr.NewCall("=", []expr.Expr{operand, cond}, w.Cond.Span()); err != nil {
				return nil, err
			}
		}
		then, err := p.expr(w.Then)
		if err != nil {
			return nil, err
		}
		whens[i] = expr.When{Cond: cond, Then: then}
	}
	if e.Else != nil {
		if els, err = p.expr(e.Else); err != nil {
			return nil, err
		}
	}
	return expr.NewCase(whens, els, e.Span())
}

// extracted names the functions for the units of EXTRACT that are not called as the unit is.
var extracted = map[string]string{"week": "weekofyear", "dow": "dayofweek", "doy": "dayofyear", "epoch": "unix_timestamp"}

func (p *place) extract(e *ast.Extract) (expr.Expr, error) {
	name := e.Unit
	if f, ok := extracted[name]; ok {
		name = f
	}
	return p.callOf(name, e.Span(), e.X)
}

func (p *place) trim(e *ast.Trim) (expr.Expr, error) {
	name := map[string]string{"leading": "ltrim", "trailing": "rtrim"}[strings.ToLower(e.Side)]
	if name == "" {
		name = "trim"
	}
	if e.Chars == nil {
		return p.callOf(name, e.Span(), e.X)
	}
	return p.callOf(name, e.Span(), e.X, e.Chars)
}

func (p *place) cast(e *ast.Cast) (expr.Expr, error) {
	t, err := Type(e.Type)
	if err != nil {
		return nil, err
	}
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	if e.Format == nil {
		return expr.NewCast(x, t, e.Span())
	}
	f, err := p.expr(e.Format)
	if err != nil {
		return nil, err
	}
	// The type's name tells the function what to make.
	made, err := expr.NewCall("cast_format", []expr.Expr{x, f, expr.String(datatype.Name(t))}, e.Span())
	if err != nil {
		return nil, err
	}
	return expr.NewCast(made, t, e.Span())
}

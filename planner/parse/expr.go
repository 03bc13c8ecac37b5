package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// The levels of precedence are those of sql.md section 2, one function for each that is not a
// plain operator of two operands.

// expr reads an expression.
func (p *parser) expr() ast.Expr {
	return p.logical(ast.OpOr, func() ast.Expr { return p.logical(ast.OpAnd, p.not) })
}

// logical reads operands with op between, flat.
func (p *parser) logical(op ast.Op, operand func() ast.Expr) ast.Expr {
	start := p.here()
	first := operand()
	if !p.at(string(op)) {
		return first
	}
	args := []ast.Expr{first}
	for p.accept(string(op)) {
		args = append(args, operand())
	}
	return &ast.Logical{Pos: p.from(start), Op: op, Args: args}
}

func (p *parser) not() ast.Expr {
	return p.prefixed(func() ast.Op {
		if p.acceptAny("not", "!") != "" {
			return ast.OpNot
		}
		return ""
	}, p.equality)
}

// prefixed reads operators before an operand; each counts as a level of nesting.
func (p *parser) prefixed(op func() ast.Op, operand func() ast.Expr) ast.Expr {
	var ops []*ast.Unary
	for {
		start := p.here()
		o := op()
		if o == "" {
			break
		}
		if !p.enter() {
			return nil
		}
		ops = append(ops, &ast.Unary{Pos: ast.Pos{Start: start}, Op: o})
	}
	e := operand()
	for i := len(ops) - 1; i >= 0; i-- {
		p.leave()
		ops[i].X, ops[i].End = e, p.end()
		e = ops[i]
	}
	return e
}

// equality reads levels 10 and 11. IS NULL stands behind a whole equality: a = b IS NULL asks
// for (a = b).
func (p *parser) equality() ast.Expr {
	start := p.here()
	l := p.similar()
	for {
		switch {
		case p.at("is"):
			l = p.is(start, l)
		case p.at("="), p.at("<>"), p.at("<=>"):
			l = p.comparison(start, l)
		default:
			return l
		}
	}
}

// comparison reads the operator and its right side, or ANY|ALL (query).
func (p *parser) comparison(start int, l ast.Expr) ast.Expr {
	op := ast.Op(p.next().text)
	if any := p.acceptAny("any", "some", "all"); any != "" {
		q := p.parenQuery()
		return &ast.Quantified{Pos: p.from(start), Op: op, X: l, All: any == "all", Query: q}
	}
	var r ast.Expr
	if op == ast.OpEq || op == ast.OpNe || op == ast.OpNullEq {
		r = p.similar()
	} else {
		r = p.binary(loosest)
	}
	return &ast.Binary{Pos: p.from(start), Op: op, L: l, R: r}
}

// is reads IS [NOT] NULL|TRUE|FALSE|UNKNOWN and IS [NOT] DISTINCT FROM x.
func (p *parser) is(start int, l ast.Expr) ast.Expr {
	p.next()
	not := p.accept("not")
	if p.accept("distinct", "from") {
		op := ast.OpDistinct
		if not {
			op = ast.OpSame
		}
		r := p.similar()
		return &ast.Binary{Pos: p.from(start), Op: op, L: l, R: r}
	}
	what := p.acceptAny("null", "true", "false", "unknown")
	if what == "" {
		p.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
	}
	return &ast.Is{Pos: p.from(start), X: l, What: ast.IsKind(what), Not: not}
}

// similar reads level 9, of which only one may stand in a row.
func (p *parser) similar() ast.Expr {
	start := p.here()
	l := p.binary(loosest)
	e, ok := p.similarRest(start, l)
	if ok && p.atSimilar() {
		op := p.peek()
		if p.err == nil {
			hint := "put parentheses around one of them"
			if op.kind == kSym {
				hint = "write a < b AND b < c"
			}
			p.failAt(op.span(), diag.Syntax, "comparisons cannot be chained, found a second one: %s", p.found(op)).Hint = hint
		}
	}
	return e
}

// atSimilar reports whether an operator of level 9 is next.
func (p *parser) atSimilar() bool {
	t := p.peek()
	if t.is("not") {
		t = p.ahead(1)
	}
	for _, op := range []string{"<", "<=", ">", ">=", "like", "ilike", "rlike", "regexp", "in", "between"} {
		if t.is(op) {
			return true
		}
	}
	return false
}

// similarRest reads an operator of level 9 and what follows it; ok is false if there is none.
func (p *parser) similarRest(start int, l ast.Expr) (e ast.Expr, ok bool) {
	// ILIKE is a name too: `select a ilike` gives a column this name.
	if !p.atSimilar() || p.at("ilike") && endsExpr(p.ahead(1)) {
		return l, false
	}
	if t := p.peek().text; t == "<" || t == "<=" || t == ">" || t == ">=" {
		return p.comparison(start, l), true
	}
	not := p.accept("not")
	switch op := p.next().text; op {
	case "in":
		return p.in(start, l, not), true
	case "between":
		lo := p.binary(loosest)
		p.expect("and")
		hi := p.binary(loosest)
		return &ast.Between{Pos: p.from(start), X: l, Lo: lo, Hi: hi, Not: not}, true
	case "regexp":
		return p.like(start, l, ast.OpRLike, not), true
	default:
		return p.like(start, l, ast.Op(op), not), true
	}
}

// endsExpr reports whether t ends an expression, so that the word before it is an alias.
func endsExpr(t token) bool {
	if t.kind == kEOF || t.kind == kBad {
		return true
	}
	for _, w := range []string{",", ")", ";", "]", ".", "from", "where", "group", "having", "order", "union", "intersect",
		"except", "minus", "lateral", "window", "qualify", "limit"} {
		if t.is(w) {
			return true
		}
	}
	return false
}

// like reads the patterns of LIKE and its kin.
func (p *parser) like(start int, l ast.Expr, op ast.Op, not bool) ast.Expr {
	e := &ast.Like{Op: op, X: l, Not: not}
	switch p.acceptAny("any", "some", "all") {
	case "any", "some":
		e.Quant = ast.LikeAny
	case "all":
		e.Quant = ast.LikeAll
	default:
		e.Patterns = []ast.Expr{p.binary(loosest)}
	}
	if e.Quant != ast.LikeOne {
		if !p.enter() {
			return nil
		}
		e.Patterns = parens(p, p.expr)
		p.leave()
	}
	if p.accept("escape") {
		e.Escape = p.binary(loosest)
	}
	e.Pos = p.from(start)
	return e
}

// in reads the list or the query of IN.
func (p *parser) in(start int, l ast.Expr, not bool) ast.Expr {
	if p.at("(") && beginsQuery(p.ahead(1)) {
		q := p.parenQuery()
		return &ast.InQuery{Pos: p.from(start), X: l, Query: q, Not: not}
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.expect("(")
	items := list(p, p.expr)
	if q := p.queryAfter(items); q != nil {
		p.expect(")")
		return &ast.InQuery{Pos: p.from(start), X: l, Query: q, Not: not}
	}
	p.expect(")")
	return &ast.InList{Pos: p.from(start), X: l, List: items, Not: not}
}

// The levels of the operators of two operands, from Hive's number 3 (tightest) to 8.
const (
	tightest = 3
	loosest  = 8
)

// operator returns the operator of level that is next, or "".
func (p *parser) operator(level int) ast.Op {
	t := p.peek()
	if t.kind != kSym && !t.is("div") {
		return ""
	}
	switch t.text {
	case "^":
		return when(level == 3, ast.OpBitXor)
	case "*", "/", "%", "div":
		return when(level == 4, ast.Op(t.text))
	case "+", "-":
		return when(level == 5, ast.Op(t.text))
	case "||":
		return when(level == 6, ast.OpConcat)
	case "&":
		return when(level == 7, ast.OpBitAnd)
	case "|":
		return when(level == 8, ast.OpBitOr)
	}
	return ""
}

func when(ok bool, op ast.Op) ast.Op {
	if ok {
		return op
	}
	return ""
}

// binary reads operators of two operands down from level.
func (p *parser) binary(level int) ast.Expr {
	if level < tightest {
		return p.unary()
	}
	start := p.here()
	l := p.binary(level - 1)
	for {
		op := p.operator(level)
		if op == "" {
			return l
		}
		p.next()
		r := p.binary(level - 1)
		l = &ast.Binary{Pos: p.from(start), Op: op, L: l, R: r}
	}
}

func (p *parser) unary() ast.Expr {
	return p.prefixed(func() ast.Op { return ast.Op(p.acceptAny("-", "+", "~")) }, p.postfix)
}

// postfix reads a primary expression with [i] and .field behind it.
func (p *parser) postfix() ast.Expr {
	start := p.here()
	e := p.primary()
	for {
		switch {
		case p.accept("["):
			if !p.enter() {
				return nil
			}
			i := p.expr()
			p.leave()
			p.expect("]")
			e = &ast.Index{Pos: p.from(start), X: e, I: i}
		case p.accept("."):
			name := p.afterDot()
			e = &ast.Field{Pos: p.from(start), X: e, Name: name}
		case p.atJSONArrow():
			e = p.jsonArrow(start, e)
		case p.at("::"):
			p.unexpected("an operator")
			return nil
		default:
			return e
		}
	}
}

// atJSONArrow reports whether -> '$.path' or ->> '$.path' is next: DuckDB's and PostgreSQL's way into JSON text.
func (p *parser) atJSONArrow() bool {
	path := p.ahead(1)
	return (p.at("->") || p.at("->>")) && path.kind == kString && strings.HasPrefix(path.text, "$")
}

// jsonArrow reads the arrow and the path behind e: -> keeps JSON, ->> gives text.
func (p *parser) jsonArrow(start int, e ast.Expr) ast.Expr {
	name := "json_extract"
	op := p.next()
	if op.text == "->>" {
		name = "json_extract_scalar"
	}
	path := p.primary()
	call := p.plainCall(op, name, e, path).(*ast.Call)
	call.Pos = p.from(start)
	return call
}

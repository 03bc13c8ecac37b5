package parse

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// primary reads a literal, a name, a call or something in parentheses.
func (p *parser) primary() ast.Expr {
	t := p.peek()
	switch t.kind {
	case kNumber, kString:
		return p.constant()
	case kHex:
		p.failAt(t.span(), diag.Syntax, "%s is not a number in Hive", p.src[t.start:t.end]).WithHint("write it as a decimal number")
		return nil
	case kQuoted:
		return p.nameOrCall()
	case kWord:
		return p.word()
	}
	switch {
	case t.is("("):
		return p.paren()
	case t.is("?"):
		p.next()
		p.params++
		return &ast.Param{Pos: ast.Pos(t.span()), Index: p.params - 1}
	}
	p.unexpected("an expression")
	return nil
}

// word reads what begins with a word.
func (p *parser) word() ast.Expr {
	t, n := p.peek(), p.ahead(1)
	if n.kind == kString {
		if e := p.typedLiteral(t); e != nil {
			return e
		}
	}
	if n.is("(") {
		if e, ok := p.special(t); ok {
			return e
		}
	}
	switch t.text {
	case "null":
		p.next()
		return &ast.Literal{Pos: ast.Pos(t.span()), Kind: ast.LitNull}
	case "true", "false":
		p.next()
		return &ast.Literal{Pos: ast.Pos(t.span()), Kind: ast.LitBool, Text: t.text}
	case "interval":
		return p.interval()
	case "case":
		return p.caseExpr()
	case "current_date", "current_timestamp":
		return p.nameOrCall()
	case "array":
		if n.is("[") {
			return p.arrayList()
		}
	}
	if t.text[0] >= '0' && t.text[0] <= '9' && isNumberLike(t.text) {
		p.failAt(t.span(), diag.Syntax, "%s is not a number", p.src[t.start:t.end]).WithHint("write the digits without _")
		return nil
	}
	if !ast.Reserved(t.text) || softReserved[t.text] || n.is("(") && ast.Callable(t.text) {
		return p.nameOrCall()
	}
	p.unexpected("an expression")
	return nil
}

// isNumberLike reports whether s has only digits and _.
func isNumberLike(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

// typedLiteral reads DATE '…', TIMESTAMP '…' and _UTF8 '…', or returns nil.
func (p *parser) typedLiteral(t token) ast.Expr {
	var k ast.LitKind
	switch t.text {
	case "date":
		k = ast.LitDate
	case "timestamp":
		k = ast.LitTimestamp
	case "timestamplocaltz":
		k = ast.LitTimestampTZ
	case "_utf8":
		k = ast.LitString
	default:
		return nil
	}
	p.next()
	s := p.joined()
	return &ast.Literal{Pos: p.from(t.start), Kind: k, Text: s}
}

// nameOrCall reads a.b.c, or db.f(…).
func (p *parser) nameOrCall() ast.Expr {
	start := p.here()
	if n := p.charset(); n > 0 {
		return p.hexString(n)
	}
	bare := p.at("current_date") || p.at("current_timestamp")
	parts := []ast.Ident{p.anyWord()}
	for p.at(".") && !p.ahead(1).is("*") {
		p.next()
		parts = append(parts, p.afterDot())
	}
	q := ast.QName{Pos: p.from(start), Parts: parts}
	switch {
	case p.at("(") && len(parts) <= 2:
		return p.call(start, q)
	case bare && len(parts) == 1:
		return &ast.Call{Pos: p.from(start), Name: q}
	}
	return &ast.Name{Pos: p.from(start), Parts: parts}
}

// paren reads (expr), (a, b), (query), and (1) day.
func (p *parser) paren() ast.Expr {
	start := p.here()
	if beginsQuery(p.ahead(1)) {
		q := p.parenQuery()
		return &ast.Subquery{Pos: p.from(start), Query: q}
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.next()
	items := list(p, p.expr)
	if q := p.queryAfter(items); q != nil {
		p.expect(")")
		return &ast.Subquery{Pos: p.from(start), Query: q}
	}
	p.expect(")")
	if len(items) > 1 {
		return &ast.Tuple{Pos: p.from(start), Items: items}
	}
	if lit, ok := items[0].(*ast.Literal); ok && p.atUnit(lit) {
		return p.intervalOf(start, lit)
	}
	return items[0]
}

// queryAfter continues a query whose first part has been read as an expression: the
// (select 1) of ((select 1) union (select 2)). It returns nil if items is something else.
func (p *parser) queryAfter(items []ast.Expr) *ast.Query {
	if len(items) != 1 {
		return nil
	}
	s, ok := items[0].(*ast.Subquery)
	if !ok || !p.atSetOp() && !p.atTail() {
		return nil
	}
	q := &ast.Query{Body: p.setOps(s.Start, unwrap(s.Query))}
	p.tail(q)
	q.Pos = p.from(s.Start)
	if inner, ok := q.Body.(*ast.Query); ok && inner != nil && plain(q) { // LIMIT ALL
		return inner
	}
	return q
}

// caseExpr reads CASE in both forms.
func (p *parser) caseExpr() ast.Expr {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.next()
	e := &ast.Case{}
	if !p.at("when") {
		e.Operand = p.expr()
	}
	for p.at("when") {
		w := ast.When{Pos: ast.Pos(p.next().span())}
		w.Cond = p.expr()
		p.expect("then")
		w.Then = p.expr()
		w.End = p.end()
		e.Whens = append(e.Whens, w)
	}
	if len(e.Whens) == 0 {
		p.unexpected(quoteToken("when"))
	}
	if p.accept("else") {
		e.Else = p.expr()
	}
	p.expect("end")
	e.Pos = p.from(start)
	return e
}

// arrayList reads ARRAY[a, b], Trino's way to write array(a, b).
func (p *parser) arrayList() ast.Expr {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	name := p.anyWord()
	c := &ast.Call{Name: ast.QName{Pos: name.Pos, Parts: []ast.Ident{name}}}
	p.next()
	if !p.at("]") {
		c.Args = list(p, p.expr)
	}
	p.expect("]")
	c.Pos = p.from(start)
	return c
}

package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
)

// isName reports whether t may stand bare as a name.
func isName(t token) bool {
	return t.kind == kQuoted || t.kind == kWord && !ast.Reserved(t.text)
}

// ident reads a name; what says of what.
func (p *parser) ident(what string) ast.Ident {
	if !isName(p.peek()) {
		p.unexpected(what)
		return ast.Ident{}
	}
	return p.anyWord()
}

// columnName reads a name of a column where only a name can stand.
func (p *parser) columnName() ast.Ident {
	if t := p.peek(); t.kind == kWord && softReserved[t.text] {
		return p.anyWord()
	}
	return p.ident("a column name")
}

// anyWord takes the next token as a name, reserved or not.
func (p *parser) anyWord() ast.Ident {
	t := p.next()
	return ast.Ident{Pos: ast.Pos(t.span()), Name: t.text, Quoted: t.kind == kQuoted}
}

// afterDot reads the name behind a dot, where every word is a name.
func (p *parser) afterDot() ast.Ident {
	if k := p.peek().kind; k != kWord && k != kQuoted {
		p.unexpected("a name")
		return ast.Ident{}
	}
	return p.anyWord()
}

func (p *parser) columnNames() []ast.Ident { return parens(p, p.columnName) }

// qname reads a name with up to two names before it.
func (p *parser) qname(what string) ast.QName {
	start := p.here()
	q := ast.QName{Parts: []ast.Ident{p.ident(what)}}
	for len(q.Parts) < 3 && p.accept(".") {
		q.Parts = append(q.Parts, p.afterDot())
	}
	q.Pos = p.from(start)
	return q
}

// tableName reads the name of a table or view. Hive's clients also send `db.table` in one pair
// of backquotes, and Athena's "t$partitions" in double quotes.
func (p *parser) tableName() ast.QName {
	var q ast.QName
	if t := p.peek(); t.kind == kString && t.double && t.text != "" {
		p.next()
		id := ast.Ident{Pos: ast.Pos(t.span()), Name: lower(t.text), Quoted: true}
		q.Parts = []ast.Ident{id}
		if p.accept(".") {
			q.Parts = append(q.Parts, p.afterDot())
		}
		q.Pos = p.from(t.start)
	} else {
		q = p.qname("a table name")
	}
	if len(q.Parts) != 1 || !q.Parts[0].Quoted {
		return q
	}
	if db, name, ok := strings.Cut(q.Parts[0].Name, "."); ok && db != "" && name != "" && !strings.Contains(name, ".") {
		one, two := q.Parts[0], q.Parts[0]
		one.Name, two.Name = db, name
		q.Parts = []ast.Ident{one, two}
	}
	return q
}

// columnAlias reads [AS] alias of a select item, or nothing.
func (p *parser) columnAlias() ast.Ident {
	if p.accept("as") {
		t := p.peek()
		if t.kind == kString && t.double && t.text != "" {
			p.next()
			return ast.Ident{Pos: ast.Pos(t.span()), Name: lower(t.text), Quoted: true}
		}
		return p.columnName()
	}
	if p.canAlias() {
		return p.anyWord()
	}
	return ast.Ident{}
}

// tableAlias reads [AS] alias, or nothing.
func (p *parser) tableAlias() ast.Ident {
	if p.accept("as") {
		return p.ident("an alias")
	}
	if p.canAlias() {
		return p.anyWord()
	}
	return ast.Ident{}
}

// canAlias reports whether the next token is an alias without AS, not the begin of a clause.
func (p *parser) canAlias() bool {
	t := p.peek()
	if t.kind == kQuoted {
		return true
	}
	if !isName(t) {
		return false
	}
	switch n := p.ahead(1); {
	case t.text == "limit" || t.text == "offset":
		return !(n.kind == kNumber || n.kind == kString || n.is("?") || n.is("-") || n.is("null") || n.is("all") ||
			n.kind == kEOF || n.is(";") || n.is(")"))
	case beforeBy[t.text]:
		return !n.is("by")
	case t.text == "pivot" || t.text == "match_recognize":
		return !n.is("(")
	}
	return !notAlias[t.text]
}

// str reads a string literal, adjacent ones joined.
func (p *parser) str(what string) string {
	if p.peek().kind != kString {
		p.unexpected(what)
		return ""
	}
	return p.joined()
}

// joined takes the strings that stand next to each other.
func (p *parser) joined() string {
	s := p.next().text
	if p.peek().kind != kString {
		return s
	}
	var b strings.Builder
	b.WriteString(s)
	for p.peek().kind == kString {
		b.WriteString(p.next().text)
	}
	return b.String()
}

func (p *parser) optStr(words ...string) *string {
	if !p.accept(words...) {
		return nil
	}
	s := p.str("a string")
	return &s
}

package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// special reads the calls that may have words between their arguments; ok is false if t is no
// such call.
func (p *parser) special(t token) (e ast.Expr, ok bool) {
	if !p.enter() {
		return nil, true
	}
	defer p.leave()
	third := p.ahead(2)
	switch t.text {
	case "cast", "try_cast":
		p.i += 2
		return p.cast(t), true
	case "extract":
		p.i += 2
		return p.extract(t), true
	case "exists":
		if !beginsQuery(third) && !third.is("(") {
			return nil, false
		}
		p.next()
		q := p.parenQuery()
		return &ast.Exists{Pos: p.from(t.start), Query: q}, true
	case "trim":
		p.i += 2
		return p.trim(t), true
	case "floor", "ceil", "ceiling", "substring", "substr", "position":
		if third.is(")") || third.is("distinct") || third.is("*") {
			return nil, false
		}
		p.i += 2
		return p.worded(t), true
	}
	return nil, false
}

// worded reads floor(x TO unit), substring(x FROM a FOR b) and position(x IN y), or the same
// functions with commas.
func (p *parser) worded(t token) ast.Expr {
	if t.text == "position" {
		x := p.binary(loosest)
		if !p.accept("in") {
			return p.restOfCall(t, x)
		}
		y := p.expr()
		p.expect(")")
		return p.plainCall(t, "locate", x, y)
	}
	x := p.expr()
	switch sub := t.text[0] == 's'; {
	case sub && p.accept("from"):
		return p.substring(t, x)
	case !sub && p.accept("to"):
		return p.roundTo(t, x)
	}
	return p.restOfCall(t, x)
}

// restOfCall reads what follows the first argument of t's call.
func (p *parser) restOfCall(t token, first ast.Expr) ast.Expr {
	id := ast.Ident{Pos: ast.Pos(t.span()), Name: t.text}
	c := &ast.Call{Name: ast.QName{Pos: id.Pos, Parts: []ast.Ident{id}}, Args: []ast.Expr{first}}
	if p.accept(",") {
		c.Args = append(c.Args, list(p, p.argument)...)
	}
	p.expect(")")
	p.behindCall(c)
	c.Pos = p.from(t.start)
	return c
}

func (p *parser) plainCall(t token, name string, args ...ast.Expr) ast.Expr {
	id := ast.Ident{Pos: ast.Pos(t.span()), Name: name}
	return &ast.Call{Pos: p.from(t.start), Name: ast.QName{Pos: id.Pos, Parts: []ast.Ident{id}}, Args: args}
}

// cast reads x AS type [FORMAT f]).
func (p *parser) cast(t token) ast.Expr {
	e := &ast.Cast{Try: t.text == "try_cast"}
	e.X = p.expr()
	p.expect("as")
	e.Type = p.typ()
	if p.accept("format") {
		e.Format = p.primary()
	}
	p.expect(")")
	e.Pos = p.from(t.start)
	return e
}

func (p *parser) extract(t token) ast.Expr {
	e := &ast.Extract{Unit: unit(p.peek())}
	switch w := p.peek(); {
	case e.Unit != "":
		p.next()
	case w.is("dow"), w.is("dayofweek"), w.is("doy"), w.is("dayofyear"), w.is("epoch"), w.is("weekofyear"):
		e.Unit = p.next().text
	case w.kind == kString && unit(token{kind: kWord, text: lower(w.text)}) != "":
		e.Unit = unit(token{kind: kWord, text: lower(p.next().text)})
	default:
		p.unexpected("a unit such as YEAR")
	}
	p.expect("from")
	e.X = p.expr()
	p.expect(")")
	e.Pos = p.from(t.start)
	return e
}

func (p *parser) roundTo(t token, x ast.Expr) ast.Expr {
	e := &ast.RoundTo{Ceil: t.text != "floor", X: x, Unit: unit(p.peek())}
	if e.Unit == "" {
		p.unexpected("a unit such as DAY")
	}
	p.next()
	p.expect(")")
	e.Pos = p.from(t.start)
	return e
}

// trim reads [BOTH|LEADING|TRAILING] [chars] FROM x), or the rest of a plain trim(x).
func (p *parser) trim(t token) ast.Expr {
	e := &ast.Trim{Side: p.acceptAny("both", "leading", "trailing")}
	sided := e.Side != ""
	if !sided {
		e.Side = "both"
	}
	if !p.at("from") {
		e.Chars = p.expr()
	}
	switch {
	case p.accept("from"):
	case sided:
		p.unexpected(quoteToken("from"))
	default:
		return p.restOfCall(t, e.Chars)
	}
	e.X = p.expr()
	p.expect(")")
	e.Pos = p.from(t.start)
	return e
}

// substring reads FROM's a [FOR b]).
func (p *parser) substring(t token, x ast.Expr) ast.Expr {
	args := []ast.Expr{x, p.expr()}
	if p.accept("for") {
		args = append(args, p.expr())
	}
	p.expect(")")
	return p.plainCall(t, t.text, args...)
}

// call reads the arguments of a function and what may follow them.
func (p *parser) call(start int, name ast.QName) ast.Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	c := &ast.Call{Name: name}
	p.expect("(")
	p.arguments(c)
	p.expect(")")
	p.behindCall(c)
	c.Pos = p.from(start)
	return c
}

func (p *parser) arguments(c *ast.Call) {
	if p.at("*", ")") {
		p.next()
		c.Star = true
		return
	}
	c.Distinct = p.accept("distinct")
	if !c.Distinct {
		p.accept("all")
	}
	if p.at(")") {
		if c.Distinct {
			p.unexpected("an expression")
		}
		return
	}
	c.Args = list(p, p.argument)
	if p.at("order", "by") {
		c.OrderBy = p.orderBy()
	}
	p.nullsMode(c)
}

// argument reads an expression, a star, or a lambda.
func (p *parser) argument() ast.Expr {
	if e := p.star(); e != nil {
		return e
	}
	if n := p.lambdaParams(); n > 0 {
		return p.lambda(n)
	}
	return p.expr()
}

// star reads * or t.*, or returns nil.
func (p *parser) star() ast.Expr {
	start := p.here()
	if p.accept("*") {
		return &ast.Star{Pos: p.from(start)}
	}
	n := 0
	for isName(p.ahead(n)) && p.ahead(n+1).is(".") {
		n += 2
	}
	if n == 0 || !p.ahead(n).is("*") {
		return nil
	}
	s := &ast.Star{}
	for ; n > 0; n -= 2 {
		s.Table = append(s.Table, p.anyWord())
		p.next()
	}
	p.next()
	s.Pos = p.from(start)
	return s
}

// lambdaParams returns how many parameters the lambda that is next has, or 0 if none is.
func (p *parser) lambdaParams() int {
	if isName(p.peek()) && p.ahead(1).is("->") {
		if body := p.ahead(2); body.kind == kString && strings.HasPrefix(body.text, "$") {
			return 0 // j -> '$.a' reads JSON
		}
		return 1
	}
	if !p.at("(") {
		return 0
	}
	for n := 1; isName(p.ahead(n)); n += 2 {
		switch t := p.ahead(n + 1); {
		case t.is(",") && n < 2*maxDepth:
		case t.is(")") && p.ahead(n+2).is("->"):
			return (n + 1) / 2
		default:
			return 0
		}
	}
	return 0
}

func (p *parser) lambda(n int) ast.Expr {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	e := &ast.Lambda{}
	open := p.accept("(")
	for i := range n {
		if i > 0 {
			p.next()
		}
		e.Params = append(e.Params, p.anyWord())
	}
	if open {
		p.next()
	}
	p.next()
	e.Body = p.argument()
	e.Pos = p.from(start)
	return e
}

func (p *parser) nullsMode(c *ast.Call) {
	switch {
	case p.accept("ignore", "nulls"):
		c.Nulls = ast.NullsIgnore
	case p.accept("respect", "nulls"):
		c.Nulls = ast.NullsRespect
	}
}

// behindCall reads IGNORE NULLS, WITHIN GROUP, FILTER and OVER.
func (p *parser) behindCall(c *ast.Call) {
	p.nullsMode(c)
	if p.accept("within", "group") {
		p.expect("(")
		c.WithinGroup = p.orderBy()
		p.expect(")")
	}
	if p.at("filter", "(", "where") {
		p.i += 3
		c.Filter = p.expr()
		p.expect(")")
	}
	p.nullsMode(c)
	if p.accept("over") {
		c.Over = p.over()
	}
}

// over reads a window's name or its definition in parentheses.
func (p *parser) over() *ast.Window {
	start := p.here()
	if !p.at("(") {
		w := &ast.Window{Base: p.ident("a window name or (")}
		w.Pos = p.from(start)
		return w
	}
	return p.window()
}

// window reads a window's definition in parentheses.
func (p *parser) window() *ast.Window {
	start := p.here()
	w := &ast.Window{}
	if !p.enter() {
		return w
	}
	defer p.leave()
	p.expect("(")
	if t := p.peek(); isName(t) && !(beforeBy[t.text] && p.ahead(1).is("by")) {
		w.Base = p.anyWord()
	}
	p.windowParts(w)
	if unit := p.acceptAny("rows", "range"); unit != "" {
		w.Frame = p.frame(ast.FrameUnit(unit))
	}
	p.expect(")")
	w.Pos = p.from(start)
	return w
}

// windowParts reads PARTITION BY and ORDER BY of a window, or what Hive has for them.
func (p *parser) windowParts(w *ast.Window) {
	start := p.here()
	switch {
	case p.accept("partition", "by"), p.accept("distribute", "by"):
		w.PartitionBy = p.exprs()
	case p.accept("cluster", "by"):
		w.PartitionBy = p.exprs()
		for _, e := range w.PartitionBy {
			w.OrderBy = append(w.OrderBy, ast.OrderItem{Pos: p.from(start), Expr: e})
		}
	}
	switch {
	case p.at("order", "by"):
		w.OrderBy = p.orderBy()
	case p.at("sort", "by"):
		w.OrderBy = p.sortBy()
	}
}

// frame reads what follows ROWS or RANGE.
func (p *parser) frame(u ast.FrameUnit) *ast.Frame {
	start := p.toks[p.i-1].start
	f := &ast.Frame{Unit: u}
	if p.accept("between") {
		f.From = p.bound()
		p.expect("and")
		f.To = p.bound()
	} else {
		f.From = p.bound()
		f.To = ast.Bound{Pos: f.From.Pos, Kind: ast.CurrentRow}
		if f.From.Kind == ast.Following || f.From.Kind == ast.UnboundedFollowing {
			p.failAt(f.From.Span(), diag.Syntax, "a frame cannot begin after the current row and end at it").
				WithHint("write BETWEEN CURRENT ROW AND …")
		}
	}
	f.Pos = p.from(start)
	return f
}

func (p *parser) bound() ast.Bound {
	start := p.here()
	var b ast.Bound
	switch {
	case p.accept("current", "row"):
		b.Kind = ast.CurrentRow
	case p.accept("unbounded"):
		switch p.acceptAny("preceding", "following") {
		case "preceding":
			b.Kind = ast.UnboundedPreceding
		case "following":
			b.Kind = ast.UnboundedFollowing
		default:
			p.unexpected("PRECEDING or FOLLOWING")
		}
	default:
		b.Offset = p.binary(loosest)
		switch p.acceptAny("preceding", "following") {
		case "preceding":
			b.Kind = ast.Preceding
		case "following":
			b.Kind = ast.Following
		default:
			p.unexpected("PRECEDING or FOLLOWING")
		}
	}
	b.Pos = p.from(start)
	return b
}

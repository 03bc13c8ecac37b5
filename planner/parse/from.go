package parse

import (
	"math"
	"strconv"
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// fromSource reads what follows FROM.
func (p *parser) fromSource() ast.TableRef {
	if p.accept("uniquejoin") {
		return p.uniqueJoin()
	}
	return p.joins()
}

// joins reads tables with joins, commas and lateral views between, all binding to the left.
func (p *parser) joins() ast.TableRef {
	start := p.here()
	var left ast.TableRef
	if p.at("unnest", "(") {
		left = p.unnest(start, nil, false)
	} else {
		left = p.tablePart()
	}
	for {
		switch {
		case p.at("lateral", "view"), p.at(",", "lateral", "view"):
			p.accept(",")
			left = p.lateralView(left)
		case p.at("natural"):
			p.failAt(p.peek().span(), diag.Unsupported, "NATURAL JOIN is not in HiveQL").
				WithHint("write JOIN … USING (columns)")
		default:
			comma := p.at(",")
			kind := p.joinKind()
			if kind == "" {
				return left
			}
			left = p.join(start, left, kind, comma)
		}
	}
}

// joinKind reads the words of a join, or a comma, or nothing.
func (p *parser) joinKind() ast.JoinKind {
	switch {
	case p.accept(","), p.accept("cross", "join"):
		return ast.CrossJoin
	case p.accept("join"), p.accept("inner", "join"):
		return ast.InnerJoin
	case p.accept("left", "semi", "join"):
		return ast.SemiJoin
	case p.accept("left", "anti", "join"):
		return ast.AntiJoin
	case p.at("right", "semi"), p.at("right", "anti"):
		p.i++
		p.unexpected(quoteToken("join"))
	}
	side := p.acceptAny("left", "right", "full")
	if side == "" {
		return ""
	}
	p.accept("outer")
	p.expect("join")
	return ast.JoinKind(side + " join")
}

// join reads the right side of a join and its condition. Lateral views between the two belong
// to the right side if a condition follows, else to the whole, whose columns they may use.
func (p *parser) join(start int, left ast.TableRef, kind ast.JoinKind, comma bool) ast.TableRef {
	if p.at("unnest", "(") {
		return p.joinUnnest(start, left, kind)
	}
	j := &ast.Join{Kind: kind, Left: left, Right: p.tablePart()}
	j.Pos = p.from(start)
	var views []*ast.LateralView
	for p.at("lateral", "view") {
		views = append(views, p.lateralView(nil).(*ast.LateralView))
	}
	whole := ast.TableRef(j)
	to := &whole
	if !comma && (p.at("on") || p.at("using")) {
		to = &j.Right
	}
	for _, v := range views {
		v.Left = *to
		*to = v
	}
	switch {
	case comma:
	case p.accept("on"):
		j.On = p.expr()
	case p.accept("using"):
		j.Using = p.columnNames()
	}
	if kind == ast.CrossJoin && (j.On != nil || j.Using != nil) {
		j.Kind = ast.InnerJoin
	}
	if to == &j.Right {
		j.Pos = p.from(start)
	}
	return whole
}

// joinUnnest reads the UNNEST of [CROSS|LEFT] JOIN UNNEST(…), or after a comma.
func (p *parser) joinUnnest(start int, left ast.TableRef, kind ast.JoinKind) ast.TableRef {
	at := p.peek()
	switch kind {
	case ast.CrossJoin, ast.InnerJoin, ast.LeftJoin:
	default:
		p.failAt(at.span(), diag.Unsupported, "UNNEST goes with CROSS JOIN or LEFT JOIN only")
	}
	u := p.unnest(start, left, kind == ast.LeftJoin)
	if kind != ast.CrossJoin && p.accept("on") && !p.accept("true") {
		p.failAt(p.peek().span(), diag.Unsupported, "the condition of a join with UNNEST can only be TRUE").
			WithHint("put the condition into WHERE")
	}
	return u
}

// unnest reads UNNEST(a, b) [WITH ORDINALITY] [AS t(x, y)].
func (p *parser) unnest(start int, left ast.TableRef, outer bool) ast.TableRef {
	u := &ast.Unnest{Left: left, Outer: outer}
	if !p.enter() {
		return u
	}
	defer p.leave()
	p.next()
	u.Exprs = parens(p, p.expr)
	u.Ordinality = p.accept("with", "ordinality")
	u.Alias, u.Columns = p.aliasAndColumns()
	u.Pos = p.from(start)
	return u
}

// aliasAndColumns reads [AS] t [(a, b)], or nothing.
func (p *parser) aliasAndColumns() (ast.Ident, []ast.Ident) {
	alias := p.tableAlias()
	if alias.Given() && p.at("(") {
		return alias, p.columnNames()
	}
	return alias, nil
}

// lateralView reads LATERAL VIEW [OUTER] f(…) alias [AS a, b] behind left.
func (p *parser) lateralView(left ast.TableRef) ast.TableRef {
	start := p.here()
	v := &ast.LateralView{Left: left}
	if left != nil {
		start = left.Span().Start
	}
	p.expect("lateral", "view")
	v.Outer = p.accept("outer")
	v.Call = p.tableCall()
	if p.err == nil && p.canAlias() {
		v.Alias = p.anyWord()
	}
	if p.accept("as") {
		if p.at("(") {
			v.Columns = p.columnNames()
		} else {
			v.Columns = p.columnList()
		}
	}
	v.Pos = p.from(start)
	return v
}

// columnList reads a, b without parentheses, and leaves a comma that joins another table.
func (p *parser) columnList() []ast.Ident {
	out := []ast.Ident{p.columnName()}
	for p.at(",") && isName(p.ahead(1)) && p.lateralColumn() {
		p.next()
		out = append(out, p.columnName())
	}
	return out
}

// lateralColumn reports whether the name behind the comma is one more column, not a table:
// Hive takes it as a column always, so only what cannot follow a column makes it a table.
func (p *parser) lateralColumn() bool {
	n := p.ahead(2)
	return !n.is(".") && !n.is("(")
}

// tableCall reads the call of a table function.
func (p *parser) tableCall() *ast.Call {
	t := p.peek()
	if !isName(t) && !ast.Callable(t.text) {
		p.unexpected("a table function")
		return &ast.Call{}
	}
	e := p.nameOrCall()
	c, ok := e.(*ast.Call)
	if !ok {
		p.unexpected(quoteToken("("))
		return &ast.Call{}
	}
	return c
}

// tablePart reads one table, subquery, table function, or joins in parentheses.
func (p *parser) tablePart() ast.TableRef {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	lateral := p.accept("lateral")
	switch {
	case p.at("(") && p.queryInParens():
		return p.subqueryTable(start, lateral)
	case p.accept("("):
		t := p.joins()
		p.expect(")")
		return t
	case p.at("table", "("):
		return p.tableFunction(start, lateral)
	case lateral:
		p.unexpected("VIEW, TABLE or a query in parentheses")
		return nil
	}
	return p.table(start)
}

// queryInParens reports whether the parenthesis that is next holds a query rather than joins.
func (p *parser) queryInParens() bool {
	second := p.ahead(1)
	if !second.is("(") {
		return beginsQuery(second) || second.is("map") || second.is("reduce")
	}
	n := 1
	for p.ahead(n).is("(") && n <= maxDepth {
		n++
	}
	if t := p.ahead(n); !beginsQuery(t) && !t.is("map") && !t.is("reduce") {
		return false
	}
	after := p.toks[min(p.closing(1)+1, len(p.toks)-1)]
	for _, w := range []string{"union", "intersect", "except", "minus", ")", "order", "limit", "offset", "sort", "cluster", "distribute"} {
		if after.is(w) {
			return true
		}
	}
	return false
}

func (p *parser) subqueryTable(start int, lateral bool) ast.TableRef {
	s := &ast.SubqueryTable{Query: p.parenQuery(), Lateral: lateral}
	s.Sample = p.sample()
	s.Alias, s.Columns = p.aliasAndColumns()
	if s.Sample == nil {
		s.Sample = p.sample()
	}
	s.Pos = p.from(start)
	return s
}

// tableFunction reads TABLE(VALUES …) or TABLE(f(…)).
func (p *parser) tableFunction(start int, lateral bool) ast.TableRef {
	p.next()
	if beginsQuery(p.ahead(1)) {
		return p.subqueryTable(start, lateral)
	}
	p.next()
	f := &ast.FuncTable{Call: p.tableCall(), Lateral: lateral}
	p.expect(")")
	f.Alias, f.Columns = p.aliasAndColumns()
	f.Pos = p.from(start)
	return f
}

// table reads a named table with its sample and alias.
func (p *parser) table(start int) ast.TableRef {
	t := &ast.Table{Name: p.tableName()}
	if p.at("(") {
		if p.err == nil && p.ahead(1).is("on") && t.Name.Name() == "matchpath" {
			return p.matchPath(start)
		}
		p.notATable()
		return t
	}
	t.Sample = p.sample()
	if p.at("for") {
		p.failAt(p.peek().span(), diag.Unsupported, "FOR SYSTEM_TIME is not supported: text tables keep no versions")
	}
	t.Alias = p.tableAlias()
	if t.Alias.Given() && p.at("(") && isName(p.ahead(1)) && (p.ahead(2).is(",") || p.ahead(2).is(")")) {
		t.Columns = p.columnNames()
	}
	if t.Sample == nil {
		t.Sample = p.sample()
	}
	if w := p.peek(); (w.is("pivot") || w.is("match_recognize")) && p.ahead(1).is("(") {
		p.failAt(w.span(), diag.Unsupported, "%s is not supported", strings.ToUpper(w.text))
	}
	t.Pos = p.from(start)
	return t
}

// notATable fails at the parenthesis behind a name in FROM.
func (p *parser) notATable() {
	if p.ahead(1).is("on") {
		p.failAt(p.peek().span(), diag.Unsupported, "no partitioned table function but matchpath is supported").
			WithHint("use window functions")
		return
	}
	p.failAt(p.peek().span(), diag.Syntax, "a function cannot stand in FROM").
		WithHint("write FROM t LATERAL VIEW f(…) v AS c, or FROM TABLE(f(…)) AS v(c)")
}

// sample reads TABLESAMPLE (…), or nothing.
func (p *parser) sample() *ast.Sample {
	start := p.here()
	if !p.accept("tablesample") {
		return nil
	}
	s := &ast.Sample{}
	p.expect("(")
	switch t := p.peek(); {
	case p.accept("bucket"):
		s.Kind = ast.SampleBucket
		s.N = p.wholeNumber()
		p.expect("out", "of")
		s.Buckets = p.wholeNumber()
		if p.accept("on") {
			s.On = list(p, p.expr)
		}
	case t.kind == kNumber:
		p.sampleNumber(s)
	case t.kind == kWord && isDigit(t.text[0]):
		s.Kind, s.N = ast.SampleBytes, byteLength(t.text)
		if s.N < 0 {
			p.unexpected("a size such as 10M")
		}
		p.next()
	default:
		p.unexpected("a number or BUCKET")
	}
	p.expect(")")
	s.Pos = p.from(start)
	return s
}

func (p *parser) sampleNumber(s *ast.Sample) {
	t := p.next()
	switch {
	case p.accept("percent"):
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil || f < 0 || f > 100 {
			p.failAt(t.span(), diag.Syntax, "a sample takes 0 to 100 percent, found %s", t.text)
		}
		s.Kind, s.Percent = ast.SamplePercent, f
	case p.accept("rows"):
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			p.failAt(t.span(), diag.Syntax, "a sample takes a whole number of rows, found %s", t.text)
		}
		s.Kind, s.N = ast.SampleRows, n
	default:
		p.unexpected("PERCENT or ROWS")
	}
}

// byteLength returns the bytes of a size such as 10m, or -1.
func byteLength(s string) int64 {
	shift := map[byte]int{'b': 0, 'k': 10, 'm': 20, 'g': 30}
	n, ok := shift[s[len(s)-1]]
	v, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || v < 0 || v > math.MaxInt64>>n {
		return -1
	}
	return v << n
}

// wholeNumber reads a number from 0 that fits into an int64.
func (p *parser) wholeNumber() int64 {
	t := p.peek()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != kNumber || err != nil {
		p.unexpected("a whole number")
		return 0
	}
	p.next()
	return n
}

func (p *parser) uniqueJoin() ast.TableRef {
	u := &ast.UniqueJoin{}
	start := p.here()
	u.Sources = list(p, func() ast.UniqueSource {
		begin := p.here()
		s := ast.UniqueSource{Preserve: p.accept("preserve")}
		t := &ast.Table{Pos: ast.Pos{Start: p.here()}, Name: p.tableName(), Sample: p.sample()}
		t.Alias = p.tableAlias()
		t.End = p.end()
		s.Table = t
		s.Keys = parens(p, p.expr)
		s.Pos = p.from(begin)
		return s
	})
	u.Pos = p.from(start)
	return u
}

package parse

import (
	"strconv"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// beginsQuery reports whether t begins a query, where no expression begins with it.
func beginsQuery(t token) bool {
	switch t.text {
	case "select", "with", "from", "values":
		return t.kind == kWord
	}
	return false
}

// parenQuery reads a query in parentheses.
func (p *parser) parenQuery() *ast.Query {
	p.expect("(")
	q := p.query()
	p.expect(")")
	return q
}

// query reads a query with all that belongs to it.
func (p *parser) query() *ast.Query {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	q := &ast.Query{With: p.with()}
	bodyStart := p.here()
	q.Body = p.setOps(bodyStart, p.queryTerm())
	p.tail(q)
	q.Pos = p.from(start)
	if inner, ok := q.Body.(*ast.Query); ok && inner != nil && plain(q) {
		return inner
	}
	return q
}

// plain reports whether q adds nothing to its body.
func plain(q *ast.Query) bool {
	return q.With == nil && q.OrderBy == nil && q.SortBy == nil && q.DistributeBy == nil &&
		q.ClusterBy == nil && q.Limit == nil && q.Offset == nil
}

// unwrap returns q, or its body if q adds nothing.
func unwrap(q *ast.Query) ast.QueryExpr {
	if q != nil && plain(q) {
		return q.Body
	}
	return q
}

// with reads WITH …, or nothing.
func (p *parser) with() []ast.CTE {
	if !p.accept("with") {
		return nil
	}
	return list(p, func() ast.CTE {
		c := ast.CTE{Pos: ast.Pos(p.peek().span())}
		if p.at("recursive") && isName(p.ahead(1)) {
			p.failAt(p.peek().span(), diag.Unsupported, "WITH RECURSIVE is not in HiveQL")
		}
		c.Name = p.ident("a name")
		if p.at("(") {
			c.Columns = p.columnNames()
		}
		p.expect("as")
		c.Query = p.parenQuery()
		c.End = p.end()
		return c
	})
}

func (p *parser) atSetOp() bool {
	return p.at("union") || p.at("intersect") || p.at("except") || p.at("minus")
}

// setOps reads UNION and its kin behind left. They bind alike and to the left.
func (p *parser) setOps(start int, left ast.QueryExpr) ast.QueryExpr {
	for p.atSetOp() {
		op := ast.SetKind(p.next().text)
		if op == "minus" {
			op = ast.Except
		}
		all := p.accept("all")
		if !all {
			p.accept("distinct")
		}
		right := p.queryTerm()
		left = &ast.SetOp{Pos: p.from(start), Op: op, All: all, Left: left, Right: right}
	}
	return left
}

// queryTerm reads a SELECT, VALUES or a query in parentheses.
func (p *parser) queryTerm() ast.QueryExpr {
	start := p.here()
	switch {
	case p.at("("):
		return unwrap(p.parenQuery())
	case p.accept("from"):
		src := p.fromSource()
		if p.at("insert") {
			p.failAt(p.peek().span(), diag.Syntax, "FROM … INSERT is a statement, not a query")
			return nil
		}
		return p.selectOf(start, src)
	case p.accept("values"):
		v := &ast.Values{Rows: list(p, func() []ast.Expr { return parens(p, p.expr) })}
		v.Pos = p.from(start)
		return v
	}
	return p.selectOf(start, nil)
}

// selectOf reads SELECT, MAP or REDUCE; src is what a FROM in front of it named, or nil.
func (p *parser) selectOf(start int, src ast.TableRef) ast.QueryExpr {
	s := &ast.Select{From: src}
	switch {
	case p.accept("select"):
		if p.peek().kind == kHint {
			s.Hint = p.next().text
		}
		s.Distinct = p.accept("distinct")
		if !s.Distinct && p.at("all") {
			p.next()
		}
		if p.atTransform() {
			p.next()
			s.Transform = p.transform("transform", parens[ast.Expr])
		} else {
			s.Items = list(p, p.selectItem)
		}
	case p.at("map"), p.at("reduce"):
		word := p.next().text
		s.Transform = p.transform(word, list[ast.Expr])
	default:
		p.unexpected("a query (SELECT, FROM or VALUES)")
		return s
	}
	if s.From == nil && p.accept("from") {
		s.From = p.fromSource()
	}
	for p.at("lateral", "view") { // behind FROM t SELECT a
		s.From = p.lateralView(s.From)
	}
	p.selectClauses(s)
	s.Pos = p.from(start)
	return s
}

// selectClauses reads WHERE, GROUP BY, HAVING, WINDOW and QUALIFY.
func (p *parser) selectClauses(s *ast.Select) {
	if p.accept("where") {
		s.Where = p.expr()
	}
	if p.at("group", "by") {
		s.GroupBy = p.groupBy()
	}
	if p.accept("having") {
		s.Having = p.expr()
	}
	for {
		switch {
		case s.Windows == nil && p.accept("window"):
			s.Windows = list(p, p.windowDef)
		case s.Qualify == nil && p.accept("qualify"):
			s.Qualify = p.expr()
		default:
			return
		}
	}
}

func (p *parser) windowDef() ast.WindowDef {
	start := p.here()
	w := ast.WindowDef{Name: p.ident("a window name")}
	p.expect("as")
	w.Window = p.window()
	w.Pos = p.from(start)
	return w
}

func (p *parser) selectItem() ast.SelectItem {
	start := p.here()
	it := ast.SelectItem{Expr: p.star()}
	if it.Expr == nil {
		it.Expr = p.expr()
		if p.at("as", "(") {
			p.next()
			it.Aliases = p.columnNames()
		} else {
			it.Alias = p.columnAlias()
		}
	}
	it.Pos = p.from(start)
	return it
}

// groupBy reads GROUP BY in all its forms.
func (p *parser) groupBy() *ast.GroupBy {
	start := p.here()
	p.i += 2
	g := &ast.GroupBy{}
	switch {
	case p.accept("all"):
		g.Mode = ast.GroupAll
	case p.accept("(", ")"):
	case p.at("rollup", "("), p.at("cube", "("):
		g.Mode = ast.GroupMode(p.next().text)
		g.Exprs = parens(p, p.expr)
	case p.accept("grouping", "sets"):
		g.Mode = ast.GroupSets
		g.Sets = parens(p, p.groupingSet)
		g.Exprs = keysOf(g.Sets)
	default:
		g.Exprs = p.exprs()
		p.oldGrouping(g)
	}
	g.Pos = p.from(start)
	return g
}

// oldGrouping reads WITH ROLLUP, WITH CUBE or GROUPING SETS behind the keys.
func (p *parser) oldGrouping(g *ast.GroupBy) {
	switch {
	case p.accept("with", "rollup"):
		g.Mode = ast.GroupRollup
	case p.accept("with", "cube"):
		g.Mode = ast.GroupCube
	case p.accept("grouping", "sets"):
		g.Mode = ast.GroupSets
		g.Sets = parens(p, p.groupingSet)
	}
}

// groupingSet reads (a, b), () or one expression.
func (p *parser) groupingSet() []ast.Expr {
	if p.accept("(", ")") {
		return []ast.Expr{}
	}
	e := p.expr()
	if t, ok := e.(*ast.Tuple); ok {
		return t.Items
	}
	return []ast.Expr{e}
}

// keysOf returns the different keys of sets in the order of their first mention.
func keysOf(sets [][]ast.Expr) []ast.Expr {
	var keys []ast.Expr
	seen := map[string]bool{}
	for _, s := range sets {
		for _, e := range s {
			if text := ast.Print(e); !seen[text] {
				seen[text] = true
				keys = append(keys, e)
			}
		}
	}
	return keys
}

// exprs reads a list of expressions that may stand in parentheses.
func (p *parser) exprs() []ast.Expr {
	items := list(p, p.expr)
	if t, ok := items[0].(*ast.Tuple); ok && len(items) == 1 {
		return t.Items
	}
	return items
}

func (p *parser) orderBy() []ast.OrderItem {
	p.expect("order", "by")
	return list(p, p.orderItem)
}

func (p *parser) orderItem() ast.OrderItem {
	start := p.here()
	o := ast.OrderItem{Expr: p.expr()}
	o.Desc = p.acceptAny("asc", "desc") == "desc"
	switch {
	case p.accept("nulls", "first"):
		o.Nulls = ast.NullsFirst
	case p.accept("nulls", "last"):
		o.Nulls = ast.NullsLast
	}
	o.Pos = p.from(start)
	return o
}

// sortBy reads SORT BY, whose list may stand in parentheses.
func (p *parser) sortBy() []ast.OrderItem {
	p.expect("sort", "by")
	if p.at("(") && !beginsQuery(p.ahead(1)) {
		end := p.closing(0)
		if after := p.toks[min(end+1, len(p.toks)-1)]; p.sortListEnds(after) {
			return parens(p, p.orderItem)
		}
	}
	return list(p, p.orderItem)
}

// sortListEnds reports whether t may follow a SORT BY list in parentheses.
func (p *parser) sortListEnds(t token) bool {
	return t.kind == kEOF || t.is(";") || t.is(")") || t.is("limit") || t.is("rows") || t.is("range") ||
		t.is("insert") || t.is("union") || t.is("using")
}

// closing returns the index of the token that closes the parenthesis n tokens ahead, or of the last token.
func (p *parser) closing(n int) int {
	depth := 0
	for i := p.i + n; i < len(p.toks); i++ {
		switch {
		case p.toks[i].is("("):
			depth++
		case p.toks[i].is(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(p.toks) - 1
}

func (p *parser) atTail() bool {
	return p.at("order", "by") || p.at("limit") || p.at("offset") || p.at("fetch") ||
		p.at("sort", "by") || p.at("cluster", "by") || p.at("distribute", "by")
}

// tail reads what orders and limits a query, each once, in any order.
func (p *parser) tail(q *ast.Query) {
	for {
		switch {
		case q.OrderBy == nil && p.at("order", "by"):
			q.OrderBy = p.orderBy()
		case q.SortBy == nil && p.at("sort", "by"):
			q.SortBy = p.sortBy()
		case q.ClusterBy == nil && p.accept("cluster", "by"):
			q.ClusterBy = p.exprs()
		case q.DistributeBy == nil && p.accept("distribute", "by"):
			q.DistributeBy = p.exprs()
		case q.Limit == nil && p.accept("limit"):
			p.limit(q)
		case q.Offset == nil && p.accept("offset"):
			q.Offset = p.count("OFFSET")
			_ = p.accept("rows") || p.accept("row")
		case q.Limit == nil && p.at("fetch"):
			p.fetch(q)
		default:
			return
		}
	}
}

// limit reads n, or off, n. LIMIT ALL is no limit.
func (p *parser) limit(q *ast.Query) {
	if p.accept("all") {
		return
	}
	n := p.count("LIMIT")
	if q.Offset == nil && p.accept(",") {
		q.Offset, n = n, p.count("LIMIT")
	}
	q.Limit = n
}

// fetch reads FETCH FIRST n ROWS ONLY.
func (p *parser) fetch(q *ast.Query) {
	p.next()
	if p.acceptAny("first", "next") == "" {
		p.unexpected("FIRST")
	}
	q.Limit = p.count("FETCH FIRST")
	_ = p.accept("rows") || p.accept("row")
	p.expect("only")
}

// count reads the whole number of rows behind word, or a parameter.
func (p *parser) count(word string) ast.Expr {
	t := p.peek()
	if t.is("?") {
		return p.primary()
	}
	if t.kind != kNumber {
		p.unexpected("a whole number after " + word)
		return nil
	}
	lit := p.number()
	if _, err := strconv.ParseInt(lit.Text, 10, 64); err != nil ||
		lit.Kind != ast.LitInt && lit.Kind != ast.LitBigint {
		p.failAt(t.span(), diag.Syntax, "%s takes a whole number below 2^63, found %s", word, t.text)
		return nil
	}
	return lit
}

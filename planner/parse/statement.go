package parse

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// statement reads one statement.
func (p *parser) statement() ast.Statement {
	t := p.peek()
	if t.kind == kRaw {
		return p.raw()
	}
	if t.is("(") || beginsQuery(t) || t.is("map") || t.is("reduce") {
		return p.queryStatement()
	}
	if !p.enter() { // EXPLAIN EXPLAIN …
		return nil
	}
	defer p.leave()
	if s := p.refused(); s {
		return nil
	}
	switch {
	case p.at("insert"):
		return p.insert(nil)
	case p.at("create"):
		return p.create()
	case p.at("drop"):
		return p.drop()
	case p.at("alter"):
		return p.alter()
	case p.at("show"):
		return p.show()
	case p.at("describe"), p.at("desc"):
		return p.describe()
	case p.at("explain"):
		return p.explain()
	}
	return p.rareStatement(t)
}

// rareStatement reads the statements with a rule of their own that is short.
func (p *parser) rareStatement(t token) ast.Statement {
	start := t.start
	switch {
	case p.accept("use"):
		u := &ast.Use{Database: p.databaseName()}
		u.Pos = p.from(start)
		return u
	case p.accept("undrop", "table"):
		u := &ast.UndropTable{Name: p.tableName()}
		u.Pos = p.from(start)
		return u
	case p.accept("refresh"):
		p.accept("table")
		r := &ast.Refresh{Name: p.tableName()}
		r.Pos = p.from(start)
		return r
	case p.accept("reload"):
		if p.acceptAny("function", "functions") == "" {
			p.unexpected("FUNCTIONS")
		}
		return &ast.ReloadFunctions{Pos: p.from(start)}
	case p.accept("truncate"):
		p.accept("table")
		r := &ast.Truncate{Name: p.tableName(), Partition: p.partSpec()}
		r.Pos = p.from(start)
		return r
	case p.at("msck"):
		return p.msck()
	case p.accept("repair", "table"): // Spark
		m := &ast.Msck{Repair: true, Add: true, Name: p.tableName()}
		m.Pos = p.from(start)
		return m
	case p.at("analyze"):
		return p.analyze()
	case p.at("load"):
		return p.load()
	case p.at("unload"):
		return p.unload()
	case p.accept("kill", "query"):
		k := &ast.KillQuery{IDs: list(p, func() string { return p.str("a query id in quotes") })}
		k.Pos = p.from(start)
		return k
	}
	return p.prepared(t)
}

// prepared reads PREPARE, EXECUTE and DEALLOCATE.
func (p *parser) prepared(t token) ast.Statement {
	start := t.start
	switch {
	case p.accept("prepare"):
		s := &ast.Prepare{Name: p.ident("a name")}
		p.expect("from")
		s.Statement, s.Text = p.inner()
		s.Pos = p.from(start)
		return s
	case p.accept("execute"):
		s := &ast.Execute{Name: p.ident("a name")}
		if p.accept("using") {
			s.Args = list(p, p.expr)
		}
		s.Pos = p.from(start)
		return s
	case p.accept("deallocate"):
		if p.at("prepare") && isName(p.ahead(1)) {
			p.next()
		}
		s := &ast.Deallocate{Name: p.ident("a name")}
		s.Pos = p.from(start)
		return s
	}
	words := []string{"select", "from", "with", "insert", "create", "drop", "alter", "show", "describe", "explain",
		"use", "truncate", "msck", "analyze", "load", "unload", "prepare", "execute", "refresh", "set", "kill"}
	p.unexpected("a statement")
	if p.err != nil && p.err.Hint == "" && t.kind == kWord {
		p.err.Hint = diag.DidYouMean(t.text, words)
	}
	return nil
}

// inner reads a statement inside another one, and its text.
func (p *parser) inner() (ast.Statement, ast.SourceText) {
	start := p.here()
	s := p.statement()
	return s, ast.SourceText(p.text(start))
}

// queryStatement reads a query, an INSERT behind WITH, or FROM … INSERT.
func (p *parser) queryStatement() ast.Statement {
	start := p.here()
	if !p.at("with") && !p.at("from") {
		return p.query()
	}
	with := p.with()
	if p.at("insert") {
		s := p.insert(with)
		if i, ok := s.(*ast.Insert); ok {
			i.Start = start
		}
		return s
	}
	if p.at("from") {
		begin := p.here()
		p.next()
		src := p.fromSource()
		if p.at("insert") {
			return p.multiInsert(start, with, src)
		}
		return p.queryRest(start, with, begin, src)
	}
	return p.queryRest(start, with, p.here(), nil)
}

// queryRest reads a query whose WITH, and perhaps FROM, have been read.
func (p *parser) queryRest(start int, with []ast.CTE, bodyStart int, src ast.TableRef) *ast.Query {
	q := &ast.Query{With: with}
	var first ast.QueryExpr
	if src != nil {
		first = p.selectOf(bodyStart, src)
	} else {
		first = p.queryTerm()
	}
	q.Body = p.setOps(bodyStart, first)
	p.tail(q)
	q.Pos = p.from(start)
	return q
}

// insert reads INSERT … query.
func (p *parser) insert(with []ast.CTE) ast.Statement {
	start := p.here()
	s := &ast.Insert{With: with, Target: p.insertTarget()}
	if p.at("with") {
		p.unexpected("a query (SELECT, FROM or VALUES)")
		return s
	}
	s.Query = p.query()
	s.Pos = p.from(start)
	return s
}

// multiInsert reads INSERT … SELECT …, repeated, behind FROM.
func (p *parser) multiInsert(start int, with []ast.CTE, src ast.TableRef) ast.Statement {
	m := &ast.MultiInsert{With: with, From: src}
	for p.at("insert") {
		b := ast.InsertBranch{Pos: ast.Pos{Start: p.here()}, Target: p.insertTarget()}
		b.Query = p.branchQuery()
		b.End = p.end()
		m.Inserts = append(m.Inserts, b)
	}
	m.Pos = p.from(start)
	return m
}

// branchQuery reads the SELECT of a branch, without FROM.
func (p *parser) branchQuery() *ast.Query {
	start := p.here()
	q := &ast.Query{Body: p.selectOf(start, nil)}
	if s, ok := q.Body.(*ast.Select); ok && p.err == nil && hasSource(s.From) {
		p.failAt(s.From.Span(), diag.Syntax, "the SELECT of FROM … INSERT has no FROM of its own")
	}
	p.tail(q)
	q.Pos = p.from(start)
	return q
}

// hasSource reports whether t is more than lateral views.
func hasSource(t ast.TableRef) bool {
	for {
		v, ok := t.(*ast.LateralView)
		if !ok {
			return t != nil
		}
		t = v.Left
	}
}

// insertTarget reads INSERT INTO|OVERWRITE and where the rows go.
func (p *parser) insertTarget() ast.InsertTarget {
	start := p.here()
	p.expect("insert")
	t := ast.InsertTarget{}
	switch p.acceptAny("into", "overwrite") {
	case "overwrite":
		t.Overwrite = true
	case "":
		p.unexpected("INTO or OVERWRITE")
	}
	if t.Overwrite && (p.at("directory") || p.at("local", "directory")) {
		t.Dir = p.directory()
		t.Pos = p.from(start)
		return t
	}
	if p.at("table") {
		p.next()
	}
	name := p.tableName()
	t.Table = &name
	t.Partition = p.partSpec()
	if p.accept("if", "not", "exists") {
		t.IfNotExists = true
	}
	// INSERT INTO t (a, b) …, but not INSERT INTO t (SELECT …).
	if p.at("(") && !beginsQuery(p.ahead(1)) && !p.ahead(1).is("(") {
		t.Columns = p.columnNames()
	}
	if t.Partition == nil {
		t.Partition = p.partSpec()
	}
	t.Pos = p.from(start)
	return t
}

func (p *parser) directory() *ast.Directory {
	start := p.here()
	d := &ast.Directory{Local: p.accept("local")}
	p.expect("directory")
	d.Path = p.str("a path in quotes")
	for p.err == nil {
		switch {
		case d.Format == nil && p.at("row", "format"):
			d.Format = p.rowFormat()
		case d.Stored == nil && p.at("stored"):
			d.Stored = p.stored()
		default:
			d.Pos = p.from(start)
			return d
		}
	}
	return d
}

// partSpec reads PARTITION (k=v, k2), or nothing.
func (p *parser) partSpec() *ast.PartSpec {
	if !p.at("partition", "(") {
		return nil
	}
	s := p.partition(false)
	return &s
}

// partition reads PARTITION (…); compare allows more than = in it, and wants a value.
func (p *parser) partition(compare bool) ast.PartSpec {
	start := p.here()
	p.expect("partition")
	s := p.partItems(compare)
	s.Start = start
	return s
}

// partItems reads (k=v, …).
func (p *parser) partItems(compare bool) ast.PartSpec {
	start := p.here()
	s := ast.PartSpec{Items: parens(p, func() ast.PartItem {
		begin := p.here()
		it := ast.PartItem{Key: p.columnName(), Op: ast.OpEq}
		switch t := p.peek(); {
		case p.accept("="):
			it.Value = p.binary(loosest)
		case compare && (t.is("<") || t.is("<=") || t.is(">") || t.is(">=") || t.is("<>") || t.is("like")):
			it.Op = ast.Op(p.next().text)
			it.Value = p.binary(loosest)
		case compare:
			p.unexpected("a comparison")
		}
		it.Pos = p.from(begin)
		return it
	})}
	s.Pos = p.from(start)
	return s
}

func (p *parser) msck() ast.Statement {
	start := p.next().start
	m := &ast.Msck{Repair: p.accept("repair")}
	p.expect("table")
	m.Name = p.tableName()
	word := p.acceptAny("add", "drop", "sync")
	if word != "" {
		p.expect("partitions")
	}
	m.Add = m.Repair && word != "drop" || word == "add" || word == "sync"
	m.Drop = word == "drop" || word == "sync"
	switch {
	case p.at("partition"):
		m.Partition = p.partSpec()
	case word != "" && p.at("("):
		s := p.partItems(true)
		m.Partition = &s
	}
	m.Pos = p.from(start)
	return m
}

func (p *parser) analyze() ast.Statement {
	start := p.next().start
	p.expect("table")
	a := &ast.Analyze{Name: p.tableName(), Partition: p.partSpec()}
	if p.accept("cache", "metadata") {
		a.CacheMetadata = true
		a.Pos = p.from(start)
		return a
	}
	p.expect("compute", "statistics")
	if p.accept("for") {
		p.accept("all")
		p.expect("columns")
		a.ForColumns = true
		if isName(p.peek()) {
			a.Columns = list(p, p.columnName)
		}
	}
	a.NoScan = p.accept("noscan")
	a.Pos = p.from(start)
	return a
}

func (p *parser) load() ast.Statement {
	start := p.next().start
	p.expect("data")
	l := &ast.Load{Local: p.accept("local")}
	p.expect("inpath")
	l.Path = p.str("a path in quotes")
	l.Overwrite = p.accept("overwrite")
	p.expect("into", "table")
	l.Table = p.tableName()
	l.Partition = p.partSpec()
	if p.accept("inputformat") {
		l.InputFmt = p.str("a class in quotes")
		p.expect("serde")
		l.SerDe = p.str("a class in quotes")
	}
	l.Pos = p.from(start)
	return l
}

func (p *parser) unload() ast.Statement {
	start := p.next().start
	u := &ast.Unload{Query: p.parenQuery()}
	p.expect("to")
	u.Path = p.str("a path in quotes")
	if p.accept("with") {
		u.Props = parens(p, func() ast.UnloadProp {
			begin := p.here()
			k := ast.UnloadProp{Key: p.ident("a key").Name}
			p.expect("=")
			k.Value = p.primary()
			k.Pos = p.from(begin)
			return k
		})
	}
	u.Pos = p.from(start)
	return u
}

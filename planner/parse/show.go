package parse

import "github.com/winnowdb/winnow/planner/ast"

// show reads SHOW in all its forms.
func (p *parser) show() ast.Statement {
	start := p.next().start
	s := &ast.Show{}
	switch {
	case p.acceptAny("databases", "schemas") != "":
		s.Kind = ast.ShowDatabases
		s.Pattern = p.pattern()
	case p.accept("extended", "tables"):
		s.Extended = true
		p.showTables(s, ast.ShowTables)
	case p.accept("tables"):
		p.showTables(s, ast.ShowTables)
	case p.accept("views"):
		p.showTables(s, ast.ShowViews)
	case p.accept("table", "extended"):
		s.Kind = ast.ShowTableExtended
		s.Database = p.inDatabase()
		s.Pattern = p.pattern()
		s.Partition = p.partSpec()
	case p.accept("functions"):
		s.Kind = ast.ShowFunctions
		s.Pattern = p.pattern()
	case p.accept("columns"):
		p.showColumns(s)
	case p.accept("sorted", "columns"):
		s.Sorted = true
		p.showColumns(s)
	case p.accept("tblproperties"):
		s.Kind = ast.ShowProps
		s.Table = p.tableNamed()
		if p.accept("(") {
			s.Key = p.str("a key in quotes")
			p.expect(")")
		}
	case p.accept("create"):
		p.showCreate(s)
	case p.accept("partitions"):
		p.showPartitions(s)
	case p.accept("conf"):
		s.Kind, s.Key = ast.ShowConf, p.str("a key in quotes")
	default:
		p.showState(s)
	}
	s.Pos = p.from(start)
	return s
}

func (p *parser) tableNamed() *ast.QName {
	name := p.tableName()
	return &name
}

// pattern reads [LIKE] 'pattern', or nothing.
func (p *parser) pattern() *string {
	if !p.accept("like") && p.peek().kind != kString {
		return nil
	}
	s := p.str("a pattern in quotes")
	return &s
}

func (p *parser) inDatabase() ast.Ident {
	if p.acceptAny("in", "from") == "" {
		return ast.Ident{}
	}
	return p.databaseName()
}

func (p *parser) showTables(s *ast.Show, k ast.ShowKind) {
	s.Kind = k
	s.Database = p.inDatabase()
	if p.accept("where") {
		s.Where = p.expr()
	} else {
		s.Pattern = p.pattern()
	}
}

func (p *parser) showColumns(s *ast.Show) {
	s.Kind = ast.ShowColumns
	if p.acceptAny("in", "from") == "" {
		p.unexpected("IN or FROM")
	}
	s.Table = p.tableNamed()
	s.Database = p.inDatabase()
	s.Pattern = p.pattern()
}

func (p *parser) showCreate(s *ast.Show) {
	switch p.acceptAny("table", "view", "database", "schema") {
	case "table", "view":
		s.Kind = ast.ShowCreateTable
		s.Table = p.tableNamed()
	case "database", "schema":
		s.Kind = ast.ShowCreateDB
		s.Database = p.databaseName()
	default:
		p.unexpected("TABLE or DATABASE")
	}
}

func (p *parser) showPartitions(s *ast.Show) {
	s.Kind = ast.ShowPartitions
	s.Table = p.tableNamed()
	s.Partition = p.partSpec()
	if p.accept("where") {
		s.Where = p.expr()
	}
	if p.at("order", "by") {
		s.OrderBy = p.orderBy()
	}
	if p.accept("limit") {
		s.Limit = p.count("LIMIT")
	}
}

// showState reads the forms that ask for the state of the engine.
func (p *parser) showState(s *ast.Show) {
	switch {
	case p.accept("locks"):
		s.Kind = ast.ShowLocks
		switch {
		case p.acceptAny("database", "schema") != "":
			s.Database = p.databaseName()
		case isName(p.peek()) && !p.at("extended"):
			s.Table = p.tableNamed()
			s.Partition = p.partSpec()
		}
		s.Extended = p.accept("extended")
	case p.accept("transactions"):
		s.Kind = ast.ShowTransactions
	case p.accept("compactions"):
		s.Kind = ast.ShowCompactions
	case p.accept("queries"):
		s.Kind = ast.ShowQueries
	case p.accept("scheduled", "queries"):
		s.Kind = ast.ShowSchedules
	case p.accept("materialized", "views"):
		s.Kind = ast.ShowMaterializedViews
		s.Database = p.inDatabase()
		s.Pattern = p.pattern()
	case p.accept("macros"):
		s.Kind = ast.ShowMacros
	default:
		p.unexpected("TABLES, DATABASES, PARTITIONS, COLUMNS or FUNCTIONS")
	}
}

// describe reads DESCRIBE in all its forms.
func (p *parser) describe() ast.Statement {
	start := p.next().start
	d := &ast.Describe{Kind: ast.DescribeTable}
	switch {
	case p.at("database"), p.at("schema"):
		p.next()
		d.Kind = ast.DescribeDatabase
		d.Mode = p.acceptAny("extended")
		id := p.databaseName()
		d.Name = ast.QName{Pos: id.Pos, Parts: []ast.Ident{id}}
	case p.at("function") && !p.ahead(1).is("."):
		p.next()
		d.Kind = ast.DescribeFunction
		d.Mode = p.acceptAny("extended")
		d.Name = p.functionName()
	default:
		d.Mode = p.acceptAny("extended", "formatted")
		p.accept("table")
		p.describeTable(d)
	}
	d.Pos = p.from(start)
	return d
}

// describeTable reads t, db.t, t c, t.c.field, and PARTITION before or behind the column.
func (p *parser) describeTable(d *ast.Describe) {
	d.Name = p.tableName()
	d.Partition = p.partSpec()
	if k := p.peek(); k.kind == kWord || k.kind == kQuoted {
		d.Column = []ast.Ident{p.columnName()}
		for p.accept(".") {
			d.Column = append(d.Column, p.afterDot())
		}
	}
	if d.Partition == nil {
		d.Partition = p.partSpec()
	}
}

// functionName reads the name of a function to describe: a name, a string, a word or an operator.
func (p *parser) functionName() ast.QName {
	t := p.peek()
	if isName(t) {
		return p.qname("a function name")
	}
	if t.kind != kString && t.kind != kWord && t.kind != kSym || t.is(";") {
		p.unexpected("a function name")
		return ast.QName{}
	}
	p.next()
	// == and <> are tokens with one spelling.
	id := ast.Ident{Pos: ast.Pos(t.span()), Name: lower(t.text), Quoted: t.kind != kWord}
	return ast.QName{Pos: id.Pos, Parts: []ast.Ident{id}}
}

// explain reads EXPLAIN [mode] statement.
func (p *parser) explain() ast.Statement {
	start := p.next().start
	e := &ast.Explain{}
	open := p.at("(") && !beginsQuery(p.ahead(1)) && p.ahead(2).is(")")
	if open {
		p.next()
	}
	switch m := ast.ExplainMode(p.peek().text); m {
	case ast.ExplainExtended, ast.ExplainFormatted, ast.ExplainAnalyze, ast.ExplainAST, ast.ExplainCBO,
		ast.ExplainDependency, ast.ExplainLogical, ast.ExplainRules, ast.ExplainFragments:
		// ANALYZE TABLE is a statement.
		if m != ast.ExplainAnalyze || !p.ahead(1).is("table") {
			p.next()
			e.Mode = m
		}
	case "authorization", "vectorization", "locks", "reoptimization", "ddl", "debug", "rewrite":
		p.hiveMode()
	}
	if open {
		p.expect(")")
	}
	if e.Mode == ast.ExplainExtended {
		p.accept("ddl")
	}
	if e.Mode == ast.ExplainCBO || e.Mode == ast.ExplainFormatted {
		p.acceptAny("cost", "joincost", "cbo")
	}
	e.Statement, _ = p.inner()
	e.Pos = p.from(start)
	return e
}

// hiveMode takes the words of the modes that say something about Hive only.
func (p *parser) hiveMode() {
	if p.next().text == "vectorization" {
		p.accept("only")
		p.acceptAny("summary", "operator", "expression", "detail")
	}
}

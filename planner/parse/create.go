package parse

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// create reads CREATE in all its forms.
func (p *parser) create() ast.Statement {
	start := p.next().start
	orReplace := p.accept("or", "replace")
	switch {
	case p.at("database"), p.at("schema"):
		return p.createDatabase(start)
	case p.accept("view"):
		return p.createView(start, orReplace)
	case p.accept("temporary", "macro"):
		return p.createMacro(start)
	case p.accept("scheduled", "query"):
		return p.createSchedule(start)
	case p.at("function"), p.at("temporary", "function"):
		return p.createFunction(start, orReplace)
	}
	t := &ast.CreateTable{}
	for p.err == nil {
		switch p.acceptAny("external", "temporary", "managed") {
		case "external":
			t.Kind = ast.ExternalTable
			continue
		case "temporary":
			t.Kind = ast.TemporaryTable
			continue
		case "managed":
			continue
		}
		break
	}
	if !p.at("table") {
		p.unexpected("TABLE, VIEW, DATABASE or FUNCTION")
		return nil
	}
	if orReplace {
		p.failAt(p.peek().span(), diag.Unsupported, "CREATE OR REPLACE TABLE is not in HiveQL").
			WithHint("DROP TABLE first, or write INSERT OVERWRITE")
	}
	p.next()
	return p.createTable(start, t)
}

func (p *parser) ifNotExists() bool { return p.accept("if", "not", "exists") }

func (p *parser) ifExists() bool { return p.accept("if", "exists") }

// databaseName reads the name of a database; `default` is a word for it too.
func (p *parser) databaseName() ast.Ident { return p.ident("a database name") }

func (p *parser) createDatabase(start int) ast.Statement {
	p.next()
	d := &ast.CreateDatabase{IfNotExists: p.ifNotExists()}
	d.Name = p.databaseName()
	for p.err == nil {
		switch {
		case p.accept("comment"):
			d.Comment = p.str("a comment in quotes")
		case p.accept("location"):
			d.Location = p.str("a path in quotes")
		case p.accept("managedlocation"):
			p.str("a path in quotes")
		case p.accept("with", "dbproperties"):
			d.Props = p.properties()
		default:
			d.Pos = p.from(start)
			return d
		}
	}
	return d
}

// createTable reads what follows TABLE. The clauses may come in any order.
func (p *parser) createTable(start int, t *ast.CreateTable) ast.Statement {
	t.IfNotExists = p.ifNotExists()
	t.Name = p.tableName()
	switch {
	case p.accept("like", "file"):
		p.likeFile(t)
	case p.accept("like"):
		name := p.tableName()
		t.Like = &name
	case p.at("(") && !beginsQuery(p.ahead(1)):
		p.tableColumns(t)
	}
	for p.err == nil && p.tableClause(t) {
	}
	switch {
	case p.accept("as"):
		t.As = p.query()
	case beginsQuery(p.peek()) || p.at("("):
		p.unexpected(quoteToken("as"))
	}
	if p.err == nil && t.Like == nil && t.LikeFile == nil && t.As == nil && t.Columns == nil && !selfDescribed(t) {
		p.unexpected("the columns of the table in parentheses")
	}
	t.Pos = p.from(start)
	return t
}

// selfDescribed reports whether the columns of t may come from elsewhere: a handler, a SerDe with
// a schema of its own, or files with a header.
func selfDescribed(t *ast.CreateTable) bool {
	return t.Stored != nil || t.Format != nil || t.Location != "" || t.Props != nil || t.PartitionedBy != nil
}

func (p *parser) likeFile(t *ast.CreateTable) {
	start := p.here()
	f := &ast.LikeFile{Format: p.ident("a file format")}
	f.Path = p.str("a path in quotes")
	f.Pos = p.from(start)
	t.LikeFile = f
}

// tableColumns reads the columns and constraints in parentheses.
func (p *parser) tableColumns(t *ast.CreateTable) {
	p.expect("(")
	for p.err == nil {
		if p.atConstraint() {
			t.Constraints = append(t.Constraints, p.rest())
		} else {
			t.Columns = append(t.Columns, p.column())
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
}

// atConstraint reports whether a constraint of the table is next rather than a column.
func (p *parser) atConstraint() bool {
	switch n := p.ahead(1); {
	case p.at("constraint"):
		return !isType(n)
	case p.at("primary"), p.at("foreign"):
		return n.is("key")
	case p.at("unique"), p.at("check"):
		return n.is("(")
	}
	return false
}

// rest takes the tokens up to the next comma or closing parenthesis of this level, and returns
// their text.
func (p *parser) rest() string {
	start, depth := p.here(), 0
	for {
		t := p.peek()
		switch {
		case t.kind == kEOF || t.kind == kBad || t.is(";"):
			p.unexpected(quoteToken(")"))
			return ""
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
		if depth < 0 || depth == 0 && (t.is(",") || t.is("comment")) {
			return p.text(start)
		}
		p.next()
	}
}

// column reads name type [constraints] [COMMENT '…'] [constraints].
func (p *parser) column() ast.ColumnDef {
	start := p.here()
	c := ast.ColumnDef{}
	if t := p.peek(); t.kind == kWord && ast.Reserved(t.text) && isType(p.ahead(1)) {
		// Columns of logs are called date, timestamp, user: before a type it can only be a name.
		c.Name = p.anyWord()
	} else {
		c.Name = p.ident("a column name")
	}
	p.accept(":")
	c.Type = p.typ()
	for p.err == nil && !p.at(",") && !p.at(")") {
		switch {
		case p.accept("comment"):
			c.Comment = p.str("a comment in quotes")
		case p.atColumnConstraint():
			if c.Constraints != "" {
				c.Constraints += " "
			}
			c.Constraints += p.rest()
		default:
			c.Pos = p.from(start)
			return c
		}
	}
	c.Pos = p.from(start)
	return c
}

func (p *parser) atColumnConstraint() bool {
	for _, w := range []string{"not", "null", "default", "primary", "unique", "check", "references", "constraint", "foreign"} {
		if p.at(w) {
			return true
		}
	}
	return false
}

// tableClause reads one clause behind the columns; false if none is next.
func (p *parser) tableClause(t *ast.CreateTable) bool {
	switch {
	case p.accept("comment"):
		t.Comment = p.str("a comment in quotes")
	case p.at("partitioned", "by", "spec"):
		p.failAt(p.peek().span(), diag.Unsupported, "PARTITIONED BY SPEC is for Iceberg tables only")
	case p.accept("partitioned", "by"):
		t.PartitionedBy = parens(p, p.partitionColumn)
	case p.at("clustered", "by"):
		t.Clustered = p.clustered()
	case p.at("skewed", "by"):
		t.Skewed = p.skewed()
	case p.at("row", "format"):
		old := t.Format
		if t.Format = p.rowFormat(); old != nil {
			t.Format.Props = append(old.Props, t.Format.Props...)
		}
	case p.at("stored", "as"), p.at("stored", "by"):
		t.Stored = p.stored()
	case p.accept("using"): // Spark
		t.Stored = &ast.Stored{As: p.ident("a file format").Name}
		t.Stored.Pos = p.from(p.toks[p.i-1].start)
	case p.accept("with", "serdeproperties"):
		// Behind STORED AS, where Hive has it only behind ROW FORMAT and STORED BY.
		props := p.properties()
		if t.Format == nil {
			t.Format = &ast.RowFormat{Pos: p.from(p.here())}
		}
		t.Format.Props = append(t.Format.Props, props...)
	case p.accept("location"):
		t.Location = p.str("a path in quotes")
	case p.accept("tblproperties"):
		t.Props = p.properties()
	default:
		return false
	}
	return true
}

// partitionColumn reads a column of PARTITIONED BY, whose type is left out in CTAS.
func (p *parser) partitionColumn() ast.ColumnDef {
	if n := p.ahead(1); n.is(",") || n.is(")") {
		c := ast.ColumnDef{Name: p.columnName()}
		c.Pos = c.Name.Pos
		return c
	}
	return p.column()
}

func (p *parser) clustered() *ast.Clustered {
	start := p.here()
	p.i += 2
	c := &ast.Clustered{Columns: p.columnNames()}
	if p.accept("sorted", "by") {
		c.Sorted = parens(p, p.orderItem)
	}
	p.expect("into")
	c.Buckets = p.wholeNumber()
	p.expect("buckets")
	c.Pos = p.from(start)
	return c
}

func (p *parser) skewed() *ast.Skewed {
	start := p.here()
	p.i += 2
	s := &ast.Skewed{Columns: p.columnNames()}
	p.expect("on")
	s.Values = parens(p, func() []ast.Expr {
		if p.at("(") {
			return parens(p, p.expr)
		}
		return []ast.Expr{p.expr()}
	})
	s.Directories = p.accept("stored", "as", "directories")
	s.Pos = p.from(start)
	return s
}

// rowFormat reads ROW FORMAT …, or nothing.
func (p *parser) rowFormat() *ast.RowFormat {
	start := p.here()
	if !p.accept("row", "format") {
		return nil
	}
	f := &ast.RowFormat{}
	switch {
	case p.accept("serde"):
		f.SerDe = p.class()
		if p.accept("with") {
			p.expect("serdeproperties")
			f.Props = p.properties()
		}
	case p.accept("delimited"):
		for p.err == nil && p.delimiter(f) {
		}
	default:
		p.unexpected("DELIMITED or SERDE")
	}
	f.Pos = p.from(start)
	return f
}

// delimiter reads one clause of ROW FORMAT DELIMITED; false if none is next.
func (p *parser) delimiter(f *ast.RowFormat) bool {
	for _, d := range []struct {
		words []string
		to    **string
	}{
		{[]string{"fields", "terminated", "by"}, &f.Fields},
		{[]string{"escaped", "by"}, &f.Escaped},
		{[]string{"collection", "items", "terminated", "by"}, &f.Items},
		{[]string{"map", "keys", "terminated", "by"}, &f.MapKeys},
		{[]string{"lines", "terminated", "by"}, &f.Lines},
		{[]string{"null", "defined", "as"}, &f.Null},
	} {
		if s := p.optStr(d.words...); s != nil {
			*d.to = s
			return true
		}
	}
	return false
}

// stored reads STORED AS … or STORED BY ….
func (p *parser) stored() *ast.Stored {
	start := p.next().start
	s := &ast.Stored{}
	switch p.acceptAny("as", "by") {
	case "by":
		if p.peek().kind == kString {
			s.By = p.class()
		} else {
			s.By = p.ident("a handler").Name
		}
		if p.accept("with", "serdeproperties") {
			s.Props = p.properties()
		}
	case "as":
		p.storedAs(s)
	default:
		p.unexpected("AS or BY")
	}
	s.Pos = p.from(start)
	return s
}

// storedAs reads a format's name, or the classes of its input and output.
func (p *parser) storedAs(s *ast.Stored) {
	if !p.accept("inputformat") {
		s.As = p.ident("a file format").Name
		return
	}
	s.Input = p.class()
	p.expect("outputformat")
	s.Output = p.str("a class in quotes")
	if p.accept("inputdriver") {
		s.InputDriver = p.class()
		p.expect("outputdriver")
		s.OutputDriver = p.str("a class in quotes")
	}
}

// properties reads ('key' = 'value', …).
func (p *parser) properties() []ast.Property {
	return parens(p, func() ast.Property {
		start := p.here()
		k := ast.Property{Key: p.str("a key in quotes")}
		p.expect("=")
		switch t := p.peek(); {
		case t.kind == kNumber, t.is("true"), t.is("false"):
			k.Value = p.next().text
		default:
			k.Value = p.str("a value in quotes")
		}
		k.Pos = p.from(start)
		return k
	})
}

// class reads the name of a Java class, or of what stands for one.
func (p *parser) class() string {
	t := p.peek()
	s := p.str("a class in quotes")
	if s == "" && p.err == nil {
		p.failAt(t.span(), diag.Syntax, "an empty class name")
	}
	return s
}

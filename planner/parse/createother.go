package parse

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

func (p *parser) createView(start int, orReplace bool) ast.Statement {
	v := &ast.CreateView{OrReplace: orReplace, IfNotExists: p.ifNotExists(), Name: p.tableName()}
	if p.at("(") {
		v.Columns = parens(p, func() ast.ColumnDef {
			begin := p.here()
			c := ast.ColumnDef{Name: p.columnName()}
			if p.accept("comment") {
				c.Comment = p.str("a comment in quotes")
			}
			c.Pos = p.from(begin)
			return c
		})
	}
	for p.err == nil {
		switch {
		case p.accept("comment"):
			v.Comment = p.str("a comment in quotes")
			continue
		case p.accept("partitioned", "on"):
			v.PartitionedOn = p.columnNames()
			continue
		case p.accept("tblproperties"):
			v.Props = p.properties()
			continue
		}
		break
	}
	p.expect("as")
	v.Query, v.Text = p.queryText()
	v.Pos = p.from(start)
	return v
}

// queryText reads a query, and its text.
func (p *parser) queryText() (*ast.Query, ast.SourceText) {
	start := p.here()
	q := p.query()
	return q, ast.SourceText(p.text(start))
}

func (p *parser) createMacro(start int) ast.Statement {
	m := &ast.CreateMacro{Name: p.ident("a name")}
	p.expect("(")
	if !p.at(")") {
		m.Params = list(p, p.column)
	}
	p.expect(")")
	m.Body = p.expr()
	m.Pos = p.from(start)
	return m
}

func (p *parser) createFunction(start int, orReplace bool) ast.Statement {
	f := &ast.CreateFunction{OrReplace: orReplace, Temporary: p.accept("temporary")}
	p.expect("function")
	f.IfNotExists = p.ifNotExists()
	f.Name = p.qname("a function name")
	if p.accept("(") {
		if !p.at(")") {
			f.Params = list(p, p.column)
		}
		p.expect(")")
		p.expect("returns")
		f.Returns = p.typ()
		p.expect("language")
		f.Language = p.ident("a language: sql or cel").Name
	}
	p.expect("as")
	f.CodeAt = ast.Pos(p.peek().span())
	f.Class = p.str("a class or code in quotes")
	if p.accept("using") {
		f.Using = list(p, func() ast.Property {
			begin := p.here()
			k := ast.Property{Key: p.acceptAny("jar", "file", "archive")}
			if k.Key == "" {
				p.unexpected("JAR, FILE or ARCHIVE")
			}
			k.Value = p.str("a path in quotes")
			k.Pos = p.from(begin)
			return k
		})
	}
	f.Pos = p.from(start)
	return f
}

// createSchedule reads name CRON '…'|EVERY … [EXECUTED AS u] [ENABLED|DISABLED] [DEFINED] AS statement.
func (p *parser) createSchedule(start int) ast.Statement {
	s := &ast.CreateSchedule{Name: p.ident("a name")}
	s.Schedule = p.schedule()
	if p.accept("executed", "as") {
		s.User = p.userName()
	} else if p.accept("as") {
		// AS user AS statement, or AS statement.
		if p.peek().kind == kString || isName(p.peek()) && p.ahead(1).is("as") {
			s.User = p.userName()
		} else {
			p.i--
		}
	}
	switch p.acceptAny("enable", "enabled", "disable", "disabled") {
	case "disable", "disabled":
		s.Disabled = true
	}
	p.accept("defined")
	p.expect("as")
	s.Statement, s.Text = p.inner()
	s.Pos = p.from(start)
	return s
}

func (p *parser) userName() string {
	if p.peek().kind == kString {
		return p.joined()
	}
	return p.ident("a user name").Name
}

// schedule reads CRON '…' or EVERY [n] unit [AT|OFFSET BY '…'].
func (p *parser) schedule() ast.Schedule {
	start := p.here()
	s := ast.Schedule{}
	switch {
	case p.accept("cron"):
		s.Cron = p.str("a cron expression in quotes")
	case p.accept("every"):
		s.Every = 1
		if p.peek().kind == kNumber {
			at := p.peek().span()
			if s.Every = p.wholeNumber(); s.Every < 1 && p.err == nil {
				p.failAt(at, diag.Syntax, "EVERY wants a number from 1")
			}
		}
		if s.Unit = unit(p.peek()); s.Unit == "" {
			p.unexpected("a unit such as MINUTES")
		}
		p.next()
		if p.accept("at") || p.accept("offset", "by") {
			s.Offset = p.str("a time in quotes")
		}
	default:
		p.unexpected("CRON or EVERY")
	}
	s.Pos = p.from(start)
	return s
}

// drop reads DROP in all its forms.
func (p *parser) drop() ast.Statement {
	start := p.next().start
	switch {
	case p.accept("table"):
		d := &ast.DropTable{IfExists: p.ifExists()}
		d.Name = p.tableName()
		d.Purge = p.accept("purge")
		d.Pos = p.from(start)
		return d
	case p.accept("view"):
		d := &ast.DropView{IfExists: p.ifExists()}
		d.Name = p.tableName()
		d.Pos = p.from(start)
		return d
	case p.acceptAny("database", "schema") != "":
		d := &ast.DropDatabase{IfExists: p.ifExists()}
		d.Name = p.databaseName()
		d.Cascade = p.acceptAny("cascade", "restrict") == "cascade"
		d.Pos = p.from(start)
		return d
	case p.at("function"), p.at("temporary", "function"):
		d := &ast.DropFunction{Temporary: p.accept("temporary")}
		p.next()
		d.IfExists = p.ifExists()
		d.Name = p.qname("a function name")
		d.Pos = p.from(start)
		return d
	case p.accept("temporary", "macro"):
		d := &ast.DropMacro{IfExists: p.ifExists()}
		d.Name = p.ident("a name")
		d.Pos = p.from(start)
		return d
	case p.accept("scheduled", "query"):
		d := &ast.DropSchedule{Name: p.ident("a name")}
		d.Pos = p.from(start)
		return d
	}
	p.unexpected("TABLE, VIEW, DATABASE or FUNCTION")
	return nil
}

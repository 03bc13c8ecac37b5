package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// alter reads ALTER in all its forms.
func (p *parser) alter() ast.Statement {
	start := p.next().start
	switch {
	case p.acceptAny("database", "schema") != "":
		return p.alterDatabase(start)
	case p.accept("scheduled", "query"):
		return p.alterSchedule(start)
	case p.accept("table"):
		return p.alterTable(start, false)
	case p.accept("view"):
		return p.alterTable(start, true)
	}
	p.unexpected("TABLE, VIEW or DATABASE")
	return nil
}

func (p *parser) alterDatabase(start int) ast.Statement {
	d := &ast.AlterDatabase{Name: p.databaseName()}
	p.expect("set")
	switch {
	case p.accept("dbproperties"):
		d.Props = p.properties()
	case p.accept("location"), p.accept("managedlocation"):
		d.Location = p.str("a path in quotes")
	case p.accept("owner"):
		p.acceptAny("user", "role", "group")
		d.Owner = p.ident("a name").Name
	default:
		p.unexpected("DBPROPERTIES, LOCATION or OWNER")
	}
	d.Pos = p.from(start)
	return d
}

func (p *parser) alterSchedule(start int) ast.Statement {
	s := &ast.AlterSchedule{Name: p.ident("a name")}
	switch {
	case p.at("cron"), p.at("every"):
		s.Action = ast.ScheduleWhen
		when := p.schedule()
		s.Schedule = &when
	case p.accept("executed", "as"):
		s.Action, s.User = ast.ScheduleWho, p.userName()
	case p.accept("enabled"), p.accept("enable"):
		s.Action = ast.ScheduleEnable
	case p.accept("disabled"), p.accept("disable"):
		s.Action = ast.ScheduleDisable
	case p.accept("execute"):
		s.Action = ast.ScheduleExecute
	case p.accept("defined", "as"), p.accept("as"):
		s.Action = ast.ScheduleRedefine
		s.Statement, s.Text = p.inner()
	default:
		p.unexpected("CRON, EVERY, ENABLED, DISABLED, EXECUTE or DEFINED AS")
	}
	s.Pos = p.from(start)
	return s
}

func (p *parser) alterTable(start int, view bool) ast.Statement {
	a := &ast.AlterTable{View: view, Name: p.tableName()}
	switch {
	case view && p.accept("as"):
		v := &ast.AlterViewAs{Name: a.Name}
		v.Query, v.Text = p.queryText()
		v.Pos = p.from(start)
		return v
	case p.at("recover", "partitions"):
		p.i += 2
		return &ast.Msck{Pos: p.from(start), Name: a.Name, Repair: true, Add: true}
	}
	if !p.at("partition", "column") {
		a.Partition = p.partSpec()
	}
	begin := p.here()
	a.Action = p.alterAction(begin, a.Partition != nil)
	a.Pos = p.from(start)
	return a
}

// alterAction reads what an ALTER TABLE does; partition says that PARTITION (…) came before.
func (p *parser) alterAction(start int, partition bool) ast.AlterAction {
	switch {
	case p.accept("rename", "to"):
		if partition {
			r := &ast.RenamePartition{To: p.partition(false)}
			r.Pos = p.from(start)
			return r
		}
		r := &ast.RenameTable{To: p.tableName()}
		r.Pos = p.from(start)
		return r
	case p.accept("set"):
		return p.alterSet(start)
	case p.accept("unset"):
		return p.alterUnset(start)
	case p.accept("add"):
		return p.alterAdd(start)
	case p.accept("replace", "columns"):
		return p.addColumns(start, true)
	case p.accept("change"):
		return p.changeColumn(start)
	case p.accept("drop"):
		return p.alterDrop(start)
	case p.accept("update"):
		if p.at("statistics") {
			u := &ast.UpdateStatistics{Text: p.toTheEnd()}
			u.Pos = p.from(start)
			return u
		}
		p.expect("columns")
		u := &ast.UpdateColumns{Cascade: p.acceptAny("cascade", "restrict") == "cascade"}
		u.Pos = p.from(start)
		return u
	}
	return p.rareAction(start)
}

func (p *parser) rareAction(start int) ast.AlterAction {
	switch {
	case p.accept("exchange"):
		e := &ast.ExchangePartition{Spec: p.partition(false)}
		p.expect("with", "table")
		e.With = p.tableName()
		e.Pos = p.from(start)
		return e
	case p.accept("partition", "column"):
		p.expect("(")
		c := &ast.PartitionColumn{Column: p.column()}
		p.expect(")")
		c.Pos = p.from(start)
		return c
	case p.accept("touch"):
		t := &ast.Touch{Spec: p.partSpec()}
		t.Pos = p.from(start)
		return t
	case p.accept("compact"):
		c := &ast.Compact{Kind: p.class()}
		p.accept("and", "wait")
		if p.accept("with", "overwrite") {
			p.expect("tblproperties")
			p.properties()
		}
		c.Pos = p.from(start)
		return c
	case p.accept("concatenate"):
		return &ast.Compact{Pos: p.from(start)}
	case p.accept("archive"), p.accept("unarchive"):
		p.failAt(p.toks[p.i-1].span(), diag.Unsupported, "archived partitions are not supported")
		return nil
	case p.at("convert"), p.at("execute"):
		p.failAt(p.peek().span(), diag.Unsupported, "ALTER TABLE %s is for tables of other formats: winnow keeps tables as text", strings.ToUpper(p.peek().text))
		return nil
	case p.accept("not"), p.at("clustered"), p.at("skewed"), p.accept("into"):
		return p.layout(start)
	}
	p.unexpected("a change such as ADD COLUMNS, RENAME TO or SET")
	return nil
}

// layout reads [NOT] CLUSTERED BY, NOT SORTED, [NOT] SKEWED BY and INTO n BUCKETS.
func (p *parser) layout(start int) ast.AlterAction {
	c := &ast.ClusterTable{}
	switch {
	case p.toks[p.i-1].is("not"):
		switch {
		case p.accept("clustered"):
			c.Not = "clustered"
		case p.accept("sorted"):
			c.Not = "sorted"
		case p.accept("skewed"):
			c.Not = "skewed"
		case p.accept("stored", "as", "directories"):
			c.Not = "stored as directories"
		default:
			p.unexpected("CLUSTERED, SORTED or SKEWED")
		}
	case p.at("clustered", "by"):
		c.Clustered = p.clustered()
	case p.at("skewed", "by"):
		c.Skewed = p.skewed()
	default:
		c.Clustered = &ast.Clustered{Buckets: p.wholeNumber()}
		p.expect("buckets")
		c.Clustered.Pos = p.from(start)
	}
	c.Pos = p.from(start)
	return c
}

// alterSet reads what follows SET.
func (p *parser) alterSet(start int) ast.AlterAction {
	switch {
	case p.at("tblproperties"), p.at("serdeproperties"), p.at("dbproperties"):
		s := &ast.SetProps{SerDe: p.next().text == "serdeproperties"}
		s.Props = p.properties()
		s.Pos = p.from(start)
		return s
	case p.accept("serde"):
		s := &ast.SetSerDe{SerDe: p.class()}
		if p.accept("with") {
			p.expect("serdeproperties")
			s.Props = p.properties()
		}
		s.Pos = p.from(start)
		return s
	case p.accept("fileformat"):
		f := &ast.SetFileFormat{Stored: &ast.Stored{}}
		begin := p.here()
		p.storedAs(f.Stored)
		f.Stored.Pos = p.from(begin)
		if p.accept("serde") {
			f.SerDe = p.str("a class in quotes")
		}
		f.Pos = p.from(start)
		return f
	case p.accept("location"):
		l := &ast.SetLocation{Location: p.str("a path in quotes")}
		l.Pos = p.from(start)
		return l
	case p.at("skewed"):
		p.failAt(p.peek().span(), diag.Unsupported, "skewed values have no folders of their own here: partitions have")
		return nil
	case p.accept("owner"):
		o := &ast.SetOwner{Kind: p.acceptAny("user", "role", "group")}
		o.Name = p.ident("a name")
		o.Pos = p.from(start)
		return o
	}
	p.unexpected("TBLPROPERTIES, SERDEPROPERTIES, SERDE, FILEFORMAT or LOCATION")
	return nil
}

func (p *parser) alterUnset(start int) ast.AlterAction {
	u := &ast.UnsetProps{}
	switch p.acceptAny("tblproperties", "serdeproperties") {
	case "serdeproperties":
		u.SerDe = true
	case "":
		p.unexpected("TBLPROPERTIES")
	}
	u.IfExists = p.ifExists()
	u.Keys = parens(p, func() ast.Property {
		begin := p.here()
		k := ast.Property{Key: p.str("a key in quotes")}
		if p.accept("=") { // Hive's old form wants a value and ignores it
			p.str("a value in quotes")
		}
		k.Pos = p.from(begin)
		return k
	})
	u.Pos = p.from(start)
	return u
}

func (p *parser) alterAdd(start int) ast.AlterAction {
	switch {
	case p.accept("columns"):
		return p.addColumns(start, false)
	case p.at("constraint"):
		c := &ast.AddConstraint{Text: p.toTheEnd()}
		c.Pos = p.from(start)
		return c
	}
	a := &ast.AddPartitions{IfNotExists: p.ifNotExists()}
	for p.at("partition") || len(a.Partitions) == 0 && p.err == nil {
		begin := p.here()
		if !p.at("partition") {
			p.unexpected("COLUMNS or PARTITION")
			return a
		}
		n := ast.NewPartition{Spec: p.partition(false)}
		if p.accept("location") {
			n.Location = p.str("a path in quotes")
		}
		n.Pos = p.from(begin)
		a.Partitions = append(a.Partitions, n)
		p.accept(",")
	}
	a.Pos = p.from(start)
	return a
}

// toTheEnd takes the tokens up to the end of the statement, and returns their text.
func (p *parser) toTheEnd() string {
	start := p.here()
	for t := p.peek(); t.kind != kEOF && t.kind != kBad && !t.is(";"); t = p.peek() {
		p.next()
	}
	return p.text(start)
}

func (p *parser) addColumns(start int, replace bool) ast.AlterAction {
	a := &ast.AddColumns{Replace: replace, Columns: parens(p, p.column)}
	a.Cascade = p.acceptAny("cascade", "restrict") == "cascade"
	a.Pos = p.from(start)
	return a
}

func (p *parser) changeColumn(start int) ast.AlterAction {
	c := &ast.ChangeColumn{}
	// COLUMN is a reserved word, but `change column string` is said of a column of this name too.
	p.accept("column")
	c.Old = p.columnName()
	begin := p.here()
	c.New.Name = p.columnName()
	c.New.Type = p.typ()
	if p.atColumnConstraint() {
		c.New.Constraints = p.constraintText()
	}
	if c.HasNote = p.accept("comment"); c.HasNote {
		c.New.Comment = p.str("a comment in quotes")
	}
	c.New.Pos = p.from(begin)
	switch {
	case p.accept("first"):
		c.First = true
	case p.accept("after"):
		c.After = p.columnName()
	}
	c.Cascade = p.acceptAny("cascade", "restrict") == "cascade"
	c.Pos = p.from(start)
	return c
}

// constraintText takes a constraint of CHANGE COLUMN, up to the clause behind it.
func (p *parser) constraintText() string {
	start, depth := p.here(), 0
	for {
		t := p.peek()
		if t.kind == kEOF || t.kind == kBad || t.is(";") {
			break
		}
		if depth == 0 && (t.is("comment") || t.is("first") || t.is("after") || t.is("cascade") || t.is("restrict")) {
			break
		}
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
		p.next()
	}
	return p.text(start)
}

func (p *parser) alterDrop(start int) ast.AlterAction {
	switch {
	case p.at("constraint"):
		c := &ast.AddConstraint{Drop: true, Text: p.toTheEnd()}
		c.Pos = p.from(start)
		return c
	case p.at("column"), p.at("columns"):
		p.failAt(p.peek().span(), diag.Unsupported, "DROP COLUMN is not in HiveQL: columns of text are found by position").
			WithHint("write REPLACE COLUMNS with the columns to keep")
		return nil
	}
	d := &ast.DropPartitions{IfExists: p.ifExists()}
	if !p.at("partition") {
		p.unexpected(quoteToken("partition"))
		return d
	}
	d.Specs = list(p, func() ast.PartSpec { return p.partition(true) })
	_ = p.accept("ignore", "protection")
	d.Purge = p.accept("purge")
	d.Pos = p.from(start)
	return d
}

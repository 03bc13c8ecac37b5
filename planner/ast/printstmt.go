package ast

import "strings"

func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Query:
		p.queryExpr(s)
	case *Insert:
		p.with(s.With)
		p.target(&s.Target)
		p.WriteByte(' ')
		p.queryExpr(s.Query)
	case *MultiInsert:
		p.with(s.With)
		p.WriteString("from ")
		p.table(s.From)
		for i := range s.Inserts {
			p.WriteByte(' ')
			p.target(&s.Inserts[i].Target)
			p.WriteByte(' ')
			p.queryExpr(s.Inserts[i].Query)
		}
	case *Unload:
		p.WriteString("unload ")
		p.query(s.Query)
		p.words(" to ", Quote(s.Path))
		if len(s.Props) > 0 {
			p.WriteString(" with ")
			parens(p, s.Props, func(k UnloadProp) {
				p.words(QuoteName(k.Key), " = ")
				p.expr(k.Value, precPrimary)
			})
		}
	case *Load:
		p.load(s)
	case *Show:
		p.show(s)
	case *Describe:
		p.describe(s)
	case *Explain:
		p.WriteString("explain ")
		if s.Mode != ExplainPlan {
			p.words(string(s.Mode), " ")
		}
		p.statement(s.Statement)
	case *Use:
		p.WriteString("use ")
		p.ident(s.Database)
	default:
		p.session(s)
	}
}

// session writes the statements about the session, and passes the rest on.
func (p *printer) session(s Statement) {
	switch s := s.(type) {
	case *Set:
		p.set(s)
	case *SetTimeZone:
		p.words("set time zone ", Quote(s.Zone))
	case *Reset:
		p.words(strings.TrimRight("reset "+s.Key, " "))
	case *Resource:
		p.words(s.Verb, " ", s.Kind)
		for _, path := range s.Paths {
			p.words(" ", rawQuote(path))
		}
	case *Dfs:
		p.WriteString("dfs")
		for _, a := range s.Args {
			p.words(" ", rawQuote(a))
		}
	case *Source:
		p.words("source ", rawQuote(s.Path))
	case *Prepare:
		p.WriteString("prepare ")
		p.ident(s.Name)
		p.WriteString(" from ")
		p.statement(s.Statement)
	case *Execute:
		p.WriteString("execute ")
		p.ident(s.Name)
		p.optExprs(" using ", s.Args)
	case *Deallocate:
		p.WriteString("deallocate prepare ")
		p.ident(s.Name)
	case *KillQuery:
		p.WriteString("kill query ")
		sep(p, s.IDs, p.str)
	case *Refresh:
		p.WriteString("refresh table ")
		p.qname(s.Name)
	default:
		p.ddl(s)
	}
}

// rawQuote puts s between quotes if it holds a blank or a semicolon. The shell's words know no
// escapes.
func rawQuote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\r\n;'\"") {
		return s
	}
	if strings.Contains(s, "'") {
		return `"` + s + `"`
	}
	return "'" + s + "'"
}

func (p *printer) set(s *Set) {
	p.WriteString("set")
	switch {
	case s.All:
		p.WriteString(" -v")
		return
	case s.Key == "":
		return
	}
	p.WriteByte(' ')
	if s.Space != "" {
		p.words(s.Space, ":")
	}
	p.WriteString(s.Key)
	if s.Value != nil {
		p.words("=", *s.Value)
	}
}

// target writes INSERT and where the rows go.
func (p *printer) target(t *InsertTarget) {
	word := "insert into"
	if t.Overwrite {
		word = "insert overwrite"
	}
	p.WriteString(word)
	if d := t.Dir; d != nil {
		p.when(d.Local, " local")
		p.words(" directory ", Quote(d.Path))
		p.rowFormat(d.Format)
		p.stored(d.Stored)
		return
	}
	p.WriteString(" table ")
	p.qname(*t.Table)
	p.partition(t.Partition)
	p.when(t.IfNotExists, " if not exists")
	if len(t.Columns) > 0 {
		p.WriteByte(' ')
		parens(p, t.Columns, p.ident)
	}
}

func (p *printer) load(s *Load) {
	p.WriteString("load data ")
	p.when(s.Local, "local ")
	p.words("inpath ", Quote(s.Path))
	p.when(s.Overwrite, " overwrite")
	p.WriteString(" into table ")
	p.qname(s.Table)
	p.partition(s.Partition)
	if s.InputFmt != "" {
		p.words(" inputformat ", Quote(s.InputFmt), " serde ", Quote(s.SerDe))
	}
}

func (p *printer) show(s *Show) {
	p.WriteString("show ")
	p.when(s.Extended && s.Kind == ShowTables, "extended ")
	p.when(s.Sorted, "sorted ")
	p.WriteString(string(s.Kind))
	switch s.Kind {
	case ShowColumns:
		p.WriteString(" in ")
		p.qname(*s.Table)
	case ShowCreateDB:
		p.WriteByte(' ')
		p.ident(s.Database)
		return
	case ShowConf:
		p.words(" ", Quote(s.Key))
		return
	default:
		if s.Table != nil {
			p.WriteByte(' ')
			p.qname(*s.Table)
		}
	}
	if s.Database.Given() {
		word := " in "
		if s.Kind == ShowLocks {
			word = " database "
		}
		p.WriteString(word)
		p.ident(s.Database)
	}
	if s.Kind != ShowTableExtended {
		p.partition(s.Partition)
	}
	if s.Kind == ShowProps && s.Key != "" {
		p.words(" (", Quote(s.Key), ")")
	}
	p.optExpr(" where ", s.Where)
	if s.Pattern != nil {
		p.words(" like ", Quote(*s.Pattern))
	}
	if s.Kind == ShowTableExtended {
		p.partition(s.Partition)
	}
	p.order(" order by ", s.OrderBy)
	p.optExpr(" limit ", s.Limit)
	p.when(s.Extended && s.Kind == ShowLocks, " extended")
}

func (p *printer) describe(s *Describe) {
	p.WriteString("describe ")
	if s.Kind != DescribeTable {
		p.words(string(s.Kind), " ")
	}
	if s.Mode != "" {
		p.words(s.Mode, " ")
	}
	p.qname(s.Name)
	p.partition(s.Partition)
	if len(s.Column) > 0 {
		p.WriteByte(' ')
		p.qname(QName{Parts: s.Column})
	}
}

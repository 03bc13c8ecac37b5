package ast

func (p *printer) ddl(s Statement) {
	switch s := s.(type) {
	case *CreateDatabase:
		p.WriteString("create database ")
		p.when(s.IfNotExists, "if not exists ")
		p.ident(s.Name)
		p.optStr(" comment ", s.Comment)
		p.optStr(" location ", s.Location)
		p.optProps(" with dbproperties ", s.Props)
	case *DropDatabase:
		p.WriteString("drop database ")
		p.when(s.IfExists, "if exists ")
		p.ident(s.Name)
		p.when(s.Cascade, " cascade")
	case *AlterDatabase:
		p.WriteString("alter database ")
		p.ident(s.Name)
		p.WriteString(" set ")
		switch {
		case s.Owner != "":
			p.words("owner user ", QuoteName(s.Owner))
		case s.Props != nil:
			p.WriteString("dbproperties ")
			p.props(s.Props)
		default:
			p.words("location ", Quote(s.Location))
		}
	case *CreateTable:
		p.createTable(s)
	case *DropTable:
		p.WriteString("drop table ")
		p.when(s.IfExists, "if exists ")
		p.qname(s.Name)
		p.when(s.Purge, " purge")
	case *UndropTable:
		p.WriteString("undrop table ")
		p.qname(s.Name)
	case *Truncate:
		p.WriteString("truncate table ")
		p.qname(s.Name)
		p.partition(s.Partition)
	case *Msck:
		p.msck(s)
	case *Analyze:
		p.analyze(s)
	case *AlterTable:
		p.alterTable(s)
	default:
		p.viewOrFunction(s)
	}
}

func (p *printer) viewOrFunction(s Statement) {
	switch s := s.(type) {
	case *CreateView:
		p.createView(s)
	case *AlterViewAs:
		p.WriteString("alter view ")
		p.qname(s.Name)
		p.WriteString(" as ")
		p.queryExpr(s.Query)
	case *DropView:
		p.WriteString("drop view ")
		p.when(s.IfExists, "if exists ")
		p.qname(s.Name)
	case *CreateFunction:
		p.WriteString("create ")
		p.when(s.OrReplace, "or replace ")
		p.when(s.Temporary, "temporary ")
		p.WriteString("function ")
		p.when(s.IfNotExists, "if not exists ")
		p.qname(s.Name)
		if s.Returns != nil {
			parens(p, s.Params, p.column)
			p.WriteString(" returns ")
			p.typ(s.Returns)
			p.words(" language ", s.Language)
		}
		p.words(" as ", Quote(s.Class))
		p.when(len(s.Using) > 0, " using ")
		sep(p, s.Using, func(k Property) { p.words(k.Key, " ", Quote(k.Value)) })
	case *DropFunction:
		p.WriteString("drop ")
		p.when(s.Temporary, "temporary ")
		p.WriteString("function ")
		p.when(s.IfExists, "if exists ")
		p.qname(s.Name)
	case *ReloadFunctions:
		p.WriteString("reload functions")
	case *CreateMacro:
		p.WriteString("create temporary macro ")
		p.ident(s.Name)
		parens(p, s.Params, p.column)
		p.WriteByte(' ')
		p.expr(s.Body, 0)
	case *DropMacro:
		p.WriteString("drop temporary macro ")
		p.when(s.IfExists, "if exists ")
		p.ident(s.Name)
	default:
		p.schedules(s)
	}
}

func (p *printer) schedules(s Statement) {
	switch s := s.(type) {
	case *CreateSchedule:
		p.WriteString("create scheduled query ")
		p.ident(s.Name)
		p.schedule(&s.Schedule)
		p.optStr(" executed as ", s.User)
		p.when(s.Disabled, " disabled")
		p.WriteString(" as ")
		p.statement(s.Statement)
	case *AlterSchedule:
		p.WriteString("alter scheduled query ")
		p.ident(s.Name)
		switch s.Action {
		case ScheduleWhen:
			p.schedule(s.Schedule)
		case ScheduleWho:
			p.words(" executed as ", Quote(s.User))
		case ScheduleRedefine:
			p.WriteString(" defined as ")
			p.statement(s.Statement)
		default:
			p.words(" ", string(s.Action))
		}
	case *DropSchedule:
		p.WriteString("drop scheduled query ")
		p.ident(s.Name)
	}
}

func (p *printer) schedule(s *Schedule) {
	if s.Unit == "" {
		p.words(" cron ", Quote(s.Cron))
		return
	}
	p.WriteString(" every ")
	p.number(s.Every)
	p.words(" ", s.Unit)
	p.optStr(" offset by ", s.Offset)
}

func (p *printer) createTable(s *CreateTable) {
	p.WriteString("create ")
	if s.Kind != ManagedTable {
		p.words(string(s.Kind), " ")
	}
	p.WriteString("table ")
	p.when(s.IfNotExists, "if not exists ")
	p.qname(s.Name)
	if len(s.Columns)+len(s.Constraints) > 0 {
		p.WriteString(" (")
		sep(p, s.Columns, p.column)
		p.when(len(s.Columns) > 0 && len(s.Constraints) > 0, ", ")
		sep(p, s.Constraints, func(c string) { p.WriteString(c) })
		p.WriteByte(')')
	}
	if s.Like != nil {
		p.WriteString(" like ")
		p.qname(*s.Like)
	}
	if f := s.LikeFile; f != nil {
		p.WriteString(" like file ")
		p.ident(f.Format)
		p.words(" ", Quote(f.Path))
	}
	p.optStr(" comment ", s.Comment)
	if len(s.PartitionedBy) > 0 {
		p.WriteString(" partitioned by ")
		parens(p, s.PartitionedBy, p.column)
	}
	p.clustered(s.Clustered)
	p.skewed(s.Skewed)
	p.rowFormat(s.Format)
	p.stored(s.Stored)
	p.optStr(" location ", s.Location)
	p.optProps(" tblproperties ", s.Props)
	if s.As != nil {
		p.WriteString(" as ")
		p.queryExpr(s.As)
	}
}

func (p *printer) column(c ColumnDef) {
	p.ident(c.Name)
	if c.Type != nil {
		p.WriteByte(' ')
		p.typ(c.Type)
	}
	p.optStr(" comment ", c.Comment)
	if c.Constraints != "" {
		p.words(" ", c.Constraints)
	}
}

func (p *printer) clustered(c *Clustered) {
	if c == nil {
		return
	}
	if len(c.Columns) > 0 {
		p.WriteString(" clustered by ")
		parens(p, c.Columns, p.ident)
	}
	if len(c.Sorted) > 0 {
		p.WriteString(" sorted by ")
		parens(p, c.Sorted, p.orderItem)
	}
	p.WriteString(" into ")
	p.number(c.Buckets)
	p.WriteString(" buckets")
}

func (p *printer) skewed(s *Skewed) {
	if s == nil {
		return
	}
	p.WriteString(" skewed by ")
	parens(p, s.Columns, p.ident)
	p.WriteString(" on ")
	parens(p, s.Values, p.exprs)
	p.when(s.Directories, " stored as directories")
}

// rowFormat writes ROW FORMAT …, and properties that came without it behind.
func (p *printer) rowFormat(f *RowFormat) {
	if f == nil {
		return
	}
	if f.SerDe != "" {
		p.words(" row format serde ", Quote(f.SerDe))
		p.optProps(" with serdeproperties ", f.Props)
		return
	}
	delimiters := []struct {
		words string
		text  *string
	}{
		{" fields terminated by ", f.Fields}, {" escaped by ", f.Escaped},
		{" collection items terminated by ", f.Items}, {" map keys terminated by ", f.MapKeys},
		{" lines terminated by ", f.Lines}, {" null defined as ", f.Null},
	}
	p.WriteString(" row format delimited")
	for _, d := range delimiters {
		if d.text != nil {
			p.words(d.words, Quote(*d.text))
		}
	}
	p.optProps(" with serdeproperties ", f.Props)
}

func (p *printer) stored(s *Stored) {
	switch {
	case s == nil:
	case s.By != "":
		p.words(" stored by ", Quote(s.By))
		p.optProps(" with serdeproperties ", s.Props)
	default:
		p.WriteString(" stored as ")
		p.fileFormat(s)
	}
}

func (p *printer) fileFormat(s *Stored) {
	if s.As != "" {
		p.WriteString(QuoteName(s.As))
		return
	}
	p.words("inputformat ", Quote(s.Input), " outputformat ", Quote(s.Output))
	if s.InputDriver != "" {
		p.words(" inputdriver ", Quote(s.InputDriver), " outputdriver ", Quote(s.OutputDriver))
	}
}

func (p *printer) createView(s *CreateView) {
	p.WriteString("create ")
	p.when(s.OrReplace, "or replace ")
	p.WriteString("view ")
	p.when(s.IfNotExists, "if not exists ")
	p.qname(s.Name)
	if len(s.Columns) > 0 {
		p.WriteByte(' ')
		parens(p, s.Columns, p.column)
	}
	p.optStr(" comment ", s.Comment)
	if len(s.PartitionedOn) > 0 {
		p.WriteString(" partitioned on ")
		parens(p, s.PartitionedOn, p.ident)
	}
	p.optProps(" tblproperties ", s.Props)
	p.WriteString(" as ")
	p.queryExpr(s.Query)
}

func (p *printer) msck(s *Msck) {
	p.WriteString("msck ")
	p.when(s.Repair, "repair ")
	p.WriteString("table ")
	p.qname(s.Name)
	switch {
	case s.Add && s.Drop:
		p.WriteString(" sync partitions")
	case s.Add:
		p.WriteString(" add partitions")
	case s.Drop:
		p.WriteString(" drop partitions")
	}
	if s.Partition == nil {
		return
	}
	if !s.Add && !s.Drop {
		p.partition(s.Partition)
		return
	}
	p.WriteByte(' ')
	p.partItems(s.Partition)
}

func (p *printer) analyze(s *Analyze) {
	p.WriteString("analyze table ")
	p.qname(s.Name)
	p.partition(s.Partition)
	if s.CacheMetadata {
		p.WriteString(" cache metadata")
		return
	}
	p.WriteString(" compute statistics")
	p.when(s.ForColumns, " for columns")
	if len(s.Columns) > 0 {
		p.WriteByte(' ')
		sep(p, s.Columns, p.ident)
	}
	p.when(s.NoScan, " noscan")
}

package ast

func (p *printer) alterTable(s *AlterTable) {
	word := "alter table "
	if s.View {
		word = "alter view "
	}
	p.WriteString(word)
	p.qname(s.Name)
	p.partition(s.Partition)
	p.action(s.Action)
}

func (p *printer) action(a AlterAction) {
	switch a := a.(type) {
	case *RenameTable:
		p.WriteString(" rename to ")
		p.qname(a.To)
	case *RenamePartition:
		p.WriteString(" rename to")
		p.partition(&a.To)
	case *SetProps:
		p.words(" set ", propsWord(a.SerDe))
		p.props(a.Props)
	case *UnsetProps:
		p.words(" unset ", propsWord(a.SerDe))
		p.when(a.IfExists, "if exists ")
		parens(p, a.Keys, func(k Property) { p.str(k.Key) })
	case *SetSerDe:
		p.words(" set serde ", Quote(a.SerDe))
		p.optProps(" with serdeproperties ", a.Props)
	case *SetFileFormat:
		p.WriteString(" set fileformat ")
		p.fileFormat(a.Stored)
		p.optStr(" serde ", a.SerDe)
	case *SetLocation:
		p.words(" set location ", Quote(a.Location))
	case *SetOwner:
		p.WriteString(" set owner ")
		if a.Kind != "" {
			p.words(a.Kind, " ")
		}
		p.ident(a.Name)
	default:
		p.columnAction(a)
	}
}

func propsWord(serde bool) string {
	if serde {
		return "serdeproperties "
	}
	return "tblproperties "
}

func (p *printer) columnAction(a AlterAction) {
	switch a := a.(type) {
	case *AddColumns:
		word := " add columns "
		if a.Replace {
			word = " replace columns "
		}
		p.WriteString(word)
		parens(p, a.Columns, p.column)
		p.when(a.Cascade, " cascade")
	case *ChangeColumn:
		p.changeColumn(a)
	case *UpdateColumns:
		p.WriteString(" update columns")
		p.when(a.Cascade, " cascade")
	case *PartitionColumn:
		p.WriteString(" partition column (")
		p.column(a.Column)
		p.WriteByte(')')
	case *AddConstraint:
		word := " add "
		if a.Drop {
			word = " drop "
		}
		p.words(word, a.Text)
	default:
		p.partitionAction(a)
	}
}

func (p *printer) changeColumn(a *ChangeColumn) {
	p.WriteString(" change ")
	p.ident(a.Old)
	p.WriteByte(' ')
	p.ident(a.New.Name)
	p.WriteByte(' ')
	p.typ(a.New.Type)
	if a.New.Constraints != "" {
		p.words(" ", a.New.Constraints)
	}
	if a.HasNote {
		p.words(" comment ", Quote(a.New.Comment))
	}
	p.when(a.First, " first")
	if a.After.Given() {
		p.WriteString(" after ")
		p.ident(a.After)
	}
	p.when(a.Cascade, " cascade")
}

func (p *printer) partitionAction(a AlterAction) {
	switch a := a.(type) {
	case *AddPartitions:
		p.WriteString(" add")
		p.when(a.IfNotExists, " if not exists")
		for _, n := range a.Partitions {
			p.partition(&n.Spec)
			p.optStr(" location ", n.Location)
		}
	case *DropPartitions:
		p.WriteString(" drop")
		p.when(a.IfExists, " if exists")
		for i := range a.Specs {
			p.when(i > 0, ",")
			p.partition(&a.Specs[i])
		}
		p.when(a.Purge, " purge")
	case *ExchangePartition:
		p.WriteString(" exchange")
		p.partition(&a.Spec)
		p.WriteString(" with table ")
		p.qname(a.With)
	case *UpdateStatistics:
		p.words(" update ", a.Text)
	case *Touch:
		p.WriteString(" touch")
		p.partition(a.Spec)
	case *Compact:
		if a.Kind == "" {
			p.WriteString(" concatenate")
			return
		}
		p.words(" compact ", Quote(a.Kind))
	case *ClusterTable:
		if a.Not != "" {
			p.words(" not ", a.Not)
			return
		}
		p.clustered(a.Clustered)
		p.skewed(a.Skewed)
	}
}

package ast

import "strconv"

func (p *printer) queryExpr(q QueryExpr) {
	switch q := q.(type) {
	case *Query:
		p.with(q.With)
		p.operand(q.Body, false)
		p.tail(q)
	case *Select:
		p.selectExpr(q)
	case *SetOp:
		p.setOp(q)
	case *Values:
		p.WriteString("values ")
		sep(p, q.Rows, p.exprs)
	}
}

func (p *printer) with(list []CTE) {
	if len(list) == 0 {
		return
	}
	p.WriteString("with ")
	sep(p, list, func(c CTE) {
		p.ident(c.Name)
		if len(c.Columns) > 0 {
			p.WriteByte(' ')
			parens(p, c.Columns, p.ident)
		}
		p.WriteString(" as ")
		p.query(c.Query)
	})
	p.WriteByte(' ')
}

// operand writes a part of a query, in parentheses if it has an order of its own or stands to
// the right of a set operator and holds one.
func (p *printer) operand(q QueryExpr, right bool) {
	_, isQuery := q.(*Query)
	_, isSet := q.(*SetOp)
	if isQuery || right && isSet {
		p.WriteByte('(')
		defer p.WriteByte(')')
	}
	p.queryExpr(q)
}

// setOp writes a chain that leans to the left in a loop.
func (p *printer) setOp(q *SetOp) {
	spine := []*SetOp{q}
	for {
		l, ok := q.Left.(*SetOp)
		if !ok {
			break
		}
		spine = append(spine, l)
		q = l
	}
	p.operand(q.Left, false)
	for i := len(spine) - 1; i >= 0; i-- {
		s := spine[i]
		p.words(" ", string(s.Op), " ")
		p.when(s.All, "all ")
		p.operand(s.Right, true)
	}
}

func (p *printer) tail(q *Query) {
	p.order(" order by ", q.OrderBy)
	p.optExprs(" cluster by ", q.ClusterBy)
	p.optExprs(" distribute by ", q.DistributeBy)
	p.order(" sort by ", q.SortBy)
	p.optExpr(" limit ", q.Limit)
	p.optExpr(" offset ", q.Offset)
}

func (p *printer) optExpr(word string, e Expr) {
	if e != nil {
		p.WriteString(word)
		p.expr(e, 0)
	}
}

func (p *printer) optExprs(word string, list []Expr) {
	if len(list) > 0 {
		p.WriteString(word)
		sep(p, list, func(e Expr) { p.expr(e, 0) })
	}
}

func (p *printer) selectExpr(s *Select) {
	first := s.Transform != nil && s.Transform.Verb != "transform" && s.From != nil
	if first { // (map … could not be told from a call
		p.WriteString("from ")
		p.table(s.From)
		p.WriteByte(' ')
	}
	if s.Transform == nil || s.Transform.Verb == "transform" {
		p.WriteString("select ")
		if s.Hint != "" {
			p.words("/*+ ", s.Hint, " */ ")
		}
		p.when(s.Distinct, "distinct ")
	}
	if s.Transform != nil {
		p.transform(s.Transform)
	} else {
		sep(p, s.Items, p.selectItem)
	}
	if s.From != nil && !first {
		if hasSource(s.From) {
			p.WriteString(" from ")
		}
		p.table(s.From)
	}
	p.optExpr(" where ", s.Where)
	if s.GroupBy != nil {
		p.groupBy(s.GroupBy)
	}
	p.optExpr(" having ", s.Having)
	if len(s.Windows) > 0 {
		p.WriteString(" window ")
		sep(p, s.Windows, func(w WindowDef) {
			p.ident(w.Name)
			p.WriteString(" as ")
			p.windowBody(w.Window)
		})
	}
	p.optExpr(" qualify ", s.Qualify)
}

// hasSource reports whether t is more than lateral views.
func hasSource(t TableRef) bool {
	for {
		v, ok := t.(*LateralView)
		if !ok {
			return t != nil
		}
		t = v.Left
	}
}

func (p *printer) selectItem(it SelectItem) {
	p.expr(it.Expr, 0)
	switch {
	case it.Alias.Given():
		p.WriteString(" as ")
		p.ident(it.Alias)
	case len(it.Aliases) > 0:
		p.WriteString(" as ")
		parens(p, it.Aliases, p.ident)
	}
}

func (p *printer) transform(t *Transform) {
	p.WriteString(t.Verb)
	if t.Verb == "transform" {
		p.exprs(t.Args)
	} else {
		p.optExprs(" ", t.Args)
	}
	p.rowFormat(t.In)
	p.optStr(" recordwriter ", t.Writer)
	p.words(" using ", Quote(t.Command))
	if t.HasAs {
		p.WriteString(" as ")
		parens(p, t.Columns, p.column)
	}
	p.rowFormat(t.Out)
	p.optStr(" recordreader ", t.Reader)
}

func (p *printer) groupBy(g *GroupBy) {
	p.WriteString(" group by ")
	switch {
	case g.Mode == GroupAll:
		p.WriteString("all")
		return
	case g.Mode == GroupRollup, g.Mode == GroupCube:
		p.WriteString(string(g.Mode))
		p.exprs(g.Exprs)
		return
	case g.Mode == GroupPlain && len(g.Exprs) == 0:
		p.WriteString("()")
	}
	p.optExprs("", g.Exprs)
	if g.Mode == GroupSets {
		p.when(len(g.Exprs) > 0, " ")
		p.WriteString("grouping sets ")
		parens(p, g.Sets, p.exprs)
	}
}

// table writes a table reference; a chain that leans to the left in a loop.
func (p *printer) table(t TableRef) {
	var spine []TableRef
	for {
		left, leans := leftOf(t)
		if !leans {
			break
		}
		spine = append(spine, t)
		t = left.(TableRef)
	}
	p.tableLeaf(t)
	for i := len(spine) - 1; i >= 0; i-- {
		p.joined(spine[i])
	}
}

// joined writes what t adds to its left side.
func (p *printer) joined(t TableRef) {
	switch t := t.(type) {
	case *LateralView:
		p.lateralView(t)
	case *Unnest:
		word := " cross join "
		if t.Outer {
			word = " left join "
		}
		p.WriteString(word)
		p.unnest(t)
		p.when(t.Outer, " on true")
	case *Join:
		p.words(" ", string(t.Kind), " ")
		switch t.Right.(type) {
		case *Join, *LateralView, *Unnest:
			p.WriteByte('(')
			p.table(t.Right)
			p.WriteByte(')')
		default:
			p.table(t.Right)
		}
		p.optExpr(" on ", t.On)
		if len(t.Using) > 0 {
			p.WriteString(" using ")
			parens(p, t.Using, p.ident)
		}
	}
}

func (p *printer) lateralView(v *LateralView) {
	p.WriteString(" lateral view ")
	p.when(v.Outer, "outer ")
	p.call(v.Call)
	if v.Alias.Given() {
		p.WriteByte(' ')
		p.ident(v.Alias)
	}
	if len(v.Columns) > 0 {
		p.WriteString(" as ")
		sep(p, v.Columns, p.ident)
	}
}

func (p *printer) tableLeaf(t TableRef) {
	switch t := t.(type) {
	case *Table:
		p.qname(t.Name)
		p.sample(t.Sample)
		p.alias(t.Alias, t.Columns)
	case *SubqueryTable:
		p.when(t.Lateral, "lateral ")
		p.query(t.Query)
		p.sample(t.Sample)
		p.alias(t.Alias, t.Columns)
	case *FuncTable:
		p.when(t.Lateral, "lateral ")
		p.WriteString("table(")
		p.call(t.Call)
		p.WriteByte(')')
		p.alias(t.Alias, t.Columns)
	case *Unnest:
		p.unnest(t)
	case *LateralView:
		p.lateralView(t)
	case *UniqueJoin:
		p.WriteString("uniquejoin ")
		sep(p, t.Sources, func(s UniqueSource) {
			p.when(s.Preserve, "preserve ")
			p.table(s.Table)
			p.WriteByte(' ')
			p.exprs(s.Keys)
		})
	}
}

func (p *printer) unnest(t *Unnest) {
	p.WriteString("unnest")
	p.exprs(t.Exprs)
	p.when(t.Ordinality, " with ordinality")
	p.alias(t.Alias, t.Columns)
}

func (p *printer) alias(alias Ident, columns []Ident) {
	if !alias.Given() {
		return
	}
	p.WriteString(" as ")
	p.ident(alias)
	if len(columns) > 0 {
		p.WriteByte(' ')
		parens(p, columns, p.ident)
	}
}

func (p *printer) sample(s *Sample) {
	if s == nil {
		return
	}
	p.WriteString(" tablesample (")
	switch s.Kind {
	case SamplePercent:
		p.words(strconv.FormatFloat(s.Percent, 'f', -1, 64), " percent")
	case SampleRows:
		p.number(s.N)
		p.WriteString(" rows")
	case SampleBytes:
		p.number(s.N)
		p.WriteByte('B')
	case SampleBucket:
		p.WriteString("bucket ")
		p.number(s.N)
		p.WriteString(" out of ")
		p.number(s.Buckets)
		p.optExprs(" on ", s.On)
	}
	p.WriteByte(')')
}

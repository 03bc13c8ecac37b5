package ast

// Walk calls f for n and then for what is below it, in the order of the text where that is
// simple: statements, queries, table references, windows and expressions. The parts between
// them, such as a SelectItem, are passed through. Where f answers false, Walk does not go below.
// A nil n is allowed. Chains that lean to the left cost no stack.
func Walk(n Node, f func(Node) bool) {
	var spine []Node
	for n != nil {
		if !f(n) {
			break
		}
		left, leans := leftOf(n)
		if !leans {
			below(n, f)
			break
		}
		spine = append(spine, n)
		n = left
	}
	for i := len(spine) - 1; i >= 0; i-- {
		below(spine[i], f)
	}
}

// leftOf returns the child down which n's chain leans; below leaves it out.
func leftOf(n Node) (left Node, leans bool) {
	switch n := n.(type) {
	case *Binary:
		return n.L, true
	case *SetOp:
		return n.Left, true
	case *Join:
		return n.Left, true
	case *LateralView:
		if n.Left == nil {
			return nil, false
		}
		return n.Left, true
	case *Unnest:
		if n.Left == nil {
			return nil, false
		}
		return n.Left, true
	case *Index:
		return n.X, true
	case *Field:
		return n.X, true
	}
	return nil, false
}

func below(n Node, f func(Node) bool) {
	switch n := n.(type) {
	case Statement:
		belowStatement(n, f)
	case QueryExpr:
		belowQuery(n, f)
	case TableRef:
		belowTable(n, f)
	case Expr:
		belowExpr(n, f)
	case *Window:
		walkAll(n.PartitionBy, f)
		walkOrder(n.OrderBy, f)
		if n.Frame != nil {
			walkExpr(n.Frame.From.Offset, f)
			walkExpr(n.Frame.To.Offset, f)
		}
	}
}

func walkExpr(e Expr, f func(Node) bool) {
	if e != nil {
		Walk(e, f)
	}
}

func walkQuery(q *Query, f func(Node) bool) {
	if q != nil {
		Walk(q, f)
	}
}

func walkAll(list []Expr, f func(Node) bool) {
	for _, e := range list {
		walkExpr(e, f)
	}
}

func walkRows(rows [][]Expr, f func(Node) bool) {
	for _, r := range rows {
		walkAll(r, f)
	}
}

func walkOrder(list []OrderItem, f func(Node) bool) {
	for _, o := range list {
		walkExpr(o.Expr, f)
	}
}

func walkWith(list []CTE, f func(Node) bool) {
	for _, c := range list {
		walkQuery(c.Query, f)
	}
}

func walkPart(p *PartSpec, f func(Node) bool) {
	if p == nil {
		return
	}
	for _, it := range p.Items {
		walkExpr(it.Value, f)
	}
}

func walkTable(t TableRef, f func(Node) bool) {
	if t != nil {
		Walk(t, f)
	}
}

func walkStatement(s Statement, f func(Node) bool) {
	if s != nil {
		Walk(s, f)
	}
}

// belowStatement goes into the statements that hold queries or expressions; the rest have
// nothing below.
func belowStatement(s Statement, f func(Node) bool) {
	switch s := s.(type) {
	case *Query:
		belowQuery(s, f)
	case *Insert:
		walkWith(s.With, f)
		walkPart(s.Target.Partition, f)
		walkQuery(s.Query, f)
	case *MultiInsert:
		walkWith(s.With, f)
		walkTable(s.From, f)
		for _, b := range s.Inserts {
			walkPart(b.Target.Partition, f)
			walkQuery(b.Query, f)
		}
	case *Unload:
		walkQuery(s.Query, f)
	case *CreateTable:
		walkQuery(s.As, f)
	case *CreateView:
		walkQuery(s.Query, f)
	case *AlterViewAs:
		walkQuery(s.Query, f)
	case *CreateMacro:
		walkExpr(s.Body, f)
	case *CreateSchedule:
		walkStatement(s.Statement, f)
	case *AlterSchedule:
		walkStatement(s.Statement, f)
	case *Show:
		walkPart(s.Partition, f)
		walkExpr(s.Where, f)
		walkOrder(s.OrderBy, f)
	case *Explain:
		walkStatement(s.Statement, f)
	case *Prepare:
		walkStatement(s.Statement, f)
	case *Execute:
		walkAll(s.Args, f)
	}
}

func belowQuery(q QueryExpr, f func(Node) bool) {
	switch q := q.(type) {
	case *Query:
		walkWith(q.With, f)
		if q.Body != nil {
			Walk(q.Body, f)
		}
		walkOrder(q.OrderBy, f)
		walkAll(q.DistributeBy, f)
		walkOrder(q.SortBy, f)
		walkAll(q.ClusterBy, f)
		walkExpr(q.Limit, f)
		walkExpr(q.Offset, f)
	case *Select:
		for _, it := range q.Items {
			walkExpr(it.Expr, f)
		}
		if q.Transform != nil {
			walkAll(q.Transform.Args, f)
		}
		walkTable(q.From, f)
		walkExpr(q.Where, f)
		if q.GroupBy != nil {
			walkAll(q.GroupBy.Exprs, f)
		}
		walkExpr(q.Having, f)
		for _, w := range q.Windows {
			Walk(w.Window, f)
		}
		walkExpr(q.Qualify, f)
	case *SetOp:
		Walk(q.Right, f)
	case *Values:
		walkRows(q.Rows, f)
	}
}

func belowTable(t TableRef, f func(Node) bool) {
	switch t := t.(type) {
	case *Table:
		walkSample(t.Sample, f)
	case *SubqueryTable:
		walkQuery(t.Query, f)
		walkSample(t.Sample, f)
	case *FuncTable:
		Walk(t.Call, f)
	case *Unnest:
		walkAll(t.Exprs, f)
	case *LateralView:
		Walk(t.Call, f)
	case *Join:
		Walk(t.Right, f)
		walkExpr(t.On, f)
	case *UniqueJoin:
		for _, s := range t.Sources {
			walkTable(s.Table, f)
			walkAll(s.Keys, f)
		}
	}
}

func walkSample(s *Sample, f func(Node) bool) {
	if s != nil {
		walkAll(s.On, f)
	}
}

func belowExpr(e Expr, f func(Node) bool) {
	switch e := e.(type) {
	case *Exists:
		walkQuery(e.Query, f)
	case *Subquery:
		walkQuery(e.Query, f)
	case *InQuery:
		walkExpr(e.X, f)
		walkQuery(e.Query, f)
	case *Quantified:
		walkExpr(e.X, f)
		walkQuery(e.Query, f)
	case *Call:
		walkAll(e.Args, f)
		walkOrder(e.OrderBy, f)
		walkOrder(e.WithinGroup, f)
		walkExpr(e.Filter, f)
		if e.Over != nil {
			Walk(e.Over, f)
		}
	case *Binary:
		walkExpr(e.R, f)
	case *Index:
		walkExpr(e.I, f)
	case *Field:
	default:
		eachPart(e, func(p *Expr) { walkExpr(*p, f) })
	}
}

package ast

func (p *printer) call(e *Call) {
	if n := e.Name.Parts; len(n) == 1 && callable[n[0].Name] {
		p.WriteString(n[0].Name)
	} else {
		p.qname(e.Name)
	}
	p.WriteByte('(')
	p.when(e.Star, "*")
	p.when(e.Distinct, "distinct ")
	sep(p, e.Args, func(a Expr) { p.expr(a, 0) })
	p.order(" order by ", e.OrderBy)
	p.WriteByte(')')
	if e.Nulls != NullsUnsaid {
		p.words(" ", string(e.Nulls))
	}
	if len(e.WithinGroup) > 0 {
		p.WriteString(" within group (")
		p.order("order by ", e.WithinGroup)
		p.WriteByte(')')
	}
	if e.Filter != nil {
		p.WriteString(" filter (where ")
		p.expr(e.Filter, 0)
		p.WriteByte(')')
	}
	if e.Over != nil {
		p.WriteString(" over ")
		p.window(e.Over)
	}
}

// window writes a window's name, or its definition in parentheses.
func (p *printer) window(w *Window) {
	if w.Base.Given() && w.PartitionBy == nil && w.OrderBy == nil && w.Frame == nil {
		p.ident(w.Base)
		return
	}
	p.windowBody(w)
}

func (p *printer) windowBody(w *Window) {
	blank := ""
	p.WriteByte('(')
	if w.Base.Given() {
		p.ident(w.Base)
		blank = " "
	}
	if len(w.PartitionBy) > 0 {
		p.words(blank, "partition by ")
		sep(p, w.PartitionBy, func(e Expr) { p.expr(e, 0) })
		blank = " "
	}
	if len(w.OrderBy) > 0 {
		p.order(blank+"order by ", w.OrderBy)
		blank = " "
	}
	if f := w.Frame; f != nil {
		p.words(blank, string(f.Unit), " between ")
		p.bound(f.From)
		p.WriteString(" and ")
		p.bound(f.To)
	}
	p.WriteByte(')')
}

func (p *printer) bound(b Bound) {
	if b.Offset != nil {
		p.expr(b.Offset, precBitOr)
		p.WriteByte(' ')
	}
	p.WriteString(string(b.Kind))
}

// order writes word and the keys, or nothing.
func (p *printer) order(word string, list []OrderItem) {
	if len(list) > 0 {
		p.WriteString(word)
		sep(p, list, p.orderItem)
	}
}

func (p *printer) orderItem(o OrderItem) {
	p.expr(o.Expr, 0)
	_, tuple := o.Expr.(*Tuple)
	switch {
	case o.Desc:
		p.WriteString(" desc")
	case tuple: // SORT BY (a, b) would be two keys
		p.WriteString(" asc")
	}
	if o.Nulls != NullsDefault {
		p.words(" nulls ", string(o.Nulls))
	}
}

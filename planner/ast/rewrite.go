package ast

// RewriteExpr returns e with f applied to every expression in it, operands first: f gets a
// copy whose operands are already rewritten, and answers what stands in its place. e itself is
// not changed. Queries inside e are shared, not entered. A nil e gives nil.
func RewriteExpr(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	// The left operands of a long chain are taken in a loop.
	var spine []*Binary
	for {
		b, ok := e.(*Binary)
		if !ok {
			break
		}
		spine = append(spine, b)
		e = b.L
	}
	c := clone(e)
	eachPart(c, func(p *Expr) {
		if *p != nil {
			*p = RewriteExpr(*p, f)
		}
	})
	out := f(c)
	for i := len(spine) - 1; i >= 0; i-- {
		b := *spine[i]
		b.L, b.R = out, RewriteExpr(b.R, f)
		out = f(&b)
	}
	return out
}

// eachPart calls g with the address of every operand of e, in the order of the text. Queries
// are no operands.
func eachPart(e Expr, g func(*Expr)) {
	all := func(list []Expr) {
		for i := range list {
			g(&list[i])
		}
	}
	switch e := e.(type) {
	case *Literal, *Name, *Star, *Param, *Exists, *Subquery:
	case *Interval:
		g(&e.Value)
	case *Unary:
		g(&e.X)
	case *Binary:
		g(&e.L)
		g(&e.R)
	case *Logical:
		all(e.Args)
	case *Between:
		g(&e.X)
		g(&e.Lo)
		g(&e.Hi)
	case *InList:
		g(&e.X)
		all(e.List)
	case *InQuery:
		g(&e.X)
	case *Quantified:
		g(&e.X)
	case *Tuple:
		all(e.Items)
	case *Like:
		g(&e.X)
		all(e.Patterns)
		g(&e.Escape)
	case *Is:
		g(&e.X)
	case *Case:
		g(&e.Operand)
		for i := range e.Whens {
			g(&e.Whens[i].Cond)
			g(&e.Whens[i].Then)
		}
		g(&e.Else)
	case *Cast:
		g(&e.X)
		g(&e.Format)
	case *Extract:
		g(&e.X)
	case *RoundTo:
		g(&e.X)
	case *Trim:
		g(&e.Chars)
		g(&e.X)
	case *Call:
		eachCallPart(e, g)
	case *Lambda:
		g(&e.Body)
	case *Index:
		g(&e.X)
		g(&e.I)
	case *Field:
		g(&e.X)
	}
}

func eachCallPart(c *Call, g func(*Expr)) {
	order := func(list []OrderItem) {
		for i := range list {
			g(&list[i].Expr)
		}
	}
	for i := range c.Args {
		g(&c.Args[i])
	}
	order(c.OrderBy)
	order(c.WithinGroup)
	g(&c.Filter)
	if w := c.Over; w != nil {
		for i := range w.PartitionBy {
			g(&w.PartitionBy[i])
		}
		order(w.OrderBy)
		if w.Frame != nil {
			g(&w.Frame.From.Offset)
			g(&w.Frame.To.Offset)
		}
	}
}

// clone copies e and its lists of operands, so that eachPart may write into the copy.
func clone(e Expr) Expr {
	switch e := e.(type) {
	case *Literal, *Name, *Star, *Param, *Exists, *Subquery:
		return e
	case *Interval:
		return ref(*e)
	case *Unary:
		return ref(*e)
	case *Binary:
		return ref(*e)
	case *Logical:
		c := *e
		c.Args = copyOf(c.Args)
		return &c
	case *Between:
		return ref(*e)
	case *InList:
		c := *e
		c.List = copyOf(c.List)
		return &c
	case *InQuery:
		return ref(*e)
	case *Quantified:
		return ref(*e)
	case *Tuple:
		c := *e
		c.Items = copyOf(c.Items)
		return &c
	case *Like:
		c := *e
		c.Patterns = copyOf(c.Patterns)
		return &c
	case *Is:
		return ref(*e)
	case *Case:
		c := *e
		c.Whens = copyOf(c.Whens)
		return &c
	case *Cast:
		return ref(*e)
	case *Extract:
		return ref(*e)
	case *RoundTo:
		return ref(*e)
	case *Trim:
		return ref(*e)
	case *Call:
		return cloneCall(e)
	case *Lambda:
		return ref(*e)
	case *Index:
		return ref(*e)
	case *Field:
		return ref(*e)
	}
	return e
}

func cloneCall(e *Call) *Call {
	c := *e
	c.Args = copyOf(c.Args)
	c.OrderBy = copyOf(c.OrderBy)
	c.WithinGroup = copyOf(c.WithinGroup)
	if c.Over != nil {
		w := *c.Over
		w.PartitionBy = copyOf(w.PartitionBy)
		w.OrderBy = copyOf(w.OrderBy)
		if w.Frame != nil {
			w.Frame = ref(*w.Frame)
		}
		c.Over = &w
	}
	return &c
}

func ref[T any](v T) *T { return &v }

func copyOf[T any](list []T) []T {
	if list == nil {
		return nil
	}
	return append([]T(nil), list...)
}

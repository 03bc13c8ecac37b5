package bind

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// pulled is a subquery that reads no column of the enclosing query any more.
type pulled struct {
	node  logical.Node
	width int // columns of the query itself; those that conds need follow
	// conds are the conditions that did read such columns; a row counts for those rows of the
	// enclosing query for which they are true.
	conds []expr.Expr
	// emptied is set if the query is an aggregate without GROUP BY that now has keys: no row
	// means one row of these values, by column ID.
	emptied map[uint32]expr.Expr
}

// pull takes the conditions that read columns of an enclosing query out of n. Filters give them up;
// the nodes above pass on what they need: a projection adds columns, an aggregate keys, a window a
// partition. What cannot be taken out so is an error of kind Unsupported.
func (b *binder) pull(n logical.Node) (pulled, error) {
	width := len(n.Fields())
	p, err := b.pullUp(n)
	if err != nil {
		return pulled{}, err
	}
	p.width = width
	return p, nil
}

// free returns the first column that e reads and that is not among fields, or nil.
func free(e expr.Expr, fields []logical.Field) *expr.Column {
	var found *expr.Column
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok && found == nil && !has(fields, c.ID) {
			found = c
		}
		return found == nil
	})
	return found
}

func has(fields []logical.Field, id uint32) bool {
	return slices.ContainsFunc(fields, func(f logical.Field) bool { return f.ID == id })
}

func cannotPull(c *expr.Column, where string) error {
	return diag.At(c.At, diag.Unsupported, "column %s of the enclosing query in %s of a subquery is not supported", c.Name, where).
		WithHint("use it in conditions of the subquery's WHERE only")
}

// bound checks that exprs read columns of fields only.
func bound(exprs []expr.Expr, fields []logical.Field, where string) error {
	for _, e := range exprs {
		if c := free(e, fields); c != nil {
			return cannotPull(c, where)
		}
	}
	return nil
}

func (b *binder) pullUp(n logical.Node) (pulled, error) {
	switch n := n.(type) {
	case *logical.Filter:
		return b.pullFilter(n)
	case *logical.Project:
		return b.pullProject(n)
	case *logical.Aggregate:
		return b.pullAggregate(n)
	case *logical.Join:
		return b.pullJoin(n)
	case *logical.Limit:
		return b.pullLimit(n)
	case *logical.Window:
		return b.pullWindow(n)
	case *logical.Sort:
		in, err := b.pullUp(n.Input)
		if err != nil {
			return pulled{}, err
		}
		for _, k := range n.Keys {
			if c := free(k.Expr, in.node.Fields()); c != nil {
				return pulled{}, cannotPull(c, "ORDER BY")
			}
		}
		if len(in.conds) == 0 {
			in.node = n.With(in.node)
		} // else the order of the whole means nothing
		return in, nil
	case *logical.Generate:
		in, err := b.pullUp(n.Input)
		if err != nil {
			return pulled{}, err
		}
		if err := bound(n.Args, in.node.Fields(), "a table function"); err != nil {
			return pulled{}, err
		}
		in.node = n.With(in.node)
		return in, nil
	case *logical.Values:
		for _, row := range n.Rows {
			if err := bound(row, nil, "VALUES"); err != nil {
				return pulled{}, err
			}
		}
		return pulled{node: n}, nil
	case *logical.Scan, *logical.Shared:
		return pulled{node: n}, nil
	}
	return b.pullNothing(n)
}

// pullNothing is for nodes over which no condition can be moved.
func (b *binder) pullNothing(n logical.Node) (pulled, error) {
	inputs := slices.Clone(n.Inputs())
	for i, in := range inputs {
		p, err := b.pullUp(in)
		if err != nil {
			return pulled{}, err
		}
		if len(p.conds) > 0 {
			return pulled{}, outerIn(p.conds, p.node.Fields(), "this place")
		}
		inputs[i] = p.node
	}
	return pulled{node: n.With(inputs...)}, nil
}

// outerIn is the error for conds that cannot be moved further up.
func outerIn(conds []expr.Expr, fields []logical.Field, where string) error {
	for _, e := range conds {
		if c := free(e, fields); c != nil {
			return cannotPull(c, where)
		}
	}
	return diag.Errorf(diag.Internal, "correlated condition without outer column")
}

func (b *binder) pullFilter(n *logical.Filter) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	var own []expr.Expr
	for _, c := range n.Conds {
		if free(c, in.node.Fields()) == nil {
			own = append(own, c)
			continue
		}
		if in.emptied != nil {
			return pulled{}, outerIn([]expr.Expr{c}, in.node.Fields(), "HAVING")
		}
		in.conds = append(in.conds, c)
	}
	if len(own) == 0 {
		return in, nil
	}
	in.node = &logical.Filter{Input: in.node, Conds: own}
	if in.emptied == nil {
		return in, nil
	}
	// HAVING: the row over nothing may fail it, which leaves no row: NULL.
	m := maker{}
	passes := m.all(substitute(own, in.emptied))
	kept := map[uint32]expr.Expr{}
	for id, e := range in.emptied {
		kept[id] = m.when(passes, e, expr.Null(e.Type()))
	}
	in.emptied = kept
	return in, m.err
}

// substitute puts values in the place of columns.
func substitute(exprs []expr.Expr, values map[uint32]expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Column); ok && values[c.ID] != nil {
				return values[c.ID]
			}
			return x
		})
	}
	return out
}

func (b *binder) pullProject(n *logical.Project) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	fields := in.node.Fields()
	if err := bound(n.Exprs, fields, "the select list"); err != nil {
		return pulled{}, err
	}
	out := &logical.Project{Input: in.node, Exprs: slices.Clone(n.Exprs), Out: slices.Clone(n.Out)}
	for _, c := range in.conds {
		for _, id := range expr.Columns(c) {
			i := slices.IndexFunc(fields, func(f logical.Field) bool { return f.ID == id })
			if i < 0 || has(out.Out, id) {
				continue
			}
			out.Exprs, out.Out = append(out.Exprs, fields[i].Column(diag.Span{})), append(out.Out, fields[i])
		}
	}
	if in.emptied != nil {
		values := map[uint32]expr.Expr{}
		for i, e := range substitute(n.Exprs, in.emptied) {
			values[n.Out[i].ID] = e
		}
		in.emptied = values
	}
	in.node = out
	return in, nil
}

// equality splits a condition of the form inner = outer or inner <=> outer; fields are the inner columns.
func equality(cond expr.Expr, fields []logical.Field) (op string, inner, outer expr.Expr, ok bool) {
	c, isCall := cond.(*expr.Call)
	if !isCall || c.Name != "=" && c.Name != "<=>" {
		return "", nil, nil, false
	}
	isInner := func(e expr.Expr) bool { return free(e, fields) == nil && len(expr.Columns(e)) > 0 }
	isOuter := func(e expr.Expr) bool {
		return !slices.ContainsFunc(expr.Columns(e), func(id uint32) bool { return has(fields, id) })
	}
	switch {
	case isInner(c.Args[0]) && isOuter(c.Args[1]):
		return c.Name, c.Args[0], c.Args[1], true
	case isInner(c.Args[1]) && isOuter(c.Args[0]):
		return c.Name, c.Args[1], c.Args[0], true
	}
	return "", nil, nil, false
}

// keyBy adds the inner sides of conds to the keys of n and returns the conditions over the keys. What reads
// outer columns only stays as it is.
func (b *binder) keyBy(n *logical.Aggregate, conds []expr.Expr) ([]expr.Expr, error) {
	fields := n.Input.Fields()
	var on []expr.Expr
	for _, cond := range conds {
		if !slices.ContainsFunc(expr.Columns(cond), func(id uint32) bool { return has(fields, id) }) {
			on = append(on, cond)
			continue
		}
		op, inner, outer, ok := equality(cond, fields)
		if !ok {
			return nil, notEquality(cond, fields)
		}
		if err := mustCompare(inner, "a correlated subquery"); err != nil {
			return nil, err
		}
		name := "key"
		if c, ok := inner.(*expr.Column); ok {
			name = c.Name
		}
		f := b.field("", name, inner.Type())
		n.Keys = append(n.Keys, inner)
		n.Out = append(n.Out, f)
		e, err := expr.NewCall(op, []expr.Expr{f.Column(inner.Span()), outer}, cond.Span())
		if err != nil {
			return nil, err
		}
		on = append(on, e)
	}
	return on, nil
}

func notEquality(cond expr.Expr, fields []logical.Field) error {
	err := diag.At(cond.Span(), diag.Unsupported, "a subquery with an aggregate, LIMIT or value may be tied to the enclosing query by = only: not %s", expr.Print(cond))
	if c := free(cond, fields); c != nil && err.Span == (diag.Span{}) {
		err.Span = c.At
	}
	return err
}

func (b *binder) pullAggregate(n *logical.Aggregate) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	fields := in.node.Fields()
	if err := bound(n.Keys, fields, "GROUP BY"); err != nil {
		return pulled{}, err
	}
	for _, c := range n.Calls {
		args := c.Args
		if c.Filter != nil {
			args = append(slices.Clone(args), c.Filter)
		}
		if err := bound(args, fields, "an aggregate"); err != nil {
			return pulled{}, err
		}
	}
	out := *n
	out.Input = in.node
	out.Keys, out.Out = slices.Clone(n.Keys), slices.Clone(n.Out)
	if len(in.conds) == 0 {
		in.node = &out
		return in, nil
	}
	if in.emptied != nil {
		return pulled{}, outerIn(in.conds, fields, "an aggregate of an aggregate")
	}
	if len(n.Calls) == 0 && len(n.Keys) > 0 {
		// DISTINCT: to tell rows apart by more columns changes no answer.
		if conds, ok := b.passThrough(&out, in.conds, fields); ok {
			return pulled{node: &out, conds: conds}, nil
		}
	}
	conds, err := b.keyBy(&out, in.conds)
	if err != nil {
		return pulled{}, err
	}
	res := pulled{node: &out, conds: conds}
	if len(n.Keys) == 0 {
		res.emptied = map[uint32]expr.Expr{}
		for _, c := range n.Calls {
			if res.emptied[c.Out.ID], err = b.overNothing(c); err != nil {
				return pulled{}, err
			}
		}
	}
	return res, nil
}

// passThrough makes keys of the inner columns of conds.
func (b *binder) passThrough(n *logical.Aggregate, conds []expr.Expr, fields []logical.Field) ([]expr.Expr, bool) {
	var from, to []logical.Field
	for _, c := range conds {
		for _, id := range expr.Columns(c) {
			i := slices.IndexFunc(fields, func(f logical.Field) bool { return f.ID == id })
			if i < 0 || has(from, id) {
				continue
			}
			if hasMap(fields[i].T) {
				return nil, false
			}
			key := fields[i]
			key.ID = b.id()
			n.Keys, n.Out = append(n.Keys, fields[i].Column(diag.Span{})), append(n.Out, key)
			from, to = append(from, fields[i]), append(to, key)
		}
	}
	return renumber(conds, from, to), true
}

// overNothing is the value of an aggregate over no rows.
func (b *binder) overNothing(c logical.AggCall) (expr.Expr, error) {
	f := funcs.FindAggregate(c.Name)
	bound, err := f.Bind(expr.Args(c.Args))
	if err != nil {
		return nil, placed(err, c.At)
	}
	state := bound.New(&funcs.Ctx{Mem: memory.DefaultAllocator, Session: b.env.Session, Warn: b.warn})
	state.Grow(1)
	a, err := state.Final(memory.DefaultAllocator)
	if err != nil {
		return nil, placed(err, c.At)
	}
	defer a.Release()
	return expr.NewLiteral(a, c.Out.T, c.At)
}

func (b *binder) pullJoin(n *logical.Join) (pulled, error) {
	left, err := b.pullUp(n.Left)
	if err != nil {
		return pulled{}, err
	}
	right, err := b.pullUp(n.Right)
	if err != nil {
		return pulled{}, err
	}
	inner := n.Kind == logical.Inner
	if len(right.conds) > 0 && !inner {
		return pulled{}, outerIn(right.conds, right.node.Fields(), "an outer join or a subquery")
	}
	if len(left.conds) > 0 && (n.Kind == logical.Right || n.Kind == logical.Full) {
		return pulled{}, outerIn(left.conds, left.node.Fields(), "an outer join")
	}
	if left.emptied != nil || right.emptied != nil {
		return pulled{}, outerIn(append(left.conds, right.conds...), append(left.node.Fields(), right.node.Fields()...), "an aggregate in FROM")
	}
	out := *n
	out.Left, out.Right, out.On = left.node, right.node, nil
	both := append(slices.Clone(left.node.Fields()), right.node.Fields()...)
	conds := append(left.conds, right.conds...)
	for _, c := range n.On {
		outer := free(c, both)
		switch {
		case outer == nil:
			out.On = append(out.On, c)
		case inner:
			conds = append(conds, c)
		default:
			return pulled{}, cannotPull(outer, "an outer join or a subquery")
		}
	}
	return pulled{node: &out, conds: conds}, nil
}

// pullLimit makes a limit of all rows one per value of the inner sides of the conditions.
func (b *binder) pullLimit(n *logical.Limit) (pulled, error) {
	input, order := n.Input, []logical.SortKey(nil)
	if s, ok := input.(*logical.Sort); ok {
		input, order = s.Input, s.Keys
	}
	in, err := b.pullUp(input)
	if err != nil {
		return pulled{}, err
	}
	if len(in.conds) == 0 {
		return pulled{node: n.With(n.Input), emptied: in.emptied}, nil
	}
	fields := in.node.Fields()
	if in.emptied != nil {
		// One row: LIMIT leaves it.
		if n.Count > 0 && n.Offset == 0 {
			return in, nil
		}
		return pulled{}, outerIn(in.conds, fields, "LIMIT")
	}
	for _, k := range order {
		if c := free(k.Expr, fields); c != nil {
			return pulled{}, cannotPull(c, "ORDER BY")
		}
	}
	w := &logical.Window{Input: in.node, OrderBy: order}
	if w.PartitionBy, err = innerSides(in.conds, fields); err != nil {
		return pulled{}, err
	}
	rank := b.field("", "row_number", datatype.Int)
	w.Calls = []logical.WindowCall{{Name: "row_number", Out: rank, Frame: logical.Frame{Unit: logical.Rows, End: logical.FrameBound{Kind: logical.UnboundedFollowing}}}}
	m := maker{}
	at := rank.Column(diag.Span{})
	var keep []expr.Expr
	if n.Offset > 0 {
		keep = append(keep, m.call(">", at, expr.BigInt(n.Offset)))
	}
	if n.Count >= 0 {
		keep = append(keep, m.call("<=", at, expr.BigInt(n.Offset+min(n.Count, 1<<62))))
	}
	in.node = &logical.Filter{Input: w, Conds: keep}
	return in, m.err
}

// innerSides are the inner sides of conds, all of them equalities.
func innerSides(conds []expr.Expr, fields []logical.Field) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, c := range conds {
		if !slices.ContainsFunc(expr.Columns(c), func(id uint32) bool { return has(fields, id) }) {
			continue
		}
		_, inner, _, ok := equality(c, fields)
		if !ok {
			return nil, notEquality(c, fields)
		}
		out = append(out, inner)
	}
	return out, nil
}

func (b *binder) pullWindow(n *logical.Window) (pulled, error) {
	in, err := b.pullUp(n.Input)
	if err != nil {
		return pulled{}, err
	}
	fields := in.node.Fields()
	all := slices.Clone(n.PartitionBy)
	for _, k := range n.OrderBy {
		all = append(all, k.Expr)
	}
	for _, c := range n.Calls {
		all = append(all, c.Args...)
	}
	if err := bound(all, fields, "a window function"); err != nil {
		return pulled{}, err
	}
	out := *n
	out.Input = in.node
	if len(in.conds) > 0 {
		sides, err := innerSides(in.conds, fields)
		if err != nil {
			return pulled{}, err
		}
		out.PartitionBy = append(slices.Clone(n.PartitionBy), sides...)
	}
	in.node = &out
	return in, nil
}

package bind

import (
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

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

// keyBy adds the inner sides of conds, tied by values, to the keys of n and returns the conditions over the keys. What reads
// outer columns only stays as it is.
func (b *binder) keyBy(n *logical.Aggregate, conds []expr.Expr, values outerValues) ([]expr.Expr, error) {
	var err error
	if n.Input, conds, err = b.tied(n.Input, conds, values); err != nil {
		return nil, err
	}
	fields := n.Input.Fields()
	var on []expr.Expr
	for _, cond := range conds {
		if !slices.ContainsFunc(expr.Columns(cond), func(id uint32) bool { return has(fields, id) }) {
			on = append(on, cond)
			continue
		}
		op, inner, outer, _ := equality(cond, fields)
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

// outerValues returns a plan whose rows are the different values that columns have in the rows of the enclosing
// query, and its fields in the order of columns. ok is false if these rows do not have them all.
type outerValues func(columns []logical.Field) (values logical.Node, ok bool)

// tied makes every condition that reads columns of n an equality between these and columns of the enclosing query.
// Where that takes more, n is joined with the values that the enclosing query's columns have.
func (b *binder) tied(n logical.Node, conds []expr.Expr, valuesOf outerValues) (logical.Node, []expr.Expr, error) {
	fields := n.Fields()
	var out, rest []expr.Expr
	var columns []logical.Field
	for _, cond := range conds {
		reads := slices.ContainsFunc(expr.Columns(cond), func(id uint32) bool { return has(fields, id) })
		if _, _, _, ok := equality(cond, fields); ok || !reads {
			out = append(out, cond)
			continue
		}
		rest = append(rest, cond)
		expr.Walk(cond, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && !has(fields, c.ID) && !has(columns, c.ID) {
				columns = append(columns, logical.Field{ID: c.ID, Name: c.Name, T: c.Type()})
			}
			return true
		})
	}
	if len(rest) == 0 {
		return n, conds, nil
	}
	if valuesOf == nil {
		return nil, nil, notEquality(rest[0], fields)
	}
	values, ok := valuesOf(columns)
	if !ok {
		return nil, nil, notEquality(rest[0], fields)
	}
	for i, f := range values.Fields() {
		same, err := expr.NewCall("<=>", []expr.Expr{f.Column(rest[0].Span()), columns[i].Column(rest[0].Span())}, rest[0].Span())
		if err != nil {
			return nil, nil, err
		}
		out = append(out, same)
	}
	return &logical.Join{Kind: logical.Inner, Left: n, Right: values, On: renumber(rest, columns, values.Fields())}, out, nil
}

// valuesOf is an outerValues of the block's rows so far, which are then read twice.
func (s *block) valuesOf(columns []logical.Field) (logical.Node, bool) {
	fields := s.node.Fields()
	if slices.ContainsFunc(columns, func(c logical.Field) bool { return !has(fields, c.ID) }) {
		return nil, false
	}
	id, rows := s.id(), s.node
	again := s.share(rows, id)
	p := &logical.Project{Input: again}
	for _, c := range columns {
		f := again.Out[slices.IndexFunc(fields, func(f logical.Field) bool { return f.ID == c.ID })]
		p.Exprs, p.Out = append(p.Exprs, f.Column(diag.Span{})), append(p.Out, f)
	}
	s.node = renamed(s.share(rows, id), fields)
	return s.distinct(p), true
}

// renamed gives the columns of n other fields.
func renamed(n logical.Node, fields []logical.Field) logical.Node {
	p := &logical.Project{Input: n, Out: fields}
	for _, f := range n.Fields() {
		p.Exprs = append(p.Exprs, f.Column(diag.Span{}))
	}
	return p
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
		return pulled{node: &out, conds: b.passThrough(&out, in.conds, fields)}, nil
	}
	conds, err := b.keyBy(&out, in.conds, b.outer)
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
func (b *binder) passThrough(n *logical.Aggregate, conds []expr.Expr, fields []logical.Field) []expr.Expr {
	var from, to []logical.Field
	for _, c := range conds {
		for _, id := range expr.Columns(c) {
			i := slices.IndexFunc(fields, func(f logical.Field) bool { return f.ID == id })
			if i < 0 || has(from, id) {
				continue
			}
			key := fields[i]
			key.ID = b.id()
			n.Keys, n.Out = append(n.Keys, fields[i].Column(diag.Span{})), append(n.Out, key)
			from, to = append(from, fields[i]), append(to, key)
		}
	}
	return renumber(conds, from, to)
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
	if in.node, in.conds, err = b.tied(in.node, in.conds, b.outer); err != nil {
		return pulled{}, err
	}
	w := &logical.Window{Input: in.node, OrderBy: order, PartitionBy: innerSides(in.conds, in.node.Fields())}
	rank := b.field("", "row_number", datatype.Int)
	w.Calls = []logical.WindowCall{{Name: "row_number", Out: rank, Frame: logical.Frame{Unit: logical.Rows, End: logical.FrameBound{Kind: logical.UnboundedFollowing}}}}
	m := maker{}
	at := rank.Column(diag.Span{})
	var keep []expr.Expr
	if n.Offset > 0 {
		keep = append(keep, m.call(">", at, rankLimit(n.Offset)))
	}
	if n.Count >= 0 {
		keep = append(keep, m.call("<=", at, rankLimit(n.Offset+min(n.Count, 1<<62))))
	}
	in.node = &logical.Filter{Input: w, Conds: keep}
	return in, m.err
}

// rankLimit is n as a literal of row_number's type, if it is not too large.
func rankLimit(n int64) expr.Expr {
	if n <= math.MaxInt32 {
		return expr.Int(int32(n))
	}
	return expr.BigInt(n)
}

// innerSides are the inner sides of conds, all of them tied.
func innerSides(conds []expr.Expr, fields []logical.Field) []expr.Expr {
	var out []expr.Expr
	for _, c := range conds {
		if _, inner, _, ok := equality(c, fields); ok {
			out = append(out, inner)
		}
	}
	return out
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
	if in.emptied != nil {
		return pulled{}, outerIn(in.conds, fields, "an aggregate below a window function")
	}
	if in.node, in.conds, err = b.tied(in.node, in.conds, b.outer); err != nil {
		return pulled{}, err
	}
	out := *n
	out.Input = in.node
	out.PartitionBy = append(slices.Clone(n.PartitionBy), innerSides(in.conds, in.node.Fields())...)
	in.node = &out
	return in, nil
}

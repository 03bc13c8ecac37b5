package bind

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// windows are the window calls of a block, set aside as columns.
type windows struct {
	s     *block
	calls []windowCall
}

// windowCall is a call with its window.
type windowCall struct {
	call        logical.WindowCall
	partitionBy []expr.Expr
	orderBy     []logical.SortKey
}

// isFrameFunction reports whether name depends on the frame alone; the window operator does these itself.
func isFrameFunction(name string) bool {
	return name == "first_value" || name == "last_value" || name == "nth_value"
}

// windowCall binds f(…) OVER (…) and returns its column.
func (p *place) windowCall(e *ast.Call) (expr.Expr, error) {
	if p.windows == nil {
		err := diag.At(e.Span(), diag.Syntax, "window function %s cannot stand in %s", e.Name.Name(), p.clause)
		if p.clause == "WHERE" || p.clause == "HAVING" {
			err.Hint = "use QUALIFY"
		}
		return nil, err
	}
	inner := *p
	inner.clause, inner.windows, inner.aliasFirst = "a window function", nil, nil
	if p.aliases != nil {
		// In ORDER BY and QUALIFY an alias may stand inside OVER too, if it is no window call itself.
		inner.aliases = func(name string) expr.Expr {
			x := p.aliases(name)
			if x == nil || p.windows.in(x) {
				return nil
			}
			return x
		}
	}
	return p.windows.add(e, &inner)
}

// add binds call e, whose parts stand at p.
func (w *windows) add(e *ast.Call, p *place) (expr.Expr, error) {
	def, err := w.definition(e.Over, 0)
	if err != nil {
		return nil, err
	}
	c := windowCall{}
	for _, x := range def.PartitionBy {
		k, err := p.expr(x)
		if err != nil {
			return nil, err
		}
		if _, constant := k.(*expr.Literal); !constant {
			c.partitionBy = append(c.partitionBy, k)
		}
	}
	for _, o := range def.OrderBy {
		k, err := p.expr(o.Expr)
		if err == nil {
			err = mustOrder(k, "ORDER BY")
		}
		if err != nil {
			return nil, err
		}
		c.orderBy = append(c.orderBy, w.s.sortKey(k, o))
	}
	p.neighbour = func(e *ast.Call) (expr.Expr, error) {
		inner, call := *p, *e
		inner.windows, inner.neighbour = w, nil
		call.Over = &ast.Window{Pos: e.Pos, PartitionBy: def.PartitionBy, OrderBy: def.OrderBy}
		return inner.windowCall(&call)
	}
	if err := p.windowFunction(e, &c.call); err != nil {
		return nil, err
	}
	if err := p.frame(def, &c); err != nil {
		return nil, err
	}
	for _, known := range w.calls {
		if c.sameAs(known) {
			return known.call.Out.Column(e.Span()), nil
		}
	}
	w.calls = append(w.calls, c)
	return c.call.Out.Column(e.Span()), nil
}

// in reports whether e reads a window call.
func (w *windows) in(e expr.Expr) bool {
	ids := expr.Columns(e)
	return slices.ContainsFunc(w.calls, func(c windowCall) bool { return slices.Contains(ids, c.call.Out.ID) })
}

// definition follows the names of the WINDOW clause.
func (w *windows) definition(def *ast.Window, depth int) (*ast.Window, error) {
	if !def.Base.Given() {
		return def, nil
	}
	if depth > len(w.s.sel.Windows) {
		return nil, diag.At(def.Base.Span(), diag.Syntax, "window %q names itself", def.Base.Name)
	}
	var names []string
	for _, d := range w.s.sel.Windows {
		names = append(names, d.Name.Name)
		if d.Name.Name != def.Base.Name {
			continue
		}
		base, err := w.definition(d.Window, depth+1)
		if err != nil {
			return nil, err
		}
		out := *base
		if len(def.PartitionBy) > 0 {
			out.PartitionBy = def.PartitionBy
		}
		if len(def.OrderBy) > 0 {
			out.OrderBy = def.OrderBy
		}
		if def.Frame != nil {
			out.Frame = def.Frame
		}
		return &out, nil
	}
	err := diag.At(def.Base.Span(), diag.Unknown, "no window %q", def.Base.Name)
	err.Hint = diag.DidYouMean(def.Base.Name, names)
	return nil, err
}

func (c windowCall) sameAs(d windowCall) bool {
	a, b := c.call, d.call
	return a.Name == b.Name && a.Distinct == b.Distinct && a.IgnoreNulls == b.IgnoreNulls && c.sameWindow(d) &&
		slices.EqualFunc(a.Args, b.Args, expr.Equal) && sameFrame(a.Frame, b.Frame) &&
		(a.Filter == nil) == (b.Filter == nil) && (a.Filter == nil || expr.Equal(a.Filter, b.Filter))
}

func sameFrame(a, b logical.Frame) bool {
	return a.Unit == b.Unit && sameBound(a.Start, b.Start) && sameBound(a.End, b.End)
}

func sameBound(a, b logical.FrameBound) bool {
	return a.Kind == b.Kind && (a.Offset == nil) == (b.Offset == nil) && (a.Offset == nil || expr.Equal(a.Offset, b.Offset))
}

// sameWindow reports whether the calls see the rows in the same partitions and order.
func (c windowCall) sameWindow(d windowCall) bool {
	return slices.EqualFunc(c.partitionBy, d.partitionBy, expr.Equal) && slices.EqualFunc(c.orderBy, d.orderBy, func(a, b logical.SortKey) bool {
		return a.Descending == b.Descending && a.NullsFirst == b.NullsFirst && expr.Equal(a.Expr, b.Expr)
	})
}

// windowFunction binds the function of e and its arguments into call.
func (p *place) windowFunction(e *ast.Call, call *logical.WindowCall) error {
	name := e.Name.Name()
	call.At, call.IgnoreNulls = e.Span(), e.Nulls == ast.NullsIgnore
	if agg := funcs.FindAggregate(name); agg != nil && funcs.FindWindow(name) == nil {
		c, err := p.b.aggregateCall(agg, e, p)
		if err != nil {
			return err
		}
		call.Name, call.Args, call.Distinct, call.Filter, call.Out = c.Name, c.Args, c.Distinct, c.Filter, c.Out
		return nil
	}
	if e.Distinct || e.Star || e.Filter != nil || len(e.WithinGroup) > 0 {
		return diag.At(e.Span(), diag.Syntax, "*, DISTINCT, FILTER and WITHIN GROUP have no meaning in %s", name)
	}
	args, err := p.exprs(e.Args)
	if err != nil {
		return err
	}
	for i := range args {
		args[i] = expr.Fold(args[i], p.b.env.Session)
	}
	if isFrameFunction(name) {
		return p.frameFunction(e, name, args, call)
	}
	f := funcs.FindWindow(name)
	if f == nil {
		if funcs.FindScalar(name) != nil {
			return diag.At(e.Span(), diag.Syntax, "%s is no window function", name)
		}
		return placed(funcs.NoFunction("window function", name, functionNames("window", "aggregate")), e.Name.Span())
	}
	bound, err := f.Bind(expr.Args(args))
	if err != nil {
		return placed(err, e.Span())
	}
	if call.Args, err = expr.CastArgs(args, bound.Casts, e.Span()); err != nil {
		return err
	}
	call.Name, call.Out = f.Name, p.b.field("", f.Name, bound.Type)
	return nil
}

// frameFunction binds first_value(x[, true]), last_value(x[, true]) and nth_value(x, n).
func (p *place) frameFunction(e *ast.Call, name string, args []expr.Expr, call *logical.WindowCall) error {
	call.Name = name
	switch {
	case name == "nth_value" && len(args) == 2:
		n, ok := args[1].(*expr.Literal)
		if !ok || !datatype.IsInteger(n.Type()) {
			return diag.At(e.Args[1].Span(), diag.Type, "the second argument of nth_value must be a constant whole number")
		}
		x, err := expr.NewCast(n, datatype.BigInt, n.Span())
		if err != nil {
			return err
		}
		args[1] = x
	case name != "nth_value" && len(args) == 2:
		// The second argument is Hive's older way to say IGNORE NULLS.
		if !expr.IsTrue(args[1]) && !expr.IsFalse(args[1]) {
			return diag.At(e.Args[1].Span(), diag.Type, "the second argument of %s must be true or false", name)
		}
		call.IgnoreNulls = call.IgnoreNulls || expr.IsTrue(args[1])
		args = args[:1]
	case name == "nth_value" || len(args) != 1:
		return diag.At(e.Span(), diag.Type, "%s does not take %d arguments", name, len(args))
	}
	call.Args, call.Out = args, p.b.field("", name, args[0].Type())
	return nil
}

var frameBounds = map[ast.BoundKind]logical.BoundKind{
	ast.UnboundedPreceding: logical.UnboundedPreceding, ast.Preceding: logical.Preceding, ast.CurrentRow: logical.CurrentRow,
	ast.Following: logical.Following, ast.UnboundedFollowing: logical.UnboundedFollowing,
}

// frame binds the frame of a call; without one it is the partition up to the row and its ties, or, without an
// order, the whole partition.
func (p *place) frame(def *ast.Window, c *windowCall) error {
	f := &c.call.Frame
	if def.Frame == nil {
		*f = logical.Frame{Unit: logical.Rows, End: logical.FrameBound{Kind: logical.UnboundedFollowing}}
		if len(c.orderBy) > 0 {
			*f = logical.Frame{Unit: logical.Range, End: logical.FrameBound{Kind: logical.CurrentRow}}
		}
		return nil
	}
	if funcs.FindWindow(c.call.Name) != nil {
		// Hive takes a frame here and does not look at it.
		*f = logical.Frame{Unit: logical.Rows, End: logical.FrameBound{Kind: logical.UnboundedFollowing}}
		return nil
	}
	if def.Frame.Unit == ast.FrameRange {
		f.Unit = logical.Range
	}
	var err error
	if f.Start, err = p.bound(def.Frame.From, f.Unit, c.orderBy); err != nil {
		return err
	}
	if f.End, err = p.bound(def.Frame.To, f.Unit, c.orderBy); err != nil {
		return err
	}
	if f.Start.Kind > f.End.Kind || f.Start.Kind == logical.UnboundedFollowing || f.End.Kind == logical.UnboundedPreceding {
		return diag.At(def.Frame.Span(), diag.Syntax, "the frame ends before it starts")
	}
	return nil
}

// bound binds one end of a frame.
func (p *place) bound(b ast.Bound, unit logical.FrameUnit, order []logical.SortKey) (logical.FrameBound, error) {
	out := logical.FrameBound{Kind: frameBounds[b.Kind]}
	if b.Offset == nil {
		return out, nil
	}
	x, err := p.expr(b.Offset)
	if err != nil {
		return out, err
	}
	lit, ok := p.b.constant(x)
	if !ok || expr.IsNull(lit) {
		return out, diag.At(b.Span(), diag.Syntax, "the offset of a frame must be a constant")
	}
	out.Offset = lit
	if unit == logical.Rows {
		if !datatype.IsInteger(lit.Type()) {
			return out, diag.At(b.Span(), diag.Type, "ROWS takes a whole number, not %s", datatype.Name(lit.Type()))
		}
		out.Offset, err = expr.NewCast(lit, datatype.BigInt, b.Span())
		return out, err
	}
	if len(order) != 1 {
		return out, diag.At(b.Span(), diag.Syntax, "RANGE with an offset needs one ORDER BY expression, not %d", len(order))
	}
	return out, rangeOffset(order[0].Expr.Type(), lit.Type(), b.Span())
}

// rangeOffset checks that offset can be added to the order's key.
func rangeOffset(key, offset arrow.DataType, at diag.Span) error {
	interval := datatype.Equal(offset, datatype.DayTime) || datatype.Equal(offset, datatype.YearMonth)
	timed := datatype.Equal(key, datatype.Date) || datatype.Equal(key, datatype.Timestamp) || datatype.Equal(key, datatype.TimestampLTZ)
	switch {
	case datatype.IsNumeric(key) && datatype.IsNumeric(offset):
	case timed && interval:
	case datatype.Equal(key, datatype.Date) && datatype.IsInteger(offset):
	default:
		return diag.At(at, diag.Type, "RANGE with an offset of type %s over %s is not possible", datatype.Name(offset), datatype.Name(key))
	}
	return nil
}

// reads reports whether the arguments of c read one of ids.
func (c windowCall) reads(ids map[uint32]bool) bool {
	return slices.ContainsFunc(append(slices.Clone(c.call.Args), c.call.Filter), func(e expr.Expr) bool {
		return e != nil && slices.ContainsFunc(expr.Columns(e), func(id uint32) bool { return ids[id] })
	})
}

// build puts the window calls over input: one node per window, and one more where a call reads another.
func (w *windows) build(input logical.Node) logical.Node {
	done := make([]bool, len(w.calls))
	above := map[uint32]bool{} // what is not computed below the next node
	for _, c := range w.calls {
		above[c.call.Out.ID] = true
	}
	for i, c := range w.calls {
		if done[i] {
			continue
		}
		n := &logical.Window{Input: input, PartitionBy: c.partitionBy, OrderBy: c.orderBy}
		for j := i; j < len(w.calls); j++ {
			if !done[j] && c.sameWindow(w.calls[j]) && !w.calls[j].reads(above) {
				done[j] = true
				n.Calls = append(n.Calls, w.calls[j].call)
			}
		}
		for _, call := range n.Calls {
			delete(above, call.Out.ID)
		}
		input = n
	}
	return input
}

// regroup makes the calls read the groups.
func (w *windows) regroup(g *grouping) error {
	for i := range w.calls {
		c := &w.calls[i]
		if err := g.rewriteAll(c.call.Args); err != nil {
			return err
		}
		if err := g.rewriteAll(c.partitionBy); err != nil {
			return err
		}
		for j := range c.orderBy {
			x, err := g.rewrite(c.orderBy[j].Expr)
			if err != nil {
				return err
			}
			c.orderBy[j].Expr = x
		}
		if c.call.Filter != nil {
			x, err := g.rewrite(c.call.Filter)
			if err != nil {
				return err
			}
			c.call.Filter = x
		}
	}
	return nil
}

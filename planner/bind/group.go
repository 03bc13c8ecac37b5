package bind

import (
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// grouping is what a block groups by and the aggregates that it computes. The block's expressions are
// bound over the source rows first, an aggregate being a column already; rewrite then makes them read the groups.
type grouping struct {
	s        *block
	explicit bool // there is GROUP BY or HAVING
	keys     []groupKey
	calls    []logical.AggCall
	sets     [][]int // grouping sets, indexes into keys; nil: one set of all keys
	gid      logical.Field
	source   map[uint32]bool // columns of the source rows
}

// groupKey is an expression of GROUP BY.
type groupKey struct {
	raw expr.Expr     // over the source rows
	out logical.Field // its column in the groups
}

// active reports whether the block groups at all.
func (g *grouping) active() bool { return g.explicit || len(g.calls) > 0 }

// aggregate sets a call aside and returns its column. Equal calls are one.
func (g *grouping) aggregate(f *funcs.Aggregate, e *ast.Call) (expr.Expr, error) {
	call, err := g.s.aggregateCall(f, e, g.s.sourcePlace("the arguments of aggregate "+f.Name))
	if err != nil {
		return nil, err
	}
	for _, c := range g.calls {
		if sameCall(c, call) {
			return c.Out.Column(e.Span()), nil
		}
	}
	g.calls = append(g.calls, call)
	return call.Out.Column(e.Span()), nil
}

func sameCall(a, b logical.AggCall) bool {
	if a.Name != b.Name || a.Distinct != b.Distinct || (a.Filter == nil) != (b.Filter == nil) || !slices.EqualFunc(a.Args, b.Args, expr.Equal) {
		return false
	}
	return (a.Filter == nil || expr.Equal(a.Filter, b.Filter)) && !slices.ContainsFunc(a.Args, expr.IsVolatile)
}

// aggregateCall binds a call of aggregate f whose arguments stand at p.
func (b *binder) aggregateCall(f *funcs.Aggregate, e *ast.Call, p *place) (logical.AggCall, error) {
	call := logical.AggCall{Name: f.Name, Distinct: e.Distinct && !f.IgnoresDistinct, At: e.Span()}
	args, err := p.aggregateArgs(f, e)
	if err != nil {
		return call, err
	}
	bound, err := f.Bind(expr.Args(args))
	if err != nil {
		return call, placed(err, e.Span())
	}
	if call.Args, err = expr.CastArgs(args, bound.Casts, e.Span()); err != nil {
		return call, err
	}
	if e.Filter != nil {
		if call.Filter, err = p.condition(e.Filter); err != nil {
			return call, err
		}
	}
	call.Out = b.field("", callText(call), bound.Type)
	return call, nil
}

// callText is how EXPLAIN shows the column of an aggregate.
func callText(c logical.AggCall) string {
	if s := logical.DescribeCall(c); len(s) <= 60 {
		return s
	}
	return c.Name
}

// aggregateArgs binds the arguments of e, those of WITHIN GROUP first.
func (p *place) aggregateArgs(f *funcs.Aggregate, e *ast.Call) ([]expr.Expr, error) {
	if e.Star {
		if f.Name != "count" {
			return nil, diag.At(e.Span(), diag.Syntax, "%s(*) is not possible; only count takes *", f.Name)
		}
		if !e.Distinct {
			return nil, nil
		}
		return p.starColumns(&ast.Star{Pos: e.Pos})
	}
	if len(e.Args) == 0 && f.Name == "count" {
		return nil, diag.At(e.Span(), diag.Syntax, "count takes * or an argument")
	}
	if len(e.Args) == 1 && f.Name == "count" {
		if star, ok := e.Args[0].(*ast.Star); ok { // count(distinct *), count(t.*)
			return p.starColumns(star)
		}
	}
	args, err := p.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	if len(e.OrderBy) > 0 {
		return nil, diag.At(e.OrderBy[0].Span(), diag.Unsupported, "ORDER BY inside %s is not supported", f.Name).
			WithHint("sort_array(collect_list(x)) orders the elements")
	}
	var front []expr.Expr
	for _, o := range e.WithinGroup {
		x, err := p.expr(o.Expr)
		if err != nil {
			return nil, err
		}
		front = append(front, x)
	}
	if len(front) > 0 {
		if args, err = withinGroup(f, e, front, args); err != nil {
			return nil, err
		}
	}
	for i, a := range args {
		args[i] = expr.Fold(a, p.b.env.Session)
	}
	return args, nil
}

// starColumns are the columns that * or t.* stands for as arguments.
func (p *place) starColumns(e *ast.Star) ([]expr.Expr, error) {
	cols := p.scope.visible(e.Table)
	if len(cols) == 0 && len(e.Table) > 0 {
		return nil, p.scope.missingTable(e.Table)
	}
	out := make([]expr.Expr, len(cols))
	for i, c := range cols {
		out[i] = p.scope.read(c, e.Span())
	}
	return out, nil
}

// withinGroup makes percentile_cont(p) WITHIN GROUP (ORDER BY x) percentile_cont(x, p), which Hive knows too.
func withinGroup(f *funcs.Aggregate, e *ast.Call, order, args []expr.Expr) ([]expr.Expr, error) {
	if f.Name != "percentile_cont" && f.Name != "percentile_disc" && f.Name != "percentile" && f.Name != "percentile_approx" {
		return nil, diag.At(e.Span(), diag.Unsupported, "%s does not take WITHIN GROUP", f.Name)
	}
	if len(order) != 1 {
		return nil, diag.At(e.Span(), diag.Syntax, "WITHIN GROUP of %s orders by one expression, not %d", f.Name, len(order))
	}
	if e.WithinGroup[0].Desc {
		return nil, diag.At(e.WithinGroup[0].Span(), diag.Unsupported, "DESC in WITHIN GROUP of %s is not supported", f.Name)
	}
	return append(order, args...), nil
}

// ascending turns percentile_cont(p) WITHIN GROUP (ORDER BY x DESC) into 0 - percentile_cont(p) WITHIN GROUP
// (ORDER BY 0 - x), which is the same; nil if e is something else.
func ascending(e *ast.Call) *ast.Binary {
	name := e.Name.Name()
	if name != "percentile_cont" && name != "percentile_disc" || len(e.WithinGroup) != 1 || !e.WithinGroup[0].Desc {
		return nil
	}
	negated := func(x ast.Expr) *ast.Binary {
		return &ast.Binary{Pos: e.Pos, Op: ast.OpSub, L: &ast.Literal{Pos: e.Pos, Kind: ast.LitInt, Text: "0"}, R: x}
	}
	up, key := *e, e.WithinGroup[0]
	key.Expr, key.Desc = negated(key.Expr), false
	up.WithinGroup = []ast.OrderItem{key}
	return negated(&up)
}

// rewrite makes e, over the source rows, read the groups.
func (g *grouping) rewrite(e expr.Expr) (expr.Expr, error) {
	for _, k := range g.keys {
		if expr.Equal(e, k.raw) {
			return k.out.Column(e.Span()), nil
		}
	}
	if c, ok := e.(*expr.Column); ok && g.source[c.ID] {
		return nil, diag.At(c.At, diag.Type, "expression not in GROUP BY key: %s", c.Name).
			WithHint("add it to GROUP BY, or take one value of the group: max(%s)", c.Name)
	}
	return mapChildren(e, g.rewrite)
}

func (g *grouping) rewriteAll(list []expr.Expr) error {
	for i, e := range list {
		x, err := g.rewrite(e)
		if err != nil {
			return err
		}
		list[i] = x
	}
	return nil
}

// mapChildren returns e with f applied to what is directly below it.
func mapChildren(e expr.Expr, f func(expr.Expr) (expr.Expr, error)) (expr.Expr, error) {
	switch x := e.(type) {
	case *expr.Call:
		c := *x
		c.Args = make([]expr.Expr, len(x.Args))
		for i, a := range x.Args {
			var err error
			if c.Args[i], err = f(a); err != nil {
				return nil, err
			}
		}
		return &c, nil
	case *expr.Case:
		c := *x
		c.Whens = make([]expr.When, len(x.Whens))
		var err error
		for i, w := range x.Whens {
			if c.Whens[i].Cond, err = f(w.Cond); err != nil {
				return nil, err
			}
			if c.Whens[i].Then, err = f(w.Then); err != nil {
				return nil, err
			}
		}
		if c.Else, err = f(x.Else); err != nil {
			return nil, err
		}
		return &c, nil
	}
	return e, nil
}

// build puts the aggregation over input.
func (g *grouping) build(input logical.Node) logical.Node {
	n := &logical.Aggregate{Input: input, Calls: g.calls}
	for _, k := range g.keys {
		n.Keys, n.Out = append(n.Keys, k.raw), append(n.Out, k.out)
	}
	if g.sets != nil {
		g.expand(n)
	}
	return n
}

// expand puts the grouping sets below n. The keys are copied first: an aggregate of a key sees its values also
// in the sets that leave the key out.
func (g *grouping) expand(n *logical.Aggregate) {
	copies := &logical.Project{Input: n.Input}
	for _, f := range n.Input.Fields() {
		copies.Exprs, copies.Out = append(copies.Exprs, f.Column(diag.Span{})), append(copies.Out, f)
	}
	sets := &logical.GroupingSets{Input: copies, Sets: g.sets, ID: g.s.field("", "grouping__id", datatype.BigInt)}
	for i, k := range g.keys {
		f := g.s.field("", k.out.Name, k.out.T)
		copies.Exprs, copies.Out = append(copies.Exprs, k.raw), append(copies.Out, f)
		twin := g.s.field("", k.out.Name, k.out.T)
		sets.Keys, sets.Out = append(sets.Keys, f.ID), append(sets.Out, twin)
		n.Keys[i] = twin.Column(k.raw.Span())
	}
	for _, set := range g.sets {
		sets.GID = append(sets.GID, g.idOf(set))
	}
	for i, set := range g.sets {
		if len(set) == 0 {
			n.Always = alwaysGroup(n.Keys, sets.GID[i])
		}
	}
	n.Input = sets
	n.Keys, n.Out = append(n.Keys, sets.ID.Column(diag.Span{})), append(n.Out, g.gid)
}

// alwaysGroup is the group of the grouping set (), whose GROUPING__ID is id: NULL in all keys. Hive 3 and later
// have its row also where there are no rows (HIVE-17617), as for an aggregate without keys.
func alwaysGroup(keys []expr.Expr, id int64) []expr.Expr {
	var group []expr.Expr
	for _, k := range keys {
		group = append(group, expr.Null(k.Type()))
	}
	return append(group, expr.BigInt(id))
}

// idOf is GROUPING__ID of a set: bit n-1-i is 1 if key i of n is not in it (Hive 2.3 and later).
func (g *grouping) idOf(set []int) int64 {
	var id int64
	for i := range g.keys {
		id <<= 1
		if !slices.Contains(set, i) {
			id |= 1
		}
	}
	return id
}

// groupingID is the column GROUPING__ID.
func (g *grouping) groupingID(at diag.Span) (expr.Expr, error) {
	if g.s.sel.GroupBy == nil {
		return nil, diag.At(at, diag.Syntax, "GROUPING__ID needs GROUP BY")
	}
	if g.sets == nil {
		return expr.NewLiteral(int64(0), datatype.BigInt, at)
	}
	return g.gid.Column(at), nil
}

// groupingOf is grouping(a, b): the bits of these keys in GROUPING__ID.
func (g *grouping) groupingOf(e *ast.Call) (expr.Expr, error) {
	id, err := g.groupingID(e.Span())
	if err != nil {
		return nil, err
	}
	if len(e.Args) == 0 {
		return nil, diag.At(e.Span(), diag.Type, "grouping() takes the columns of GROUP BY")
	}
	m := maker{at: e.Span()}
	var sum expr.Expr
	for _, arg := range e.Args {
		x, err := g.s.sourcePlace("grouping()").expr(arg)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(g.keys, func(k groupKey) bool { return expr.Equal(k.raw, x) })
		if i < 0 {
			return nil, diag.At(arg.Span(), diag.Type, "%s is not in GROUP BY", expr.Print(x))
		}
		// id div 2^shift % 2
		shifted := m.call("div", id, expr.BigInt(1<<(len(g.keys)-1-i)))
		bit := m.call("%", shifted, expr.BigInt(2))
		if sum != nil {
			bit = m.call("+", m.call("*", sum, expr.BigInt(2)), bit)
		}
		sum = bit
	}
	if len(e.Args) < 32 {
		sum = m.cast(sum, datatype.Int)
	}
	return sum, m.err
}

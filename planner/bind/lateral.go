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

// lateralView binds a chain of LATERAL VIEWs, which leans to the left.
func (b *binder) lateralView(v *ast.LateralView, c fromCtx) (relation, error) {
	chain := []*ast.LateralView{v}
	for {
		left, ok := chain[len(chain)-1].Left.(*ast.LateralView)
		if !ok {
			break
		}
		chain = append(chain, left)
	}
	first := chain[len(chain)-1]
	rel := single()
	switch {
	case first.Left != nil:
		var err error
		if rel, err = b.from(first.Left, c); err != nil {
			return relation{}, err
		}
	case c.left != nil: // a branch of a multi-insert
		rel = *c.left
	}
	for i := len(chain) - 1; i >= 0; i-- {
		v := chain[i]
		made, err := b.generate(rel, v.Call, v.Outer, v.Alias.Name, v.Columns, c)
		if err != nil {
			return relation{}, err
		}
		if err := sameAlias(rel, relation{cols: made.cols[len(rel.cols):]}, v.Alias.Span()); err != nil {
			return relation{}, err
		}
		rel = made
	}
	return rel, nil
}

// generate adds the columns of table function call to each row of rel. names are those of AS, or empty.
func (b *binder) generate(rel relation, call *ast.Call, outer bool, alias string, names []ast.Ident, c fromCtx) (relation, error) {
	if err := b.count(call.Span()); err != nil {
		return relation{}, err
	}
	p := &place{b: b, clause: "the arguments of a table function", scope: &scope{cols: rel.cols, outer: c.outer}, with: c.with}
	g, err := p.tableFunction(rel.node, call, names)
	if err != nil {
		return relation{}, err
	}
	g.Outer = outer
	cols := slices.Clone(rel.cols)
	for i := range g.Out {
		g.Out[i].Qualifier = alias
		cols = append(cols, column{Field: g.Out[i]})
	}
	return relation{node: g, cols: cols}, nil
}

// tableFunction binds a call of a table function over the rows of input.
func (p *place) tableFunction(input logical.Node, call *ast.Call, names []ast.Ident) (*logical.Generate, error) {
	f := funcs.FindTable(call.Name.Name())
	if f == nil {
		err := diag.At(call.Name.Span(), diag.Unknown, "no table function %q", call.Name)
		err.Hint = diag.DidYouMean(call.Name.Name(), functionNames("table"))
		return nil, err
	}
	args, err := p.exprs(call.Args)
	if err != nil {
		return nil, err
	}
	bound, err := f.Bind(expr.Args(args))
	if err != nil {
		return nil, placed(err, call.Span())
	}
	if args, err = expr.CastArgs(args, bound.Casts, call.Span()); err != nil {
		return nil, err
	}
	if len(names) > 0 && len(names) != len(bound.Columns) {
		return nil, diag.At(spanOf(names), diag.Type, "%d names for the %d columns of %s", len(names), len(bound.Columns), f.Name)
	}
	g := &logical.Generate{Input: input, Function: f.Name, Args: args, At: call.Span()}
	for i, c := range bound.Columns {
		name := c.Name
		if len(names) > 0 {
			name = names[i].Name
		}
		g.Out = append(g.Out, p.b.field("", name, c.Type))
	}
	return g, nil
}

// funcTable binds TABLE(f(…)) that does not stand in a join.
func (b *binder) funcTable(t *ast.FuncTable, c fromCtx) (relation, error) {
	alias := t.Alias.Name
	if alias == "" {
		alias = t.Call.Name.Name()
	}
	return b.generate(single(), t.Call, false, alias, t.Columns, c)
}

// joinFunction binds left JOIN LATERAL TABLE(f(…)).
func (b *binder) joinFunction(left relation, j *ast.Join, f *ast.FuncTable, c fromCtx) (relation, error) {
	alias := f.Alias.Name
	if alias == "" {
		alias = f.Call.Name.Name()
	}
	outer := j.Kind == ast.LeftJoin
	if !outer && j.Kind != ast.InnerJoin && j.Kind != ast.CrossJoin || len(j.Using) > 0 {
		return relation{}, diag.At(j.Span(), diag.Unsupported, "a table function in a %s is not supported", j.Kind)
	}
	rel, err := b.generate(left, f.Call, outer, alias, f.Columns, c)
	if err != nil || j.On == nil {
		return rel, err
	}
	p := &place{b: b, clause: "ON", scope: &scope{cols: rel.cols, outer: c.outer}}
	on, err := p.conjuncts(j.On)
	if err != nil {
		return relation{}, err
	}
	on = slices.DeleteFunc(on, expr.IsTrue)
	if len(on) > 0 {
		if outer {
			return relation{}, diag.At(j.On.Span(), diag.Unsupported, "a LEFT JOIN of a table function takes ON TRUE only")
		}
		rel.node = &logical.Filter{Input: rel.node, Conds: on}
	}
	return rel, nil
}

// unnest binds UNNEST(…), Athena's form of LATERAL VIEW.
func (b *binder) unnest(u *ast.Unnest, c fromCtx) (relation, error) {
	left := single()
	if u.Left != nil {
		var err error
		if left, err = b.from(u.Left, c); err != nil {
			return relation{}, err
		}
	}
	if err := b.count(u.Span()); err != nil {
		return relation{}, err
	}
	p := &place{b: b, clause: "UNNEST", scope: &scope{cols: left.cols, outer: c.outer}, with: c.with}
	args, err := p.exprs(u.Exprs)
	if err != nil {
		return relation{}, err
	}
	gen := &unnesting{b: b, left: left, ref: u}
	if err := gen.elements(args); err != nil {
		return relation{}, err
	}
	shown := gen.out
	if err := b.rename(shown, u.Columns, u.Span()); err != nil {
		return relation{}, err
	}
	for i := range shown {
		shown[i].Qualifier = u.Alias.Name
	}
	return relation{node: gen.node, cols: append(slices.Clone(left.cols), shown...)}, nil
}

// unnesting makes the rows of UNNEST: a position per element, then the elements at it.
type unnesting struct {
	b    *binder
	left relation
	ref  *ast.Unnest
	node logical.Node
	out  []column
}

// elements sets node and out for the arrays or maps args.
func (g *unnesting) elements(args []expr.Expr) error {
	if len(args) == 1 && !g.ref.Ordinality {
		name := "explode"
		if isArrayOfStructs(args[0]) {
			name = "inline" // Trino: a row makes a column per field
		}
		n, err := g.function(g.left.node, name, args)
		if err != nil {
			return err
		}
		g.node, g.out = n, unqualified(n.Out)
		return nil
	}
	return g.zip(args)
}

// zip walks several arrays side by side, the shorter ones filled up with NULL.
func (g *unnesting) zip(args []expr.Expr) error {
	at := g.ref.Span()
	sizes := make([]expr.Expr, len(args))
	for i, a := range args {
		if !datatype.IsNested(a.Type()) || isMap(a) {
			return diag.At(a.Span(), diag.Type, "UNNEST with several arguments or WITH ORDINALITY takes arrays, not %s", datatype.Name(a.Type()))
		}
		size, err := expr.NewCall("size", []expr.Expr{a}, at)
		if err != nil {
			return err
		}
		sizes[i] = size
	}
	m := maker{at: at}
	count := sizes[0]
	if len(sizes) > 1 {
		count = m.call("greatest", sizes...)
	}
	// split(repeat(',', n - 1), ',') has n elements; NULL makes no rows where n < 1.
	list := m.call("if", m.call(">", count, expr.Int(0)),
		m.call("split", m.call("repeat", expr.String(","), m.call("-", count, expr.Int(1))), expr.String(",")), expr.Null(datatype.Void))
	if m.err != nil {
		return m.err
	}
	n, err := g.function(g.left.node, "posexplode", []expr.Expr{list})
	if err != nil {
		return err
	}
	return g.project(n, args)
}

// project puts the elements at n's position beside the columns of n's input.
func (g *unnesting) project(n *logical.Generate, args []expr.Expr) error {
	at := g.ref.Span()
	p := &logical.Project{Input: n}
	for _, f := range n.Input.Fields() {
		p.Exprs, p.Out = append(p.Exprs, f.Column(at)), append(p.Out, f)
	}
	add := func(name string, e expr.Expr) {
		if e == nil {
			return
		}
		f := g.b.field("", name, e.Type())
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, f)
		g.out = append(g.out, column{Field: f})
	}
	pos := n.Out[0].Column(at)
	m := maker{at: at}
	for _, a := range args {
		add("col", m.call("index", a, pos))
	}
	if g.ref.Ordinality {
		add("ordinality", m.cast(m.call("+", pos, expr.Int(1)), datatype.BigInt))
	}
	if m.err != nil {
		return m.err
	}
	g.node = p
	return nil
}

func (g *unnesting) function(input logical.Node, name string, args []expr.Expr) (*logical.Generate, error) {
	f := funcs.FindTable(name)
	if f == nil {
		return nil, diag.At(g.ref.Span(), diag.Internal, "no table function %q", name)
	}
	bound, err := f.Bind(expr.Args(args))
	if err != nil {
		return nil, placed(err, g.ref.Span())
	}
	if args, err = expr.CastArgs(args, bound.Casts, g.ref.Span()); err != nil {
		return nil, err
	}
	n := &logical.Generate{Input: input, Function: f.Name, Args: args, Outer: g.ref.Outer, At: g.ref.Span()}
	for _, c := range bound.Columns {
		n.Out = append(n.Out, g.b.field("", c.Name, c.Type))
	}
	return n, nil
}

func unqualified(fields []logical.Field) []column {
	cols := make([]column, len(fields))
	for i, f := range fields {
		cols[i] = column{Field: f}
	}
	return cols
}

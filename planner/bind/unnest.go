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

// zip walks arrays side by side, the shorter ones filled up with NULL, and counts the elements.
func (g *unnesting) zip(args []expr.Expr) error {
	at := g.ref.Span()
	for _, a := range args {
		if a.Type().ID() != arrow.LIST {
			return diag.At(a.Span(), diag.Type, "UNNEST with several arguments or WITH ORDINALITY takes arrays, not %s", datatype.Name(a.Type()))
		}
	}
	if len(args) == 1 {
		n, err := g.function(g.left.node, "posexplode", args)
		if err != nil {
			return err
		}
		return g.project(n, []expr.Expr{n.Out[1].Column(at)})
	}
	m := maker{at: at}
	sizes := make([]expr.Expr, len(args))
	for i, a := range args {
		sizes[i] = m.call("size", a)
	}
	count := m.call("greatest", sizes...)
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
	elements := make([]expr.Expr, len(args))
	for i, a := range args {
		elements[i] = m.call("index", a, n.Out[0].Column(at))
	}
	if m.err != nil {
		return m.err
	}
	return g.project(n, elements)
}

// project puts elements, and their number from 1, beside the columns of n's input.
func (g *unnesting) project(n *logical.Generate, elements []expr.Expr) error {
	at := g.ref.Span()
	p := &logical.Project{Input: n}
	for _, f := range n.Input.Fields() {
		p.Exprs, p.Out = append(p.Exprs, f.Column(at)), append(p.Out, f)
	}
	add := func(name string, e expr.Expr) {
		f := g.b.field("", name, e.Type())
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, f)
		g.out = append(g.out, column{Field: f})
	}
	for _, e := range elements {
		add("col", e)
	}
	if g.ref.Ordinality {
		m := maker{at: at}
		number := m.cast(m.call("+", n.Out[0].Column(at), expr.Int(1)), datatype.BigInt)
		if m.err != nil {
			return m.err
		}
		add("ordinality", number)
	}
	g.node = p
	return nil
}

func (g *unnesting) function(input logical.Node, name string, args []expr.Expr) (*logical.Generate, error) {
	f := funcs.FindTable(name)
	if f == nil {
		return nil, diag.At(g.ref.Span(), diag.Unknown, "no table function %q", name)
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

package bind

import (
	"errors"
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
		if err := sameColumn(rel.cols, made.cols[len(rel.cols):], v.Alias); err != nil {
			return relation{}, err
		}
		rel = made
	}
	return rel, nil
}

// sameColumn refuses a view whose alias and column are there already. Hive lets views share an alias.
func sameColumn(cols, added []column, alias ast.Ident) error {
	for _, c := range added {
		if slices.ContainsFunc(cols, func(o column) bool { return o.Qualifier == c.Qualifier && o.Name == c.Name }) {
			return diag.At(alias.Span(), diag.Exists, "FROM names %q twice", c.Qualifier).WithHint("give one of them an alias")
		}
	}
	return nil
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
		return nil, placed(funcs.NoFunction("table function", call.Name.Name(), functionNames("table")), call.Name.Span())
	}
	args, err := p.arguments(call)
	if err != nil {
		return nil, err
	}
	if f.Name == "get_sql_schema" {
		if args, err = p.b.schemaOf(args, call); err != nil {
			return nil, err
		}
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

// schemaOf binds the query that args hold, and returns how many columns it answers and the name and type of each.
func (b *binder) schemaOf(args []expr.Expr, call *ast.Call) ([]expr.Expr, error) {
	wrong := diag.At(call.Span(), diag.Type, "get_sql_schema takes a constant query").WithHint("write get_sql_schema('select …')")
	if len(args) != 1 {
		return nil, wrong
	}
	text, ok := args[0].(*expr.Literal)
	if !ok || text.Value == nil || !datatype.IsText(text.Type()) {
		return nil, wrong
	}
	stmt, err := b.env.Parse(datatype.Text(text.Value, 0))
	var n logical.Node
	if err == nil {
		q, ok := stmt.(*ast.Query)
		if !ok {
			return nil, wrong
		}
		n, err = Query(b.env, q)
	}
	if err != nil { // its place is in the text, not in the statement
		var d *diag.Error
		if errors.As(err, &d) {
			err = errors.New(d.Msg)
		}
		return nil, diag.At(call.Span(), diag.Syntax, "the query of get_sql_schema: %w", err)
	}
	out := []expr.Expr{expr.Int(int32(len(n.Fields())))}
	for _, f := range n.Fields() {
		out = append(out, expr.String(f.Name), expr.String(datatype.Name(f.T)))
	}
	return out, nil
}

// funcTable binds TABLE(f(…)) that does not stand in a join.
func (b *binder) funcTable(t *ast.FuncTable, c fromCtx) (relation, error) {
	alias := t.Alias.Name
	if alias == "" {
		alias = t.Call.Name.Name()
	}
	return b.generate(single(), t.Call, false, alias, t.Columns, c)
}

// lateralFunction returns ref if it is LATERAL TABLE(f(…)), and LATERAL TABLE(VALUES (…), …) as the call of
// inline that makes the same rows; else nil.
func lateralFunction(ref ast.TableRef) *ast.FuncTable {
	switch ref := ref.(type) {
	case *ast.FuncTable:
		if ref.Lateral {
			return ref
		}
	case *ast.SubqueryTable:
		v, ok := ref.Query.Body.(*ast.Values)
		if !ok || !ref.Lateral || len(ref.Query.With) > 0 || !ordersNothing(ref.Query) {
			return nil
		}
		call := func(name string, args []ast.Expr) *ast.Call {
			return &ast.Call{Pos: v.Pos, Name: ast.QName{Pos: v.Pos, Parts: []ast.Ident{{Pos: v.Pos, Name: name}}}, Args: args}
		}
		rows := make([]ast.Expr, len(v.Rows))
		for i, row := range v.Rows {
			rows[i] = call("struct", row)
		}
		return &ast.FuncTable{Pos: ref.Pos, Call: call("inline", []ast.Expr{call("array", rows)}), Lateral: true, Alias: ref.Alias, Columns: ref.Columns}
	}
	return nil
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

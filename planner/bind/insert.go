package bind

import (
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// Target is one target of an insert with the rows that it gets.
type Target struct {
	Target *ast.InsertTarget // as written: OVERWRITE, IF NOT EXISTS, the directory
	Table  *catalog.Table    // nil when a directory is written
	// Plan makes the rows: for a table its data columns, cast to their types, then Dynamic partition columns.
	// For a directory the columns of the query.
	Plan    logical.Node
	Static  []catalog.Value // values of the leading partition columns
	Dynamic int             // number of trailing partition columns whose values are in the rows
}

// Insert binds INSERT … SELECT and INSERT … VALUES.
func Insert(env *Env, ins *ast.Insert) (*Target, error) {
	b := newBinder(env)
	with, err := b.declare(ins.With, nil)
	if err != nil {
		return nil, err
	}
	t, err := b.insert(&ins.Target, ins.Query, queryCtx{with: with, top: true})
	if err != nil {
		return nil, err
	}
	t.Plan, err = b.finish(t.Plan)
	return t, err
}

// MultiInsert binds FROM source INSERT … INSERT …. The plans share the source: a logical.Shared of one ID.
func MultiInsert(env *Env, ins *ast.MultiInsert) ([]*Target, error) {
	b := newBinder(env)
	with, err := b.declare(ins.With, nil)
	if err != nil {
		return nil, err
	}
	// FROM (… CLUSTER BY k) m INSERT … SELECT TRANSFORM: the command reads the rows in this order.
	feeds := slices.ContainsFunc(ins.Inserts, func(i ast.InsertBranch) bool {
		sel, ok := i.Query.Body.(*ast.Select)
		return ok && sel.Transform != nil
	})
	source, err := b.from(ins.From, fromCtx{with: with, feeds: feeds})
	if err != nil {
		return nil, err
	}
	id := b.id()
	targets := make([]*Target, len(ins.Inserts))
	plans := make([]logical.Node, len(ins.Inserts))
	for i := range ins.Inserts {
		branch := &ins.Inserts[i]
		reader := b.reader(source, id)
		if targets[i], err = b.insert(&branch.Target, branch.Query, queryCtx{with: with, top: true, source: &reader}); err != nil {
			return nil, err
		}
		plans[i] = targets[i].Plan
	}
	if plans, err = b.finishAll(plans); err != nil {
		return nil, err
	}
	for i, t := range targets {
		t.Plan = plans[i]
	}
	return targets, nil
}

// reader returns source as one more reader sees it: the same names over columns of its own.
func (b *binder) reader(source relation, id uint32) relation {
	s := b.share(source.node, id)
	moved := map[uint32]uint32{}
	for i, f := range source.node.Fields() {
		moved[f.ID] = s.Out[i].ID
	}
	cols := slices.Clone(source.cols)
	for i := range cols {
		cols[i].ID = moved[cols[i].ID]
	}
	return relation{node: s, cols: cols}
}

func (b *binder) insert(t *ast.InsertTarget, q *ast.Query, c queryCtx) (*Target, error) {
	out := &Target{Target: t}
	var err error
	if t.Table != nil {
		if err = b.target(t, out); err != nil {
			return nil, err
		}
	}
	if t.Table != nil {
		b.wantColumns(t, out.Table, q)
	}
	if out.Plan, err = b.query(q, c); err != nil {
		return nil, err
	}
	if t.Table == nil {
		out.Plan = b.uniqueNames(out.Plan)
		return out, nil
	}
	out.Plan, err = b.toColumns(t, out, out.Plan)
	return out, err
}

// wantColumns tells the parameters that are whole values of a VALUES list, or of a select list, the types of
// the columns that they go to.
func (b *binder) wantColumns(t *ast.InsertTarget, table *catalog.Table, q *ast.Query) {
	if b.env.WantParam == nil {
		return
	}
	types := map[string]arrow.DataType{}
	var names []string
	for _, c := range table.AllColumns() {
		names = append(names, c.Name)
		types[c.Name] = c.Type
	}
	if t.Columns != nil {
		names = names[:0]
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
	}
	want := func(i int, e ast.Expr) {
		if p, ok := e.(*ast.Param); ok && i < len(names) && types[names[i]] != nil {
			b.env.WantParam(p.Index, types[names[i]])
		}
	}
	switch body := q.Body.(type) {
	case *ast.Values:
		for _, row := range body.Rows {
			for i, e := range row {
				want(i, e)
			}
		}
	case *ast.Select:
		for i, item := range body.Items {
			want(i, item.Expr)
		}
	}
}

// target looks the table up and reads its PARTITION clause.
func (b *binder) target(t *ast.InsertTarget, out *Target) error {
	tab, err := b.lookup(*t.Table)
	if err != nil {
		return err
	}
	if tab.Kind == catalog.View {
		return diag.At(t.Table.Span(), diag.Unsupported, "%s is a view: rows can be inserted into tables only", tab.FullName())
	}
	out.Table = tab
	out.Static, out.Dynamic, err = b.partitionSpec(tab, t.Partition)
	if err == nil && out.Dynamic > 0 && len(out.Static) == 0 && b.setting("hive.exec.dynamic.partition.mode", "nonstrict") == "strict" {
		return diag.At(t.Span(), diag.Denied, "hive.exec.dynamic.partition.mode=strict wants a static partition column")
	}
	return err
}

// partitionSpec reads PARTITION (k=v, k2): values first, then the dynamic columns. No clause at all makes
// every partition column dynamic.
func (b *binder) partitionSpec(t *catalog.Table, spec *ast.PartSpec) (static []catalog.Value, dynamic int, err error) {
	if spec == nil {
		return nil, len(t.Partition), nil
	}
	if !t.IsPartitioned() {
		return nil, 0, diag.At(spec.Span(), diag.Type, "table %s is not partitioned", t.FullName())
	}
	var names []string
	for _, c := range t.Partition {
		names = append(names, c.Name)
	}
	given := map[string]*ast.PartItem{}
	for i := range spec.Items {
		it := &spec.Items[i]
		if !slices.Contains(names, it.Key.Name) {
			e := diag.At(it.Key.Span(), diag.Unknown, "%s has no partition column %q", t.FullName(), it.Key.Name)
			e.Hint = diag.DidYouMean(it.Key.Name, names)
			return nil, 0, e
		}
		if given[it.Key.Name] != nil {
			return nil, 0, diag.At(it.Key.Span(), diag.Syntax, "partition column %q is given twice", it.Key.Name)
		}
		given[it.Key.Name] = it
	}
	for _, c := range t.Partition {
		it := given[c.Name]
		if it == nil {
			return nil, 0, diag.At(spec.Span(), diag.Type, "PARTITION does not name partition column %q", c.Name)
		}
		if it.Value == nil {
			dynamic++
			continue
		}
		if dynamic > 0 {
			return nil, 0, diag.At(it.Span(), diag.Unsupported, "partition column %q has a value, and a column before it has none", c.Name).
				WithHint("values come first, dynamic partition columns last")
		}
		v, err := b.partitionValue(c, it.Value)
		if err != nil {
			return nil, 0, err
		}
		static = append(static, v)
	}
	return static, dynamic, nil
}

// PartitionValue reads the value of partition column c in PARTITION (c = e): the text as written, so that 06
// stays 06 (a boolean is true or false however it is written), checked against the column's type.
func PartitionValue(env *Env, c catalog.Column, e ast.Expr) (catalog.Value, error) {
	return newBinder(env).partitionValue(c, e)
}

func (b *binder) partitionValue(c catalog.Column, e ast.Expr) (catalog.Value, error) {
	p := &place{b: b, clause: onlyConstants, scope: &scope{}}
	x, err := p.expr(e)
	if err != nil {
		return catalog.Value{}, err
	}
	lit, ok := b.constant(x)
	if !ok {
		return catalog.Value{}, diag.At(e.Span(), diag.Syntax, "the value of a partition column must be a constant")
	}
	if expr.IsNull(lit) {
		return catalog.Value{Null: true}, nil
	}
	str, err := expr.NewCast(lit, datatype.String, e.Span())
	if err != nil {
		return catalog.Value{}, err
	}
	s, ok := b.constant(str)
	if !ok || expr.IsNull(s) {
		return catalog.Value{}, diag.At(e.Span(), diag.Type, "%s is no value of a partition column", expr.Print(lit))
	}
	text := s.Value.(*array.String).Value(0)
	if l, ok := e.(*ast.Literal); ok && l.Text != "" && datatype.IsNumeric(lit.Type()) {
		text = l.Text
	}
	typed, err := expr.NewCast(expr.String(text), c.Type, e.Span())
	if err != nil {
		return catalog.Value{}, err
	}
	v, ok := b.constant(typed)
	if !ok || expr.IsNull(v) && text != "" {
		return catalog.Value{}, diag.At(e.Span(), diag.Type, "%q is no %s, the type of partition column %q", text, datatype.Name(c.Type), c.Name)
	}
	if truth, ok := v.Value.(*array.Boolean); ok && text != "" {
		text = strconv.FormatBool(truth.Value(0)) // Hive: 'no', 'off' and FALSE are one partition
	}
	// Hive writes '' as it writes NULL.
	return catalog.Value{Text: text, Null: text == ""}, nil
}

// toColumns casts the rows of n to the columns of the target: those of its column list, or all, in order.
func (b *binder) toColumns(t *ast.InsertTarget, out *Target, n logical.Node) (logical.Node, error) {
	want := slices.Clone(out.Table.Columns)
	want = append(want, out.Table.Partition[len(out.Static):]...)
	fields := n.Fields()
	from, err := sourceOf(t, out.Table, want, len(fields))
	if err != nil {
		return nil, err
	}
	p := &logical.Project{Input: n}
	used := map[uint32]bool{}
	for i, c := range want {
		var e expr.Expr = expr.Null(c.Type)
		at := t.Span()
		f := logical.Field{Name: c.Name, T: c.Type}
		if from[i] >= 0 {
			src := fields[from[i]]
			e, err = expr.NewCast(src.Column(at), c.Type, at)
			if err != nil {
				return nil, diag.At(at, diag.Type, "column %q of %s is %s, the query gives %s", c.Name, out.Table.FullName(),
					datatype.Name(c.Type), datatype.Name(src.T))
			}
			if col, ok := e.(*expr.Column); ok && !used[col.ID] {
				f.ID = col.ID
			}
		}
		if f.ID == 0 {
			f.ID = b.id()
		}
		used[f.ID] = true
		p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, f)
	}
	return p, nil
}

// sourceOf returns, for each wanted column, the place of its value in the query's rows, which have width columns; -1 for none.
func sourceOf(t *ast.InsertTarget, table *catalog.Table, want []catalog.Column, width int) ([]int, error) {
	from := make([]int, len(want))
	if len(t.Columns) == 0 {
		if width != len(want) {
			return nil, diag.At(t.Span(), diag.Type, "%s takes %d columns, the query has %d", table.FullName(), len(want), width)
		}
		for i := range from {
			from[i] = i
		}
		return from, nil
	}
	if width != len(t.Columns) {
		return nil, diag.At(spanOf(t.Columns), diag.Type, "the column list has %d columns, the query has %d", len(t.Columns), width)
	}
	names := make([]string, len(want))
	for i, c := range want {
		from[i], names[i] = -1, c.Name
	}
	for k, name := range t.Columns {
		i := slices.Index(names, name.Name)
		if i < 0 {
			err := diag.At(name.Span(), diag.Unknown, "no column %q in %s", name.Name, table.FullName())
			err.Hint = diag.DidYouMean(name.Name, names)
			return nil, err
		}
		if from[i] >= 0 {
			return nil, diag.At(name.Span(), diag.Syntax, "column %q is in the list twice", name.Name)
		}
		from[i] = k
	}
	return from, nil
}

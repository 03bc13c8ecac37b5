package ddl

import (
	"github.com/apache/arrow/go/v15/arrow"

	"context"
	"fmt"
	"slices"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/optimize"
	"github.com/winnowdb/winnow/proto/diag"
)

// AddPartitions checks ALTER TABLE … ADD PARTITION.
func (e *Env) AddPartitions(t *catalog.Table, a *ast.AddPartitions) (catalog.AddPartitions, error) {
	c := catalog.AddPartitions{Database: t.Database, Name: t.Name, IfNotExists: a.IfNotExists}
	for _, p := range a.Partitions {
		values, err := e.Values(t, &p.Spec)
		if err != nil {
			return c, err
		}
		loc := p.Location
		if loc == "" {
			loc = t.PartitionLocation(values)
		}
		if err := e.reads(loc, p.Span()); err != nil {
			return c, err
		}
		c.Partitions = append(c.Partitions, catalog.PartitionSpec{Values: values, Location: loc})
	}
	return c, nil
}

// Partitions returns the partitions of t that match any of specs, in order; no specs: all.
func (e *Env) Partitions(ctx context.Context, t *catalog.Table, specs ...ast.PartSpec) ([]catalog.PartitionSpec, error) {
	var conds []expr.Expr
	for _, s := range specs {
		c, err := e.condition(t, s)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return e.matching(ctx, t, conds)
}

// Where returns the partitions for which the condition over the partition columns is true; nil: all.
func (e *Env) Where(ctx context.Context, t *catalog.Table, where ast.Expr) ([]catalog.PartitionSpec, error) {
	if where == nil {
		return e.matching(ctx, t, nil)
	}
	c, err := bind.Predicate(e.Bind, t.Partition, ast.RewriteExpr(where, nullPartition))
	if err != nil {
		return nil, err
	}
	return e.matching(ctx, t, []expr.Expr{c})
}

// nullPartition makes IS NULL of a comparison with the name that a NULL has in paths.
func nullPartition(e ast.Expr) ast.Expr {
	b, ok := e.(*ast.Binary)
	if !ok || b.Op != ast.OpEq && b.Op != ast.OpNe {
		return e
	}
	if l, ok := b.R.(*ast.Literal); !ok || l.Kind != ast.LitString || l.Text != datatype.DefaultPartition {
		return e
	}
	return &ast.Is{Pos: b.Pos, X: b.L, What: ast.IsNull, Not: b.Op == ast.OpNe}
}

// matching evaluates any of conds, whose column i has ID i+1, on the partitions of t.
func (e *Env) matching(ctx context.Context, t *catalog.Table, conds []expr.Expr) ([]catalog.PartitionSpec, error) {
	rec, _, err := e.Source.Partitions(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	all := catalog.Specs(t, rec)
	if len(conds) == 0 {
		return all, nil
	}
	typed, err := optimize.TypedKeys(e.ctx(ctx), t, rec, len(t.Partition))
	if err != nil {
		return nil, err
	}
	defer typed.Release()
	keep := map[int32]bool{}
	for _, c := range conds {
		rows, err := expr.EvalBool(e.ctx(ctx), placed(c), typed)
		if err != nil {
			return nil, err
		}
		for _, i := range rows {
			keep[i] = true
		}
	}
	var out []catalog.PartitionSpec
	for i, p := range all {
		if keep[int32(i)] {
			out = append(out, p)
		}
	}
	return out, nil
}

func placed(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if col, ok := e.(*expr.Column); ok {
			moved := *col
			moved.Index = int(col.ID) - 1
			return &moved
		}
		return e
	})
}

// condition is the conjunction of a spec's comparisons. A value is compared as its column's type.
func (e *Env) condition(t *catalog.Table, spec ast.PartSpec) (expr.Expr, error) {
	var all []expr.Expr
	for _, item := range spec.Items {
		i, err := keyIndex(t, item.Key)
		if err != nil {
			return nil, err
		}
		if item.Value == nil {
			continue
		}
		col := &expr.Column{ID: uint32(i + 1), Name: t.Partition[i].Name, T: t.Partition[i].Type, At: item.Key.Span()}
		c, err := e.compare(col, item)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return expr.Bool(true), nil
	}
	return expr.NewCall("and", append(all, expr.Bool(true)), spec.Span())
}

func (e *Env) compare(col *expr.Column, item ast.PartItem) (expr.Expr, error) {
	v, err := bind.Expr(e.Bind, item.Value)
	if err != nil {
		return nil, err
	}
	isDefault := false
	if lit, ok := v.(*expr.Literal); ok && !expr.IsNull(v) {
		isDefault = literalText(lit) == datatype.DefaultPartition
	}
	if expr.IsNull(v) || isDefault {
		name := "isnull"
		if item.Op == ast.OpNe {
			name = "isnotnull"
		}
		return expr.NewCall(name, []expr.Expr{col}, item.Key.Span())
	}
	if item.Op == ast.OpLike {
		return expr.NewCall("like", []expr.Expr{col, v}, item.Key.Span())
	}
	cast, err := expr.NewCast(v, col.T, item.Value.Span())
	if err != nil {
		return nil, err
	}
	op := string(item.Op)
	if item.Op == ast.OpNe {
		op = "<>"
	}
	return expr.NewCall(op, []expr.Expr{col, expr.Fold(cast, e.Bind.Session)}, item.Key.Span())
}

// DropPartitions finds what ALTER TABLE … DROP PARTITION drops.
func (e *Env) DropPartitions(ctx context.Context, t *catalog.Table, a *ast.DropPartitions) ([]catalog.PartitionSpec, error) {
	var out []catalog.PartitionSpec
	for _, s := range a.Specs {
		found, err := e.Partitions(ctx, t, s)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && !a.IfExists {
			return nil, diag.At(s.Span(), diag.Unknown, "no partition of %s matches", t.FullName()).WithHint("add IF EXISTS to pass over it")
		}
		for _, p := range found {
			if !slices.ContainsFunc(out, func(q catalog.PartitionSpec) bool { return catalog.CompareValues(p.Values, q.Values) == 0 }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// One returns the one partition of a full spec, by the text of its values, else by the values: hour=6 finds hour=06 of an
// int column. UNKNOWN if it is not registered.
func (e *Env) One(ctx context.Context, t *catalog.Table, spec *ast.PartSpec) (catalog.PartitionSpec, error) {
	values, err := e.Values(t, spec)
	if err != nil {
		return catalog.PartitionSpec{}, err
	}
	all, err := e.matching(ctx, t, nil)
	if err != nil {
		return catalog.PartitionSpec{}, err
	}
	for _, p := range all {
		if catalog.CompareValues(p.Values, values) == 0 {
			return p, nil
		}
	}
	equal, err := e.Partitions(ctx, t, *spec)
	if err != nil {
		return catalog.PartitionSpec{}, err
	}
	if len(equal) == 1 {
		return equal[0], nil
	}
	return catalog.PartitionSpec{}, diag.At(spec.Span(), diag.Unknown, "no partition %s in %s", t.PartitionName(values), t.FullName())
}

func literalText(l *expr.Literal) string { return datatype.Text(l.Value, 0) }

// Among returns those of parts, partitions of t that need not be registered, that match any of specs.
func (e *Env) Among(ctx context.Context, t *catalog.Table, parts []catalog.PartitionSpec, specs ...ast.PartSpec) ([]catalog.PartitionSpec, error) {
	other := *e
	other.Source = listed{e.Source, parts}
	return other.Partitions(ctx, t, specs...)
}

// listed is a Source whose tables all have the same partitions.
type listed struct {
	catalog.Source
	parts []catalog.PartitionSpec
}

func (l listed) Partitions(_ context.Context, t *catalog.Table, _ catalog.Pruner) (arrow.Record, int, error) {
	return catalog.PartitionRecord(t, l.parts), len(l.parts), nil
}

// WarnUnreadable warns of the values of parts, partitions of t, that their columns' types do not hold: such a
// partition is read with NULL.
func (e *Env) WarnUnreadable(ctx context.Context, t *catalog.Table, parts []catalog.PartitionSpec) error {
	rec := catalog.PartitionRecord(t, parts)
	defer rec.Release()
	typed, err := optimize.TypedKeys(e.ctx(ctx), t, rec, len(t.Partition))
	if err != nil {
		return err
	}
	defer typed.Release()
	for i, p := range parts {
		for j, v := range p.Values {
			if !v.Null && typed.Column(j).IsNull(i) {
				e.Warn(fmt.Sprintf("%s of partition %s is no %s and is read as NULL", t.Partition[j].Name, t.PartitionName(p.Values),
					datatype.Name(t.Partition[j].Type)))
			}
		}
	}
	return nil
}

// literal returns the text of a literal that is not NULL.
func literal(e expr.Expr) (string, bool) {
	l, ok := e.(*expr.Literal)
	if !ok || expr.IsNull(e) {
		return "", false
	}
	return literalText(l), true
}

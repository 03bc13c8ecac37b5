package op

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// schemaOf reads the output schema of a plan node.
func schemaOf(fields []*winnowpb.Field) (*arrow.Schema, error) {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		t, err := datatype.Parse(f.Type)
		if err != nil {
			return nil, diag.Errorf(diag.Internal, "plan: column %s: %w", f.Name, err)
		}
		out[i] = arrow.Field{Name: f.Name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(out, nil), nil
}

// unary is what operators with one input have in common.
type unary struct {
	env    *Env
	in     Operator
	schema *arrow.Schema
}

func (u *unary) Schema() *arrow.Schema { return u.schema }
func (u *unary) Close() error          { return u.in.Close() }

// counted adds an operator's rows and own time to the counters, by node.
type counted struct {
	Operator
	env   *Env
	stats winnowpb.NodeStats
	sent  bool
}

func (c *counted) Next(ctx context.Context) (arrow.Record, error) {
	start := time.Now()
	rec, err := c.Operator.Next(ctx)
	c.stats.Nanos += int64(time.Since(start))
	if err == nil {
		c.stats.Rows += rec.NumRows()
	}
	return rec, err
}

func (c *counted) Close() error {
	if !c.sent {
		c.sent = true
		c.env.Counters.Add(&winnowpb.Stats{Nodes: []*winnowpb.NodeStats{{
			Node: c.stats.Node, Name: c.stats.Name, Rows: c.stats.Rows, Nanos: c.stats.Nanos,
		}}})
	}
	return c.Operator.Close()
}

// values makes its rows once.
type values struct {
	env    *Env
	schema *arrow.Schema
	rows   [][]expr.Expr
	done   bool
}

func newValues(env *Env, n *winnowpb.Node) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	v := &values{env: env, schema: schema}
	for _, r := range n.GetValues().Rows {
		es, err := expr.AllFromProto(r.Values)
		if err != nil {
			return nil, err
		}
		v.rows = append(v.rows, es)
	}
	return v, nil
}

func (v *values) Schema() *arrow.Schema { return v.schema }
func (v *values) Close() error          { return nil }

func (v *values) Next(context.Context) (arrow.Record, error) {
	if v.done || len(v.rows) == 0 {
		return nil, io.EOF
	}
	v.done = true
	one := array.NewRecord(arrow.NewSchema(nil, nil), nil, 1)
	cols := make([]arrow.Array, len(v.schema.Fields()))
	for j := range cols {
		parts := make([]arrow.Array, len(v.rows))
		for i, row := range v.rows {
			a, err := expr.EvalArray(v.env.Funcs, row[j], one)
			if err != nil {
				return nil, err
			}
			defer a.Release()
			parts[i] = a
		}
		cols[j] = vec.Concat(v.env.Mem, parts)
		defer cols[j].Release()
	}
	return array.NewRecord(v.schema, cols, int64(len(v.rows))), nil
}

type filter struct {
	unary
	cond expr.Expr
}

func newFilter(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	cond, err := expr.FromProto(n.GetFilter().Predicate)
	if err != nil {
		return nil, err
	}
	return &filter{unary{env, in, in.Schema()}, cond}, nil
}

func (f *filter) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := f.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		sel, err := expr.EvalBool(f.env.Funcs, f.cond, rec)
		switch {
		case err != nil:
			rec.Release()
			return nil, err
		case int64(len(sel)) == rec.NumRows():
			return rec, nil
		case len(sel) > 0:
			out := vec.TakeRecord(f.env.Mem, rec, sel)
			rec.Release()
			return out, nil
		}
		rec.Release()
	}
}

type project struct {
	unary
	exprs []expr.Expr
}

func newProject(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	es, err := expr.AllFromProto(n.GetProject().Exprs)
	if err != nil {
		return nil, err
	}
	return &project{unary{env, in, schema}, es}, nil
}

func (p *project) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := p.in.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	cols, err := evalAll(p.env, p.exprs, rec)
	if err != nil {
		return nil, err
	}
	defer release(cols)
	return array.NewRecord(p.schema, cols, rec.NumRows()), nil
}

// evalAll evaluates es over rec; the caller releases the arrays.
func evalAll(env *Env, es []expr.Expr, rec arrow.Record) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(es))
	for _, e := range es {
		a, err := expr.EvalArray(env.Funcs, e, rec)
		if err != nil {
			release(out)
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}

func releaseRecords(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

type limit struct {
	unary
	skip, left int64 // left < 0: all
}

func newLimit(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	l := n.GetLimit()
	return &limit{unary{env, in, in.Schema()}, l.Offset, l.Count}, nil
}

func (l *limit) Next(ctx context.Context) (arrow.Record, error) {
	for l.left != 0 {
		rec, err := l.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		n := rec.NumRows()
		if l.skip >= n {
			l.skip -= n
			rec.Release()
			continue
		}
		from, to := l.skip, n
		if l.left > 0 {
			to = min(n, from+l.left)
			l.left -= to - from
		}
		l.skip = 0
		if from == 0 && to == n {
			return rec, nil
		}
		out := rec.NewSlice(from, to)
		rec.Release()
		return out, nil
	}
	return nil, io.EOF
}

// union gives the rows of its inputs one after the other.
type union struct {
	schema *arrow.Schema
	in     []Operator
	at     int
}

func newUnion(n *winnowpb.Node, in []Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	return &union{schema: schema, in: in}, err
}

func (u *union) Schema() *arrow.Schema { return u.schema }

func (u *union) Next(ctx context.Context) (arrow.Record, error) {
	for u.at < len(u.in) {
		rec, err := u.in[u.at].Next(ctx)
		if errors.Is(err, io.EOF) {
			u.at++
			continue
		}
		if err != nil {
			return nil, err
		}
		defer rec.Release()
		return array.NewRecord(u.schema, rec.Columns(), rec.NumRows()), nil
	}
	return nil, io.EOF
}

func (u *union) Close() error {
	var errs []error
	for _, in := range u.in {
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}

// assertSingle is a scalar subquery: one row, of NULLs if there is none.
type assertSingle struct {
	unary
	done bool
}

func (a *assertSingle) Next(ctx context.Context) (arrow.Record, error) {
	if a.done {
		return nil, io.EOF
	}
	a.done = true
	rec, err := a.in.Next(ctx)
	if errors.Is(err, io.EOF) {
		cols := make([]arrow.Array, len(a.schema.Fields()))
		for i, f := range a.schema.Fields() {
			cols[i] = datatype.Nulls(a.env.Mem, f.Type, 1)
		}
		defer release(cols)
		return array.NewRecord(a.schema, cols, 1), nil
	}
	if err != nil {
		return nil, err
	}
	if rec.NumRows() == 1 {
		more, err := a.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rec, nil
		}
		rec.Release()
		if err != nil {
			return nil, err
		}
		more.Release()
	} else {
		rec.Release()
	}
	return nil, diag.Errorf(diag.BadValue, "a scalar subquery gave more than one row").WithHint("aggregate it, or add LIMIT 1")
}

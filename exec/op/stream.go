package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"

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
	return newRecord(p.schema, cols, int(rec.NumRows()))
}

// evalAll evaluates es over rec; the caller releases the arrays.
func evalAll(env *Env, es []expr.Expr, rec arrow.Record) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(es)+4)
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
		if a != nil {
			a.Release()
		}
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
		return newRecord(u.schema, retained(rec.Columns()), int(rec.NumRows()))
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
		return newRecord(a.schema, cols, 1)
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

package op

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// values makes its rows once.
type values struct {
	env    *Env
	schema *arrow.Schema
	rows   [][]expr.Expr // still to be given out
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

func (v *values) Next(ctx context.Context) (arrow.Record, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(v.rows) == 0 {
		return nil, io.EOF
	}
	rows := v.rows[:min(len(v.rows), v.env.BatchRows)]
	v.rows = v.rows[len(rows):]
	one := array.NewRecord(arrow.NewSchema(nil, nil), nil, 1)
	defer one.Release()
	cols := make([]arrow.Array, 0, len(v.schema.Fields()))
	for j, f := range v.schema.Fields() {
		col, err := v.column(rows, j, f.Type, one)
		if err != nil {
			release(cols)
			return nil, err
		}
		cols = append(cols, col)
	}
	return newRecord(v.schema, cols, len(rows))
}

// column evaluates column j of rows.
func (v *values) column(rows [][]expr.Expr, j int, t arrow.DataType, one arrow.Record) (arrow.Array, error) {
	parts := make([]arrow.Array, 0, len(rows))
	defer func() { release(parts) }()
	for _, row := range rows {
		if j >= len(row) {
			return nil, diag.Errorf(diag.Internal, "plan: a row has %d values, not %d", len(row), len(v.schema.Fields()))
		}
		a, err := expr.EvalArray(v.env.Funcs, row[j], one)
		if err != nil {
			return nil, err
		}
		if !stored(a.DataType(), t) {
			a.Release()
			return nil, diag.Errorf(diag.Internal, "plan: a value of type %s in a column of type %s", datatype.Name(a.DataType()), datatype.Name(t))
		}
		parts = append(parts, a)
	}
	return vec.Concat(v.env.Mem, parts), nil
}

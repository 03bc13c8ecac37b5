package op

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// handlerScan reads the rows of a STORED BY table. The handler is asked when the first batch is.
type handlerScan struct {
	env    *Env
	spec   *winnowpb.HandlerScan
	schema *arrow.Schema
	rows   array.RecordReader
	casts  []funcs.Kernel // per output column; nil: as it is, but for the type's name
	ended  bool
}

func newHandlerScan(env *Env, n *winnowpb.Node) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	h := &handlerScan{env: env, spec: n.GetHandlerScan(), schema: schema}
	if len(h.spec.Columns) != len(schema.Fields()) {
		return nil, diag.Errorf(diag.Internal, "plan: handler scan of %d columns has %d fields", len(h.spec.Columns), len(schema.Fields()))
	}
	return h, nil
}

// Schema implements Operator.
func (h *handlerScan) Schema() *arrow.Schema { return h.schema }

// Close implements Operator.
func (h *handlerScan) Close() error {
	h.ended = true
	if h.rows != nil {
		h.rows.Release()
		h.rows = nil
	}
	return nil
}

func (h *handlerScan) open(ctx context.Context) error {
	handler, err := h.env.Set.Handler(h.spec.Handler)
	if err != nil {
		return err
	}
	if err := h.env.Machine.Fault("scan.open"); err != nil {
		return fmt.Errorf("%s: %w", h.spec.Handler, err)
	}
	if h.rows, err = handler.Read(ctx, h.spec.Properties); err != nil {
		return err
	}
	have := h.rows.Schema()
	h.casts = make([]funcs.Kernel, len(h.spec.Columns))
	for i, c := range h.spec.Columns {
		if int(c) >= len(have.Fields()) {
			return diag.Errorf(diag.Config, "%s gives %d columns; the table has column %s at place %d",
				h.spec.Handler, len(have.Fields()), h.schema.Field(i).Name, c+1)
		}
		from, to := have.Field(int(c)).Type, h.schema.Field(i).Type
		if arrow.TypeEqual(datatype.Plain(from), datatype.Plain(to)) {
			continue
		}
		if h.casts[i], err = handlerCast(from, to); err != nil {
			return err
		}
	}
	return nil
}

// handlerCast casts values of a handler to a column's type. Timestamps come in Arrow's own type.
func handlerCast(from, to arrow.DataType) (funcs.Kernel, error) {
	unit, ok := from.(*arrow.TimestampType)
	if !ok {
		return funcs.CastKernel(from, to)
	}
	cast, err := funcs.CastKernel(datatype.Timestamp, to)
	if err != nil {
		return nil, err
	}
	nanos := unit.Unit.Multiplier().Nanoseconds()
	return func(c *funcs.Ctx, args []funcs.Vec, n int) (arrow.Array, error) {
		in := args[0].Array.(*array.Timestamp)
		b := array.NewDecimal128Builder(c.Mem, datatype.Plain(datatype.Timestamp).(*arrow.Decimal128Type))
		defer b.Release()
		b.Reserve(n)
		for i := range n {
			if in.IsNull(i) {
				b.UnsafeAppendBoolToBitmap(false)
				continue
			}
			b.UnsafeAppend(decimal128.FromI64(int64(in.Value(i))).Mul(decimal128.FromI64(nanos)))
		}
		plain := b.NewArray()
		defer plain.Release()
		ts := datatype.Relabel(plain, datatype.Timestamp)
		defer ts.Release()
		return cast(c, []funcs.Vec{{Array: ts}}, n)
	}, nil
}

// Next implements Operator.
func (h *handlerScan) Next(ctx context.Context) (arrow.Record, error) {
	if h.ended {
		return nil, io.EOF
	}
	if h.rows == nil {
		if err := h.open(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := h.env.Machine.Fault("scan.read"); err != nil {
			return nil, fmt.Errorf("%s: %w", h.spec.Handler, err)
		}
		if !h.rows.Next() {
			h.ended = true
			if err := h.rows.Err(); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		rec := h.rows.Record()
		if rec.NumRows() == 0 {
			continue
		}
		h.env.Counters.Add(&winnowpb.Stats{RowsRead: rec.NumRows()})
		return h.convert(rec)
	}
}

// convert picks and casts the columns of a handler's record, which stays the handler's.
func (h *handlerScan) convert(rec arrow.Record) (arrow.Record, error) {
	n := int(rec.NumRows())
	cols := make([]arrow.Array, 0, len(h.spec.Columns))
	defer func() { release(cols) }()
	for i, c := range h.spec.Columns {
		in := rec.Column(int(c))
		if h.casts[i] == nil {
			cols = append(cols, datatype.Relabel(in, h.schema.Field(i).Type))
			continue
		}
		a, err := h.casts[i](h.env.Funcs, []funcs.Vec{{Array: in}}, n)
		if err != nil {
			return nil, err
		}
		cols = append(cols, a)
	}
	return array.NewRecord(h.schema, cols, int64(n)), nil
}

package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// handlerWrite appends its input to a STORED BY table, in one call.
type handlerWrite struct {
	unary
	spec *winnowpb.Write
	done bool
}

// Next implements Operator. The one row has the handler's name for a path.
func (h *handlerWrite) Next(ctx context.Context) (arrow.Record, error) {
	if h.done {
		return nil, io.EOF
	}
	h.done = true
	handler, err := h.env.Set.Handler(h.spec.Handler)
	if err != nil {
		return nil, err
	}
	if err := h.env.Machine.Fault("write.rows"); err != nil {
		return nil, err
	}
	rows := &recordReader{ctx: ctx, in: h.in, env: h.env, schema: h.inputSchema()}
	defer rows.drop()
	n, err := handler.Append(ctx, h.spec.HandlerProperties, rows)
	if err = errors.Join(rows.err, err); err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(h.env.Mem, h.schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).Append(h.spec.Handler)
	b.Field(1).(*array.Int64Builder).Append(n)
	b.Field(2).(*array.Int64Builder).Append(0)
	b.Field(3).(*array.StringBuilder).Append("")
	b.Field(4).(*array.StringBuilder).Append("")
	return b.NewRecord(), nil
}

// inputSchema is the input's types, as handlers know them, under the table's column names.
func (h *handlerWrite) inputSchema() *arrow.Schema {
	fields := append([]arrow.Field{}, h.in.Schema().Fields()...)
	for i := range fields {
		fields[i].Type = handlerType(fields[i].Type)
		if i < len(h.spec.Columns) {
			fields[i].Name = h.spec.Columns[i].Name
		}
	}
	return arrow.NewSchema(fields, nil)
}

// handlerTimestamp is a timestamp as connectors know it: they stand below the engine's own types.
var handlerTimestamp = &arrow.TimestampType{Unit: arrow.Microsecond}

// handlerType is the type in which a handler gets values of type t: Arrow's own, never a wrapper.
func handlerType(t arrow.DataType) arrow.DataType {
	switch t.(type) {
	case *datatype.TimestampType, *datatype.TimestampLTZType:
		return handlerTimestamp
	}
	return datatype.Plain(t)
}

// handlerArray returns a in the type of handlerType. The caller releases it.
func (e *Env) handlerArray(a arrow.Array) (arrow.Array, error) {
	switch t := a.DataType().(type) {
	case *datatype.TimestampLTZType: // as the session's clock shows it
		cast, err := funcs.CastKernel(t, datatype.Timestamp)
		if err != nil {
			return nil, err
		}
		local, err := cast(e.Funcs, []funcs.Vec{{Array: a}}, a.Len())
		if err != nil {
			return nil, err
		}
		defer local.Release()
		return e.handlerArray(local)
	case *datatype.TimestampType:
		return e.microseconds(a.(*array.Decimal128)), nil
	default:
		return datatype.Relabel(a, datatype.Plain(t)), nil
	}
}

func (e *Env) microseconds(a *array.Decimal128) arrow.Array {
	b := array.NewTimestampBuilder(e.Mem, handlerTimestamp)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		sec, nano := datatype.SplitTimestamp(a.Value(i))
		b.UnsafeAppend(arrow.Timestamp(sec*1_000_000 + int64(nano)/1000))
	}
	return b.NewArray()
}

// recordReader is an Operator as an array.RecordReader. The context is kept because Next has none.
type recordReader struct {
	ctx    context.Context
	env    *Env
	in     Operator
	schema *arrow.Schema
	rec    arrow.Record
	err    error
}

// Retain implements array.RecordReader; the operator frees the reader itself.
func (r *recordReader) Retain() {}

// Release implements array.RecordReader.
func (r *recordReader) Release() {}

// Schema implements array.RecordReader.
func (r *recordReader) Schema() *arrow.Schema { return r.schema }

// Record implements array.RecordReader.
func (r *recordReader) Record() arrow.Record { return r.rec }

// Err implements array.RecordReader.
func (r *recordReader) Err() error { return r.err }

// Next implements array.RecordReader.
func (r *recordReader) Next() bool {
	r.drop()
	if r.err != nil {
		return false
	}
	rec, err := r.in.Next(r.ctx)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return false
	}
	defer rec.Release()
	cols := make([]arrow.Array, 0, rec.NumCols())
	defer func() { release(cols) }()
	for _, c := range rec.Columns() {
		a, err := r.env.handlerArray(c)
		if err != nil {
			r.err = err
			return false
		}
		cols = append(cols, a)
	}
	r.rec = array.NewRecord(r.schema, cols, rec.NumRows())
	return true
}

func (r *recordReader) drop() {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
}

// Package wire is what coordinator and workers have in common on the wire: record batches as Arrow IPC,
// and diag errors as messages.
//
// Read Encode and Decode first.
package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/winnowdb/winnow/exec/arrowipc"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// MaxMessage is the largest gRPC message taken, in bytes; aimMessage is what batches are cut to.
const (
	MaxMessage = 256 << 20
	aimMessage = 8 << 20
)

// Encode cuts rec into messages of a few MiB and hands them to send, in plain types.
func Encode(rec arrow.Record, partition uint32, send func(*winnowpb.Batch) error) error {
	rows := rec.NumRows()
	step := max(1, rows*aimMessage/max(1, vec.Size(rec)))
	for start := int64(0); start < rows; start += step {
		part := rec.NewSlice(start, min(rows, start+step))
		b, err := encode(part)
		part.Release()
		if err != nil {
			return err
		}
		if err := send(&winnowpb.Batch{Partition: partition, Ipc: b, Rows: min(rows, start+step) - start}); err != nil {
			return err
		}
	}
	return nil
}

func encode(rec arrow.Record) ([]byte, error) {
	schema := datatype.PlainSchema(rec.Schema())
	cols := make([]arrow.Array, rec.NumCols())
	for i := range cols {
		cols[i] = datatype.Relabel(rec.Column(i), schema.Field(i).Type)
		defer cols[i].Release()
	}
	plain := array.NewRecord(schema, cols, rec.NumRows())
	defer plain.Release()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
	if err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	return buf.Bytes(), nil
}

// Decode reads a batch that a node of this cluster has sent. The caller releases it.
func Decode(b *winnowpb.Batch) (arrow.Record, error) {
	rec, err := arrowipc.ReadRecord(b.Ipc)
	if err != nil {
		return nil, diag.Errorf(diag.Protocol, "batch: %w", err)
	}
	if rows := rec.NumRows(); rows != b.Rows {
		rec.Release()
		return nil, diag.Errorf(diag.Protocol, "a batch of %d rows came with %d", b.Rows, rows)
	}
	return rec, nil
}

// Fault is err as a message; nil for nil.
func Fault(err error) *winnowpb.Fault {
	if err == nil {
		return nil
	}
	var d *diag.Error
	if !errors.As(err, &d) {
		return &winnowpb.Fault{Kind: string(diag.Internal), Message: err.Error()}
	}
	msg := d.Msg
	if err != error(d) {
		msg = err.Error()
	}
	return &winnowpb.Fault{
		Kind: string(d.Kind), Message: msg, Hint: d.Hint, SpanStart: int64(d.Span.Start), SpanEnd: int64(d.Span.End),
	}
}

// Error is the inverse of Fault.
func Error(f *winnowpb.Fault) error {
	if f == nil {
		return nil
	}
	return &diag.Error{
		Kind: diag.Kind(f.Kind), Msg: f.Message, Hint: f.Hint, Span: diag.Span{Start: int(f.SpanStart), End: int(f.SpanEnd)},
	}
}

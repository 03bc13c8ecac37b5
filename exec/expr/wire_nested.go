package expr

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/winnowdb/winnow/exec/arrowipc"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// nestedToIPC writes one nested value as an Arrow IPC stream of one plain column.
func nestedToIPC(a arrow.Array) []byte {
	plain := datatype.Relabel(a, datatype.Plain(a.DataType()))
	defer plain.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: plain.DataType(), Nullable: true}}, nil)
	rec := array.NewRecord(schema, []arrow.Array{plain}, int64(plain.Len()))
	defer rec.Release()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
	if err := w.Write(rec); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return buf.Bytes()
}

// nestedFromIPC is the inverse of nestedToIPC.
func nestedFromIPC(b []byte, t arrow.DataType) (arrow.Array, error) {
	rec, err := arrowipc.ReadRecord(b)
	if err != nil {
		return nil, diag.Errorf(diag.Protocol, "literal of type %s: %w", datatype.Name(t), err)
	}
	defer rec.Release()
	if rec.NumCols() != 1 || rec.NumRows() != 1 || !arrow.TypeEqual(rec.Column(0).DataType(), datatype.Plain(t)) {
		return nil, diag.Errorf(diag.Protocol, "literal of type %s is no Arrow stream of one value", datatype.Name(t))
	}
	return datatype.Relabel(rec.Column(0), t), nil
}

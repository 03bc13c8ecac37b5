package expr

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

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

// nestedFromIPC is the inverse of nestedToIPC. Arrow's reader panics on some broken messages; that is
// an error here like every other fault of the message.
func nestedFromIPC(b []byte, t arrow.DataType) (a arrow.Array, err error) {
	fault := func() error {
		return diag.Errorf(diag.Protocol, "literal of type %s is no Arrow stream of one value", datatype.Name(t))
	}
	defer func() {
		if recover() != nil {
			a, err = nil, fault()
		}
	}()
	r, err := ipc.NewReader(bytes.NewReader(b), ipc.WithAllocator(memory.DefaultAllocator))
	if err != nil {
		return nil, fault()
	}
	defer r.Release()
	if !r.Next() || r.Record().NumCols() != 1 || r.Record().NumRows() != 1 {
		return nil, fault()
	}
	col := r.Record().Column(0)
	if !arrow.TypeEqual(col.DataType(), datatype.Plain(t)) {
		return nil, fault()
	}
	return datatype.Relabel(col, t), nil
}

package op

import (
	"bytes"
	"maps"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/serde"
)

// nestedTable describes one nested field of a line of a transform by the properties of the whole line.
func nestedTable(t arrow.DataType, props map[string]string) (*serde.Table, error) {
	format, err := serde.Lookup("delimited")
	if err != nil {
		return nil, err
	}
	own := map[string]string{"field.delim": "\t"}
	maps.Copy(own, props)
	return format.Open(serde.Spec{Columns: []serde.Column{{Name: "field", Type: t}}, Props: own})
}

// nestedWriter writes the values of a nested argument as Hive's delimited tables do.
type nestedWriter struct {
	encoder serde.Encoder
	schema  *arrow.Schema
	buf     bytes.Buffer
}

// newNestedWriter returns nil for a type that is not nested.
func newNestedWriter(t arrow.DataType, props map[string]string) (*nestedWriter, error) {
	if !datatype.IsNested(t) {
		return nil, nil
	}
	table, err := nestedTable(t, props)
	if err != nil {
		return nil, err
	}
	w := &nestedWriter{schema: arrow.NewSchema([]arrow.Field{{Name: "field", Type: t, Nullable: true}}, nil)}
	w.encoder, err = table.NewEncoder()
	return w, err
}

// append adds value i of a.
func (w *nestedWriter) append(line []byte, a arrow.Array, i int) ([]byte, error) {
	one := array.NewSlice(a, int64(i), int64(i+1))
	defer one.Release()
	rec := array.NewRecord(w.schema, []arrow.Array{one}, 1)
	defer rec.Release()
	w.buf.Reset()
	if err := w.encoder.Encode(&w.buf, rec); err != nil {
		return nil, err
	}
	text := w.buf.Bytes()
	return append(line, text[:len(text)-1]...), nil // without the record's end
}

// fieldReader returns what makes values of type t of a command's output; nil for text.
func fieldReader(t arrow.DataType, props map[string]string) (funcs.Kernel, error) {
	switch {
	case datatype.Equal(t, datatype.String):
		return nil, nil
	case !datatype.IsNested(t):
		return funcs.CastKernel(datatype.String, t)
	}
	table, err := nestedTable(t, props)
	if err != nil {
		return nil, err
	}
	need := serde.Need{Columns: []int{0}}
	decoder, err := table.NewDecoder(need)
	if err != nil {
		return nil, err
	}
	columns := table.NewColumns(need)
	return func(_ *funcs.Ctx, args []funcs.Vec, n int) (arrow.Array, error) {
		text := args[0].Array.(*array.String)
		for i := range n {
			if text.IsNull(i) {
				columns.AddNullRow()
			} else if err := decoder.Decode([]byte(text.Value(i)), columns); err != nil {
				return nil, err
			}
		}
		return columns.Finish()[0], nil
	}, nil
}

package serde

import (
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// lines is the format of one string column: the record as it is.
type lines struct{}

func checkLines(s *spec) error {
	if len(s.Columns) != 1 || !datatype.IsText(s.types[0]) {
		return diag.Errorf(diag.Config, "format lines takes one string column, not %d columns", len(s.Columns))
	}
	return nil
}

func newLines(*spec, Need) (Decoder, error) { return lines{}, nil }

// Decode implements Decoder.
func (lines) Decode(rec []byte, out *Columns) error {
	out.cols[0].appendBytes(rec)
	countBadUTF8(out, out.rows)
	out.rows++
	return nil
}

type linesEncoder struct{ buf []byte }

func newLinesEncoder(*spec) (Encoder, error) { return &linesEncoder{}, nil }

// Encode implements Encoder.
func (e *linesEncoder) Encode(w io.Writer, rec arrow.Record) error {
	col, ok := rec.Column(0).(*array.String)
	if !ok {
		return diag.Errorf(diag.Internal, "format lines writes text, not %s", rec.Column(0).DataType())
	}
	e.buf = e.buf[:0]
	for i := range col.Len() {
		e.buf = append(append(e.buf, col.Value(i)...), '\n')
	}
	_, err := w.Write(e.buf)
	return err
}

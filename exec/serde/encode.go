package serde

import (
	"encoding/base64"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// appendPlain appends a value that is neither NULL nor nested, as the text formats write it: binary as
// base64, char padded, all else as it is shown.
func appendPlain(dst []byte, a arrow.Array, i int) []byte {
	if b, ok := a.(*array.Binary); ok {
		return base64.StdEncoding.AppendEncode(dst, b.Value(i))
	}
	return datatype.AppendTextIn(dst, a, i, time.UTC)
}

// delimitedEncoder writes as LazySimpleSerDe does. With an escape character, separators, the escape and
// line ends in text are escaped; without one they are written as they are, as in Hive, and counted.
type delimitedEncoder struct {
	*lazy
	sep     []byte // between fields
	end     byte
	buf     []byte
	broken  int64
	special [256]byte // 0: as it is; else what follows the escape character
}

func newDelimitedEncoder(s *spec) (Encoder, error) {
	l, err := newLazy(s)
	if err != nil {
		return nil, err
	}
	return newLazyEncoder(s, l, []byte{l.seps[0]}), nil
}

func newMultiDelimitEncoder(s *spec) (Encoder, error) {
	sep, err := multiSeparator(s)
	if err != nil {
		return nil, err
	}
	l, err := newLazy(s)
	if err != nil {
		return nil, err
	}
	l.escaped = false
	return newLazyEncoder(s, l, []byte(sep)), nil
}

func newLazyEncoder(s *spec, l *lazy, sep []byte) *delimitedEncoder {
	e := &delimitedEncoder{lazy: l, sep: sep, end: '\n'}
	if f, err := lineFraming(s.props); err == nil && len(f.End()) == 1 {
		e.end = f.End()[0]
	}
	deepest := 1
	for _, t := range s.types {
		deepest = max(deepest, separators(t, 1))
	}
	for i, c := range l.seps[:min(deepest, len(l.seps))] {
		if i > 0 || len(sep) == 1 {
			e.special[c] = c
		}
	}
	e.special['\n'], e.special['\r'] = 'n', 'r'
	e.special[e.end] = e.end
	if e.end == '\n' {
		e.special['\n'] = 'n'
	}
	if l.escaped {
		e.special[l.escape] = l.escape
	}
	return e
}

// Encode implements Encoder.
func (e *delimitedEncoder) Encode(w io.Writer, rec arrow.Record) error {
	e.buf = e.buf[:0]
	for r := range int(rec.NumRows()) {
		for c := range int(rec.NumCols()) {
			if c > 0 {
				e.buf = append(e.buf, e.sep...)
			}
			e.value(rec.Column(c), r, 1)
		}
		e.buf = append(e.buf, e.end)
		if len(e.buf) >= chunkSize {
			if _, err := w.Write(e.buf); err != nil {
				return err
			}
			e.buf = e.buf[:0]
		}
	}
	_, err := w.Write(e.buf)
	return err
}

func (e *delimitedEncoder) value(a arrow.Array, i, level int) {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		e.buf = append(e.buf, e.null...)
		return
	}
	switch v := a.(type) {
	case *array.Map:
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				e.buf = append(e.buf, e.seps[level])
			}
			e.value(v.Keys(), int(j), level+2)
			e.buf = append(e.buf, e.seps[level+1])
			e.value(v.Items(), int(j), level+2)
		}
	case *array.List:
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				e.buf = append(e.buf, e.seps[level])
			}
			e.value(v.ListValues(), int(j), level+1)
		}
	case *array.Struct:
		for f := range v.NumField() {
			if f > 0 {
				e.buf = append(e.buf, e.seps[level])
			}
			e.value(v.Field(f), i, level+1)
		}
	case *array.String:
		start := len(e.buf)
		e.buf = appendPlain(e.buf, a, i)
		e.escapeFrom(start)
	default:
		e.buf = appendPlain(e.buf, a, i)
	}
}

// escapeFrom escapes the text in buf from start on.
func (e *delimitedEncoder) escapeFrom(start int) {
	n := 0
	for _, c := range e.buf[start:] {
		if e.special[c] != 0 {
			n++
		}
	}
	if n == 0 {
		return
	}
	if !e.escaped {
		e.broken++
		return
	}
	old := len(e.buf)
	for range n {
		e.buf = append(e.buf, 0)
	}
	// From the end, so that nothing is written over before it is read.
	for i, j := old-1, len(e.buf)-1; i >= start; i-- {
		if x := e.special[e.buf[i]]; x != 0 {
			e.buf[j], e.buf[j-1] = x, e.escape
			j -= 2
		} else {
			e.buf[j] = e.buf[i]
			j--
		}
	}
}

// csvEncoder writes as OpenCSVSerde does: every value in quotes, NULL as nothing. The escape character is
// escaped too, which Hive's writer forgets.
type csvEncoder struct {
	csvChars
	buf []byte
}

func newCSVEncoder(s *spec) (Encoder, error) {
	chars, err := newCSVChars(s.props)
	return &csvEncoder{csvChars: chars}, err
}

// Encode implements Encoder.
func (e *csvEncoder) Encode(w io.Writer, rec arrow.Record) error {
	e.buf = e.buf[:0]
	var field []byte
	for r := range int(rec.NumRows()) {
		for c, a := range rec.Columns() {
			if c > 0 {
				e.buf = append(e.buf, e.sep)
			}
			if a.DataType().ID() == arrow.NULL || a.IsNull(r) {
				continue
			}
			field = appendPlain(field[:0], a, r)
			e.buf = append(e.buf, e.quote)
			for _, x := range field {
				switch x {
				case e.quote, e.escape:
					e.buf = append(e.buf, x)
				}
				e.buf = append(e.buf, x)
			}
			e.buf = append(e.buf, e.quote)
		}
		e.buf = append(e.buf, '\n')
	}
	_, err := w.Write(e.buf)
	return err
}

// jsonEncoder writes one JSON object per row, keys in the order of the columns, NULL as null.
type jsonEncoder struct {
	names []string
	buf   []byte
}

func newJSONEncoder(s *spec) (Encoder, error) {
	e := &jsonEncoder{}
	for _, c := range s.Columns {
		key := c.Name
		if mapped, ok := s.props["mapping."+key]; ok {
			key = mapped
		}
		e.names = append(e.names, key)
	}
	return e, nil
}

// Encode implements Encoder.
func (e *jsonEncoder) Encode(w io.Writer, rec arrow.Record) error {
	e.buf = e.buf[:0]
	for r := range int(rec.NumRows()) {
		e.buf = append(e.buf, '{')
		for c, a := range rec.Columns() {
			if c > 0 {
				e.buf = append(e.buf, ',')
			}
			e.buf = append(datatype.AppendQuoted(e.buf, e.names[c]), ':')
			e.buf = appendJSONValue(e.buf, a, r)
		}
		e.buf = append(e.buf, '}', '\n')
	}
	_, err := w.Write(e.buf)
	return err
}

func appendJSONValue(dst []byte, a arrow.Array, i int) []byte {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v := a.(type) {
	case *array.Map:
		dst = append(dst, '{')
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ',')
			}
			dst = append(datatype.AppendQuoted(dst, string(appendPlain(nil, v.Keys(), int(j)))), ':')
			dst = appendJSONValue(dst, v.Items(), int(j))
		}
		return append(dst, '}')
	case *array.List:
		dst = append(dst, '[')
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ',')
			}
			dst = appendJSONValue(dst, v.ListValues(), int(j))
		}
		return append(dst, ']')
	case *array.Struct:
		dst = append(dst, '{')
		for f, field := range v.DataType().(*arrow.StructType).Fields() {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = append(datatype.AppendQuoted(dst, field.Name), ':')
			dst = appendJSONValue(dst, v.Field(f), i)
		}
		return append(dst, '}')
	case *array.Boolean, *array.Int8, *array.Int16, *array.Int32, *array.Int64:
		return appendPlain(dst, a, i)
	case *array.Float32:
		return appendJSONNumber(dst, a, i, finite(float64(v.Value(i))))
	case *array.Float64:
		return appendJSONNumber(dst, a, i, finite(v.Value(i)))
	case *array.Decimal128:
		return appendJSONNumber(dst, a, i, datatype.IsDecimal(a.DataType()))
	}
	return datatype.AppendQuoted(dst, string(appendPlain(nil, a, i)))
}

// appendJSONNumber quotes what is no JSON number, such as NaN.
func appendJSONNumber(dst []byte, a arrow.Array, i int, bare bool) []byte {
	if bare {
		return appendPlain(dst, a, i)
	}
	return append(appendPlain(append(dst, '"'), a, i), '"')
}

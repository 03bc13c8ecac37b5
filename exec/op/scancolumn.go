package op

import (
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// column returns output column i of a batch: of the data, of the record, or one value per file.
func (s *scan) column(i int, c *winnowpb.ScanColumn, data []arrow.Array, rows int) (arrow.Array, error) {
	t := s.schema.Field(i).Type
	switch c.Source {
	case winnowpb.ScanColumn_DATA:
		if s.place[i] < 0 {
			return nil, diag.Errorf(diag.Internal, "plan: %s has no data column %d", s.spec.Table, c.Index)
		}
		a := data[s.place[i]]
		if e := s.entry[i]; e >= 0 {
			a = a.(*array.Struct).Field(e)
		}
		if a.DataType() != t {
			return datatype.Relabel(a, t), nil // the names of struct fields are the plan's
		}
		a.Retain()
		return a, nil
	case winnowpb.ScanColumn_BLOCK_OFFSET:
		return s.extra.offsetArray(t)
	case winnowpb.ScanColumn_LINE:
		return s.extra.lineArray(t)
	}
	// The files' values, then for each row the index of its file's.
	texts := make([]*string, len(s.runs))
	for r, run := range s.runs {
		var err error
		if texts[r], err = fileValue(c, run.file, t); err != nil {
			return nil, err
		}
	}
	values := serde.Values(t, texts)
	defer values.Release()
	if v, ok := values.(*array.String); ok && v.NullN() == 0 {
		return s.repeated(i, v, rows), nil
	}
	idx := make([]int32, 0, rows)
	for r, run := range s.runs {
		for range run.rows {
			idx = append(idx, int32(r))
		}
	}
	return vec.Take(s.env.Mem, values, idx), nil
}

// sameValues reports whether the open file has the values of the file before, as far as rows have values of their file. A batch of
// such files costs less to group by them.
func (s *scan) sameValues() bool {
	before := s.runs[len(s.runs)-1].file
	for i, c := range s.spec.Columns {
		switch c.Source {
		case winnowpb.ScanColumn_DATA, winnowpb.ScanColumn_BLOCK_OFFSET, winnowpb.ScanColumn_LINE:
			continue
		}
		was, err1 := fileValue(c, before, s.schema.Field(i).Type)
		is, err2 := fileValue(c, s.file.rng, s.schema.Field(i).Type)
		if err1 != nil || err2 != nil || (was == nil) != (is == nil) || was != nil && *was != *is {
			return false
		}
	}
	return true
}

// repeated returns text that is the same for all rows of a run, value r for run r. Files that follow each other mostly have the
// same, and then share it.
func (s *scan) repeated(column int, values *array.String, rows int) arrow.Array {
	text := values.Value(0)
	for r := range values.Len() {
		if values.Value(r) != text {
			return repeatedTexts(values, s.runs)
		}
	}
	if s.repeats == nil {
		s.repeats = make([]arrow.Array, len(s.spec.Columns))
	}
	known, ok := s.repeats[column].(*array.String)
	if !ok || known.Len() < rows || known.Value(0) != text {
		known = repeatedTexts(values, []fileRun{{rows: min(rows+rows/4, max(rows, s.full()))}})
		s.repeats[column] = known
	}
	return array.NewSlice(known, 0, int64(rows))
}

// repeatedTexts returns value r of values for each row of run r.
func repeatedTexts(values *array.String, runs []fileRun) *array.String {
	rows, size := 0, 0
	for r, run := range runs {
		rows, size = rows+run.rows, size+run.rows*len(values.Value(r))
	}
	offsets, data := make([]int32, 1, rows+1), make([]byte, size)
	end := 0
	for r, run := range runs {
		v := values.Value(r)
		text := data[end : end+run.rows*len(v)]
		for n := copy(text, v); 0 < n && n < len(text); {
			n += copy(text[n:], text[:n])
		}
		for range run.rows {
			end += len(v)
			offsets = append(offsets, int32(end))
		}
	}
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(data)}
	d := array.NewData(values.DataType(), rows, buffers, nil, 0, 0)
	defer d.Release()
	return array.NewStringData(d)
}

// fileValue returns the text of a column that has one value per file, or nil for NULL.
func fileValue(c *winnowpb.ScanColumn, f *winnowpb.FileRange, t arrow.DataType) (*string, error) {
	var text string
	switch c.Source {
	case winnowpb.ScanColumn_PARTITION:
		if int(c.Index) >= len(f.Values) {
			return nil, diag.Errorf(diag.Internal, "plan: %s has no value of partition column %d", f.Path, c.Index)
		}
		if f.Values[c.Index].Null {
			return nil, nil
		}
		text = f.Values[c.Index].Text
	case winnowpb.ScanColumn_FILE_NAME:
		text = f.Path
	case winnowpb.ScanColumn_FILE_SIZE:
		text = strconv.FormatInt(f.Size, 10)
	case winnowpb.ScanColumn_FILE_MODIFIED:
		if text = time.Unix(0, f.ModTimeUnixNanos).UTC().Format("2006-01-02 15:04:05.999"); datatype.IsInteger(t) {
			text = strconv.FormatInt(f.ModTimeUnixNanos/int64(time.Millisecond), 10)
		}
	case winnowpb.ScanColumn_PARTITION_NAME:
		text = f.Partition
	default:
		return nil, diag.Errorf(diag.Internal, "plan: scan column of source %s", c.Source)
	}
	return &text, nil
}

// recordColumns holds where each record of a batch begins, and the record.
type recordColumns struct {
	offsets *array.Int64Builder
	lines   *array.StringBuilder
	made    [2]arrow.Array
}

func newRecordColumns(mem memory.Allocator) *recordColumns {
	return &recordColumns{offsets: array.NewInt64Builder(mem), lines: array.NewStringBuilder(mem)}
}

func (r *recordColumns) add(off int64, rec []byte) {
	r.offsets.Append(off)
	r.lines.BinaryBuilder.Append(rec)
}

// finish makes the arrays of a batch once; several columns may ask for them.
func (r *recordColumns) finish() {
	if r.made[0] == nil {
		r.made[0], r.made[1] = r.offsets.NewArray(), r.lines.NewArray()
	}
}

func (r *recordColumns) offsetArray(t arrow.DataType) (arrow.Array, error) {
	r.finish()
	if t.ID() != arrow.INT64 {
		return nil, diag.Errorf(diag.Internal, "plan: an offset is bigint, not %s", datatype.Name(t))
	}
	r.made[0].Retain()
	return r.made[0], nil
}

func (r *recordColumns) lineArray(t arrow.DataType) (arrow.Array, error) {
	r.finish()
	if t.ID() != arrow.STRING {
		return nil, diag.Errorf(diag.Internal, "plan: a record is string, not %s", datatype.Name(t))
	}
	r.made[1].Retain()
	return r.made[1], nil
}

func (r *recordColumns) reset() {
	r.finish()
	release(r.made[:])
	r.made = [2]arrow.Array{}
}

func (r *recordColumns) release() {
	r.reset()
	r.offsets.Release()
	r.lines.Release()
	r.offsets, r.lines = nil, nil
}

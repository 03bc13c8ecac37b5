package op

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// scan reads the files of a task's splits. A batch may hold rows of several small files.
type scan struct {
	env     *Env
	spec    *winnowpb.Scan
	schema  *arrow.Schema
	table   *serde.Table
	need    serde.Need
	names   []string // of the needed data columns, for counts
	place   []int    // of each output column among the needed data columns; -1: not a data column
	entry   []int    // of each output column that is an entry of a map: its place among those wanted of the map; -1: it is none
	decoder serde.Decoder
	chunks  serde.ChunkDecoder // the decoder, if it has the form and no record is looked at alone
	cols    *serde.Columns
	extra   *recordColumns // offsets and raw lines, if asked for
	filters []expr.Expr    // those that are left to the batches
	reader  *serde.Reader

	keys    []fileKeys // what the joins above want
	ranges  []*winnowpb.FileRange
	next    int // in ranges
	file    *scanFile
	runs    []fileRun     // whose rows are in cols
	repeats []arrow.Array // per output column: the text that all rows of the batch before had, as often as a batch needs it
	given   int64         // rows, for the limit
	text    int64         // bytes decoded so far
	most    int64         // how many it may be; 0: any number
	done    bool
	magic   magicCache
	header  string // the last one that was looked at
	mixed   bool   // its names are those of the columns in another order

	onBadFile string // property on_bad_file: "salvage", "skip", else damaged files are errors
	json      bool   // the format is JSON, one document a line
	badRows   string // property bad.rows: "error" makes records without the table's format errors
}

// MaxScanBytes is the setting of how many bytes of text, after decompression, a query may read; 0 for any number. A
// task holds its own scans to it, the coordinator the sum of all tasks.
const MaxScanBytes = "winnow.max.scan.bytes"

// TooManyBytes is the error of a query that has read more than most bytes.
func TooManyBytes(most int64) error {
	return diag.Errorf(diag.Limit, "the query has read more than %d bytes of text", most).
		WithHint("ask for fewer partitions, or raise %s", MaxScanBytes)
}

// fileRun is rows of one file that follow each other.
type fileRun struct {
	file *winnowpb.FileRange
	rows int
}

const (
	scanBatchRows  = 16384    // where Env names no number
	batchBytes     = 32 << 20 // of values end a batch before it has its rows
	zeroColumnRows = 1 << 16  // of a batch without columns
	leastRun       = 8        // this part of a batch ends before a file with other values
)

func newScan(env *Env, n *winnowpb.Node) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	s := &scan{env: env, spec: n.GetScan(), schema: schema}
	if len(s.spec.Columns) != len(schema.Fields()) {
		return nil, diag.Errorf(diag.Internal, "plan: scan of %s has %d columns and %d fields", s.spec.Table, len(s.spec.Columns), len(schema.Fields()))
	}
	if s.filters, err = expr.AllFromProto(s.spec.Filters); err != nil {
		return nil, err
	}
	if v, ok := env.Task.GetSession().GetSettings()[MaxScanBytes]; ok {
		if s.most, err = strconv.ParseInt(v, 10, 64); err != nil {
			return nil, diag.Errorf(diag.Config, "%s: %w", MaxScanBytes, err)
		}
	}
	if err := s.openTable(); err != nil {
		return nil, err
	}
	stats := &winnowpb.Stats{}
	for _, split := range env.Task.GetSplits() {
		if split.ScanId == s.spec.ScanId {
			s.ranges = append(s.ranges, split.Files...)
			stats.Splits++
		}
	}
	env.Counters.Add(stats)
	return s, nil
}

// openTable makes the decoder of the needed data columns.
func (s *scan) openTable() error {
	format, err := serde.Lookup(s.spec.Format)
	if err != nil {
		return err
	}
	spec := serde.Spec{Props: map[string]string{}, Settings: s.env.Task.GetSession().GetSettings()}
	for k, v := range s.spec.Properties {
		spec.Props[strings.ToLower(k)] = v
	}
	for _, f := range s.spec.DataColumns {
		t, err := datatype.Parse(f.Type)
		if err != nil {
			return err
		}
		spec.Columns = append(spec.Columns, serde.Column{Name: f.Name, Type: t})
	}
	s.onBadFile, s.badRows = strings.ToLower(spec.Props["on_bad_file"]), strings.ToLower(spec.Props["bad.rows"])
	if err := s.findNeed(len(spec.Columns)); err != nil {
		return err
	}
	s.asPlanned(format, &spec)
	s.json = format.Name == "json"
	if s.takeReading() {
		return s.pushFilters()
	}
	if s.table, err = format.Open(spec); err != nil {
		return err
	}
	for i, p := range s.place {
		if p < 0 {
			continue
		}
		have, want := s.table.Types[s.need.Columns[p]], s.schema.Field(i).Type
		if m, ok := have.(*arrow.MapType); ok && s.entry[i] >= 0 {
			have = m.ItemType()
		}
		if !datatype.Equal(have, want) {
			return diag.Errorf(diag.Internal, "plan: column %s of %s is %s, not %s", s.schema.Field(i).Name, s.spec.Table,
				datatype.Name(have), datatype.Name(want))
		}
	}
	if err := s.pushFilters(); err != nil {
		return err
	}
	s.reader = serde.NewReader(s.table.Framing, s.table.MaxLine)
	return s.openDecoder()
}

// openDecoder makes the decoder of what is needed, which is all known before the first row is read.
func (s *scan) openDecoder() (err error) {
	if s.decoder, err = s.table.NewDecoder(s.need); err != nil {
		return err
	}
	s.cols = s.table.NewColumns(s.need)
	s.findChunks()
	return nil
}

// findChunks uses the decoder's form for chunks, if it has one and no record is looked at alone.
func (s *scan) findChunks() {
	if s.extra == nil {
		s.chunks, _ = s.decoder.(serde.ChunkDecoder)
	}
}

// findNeed lists the data columns that are read, and sets place.
func (s *scan) findNeed(columns int) error {
	at := make(map[uint32]int)
	for i, c := range s.spec.Columns {
		place, entry := -1, -1
		switch c.Source {
		case winnowpb.ScanColumn_DATA:
			if int(c.Index) >= columns {
				return diag.Errorf(diag.Internal, "plan: %s has no data column %d", s.spec.Table, c.Index)
			}
			p, ok := at[c.Index]
			if !ok {
				p = len(s.need.Columns)
				at[c.Index] = p
				s.need.Columns = append(s.need.Columns, int(c.Index))
				s.need.Fields = append(s.need.Fields, nil)
				s.need.Entries = append(s.need.Entries, false)
				s.names = append(s.names, s.spec.DataColumns[c.Index].Name)
			}
			place = p
			isEntry, err := s.isEntry(i)
			if err != nil {
				return err
			}
			if isEntry {
				entry = len(s.need.Fields[p])
				s.need.Entries[p] = true
			}
			s.need.Fields[p] = append(s.need.Fields[p], c.Path...)
		case winnowpb.ScanColumn_BLOCK_OFFSET, winnowpb.ScanColumn_LINE:
			if s.extra == nil {
				s.extra = newRecordColumns(s.env.Mem)
			}
		}
		s.place, s.entry = append(s.place, place), append(s.entry, entry)
	}
	return nil
}

// isEntry reports whether output column i is not the data column that it names but the entry of a key of it.
func (s *scan) isEntry(i int) (bool, error) {
	c := s.spec.Columns[i]
	if len(c.Path) != 1 {
		return false, nil
	}
	t, err := datatype.Parse(s.spec.DataColumns[c.Index].Type)
	if err != nil {
		return false, err
	}
	m, isMap := t.(*arrow.MapType)
	return isMap && datatype.Equal(m.ItemType(), s.schema.Field(i).Type), nil
}

// asPlanned makes a CSV table typed if the plan holds the declared types and not strings.
func (s *scan) asPlanned(format *serde.Format, spec *serde.Spec) {
	if format.Name != "csv" {
		return
	}
	types := format.ColumnTypes(*spec)
	for i, p := range s.place {
		if p >= 0 && !datatype.Equal(types[s.need.Columns[p]], s.schema.Field(i).Type) {
			spec.Props["typed"] = "true"
		}
	}
}

// Schema implements Operator.
func (s *scan) Schema() *arrow.Schema { return s.schema }

// Close implements Operator.
func (s *scan) Close() error {
	if s.done {
		s.giveReading()
	}
	s.closeFile()
	if s.extra != nil {
		s.extra.release()
		s.extra = nil
	}
	s.next, s.done = len(s.ranges), true
	return nil
}

// Next implements Operator.
func (s *scan) Next(ctx context.Context) (arrow.Record, error) {
	for !s.done {
		if err := s.gather(ctx); err != nil {
			return nil, s.alsoDamaged(ctx, err)
		}
		if s.cols.Rows() == 0 {
			s.done = true
			break
		}
		rec, err := s.batch()
		if err != nil {
			return nil, err
		}
		if rec, err = s.cut(rec); err != nil || rec != nil {
			return rec, err
		}
	}
	return nil, io.EOF
}

// full is how many rows end a batch.
func (s *scan) full() int {
	n := s.env.BatchRows
	if n <= 0 {
		n = scanBatchRows
	}
	if len(s.spec.Columns) == 0 {
		n = zeroColumnRows
	}
	if limit := s.spec.Limit; limit > 0 && len(s.filters) == 0 {
		n = int(min(int64(n), limit-s.given))
	}
	return n
}

// gather reads until a batch is full or the ranges end.
func (s *scan) gather(ctx context.Context) error {
	full := s.full()
	for s.cols.Rows() < full && s.cols.Bytes() < batchBytes {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.file == nil {
			if more, err := s.openNext(ctx); err != nil || !more {
				return err
			}
			if s.cols.Rows() >= max(1, full/leastRun) && !s.sameValues() {
				return nil
			}
		}
		if err := s.step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) decoded() int64 { return s.text }

// step decodes the next chunk of the open file, or closes the file at its end.
func (s *scan) step() error {
	chunk, err := s.reader.Next()
	if err != nil {
		return s.endFile(err)
	}
	before, leftOut := s.cols.Rows(), s.cols.Counts.LeftOut
	if err := s.decode(chunk); err != nil {
		return s.file.located(err)
	}
	rows := s.cols.Rows() - before
	s.file.stats.RowsRead += int64(rows) + s.cols.Counts.LeftOut - leftOut
	s.file.stats.BytesDecoded += int64(len(chunk.Data))
	if s.text += int64(len(chunk.Data)); s.most > 0 && s.text > s.most {
		return TooManyBytes(s.most)
	}
	s.file.noteChunk(chunk)
	if last := len(s.runs) - 1; last >= 0 && s.runs[last].file == s.file.rng {
		s.runs[last].rows += rows
	} else {
		s.runs = append(s.runs, fileRun{s.file.rng, rows})
	}
	if s.strict() {
		return s.checkStrict(chunk)
	}
	return nil
}

// decode adds the rows of a chunk.
func (s *scan) decode(c serde.Chunk) error {
	switch {
	case c.Long:
		before := s.cols.Rows()
		s.cols.AddBadRow()
		s.cols.Counts.LongLines++
		s.note(before, c.Offset, c.Data)
		return nil
	case c.Single:
		return s.one(c.Offset, c.Data)
	case s.chunks != nil:
		return s.chunks.DecodeChunk(c.Data, s.cols)
	}
	return s.eachRecord(c, s.one)
}

// one adds the row of a record.
func (s *scan) one(off int64, rec []byte) error {
	before := s.cols.Rows()
	err := s.decoder.Decode(rec, s.cols)
	s.note(before, off, rec)
	return err
}

// eachRecord calls f with the records of a chunk and where in the file they begin.
func (s *scan) eachRecord(c serde.Chunk, f func(off int64, rec []byte) error) error {
	for b, off := c.Data, c.Offset; len(b) > 0; {
		rec, n := s.table.Framing.Next(b, true)
		if err := f(off, rec); err != nil {
			return err
		}
		b, off = b[n:], off+int64(n)
	}
	return nil
}

// note keeps where a record is, and the record, if it has become a row since there were before of them.
func (s *scan) note(before int, off int64, rec []byte) {
	if s.extra != nil && s.cols.Rows() > before {
		s.extra.add(off, rec)
	}
}

// batch makes a record of the gathered rows.
func (s *scan) batch() (arrow.Record, error) {
	rows := s.cols.Rows()
	s.flushCounts()
	data := s.cols.Finish()
	defer release(data)
	cols := make([]arrow.Array, 0, len(s.spec.Columns))
	defer func() { release(cols) }()
	for i, c := range s.spec.Columns {
		a, err := s.column(i, c, data, rows)
		if err != nil {
			return nil, err
		}
		cols = append(cols, a)
	}
	if s.extra != nil {
		s.extra.reset()
	}
	s.runs = s.runs[:0]
	return array.NewRecord(s.schema, cols, int64(rows)), nil
}

// cut applies the filters and the limit to rec, which it takes. It returns nil if no row is left.
func (s *scan) cut(rec arrow.Record) (arrow.Record, error) {
	for _, f := range s.filters {
		rows, err := expr.EvalBool(s.env.Funcs, f, rec)
		if err != nil {
			rec.Release()
			return nil, err
		}
		if int64(len(rows)) == rec.NumRows() {
			continue
		}
		kept := vec.TakeRecord(s.env.Mem, rec, rows)
		rec.Release()
		if rec = kept; rec.NumRows() == 0 {
			rec.Release()
			return nil, nil
		}
	}
	if limit := s.spec.Limit; limit > 0 && rec.NumRows() >= limit-s.given {
		cut := rec.NewSlice(0, limit-s.given)
		rec.Release()
		rec, s.done = cut, true
		s.closeFile()
	}
	s.given += rec.NumRows()
	return rec, nil
}

// endFile ends the open file: at its end, at damage, or at an error.
func (s *scan) endFile(err error) error {
	f := s.file
	s.closeFile()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return s.damage(f.rng.Path, f.located(err), "the records before it are kept")
}

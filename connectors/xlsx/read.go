package xlsx

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/proto/diag"
)

// batchRows is how many rows a record holds at most.
const batchRows = 4096

// days1904 is the serial day of 1904-01-01, from which some books count.
const days1904 = 1462

// reader is the rows of a worksheet as records. The context is kept because Next has none.
type reader struct {
	ctx    context.Context
	refs   atomic.Int64
	book   *book
	part   io.ReadCloser
	name   string // of the part
	scan   *scanner
	schema *arrow.Schema
	at     []int // the column of the sheet of each column of the table
	build  *array.RecordBuilder
	row    []sheet.Cell // by the column of the table
	of     map[int][]int
	record arrow.Record
	err    error
}

// openSheet returns a scanner of a worksheet's rows. The caller closes the part.
func (b *book) openSheet(ref *sheetRef) (*scanner, io.ReadCloser, error) {
	f := b.part(ref.part)
	if f == nil {
		return nil, nil, diag.Errorf(diag.BadFile, "%s is damaged: it lacks %s", b.path, ref.part)
	}
	shared, err := b.readStrings()
	if err != nil {
		return nil, nil, err
	}
	st, _, err := b.readStyles()
	if err != nil {
		return nil, nil, err
	}
	part, err := f.Open()
	if err != nil {
		return nil, nil, b.damaged(f.Name, err)
	}
	s := newScanner(part)
	s.strings, s.dates = shared, st.kinds()
	if b.date1904 {
		s.shift = days1904
	}
	return s, part, nil
}

// readStyles returns the styles and the name of their part, "" if there is none.
func (b *book) readStyles() (*styles, string, error) {
	f, err := b.related("/styles")
	if err != nil {
		return nil, "", err
	}
	if f == nil {
		return &styles{}, "", nil
	}
	data, err := b.bytes(f)
	if err != nil {
		return nil, "", err
	}
	s, err := readStyles(data)
	if err != nil {
		return nil, "", b.damaged(f.Name, err)
	}
	return s, f.Name, nil
}

// header returns the texts of the first row that holds anything, by column; nil if none does.
func (s *scanner) header() ([]string, error) {
	for {
		more, err := s.next()
		if err != nil || !more {
			return nil, err
		}
		if len(s.cells) == 0 {
			continue
		}
		var texts []string
		for _, c := range s.cells {
			for len(texts) <= c.column {
				texts = append(texts, "")
			}
			texts[c.column] = c.value.String()
		}
		return texts, nil
	}
}

func newReader(ctx context.Context, b *book, t *target) (*reader, error) {
	ref := b.sheet(t.sheet)
	if ref == nil {
		return nil, b.noSheet(t.sheet)
	}
	s, part, err := b.openSheet(ref)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, book: b, part: part, name: ref.part, scan: s}
	r.refs.Store(1)
	headers, err := s.header()
	if err != nil {
		part.Close()
		return nil, b.damaged(ref.part, err)
	}
	columns := t.columns
	if len(columns) == 0 {
		columns = sheet.Headers(headers)
	}
	if headers != nil { // an empty worksheet has no rows, whatever its columns
		if r.at, err = sheet.Positions(columns, headers, b.where(ref)); err != nil {
			part.Close()
			return nil, err
		}
	}
	r.of = map[int][]int{}
	for i, p := range r.at {
		r.of[p] = append(r.of[p], i)
	}
	r.schema = sheet.Schema(columns)
	r.build = array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	r.row = make([]sheet.Cell, len(columns))
	return r, nil
}

func (b *book) where(ref *sheetRef) string { return "sheet \"" + ref.name + "\" of " + b.path }

func (b *book) noSheet(name string) error {
	names := make([]string, len(b.sheets))
	for i, s := range b.sheets {
		names[i] = s.name
	}
	e := diag.Errorf(diag.NotFound, "%s has no worksheet %q", b.path, name)
	if near := diag.DidYouMean(name, names); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("it has %q", names)
}

// Schema returns the columns.
func (r *reader) Schema() *arrow.Schema { return r.schema }

// Next reads the next record.
func (r *reader) Next() bool {
	if r.record != nil {
		r.record.Release()
		r.record = nil
	}
	n := 0
	for n < batchRows && r.err == nil {
		if r.err = r.ctx.Err(); r.err != nil {
			break
		}
		more, err := r.scan.next()
		if err != nil {
			r.err = r.book.damaged(r.name, err)
		}
		if err != nil || !more {
			break
		}
		if len(r.scan.cells) > 0 { // an empty row is layout, not a row of the table
			r.append()
			n++
		}
	}
	if n == 0 || r.err != nil {
		return false
	}
	r.record = r.build.NewRecord()
	return true
}

// append adds the scanned row to the record in the making.
func (r *reader) append() {
	clear(r.row)
	for _, c := range r.scan.cells {
		for _, i := range r.of[c.column] {
			r.row[i] = c.value
		}
	}
	for i, c := range r.row {
		sheet.Append(r.build.Field(i), c)
	}
}

// Record returns the record of the last Next; it is valid until the next one.
func (r *reader) Record() arrow.Record { return r.record }

// Err returns why Next has ended, nil at the end of the rows.
func (r *reader) Err() error { return r.err }

// Retain adds a holder.
func (r *reader) Retain() { r.refs.Add(1) }

// Release drops a holder; the last one closes the file.
func (r *reader) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	if r.record != nil {
		r.record.Release()
	}
	r.build.Release()
	r.part.Close()
	r.book.close()
}

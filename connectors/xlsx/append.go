package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/proto/diag"
)

// Append adds rows below those of the worksheet, and makes the file, the worksheet and its header row
// where they are missing. It returns the number of rows. On an error the file is as it was.
// A file that another program has open (by the lock file that it leaves) is a conflict.
func (h *Handler) Append(ctx context.Context, props map[string]string, rows array.RecordReader) (int64, error) {
	t, err := h.target(props)
	if err != nil {
		return 0, err
	}
	if len(t.columns) == 0 {
		for _, f := range rows.Schema().Fields() {
			t.columns = append(t.columns, sheet.Column{Name: f.Name, Type: f.Type, Header: f.Name})
		}
	}
	if err := sheet.CheckRows(t.columns, rows.Schema()); err != nil {
		return 0, err
	}
	defer h.lock(t.path)()
	if err := t.checkOpen(ctx); err != nil {
		return 0, err
	}
	old, err := find(ctx, t.store, t.path)
	if err != nil {
		return 0, err
	}
	var b *book
	if old != nil {
		b, err = h.openBook(ctx, t.store, *old)
	} else {
		b, err = h.newBook(t)
	}
	if err != nil {
		return 0, err
	}
	defer b.close()
	p, err := b.plan(t)
	if err != nil {
		return 0, err
	}
	file, err := h.machine.Spill()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	w := &rowWriter{out: bufio.NewWriterSize(file, 1<<16), plan: p, row: p.lastRow}
	n, err := w.writeAll(ctx, t.columns, rows)
	if err != nil || n == 0 && old != nil {
		return 0, err
	}
	if err := t.replace(ctx, b, p, io.NewSectionReader(file, 0, w.bytes), w.row, old); err != nil {
		return 0, err
	}
	return n, nil
}

// checkOpen looks for the lock files that Excel and LibreOffice keep beside a file they have open.
func (t *target) checkOpen(ctx context.Context) error {
	slash := strings.LastIndexByte(t.path, '/') + 1
	dir, name := t.path[:slash], t.path[slash:]
	for _, lock := range []string{"~$" + name, ".~lock." + name + "#"} {
		o, err := find(ctx, t.store, dir+lock)
		if err != nil {
			return err
		}
		if o != nil {
			return diag.Errorf(diag.Conflict, "%s is open in another program", t.path).
				WithHint("close it there, or delete %s if no program runs", o.Path)
		}
	}
	return nil
}

// plan is where in a book the rows go.
type plan struct {
	ref       *sheetRef
	prefix    string
	positions []int // of the table's columns in the sheet
	width     int   // columns of the sheet
	header    []string
	lastRow   int               // the last that holds anything
	dimension [2]int64          // of the tag in the worksheet's text; zero if there is none
	cut, join int64             // what is between is replaced by the new rows
	open      bool              // the rows need <sheetData> around them
	parts     map[string][]byte // parts with another content
	added     []string          // names of those that are new
	dates     [2]int            // cell styles of dates and of dates with time; -1 is none
	shift     float64           // days to take off a serial day, for books that count from 1904
}

// plan scans the worksheet for its header and its end.
func (b *book) plan(t *target) (*plan, error) {
	p := &plan{parts: map[string][]byte{}, dates: [2]int{-1, -1}}
	if b.date1904 {
		p.shift = days1904
	}
	st, name, err := b.readStyles()
	if err != nil {
		return nil, err
	}
	if name != "" && st.cellXfs[1] != 0 {
		data, ids := st.ensure(dateFormat, dateTimeFormat)
		p.parts[name], p.dates = data, [2]int(ids)
	}
	if p.ref = b.sheet(t.sheet); p.ref == nil {
		return p, b.addSheet(p, t)
	}
	s, part, err := b.openSheet(p.ref)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	headers, err := s.header()
	p.lastRow, p.cut = s.row, s.rowEnd
	for more := headers != nil; more && err == nil; {
		if more, err = s.next(); len(s.cells) > 0 && more {
			p.lastRow, p.cut = s.row, s.rowEnd
		}
	}
	if err == nil && !s.ended {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, b.damaged(p.ref.part, err)
	}
	p.prefix, p.dimension, p.join = s.prefix, s.dimension, s.dataClose[0]
	if s.alone {
		p.cut, p.join, p.open = s.dataOpen[0], s.dataOpen[1], true
	}
	if headers == nil {
		// Rows without a value are formatting: the header takes the place of the first.
		p.lastRow = 0
		if !s.alone {
			p.cut = s.dataOpen[1]
		}
		p.newHeader(t)
		return p, nil
	}
	p.width = len(headers)
	p.positions, err = sheet.Positions(t.columns, headers, b.where(p.ref))
	return p, err
}

// newHeader lays the table's columns out from the first column of an empty worksheet.
func (p *plan) newHeader(t *target) {
	for i, c := range t.columns {
		p.positions = append(p.positions, i)
		p.header = append(p.header, c.Header)
	}
	p.width = len(p.header)
}

// rowWriter writes rows as the XML of a worksheet.
type rowWriter struct {
	out   *bufio.Writer
	bytes int64
	plan  *plan
	row   int // number of the last row written
	buf   []byte
	text  bytes.Buffer
}

// writeAll writes the header, if there is to be one, and all rows; it returns their number.
func (w *rowWriter) writeAll(ctx context.Context, columns []sheet.Column, rows array.RecordReader) (int64, error) {
	if w.plan.header != nil {
		cells := make([]sheet.Cell, len(w.plan.header))
		for i, h := range w.plan.header {
			cells[i] = sheet.Cell{Kind: sheet.Text, Text: sheet.Clean(h, maxCell)}
		}
		if err := w.write(cells); err != nil {
			return 0, err
		}
	}
	n := int64(0)
	cells := make([]sheet.Cell, w.plan.width)
	for rows.Next() {
		record := rows.Record()
		encoders := make([]func(int) sheet.Cell, len(columns))
		for i := range columns {
			var err error
			if encoders[i], err = sheet.Encoder(record.Column(i), maxCell); err != nil {
				return 0, err
			}
		}
		for i := range int(record.NumRows()) {
			if i%1024 == 0 && ctx.Err() != nil {
				return 0, ctx.Err()
			}
			clear(cells)
			for c, enc := range encoders {
				cells[w.plan.positions[c]] = enc(i)
			}
			if err := w.write(cells); err != nil {
				return 0, err
			}
			n++
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return n, w.out.Flush()
}

// write writes one row.
func (w *rowWriter) write(cells []sheet.Cell) error {
	if w.row++; w.row > maxRows {
		return diag.Errorf(diag.Limit, "a worksheet holds %d rows, and these would be more", maxRows)
	}
	b := append(w.buf[:0], '<')
	b = append(b, w.plan.prefix...)
	b = fmt.Appendf(b, `row r="%d">`, w.row)
	for i, c := range cells {
		b = w.appendCell(b, i, c)
	}
	b = append(b, "</"...)
	b = append(b, w.plan.prefix...)
	b = append(b, "row>"...)
	w.buf = b
	w.bytes += int64(len(b))
	_, err := w.out.Write(b)
	return err
}

// appendCell appends the XML of a cell. Text is an inline string, never a formula.
func (w *rowWriter) appendCell(b []byte, column int, c sheet.Cell) []byte {
	style := -1
	switch c.Kind {
	case sheet.Empty:
		return b
	case sheet.Date:
		style = w.plan.dates[0]
	case sheet.DateTime:
		style = w.plan.dates[1]
	}
	if c.Kind == sheet.Date || c.Kind == sheet.DateTime {
		if style < 0 || c.Number < w.plan.shift {
			c = sheet.Cell{Kind: sheet.Text, Text: c.String()}
		}
		c.Number -= w.plan.shift
	}
	p := w.plan.prefix
	b = append(append(append(b, '<'), p...), `c r="`...)
	b = appendColumn(b, column)
	b = fmt.Appendf(b, `%d"`, w.row)
	switch c.Kind {
	case sheet.Text:
		b = fmt.Appendf(b, ` t="inlineStr"><%sis><%st xml:space="preserve">`, p, p)
		b = appendText(b, &w.text, c.Text)
		return fmt.Appendf(b, "</%st></%sis></%sc>", p, p, p)
	case sheet.Bool:
		b = append(b, ` t="b"`...)
	case sheet.Date, sheet.DateTime:
		b = fmt.Appendf(b, ` s="%d"`, style)
	}
	b = fmt.Appendf(b, "><%sv>", p)
	if c.Kind == sheet.Number && c.Text != "" {
		b = append(b, c.Text...)
	} else {
		b = appendNumber(b, c.Number)
	}
	return fmt.Appendf(b, "</%sv></%sc>", p, p)
}

func appendNumber(b []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Appendf(b, "%d", int64(v))
	}
	return fmt.Appendf(b, "%v", v)
}

// replace writes the new file and puts it in the place of old, which must still be there as it was.
func (t *target) replace(ctx context.Context, b *book, p *plan, rows io.Reader, lastRow int, old *connectors.Object) (err error) {
	w, err := t.store.Create(ctx, t.path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err = b.write(out, p, rows, lastRow); err == nil {
		err = out.Flush()
	}
	if err == nil {
		var now *connectors.Object
		now, err = find(ctx, t.store, t.path)
		if err == nil && (now == nil) != (old == nil) || now != nil && old != nil && (now.ETag != old.ETag || now.Size != old.Size) {
			err = diag.Errorf(diag.Conflict, "%s was changed by another program in the meantime", t.path).WithHint("run the statement again")
		}
	}
	if err != nil {
		if a, ok := w.(connectors.Aborter); ok {
			a.Abort()
		}
		return err
	}
	return w.Close()
}

// write writes the book with the rows in it.
func (b *book) write(w io.Writer, p *plan, rows io.Reader, lastRow int) error {
	zw := zip.NewWriter(w)
	for _, f := range b.zip.File {
		var err error
		switch data, ok := p.parts[f.Name]; {
		case f.Name == p.ref.part || strings.EqualFold(f.Name, p.ref.part):
			err = b.splice(zw, f, p, rows, lastRow)
		case ok:
			err = writePart(zw, f.Name, bytes.NewReader(data))
		default:
			err = zw.Copy(f) // as it is, not even inflated
		}
		if err != nil {
			return err
		}
	}
	for _, name := range p.added {
		if err := writePart(zw, name, io.MultiReader(strings.NewReader(sheetHead), rows, strings.NewReader(sheetTail))); err != nil {
			return err
		}
	}
	return zw.Close()
}

func writePart(zw *zip.Writer, name string, r io.Reader) error {
	out, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return err
}

// splice copies the worksheet f with the rows in their place.
func (b *book) splice(zw *zip.Writer, f *zip.File, p *plan, rows io.Reader, lastRow int) error {
	in, err := f.Open()
	if err != nil {
		return b.damaged(f.Name, err)
	}
	defer in.Close()
	var parts []io.Reader
	at := int64(0)
	if p.dimension[1] > 0 && p.dimension[1] <= p.cut {
		// Some readers believe it: it must cover the new rows.
		tag := fmt.Sprintf(`<%sdimension ref="A1:%s%d"/>`, p.prefix, appendColumn(nil, max(p.width, 1)-1), max(lastRow, 1))
		if !b.selfClosed(f, p.dimension) {
			tag = strings.Replace(tag, "/>", ">", 1)
		}
		parts = append(parts, io.LimitReader(in, p.dimension[0]), skip{in, p.dimension[1] - p.dimension[0]}, strings.NewReader(tag))
		at = p.dimension[1]
	}
	parts = append(parts, io.LimitReader(in, p.cut-at))
	if p.open {
		rows = io.MultiReader(strings.NewReader("<"+p.prefix+"sheetData>"), rows, strings.NewReader("</"+p.prefix+"sheetData>"))
	}
	parts = append(parts, rows, skip{in, p.join - p.cut}, in)
	return writePart(zw, f.Name, io.MultiReader(parts...))
}

// selfClosed reports whether the tag at that place of f ends in "/>".
func (b *book) selfClosed(f *zip.File, at [2]int64) bool {
	in, err := f.Open()
	if err != nil {
		return true
	}
	defer in.Close()
	if _, err := io.CopyN(io.Discard, in, at[1]-2); err != nil {
		return true
	}
	end := make([]byte, 2)
	io.ReadFull(in, end)
	return string(end) == "/>"
}

// skip is a reader of nothing that drops n bytes of r when it is read.
type skip struct {
	r io.Reader
	n int64
}

func (s skip) Read([]byte) (int, error) {
	if _, err := io.CopyN(io.Discard, s.r, s.n); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

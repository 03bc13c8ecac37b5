package gsheets

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/sheets/v4"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	// A chunk is one request. It depends on nothing but the number of columns: a repeated run must
	// cut its rows at the same places.
	chunkRows  = 2000
	chunkCells = 40_000
	// markKey is the key of our metadata entries. A spreadsheet has room for 30,000 characters of
	// them, so each run deletes those of runs that nobody repeats any more.
	markKey = "winnow-run"
	keepFor = 14 * 24 * time.Hour
	// maxProbes is how many ids a chunk tries when others have taken them.
	maxProbes = 8
)

// Append adds rows below those of the worksheet, each exactly once, and a header row if it is empty. It returns
// the number of rows. An error before the first request leaves the sheet as it was; a later one can
// leave whole chunks of 2,000 rows, which the same run (RunProperty) does not add again.
func (h *Handler) Append(ctx context.Context, props map[string]string, rows array.RecordReader) (int64, error) {
	t, err := h.open(ctx, props)
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
	a := &appender{tab: t, run: props[RunProperty]}
	if a.run == "" {
		a.run = fmt.Sprintf("%016x", h.machine.Rand())
	}
	a.mark = a.run + " " + h.machine.Now().UTC().Format(time.RFC3339)
	if err := a.layOut(); err != nil {
		return 0, err
	}
	records, n, err := a.collect(ctx, rows)
	defer func() {
		for _, r := range records {
			r.Release()
		}
	}()
	if err != nil || n == 0 {
		return 0, err
	}
	if err := a.readMarks(ctx, h.machine.Now()); err != nil {
		return 0, err
	}
	if err := a.sendAll(ctx, records); err != nil {
		return 0, err
	}
	return n, nil
}

// appender is one Append.
type appender struct {
	*tab
	run, mark string
	positions []int
	width     int // columns of the rows that are sent
	newHeader bool
	done      map[int64]bool // ids of the chunks that this run has added before
	stale     []int64        // ids of entries to delete
	size      int            // rows of a chunk
	chunk     int
	rows      []*sheets.RowData // of the chunk in the making
}

// layOut finds the columns in the header, or begins a new one.
func (a *appender) layOut() (err error) {
	if len(a.header) > 0 {
		a.width = len(a.header)
		a.positions, err = sheet.Positions(a.columns, a.header, a.where())
		return err
	}
	a.newHeader, a.width = true, len(a.columns)
	for i := range a.columns {
		a.positions = append(a.positions, i)
	}
	return nil
}

// collect takes all rows before the first is sent, so that a query that fails half-way, or more rows
// than the spreadsheet has room for, change nothing. The caller releases the records.
func (a *appender) collect(ctx context.Context, rows array.RecordReader) (records []arrow.Record, n int64, err error) {
	width := max(a.props.GridProperties.ColumnCount, int64(a.width))
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return records, 0, err
		}
		r := rows.Record()
		r.Retain()
		records = append(records, r)
		n += r.NumRows()
		if a.cells+(n+1)*width > maxCells {
			return records, 0, diag.Errorf(diag.Limit, "%s: a spreadsheet holds %d cells, and these rows would be more", a.where(), maxCells)
		}
	}
	return records, n, rows.Err()
}

// readMarks finds out which chunks this run has added before, and which entries are old.
func (a *appender) readMarks(ctx context.Context, now time.Time) error {
	entries, err := a.search(ctx, &sheets.DeveloperMetadataLookup{MetadataKey: markKey})
	if err != nil {
		return err
	}
	a.done = map[int64]bool{}
	for _, e := range entries {
		run, at, _ := cutLast(e.MetadataValue)
		if run == a.run {
			a.done[e.MetadataId] = true
		} else if t, err := time.Parse(time.RFC3339, at); err == nil && now.Sub(t) > keepFor {
			a.stale = append(a.stale, e.MetadataId)
		}
	}
	return nil
}

// cutLast cuts a mark into the run, which may hold blanks, and the time.
func cutLast(mark string) (run, at string, ok bool) {
	i := strings.LastIndexByte(mark, ' ')
	if i < 0 {
		return mark, "", false
	}
	return mark[:i], mark[i+1:], true
}

// search returns the metadata entries that lookup describes.
func (a *appender) search(ctx context.Context, lookup *sheets.DeveloperMetadataLookup) ([]*sheets.DeveloperMetadata, error) {
	var out *sheets.SearchDeveloperMetadataResponse
	err := a.c.do(ctx, a.spreadsheet, func(ctx context.Context) (err error) {
		out, err = a.c.service.Spreadsheets.DeveloperMetadata.Search(a.spreadsheet, &sheets.SearchDeveloperMetadataRequest{
			DataFilters: []*sheets.DataFilter{{DeveloperMetadataLookup: lookup}},
		}).Context(ctx).Do()
		return err
	})
	if err != nil {
		return nil, err
	}
	var entries []*sheets.DeveloperMetadata
	for _, m := range out.MatchedDeveloperMetadata {
		if m.DeveloperMetadata != nil {
			entries = append(entries, m.DeveloperMetadata)
		}
	}
	return entries, nil
}

// sendAll sends the rows chunk by chunk.
func (a *appender) sendAll(ctx context.Context, records []arrow.Record) error {
	a.size = max(1, min(chunkRows, chunkCells/max(1, a.width)))
	for _, r := range records {
		encoders := make([]func(int) sheet.Cell, len(a.columns))
		for i := range a.columns {
			var err error
			if encoders[i], err = sheet.Encoder(r.Column(i), maxCell); err != nil {
				return err
			}
		}
		for i := range int(r.NumRows()) {
			values := make([]*sheets.CellData, a.width)
			for c, enc := range encoders {
				values[a.positions[c]] = cellData(enc(i))
			}
			for c, v := range values {
				if v == nil {
					values[c] = &sheets.CellData{}
				}
			}
			a.rows = append(a.rows, &sheets.RowData{Values: values})
			if len(a.rows) == a.size {
				if err := a.send(ctx); err != nil {
					return err
				}
			}
		}
	}
	if len(a.rows) > 0 {
		return a.send(ctx)
	}
	return nil
}

// send adds the chunk in the making, unless an earlier attempt of the run has.
func (a *appender) send(ctx context.Context) error {
	defer func() { a.rows, a.stale, a.chunk = nil, nil, a.chunk+1 }()
	for probe := range maxProbes {
		id := chunkID(a.run, a.chunk, probe)
		if a.done[id] {
			return nil
		}
		free, err := a.sendAs(ctx, id)
		if err != nil || !free {
			if err == nil {
				continue
			}
			var d *diag.Error
			if errors.As(err, &d) && (d.Kind == diag.Unavailable || d.Kind == diag.Throttled) {
				return d.WithHint("%d rows are in the sheet and the next %d may be; with %s = '%s' a repetition adds only the others",
					a.chunk*a.size, len(a.rows), RunProperty, a.run)
			}
			return err
		}
		return nil
	}
	return diag.Errorf(diag.Conflict, "%s: its metadata leaves no id for chunk %d of run %q", a.where(), a.chunk, a.run)
}

// sendAs adds the chunk under a metadata id. It returns false if the id is another's.
func (a *appender) sendAs(ctx context.Context, id int64) (free bool, err error) {
	request := a.request(id)
	attempts := 0
	err = a.c.do(ctx, a.spreadsheet, func(ctx context.Context) error {
		if attempts++; attempts > 1 {
			// The attempt before may have been done although its answer was lost.
			if settled, err := a.settled(ctx, id, &free); settled || err != nil {
				return err
			}
		}
		_, err := a.c.service.Spreadsheets.BatchUpdate(a.spreadsheet, request).Context(ctx).Do()
		var api *googleapi.Error
		if errors.As(err, &api) && (api.Code == http.StatusBadRequest || api.Code == http.StatusConflict) {
			// The id is taken: by an attempt that was on its way all the time, by another process of this
			// run, or by chance by another run.
			if settled, lookErr := a.settled(ctx, id, &free); settled || lookErr != nil {
				return lookErr
			}
			if len(a.stale) > 0 {
				// Another process has deleted the old entries meanwhile.
				a.stale = nil
				request = a.request(id)
				_, err = a.c.service.Spreadsheets.BatchUpdate(a.spreadsheet, request).Context(ctx).Do()
			}
		}
		free = true
		return err
	})
	return free, err
}

// settled looks the id up. It reports whether the entry is there, and sets free to whether it is ours.
func (a *appender) settled(ctx context.Context, id int64, free *bool) (bool, error) {
	entries, err := a.search(ctx, &sheets.DeveloperMetadataLookup{MetadataId: id})
	if err != nil || len(entries) == 0 {
		return false, err
	}
	run, _, _ := cutLast(entries[0].MetadataValue)
	*free = run == a.run && entries[0].MetadataKey == markKey
	return true, nil
}

// request is the chunk as one atomic change.
func (a *appender) request(id int64) *sheets.BatchUpdateSpreadsheetRequest {
	requests := []*sheets.Request{{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
		DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: markKey, MetadataValue: a.mark, Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{Spreadsheet: true},
		},
	}}}
	for _, old := range a.stale {
		requests = append(requests, &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
			DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: old}},
		}})
	}
	rows := a.rows
	if a.chunk == 0 && a.newHeader {
		if more := int64(a.width) - a.props.GridProperties.ColumnCount; more > 0 {
			requests = append(requests, &sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
				SheetId: a.props.SheetId, Dimension: "COLUMNS", Length: more, ForceSendFields: []string{"SheetId"},
			}})
		}
		header := &sheets.RowData{}
		for _, c := range a.columns {
			header.Values = append(header.Values, cellData(sheet.Cell{Kind: sheet.Text, Text: sheet.Clean(c.Header, maxCell)}))
		}
		rows = append([]*sheets.RowData{header}, rows...)
	}
	requests = append(requests, &sheets.Request{AppendCells: &sheets.AppendCellsRequest{
		SheetId: a.props.SheetId, Rows: rows, Fields: "userEnteredValue,userEnteredFormat.numberFormat", ForceSendFields: []string{"SheetId"},
	}})
	return &sheets.BatchUpdateSpreadsheetRequest{Requests: requests}
}

// chunkID is the 31-bit metadata id of a chunk; probe tells apart those it tries.
func chunkID(run string, chunk, probe int) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", run, chunk, probe)
	id := h.Sum64()
	return max(1, int64((id^id>>33)&(1<<31-1))) // 0 would let the service choose
}

// cellData makes a typed cell: text is a stringValue, never a formula.
func cellData(c sheet.Cell) *sheets.CellData {
	format := func(kind, pattern string) *sheets.CellFormat {
		return &sheets.CellFormat{NumberFormat: &sheets.NumberFormat{Type: kind, Pattern: pattern}}
	}
	number := &sheets.ExtendedValue{NumberValue: &c.Number}
	switch c.Kind {
	case sheet.Text:
		return &sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{StringValue: &c.Text}}
	case sheet.Number:
		return &sheets.CellData{UserEnteredValue: number}
	case sheet.Bool:
		v := c.Number != 0
		return &sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{BoolValue: &v}}
	case sheet.Date:
		return &sheets.CellData{UserEnteredValue: number, UserEnteredFormat: format("DATE", "yyyy-mm-dd")}
	case sheet.DateTime:
		return &sheets.CellData{UserEnteredValue: number, UserEnteredFormat: format("DATE_TIME", "yyyy-mm-dd hh:mm:ss")}
	}
	return &sheets.CellData{}
}

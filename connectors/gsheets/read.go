package gsheets

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/api/sheets/v4"

	"github.com/winnowdb/winnow/connectors/sheet"
)

// pageRows is how many rows one request asks for.
const pageRows = 5000

// values returns the values of a range, row by row; empty cells at the ends are left out.
func (t *tab) values(ctx context.Context, a1 string) ([][]any, error) {
	var out *sheets.ValueRange
	err := t.c.do(ctx, t.spreadsheet, func(ctx context.Context) (err error) {
		out, err = t.c.service.Spreadsheets.Values.Get(t.spreadsheet, a1).Context(ctx).
			ValueRenderOption("UNFORMATTED_VALUE").DateTimeRenderOption("SERIAL_NUMBER").Do()
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Values, nil
}

// cellOf makes a cell of a value of the service. A date is a number: the column's type tells.
func cellOf(v any) sheet.Cell {
	switch v := v.(type) {
	case string:
		if v == "" {
			return sheet.Cell{} // how an empty cell before others comes
		}
		return sheet.Cell{Kind: sheet.Text, Text: v}
	case float64:
		return sheet.Cell{Kind: sheet.Number, Number: v}
	case bool:
		if v {
			return sheet.Cell{Kind: sheet.Bool, Number: 1}
		}
		return sheet.Cell{Kind: sheet.Bool}
	}
	return sheet.Cell{}
}

// reader is the rows of a worksheet as records, one a page. The context is kept because Next has none.
type reader struct {
	ctx    context.Context
	refs   atomic.Int64
	t      *tab
	at     []int // the column of the sheet of each column of the table
	schema *arrow.Schema
	build  *array.RecordBuilder
	row    int64 // the next to ask for, counted from 1
	record arrow.Record
	err    error
}

func newReader(ctx context.Context, t *tab) (*reader, error) {
	columns := t.columns
	if len(columns) == 0 {
		columns = sheet.Headers(t.header)
	}
	r := &reader{ctx: ctx, t: t, row: 2, schema: sheet.Schema(columns)}
	if len(t.header) == 0 {
		r.row = t.props.GridProperties.RowCount + 1 // an empty worksheet has no rows
	} else {
		var err error
		if r.at, err = sheet.Positions(columns, t.header, t.where()); err != nil {
			return nil, err
		}
	}
	r.refs.Store(1)
	r.build = array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	return r, nil
}

// Schema returns the columns.
func (r *reader) Schema() *arrow.Schema { return r.schema }

// Next reads the next record.
func (r *reader) Next() bool {
	if r.record != nil {
		r.record.Release()
		r.record = nil
	}
	last := r.t.props.GridProperties.RowCount
	for n := 0; n == 0; {
		if r.err != nil || r.row > last {
			return false
		}
		end := min(r.row+pageRows-1, last)
		rows, err := r.t.values(r.ctx, fmt.Sprintf("%s!%d:%d", quote(r.t.props.Title), r.row, end))
		if err != nil {
			r.err = err
			return false
		}
		r.row = end + 1
		n = r.append(rows)
	}
	r.record = r.build.NewRecord()
	return true
}

// append adds the rows that hold anything to the record in the making, and returns their number.
func (r *reader) append(rows [][]any) (n int) {
	for _, row := range rows {
		empty := true
		for _, v := range row {
			empty = empty && cellOf(v).Kind == sheet.Empty
		}
		if empty {
			continue
		}
		for i, p := range r.at {
			c := sheet.Cell{}
			if p < len(row) {
				c = cellOf(row[p])
			}
			sheet.Append(r.build.Field(i), c)
		}
		n++
	}
	return n
}

// Record returns the record of the last Next; it is valid until the next one.
func (r *reader) Record() arrow.Record { return r.record }

// Err returns why Next has ended, nil at the end of the rows.
func (r *reader) Err() error { return r.err }

// Retain adds a holder.
func (r *reader) Retain() { r.refs.Add(1) }

// Release drops a holder.
func (r *reader) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	if r.record != nil {
		r.record.Release()
	}
	r.build.Release()
}

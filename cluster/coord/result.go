package coord

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Result is the answer of a statement: rows, and what it took to get them. It must be closed.
type Result struct {
	// Schema has the result's columns with types of exec/datatype; none for a statement without rows.
	Schema *arrow.Schema
	// ID names the statement while it runs.
	ID string

	run      *atomic.Pointer[dispatch.Query] // of a plan; nil else
	next     func(ctx context.Context) (arrow.Record, error)
	close    func() error
	progress func() dispatch.Progress
	summary  Summary
	now      func() time.Time
	once     sync.Once
}

// Summary is what a statement took.
type Summary struct {
	Rows             int64
	Elapsed          time.Duration
	PartitionsKept   int
	PartitionsTotal  int // -1: not known
	Scans            int
	Stats            *winnowpb.Stats
	Changed          int64 // rows written
	Kept             bool  // the rows are those of an earlier statement, the files are the same
	started, stopped time.Time
}

// Next returns the next batch, never an empty one; io.EOF ends. The caller releases it.
func (r *Result) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := r.next(ctx)
		if err != nil {
			r.stop()
			return nil, err
		}
		if rec.NumRows() > 0 {
			r.summary.Rows += rec.NumRows()
			return rec, nil
		}
		rec.Release()
	}
}

func (r *Result) stop() {
	if r.summary.stopped.IsZero() {
		r.summary.stopped = r.now()
	}
}

// Close ends the statement; all its work has stopped when it returns. It may be called twice.
func (r *Result) Close() error {
	var err error
	r.once.Do(func() {
		r.stop()
		err = r.close()
	})
	return err
}

// Progress tells how far the statement is.
func (r *Result) Progress() dispatch.Progress { return r.progress() }

// Summary tells what the statement has taken so far.
func (r *Result) Summary() Summary {
	s := r.summary
	end := s.stopped
	if end.IsZero() {
		end = r.now()
	}
	s.Elapsed = end.Sub(s.started)
	s.Stats = r.progress().Stats
	return s
}

// rowsResult answers with rec's rows at once; rec may be nil.
func (c *Coordinator) rowsResult(schema *arrow.Schema, rec arrow.Record) *Result {
	var rows []arrow.Record
	if rec != nil {
		rows = append(rows, rec)
	}
	return c.recordsResult(schema, rows, &winnowpb.Stats{})
}

// recordsResult answers with the rows of records, which it takes over, at once.
func (c *Coordinator) recordsResult(schema *arrow.Schema, rows []arrow.Record, stats *winnowpb.Stats) *Result {
	return &Result{
		Schema: schema, now: c.cfg.Machine.Now,
		next: func(context.Context) (arrow.Record, error) {
			if len(rows) == 0 {
				return nil, io.EOF
			}
			rec := rows[0]
			rows = rows[1:]
			return rec, nil
		},
		close: func() error {
			releaseAll(rows)
			rows = nil
			return nil
		},
		progress: func() dispatch.Progress { return dispatch.Progress{Stats: stats} },
		summary:  Summary{started: c.cfg.Machine.Now()},
	}
}

// textResult answers with rows of strings; a nil cell is NULL.
func (c *Coordinator) textResult(columns []string, rows [][]*string) *Result {
	fields := make([]arrow.Field, len(columns))
	for i, name := range columns {
		fields[i] = arrow.Field{Name: name, Type: datatype.String, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range rows {
		for i := range columns {
			col := b.Field(i).(*array.StringBuilder)
			if i >= len(row) || row[i] == nil {
				col.AppendNull()
			} else {
				col.Append(*row[i])
			}
		}
	}
	return c.rowsResult(schema, b.NewRecord())
}

// lineSchema is the schema of lines.
func lineSchema(column string) *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: column, Type: datatype.String, Nullable: true}}, nil)
}

// lines answers with one column of text.
func (c *Coordinator) lines(column string, lines []string) *Result {
	rows := make([][]*string, len(lines))
	for i := range lines {
		rows[i] = []*string{&lines[i]}
	}
	return c.textResult([]string{column}, rows)
}

// done answers a statement without rows.
func (c *Coordinator) done() *Result { return c.rowsResult(arrow.NewSchema(nil, nil), nil) }

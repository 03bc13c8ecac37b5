package op

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// mostRuns is how many runs are merged at once: each takes a file and a batch of runBatch rows.
const (
	mostRuns = 64
	runBatch = 512
)

// spill writes the rows in memory as a sorted run.
func (s *rowSorter) spill(ctx context.Context) error {
	if s.rows == 0 {
		return nil
	}
	p := s.take(s.sort())
	defer p.Close()
	p.batch = min(p.batch, runBatch)
	if err := s.write(ctx, p); err != nil {
		return err
	}
	if len(s.runs) < 2*mostRuns {
		return nil
	}
	inputs := make([]Operator, 0, mostRuns)
	for _, r := range s.runs[:mostRuns] {
		inputs = append(inputs, &runReader{r})
	}
	s.runs = s.runs[mostRuns:]
	m := newMerge(s.env, s.schema, s.order, inputs)
	defer m.Close()
	if err := s.write(ctx, m); err != nil {
		return err
	}
	last := len(s.runs) - 1 // older rows go first
	s.runs = slices.Insert(s.runs[:last:last], 0, s.runs[last])
	return nil
}

// write adds a run of from's rows, as many as the limit lets.
func (s *rowSorter) write(ctx context.Context, from Operator) error {
	r, err := newRun(s.env, s.schema)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, r)
	left := s.limit
	for {
		rec, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.limit > 0 && rec.NumRows() > left {
			cut := rec.NewSlice(0, left)
			rec.Release()
			rec = cut
		}
		left -= rec.NumRows()
		err = r.add(rec)
		rec.Release()
		if err != nil || s.limit > 0 && left == 0 {
			return err
		}
	}
}

// finish returns the rows in order. The caller closes what it returns; the sorter is then empty.
func (s *rowSorter) finish(ctx context.Context) (Operator, error) {
	if len(s.runs) == 0 {
		return s.take(s.sort()), nil
	}
	if len(s.runs) >= mostRuns {
		if err := s.spill(ctx); err != nil {
			return nil, err
		}
	}
	inputs := make([]Operator, 0, len(s.runs)+1)
	for _, r := range s.runs {
		inputs = append(inputs, &runReader{r})
	}
	s.runs = nil
	inputs = append(inputs, s.take(s.sort()))
	var sorted Operator = newMerge(s.env, s.schema, s.order, inputs)
	if s.limit > 0 {
		sorted = &limit{unary: unary{s.env, sorted, s.schema}, left: s.limit}
	}
	return sorted, nil
}

// Close frees what was added and not given out.
func (s *rowSorter) Close() error {
	releaseRecords(s.recs)
	s.recs, s.keys, s.rows = nil, nil, 0
	s.hold.free()
	var errs []error
	for _, r := range s.runs {
		errs = append(errs, r.close())
	}
	s.runs = nil
	return errors.Join(errs...)
}

// picked gives the rows that refs name, batch by batch; it owns recs.
type picked struct {
	env    *Env
	schema *arrow.Schema
	recs   []arrow.Record
	refs   []vec.Ref
	batch  int // rows
	hold   hold
}

func (p *picked) Schema() *arrow.Schema { return p.schema }

func (p *picked) Next(context.Context) (arrow.Record, error) {
	if len(p.refs) == 0 {
		p.Close()
		return nil, io.EOF
	}
	n := min(len(p.refs), p.batch)
	out := vec.InterleaveRecords(p.env.Mem, p.schema, p.recs, p.refs[:n])
	p.refs = p.refs[n:]
	return out, nil
}

func (p *picked) Close() error {
	releaseRecords(p.recs)
	p.recs, p.refs = nil, nil
	p.hold.free()
	return nil
}

// runReader is a run as an operator.
type runReader struct{ *run }

func (r *runReader) Schema() *arrow.Schema                          { return r.schema }
func (r *runReader) Next(ctx context.Context) (arrow.Record, error) { return r.next(ctx) }
func (r *runReader) Close() error                                   { return r.close() }

package dispatch

import (
	"context"
	"io"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/op"
)

// exchange holds the outputs of one query's tasks until the query ends. An output counts once its task
// is committed, and a task is committed once.
type exchange struct {
	mu     sync.Mutex
	stages []stageOutput
}

type stageOutput struct {
	committed []*output // in the order of commits
	whole     bool      // no more will come
	err       error
	changed   chan struct{} // closed at the next change
}

// output is what one task has put out, by partition.
type output struct {
	parts map[uint32][]arrow.Record
}

func newOutput() *output { return &output{parts: map[uint32][]arrow.Record{}} }

// add keeps rec for partition.
func (o *output) add(partition uint32, rec arrow.Record) error {
	rec.Retain()
	o.parts[partition] = append(o.parts[partition], rec)
	return nil
}

func (o *output) release() {
	for _, recs := range o.parts {
		for _, r := range recs {
			r.Release()
		}
	}
	o.parts = nil
}

func newExchange(stages int) *exchange {
	x := &exchange{stages: make([]stageOutput, stages)}
	for i := range x.stages {
		x.stages[i].changed = make(chan struct{})
	}
	return x
}

// update changes a stage's output under the lock and wakes those who wait for it.
func (x *exchange) update(stage uint32, f func(*stageOutput)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := &x.stages[stage]
	f(s)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (x *exchange) commit(stage uint32, o *output) {
	x.update(stage, func(s *stageOutput) { s.committed = append(s.committed, o) })
}

// finish says that all tasks of the stage are committed, or that it failed.
func (x *exchange) finish(stage uint32, err error) {
	x.update(stage, func(s *stageOutput) { s.whole, s.err = true, err })
}

// at returns the i-th committed output of stage, waiting for it; nil when there is no i-th.
func (x *exchange) at(ctx context.Context, stage uint32, i int) (*output, error) {
	for {
		x.mu.Lock()
		s := x.stages[stage]
		x.mu.Unlock()
		switch {
		case s.err != nil:
			return nil, s.err
		case i < len(s.committed):
			return s.committed[i], nil
		case s.whole:
			return nil, nil
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (x *exchange) release() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.stages {
		for _, o := range x.stages[i].committed {
			o.release()
		}
		x.stages[i].committed = nil
	}
}

// Open implements op.Inputs for tasks in this process.
func (x *exchange) Open(ctx context.Context, stage, partition uint32, schema *arrow.Schema, whole bool) ([]op.Operator, error) {
	if !whole {
		return []op.Operator{&reader{x: x, stage: stage, partition: partition, schema: schema, last: -1}}, nil
	}
	var out []op.Operator
	for i := 0; ; i++ {
		o, err := x.at(ctx, stage, i)
		if err != nil {
			return nil, err
		}
		if o == nil {
			return out, nil
		}
		out = append(out, &reader{x: x, stage: stage, partition: partition, schema: schema, task: i, last: i})
	}
}

// reader gives the batches of the outputs task to last (-1: all there will be) of a stage.
type reader struct {
	x                *exchange
	stage, partition uint32
	schema           *arrow.Schema
	task, last       int
	batch            int
}

func (r *reader) Schema() *arrow.Schema { return r.schema }
func (r *reader) Close() error          { return nil }

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	for r.last < 0 || r.task <= r.last {
		o, err := r.x.at(ctx, r.stage, r.task)
		if err != nil {
			return nil, err
		}
		if o == nil {
			return nil, io.EOF
		}
		if recs := o.parts[r.partition]; r.batch < len(recs) {
			r.batch++
			return Relabel(recs[r.batch-1], r.schema), nil
		}
		r.task, r.batch = r.task+1, 0
	}
	return nil, io.EOF
}

// Relabel returns rec with the types of schema, which are stored alike; nil leaves them. The caller
// releases it.
func Relabel(rec arrow.Record, schema *arrow.Schema) arrow.Record {
	if schema == nil || rec.Schema().Equal(schema) {
		rec.Retain()
		return rec
	}
	cols := make([]arrow.Array, rec.NumCols())
	for i := range cols {
		cols[i] = datatype.Relabel(rec.Column(i), schema.Field(i).Type)
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

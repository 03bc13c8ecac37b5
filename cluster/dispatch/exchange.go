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
	kept    *keeper
	drained func() // called when a stage that was full is so no more

	mu     sync.Mutex
	stages []stageOutput

	reading sync.Mutex // held while the root takes a batch that it alone reads; before mu
}

type stageOutput struct {
	committed []*output // in the order of commits
	whole     bool      // no more will come
	err       error
	changed   chan struct{} // closed at the next change

	// once: only the root reads the stage, so that a batch is given up when it has been read.
	once bool
	// streamed: the root reads outputs as they are committed; unread are the bytes it has not come to.
	streamed bool
	unread   int64
}

// maxUnread is how many bytes of a stage may wait for the root before no more tasks of it are begun: a
// slow client holds the scan back and does not fill memory and disk with its answer.
const maxUnread = 64 << 20

func newExchange(stages int, kept *keeper) *exchange {
	x := &exchange{kept: kept, drained: func() {}, stages: make([]stageOutput, stages)}
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

func (x *exchange) commit(stage uint32, o *output) (err error) {
	x.update(stage, func(s *stageOutput) {
		if s.streamed && x.kept.slow.Load() {
			err = o.spill()
		}
		s.committed = append(s.committed, o)
		s.unread += o.bytes
	})
	return err
}

// slow moves what waits for the root out of memory, and what is put out from now on: nobody is in a hurry for it.
func (x *exchange) slow() error {
	x.reading.Lock()
	defer x.reading.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.kept.slow.Store(true)
	for i := range x.stages {
		s := &x.stages[i]
		if !s.streamed {
			continue
		}
		for _, o := range s.committed {
			before := o.bytes
			err := o.spill()
			s.unread += o.bytes - before
			if err != nil {
				return err
			}
		}
	}
	return nil
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

// count waits until all tasks of stage are committed and returns how many they are.
func (x *exchange) count(ctx context.Context, stage uint32) (int, error) {
	for i := 0; ; i++ {
		o, err := x.at(ctx, stage, i)
		if err != nil || o == nil {
			return i, err
		}
	}
}

// full reports whether enough of stage waits for the root.
func (x *exchange) full(stage uint32) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := &x.stages[stage]
	return s.streamed && s.unread > maxUnread
}

// spent tells that the root has read b of a stage that it alone reads.
func (x *exchange) spent(stage uint32, b *batch) {
	x.kept.drop(b)
	x.mu.Lock()
	s := &x.stages[stage]
	before := s.unread
	s.unread -= b.bytes
	after := s.unread
	x.mu.Unlock()
	if before > maxUnread && after <= maxUnread {
		x.drained()
	}
}

func (x *exchange) release() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.stages {
		for _, o := range x.stages[i].committed {
			o.release()
		}
		x.stages[i].committed = nil
	}
	return x.kept.close()
}

// Open implements op.Inputs for tasks in this process.
func (x *exchange) Open(ctx context.Context, stage, partition uint32, schema *arrow.Schema, whole bool) ([]op.Operator, error) {
	if !whole {
		x.mu.Lock()
		s := &x.stages[stage]
		s.streamed = s.once
		x.mu.Unlock()
		return []op.Operator{&reader{x: x, stage: stage, partition: partition, schema: schema, last: -1}}, nil
	}
	n, err := x.count(ctx, stage)
	if err != nil {
		return nil, err
	}
	out := make([]op.Operator, n)
	for i := range out {
		out[i] = x.task(stage, partition, i, schema)
	}
	return out, nil
}

// task returns the output of one task for a partition.
func (x *exchange) task(stage, partition uint32, i int, schema *arrow.Schema) op.Operator {
	return &reader{x: x, stage: stage, partition: partition, schema: schema, task: i, last: i}
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
		rec, err := r.read(o)
		if rec != nil || err != nil {
			return rec, err
		}
		r.task, r.batch = r.task+1, 0
	}
	return nil, io.EOF
}

// read returns the next batch of o; nil if there is none.
func (r *reader) read(o *output) (arrow.Record, error) {
	once := r.x.stages[r.stage].once // set before the query runs
	if once {
		r.x.reading.Lock()
		defer r.x.reading.Unlock()
	}
	part := o.parts[r.partition]
	if r.batch == len(part) {
		return nil, nil
	}
	b := &part[r.batch]
	rec, err := r.x.kept.load(*b)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	r.batch++
	if once {
		r.x.spent(r.stage, b)
	}
	return Relabel(rec, r.schema), nil
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

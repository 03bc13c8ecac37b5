package dispatch

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// keeper keeps the batches of one query's outputs: in memory as far as the query's budget goes, the
// rest in one spill file. What attempts that failed have spilled is free again when the query ends.
type keeper struct {
	machine *sys.Machine
	budget  *op.Budget
	slow    atomic.Bool // the root takes its time: nothing more is kept in memory

	mu   sync.Mutex
	held int64    // bytes in memory
	file sys.File // nil: nothing was spilled
	end  int64    // of the file
}

// Outputs take at most this part of a query's memory: operators need the rest.
const outputPart = 2

// batch is a record in memory, or its place in the spill file.
type batch struct {
	rec       arrow.Record // nil: in the file, or handed out for good
	bytes     int64        // in memory or in the file
	off, rows int64        // of a batch in the file
}

// keep takes rec over as one or more batches.
func (k *keeper) keep(rec arrow.Record) ([]batch, error) {
	n := vec.Size(rec)
	if !k.slow.Load() && k.room(n) {
		rec.Retain()
		return []batch{{rec: rec, bytes: n}}, nil
	}
	return k.spill(rec)
}

// spill writes rec to the file.
func (k *keeper) spill(rec arrow.Record) (out []batch, err error) {
	err = wire.Encode(rec, 0, func(b *winnowpb.Batch) error {
		off, err := k.append(b.Ipc)
		out = append(out, batch{off: off, bytes: int64(len(b.Ipc)), rows: b.Rows})
		return err
	})
	return out, err
}

// room takes n bytes of the budget, if they are there.
func (k *keeper) room(n int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	limit := k.budget.Limit()
	if limit > 0 && k.held+n > limit/outputPart {
		return false
	}
	if !k.budget.Grow(n) {
		k.budget.Grow(-n)
		return false
	}
	k.held += n
	return true
}

// append writes b at the end of the spill file.
func (k *keeper) append(b []byte) (off int64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.machine.Fault("exchange.write"); err != nil {
		return 0, op.SpillError(err)
	}
	if k.file == nil {
		if k.file, err = k.machine.Spill(); err != nil {
			k.file = nil
			return 0, op.SpillError(err)
		}
	}
	off = k.end
	n, err := k.file.Write(b)
	k.end += int64(n)
	if err != nil {
		return 0, op.SpillError(err)
	}
	return off, nil
}

// load returns the record of b. The caller releases it.
func (k *keeper) load(b batch) (arrow.Record, error) {
	if b.rec != nil {
		b.rec.Retain()
		return b.rec, nil
	}
	if err := k.machine.Fault("exchange.read"); err != nil {
		return nil, op.SpillError(err)
	}
	buf := make([]byte, b.bytes)
	if _, err := k.file.ReadAt(buf, b.off); err != nil {
		return nil, op.SpillError(fmt.Errorf("read %s: %w", k.file.Name(), err))
	}
	return wire.Decode(&winnowpb.Batch{Ipc: buf, Rows: b.rows})
}

// drop gives b up.
func (k *keeper) drop(b *batch) {
	if b.rec == nil {
		return
	}
	b.rec.Release()
	b.rec = nil
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held -= b.bytes
	k.budget.Grow(-b.bytes)
}

// spilled returns the bytes written to the file.
func (k *keeper) spilled() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.end
}

func (k *keeper) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	k.file = nil
	return err
}

// output is what one attempt of a task has put out, by partition.
type output struct {
	kept  *keeper
	parts map[uint32][]batch
	bytes int64
}

func (k *keeper) output() *output { return &output{kept: k, parts: map[uint32][]batch{}} }

// add keeps rec for partition.
func (o *output) add(partition uint32, rec arrow.Record) error {
	batches, err := o.kept.keep(rec)
	o.parts[partition] = append(o.parts[partition], batches...)
	for _, b := range batches {
		o.bytes += b.bytes
	}
	return err
}

// spill moves the batches that wait in memory to the file. Those that were read keep their places.
func (o *output) spill() error {
	for p, part := range o.parts {
		moved := make([]batch, 0, len(part))
		for i := range part {
			b := &part[i]
			if b.rec == nil {
				moved = append(moved, *b)
				continue
			}
			filed, err := o.kept.spill(b.rec)
			if err != nil {
				return err // the query ends, and what it holds goes
			}
			o.bytes -= b.bytes
			o.kept.drop(b)
			for _, f := range filed {
				o.bytes += f.bytes
			}
			moved = append(moved, filed...)
		}
		o.parts[p] = moved
	}
	return nil
}

func (o *output) release() {
	for _, part := range o.parts {
		for i := range part {
			o.kept.drop(&part[i])
		}
	}
	o.parts = nil
}

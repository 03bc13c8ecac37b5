package op

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// stateOut makes a column of the state of a call: partialOf or finalOf.
type stateOut func(*aggCall, funcs.State, memory.Allocator) (arrow.Array, error)

func partialOf(_ *aggCall, s funcs.State, mem memory.Allocator) (arrow.Array, error) {
	return s.Partial(mem)
}

func finalOf(c *aggCall, s funcs.State, mem memory.Allocator) (arrow.Array, error) {
	return c.bound.Result(s, mem)
}

// groupsOut gives a table out, a batch at a time so that its keys are never there twice: keys, then states.
type groupsOut struct {
	table  *groups
	schema *arrow.Schema
	keys   func(numbers []uint32) []arrow.Array
	states []arrow.Array
	first  *firstKey // rows that it rules out are left out; nil: none are
	at     int

	// If the stage's output cuts by the keys, a batch has groups of one of its partitions only.
	parts int   // 0: batches are not cut
	cutAt int   // the first of the groups in the table's order
	ends  []int // of the partitions in it
	part  int   // of the last batch
}

// output begins to give g out, with states as f gives them; g is the output's then.
func (g *groups) output(schema *arrow.Schema, f stateOut) (*groupsOut, error) {
	o := &groupsOut{table: g, schema: schema, keys: g.keyReader()}
	if g.n == 0 {
		return o, nil
	}
	for i, s := range g.states {
		a, err := f(g.spec.calls[i], s, g.env.Mem)
		if err != nil {
			o.release()
			return nil, err
		}
		o.states = append(o.states, a)
	}
	g.states = nil
	return o, nil
}

// byPartition cuts batches as out does, if it does so by the keys, as between the phases of an aggregation. The table knows
// their hashes: nobody has to hash or to copy what is given out.
func (o *groupsOut) byPartition(out *winnowpb.Output) {
	types := o.table.types
	if out.GetKind() != winnowpb.Output_HASH || len(out.Keys) != len(types) || len(types) == 0 {
		return
	}
	for i, k := range out.Keys {
		if c, ok := k.Kind.(*winnowpb.Expr_Column); !ok || c.Column != uint32(i) {
			return
		}
	}
	o.parts = int(out.Partitions)
	o.table.order = o.table.order[:0]
}

// partRows is how many rows of a partition are copied together. Keys lie in the order of their numbers: what is copied for one
// partition after the other is to stay near the core until the last.
const partRows = 2 << 10

// cut puts the groups that come next in the order of their partitions.
func (o *groupsOut) cut() {
	m := o.table.groupMemory
	n := min(o.table.n-o.at, partRows*o.parts)
	m.hashes = m.index.hashes(o.table.types, o.inSequence(o.at, n), m.hashes)
	o.ends = zeroed(o.ends, o.parts+1)
	for i, hash := range m.hashes {
		part := hash % uint64(o.parts)
		m.hashes[i] = part
		o.ends[part+1]++
	}
	for p := range o.parts {
		o.ends[p+1] += o.ends[p]
	}
	m.order = vec.Sized(m.order, n)
	for i, p := range m.hashes {
		m.order[o.ends[p]] = uint32(o.at + i)
		o.ends[p]++
	}
	o.ends = o.ends[:o.parts] // each has moved on to where the one after it began
	o.part, o.cutAt = 0, o.at
}

// inSequence returns n numbers from the given one on, until the next call.
func (o *groupsOut) inSequence(from, n int) []uint32 {
	m := o.table.groupMemory
	m.ids = vec.Sized(m.ids, n)
	for i := range m.ids {
		m.ids[i] = uint32(from + i)
	}
	return m.ids
}

// next returns the next batch, nil at the end.
func (o *groupsOut) next() (arrow.Record, error) {
	for o.at < o.table.n {
		n := min(o.table.n-o.at, o.table.env.BatchRows)
		if o.first != nil {
			n = min(n, o.first.batch())
		}
		var ids []uint32
		if o.parts == 0 {
			ids = o.inSequence(o.at, n)
		} else {
			if o.at == o.cutAt+len(o.table.order) {
				o.cut()
			}
			at := o.at - o.cutAt
			for at == o.ends[o.part] {
				o.part++
			}
			n = min(n, o.ends[o.part]-at)
			ids = o.table.order[at : at+n]
		}
		if o.first != nil {
			ids = o.first.among(o.states, o.at, ids)
		}
		from := o.at
		if o.at += n; len(ids) == 0 {
			continue
		}
		cols := o.keys(ids)
		for _, s := range o.states {
			if len(ids) == n && o.parts == 0 {
				cols = append(cols, array.NewSlice(s, int64(from), int64(o.at)))
			} else {
				cols = append(cols, vec.Take(o.table.env.Mem, s, arrow.GetData[int32](arrow.GetBytes(ids))))
			}
		}
		return newRecord(o.schema, cols, len(ids))
	}
	return nil, nil
}

func (o *groupsOut) release() {
	release(o.states)
	o.states, o.at = nil, o.table.n
	o.table.release()
}

// PartitionOf returns the partition, of the output of the task's stage, of the batch that the task's root operator gave last;
// -1 if its rows have to be looked at.
func PartitionOf(root Operator) int {
	if c, ok := root.(*counted); ok {
		root = c.Operator
	}
	if a, ok := root.(*aggregate); ok && a.out != nil && a.out.parts > 0 {
		return a.out.part
	}
	return -1
}

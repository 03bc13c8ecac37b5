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
	parts  uint64 // a batch is in the order of so many; less than 2: by number
	at     int
	ids    []uint32 // of the batch
	of     []uint64 // its groups' parts
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

// byPartition has each batch given out in the order of the parts that out cuts it into, so that cutting takes no copy.
// That is so if out cuts by the keys, as it does between the phases of an aggregation; nothing else hangs on it.
func (o *groupsOut) byPartition(out *winnowpb.Output) {
	if out.GetKind() == winnowpb.Output_HASH && len(o.table.types) > 0 {
		o.parts = uint64(out.Partitions)
	}
}

// number sets ids to the numbers of the next n groups.
func (o *groupsOut) number(n int) {
	if cap(o.ids) < n {
		o.ids = make([]uint32, n)
	}
	o.ids = o.ids[:n]
	for i := range o.ids {
		o.ids[i] = uint32(o.at + i)
	}
	if o.parts < 2 {
		return
	}
	o.of = o.table.index.hashes(o.table.types, o.ids, o.of)
	next := make([]int32, o.parts+1)
	for i, hash := range o.of {
		o.of[i] = hash % o.parts
		next[o.of[i]+1]++
	}
	for p := range o.parts {
		next[p+1] += next[p]
	}
	for i, p := range o.of {
		o.ids[next[p]] = uint32(o.at + i)
		next[p]++
	}
}

// next returns the next batch, nil at the end.
func (o *groupsOut) next() (arrow.Record, error) {
	n := min(o.table.n-o.at, o.table.env.BatchRows)
	if n == 0 {
		return nil, nil
	}
	o.number(n)
	cols := o.keys(o.ids)
	for _, s := range o.states {
		if o.parts < 2 {
			cols = append(cols, array.NewSlice(s, int64(o.at), int64(o.at+n)))
		} else {
			cols = append(cols, vec.Take(o.table.env.Mem, s, arrow.GetData[int32](arrow.GetBytes(o.ids))))
		}
	}
	o.at += n
	return newRecord(o.schema, cols, n)
}

func (o *groupsOut) release() {
	release(o.states)
	o.states, o.at = nil, o.table.n
	o.table.release()
}

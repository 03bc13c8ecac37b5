package op

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/funcs"
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
	at     int
	ids    []uint32
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
	g.states, g.index.slots = nil, nil
	return o, nil
}

// next returns the next batch, nil at the end.
func (o *groupsOut) next() (arrow.Record, error) {
	n := min(o.table.n-o.at, o.table.env.BatchRows)
	if n == 0 {
		return nil, nil
	}
	o.ids = o.ids[:0]
	for i := range n {
		o.ids = append(o.ids, uint32(o.at+i))
	}
	cols := o.keys(o.ids)
	for _, s := range o.states {
		cols = append(cols, array.NewSlice(s, int64(o.at), int64(o.at+n)))
	}
	o.at += n
	return newRecord(o.schema, cols, n)
}

func (o *groupsOut) release() {
	release(o.states)
	o.states, o.at = nil, o.table.n
	o.table.release()
}

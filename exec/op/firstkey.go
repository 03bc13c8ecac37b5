package op

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
)

// firstKey lets an aggregation ask the sort with a limit above it which of its groups may be among the first rows. It knows
// the first sort key of a group, which is a call, before its keys are made columns.
type firstKey struct {
	rows *rowSorter
	call int
}

// tellFirst tells the aggregation from which the sort gets its rows, if there is one, what the sort wants of them.
func (s *sorter) tellFirst() {
	if s.rows.limit == 0 || len(s.rows.order.exprs) == 0 {
		return
	}
	o, e := s.in, s.rows.order.exprs[0]
	all := true // every group reaches the sort
	for {
		col, ok := e.(*expr.Column)
		if !ok {
			return
		}
		switch x := o.(type) {
		case *counted:
			o = x.Operator
		case *filter:
			o, all = x.in, false
		case *project:
			o, e = x.in, x.exprs[col.Index]
		case *aggregate:
			if call := col.Index - len(x.keys); call >= 0 && !x.passes {
				x.first = &firstKey{s.rows, call}
				if all && s.rows.order.orders[0].Desc && x.merges && x.calls[call].bound.Adds && s.rows.limit <= mostContenders {
					x.in = newContenders(x, call, int(s.rows.limit))
				}
			}
			return
		default:
			return
		}
	}
}

// batch is how many groups to look at together: few as long as the sort does not know what it wants.
func (f *firstKey) batch() int {
	if f.rows.bound == nil {
		return spareRows
	}
	return math.MaxInt
}

// among returns, of the groups with the given numbers, which follow each other from the given one on, those that may be
// among the first rows.
func (f *firstKey) among(states []arrow.Array, from int, ids []uint32) []uint32 {
	if f.rows.bound == nil {
		return ids
	}
	values := array.NewSlice(states[f.call], int64(from), int64(from+len(ids)))
	defer values.Release()
	n := 0
	for _, i := range f.rows.among(values) {
		ids[n] = ids[i]
		n++
	}
	return ids[:n]
}

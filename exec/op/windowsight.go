package op

import (
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// sight is what a call has to see of a partition for the value of a row. A partition that does not fit in memory is
// computed in parts, if no call has to see the whole of it.
type sight struct {
	whole       bool // all rows at once
	runs        bool // all rows before, which are kept as one partial state
	total       bool // all rows, as one partial state
	first       bool // the partition's first row
	ties        bool // the rows that tie
	back, ahead int  // so many rows before and after
	place       funcs.WindowPart
}

// state tells that other rows are seen as a partial state.
func (s sight) state() bool { return s.runs || s.total }

// farthest is how far a call may look in parts: the rows are kept in memory.
const farthest = 1 << 16

// see tells what c has to see; ordered: there is an ORDER BY.
func (c *windowCall) see(env *Env, ordered bool) (s sight, err error) {
	if c.pure != nil {
		p := c.pure.Part
		return sight{
			whole: !p.Near && !p.Rows && !p.Groups || max(p.Back, p.Ahead) > farthest,
			ties:  p.Ties, back: p.Back, ahead: p.Ahead, place: p,
		}, nil
	}
	f := c.frame
	if f == nil {
		f = wholeSoFar()
	}
	start, err := boundSight(env, f.GetUnit(), f.GetStart(), ordered)
	if err != nil {
		return s, err
	}
	end, err := boundSight(env, f.GetUnit(), f.GetEnd(), ordered)
	if err != nil {
		return s, err
	}
	s = sight{whole: start.whole || end.whole, ties: start.ties || end.ties, back: max(start.back, end.back), ahead: max(start.ahead, end.ahead)}
	backwards := end.back > 0 || start.ahead > 0 // the row itself is not in its frame
	switch {
	case start.runs && end.total:
		s.total = true
	case start.runs && !backwards:
		s.runs = true
	case start.runs || end.total:
		s.whole = true
	}
	if c.agg != nil {
		s.whole = s.whole || s.state() && c.distinct
		return s, nil
	}
	if s.state() {
		s.whole = s.whole || c.ignoreNulls || len(c.args) > 1 || s.total && c.name != "first_value"
		s.first, s.runs, s.total = true, false, false
	}
	return s, nil
}

// boundSight is what a bound of a frame makes a call see; runs: from the partition's first row, total: to its last.
func boundSight(env *Env, unit winnowpb.Frame_Unit, b *winnowpb.Frame_Bound, ordered bool) (s sight, err error) {
	rows := unit == winnowpb.Frame_ROWS
	switch b.GetKind() {
	case winnowpb.Frame_Bound_UNBOUNDED_PRECEDING:
		return sight{runs: true}, nil
	case winnowpb.Frame_Bound_UNBOUNDED_FOLLOWING:
		return sight{total: true}, nil
	case winnowpb.Frame_Bound_CURRENT_ROW:
		if !rows && !ordered { // all rows tie
			return sight{runs: true, total: true}, nil
		}
		return sight{ties: !rows}, nil
	}
	if !rows {
		return sight{whole: true}, nil
	}
	e, err := expr.FromProto(b.Offset)
	if err != nil {
		return s, err
	}
	k, err := rowOffset(env, e)
	if err != nil {
		return s, err
	}
	if k < 0 || k > farthest {
		return sight{whole: true}, nil
	}
	if b.Kind == winnowpb.Frame_Bound_PRECEDING {
		return sight{back: int(k)}, nil
	}
	return sight{ahead: int(k)}, nil
}

package op

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// probe walks the left side of a join. A left batch makes candidate pairs, a bounded number at a time;
// those that the residual condition keeps are matches.
type probe struct {
	j       *join
	rec     arrow.Record // left batch under way
	keys    vec.KeyBuffer
	nulls   []bool  // left row has a NULL key
	row     int     // next left row
	cand    int32   // next candidate of row, -1: none left, -2: not begun
	state   []uint8 // per left row: what the matches say
	matched []bool  // per right row: RIGHT and FULL
}

// What is known of a left row.
const (
	rowMatched = 1 << iota
	rowUnknown // a pair's condition was NULL, or a key was
)

func (p *probe) release() {
	if p.rec != nil {
		p.rec.Release()
		p.rec = nil
	}
}

// next gives the next output batch; nil if the pairs tried made none.
func (p *probe) next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if p.rec == nil {
		rec, err := p.j.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		if err := p.begin(rec); err != nil {
			return nil, err
		}
	}
	left, right := p.candidates()
	if len(left) > 0 {
		out, err := p.try(left, right)
		if err != nil || out != nil {
			return out, err
		}
	}
	if p.row < int(p.rec.NumRows()) {
		return nil, nil
	}
	return p.end(), nil
}

func (p *probe) begin(rec arrow.Record) error {
	p.rec, p.row, p.cand = rec, 0, -2
	n := int(rec.NumRows())
	p.state = make([]uint8, n)
	if p.matched == nil && (p.j.kind == winnowpb.Join_RIGHT || p.j.kind == winnowpb.Join_FULL) {
		p.matched = make([]bool, p.j.table.rows)
	}
	if len(p.j.lkeys) == 0 {
		return nil
	}
	keys, err := evalAll(p.j.env, p.j.lkeys, rec)
	if err != nil {
		return err
	}
	defer release(keys)
	vec.AppendKeyBytes(keys, n, &p.keys)
	p.nulls = make([]bool, n)
	for i := range n {
		p.nulls[i] = p.j.nullKey(keys, i)
	}
	return nil
}

// candidates lists the next pairs with equal keys: about a batch of them.
func (p *probe) candidates() (left, right []int32) {
	want := p.j.env.BatchRows
	for p.row < int(p.rec.NumRows()) && len(left) < want {
		if p.cand == -2 {
			p.cand = p.first()
		}
		for p.cand >= 0 && len(left) < want {
			left, right = append(left, int32(p.row)), append(right, p.cand)
			p.cand = p.following(p.cand)
		}
		if p.cand < 0 {
			p.row, p.cand = p.row+1, -2
		}
	}
	return left, right
}

func (p *probe) first() int32 {
	t := p.j.table
	if len(p.j.lkeys) == 0 {
		if t.rows == 0 {
			return -1
		}
		return 0
	}
	if p.nulls[p.row] {
		p.state[p.row] |= rowUnknown
		return -1
	}
	if i, ok := t.index[string(p.keys.Key(p.row))]; ok {
		return i
	}
	return -1
}

func (p *probe) following(i int32) int32 {
	if len(p.j.lkeys) > 0 {
		return p.j.table.next[i]
	}
	if int(i)+1 < p.j.table.rows {
		return i + 1
	}
	return -1
}

// try keeps the pairs for which the residual condition is true, notes them, and makes output of them
// where the kind of the join asks for pairs.
func (p *probe) try(left, right []int32) (arrow.Record, error) {
	wantPairs := p.wantsPairs()
	var rec arrow.Record
	if wantPairs || p.j.residual != nil {
		rec = p.j.pairs(p.rec, left, right)
		defer rec.Release()
	}
	if p.j.residual != nil {
		cond, err := expr.EvalArray(p.j.env.Funcs, p.j.residual, rec)
		if err != nil {
			return nil, err
		}
		defer cond.Release()
		var keep []int32
		for i := range left {
			switch {
			case vec.IsNull(cond, i):
				p.state[left[i]] |= rowUnknown
			case cond.(*array.Boolean).Value(i):
				keep = append(keep, int32(i))
			}
		}
		if len(keep) < len(left) {
			left, right = pick(left, keep), pick(right, keep)
			rec = vec.TakeRecord(p.j.env.Mem, rec, keep)
			defer rec.Release()
		}
	}
	for i := range left {
		p.state[left[i]] |= rowMatched
		if p.matched != nil {
			p.matched[right[i]] = true
		}
	}
	if !wantPairs || len(left) == 0 {
		return nil, nil
	}
	return array.NewRecord(p.j.schema, rec.Columns(), rec.NumRows()), nil
}

func (p *probe) wantsPairs() bool {
	switch p.j.kind {
	case winnowpb.Join_INNER, winnowpb.Join_LEFT, winnowpb.Join_RIGHT, winnowpb.Join_FULL:
		return true
	}
	return false
}

func pick(from []int32, idx []int32) []int32 {
	out := make([]int32, len(idx))
	for i, k := range idx {
		out[i] = from[k]
	}
	return out
}

// end gives what the left batch adds once all its pairs are known, and lets go of it.
func (p *probe) end() arrow.Record {
	defer p.release()
	var idx []int32
	choose := func(want func(s uint8) bool) {
		for i, s := range p.state {
			if want(s) {
				idx = append(idx, int32(i))
			}
		}
	}
	matched := func(s uint8) bool { return s&rowMatched != 0 }
	switch p.j.kind {
	case winnowpb.Join_LEFT, winnowpb.Join_FULL:
		choose(func(s uint8) bool { return !matched(s) })
		if len(idx) == 0 {
			return nil
		}
		none := make([]int32, len(idx))
		for i := range none {
			none[i] = -1
		}
		return p.j.pairs(p.rec, idx, none)
	case winnowpb.Join_SEMI:
		choose(matched)
	case winnowpb.Join_ANTI:
		choose(func(s uint8) bool { return !matched(s) })
	case winnowpb.Join_NULL_AWARE_ANTI:
		choose(func(s uint8) bool { return !matched(s) && !p.unknown(s) })
	case winnowpb.Join_MARK:
		return p.mark()
	}
	if len(idx) == 0 {
		return nil
	}
	out := vec.TakeRecord(p.j.env.Mem, p.rec, idx)
	defer out.Release()
	return array.NewRecord(p.j.schema, out.Columns(), out.NumRows())
}

// unknown: IN over the right side is NULL for a row with this state that has no match.
func (p *probe) unknown(s uint8) bool {
	return p.j.table.rows > 0 && (s&rowUnknown != 0 || p.j.table.hasNull)
}

func (p *probe) mark() arrow.Record {
	b := array.NewBooleanBuilder(p.j.env.Mem)
	defer b.Release()
	for _, s := range p.state {
		switch {
		case s&rowMatched != 0:
			b.Append(true)
		case p.unknown(s):
			b.AppendNull()
		default:
			b.Append(false)
		}
	}
	m := b.NewArray()
	defer m.Release()
	cols := append(append([]arrow.Array{}, p.rec.Columns()...), m)
	return array.NewRecord(p.j.schema, cols, p.rec.NumRows())
}

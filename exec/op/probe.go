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
	j           *join
	rec         arrow.Record  // left batch under way
	keys        []arrow.Array // its keys
	hash        keyHash
	ids         []int32 // number of each row's key, -1: not in the table
	nulls       []bool  // left row has a NULL key; nil: none has
	row         int     // next left row
	at, end     int32   // next candidate of row, and where they end
	begun       bool    // at and end are set
	left, right []int32 // pairs under way
	state       []uint8 // per left row: what the matches say
	matched     []bool  // per right row: RIGHT and FULL
}

// What is known of a left row.
const (
	rowMatched = 1 << iota
	rowUnknown // the condition of a pair was NULL
)

func (p *probe) release() {
	if p.rec != nil {
		p.rec.Release()
		p.rec = nil
	}
	release(p.keys)
	p.keys = nil
}

// next gives the next output batch; nil if the pairs tried made none.
func (p *probe) next(ctx context.Context) (arrow.Record, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if p.rec == nil {
		rec, err := p.j.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		p.rec = rec
		if err := p.begin(); err != nil {
			return nil, err
		}
	}
	if p.existsOnly() {
		p.markFound()
		return p.finish(ctx)
	}
	p.candidates()
	if len(p.left) > 0 {
		out, err := p.try()
		if err != nil || out != nil {
			return out, err
		}
	}
	if p.row < int(p.rec.NumRows()) {
		return nil, nil
	}
	return p.finish(ctx)
}

func (p *probe) begin() error {
	n := int(p.rec.NumRows())
	p.row, p.begun, p.nulls = 0, false, nil
	p.state = zeroed(p.state, n)
	if p.matched == nil && (p.j.kind == winnowpb.Join_RIGHT || p.j.kind == winnowpb.Join_FULL) {
		p.matched = make([]bool, p.j.table.rows)
	}
	p.ids = zeroed(p.ids, n)
	if len(p.j.lkeys) == 0 {
		return nil
	}
	var err error
	if p.keys, err = evalAll(p.j.env, p.j.lkeys, p.rec); err != nil {
		return err
	}
	p.nulls = nullRows(p.keys, p.j.nullSafe, n)
	if p.j.table.rows == 0 {
		for i := range p.ids {
			p.ids[i] = -1
		}
		return nil
	}
	p.j.table.find(p.keys, &p.hash, p.ids)
	for i, null := range p.nulls {
		if null {
			p.ids[i] = -1
		}
	}
	return nil
}

func zeroed[T any](s []T, n int) []T {
	s = vec.Sized(s, n)
	clear(s)
	return s
}

// existsOnly: which rows match is known from the keys alone, and nothing more is asked.
func (p *probe) existsOnly() bool {
	return p.j.residual == nil && len(p.j.lkeys) > 0 && !p.j.wantsPairs()
}

// markFound notes the rows whose key has rows on the right. A key of the table may have none: those with
// NULLs are in no list.
func (p *probe) markFound() {
	t := p.j.table
	for i, id := range p.ids {
		if id >= 0 && t.has(id) {
			p.state[i] |= rowMatched
		}
	}
}

// candidates lists the next pairs with equal keys: about a batch of them.
func (p *probe) candidates() {
	p.left, p.right = p.left[:0], p.right[:0]
	want, t := p.j.env.BatchRows, p.j.table
	if t.unique && p.row == 0 {
		p.matchUnique()
		return
	}
	for p.row < len(p.ids) && len(p.left) < want {
		if !p.begun {
			p.at, p.end = p.span(p.row)
			p.begun = true
		}
		n := min(p.end-p.at, int32(want-len(p.left)))
		for k := p.at; k < p.at+n; k++ {
			r := k
			if t.order != nil {
				r = t.order[k]
			}
			p.left, p.right = append(p.left, int32(p.row)), append(p.right, r)
		}
		if p.at += n; p.at == p.end {
			p.row++
			p.begun = false
		}
	}
}

// matchUnique lists the pairs of all rows of the batch, of which each has one at most.
func (p *probe) matchUnique() {
	order := p.j.table.order
	for i, id := range p.ids {
		if id < 0 {
			continue
		}
		if row := order[id]; row >= 0 {
			p.left, p.right = append(p.left, int32(i)), append(p.right, row)
		}
	}
	p.row = len(p.ids)
}

// span returns where the candidates of a left row are.
func (p *probe) span(row int) (from, to int32) {
	t := p.j.table
	switch {
	case len(p.j.lkeys) == 0:
		return 0, int32(t.rows)
	case p.ids[row] < 0:
		return 0, 0
	}
	return t.starts[p.ids[row]], t.starts[p.ids[row]+1]
}

// try keeps the pairs for which the residual condition is true, notes them, and makes output of them
// where the kind of the join asks for pairs.
func (p *probe) try() (arrow.Record, error) {
	left, right := p.left, p.right
	if p.j.residual != nil {
		keep, err := p.residual(left, right)
		if err != nil {
			return nil, err
		}
		left, right = pick(left, keep), pick(right, keep)
	}
	for _, i := range left {
		p.state[i] |= rowMatched
	}
	if p.matched != nil {
		for _, i := range right {
			p.matched[i] = true
		}
	}
	if !p.j.wantsPairs() || len(left) == 0 {
		return nil, nil
	}
	return newRecord(p.j.schema, p.j.pairs(p.rec, left, right, p.j.output), len(left))
}

// residual returns the pairs for which the condition is true, and notes left rows for which it is NULL.
func (p *probe) residual(left, right []int32) ([]int32, error) {
	all := make([]int, len(p.j.pairSchema.Fields()))
	for i := range all {
		all[i] = i
	}
	rec, err := newRecord(p.j.pairSchema, p.j.pairs(p.rec, left, right, all), len(left))
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	if !p.j.nullAware() {
		return expr.EvalBool(p.j.env.Funcs, p.j.residual, rec)
	}
	cond, err := expr.EvalArray(p.j.env.Funcs, p.j.residual, rec)
	if err != nil {
		return nil, err
	}
	defer cond.Release()
	var keep []int32
	for i := range left {
		if vec.IsNull(cond, i) {
			p.state[left[i]] |= rowUnknown
		} else if cond.(*array.Boolean).Value(i) {
			keep = append(keep, int32(i))
		}
	}
	return keep, nil
}

func pick(from []int32, idx []int32) []int32 {
	out := make([]int32, len(idx))
	for i, k := range idx {
		out[i] = from[k]
	}
	return out
}

// finish gives what the left batch adds once all its pairs are known, and lets go of it; nil: nothing.
func (p *probe) finish(ctx context.Context) (arrow.Record, error) {
	defer p.release()
	if p.j.nullAware() {
		if err := p.findUnknown(ctx); err != nil {
			return nil, err
		}
	}
	switch p.j.kind {
	case winnowpb.Join_LEFT, winnowpb.Join_FULL:
		idx := p.rowsWith(0)
		if len(idx) == 0 {
			return nil, nil
		}
		return newRecord(p.j.schema, p.j.pairs(p.rec, idx, nil, p.j.output), len(idx))
	case winnowpb.Join_SEMI:
		return p.leftRows(p.rowsWith(rowMatched))
	case winnowpb.Join_ANTI, winnowpb.Join_NULL_AWARE_ANTI:
		return p.leftRows(p.rowsWith(0))
	case winnowpb.Join_MARK:
		return p.mark()
	}
	return nil, nil
}

// rowsWith lists the left rows with exactly this state.
func (p *probe) rowsWith(state uint8) []int32 {
	var idx []int32
	for i, s := range p.state {
		if s == state {
			idx = append(idx, int32(i))
		}
	}
	return idx
}

func (p *probe) leftRows(idx []int32) (arrow.Record, error) {
	if len(idx) == 0 {
		return nil, nil
	}
	return newRecord(p.j.schema, p.j.pairs(p.rec, idx, nil, p.j.output), len(idx))
}

func (p *probe) mark() (arrow.Record, error) {
	b := array.NewBooleanBuilder(p.j.env.Mem)
	defer b.Release()
	b.Reserve(len(p.state))
	for _, s := range p.state {
		switch s {
		case rowMatched:
			b.UnsafeAppend(true)
		case 0:
			b.UnsafeAppend(false)
		default:
			b.AppendNull()
		}
	}
	marks := b.NewArray()
	defer marks.Release()
	var cols []arrow.Array
	for _, i := range p.j.output {
		if i < len(p.rec.Columns()) {
			cols = append(cols, p.rec.Column(i))
		} else {
			cols = append(cols, marks)
		}
	}
	return newRecord(p.j.schema, retained(cols), len(p.state))
}

// findUnknown settles rowUnknown: left rows without a match for which some pair is not certainly none,
// since it compares a NULL. A row with a match is not unknown.
func (p *probe) findUnknown(ctx context.Context) error {
	t, whole := p.j.table, p.j.whole
	if whole == nil {
		whole = &rightFacts{rows: t.rows > 0, nulls: len(t.nulls) > 0}
	}
	for i, s := range p.state {
		switch {
		case s&rowMatched != 0:
			p.state[i] = rowMatched
		case s != 0 || !whole.rows || len(p.j.lkeys) == 0:
		case p.j.simpleNulls():
			if whole.nulls || p.nulls != nil && p.nulls[i] {
				p.state[i] = rowUnknown
			}
		default:
			unknown, err := p.unknownPair(ctx, i)
			if err != nil {
				return err
			}
			if unknown {
				p.state[i] = rowUnknown
			}
		}
	}
	return nil
}

// unknownPair reports whether the condition is NULL for left row i, which has no match, and some row of
// the right: a key compares a NULL, and neither another key nor the residual condition says no.
func (p *probe) unknownPair(ctx context.Context, i int) (bool, error) {
	t := p.j.table
	n := len(t.nulls)
	all := p.nulls != nil && p.nulls[i]
	if all {
		n = t.rows
	}
	var left, right []int32
	for k := range n {
		r := int32(k)
		if !all {
			r = t.nulls[k]
		}
		if p.mayEqual(i, int(r)) {
			if p.j.residual == nil {
				return true, nil
			}
			left, right = append(left, int32(i)), append(right, r)
		}
		if len(left) == 0 || len(left) < p.j.env.BatchRows && k < n-1 {
			continue
		}
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		keep, err := p.residual(left, right)
		if err != nil || len(keep) > 0 || p.state[i]&rowUnknown != 0 {
			return err == nil, err
		}
		left, right = left[:0], right[:0]
	}
	return false, nil
}

// mayEqual: no key of left row i certainly differs from that of right row r.
func (p *probe) mayEqual(i, r int) bool {
	for k, a := range p.keys {
		b := p.j.table.keys[k]
		if !p.j.nullSafe[k] && (vec.IsNull(a, i) || vec.IsNull(b, r)) {
			continue
		}
		if !vec.Equal(a, i, b, r) {
			return false
		}
	}
	return true
}

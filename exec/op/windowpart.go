package op

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// windowPart is a part of a partition: the rows [from, to) of a block. Those before from are the first of the partition
// and the last before the part; those after to follow it. They are there for the calls that look at them.
type windowPart struct {
	from, to     int32
	before       arrow.Record                // what comes before the next part
	rows, groups int32                       // before the part
	states       map[*windowCall]arrow.Array // the partial state of the rows before the part, or of all
	least        int                         // as long as the block has fewer rows, it has no place to be cut
}

func (p *windowPart) release() {
	if p == nil {
		return
	}
	if p.before != nil {
		p.before.Release()
	}
	for _, a := range p.states {
		a.Release()
	}
}

// count adds to c's values what they have to count before the block.
func (p *windowPart) count(mem memory.Allocator, s sight, a arrow.Array) arrow.Array {
	values, ok := a.(*array.Int32)
	add := int32(0)
	switch {
	case !ok:
	case s.place.Rows:
		add = p.rows - p.from
	case s.place.Groups:
		add = p.groups + 1 - values.Value(int(p.from))
	}
	if add == 0 {
		return a
	}
	defer a.Release()
	b := array.NewInt32Builder(mem)
	defer b.Release()
	b.Reserve(a.Len())
	for _, v := range values.Int32Values() {
		b.UnsafeAppend(v + add)
	}
	return b.NewArray()
}

// inParts reports whether a partition can be computed in parts.
func (w *window) inParts() bool {
	return !slices.ContainsFunc(w.calls, func(c *windowCall) bool { return c.sight.whole })
}

// nextPart computes a part of the partition that the block is of. It reports false where more rows must come first.
func (w *window) nextPart(ctx context.Context) (bool, error) {
	if w.part == nil {
		w.part = &windowPart{states: map[*windowCall]arrow.Array{}}
		if slices.ContainsFunc(w.calls, func(c *windowCall) bool { return c.sight.total }) {
			return false, w.total(ctx)
		}
	}
	if w.rows < w.part.least {
		return false, nil
	}
	err := w.computePart(ctx, w.rows, false)
	return len(w.out) > 0, err
}

// computePart computes the first n rows of the block: the last of their partition, or as many as can be.
func (w *window) computePart(ctx context.Context, n int, last bool) error {
	part := w.part
	rec, _ := w.take(n)
	defer func() { rec.Release() }()
	if part.from = 0; part.before != nil {
		part.from = int32(part.before.NumRows())
		whole := vec.ConcatRecords(w.env.Mem, []arrow.Record{part.before, rec})
		rec.Release()
		rec = whole
	}
	total := int32(rec.NumRows())
	p := &windowBlock{ctx: ctx, env: w.env, rec: rec, n: int(total), starts: []int32{0, total}, part: part}
	defer p.release()
	if err := p.findPeers(w.order); err != nil {
		return err
	}
	if part.to = total; !last {
		part.to = w.cut(p)
	}
	if part.to > part.from {
		if err := w.evaluate(p); err != nil {
			return err
		}
	}
	if last {
		part.release()
		w.part = nil
		return nil
	}
	w.keep(p)
	return nil
}

// cut returns where a part of p can end: calls see the rows after it that they need, and one is left to go on with.
func (w *window) cut(p *windowBlock) int32 {
	ahead, ties := 1, false
	for _, c := range w.calls {
		ahead, ties = max(ahead, c.sight.ahead), ties || c.sight.ties
	}
	to := max(p.part.from, int32(p.n-ahead))
	for ties && to > p.part.from && p.peers[to] != to {
		to--
	}
	return to
}

// keep leaves in the block the rows after p's part, and beside it those that the next part looks back at.
func (w *window) keep(p *windowBlock) {
	part := p.part
	for i := part.from; i < part.to; i++ {
		if p.peers[i] == i {
			part.groups++
		}
	}
	part.rows += part.to - part.from
	if part.least = 0; part.to == part.from {
		part.least = 2 * int(int32(p.n)-part.from)
	}
	back, first := 0, false
	for _, c := range w.calls {
		back, first = max(back, c.sight.back), first || c.sight.first
	}
	var before []int32
	from := max(0, part.to-int32(back))
	if first && from > 0 && part.to > 0 {
		before = append(before, 0)
	}
	for i := from; i < part.to; i++ {
		before = append(before, i)
	}
	if part.before != nil {
		part.before.Release()
	}
	part.before = vec.TakeRecord(w.env.Mem, p.rec, before)
	var rest []int32
	for i := part.to; i < int32(p.n); i++ {
		rest = append(rest, i)
	}
	left := vec.TakeRecord(w.env.Mem, p.rec, rest)
	w.block, w.rows, w.starts = append(w.block, left), len(rest), []int32{0}
	w.hold.set(2*vec.Size(left) + vec.Size(part.before))
}

// begin returns a state of n groups that hold what is carried to c's part, or nothing.
func (p *windowBlock) begin(c *windowCall, n int) (funcs.State, error) {
	state := c.agg.New(p.env.Funcs)
	state.Grow(n)
	if p.part == nil || p.part.states[c] == nil {
		return state, nil
	}
	ids := make([]uint32, n)
	for i := range ids {
		ids[i] = uint32(i)
	}
	carried := vec.Take(p.env.Mem, p.part.states[c], make([]int32, n))
	defer carried.Release()
	return state, state.Merge(ids, carried)
}

// carried computes an aggregate over the frames of p's part, which begin before it, and carries its state on.
func (p *windowBlock) carried(c *windowCall, args []funcs.Vec, from, to []int32, skip []bool) (arrow.Array, error) {
	for i := range from {
		from[i] = p.part.from
		if to[i] = max(to[i], from[i]); c.sight.total {
			to[i] = from[i]
		}
	}
	a, err := p.aggregate(c, args, from, to, skip)
	if err != nil || c.sight.total {
		return a, err
	}
	state, err := p.begin(c, 1)
	if err == nil {
		err = p.feed(state, args, p.part.from, p.part.to, skip)
	}
	var partial arrow.Array
	if err == nil {
		partial, err = state.Partial(p.env.Mem)
	}
	if err != nil {
		a.Release()
		return nil, err
	}
	if old := p.part.states[c]; old != nil {
		old.Release()
	}
	p.part.states[c] = partial
	return a, nil
}

// feed gives state's only group the rows [from, to).
func (p *windowBlock) feed(state funcs.State, args []funcs.Vec, from, to int32, skip []bool) error {
	var rows []int32
	for i := from; i < to; i++ {
		if skip == nil || !skip[i] {
			rows = append(rows, i)
		}
	}
	return p.update(state, args, rows, make([]uint32, len(rows)))
}

// total reads the partition that the block is of to its end, computes the states that calls need of all its rows, and has
// it read again from a spill file.
func (w *window) total(ctx context.Context) error {
	states := map[*windowCall]funcs.State{}
	for _, c := range w.calls {
		if c.sight.total {
			states[c] = c.agg.New(w.env.Funcs)
			states[c].Grow(1)
		}
	}
	spilled, err := newRun(w.env, w.sorted.Schema())
	if err != nil {
		return err
	}
	w.sorted.spilled = spilled
	add := func(rec arrow.Record) error {
		p := &windowBlock{ctx: ctx, env: w.env, rec: rec, n: int(rec.NumRows())}
		for c, state := range states {
			if err := p.feedAll(c, state); err != nil {
				return err
			}
		}
		return spilled.add(rec)
	}
	for _, rec := range w.block {
		if err := add(rec); err != nil {
			return err
		}
	}
	releaseRecords(w.block)
	w.block, w.rows, w.starts = nil, 0, []int32{0}
	w.hold.free()
	for len(w.starts) == 1 {
		rec, err := w.sorted.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			w.sorted.ended = true
			break
		}
		if err != nil {
			return err
		}
		n := rec.NumRows()
		if err = w.findStarts(rec); err == nil && len(w.starts) > 1 {
			n = int64(w.starts[1])
			w.sorted.rest = rec.NewSlice(n, rec.NumRows())
		}
		mine := rec.NewSlice(0, n)
		rec.Release()
		if err == nil {
			err = add(mine)
		}
		mine.Release()
		if err != nil {
			return err
		}
	}
	w.starts = nil
	for c, state := range states {
		if w.part.states[c], err = state.Partial(w.env.Mem); err != nil {
			delete(w.part.states, c)
			return err
		}
	}
	return nil
}

// feedAll gives state's only group all rows that c takes.
func (p *windowBlock) feedAll(c *windowCall, state funcs.State) error {
	args, done, err := p.args(c)
	if err != nil {
		return err
	}
	defer done()
	var skip []bool
	if c.filter != nil {
		if skip, err = p.skipped(c.filter); err != nil {
			return err
		}
	}
	return p.feed(state, args, 0, int32(p.n), skip)
}

// again reads in, but before that once more what was spilled of it, and the rest of a batch of which the first rows were.
type again struct {
	in      Operator
	spilled *run
	rest    arrow.Record
	ended   bool // in is at its end
}

func (a *again) Schema() *arrow.Schema { return a.in.Schema() }

func (a *again) Next(ctx context.Context) (arrow.Record, error) {
	if a.spilled != nil {
		rec, err := a.spilled.next(ctx)
		if !errors.Is(err, io.EOF) {
			return rec, err
		}
		err = a.spilled.close()
		if a.spilled = nil; err != nil {
			return nil, SpillError(err)
		}
	}
	if rest := a.rest; rest != nil {
		a.rest = nil
		return rest, nil
	}
	if a.ended {
		return nil, io.EOF
	}
	return a.in.Next(ctx)
}

func (a *again) Close() error {
	var err error
	if a.spilled != nil {
		err = a.spilled.close()
		a.spilled = nil
	}
	if a.rest != nil {
		a.rest.Release()
		a.rest = nil
	}
	return errors.Join(err, a.in.Close())
}

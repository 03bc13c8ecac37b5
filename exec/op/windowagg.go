package op

import (
	"context"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// frame is the rows [from, to).
type frame struct{ from, to int32 }

// aggregate computes an aggregate over the frame of each row. Neighbours with the same frame share one
// result. Frames that hold few rows in sum are computed from these; others from a tree of partial
// states, so that a row costs the logarithm of its frame.
func (p *windowBlock) aggregate(c *windowCall, args []funcs.Vec, from, to []int32, skip []bool) (arrow.Array, error) {
	which := make([]int32, p.n) // the frame of each row among the different ones
	var frames []frame
	sum, longest := int64(0), int32(0)
	for i := range which {
		f := frame{from[i], to[i]}
		if k := len(frames); k == 0 || frames[k-1] != f {
			frames = append(frames, f)
			sum += int64(f.to - f.from)
			longest = max(longest, f.to-f.from)
		}
		which[i] = int32(len(frames) - 1)
	}
	direct := sum <= 4*int64(p.n)
	distinct := c.distinct
	if distinct && !direct {
		var ok bool
		var err error
		if skip, ok, err = p.firstOnly(args, frames, skip); err != nil {
			return nil, err
		}
		direct, distinct = !ok, !ok
	}
	var results arrow.Array
	var err error
	if direct {
		results, err = p.direct(c, args, frames, skip, distinct)
	} else {
		results, err = p.tree(c, args, frames, skip, bits.Len32(uint32(longest)))
	}
	if err != nil {
		return nil, err
	}
	if len(frames) == p.n {
		return results, nil
	}
	defer results.Release()
	return vec.Take(p.env.Mem, results, which), nil
}

// firstOnly makes DISTINCT unnecessary where all frames begin at the start of their partition: then only
// the first row with a value counts. It returns the rows to skip, and false where frames are not so.
func (p *windowBlock) firstOnly(args []funcs.Vec, frames []frame, skip []bool) ([]bool, bool, error) {
	partition := make([]uint32, p.n)
	for k := range len(p.starts) - 1 {
		for i := p.starts[k]; i < p.starts[k+1]; i++ {
			partition[i] = uint32(k)
		}
	}
	for _, f := range frames {
		if f.from < f.to && p.starts[partition[f.from]] != f.from {
			return skip, false, nil
		}
	}
	var rows []int32
	for i := range int32(p.n) {
		if skip == nil || !skip[i] {
			rows = append(rows, i)
		}
	}
	rows, _, err := p.different(args, rows, pickIDs(partition, rows))
	if err != nil {
		return nil, false, err
	}
	out := make([]bool, p.n)
	for i := range out {
		out[i] = true
	}
	for _, i := range rows {
		out[i] = false
	}
	return out, true, nil
}

// different drops the rows whose id and arguments have been there before.
func (p *windowBlock) different(args []funcs.Vec, rows []int32, ids []uint32) ([]int32, []uint32, error) {
	cols := []arrow.Array{groupColumn(ids)}
	defer func() { release(cols) }()
	for _, v := range args {
		var a arrow.Array
		var err error
		if v.Const {
			if a, err = expr.Expand(p.env.Funcs, v, len(rows)); err != nil {
				return nil, nil, err
			}
		} else {
			a = vec.Take(p.env.Mem, v.Array, rows)
		}
		cols = append(cols, a)
	}
	var k keyHash
	k.of(cols, len(rows))
	fresh := newKeyTable().insert(&k, make([]uint32, len(rows)))
	return pick(rows, fresh), pickIDs(ids, fresh), nil
}

// directRows is about how many rows are fed to one state.
const directRows = 1 << 16

// direct computes every frame from its rows.
func (p *windowBlock) direct(c *windowCall, args []funcs.Vec, frames []frame, skip []bool, distinct bool) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() { release(parts) }()
	var rows []int32
	var ids []uint32
	for start := 0; start < len(frames); {
		if p.ctx.Err() != nil {
			return nil, context.Cause(p.ctx)
		}
		rows, ids = rows[:0], ids[:0]
		end := start
		for end < len(frames) && (end == start || len(rows) < directRows) {
			for i := frames[end].from; i < frames[end].to; i++ {
				if skip == nil || !skip[i] {
					rows, ids = append(rows, i), append(ids, uint32(end-start))
				}
			}
			end++
		}
		mine, of := rows, ids
		if distinct {
			var err error
			if mine, of, err = p.different(args, rows, ids); err != nil {
				return nil, err
			}
		}
		state, err := p.begin(c, end-start)
		if err != nil {
			return nil, err
		}
		if err := p.update(state, args, mine, of); err != nil {
			return nil, err
		}
		final, err := state.Final(p.env.Mem)
		if err != nil {
			return nil, err
		}
		parts = append(parts, final)
		start = end
	}
	return vec.Concat(p.env.Mem, parts), nil
}

// update feeds rows of args to state.
func (p *windowBlock) update(state funcs.State, args []funcs.Vec, rows []int32, ids []uint32) error {
	if len(rows) == 0 {
		return nil
	}
	taken := make([]funcs.Vec, len(args))
	for i, a := range args {
		if a.Const || len(rows) == p.n && inOrder(rows) {
			taken[i] = a
			continue
		}
		taken[i] = funcs.Vec{Array: vec.Take(p.env.Mem, a.Array, rows)}
		defer taken[i].Release()
	}
	return state.Update(ids, taken)
}

func inOrder(rows []int32) bool {
	for i, r := range rows {
		if r != int32(i) {
			return false
		}
	}
	return true
}

// tree computes frames from partial states of rows, of pairs of rows, of fours, and so on: node i of level
// k holds the rows i<<k to (i+1)<<k. levels are needed so that the longest frame is found.
func (p *windowBlock) tree(c *windowCall, args []funcs.Vec, frames []frame, skip []bool, levels int) (arrow.Array, error) {
	nodes := make([]arrow.Array, 0, levels)
	defer func() { release(nodes) }()
	state := c.agg.New(p.env.Funcs)
	state.Grow(p.n)
	var rows []int32
	var ids []uint32
	for i := range int32(p.n) {
		if skip == nil || !skip[i] {
			rows, ids = append(rows, i), append(ids, uint32(i))
		}
	}
	if err := p.update(state, args, rows, ids); err != nil {
		return nil, err
	}
	for n := p.n; ; {
		if p.ctx.Err() != nil {
			return nil, context.Cause(p.ctx)
		}
		partial, err := state.Partial(p.env.Mem)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, partial)
		if len(nodes) == levels || n == 1 {
			break
		}
		state = c.agg.New(p.env.Funcs)
		state.Grow((n + 1) / 2)
		ids = ids[:0]
		for i := range n {
			ids = append(ids, uint32(i/2))
		}
		if err := state.Merge(ids, partial); err != nil {
			return nil, err
		}
		n = (n + 1) / 2
	}
	var parts []arrow.Array
	defer func() { release(parts) }()
	for len(frames) > 0 {
		if p.ctx.Err() != nil {
			return nil, context.Cause(p.ctx)
		}
		n := min(len(frames), directRows)
		final, err := p.query(c, nodes, frames[:n])
		if err != nil {
			return nil, err
		}
		parts = append(parts, final)
		frames = frames[n:]
	}
	return vec.Concat(p.env.Mem, parts), nil
}

// level is what frames take of one level of the tree.
type level struct {
	nodes []int32
	ids   []uint32
}

func (l *level) add(node int32, id int) {
	l.nodes, l.ids = append(l.nodes, node), append(l.ids, uint32(id))
}

// query merges for each frame the largest nodes that make it up, from left to right, since some
// aggregates keep the order of their rows.
func (p *windowBlock) query(c *windowCall, nodes []arrow.Array, frames []frame) (arrow.Array, error) {
	left, right := make([]level, len(nodes)), make([]level, len(nodes))
	for id, f := range frames {
		for k, lo, hi := 0, f.from, f.to; lo < hi; k, lo, hi = k+1, lo>>1, hi>>1 {
			if lo&1 == 1 {
				left[k].add(lo, id)
				lo++
			}
			if hi&1 == 1 && lo < hi {
				hi--
				right[k].add(hi, id)
			}
		}
	}
	state, err := p.begin(c, len(frames))
	if err != nil {
		return nil, err
	}
	merge := func(k int, l level) error {
		if len(l.nodes) == 0 {
			return nil
		}
		partial := vec.Take(p.env.Mem, nodes[k], l.nodes)
		defer partial.Release()
		return state.Merge(l.ids, partial)
	}
	for k, l := range left {
		if err := merge(k, l); err != nil {
			return nil, err
		}
	}
	for k := len(right) - 1; k >= 0; k-- {
		if err := merge(k, right[k]); err != nil {
			return nil, err
		}
	}
	return state.Final(p.env.Mem)
}

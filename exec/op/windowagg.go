package op

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// aggregate computes an aggregate over the frame of each row. Equal frames are computed once; frames
// that all begin at the same row grow one state; others are computed one by one, many at a time.
func (p *windowPart) aggregate(c *windowCall, args []funcs.Vec, from, to []int32, skip []bool) (arrow.Array, error) {
	// which[i] is the frame of row i among the different ones.
	which := make([]int32, p.n)
	var frames []frame
	for i := range which {
		f := frame{from[i], to[i]}
		if k := len(frames); k > 0 && frames[k-1] == f {
			which[i] = int32(k - 1)
			continue
		}
		which[i] = int32(len(frames))
		frames = append(frames, f)
	}
	var results arrow.Array
	var err error
	if growing(frames) && !c.distinct {
		results, err = p.running(c, args, frames, skip)
	} else {
		results, err = p.each(c, args, frames, skip)
	}
	if err != nil {
		return nil, err
	}
	defer results.Release()
	return vec.Take(p.env.Mem, results, which), nil
}

// frame is the rows [from, to).
type frame struct{ from, to int32 }

// growing: all frames begin at one row, and each holds the one before.
func growing(frames []frame) bool {
	for i := 1; i < len(frames); i++ {
		if frames[i].from != frames[0].from || frames[i].to < frames[i-1].to {
			return false
		}
	}
	return len(frames) > 1
}

// chunkFrames is how many running results are made with one state of many groups.
const chunkFrames = 1024

// running computes growing frames. A chunk of frames is a state of as many groups: group g gets the rows
// that frame g has and the one before has not; the results of the chunk are prefix merges of these,
// made by doubling: after step s, group g holds the rows of the last 2^s differences.
func (p *windowPart) running(c *windowCall, args []funcs.Vec, frames []frame, skip []bool) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() { release(parts) }()
	var carry arrow.Array // partial state of all rows before the chunk
	defer func() {
		if carry != nil {
			carry.Release()
		}
	}()
	at := frames[0].from
	for start := 0; start < len(frames); start += chunkFrames {
		chunk := frames[start:min(len(frames), start+chunkFrames)]
		state := c.agg.New(p.env.Funcs)
		state.Grow(len(chunk))
		var rows []int32
		var ids []uint32
		for g, f := range chunk {
			for ; at < f.to; at++ {
				if skip == nil || !skip[at] {
					rows, ids = append(rows, at), append(ids, uint32(g))
				}
			}
		}
		if err := update(p.env, state, args, rows, ids); err != nil {
			return nil, err
		}
		if carry != nil {
			if err := state.Merge([]uint32{0}, carry); err != nil {
				return nil, err
			}
		}
		state, err := p.prefix(c, state, len(chunk))
		if err != nil {
			return nil, err
		}
		final, err := state.Final(p.env.Mem)
		if err != nil {
			return nil, err
		}
		parts = append(parts, final)
		all, err := state.Partial(p.env.Mem)
		if err != nil {
			return nil, err
		}
		if carry != nil {
			carry.Release()
		}
		carry = vec.Take(p.env.Mem, all, []int32{int32(len(chunk) - 1)})
		all.Release()
	}
	return vec.Concat(p.env.Mem, parts), nil
}

// prefix turns group g of state into the merge of the groups 0 to g.
func (p *windowPart) prefix(c *windowCall, state funcs.State, n int) (funcs.State, error) {
	for step := 1; step < n; step *= 2 {
		partial, err := state.Partial(p.env.Mem)
		if err != nil {
			return nil, err
		}
		next := c.agg.New(p.env.Funcs)
		next.Grow(n)
		err = mergeShifted(p.env, next, partial, n, step)
		partial.Release()
		if err != nil {
			return nil, err
		}
		state = next
	}
	return state, nil
}

// mergeShifted merges into group g the partial states g-step (first, to keep the order) and g.
func mergeShifted(env *Env, state funcs.State, partial arrow.Array, n, step int) error {
	var src []int32
	var dst []uint32
	for g := range n {
		if g >= step {
			src, dst = append(src, int32(g-step)), append(dst, uint32(g))
		}
		src, dst = append(src, int32(g)), append(dst, uint32(g))
	}
	taken := vec.Take(env.Mem, partial, src)
	defer taken.Release()
	return state.Merge(dst, taken)
}

// eachRows bounds how many rows are fed to one state at a time.
const eachRows = 1 << 16

// each computes every frame from its rows.
func (p *windowPart) each(c *windowCall, args []funcs.Vec, frames []frame, skip []bool) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() { release(parts) }()
	for start := 0; start < len(frames); {
		var rows []int32
		var ids []uint32
		end := start
		for end < len(frames) && (end == start || len(rows)+int(frames[end].to-frames[end].from) <= eachRows) {
			seen := map[string]struct{}{}
			for i := frames[end].from; i < frames[end].to; i++ {
				if skip != nil && skip[i] || c.distinct && repeated(args, int(i), seen) {
					continue
				}
				rows, ids = append(rows, i), append(ids, uint32(end-start))
			}
			end++
		}
		state := c.agg.New(p.env.Funcs)
		state.Grow(end - start)
		if err := update(p.env, state, args, rows, ids); err != nil {
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

// repeated notes the arguments of row i and reports whether they were there before.
func repeated(args []funcs.Vec, i int, seen map[string]struct{}) bool {
	var key []byte
	for _, a := range args {
		key = vec.AppendKey(key, a.Array, a.At(i))
	}
	_, ok := seen[string(key)]
	seen[string(key)] = struct{}{}
	return ok
}

// update feeds rows of args to state.
func update(env *Env, state funcs.State, args []funcs.Vec, rows []int32, ids []uint32) error {
	taken := make([]funcs.Vec, len(args))
	for i, a := range args {
		if a.Const {
			taken[i] = a
			continue
		}
		taken[i] = funcs.Vec{Array: vec.Take(env.Mem, a.Array, rows)}
		defer taken[i].Array.Release()
	}
	return state.Update(ids, taken)
}

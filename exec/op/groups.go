package op

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// groups is the table of an aggregation: keys by group number, and a state per call.
type groups struct {
	*groupMemory
	env    *Env
	spec   *aggSpec
	types  []arrow.DataType // of the keys
	keys   *columnStore     // the keys by group number, if the index cannot tell them
	n      int
	states []funcs.State // per call; calls may share one
	sets   []*argSet     // of calls with DISTINCT, nil for others
}

// groupMemory is what groups of one task after the other use: the index of keys, empty at first, what is known of the rows of
// a batch, and of groups that are given out.
type groupMemory struct {
	index *keyTable
	hash  keyHash
	short shortKeys
	ids   []uint32
	some  []uint32 // groups of some rows

	// Of groups that are given out cut: their numbers in the order of their partitions, and their partitions, hashes before.
	order  []uint32
	hashes []uint64
}

func newGroups(env *Env, spec *aggSpec) *groups {
	g := &groups{groupMemory: env.Shared.groupMemory(), env: env, spec: spec, sets: make([]*argSet, len(spec.calls))}
	told := true
	for _, e := range spec.keys {
		g.types = append(g.types, e.Type())
		told = told && vec.Decodable(e.Type())
	}
	if !told {
		g.keys = &columnStore{env: env, schema: arrow.NewSchema(spec.partial.Fields()[:len(spec.keys)], nil)}
	}
	for i, c := range spec.calls {
		if c.same < i {
			g.states = append(g.states, g.states[c.same])
			continue
		}
		g.states = append(g.states, c.bound.New(env.Funcs))
		if c.distinct {
			g.sets[i] = newArgSet(env, c)
		}
	}
	if len(spec.keys) == 0 {
		g.grow(1)
	}
	return g
}

func (g *groups) grow(n int) {
	g.n = n
	for i, c := range g.spec.calls {
		if c.same == i {
			g.states[i].Grow(n)
		}
	}
}

func (g *groups) hasSets() bool {
	for _, s := range g.sets {
		if s != nil {
			return true
		}
	}
	return false
}

// add takes a batch of rows, or of partial states.
func (g *groups) add(rec arrow.Record) error {
	if err := g.number(rec); err != nil {
		return err
	}
	if !g.spec.merges {
		defer g.spec.common.Done()
	}
	for i, c := range g.spec.calls {
		if c.same < i {
			continue
		}
		var err error
		if g.spec.merges {
			err = g.merge(g.states[i], c, rec)
		} else {
			err = g.update(i, c, rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// number sets ids to the group of each row, and keeps the keys of new groups.
func (g *groups) number(rec arrow.Record) error {
	n := int(rec.NumRows())
	g.ids = vec.Sized(g.ids, n)
	if len(g.spec.keys) == 0 {
		clear(g.ids)
		return nil
	}
	cols, err := evalAll(g.env, g.spec.keys, rec)
	if err != nil {
		return err
	}
	defer release(cols)
	if n > 1 && !slices.ContainsFunc(cols, func(c arrow.Array) bool { return !vec.Same(c) }) {
		return g.numberSame(cols)
	}
	if g.n <= shortGroups && g.short.wordsOf(cols, n) {
		return g.numberShort(cols)
	}
	g.hash.of(cols, n)
	return g.find(cols, g.ids)
}

// numberShort sets ids to the groups of rows with short keys, of which it hashes those that are not remembered: of a few rows at first,
// which mostly have the keys of the others. If they have not, all of the others are hashed.
func (g *groups) numberShort(cols []arrow.Array) error {
	for from, n := 0, fewRows; from < len(g.ids); from, n = from+n, 2*n {
		if g.n > shortGroups {
			rest := sliceAll(cols, from, len(g.ids))
			defer release(rest)
			g.hash.of(rest, len(g.ids)-from)
			return g.find(rest, g.ids[from:])
		}
		missed := g.short.find(g.ids, from, min(from+n, len(g.ids)))
		if len(missed) == 0 {
			continue
		}
		others := takeAll(g.env, cols, missed)
		g.some = vec.Sized(g.some, len(missed))
		g.hash.of(others, len(missed))
		err := g.find(others, g.some)
		release(others)
		if err != nil {
			return err
		}
		for k, i := range missed {
			g.ids[i] = g.some[k]
			g.short.keep(i, g.some[k])
		}
	}
	return nil
}

// numberSame sets ids to the one group of rows that have the same keys, as those of a file have that is grouped by its partition.
func (g *groups) numberSame(cols []arrow.Array) error {
	first := sliceAll(cols, 0, 1)
	defer release(first)
	g.hash.of(first, 1)
	err := g.find(first, g.ids[:1])
	for i := range g.ids {
		g.ids[i] = g.ids[0]
	}
	return err
}

// find sets ids to the groups of the keys in cols, of which hash has the hashes.
func (g *groups) find(cols []arrow.Array, ids []uint32) error {
	fresh := g.index.insert(&g.hash, ids)
	if len(fresh) == 0 {
		return nil
	}
	g.grow(g.index.n)
	if g.keys == nil {
		return nil
	}
	return g.keys.add(takeAll(g.env, cols, fresh), len(fresh))
}

// addAlways makes the group that is there without rows, if it is this task's.
func (g *groups) addAlways() error {
	cols, err := evalAll(g.env, g.spec.always, array.NewRecord(arrow.NewSchema(nil, nil), nil, 1))
	if err != nil {
		return err
	}
	defer release(cols)
	hash := g.hash.of(cols, 1)[0]
	if parts := uint64(g.spec.partitions); parts > 0 && hash%parts != uint64(g.env.Task.Index) {
		return nil
	}
	g.ids = append(g.ids[:0], 0)
	return g.find(cols, g.ids)
}

// keyReader returns the function from group numbers to their keys' columns.
func (g *groups) keyReader() func(numbers []uint32) []arrow.Array {
	if g.keys == nil {
		return func(numbers []uint32) []arrow.Array {
			if len(g.types) == 0 {
				return nil
			}
			return g.index.columns(g.env.Mem, g.types, numbers)
		}
	}
	places := g.keys.refs()
	return func(numbers []uint32) []arrow.Array {
		refs := make([]vec.Ref, len(numbers))
		for i, number := range numbers {
			refs[i] = places[number]
		}
		cols := make([]arrow.Array, len(g.types))
		for c := range cols {
			cols[c] = g.keys.take(c, refs)
		}
		return cols
	}
}

// sliceAll returns the rows from from to to of cols.
func sliceAll(cols []arrow.Array, from, to int) []arrow.Array {
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		out[i] = array.NewSlice(c, int64(from), int64(to))
	}
	return out
}

func takeAll(env *Env, cols []arrow.Array, idx []int32) []arrow.Array {
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		out[i] = vec.Take(env.Mem, c, idx)
	}
	return out
}

func (g *groups) merge(s funcs.State, c *aggCall, rec arrow.Record) error {
	partial, err := expr.EvalArray(g.env.Funcs, c.args[0], rec)
	if err != nil {
		return err
	}
	defer partial.Release()
	return s.Merge(g.ids, partial)
}

func (g *groups) update(i int, c *aggCall, rec arrow.Record) error {
	ids, eval := g.ids, g.spec.common.Eval
	if c.filter != nil {
		sel, err := expr.EvalBool(g.env.Funcs, c.filter, rec)
		if err != nil {
			return err
		}
		if len(sel) == 0 {
			return nil
		}
		if len(sel) < len(ids) {
			rec, ids, eval = vec.TakeRecord(g.env.Mem, rec, sel), pickIDs(ids, sel), expr.Eval
			defer rec.Release()
		}
	}
	args := make([]funcs.Vec, 0, len(c.args))
	defer func() {
		for _, v := range args {
			v.Release()
		}
	}()
	for _, e := range c.args {
		v, err := eval(g.env.Funcs, e, rec)
		if err != nil {
			return err
		}
		args = append(args, v)
	}
	if s := g.sets[i]; s != nil {
		return s.add(ids, args)
	}
	return g.states[i].Update(ids, args)
}

func pickIDs(ids []uint32, sel []int32) []uint32 {
	out := make([]uint32, len(sel))
	for k, i := range sel {
		out[k] = ids[i]
	}
	return out
}

// size estimates what the table holds.
func (g *groups) size() int64 {
	n := int64(0)
	if g.keys != nil {
		n += g.keys.bytes
	}
	if g.n > 0 && len(g.spec.keys) > 0 {
		n += g.index.size()
	}
	for i, c := range g.spec.calls {
		if c.same == i {
			n += g.states[i].Size()
		}
	}
	for _, s := range g.sets {
		if s != nil {
			n += s.size()
		}
	}
	return n
}

// applySets passes the arguments of DISTINCT calls on to their states.
func (g *groups) applySets() error {
	for i, s := range g.sets {
		if s == nil {
			continue
		}
		if err := s.apply(g.states[i]); err != nil {
			return err
		}
	}
	return nil
}

func (g *groups) release() {
	if g.groupMemory != nil {
		g.env.Shared.keep(g.groupMemory, g.env.Budget)
		g.groupMemory = nil
	}
	if g.keys != nil {
		g.keys.release()
	}
	for _, s := range g.sets {
		if s != nil {
			s.args.release()
		}
	}
}

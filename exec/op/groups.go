package op

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// groups is the table of an aggregation: keys by group number, and a state per call.
type groups struct {
	env    *Env
	spec   *aggSpec
	index  *keyTable
	keys   columnStore
	n      int
	states []funcs.State // per call; calls may share one
	sets   []*argSet     // of calls with DISTINCT, nil for others
	hash   keyHash
	ids    []uint32
}

func newGroups(env *Env, spec *aggSpec) *groups {
	g := &groups{env: env, spec: spec, index: newKeyTable(), sets: make([]*argSet, len(spec.calls))}
	g.keys = columnStore{env: env, schema: arrow.NewSchema(spec.partial.Fields()[:len(spec.keys)], nil)}
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
	if cap(g.ids) < n {
		g.ids = make([]uint32, n)
	}
	g.ids = g.ids[:n]
	if len(g.spec.keys) == 0 {
		clear(g.ids)
		return nil
	}
	cols, err := evalAll(g.env, g.spec.keys, rec)
	if err != nil {
		return err
	}
	defer release(cols)
	g.hash.of(cols, n)
	return g.find(cols)
}

// find sets ids to the groups of the keys in cols, of which hash has the hashes.
func (g *groups) find(cols []arrow.Array) error {
	fresh := g.index.insert(&g.hash, g.ids)
	if len(fresh) == 0 {
		return nil
	}
	g.grow(g.index.n)
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
	return g.find(cols)
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
	ids := g.ids
	if c.filter != nil {
		sel, err := expr.EvalBool(g.env.Funcs, c.filter, rec)
		if err != nil {
			return err
		}
		if len(sel) == 0 {
			return nil
		}
		if len(sel) < len(ids) {
			rec, ids = vec.TakeRecord(g.env.Mem, rec, sel), pickIDs(ids, sel)
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
		v, err := expr.Eval(g.env.Funcs, e, rec)
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
	n := g.keys.bytes
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

// stateOut makes a column of the state of a call: partialOf or finalOf.
type stateOut func(*aggCall, funcs.State, memory.Allocator) (arrow.Array, error)

func partialOf(_ *aggCall, s funcs.State, mem memory.Allocator) (arrow.Array, error) {
	return s.Partial(mem)
}

func finalOf(c *aggCall, s funcs.State, mem memory.Allocator) (arrow.Array, error) {
	return c.bound.Result(s, mem)
}

// records returns the table in batches: keys, then states as f gives them.
func (g *groups) records(schema *arrow.Schema, f stateOut) ([]arrow.Record, error) {
	if g.n == 0 {
		return nil, nil
	}
	states := make([]arrow.Array, 0, len(g.states))
	defer func() { release(states) }()
	for i, s := range g.states {
		a, err := f(g.spec.calls[i], s, g.env.Mem)
		if err != nil {
			return nil, err
		}
		states = append(states, a)
	}
	keys := g.keys.recs
	if len(g.spec.keys) == 0 {
		keys = []arrow.Record{array.NewRecord(g.keys.schema, nil, 1)}
		defer keys[0].Release()
	}
	var out []arrow.Record
	at := int64(0)
	for _, k := range keys {
		for from := int64(0); from < k.NumRows(); from += int64(g.env.BatchRows) {
			n := min(k.NumRows()-from, int64(g.env.BatchRows))
			var cols []arrow.Array
			for _, c := range k.Columns() {
				cols = append(cols, array.NewSlice(c, from, from+n))
			}
			for _, s := range states {
				cols = append(cols, array.NewSlice(s, at, at+n))
			}
			rec, err := newRecord(schema, cols, int(n))
			if err != nil {
				releaseRecords(out)
				return nil, err
			}
			out = append(out, rec)
			at += n
		}
	}
	return out, nil
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
	g.keys.release()
	for _, s := range g.sets {
		if s != nil {
			s.args.release()
		}
	}
}

// argSet is the different arguments of a DISTINCT call, per group. They reach the call's state at the
// end only: what has been put aside must not have been counted.
type argSet struct {
	env   *Env
	index *keyTable
	args  columnStore
	ids   []uint32 // groups of the rows of args
	hash  keyHash
	row   []uint32
}

func newArgSet(env *Env, c *aggCall) *argSet {
	types := make([]arrow.DataType, len(c.args))
	for i, e := range c.args {
		types[i] = e.Type()
	}
	return &argSet{env: env, index: newKeyTable(), args: columnStore{env: env, schema: schemaOfTypes(types)}}
}

func schemaOfTypes(types []arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: "c", Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// add takes rows: row i belongs to group ids[i]. NULLs are kept: the state knows what they mean to it.
func (s *argSet) add(ids []uint32, args []funcs.Vec) error {
	n := len(ids)
	cols := make([]arrow.Array, 1, 1+len(args))
	cols[0] = groupColumn(ids)
	defer func() { release(cols) }()
	for _, v := range args {
		a, err := expr.Expand(&funcs.Ctx{Mem: s.env.Mem}, v, n)
		if err != nil {
			return err
		}
		cols = append(cols, a)
	}
	s.hash.of(cols, n)
	if cap(s.row) < n {
		s.row = make([]uint32, n)
	}
	fresh := s.index.insert(&s.hash, s.row[:n])
	if len(fresh) == 0 {
		return nil
	}
	s.ids = append(s.ids, pickIDs(ids, fresh)...)
	return s.args.add(takeAll(s.env, cols[1:], fresh), len(fresh))
}

// groupColumn is group numbers as a column; ids must not change while it lives.
func groupColumn(ids []uint32) arrow.Array {
	buf := memory.NewBufferBytes(arrow.GetBytes(ids))
	defer buf.Release()
	d := array.NewData(datatype.Int, len(ids), []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

func (s *argSet) apply(state funcs.State) error {
	at := 0
	for _, r := range s.args.recs {
		n := int(r.NumRows())
		if err := state.Update(s.ids[at:at+n], vecsOf(r.Columns())); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func vecsOf(cols []arrow.Array) []funcs.Vec {
	out := make([]funcs.Vec, len(cols))
	for i, c := range cols {
		out[i].Array = c
	}
	return out
}

func (s *argSet) size() int64 { return s.index.size() + s.args.bytes + 4*int64(cap(s.ids)) }

package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// aggregate groups rows by keys. A table that outgrows the budget is put aside as partial states, cut by
// key hash, and merged part by part; a PARTIAL aggregate passes its table on and begins anew.
type aggregate struct {
	unary
	phase winnowpb.Aggregate_Phase
	keys  []expr.Expr
	calls []*aggCall

	table   *groups
	partial *arrow.Schema // keys and partial states
	parts   []*spool      // nil until something was put aside
	depth   uint
	out     []arrow.Record
	at      int
	done    bool
	any     bool // a row has come
}

// aggCall is one call, bound.
type aggCall struct {
	bound    funcs.AggBound
	args     []expr.Expr
	filter   expr.Expr
	distinct bool
}

func newAggregate(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetAggregate()
	a := &aggregate{unary: unary{env, in, schema}, phase: pb.Phase}
	if a.keys, err = expr.AllFromProto(pb.Keys); err != nil {
		return nil, err
	}
	for _, c := range pb.Calls {
		call, err := bindCall(c, a.merges())
		if err != nil {
			return nil, err
		}
		a.calls = append(a.calls, call)
	}
	fields := make([]arrow.Field, 0, len(schema.Fields()))
	for i, f := range schema.Fields() {
		if i >= len(a.keys) {
			f.Type = a.calls[i-len(a.keys)].bound.Partial
		}
		fields = append(fields, f)
	}
	a.partial = arrow.NewSchema(fields, nil)
	a.table = a.newGroups()
	return a, nil
}

// merges tells whether the input holds partial states.
func (a *aggregate) merges() bool {
	return a.phase == winnowpb.Aggregate_FINAL || a.phase == winnowpb.Aggregate_MERGE
}

func bindCall(c *winnowpb.AggCall, merges bool) (*aggCall, error) {
	agg := funcs.FindAggregate(c.Name)
	if agg == nil {
		return nil, diag.Errorf(diag.Internal, "plan: no aggregate %q", c.Name)
	}
	args, err := expr.AllFromProto(c.Args)
	if err != nil {
		return nil, err
	}
	call := &aggCall{args: args, distinct: c.Distinct && !agg.IgnoresDistinct}
	if c.Filter != nil {
		if call.filter, err = expr.FromProto(c.Filter); err != nil {
			return nil, err
		}
	}
	in := expr.Args(args)
	if merges {
		if in, err = mergeArgs(c); err != nil {
			return nil, err
		}
	}
	if call.bound, err = agg.Bind(in); err != nil {
		return nil, err
	}
	if !merges {
		call.args, err = expr.CastArgs(args, call.bound.Casts, diag.Span{})
	}
	return call, err
}

// mergeArgs are the arguments that a call was bound with before its rows became partial states.
func mergeArgs(c *winnowpb.AggCall) ([]funcs.Arg, error) {
	out := make([]funcs.Arg, len(c.ArgTypes))
	for i, name := range c.ArgTypes {
		t, err := datatype.Parse(name)
		if err != nil {
			return nil, err
		}
		out[i].Type = t
		if k := c.ConstArgs[i]; k.GetLiteral() != nil {
			e, err := expr.FromProto(k)
			if err != nil {
				return nil, err
			}
			if lit, ok := e.(*expr.Literal); ok {
				out[i].Const = lit.Value
			}
		}
	}
	return out, nil
}

// groups is the table: group numbers by key, the keys themselves, and a state per call.
type groups struct {
	a        *aggregate
	packed   map[[2]uint64]uint32
	bytes    map[string]uint32
	n        int
	keyRecs  []arrow.Record // rows of keys, in the order of the groups
	states   []funcs.State
	distinct []map[string]struct{}
	buf      vec.KeyBuffer
	ids      []uint32
	held     int64
}

func (a *aggregate) newGroups() *groups {
	g := &groups{a: a, distinct: make([]map[string]struct{}, len(a.calls))}
	types := make([]arrow.DataType, len(a.keys))
	for i, k := range a.keys {
		types[i] = k.Type()
	}
	if vec.Fixed(types) {
		g.packed = map[[2]uint64]uint32{}
	} else {
		g.bytes = map[string]uint32{}
	}
	for i, c := range a.calls {
		g.states = append(g.states, c.bound.New(a.env.Funcs))
		if c.distinct {
			g.distinct[i] = map[string]struct{}{}
		}
	}
	if len(a.keys) == 0 {
		g.n = 1
		g.grow()
	}
	return g
}

func (g *groups) grow() {
	for _, s := range g.states {
		s.Grow(g.n)
	}
}

// add takes a batch of rows, or of partial states.
func (g *groups) add(rec arrow.Record, keys []expr.Expr, merges bool) error {
	cols, err := evalAll(g.a.env, keys, rec)
	if err != nil {
		return err
	}
	defer release(cols)
	g.number(cols, int(rec.NumRows()))
	for i, c := range g.a.calls {
		if merges {
			if err := g.merge(i, c, rec); err != nil {
				return err
			}
		} else if err := g.update(i, c, rec); err != nil {
			return err
		}
	}
	return nil
}

// number sets ids to the group of each row, and keeps the keys of new groups.
func (g *groups) number(cols []arrow.Array, n int) {
	g.ids = g.ids[:0]
	if len(cols) == 0 {
		for range n {
			g.ids = append(g.ids, 0)
		}
		return
	}
	vec.AppendKeys(cols, n, &g.buf)
	var fresh []int32
	for i := range n {
		var id uint32
		var ok bool
		if g.packed != nil {
			if id, ok = g.packed[g.buf.Packed[i]]; !ok {
				id = uint32(g.n)
				g.packed[g.buf.Packed[i]] = id
			}
		} else if id, ok = g.bytes[string(g.buf.Key(i))]; !ok {
			id = uint32(g.n)
			g.bytes[string(g.buf.Key(i))] = id
		}
		if !ok {
			g.n++
			fresh = append(fresh, int32(i))
		}
		g.ids = append(g.ids, id)
	}
	if len(fresh) == 0 {
		return
	}
	g.grow()
	kept := make([]arrow.Array, len(cols))
	for i, c := range cols {
		kept[i] = vec.Take(g.a.env.Mem, c, fresh)
	}
	g.keyRecs = append(g.keyRecs, array.NewRecord(g.keySchema(), kept, int64(len(fresh))))
	release(kept)
}

func (g *groups) keySchema() *arrow.Schema {
	return arrow.NewSchema(g.a.partial.Fields()[:len(g.a.keys)], nil)
}

func (g *groups) merge(i int, c *aggCall, rec arrow.Record) error {
	state, err := expr.EvalArray(g.a.env.Funcs, c.args[0], rec)
	if err != nil {
		return err
	}
	defer state.Release()
	return g.states[i].Merge(g.ids, state)
}

func (g *groups) update(i int, c *aggCall, rec arrow.Record) error {
	ids := g.ids
	if c.filter != nil {
		sel, err := expr.EvalBool(g.a.env.Funcs, c.filter, rec)
		if err != nil {
			return err
		}
		rec, ids = g.selected(rec, ids, sel)
		defer rec.Release()
	}
	args := make([]funcs.Vec, len(c.args))
	for j, e := range c.args {
		v, err := expr.Eval(g.a.env.Funcs, e, rec)
		if err != nil {
			return err
		}
		defer v.Array.Release()
		args[j] = v
	}
	if c.distinct {
		return g.updateDistinct(i, args, ids)
	}
	return g.states[i].Update(ids, args)
}

func (g *groups) selected(rec arrow.Record, ids []uint32, sel []int32) (arrow.Record, []uint32) {
	out := make([]uint32, len(sel))
	for k, i := range sel {
		out[k] = ids[i]
	}
	return vec.TakeRecord(g.a.env.Mem, rec, sel), out
}

// updateDistinct passes each group's different arguments on once. A tuple with a NULL is passed on by
// none but one-argument calls, whose state skips it.
func (g *groups) updateDistinct(i int, args []funcs.Vec, ids []uint32) error {
	var fresh []int32
	var key []byte
	for r := range ids {
		if len(args) > 1 && anyNull(args, r) {
			continue
		}
		key = append(key[:0], byte(ids[r]), byte(ids[r]>>8), byte(ids[r]>>16), byte(ids[r]>>24))
		for _, a := range args {
			key = vec.AppendKey(key, a.Array, a.At(r))
		}
		if _, seen := g.distinct[i][string(key)]; !seen {
			g.distinct[i][string(key)] = struct{}{}
			g.held += int64(len(key)) + 32
			fresh = append(fresh, int32(r))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	taken := make([]funcs.Vec, len(args))
	some := make([]uint32, len(fresh))
	for k, r := range fresh {
		some[k] = ids[r]
	}
	for j, a := range args {
		if a.Const {
			taken[j] = a
			continue
		}
		taken[j] = funcs.Vec{Array: vec.Take(g.a.env.Mem, a.Array, fresh)}
		defer taken[j].Array.Release()
	}
	return g.states[i].Update(some, taken)
}

func anyNull(args []funcs.Vec, r int) bool {
	for _, a := range args {
		if a.Null(r) {
			return true
		}
	}
	return false
}

// size estimates what the table holds.
func (g *groups) size() int64 {
	n := g.held + int64(g.n)*48
	for _, r := range g.keyRecs {
		n += 2 * vec.Size(r)
	}
	for _, s := range g.states {
		n += s.Size()
	}
	return n
}

// record returns the table: keys, then states as f gives them.
func (g *groups) record(schema *arrow.Schema, f func(funcs.State) (arrow.Array, error)) (arrow.Record, error) {
	var cols []arrow.Array
	defer func() { release(cols) }()
	for k := range g.a.keys {
		parts := make([]arrow.Array, len(g.keyRecs))
		for i, r := range g.keyRecs {
			parts[i] = r.Column(k)
		}
		cols = append(cols, vec.Concat(g.a.env.Mem, parts))
	}
	for _, s := range g.states {
		a, err := f(s)
		if err != nil {
			return nil, err
		}
		cols = append(cols, a)
	}
	return array.NewRecord(schema, cols, int64(g.n)), nil
}

func (g *groups) release() {
	releaseRecords(g.keyRecs)
	g.keyRecs = nil
}

func (a *aggregate) Next(ctx context.Context) (arrow.Record, error) {
	for {
		if a.at < len(a.out) {
			rec := a.out[a.at]
			a.out[a.at] = nil
			a.at++
			return rec, nil
		}
		a.out, a.at = a.out[:0], 0
		if a.done {
			return nil, io.EOF
		}
		if err := a.step(ctx); err != nil {
			return nil, err
		}
	}
}

// step reads input until something can be given out.
func (a *aggregate) step(ctx context.Context) error {
	var charged int64
	defer func() { a.env.Budget.Grow(-charged) }()
	for {
		rec, err := a.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			a.done = true
			return a.finish(ctx)
		}
		if err != nil {
			return err
		}
		a.any = true
		err = a.table.add(rec, a.keys, a.merges())
		rec.Release()
		if err != nil {
			return err
		}
		size := a.table.size()
		fits := a.env.Budget.Grow(size - charged)
		charged = size
		if fits || len(a.keys) == 0 || a.hasDistinct() {
			continue
		}
		if a.phase == winnowpb.Aggregate_PARTIAL || a.phase == winnowpb.Aggregate_MERGE {
			return a.give(a.partialOf)
		}
		if err := a.putAside(); err != nil {
			return err
		}
		a.env.Budget.Grow(-charged)
		charged = 0
	}
}

func (a *aggregate) hasDistinct() bool {
	for _, c := range a.calls {
		if c.distinct {
			return true
		}
	}
	return false
}

func (a *aggregate) partialOf(s funcs.State) (arrow.Array, error) { return s.Partial(a.env.Mem) }
func (a *aggregate) finalOf(s funcs.State) (arrow.Array, error)   { return s.Final(a.env.Mem) }

// give puts the table out and begins a new one.
func (a *aggregate) give(f func(funcs.State) (arrow.Array, error)) error {
	if a.table.n == 0 {
		return nil
	}
	rec, err := a.table.record(a.schema, f)
	if err != nil {
		return err
	}
	defer rec.Release()
	for start := int64(0); start < rec.NumRows(); start += int64(a.env.BatchRows) {
		a.out = append(a.out, rec.NewSlice(start, min(rec.NumRows(), start+int64(a.env.BatchRows))))
	}
	a.table.release()
	a.table = a.newGroups()
	return nil
}

// putAside spills the table as partial states, cut by key hash.
func (a *aggregate) putAside() error {
	if a.table.n == 0 {
		return nil
	}
	rec, err := a.table.record(a.partial, a.partialOf)
	if err != nil {
		return err
	}
	defer rec.Release()
	if a.parts == nil {
		for range fanOut {
			a.parts = append(a.parts, newSpool(a.env, a.partial))
		}
	}
	parts, err := partitionBy(a.env, a.keyColumns(), rec, fanOut, a.shift())
	if err != nil {
		return err
	}
	for i, p := range parts {
		if p == nil {
			continue
		}
		if err == nil {
			if err = a.parts[i].spill(); err == nil {
				err = a.parts[i].add(p)
			}
		}
		p.Release()
	}
	a.table.release()
	a.table = a.newGroups()
	return err
}

// shift skips the hash bits that have cut the rows already: those of the exchange, and of parts cut before.
func (a *aggregate) shift() uint { return 16 + 8*a.depth }

func (a *aggregate) keyColumns() []expr.Expr {
	out := make([]expr.Expr, len(a.keys))
	for i, k := range a.keys {
		out[i] = &expr.Column{Index: i, Name: a.partial.Field(i).Name, T: k.Type()}
	}
	return out
}

func (a *aggregate) finish(ctx context.Context) error {
	emit := a.finalOf
	if a.phase == winnowpb.Aggregate_PARTIAL || a.phase == winnowpb.Aggregate_MERGE {
		emit = a.partialOf
		if len(a.keys) == 0 && !a.any {
			return nil // the final phase makes the one row of nothing
		}
	}
	if a.parts == nil {
		return a.give(emit)
	}
	if err := a.putAside(); err != nil {
		return err
	}
	parts := a.parts
	a.parts = nil
	for _, p := range parts {
		if err := a.mergePart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// mergePart merges one part that was put aside; a part that does not fit either is cut again.
func (a *aggregate) mergePart(ctx context.Context, p *spool) error {
	defer p.Close()
	sub := &aggregate{
		unary: unary{a.env, p, a.schema}, phase: winnowpb.Aggregate_FINAL, partial: a.partial, depth: a.depth + 1,
		keys: a.keyColumns(),
	}
	if sub.depth > maxSpillDepth {
		return depthError("an aggregation")
	}
	for i, c := range a.calls {
		col := &expr.Column{Index: len(a.keys) + i, T: c.bound.Partial}
		sub.calls = append(sub.calls, &aggCall{bound: c.bound, args: []expr.Expr{col}})
	}
	sub.table = sub.newGroups()
	return drain(ctx, sub, func(rec arrow.Record) error {
		rec.Retain()
		a.out = append(a.out, rec)
		return nil
	})
}

func (a *aggregate) Close() error {
	for _, r := range a.out {
		if r != nil {
			r.Release()
		}
	}
	a.out = nil
	a.table.release()
	errs := []error{a.in.Close()}
	for _, p := range a.parts {
		errs = append(errs, p.Close())
	}
	a.parts = nil
	return errors.Join(errs...)
}

package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// join probes a hash table of the right input with the rows of the left one. A right side that
// outgrows the budget is cut with the left one by key hash and joined part by part.
type join struct {
	env         *Env
	node        uint32
	schema      *arrow.Schema
	left, right Operator
	kind        winnowpb.Join_Kind
	lkeys       []expr.Expr
	rkeys       []expr.Expr
	nullSafe    []bool
	residual    expr.Expr
	broadcast   bool
	depth       uint

	table   *buildSide
	own     bool // the table is this join's alone
	probe   probe
	parts   []*join // of a spilled join, still to be run
	tail    bool
	tailAt  int
	started bool
}

func newJoin(env *Env, n *winnowpb.Node, left, right Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetJoin()
	j := &join{env: env, node: n.Id, schema: schema, left: left, right: right, kind: pb.Kind, nullSafe: pb.NullSafe, broadcast: pb.BroadcastRight}
	if j.lkeys, err = expr.AllFromProto(pb.LeftKeys); err != nil {
		return nil, err
	}
	if j.rkeys, err = expr.AllFromProto(pb.RightKeys); err != nil {
		return nil, err
	}
	if pb.Residual != nil {
		j.residual, err = expr.FromProto(pb.Residual)
	}
	return j, err
}

func (j *join) Schema() *arrow.Schema { return j.schema }

// buildSide is the right input in memory: its rows, and by key where they are.
type buildSide struct {
	rec     arrow.Record // all rows, nil if there are none
	rows    int
	index   map[string]int32 // key → first row; next chains the others
	next    []int32
	hasNull bool // a row has a NULL key
	held    int64
}

func (j *join) start(ctx context.Context) error {
	if j.broadcast {
		made, err := j.env.Shared.Do(buildKey{j.node}, func() (any, error) {
			recs, err := collect(ctx, j.right)
			if err != nil {
				return nil, err
			}
			return j.build(recs)
		})
		if err != nil {
			return err
		}
		j.table = made.(*buildSide)
		return nil
	}
	rows := newSpool(j.env, j.right.Schema())
	if err := drain(ctx, j.right, rows.add); err != nil {
		rows.Close()
		return err
	}
	if rows.run != nil && len(j.lkeys) > 0 {
		return j.cut(ctx, rows)
	}
	defer rows.Close()
	recs, err := collect(ctx, rows)
	if err != nil {
		return err
	}
	j.table, err = j.build(recs)
	j.own = true
	return err
}

// buildKey is the key of a broadcast table in Env.Shared.
type buildKey struct{ node uint32 }

// build makes the table of recs, which it takes over.
func (j *join) build(recs []arrow.Record) (*buildSide, error) {
	b := &buildSide{index: map[string]int32{}}
	if len(recs) == 0 {
		return b, nil
	}
	b.rec = vec.ConcatRecords(j.env.Mem, recs)
	releaseRecords(recs)
	b.rows = int(b.rec.NumRows())
	b.held = 2*vec.Size(b.rec) + int64(b.rows)*16
	j.env.Budget.Grow(b.held)
	if len(j.rkeys) == 0 {
		return b, nil
	}
	keys, err := evalAll(j.env, j.rkeys, b.rec)
	if err != nil {
		return nil, err
	}
	defer release(keys)
	var buf vec.KeyBuffer
	vec.AppendKeyBytes(keys, b.rows, &buf)
	b.next = make([]int32, b.rows)
	for i := b.rows - 1; i >= 0; i-- { // backwards, so that chains are in the order of the rows
		b.next[i] = -1
		if j.nullKey(keys, i) {
			b.hasNull = true
			continue
		}
		k := buf.Key(i)
		if first, ok := b.index[string(k)]; ok {
			b.next[i] = first
		}
		b.index[string(k)] = int32(i)
	}
	return b, nil
}

// nullKey reports whether row i has a NULL in a key that = compares.
func (j *join) nullKey(keys []arrow.Array, i int) bool {
	for k, a := range keys {
		if vec.IsNull(a, i) && !j.nullSafe[k] {
			return true
		}
	}
	return false
}

// cut spills both sides in parts by key hash; each part is then a join of its own.
func (j *join) cut(ctx context.Context, right *spool) error {
	defer right.Close()
	if j.depth >= maxSpillDepth {
		return depthError("a join")
	}
	rights, err := j.scatter(ctx, right, j.rkeys)
	if err != nil {
		return err
	}
	lefts, err := j.scatter(ctx, j.left, j.lkeys)
	if err != nil {
		return err
	}
	for i := range rights {
		part := *j
		part.left, part.right, part.depth = lefts[i], rights[i], j.depth+1
		part.table, part.parts, part.started = nil, nil, false
		j.parts = append(j.parts, &part)
	}
	return nil
}

func (j *join) scatter(ctx context.Context, in Operator, keys []expr.Expr) ([]*spool, error) {
	out := make([]*spool, fanOut)
	for i := range out {
		out[i] = newSpool(j.env, in.Schema())
		if err := out[i].spill(); err != nil {
			return nil, err
		}
	}
	return out, drain(ctx, in, func(rec arrow.Record) error {
		parts, err := partitionBy(j.env, keys, rec, fanOut, 16+8*j.depth)
		if err != nil {
			return err
		}
		for i, p := range parts {
			if p == nil {
				continue
			}
			if err == nil {
				err = out[i].add(p)
			}
			p.Release()
		}
		return err
	})
}

func (j *join) Next(ctx context.Context) (arrow.Record, error) {
	if !j.started {
		j.started = true
		if err := j.start(ctx); err != nil {
			return nil, err
		}
		j.probe = probe{j: j}
	}
	for len(j.parts) > 0 {
		rec, err := j.parts[0].Next(ctx)
		if !errors.Is(err, io.EOF) {
			return rec, err
		}
		if err := j.parts[0].Close(); err != nil {
			return nil, err
		}
		j.parts = j.parts[1:]
		if len(j.parts) == 0 {
			return nil, io.EOF
		}
	}
	if j.table == nil {
		return nil, io.EOF
	}
	for !j.tail {
		rec, err := j.probe.next(ctx)
		if errors.Is(err, io.EOF) {
			j.tail = true
			break
		}
		if err != nil {
			return nil, err
		}
		if rec != nil {
			return rec, nil
		}
	}
	return j.unmatched()
}

// unmatched gives the rows of the right side that no row of the left has matched: RIGHT and FULL.
func (j *join) unmatched() (arrow.Record, error) {
	if j.kind != winnowpb.Join_RIGHT && j.kind != winnowpb.Join_FULL {
		return nil, io.EOF
	}
	var left, right []int32
	for ; j.tailAt < j.table.rows && len(right) < j.env.BatchRows; j.tailAt++ {
		if j.probe.matched == nil || !j.probe.matched[j.tailAt] {
			left, right = append(left, -1), append(right, int32(j.tailAt))
		}
	}
	if len(right) == 0 {
		return nil, io.EOF
	}
	return j.pairs(nil, left, right), nil
}

// pairs makes output rows of left rows and rows of the table; -1 stands for NULLs.
func (j *join) pairs(rec arrow.Record, left, right []int32) arrow.Record {
	var cols []arrow.Array
	defer func() { release(cols) }()
	for i, f := range j.left.Schema().Fields() {
		cols = append(cols, takeFrom(j.env, rec, i, f.Type, left))
	}
	for i, f := range j.right.Schema().Fields() {
		cols = append(cols, takeFrom(j.env, j.table.rec, i, f.Type, right))
	}
	return array.NewRecord(j.pairSchema(), cols, int64(len(left)))
}

// pairSchema is the schema of left and right columns side by side.
func (j *join) pairSchema() *arrow.Schema {
	if n := len(j.left.Schema().Fields()) + len(j.right.Schema().Fields()); n == len(j.schema.Fields()) {
		return j.schema
	}
	fields := append([]arrow.Field{}, j.left.Schema().Fields()...)
	return arrow.NewSchema(append(fields, j.right.Schema().Fields()...), nil)
}

func takeFrom(env *Env, rec arrow.Record, col int, t arrow.DataType, idx []int32) arrow.Array {
	if rec == nil {
		return datatype.Nulls(env.Mem, t, len(idx))
	}
	return vec.Take(env.Mem, rec.Column(col), idx)
}

func (j *join) Close() error {
	j.probe.release()
	if j.own && j.table != nil {
		if j.table.rec != nil {
			j.table.rec.Release()
		}
		j.env.Budget.Grow(-j.table.held)
		j.table = nil
	}
	errs := []error{j.left.Close(), j.right.Close()}
	for _, p := range j.parts {
		errs = append(errs, p.Close())
	}
	j.parts = nil
	return errors.Join(errs...)
}

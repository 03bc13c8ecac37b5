package op

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// join probes a hash table of the right input with the rows of the left one. A right side that
// outgrows the budget is cut with the left one by key hash and joined part by part.
type join struct {
	env         *Env
	node        uint32
	schema      *arrow.Schema
	pairSchema  *arrow.Schema // left columns, then right ones
	left, right Operator
	joinSpec
	broadcast bool
	depth     uint

	table   *buildSide
	own     bool // the table is this join's alone
	probe   probe
	lefts   []*run // of a spilled join: parts still to be joined
	rights  []*run
	part    *join
	tailAt  int // next row of the right for RIGHT and FULL
	started bool
	tail    bool
}

// joinSpec is which pairs match.
type joinSpec struct {
	kind     winnowpb.Join_Kind
	lkeys    []expr.Expr
	rkeys    []expr.Expr
	nullSafe []bool
	output   []int  // columns put out, among those of the left and the right, or the left and the mark
	reduce   []bool // per key: the left side need not have rows with keys that the right one lacks
	residual expr.Expr
	whole    *rightFacts // of a part of a spilled join: what holds of the whole right side
}

// rightFacts decide IN for rows without a match.
type rightFacts struct{ rows, nulls bool }

func newJoin(env *Env, n *winnowpb.Node, left, right Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetJoin()
	j := &join{env: env, node: n.Id, schema: schema, left: left, right: right, broadcast: pb.BroadcastRight}
	j.kind, j.nullSafe, j.reduce = pb.Kind, pb.NullSafe, pb.Reduce
	if j.lkeys, err = expr.AllFromProto(pb.LeftKeys); err != nil {
		return nil, err
	}
	if j.rkeys, err = expr.AllFromProto(pb.RightKeys); err != nil {
		return nil, err
	}
	if pb.Residual != nil {
		if j.residual, err = expr.FromProto(pb.Residual); err != nil {
			return nil, err
		}
	}
	if len(j.lkeys) != len(j.rkeys) || len(j.nullSafe) > len(j.lkeys) || len(j.reduce) > len(j.lkeys) {
		return nil, diag.Errorf(diag.Internal, "plan: a join has %d and %d keys", len(j.lkeys), len(j.rkeys))
	}
	for i := range j.lkeys {
		if l, r := j.lkeys[i].Type(), j.rkeys[i].Type(); !stored(l, r) {
			return nil, diag.Errorf(diag.Internal, "plan: join keys of types %s and %s", datatype.Name(l), datatype.Name(r))
		}
	}
	j.nullSafe = append(j.nullSafe[:len(j.nullSafe):len(j.nullSafe)], make([]bool, len(j.lkeys)-len(j.nullSafe))...)
	fields := append([]arrow.Field{}, left.Schema().Fields()...)
	j.pairSchema = arrow.NewSchema(append(fields, right.Schema().Fields()...), nil)
	return j, j.setOutput(pb.Output)
}

// setOutput sets which columns are put out: all if want names none.
func (j *join) setOutput(want []uint32) error {
	n := len(j.left.Schema().Fields())
	switch {
	case j.kind == winnowpb.Join_MARK:
		n++
	case j.wantsPairs():
		n = len(j.pairSchema.Fields())
	}
	for i := range n {
		if len(want) == 0 || slices.Contains(want, uint32(i)) {
			j.output = append(j.output, i)
		}
	}
	if len(j.output) != len(j.schema.Fields()) || len(want) > len(j.output) {
		return diag.Errorf(diag.Internal, "plan: a join puts out %d columns as %d", len(j.output), len(j.schema.Fields()))
	}
	return nil
}

// wantsPairs: the rows put out are pairs of the left and the right.
func (s *joinSpec) wantsPairs() bool { return s.kind <= winnowpb.Join_FULL }

func (j *join) Schema() *arrow.Schema { return j.schema }

// nullAware: rows without a match ask whether IN would be NULL.
func (s *joinSpec) nullAware() bool {
	return s.kind == winnowpb.Join_NULL_AWARE_ANTI || s.kind == winnowpb.Join_MARK
}

// simpleNulls: one key decides IN alone, so that a NULL among the keys is all there is to know.
func (s *joinSpec) simpleNulls() bool { return len(s.lkeys) == 1 && s.residual == nil }

// cuttable: the join of two parts with equal key hashes does not ask about other parts.
func (j *join) cuttable() bool {
	return len(j.lkeys) > 0 && j.depth < maxSpillDepth && (!j.nullAware() || j.simpleNulls())
}

func (j *join) start(ctx context.Context) error {
	j.probe = probe{j: j}
	done := false
	if j.broadcast {
		var err error
		if done, err = j.share(ctx); err != nil {
			return err
		}
	}
	if !done {
		if err := j.read(ctx); err != nil {
			return err
		}
	}
	if j.rights != nil {
		return j.cutLeft(ctx)
	}
	return j.reduceLeft()
}

// share takes the table that the tasks have together, and makes it if this task is the first to want it. If it does
// not fit, every task cuts the right side for itself: done is false, and what this task has cut is in rights.
func (j *join) share(ctx context.Context) (done bool, err error) {
	for {
		made, err := j.env.Shared.Do(buildKey{j.node}, func() (any, error) {
			err := j.read(ctx)
			j.own = false
			return j.table, err
		})
		if err == nil {
			j.table = made.(*buildSide)
			return j.table != nil, nil
		}
		if ctx.Err() != nil || !cancelled(err) {
			return false, err
		}
		// Another task was to make the table and was stopped: it is ours to make.
	}
}

func cancelled(err error) bool {
	return errors.Is(err, context.Canceled) || diag.KindOf(err) == diag.Cancelled
}

// read takes the right side into memory, or cuts it into rights if it does not fit.
func (j *join) read(ctx context.Context) error {
	if j.rights != nil {
		return nil
	}
	var recs []arrow.Record
	held := hold{budget: j.env.Budget}
	defer held.free()
	err := drain(ctx, j.right, func(rec arrow.Record) error {
		if j.rights != nil {
			return j.scatterRight(rec)
		}
		rec.Retain()
		recs = append(recs, rec)
		held.add(2 * vec.Size(rec))
		if !held.over() {
			return nil
		}
		if !j.cuttable() {
			return held.must("a join")
		}
		j.rights, j.whole = make([]*run, fanOut), wholeOf(j.whole)
		for len(recs) > 0 {
			if err := j.scatterRight(recs[0]); err != nil {
				return err
			}
			recs[0].Release()
			recs = recs[1:]
		}
		held.free()
		return nil
	})
	if err != nil {
		releaseRecords(recs)
		return err
	}
	if j.rights == nil {
		held.free()
		j.table, err = j.build(recs)
		j.own = true
	}
	return err
}

// cutLeft cuts the left side as the right one is.
func (j *join) cutLeft(ctx context.Context) error {
	j.lefts = make([]*run, fanOut)
	return drain(ctx, j.left, func(rec arrow.Record) error {
		return scatterTo(j.env, j.lkeys, rec, j.lefts, j.shift(), j.left.Schema())
	})
}

func wholeOf(w *rightFacts) *rightFacts {
	if w != nil {
		return w
	}
	return &rightFacts{}
}

func (j *join) shift() uint { return 16 + 8*j.depth }

func (j *join) scatterRight(rec arrow.Record) error {
	if j.nullAware() && j.depth == 0 {
		keys, err := evalAll(j.env, j.rkeys, rec)
		if err != nil {
			return err
		}
		j.whole.rows = true
		j.whole.nulls = j.whole.nulls || nullRows(keys, j.nullSafe, int(rec.NumRows())) != nil
		release(keys)
	}
	return scatterTo(j.env, j.rkeys, rec, j.rights, j.shift(), j.right.Schema())
}

// nullRows tells which rows have a NULL in a key that = compares; nil if none has.
func nullRows(keys []arrow.Array, nullSafe []bool, n int) []bool {
	var out []bool
	for k, a := range keys {
		if nullSafe[k] || (a.NullN() == 0 && a.DataType().ID() != arrow.NULL) {
			continue
		}
		if out == nil {
			out = make([]bool, n)
		}
		for i := range out {
			out[i] = out[i] || vec.IsNull(a, i)
		}
	}
	return out
}

// buildKey is the key of a broadcast table in Env.Shared.
type buildKey struct{ node uint32 }

func (j *join) Next(ctx context.Context) (arrow.Record, error) {
	if !j.started {
		j.started = true
		if err := j.start(ctx); err != nil {
			return nil, err
		}
	}
	if j.table == nil {
		return j.nextOfParts(ctx)
	}
	for !j.tail {
		if j.table.rows == 0 && j.matchesOnly() {
			return nil, io.EOF
		}
		rec, err := j.probe.next(ctx)
		if errors.Is(err, io.EOF) {
			j.tail = true
			break
		}
		if rec != nil || err != nil {
			return rec, err
		}
	}
	return j.unmatched()
}

// nextOfParts joins the parts of a spilled join one by one.
func (j *join) nextOfParts(ctx context.Context) (arrow.Record, error) {
	for {
		if j.part == nil {
			if len(j.rights) == 0 {
				return nil, io.EOF
			}
			left, right := j.lefts[0], j.rights[0]
			j.lefts, j.rights = j.lefts[1:], j.rights[1:]
			if left == nil && right == nil {
				continue
			}
			j.part = &join{
				env: j.env, node: j.node, schema: j.schema, pairSchema: j.pairSchema, joinSpec: j.joinSpec, depth: j.depth + 1,
				left: partOf(left, j.left.Schema()), right: partOf(right, j.right.Schema()),
			}
		}
		rec, err := j.part.Next(ctx)
		if !errors.Is(err, io.EOF) {
			return rec, err
		}
		if err := j.part.Close(); err != nil {
			return nil, err
		}
		j.part = nil
	}
}

func partOf(r *run, schema *arrow.Schema) Operator {
	if r == nil {
		return &union{schema: schema}
	}
	return &runReader{r}
}

// unmatched gives the rows of the right side that no row of the left has matched: RIGHT and FULL.
func (j *join) unmatched() (arrow.Record, error) {
	if j.kind != winnowpb.Join_RIGHT && j.kind != winnowpb.Join_FULL {
		return nil, io.EOF
	}
	var right []int32
	for ; j.tailAt < j.table.rows && len(right) < j.env.BatchRows; j.tailAt++ {
		if j.probe.matched == nil || !j.probe.matched[j.tailAt] {
			right = append(right, int32(j.tailAt))
		}
	}
	if len(right) == 0 {
		return nil, io.EOF
	}
	return newRecord(j.schema, j.pairs(nil, nil, right, j.output), len(right))
}

// pairs returns columns, in ascending order, of those of left rows and then those of rows of the table. A list that is nil
// stands for NULLs.
func (j *join) pairs(rec arrow.Record, left, right []int32, columns []int) []arrow.Array {
	n := max(len(left), len(right))
	cols := make([]arrow.Array, len(columns))
	lefts := len(j.left.Schema().Fields())
	for k, i := range columns {
		t := j.pairSchema.Field(i).Type
		if i < lefts {
			cols[k] = takeFrom(j.env, rec, i, t, left, n)
		} else {
			cols[k] = takeFrom(j.env, j.table.rec, i-lefts, t, right, n)
		}
	}
	return cols
}

func takeFrom(env *Env, rec arrow.Record, col int, t arrow.DataType, idx []int32, n int) arrow.Array {
	if rec == nil || idx == nil {
		return datatype.Nulls(env.Mem, t, n)
	}
	if len(idx) == int(rec.NumRows()) && inSequence(idx) {
		rec.Column(col).Retain()
		return rec.Column(col)
	}
	return vec.Take(env.Mem, rec.Column(col), idx)
}

func (j *join) Close() error {
	j.started, j.tail, j.tailAt = true, true, math.MaxInt
	j.probe.release()
	if j.own && j.table != nil {
		j.table.release()
	}
	j.table = nil
	errs := []error{j.left.Close(), j.right.Close()}
	if j.part != nil {
		errs = append(errs, j.part.Close())
	}
	for _, r := range append(j.lefts, j.rights...) {
		if r != nil {
			errs = append(errs, r.close())
		}
	}
	j.part, j.lefts, j.rights = nil, nil, nil
	return errors.Join(errs...)
}

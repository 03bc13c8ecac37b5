package op

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// groupingSets repeats each batch once per set.
type groupingSets struct {
	unary
	keys []uint32
	sets []*winnowpb.GroupingSets_Set
	rec  arrow.Record
	at   int
}

func newGroupingSets(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	g := n.GetGroupingSets()
	return &groupingSets{unary: unary{env, in, schema}, keys: g.Keys, sets: g.Sets}, nil
}

func (g *groupingSets) Next(ctx context.Context) (arrow.Record, error) {
	if g.rec == nil || g.at == len(g.sets) {
		if g.rec != nil {
			g.rec.Release()
			g.rec = nil
		}
		rec, err := g.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		g.rec, g.at = rec, 0
	}
	set := g.sets[g.at]
	g.at++
	n := int(g.rec.NumRows())
	cols := append([]arrow.Array{}, g.rec.Columns()...)
	for _, k := range g.keys {
		stays := false
		for _, s := range set.Keys {
			stays = stays || s == k
		}
		if !stays {
			cols[k] = datatype.Nulls(g.env.Mem, g.schema.Field(int(k)).Type, n)
			defer cols[k].Release()
		}
	}
	b := array.NewInt64Builder(g.env.Mem)
	defer b.Release()
	b.Reserve(n)
	for range n {
		b.UnsafeAppend(set.GroupingId)
	}
	id := b.NewArray()
	defer id.Release()
	return array.NewRecord(g.schema, append(cols, id), int64(n)), nil
}

func (g *groupingSets) Close() error {
	if g.rec != nil {
		g.rec.Release()
		g.rec = nil
	}
	return g.in.Close()
}

// setOp is INTERSECT and EXCEPT: the right side is counted by row, then the left one is passed or not.
type setOp struct {
	env         *Env
	schema      *arrow.Schema
	left, right Operator
	except, all bool
	counts      map[string]int64
}

func newSetOp(env *Env, n *winnowpb.Node, left, right Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	pb := n.GetSetOp()
	return &setOp{env: env, schema: schema, left: left, right: right, except: pb.Except, all: pb.All}, err
}

func (s *setOp) Schema() *arrow.Schema { return s.schema }

func (s *setOp) Next(ctx context.Context) (arrow.Record, error) {
	var buf vec.KeyBuffer
	if s.counts == nil {
		s.counts = map[string]int64{}
		err := drain(ctx, s.right, func(rec arrow.Record) error {
			vec.AppendKeyBytes(rec.Columns(), int(rec.NumRows()), &buf)
			for i := range int(rec.NumRows()) {
				s.counts[string(buf.Key(i))]++
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for {
		rec, err := s.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		vec.AppendKeyBytes(rec.Columns(), int(rec.NumRows()), &buf)
		var keep []int32
		for i := range int(rec.NumRows()) {
			if s.passes(buf.Key(i)) {
				keep = append(keep, int32(i))
			}
		}
		if len(keep) == 0 {
			rec.Release()
			continue
		}
		taken := vec.TakeRecord(s.env.Mem, rec, keep)
		rec.Release()
		defer taken.Release()
		return array.NewRecord(s.schema, taken.Columns(), taken.NumRows()), nil
	}
}

// seen marks rows of the left that DISTINCT has passed or refused already.
const seen = math.MinInt64

func (s *setOp) passes(key []byte) bool {
	n := s.counts[string(key)]
	if s.all {
		s.counts[string(key)] = n - 1
		return (n > 0) != s.except
	}
	if n == seen {
		return false
	}
	s.counts[string(key)] = seen
	return (n > 0) != s.except
}

func (s *setOp) Close() error { return errors.Join(s.left.Close(), s.right.Close()) }

// generate is LATERAL VIEW.
type generate struct {
	unary
	fn    funcs.TableBound
	args  []expr.Expr
	outer bool
	width int // input columns
}

func newGenerate(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetGenerate()
	f := funcs.FindTable(pb.Function)
	if f == nil {
		return nil, diag.Errorf(diag.Internal, "plan: no table function %q", pb.Function)
	}
	args, err := expr.AllFromProto(pb.Args)
	if err != nil {
		return nil, err
	}
	g := &generate{unary: unary{env, in, schema}, outer: pb.Outer, width: len(in.Schema().Fields())}
	if g.fn, err = f.Bind(expr.Args(args)); err != nil {
		return nil, err
	}
	g.args, err = expr.CastArgs(args, g.fn.Casts, diag.Span{})
	return g, err
}

func (g *generate) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := g.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := g.expand(rec)
		rec.Release()
		if err != nil {
			return nil, err
		}
		if out.NumRows() > 0 {
			return out, nil
		}
		out.Release()
	}
}

func (g *generate) expand(rec arrow.Record) (arrow.Record, error) {
	n := int(rec.NumRows())
	args := make([]funcs.Vec, len(g.args))
	for i, e := range g.args {
		v, err := expr.Eval(g.env.Funcs, e, rec)
		if err != nil {
			return nil, err
		}
		defer v.Array.Release()
		args[i] = v
	}
	rows, made, err := g.fn.Eval(g.env.Funcs, args, n)
	if err != nil {
		return nil, err
	}
	defer release(made)
	if g.outer {
		var idx []int32
		rows, idx = withEmpty(rows, n)
		for i, a := range made {
			made[i] = vec.Take(g.env.Mem, a, idx)
			a.Release()
		}
	}
	taken := vec.TakeRecord(g.env.Mem, rec, rows)
	defer taken.Release()
	cols := append(append([]arrow.Array{}, taken.Columns()...), made...)
	return array.NewRecord(g.schema, cols, int64(len(rows))), nil
}

// withEmpty adds a row of NULLs for each input row that made none: idx names made rows, -1 for NULLs.
func withEmpty(rows []int32, n int) (out, idx []int32) {
	next := 0
	for i := range int32(n) {
		before := next
		for next < len(rows) && rows[next] == i {
			out, idx = append(out, i), append(idx, int32(next))
			next++
		}
		if next == before {
			out, idx = append(out, i), append(idx, -1)
		}
	}
	return out, idx
}

// sample is TABLESAMPLE on rows.
type sample struct {
	unary
	pb   *winnowpb.Sample
	keys []expr.Expr
	left int64
	rand *rand.Rand
}

func newSample(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	pb := n.GetSample()
	keys, err := expr.AllFromProto(pb.Keys)
	seed := uint64(env.Task.Index)
	return &sample{unary{env, in, in.Schema()}, pb, keys, pb.RowsPerTask, rand.New(rand.NewPCG(seed, 0x5eed))}, err
}

func (s *sample) Next(ctx context.Context) (arrow.Record, error) {
	for {
		if s.pb.RowsPerTask > 0 && s.left == 0 {
			return nil, io.EOF
		}
		rec, err := s.in.Next(ctx)
		if err != nil {
			return nil, err
		}
		keep, err := s.choose(rec)
		if err != nil {
			rec.Release()
			return nil, err
		}
		out := vec.TakeRecord(s.env.Mem, rec, keep)
		rec.Release()
		if out.NumRows() > 0 {
			return out, nil
		}
		out.Release()
	}
}

func (s *sample) choose(rec arrow.Record) ([]int32, error) {
	var keep []int32
	n := int32(rec.NumRows())
	var bucket []arrow.Array
	if s.pb.Buckets > 0 && len(s.keys) > 0 {
		cols, err := evalAll(s.env, s.keys, rec)
		if err != nil {
			return nil, err
		}
		defer release(cols)
		call, err := hashCall(s.keys)
		if err != nil {
			return nil, err
		}
		h, err := expr.EvalArray(s.env.Funcs, call, rec)
		if err != nil {
			return nil, err
		}
		defer h.Release()
		bucket = []arrow.Array{h}
	}
	for i := range n {
		switch {
		case s.pb.RowsPerTask > 0:
			if s.left == 0 {
				return keep, nil
			}
			s.left--
		case s.pb.Buckets > 0:
			b := uint32(s.rand.IntN(int(s.pb.Buckets)))
			if bucket != nil {
				b = uint32(bucket[0].(*array.Int32).Value(int(i))&math.MaxInt32) % s.pb.Buckets
			}
			if b != s.pb.Bucket-1 {
				continue
			}
		case s.rand.Float64()*100 >= s.pb.Percent:
			continue
		}
		keep = append(keep, i)
	}
	return keep, nil
}

// hashCall is hash(keys…), by which Hive makes buckets.
func hashCall(keys []expr.Expr) (expr.Expr, error) { return expr.NewCall("hash", keys, diag.Span{}) }

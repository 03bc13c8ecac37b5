package op

import (
	"context"
	"io"
	"math"
	"math/rand/v2"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

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
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
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
		if len(keep) == int(rec.NumRows()) {
			return rec, nil
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

package op

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// exchange reads the output of an earlier stage; it opens it at the first Next.
type exchange struct {
	env    *Env
	schema *arrow.Schema
	stage  uint32
	hashed bool
	order  ordering
	from   Operator
}

func newExchange(env *Env, n *winnowpb.Node) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	x := n.GetExchange()
	order, err := newOrdering(x.MergeBy)
	if err != nil {
		return nil, err
	}
	return &exchange{env: env, schema: schema, stage: x.Stage, hashed: x.Hashed, order: order}, nil
}

func (x *exchange) Schema() *arrow.Schema { return x.schema }

func (x *exchange) Next(ctx context.Context) (arrow.Record, error) {
	if x.from == nil {
		if err := x.open(ctx); err != nil {
			return nil, err
		}
	}
	return x.from.Next(ctx)
}

func (x *exchange) open(ctx context.Context) error {
	merged := len(x.order.exprs) > 0
	partition := uint32(0)
	if x.hashed {
		partition = x.env.Task.Index
	}
	in, err := x.env.Inputs.Open(ctx, x.stage, partition, x.schema, merged)
	if err != nil {
		return err
	}
	if merged {
		x.from = newMerge(x.env, x.schema, x.order, in)
	} else {
		x.from = &union{schema: x.schema, in: in}
	}
	return nil
}

func (x *exchange) Close() error {
	if x.from == nil {
		return nil
	}
	return x.from.Close()
}

// Partition cuts rec by the hash of out's keys into one batch per partition; nil where there are no
// rows. The caller releases them.
func Partition(_ context.Context, env *Env, out *winnowpb.Output, rec arrow.Record) ([]arrow.Record, error) {
	keys, err := expr.AllFromProto(out.Keys)
	if err != nil {
		return nil, err
	}
	return partitionBy(env, keys, rec, uint64(out.Partitions), 0)
}

// partitionBy cuts rec into parts by key hash; shift tells which bits, so that parts can be cut again. Parts of rows
// that are in the order of their parts already share the memory of rec.
func partitionBy(env *Env, keys []expr.Expr, rec arrow.Record, parts uint64, shift uint) ([]arrow.Record, error) {
	cols, err := evalAll(env, keys, rec)
	if err != nil {
		return nil, err
	}
	defer release(cols)
	var h keyHash
	of, ends, ordered := h.of(cols, int(rec.NumRows())), make([]int32, parts+1), true
	for i, v := range of {
		of[i] = (v >> shift) % parts
		ends[of[i]+1]++
		ordered = ordered && (i == 0 || of[i-1] <= of[i])
	}
	for p := range parts {
		ends[p+1] += ends[p]
	}
	var rows []int32
	if !ordered {
		rows = make([]int32, len(of))
		next := append([]int32{}, ends...)
		for i, p := range of {
			rows[next[p]] = int32(i)
			next[p]++
		}
	}
	out := make([]arrow.Record, parts)
	for p := range out {
		switch from, to := ends[p], ends[p+1]; {
		case from == to:
		case ordered:
			out[p] = rec.NewSlice(int64(from), int64(to))
		default:
			out[p] = vec.TakeRecord(env.Mem, rec, rows[from:to])
		}
	}
	return out, nil
}

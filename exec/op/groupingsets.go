package op

import (
	"context"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
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
	for _, k := range g.Keys {
		if int(k) >= len(in.Schema().Fields()) {
			return nil, diag.Errorf(diag.Internal, "plan: no column %d to group by", k)
		}
	}
	return &groupingSets{unary: unary{env, in, schema}, keys: g.Keys, sets: g.Sets}, nil
}

func (g *groupingSets) Next(ctx context.Context) (arrow.Record, error) {
	if len(g.sets) == 0 {
		return nil, io.EOF
	}
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
	cols := retained(g.rec.Columns())
	for _, k := range g.keys {
		if !slices.Contains(set.Keys, k) {
			cols[k].Release()
			cols[k] = datatype.Nulls(g.env.Mem, g.schema.Field(int(k)).Type, n)
		}
	}
	b := array.NewInt64Builder(g.env.Mem)
	defer b.Release()
	b.Reserve(n)
	for range n {
		b.UnsafeAppend(set.GroupingId)
	}
	return newRecord(g.schema, append(cols, b.NewArray()), n)
}

func (g *groupingSets) Close() error {
	if g.rec != nil {
		g.rec.Release()
		g.rec = nil
	}
	return g.in.Close()
}

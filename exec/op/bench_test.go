package op

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// replay gives the same batches to every operator that reads a stage.
type replay struct {
	schema *arrow.Schema
	recs   []arrow.Record
	at     int
}

func (p *replay) Schema() *arrow.Schema { return p.schema }
func (p *replay) Close() error          { return nil }

func (p *replay) Next(context.Context) (arrow.Record, error) {
	if p.at == len(p.recs) {
		return nil, EOF
	}
	p.at++
	p.recs[p.at-1].Retain()
	return p.recs[p.at-1], nil
}

type replays [][]arrow.Record

func (s replays) Open(_ context.Context, stage, _ uint32, schema *arrow.Schema, _ bool) ([]Operator, error) {
	return []Operator{&replay{schema: schema, recs: s[stage]}}, nil
}

const benchSchema = "k bigint, s string, v bigint"

// benchRows makes n rows with keys below groups.
func benchRows(n, groups int) []arrow.Record {
	r := rand.New(rand.NewPCG(1, 2))
	schema, _ := schemaOf(fields(benchSchema))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	var out []arrow.Record
	for i := range n {
		k := r.IntN(groups)
		b.Field(0).(*array.Int64Builder).Append(int64(k))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("/path/of/some/page/%d", k))
		b.Field(2).(*array.Int64Builder).Append(int64(i))
		if i%16384 == 16383 || i == n-1 {
			out = append(out, b.NewRecord())
		}
	}
	return out
}

func BenchmarkOperators(b *testing.B) {
	const rows = 1 << 20
	k, s, v := col(0, "bigint"), col(1, "string"), col(2, "bigint")
	r := &rig{t: b, batch: 16384, tables: []table{{cols: benchSchema}, {cols: benchSchema}}}
	group := func(schema string, keys ...expr.Expr) *winnowpb.Node {
		return aggNode(schema, winnowpb.Aggregate_COMPLETE, keys, r.read(0), agg("count"), agg("sum", v))
	}
	join := func(j *winnowpb.Join) *winnowpb.Node {
		n := joinNode(r, winnowpb.Join_INNER, j)
		return n
	}
	running := frameOf(winnowpb.Frame_ROWS, "-", "0")
	for _, c := range []struct {
		name   string
		groups int
		node   *winnowpb.Node
	}{
		{"group int 1000", 1000, group("k bigint, c bigint, t bigint", k)},
		{"group int 500000", 500000, group("k bigint, c bigint, t bigint", k)},
		{"group text 1000", 1000, group("s string, c bigint, t bigint", s)},
		{"group text 500000", 500000, group("s string, c bigint, t bigint", s)},
		{"distinct", 100000, aggNode("c bigint", winnowpb.Aggregate_COMPLETE, nil, r.read(0), distinct(agg("count", k)))},
		{"join int", 500000, join(&winnowpb.Join{LeftKeys: pbs(k), RightKeys: pbs(k)})},
		{"join text", 500000, join(&winnowpb.Join{LeftKeys: pbs(s), RightKeys: pbs(s)})},
		{"sort int", 500000, sortNode(r, 0, sortKeys(k)...)},
		{"sort text", 500000, sortNode(r, 0, sortKeys(s)...)},
		{"top 100", 500000, sortNode(r, 100, sortKeys(s)...)},
		{"first 3 of each", 1000, firstRowsNode(r, 3, []expr.Expr{k}, sortKeys(v))},
		{"window running", 1000, windowNode(r, "t bigint", []expr.Expr{k}, sortKeys(v), wcall("sum", "bigint", running, v))},
		{"window rank", 200000, windowNode(r, "t int", []expr.Expr{k}, sortKeys(v), wcall("rank", "int", nil))},
	} {
		b.Run(c.name, func(b *testing.B) {
			left, right := benchRows(rows, c.groups), benchRows(rows/8, c.groups)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				env := r.open()
				env.Mem, env.Funcs.Mem = memory.DefaultAllocator, memory.DefaultAllocator
				env.Inputs = replays{left, right}
				o, err := Build(env, c.node)
				if err != nil {
					b.Fatal(err)
				}
				for {
					rec, err := o.Next(b.Context())
					if err == EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					rec.Release()
				}
				o.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

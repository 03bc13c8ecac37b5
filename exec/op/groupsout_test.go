package op

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestPartitionOf: the partition that partial groups are said to be of is that of each of their rows.
func TestPartitionOf(t *testing.T) {
	r := newRig(t, randomTable(5, 2000, 60))
	k, s := col(0, "int"), col(1, "string")
	for _, c := range []struct {
		schema string
		keys   []expr.Expr
	}{{"k int, n bigint", []expr.Expr{k}}, {"s string, n bigint", []expr.Expr{s}}, {"k int, s string, n bigint", []expr.Expr{k, s}}} {
		for _, batch := range []int{7, 1000} {
			r.batch = batch
			env := r.open()
			out := &winnowpb.Output{Kind: winnowpb.Output_HASH, Partitions: 3}
			for i, key := range c.keys {
				out.Keys = append(out.Keys, pb(&expr.Column{Index: i, T: key.Type()}))
			}
			env.Task.Stage = &winnowpb.Stage{Output: out}
			o, err := Build(env, aggNode(c.schema, winnowpb.Aggregate_PARTIAL, c.keys, r.read(0), agg("count")))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[int]bool{}
			for {
				rec, err := o.Next(context.Background())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				want := PartitionOf(o)
				seen[want] = true
				parts, err := Partition(context.Background(), env, out, rec)
				if err != nil {
					t.Fatal(err)
				}
				for p, part := range parts {
					if part == nil {
						continue
					}
					if p != want {
						t.Errorf("%s: %d rows of partition %d are said to be of %d", c.schema, part.NumRows(), p, want)
					}
					part.Release()
				}
				rec.Release()
			}
			if len(seen) != 3 || seen[-1] {
				t.Errorf("%s: partitions %v", c.schema, seen)
			}
			o.Close()
			r.mem.AssertSize(t, 0)
		}
	}
}

// TestTopGroups: groups that a sort above has no use for may be left out, and no others.
func TestTopGroups(t *testing.T) {
	r := newRig(t, randomTable(9, 1200, 400))
	n := col(1, "bigint")
	groups := aggNode("s string, n bigint, hi bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{col(1, "string")}, r.read(0), agg("count"), agg("max", col(2, "bigint")))
	having := over("s string, n bigint, hi bigint", &winnowpb.Node{Op: &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: pb(call("<", n, expr.Int(9)))}}}, groups)
	moved := over("hi bigint, n bigint, s string", &winnowpb.Node{Op: &winnowpb.Node_Project{Project: &winnowpb.Project{
		Exprs: pbs(col(2, "bigint"), n, col(0, "string"))}}}, having)
	for _, keys := range [][]*winnowpb.SortKey{
		{{Expr: pb(n), Descending: true}, {Expr: pb(col(2, "string"))}},
		{{Expr: pb(n)}, {Expr: pb(col(2, "string")), Descending: true}},
		{{Expr: pb(col(0, "bigint")), NullsFirst: true}, {Expr: pb(n)}, {Expr: pb(col(2, "string"))}},
		{{Expr: pb(col(2, "string"))}},
	} {
		r.batch, r.budget = 1000, 0
		all, err := r.rows(over("hi bigint, n bigint, s string", &winnowpb.Node{Op: &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: keys}}}, moved))
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range []int{10, 100} {
			for _, budget := range []int64{0, 20_000} {
				for _, limit := range []int64{1, 50, 2000} {
					r.batch, r.budget = batch, budget
					got, err := r.rows(over("hi bigint, n bigint, s string", &winnowpb.Node{Op: &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: keys, Limit: limit}}}, moved))
					if err != nil {
						t.Fatal(err)
					}
					if want := all[:min(int(limit), len(all))]; !slices.Equal(got, want) {
						t.Errorf("batch %d, budget %d, limit %d: got %q, want %q", batch, budget, limit, got, want)
					}
				}
			}
		}
	}
}

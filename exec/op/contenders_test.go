package op

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestContenders asks for the first groups by a count of partial counts: ties at the end of the first, counts that differ little, more
// groups asked for than there are, conditions on groups, and no memory to hold the input back.
func TestContenders(t *testing.T) {
	type group struct {
		key  string
		k    int
		n, m int64
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name   string
		count  func(k int) int64
		keys   int
		limit  int64
		budget int64
		below  int64 // HAVING n < below; 0: none
	}{
		{name: "a few large ones", count: func(k int) int64 { return 1 + int64(100_000/(k+1)) }, keys: 9000, limit: 10},
		{name: "ties", count: func(k int) int64 { return int64(1 + k%3) }, keys: 9000, limit: 20},
		{name: "all alike", count: func(int) int64 { return 1 }, keys: 9000, limit: 5},
		{name: "zeros", count: func(int) int64 { return 0 }, keys: 9000, limit: 5},
		{name: "the first", count: func(int) int64 { return int64(r.IntN(1000)) }, keys: 5000, limit: 1},
		{name: "many", count: func(k int) int64 { return int64(k) }, keys: 2500, limit: 1000},
		{name: "fewer groups than are asked for", count: func(k int) int64 { return int64(k) }, keys: 20, limit: 50},
		{name: "a condition", count: func(k int) int64 { return 1 + int64(100_000/(k+1)) }, keys: 9000, limit: 10, below: 50},
		{name: "little memory", count: func(k int) int64 { return 1 + int64(100_000/(k+1)) }, keys: 9000, limit: 10, budget: 64 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := table{cols: "s string, k int, n bigint, m bigint"}
			groups := map[string]*group{}
			for range 20_000 {
				k := r.IntN(c.keys)
				key := fmt.Sprintf("/page/%d", k)
				if k == 0 {
					key = "NULL"
				}
				g := groups[key]
				if g == nil {
					g = &group{key: key, k: k % 7}
					groups[key] = g
				}
				n := c.count(k)
				g.n, g.m = g.n+n, g.m+1
				tb.rows = append(tb.rows, fmt.Sprintf("%s|%d|%d|1", key, g.k, n))
			}
			var want []string
			sorted := []*group{}
			for _, g := range groups {
				if c.below == 0 || g.n < c.below {
					sorted = append(sorted, g)
				}
			}
			slices.SortFunc(sorted, func(a, b *group) int {
				return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(strings.TrimPrefix(a.key, "NULL"), strings.TrimPrefix(b.key, "NULL")))
			})
			for _, g := range sorted[:min(len(sorted), int(c.limit))] {
				want = append(want, fmt.Sprintf("%s|%d|%d|%d", g.key, g.k, g.n, g.m))
			}
			rg := newRig(t, tb)
			rg.budget = c.budget
			s, k, n, m := col(0, "string"), col(1, "int"), col(2, "bigint"), col(3, "bigint")
			node := aggNode(tb.cols, winnowpb.Aggregate_FINAL, []expr.Expr{s, k}, rg.read(0), agg("count", n), agg("count", m))
			if c.below > 0 {
				node = over(tb.cols, &winnowpb.Node{Op: &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: pb(call("<", n, expr.Int(int32(c.below))))}}}, node)
			}
			keys := []*winnowpb.SortKey{{Expr: pb(n), Descending: true}, {Expr: pb(s), NullsFirst: true}}
			got, err := rg.rows(over(tb.cols, &winnowpb.Node{Op: &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: keys, Limit: c.limit}}}, node))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

package op

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// agg is a call of an aggregate.
func agg(name string, args ...expr.Expr) *winnowpb.AggCall {
	return &winnowpb.AggCall{Name: name, Args: pbs(args...)}
}

func distinct(c *winnowpb.AggCall) *winnowpb.AggCall { c.Distinct = true; return c }

func where(c *winnowpb.AggCall, cond expr.Expr) *winnowpb.AggCall { c.Filter = pb(cond); return c }

func aggNode(schema string, phase winnowpb.Aggregate_Phase, keys []expr.Expr, in *winnowpb.Node, calls ...*winnowpb.AggCall) *winnowpb.Node {
	return over(schema, &winnowpb.Node{Op: &winnowpb.Node_Aggregate{Aggregate: &winnowpb.Aggregate{Phase: phase, Keys: pbs(keys...), Calls: calls}}}, in)
}

var sales = table{"shop string, day int, item string, n int", []string{
	"a|1|nut|3", "b|1|nut|4", "a|2|oil|NULL", "NULL|1|nut|1", "b|2|nut|4", "a|1|oil|3", "NULL|2|NULL|2", "a|NULL|nut|9",
}}

func TestAggregate(t *testing.T) {
	r := newRig(t, sales)
	shop, day, item, n := col(0, "string"), col(1, "int"), col(2, "string"), col(3, "int")
	complete := winnowpb.Aggregate_COMPLETE
	r.want(aggNode("s string, c bigint, cn bigint, t bigint, lo int, a double", complete, []expr.Expr{shop}, r.read(0),
		agg("count"), agg("count", n), agg("sum", n), agg("min", n), agg("avg", n)), false,
		"a|4|3|15|3|5.0", "b|2|2|8|4|4.0", "NULL|2|2|3|1|1.5")
	r.want(aggNode("d int, c bigint", complete, []expr.Expr{day}, r.read(0), agg("count")), false, "1|4", "2|3", "NULL|1")
	r.want(aggNode("s string, d int, c bigint", complete, []expr.Expr{shop, day}, r.read(0), agg("count")), false,
		"a|1|2", "b|1|1", "a|2|1", "NULL|1|1", "b|2|1", "NULL|2|1", "a|NULL|1")
	r.want(aggNode("s string", complete, []expr.Expr{shop}, r.read(0)), false, "a", "b", "NULL")
	r.want(aggNode("c bigint, t bigint", complete, nil, r.read(0), agg("count"), where(agg("sum", n), call("=", item, expr.String("nut")))), true, "8|21")
	r.want(aggNode("s string, x bigint, y bigint, z bigint", complete, []expr.Expr{shop}, r.read(0),
		distinct(agg("count", item)), distinct(agg("sum", n)), distinct(agg("count", item, n))), false,
		"a|2|12|3", "b|1|4|1", "NULL|1|3|1")
	r.want(aggNode("x bigint, m int, c bigint", complete, nil, r.read(0), distinct(agg("count", shop)), distinct(agg("max", n)), agg("count")), true, "2|9|8")
	r.want(aggNode("x bigint", complete, nil, r.read(0), where(distinct(agg("count", n)), call(">", n, expr.Int(2)))), true, "3")
}

// TestAggregateSameKeys groups batches of which all rows, or the first ones, have the same keys.
func TestAggregateSameKeys(t *testing.T) {
	for _, keys := range [][]string{{"a|1", "a|1", "a|1"}, {"a|1", "a|1", "a|2"}, {"a|1", "b|1", "b|1"}, {"NULL|1", "NULL|1", "NULL|1"}, {"|0", "|0", "|0"}} {
		in := table{"s string, d int, n int", nil}
		counts := map[string]int{}
		var want []string
		for i, k := range keys {
			in.rows = append(in.rows, fmt.Sprintf("%s|%d", k, i))
			counts[k]++
		}
		for _, k := range slices.Compact(slices.Clone(keys)) {
			want = append(want, fmt.Sprintf("%s|%d", k, counts[k]))
		}
		r := newRig(t, in)
		r.want(aggNode("s string, d int, c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{col(0, "string"), col(1, "int")}, r.read(0), agg("count")), false, want...)
	}
}

// TestAggregateShares: calls whose states hold the same share one, unless their rows differ.
func TestAggregateShares(t *testing.T) {
	r := newRig(t, table{"k int, v decimal(5,2), w decimal(5,2), x double", []string{"1|2.50|1.00|7", "2|0.25|9.00|8", "1|0.50|3.00|9"}})
	k, v, w, x := col(0, "int"), col(1, "decimal(5,2)"), col(2, "decimal(5,2)"), col(3, "double")
	half, all := expr.Double(0.5), expr.Double(1)
	for _, c := range []struct {
		calls  []*winnowpb.AggCall
		states int
		schema string
		want   []string
	}{
		{[]*winnowpb.AggCall{agg("sum", v), agg("avg", v), agg("sum", w)}, 2, "decimal(15,2), decimal(9,6), decimal(15,2)", []string{"1|3.00|1.500000|4.00", "2|0.25|0.250000|9.00"}},
		{[]*winnowpb.AggCall{agg("sum", v), where(agg("avg", v), call(">", v, expr.Int(1)))}, 2, "decimal(15,2), decimal(9,6)", []string{"1|3.00|2.500000", "2|0.25|NULL"}},
		{[]*winnowpb.AggCall{agg("percentile_approx", x, half), agg("percentile_approx", x, all)}, 1, "double, double", []string{"1|7.0|9.0", "2|8.0|8.0"}},
	} {
		schema := "k int"
		for i, typ := range strings.Split(c.schema, ", ") {
			schema += fmt.Sprintf(", c%d %s", i, typ)
		}
		node := aggNode(schema, winnowpb.Aggregate_COMPLETE, []expr.Expr{k}, r.read(0), c.calls...)
		r.want(node, false, c.want...)
		o, err := Build(r.open(), node)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		different := map[funcs.State]bool{}
		for _, s := range o.(*counted).Operator.(*aggregate).table.states {
			different[s] = true
		}
		if len(different) != c.states {
			t.Errorf("%s: %d states, want %d", schema, len(different), c.states)
		}
	}
}

func TestAggregateOfNothing(t *testing.T) {
	r := newRig(t, table{"a int, b int", nil}, table{"c bigint, s decimal(38,0)", nil})
	a := col(0, "int")
	r.want(aggNode("c bigint, s bigint", winnowpb.Aggregate_COMPLETE, nil, r.read(0), agg("count"), agg("sum", a)), true, "0|NULL")
	r.want(aggNode("c bigint, s bigint", winnowpb.Aggregate_COMPLETE, nil, r.read(0), distinct(agg("count", a)), distinct(agg("sum", a))), true, "0|NULL")
	r.want(aggNode("k int, s bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{a}, r.read(0), agg("sum", a)), true)
	final := aggNode("c bigint, s bigint", winnowpb.Aggregate_FINAL, nil, r.read(1),
		&winnowpb.AggCall{Name: "count", Args: pbs(col(0, "bigint"))}, &winnowpb.AggCall{Name: "sum", Args: pbs(col(1, "decimal(38,0)")), ArgTypes: []string{"int"}})
	r.want(final, true, "0|NULL")
}

// TestAggregateLaw compares all ways to compute one aggregation: at once, by partial states merged in one or two
// steps, with and without spilling, with a straightforward computation.
func TestAggregateLaw(t *testing.T) {
	tb := randomTable(11, 800, 100)
	type group struct {
		n, sum int64
		vals   map[string]bool
	}
	groups := map[string]*group{}
	for _, row := range tb.rows {
		f := strings.Split(row, "|")
		k := f[0] + "|" + f[1]
		g := groups[k]
		if g == nil {
			g = &group{vals: map[string]bool{}}
			groups[k] = g
		}
		g.n++
		if f[2] != "NULL" {
			var v int64
			fmt.Sscan(f[2], &v)
			g.sum += v
			g.vals[f[2]] = true
		}
	}
	var want, wantDistinct []string
	for k, g := range groups {
		sum := fmt.Sprint(g.sum)
		if len(g.vals) == 0 {
			sum = "NULL"
		}
		want = append(want, fmt.Sprintf("%s|%d|%s", k, g.n, sum))
		wantDistinct = append(wantDistinct, fmt.Sprintf("%s|%d|%d", k, len(g.vals), g.n))
	}
	slices.Sort(want)
	slices.Sort(wantDistinct)
	k, s, v := col(0, "int"), col(1, "string"), col(2, "bigint")
	keys := []expr.Expr{k, s}
	partial := partialName(t, "sum", "bigint")
	states := "k int, s string, n bigint, t " + partial
	merging := []*winnowpb.AggCall{
		{Name: "count", Args: pbs(col(2, "bigint"))},
		{Name: "sum", Args: pbs(col(3, partial)), ArgTypes: []string{"bigint"}, ConstArgs: []*winnowpb.Expr{{}}},
	}
	for _, budget := range []int64{0, 8_000, 20_000} {
		for _, batch := range []int{30, 400} {
			r := newRig(t, tb)
			r.batch, r.budget, r.parts = batch, budget, 3
			first := aggNode(states, winnowpb.Aggregate_PARTIAL, keys, r.read(0), agg("count"), agg("sum", v))
			second := aggNode(states, winnowpb.Aggregate_MERGE, keys, first, merging...)
			for name, n := range map[string]*winnowpb.Node{
				"complete": aggNode("k int, s string, n bigint, t bigint", winnowpb.Aggregate_COMPLETE, keys, r.read(0), agg("count"), agg("sum", v)),
				"final":    aggNode("k int, s string, n bigint, t bigint", winnowpb.Aggregate_FINAL, keys, first, merging...),
				"merged":   aggNode("k int, s string, n bigint, t bigint", winnowpb.Aggregate_FINAL, keys, second, merging...),
				"distinct": aggNode("k int, s string, n bigint, t bigint", winnowpb.Aggregate_COMPLETE, keys, r.read(0), distinct(agg("count", v)), agg("count")),
			} {
				got, err := r.rows(n)
				if err != nil {
					t.Fatalf("%s, batch %d, budget %d: %v", name, batch, budget, err)
				}
				slices.Sort(got)
				expect := want
				if name == "distinct" {
					expect = wantDistinct
				}
				if !slices.Equal(got, expect) {
					t.Errorf("%s, batch %d, budget %d: %d rows differ from %d", name, batch, budget, len(got), len(expect))
				}
				spilled := r.env.Counters.Snapshot().SpilledBytes > 0
				if name == "complete" && spilled != (budget > 0) {
					t.Errorf("batch %d, budget %d: spilled is %v", batch, budget, spilled)
				}
			}
		}
	}
}

func TestDistinctWithoutKeysSpills(t *testing.T) {
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprint(i*31%1700))
	}
	r := newRig(t, table{"a int", rows})
	r.batch, r.budget = 100, 20_000
	got, err := r.rows(aggNode("x bigint, s bigint", winnowpb.Aggregate_COMPLETE, nil, r.read(0), distinct(agg("count", col(0, "int"))), agg("count")))
	if err != nil || !slices.Equal(got, []string{"1700|3000"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if r.env.Counters.Snapshot().SpilledBytes == 0 {
		t.Error("nothing was spilled")
	}
}

// partialName is the type of an aggregate's partial state.
func partialName(t *testing.T, name string, args ...string) string {
	t.Helper()
	in := make([]funcs.Arg, len(args))
	for i, a := range args {
		in[i].Type = typ(a)
	}
	b, err := funcs.FindAggregate(name).Bind(in)
	if err != nil {
		t.Fatal(err)
	}
	return datatype.Name(b.Partial)
}

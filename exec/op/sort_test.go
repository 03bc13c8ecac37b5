package op

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

func sortNode(r *rig, limit int64, keys ...*winnowpb.SortKey) *winnowpb.Node {
	return over(r.tables[0].cols, &winnowpb.Node{Op: &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: keys, Limit: limit}}}, r.read(0))
}

func TestSort(t *testing.T) {
	r := newRig(t, people)
	name, age := pb(col(0, "string")), pb(col(1, "int"))
	r.want(sortNode(r, 0, &winnowpb.SortKey{Expr: age}, &winnowpb.SortKey{Expr: name, Descending: true}), true,
		"eve|20", "cid|20", "ann|30", "dan|40", "NULL|50", "bob|NULL")
	r.want(sortNode(r, 0, &winnowpb.SortKey{Expr: age, Descending: true, NullsFirst: true}), true,
		"bob|NULL", "NULL|50", "dan|40", "ann|30", "cid|20", "eve|20")
	r.want(sortNode(r, 2, &winnowpb.SortKey{Expr: name, NullsFirst: true}), true, "NULL|50", "ann|30")
	r.want(sortNode(r, 99, &winnowpb.SortKey{Expr: age}), true, "cid|20", "eve|20", "ann|30", "dan|40", "NULL|50", "bob|NULL")
	empty := newRig(t, table{people.cols, nil})
	empty.want(sortNode(empty, 0, &winnowpb.SortKey{Expr: age}), true)
}

// randomTable has n rows of few different values in each column.
func randomTable(seed uint64, n, different int) table {
	r := rand.New(rand.NewPCG(seed, 1))
	tb := table{cols: "k int, s string, v bigint"}
	value := func(format string) string {
		if r.IntN(10) == 0 {
			return "NULL"
		}
		return fmt.Sprintf(format, r.IntN(different))
	}
	for range n {
		tb.rows = append(tb.rows, value("%d")+"|"+value("key-%d")+"|"+value("%d"))
	}
	return tb
}

// TestSortLaw: rows come out as a stable sort of the rows puts them, whatever is spilled.
func TestSortLaw(t *testing.T) {
	r := newRig(t, randomTable(7, 3000, 40))
	r.batch = 100
	want := slices.Clone(r.tables[0].rows)
	key := func(row string) string {
		s := strings.Split(row, "|")[1]
		if s == "NULL" {
			return "\xff"
		}
		return s
	}
	slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	for _, limit := range []int64{0, 1, 250, 2999, 5000} {
		for _, budget := range []int64{0, 1, 100_000} {
			r.budget = budget
			got, err := r.rows(sortNode(r, limit, &winnowpb.SortKey{Expr: pb(col(1, "string"))}))
			if err != nil {
				t.Fatal(err)
			}
			first := want
			if limit > 0 && int(limit) < len(want) {
				first = want[:limit]
			}
			if !slices.Equal(got, first) {
				t.Errorf("limit %d, budget %d: rows differ", limit, budget)
			}
			if spilled := r.env.Counters.Snapshot().SpilledBytes; (spilled > 0) != (budget == 1 || budget > 0 && limit == 0 || budget > 0 && limit > 2000) {
				t.Errorf("limit %d, budget %d: %d bytes spilled", limit, budget, spilled)
			}
		}
	}
}

// spillers are plans that spill under the budget of TestSpillFaults.
func spillers(r *rig) map[string]*winnowpb.Node {
	k, v := col(0, "int"), col(2, "bigint")
	keys := pbs(k)
	return map[string]*winnowpb.Node{
		"sort":     sortNode(r, 0, &winnowpb.SortKey{Expr: pb(k)}),
		"group":    aggNode("k int, t bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{k}, r.read(0), agg("sum", v)),
		"distinct": aggNode("k int, c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{k}, r.read(0), distinct(agg("count", v))),
		"join":     joinNode(r, winnowpb.Join_FULL, &winnowpb.Join{LeftKeys: keys, RightKeys: keys}),
		"except":   over(r.tables[0].cols, &winnowpb.Node{Op: &winnowpb.Node_SetOp{SetOp: &winnowpb.SetOp{Except: true}}}, r.read(0), r.read(1)),
		"window":   windowNode(r, "c bigint", []expr.Expr{k}, sortKeys(v), wcall("count", "bigint", nil)),
	}
}

// TestSpillFaults lets the n-th call of each fault point fail, for all n up to where the plan does not get there:
// the error names the fault, and no memory, budget or file stays behind.
func TestSpillFaults(t *testing.T) {
	for name := range spillers(newRig(t, people, people)) {
		for _, point := range []string{"spill.write", "spill.read"} {
			for n := 1; ; n += 1 + n {
				r := newRig(t, randomTable(3, 90, 60), randomTable(4, 90, 60))
				r.batch, r.budget = 30, 2000
				calls := 0
				r.fault = func(p string) error {
					if p != point {
						return nil
					}
					if calls++; calls == n {
						return errors.New("no space left on device")
					}
					return nil
				}
				_, err := r.rows(spillers(r)[name])
				if calls < n {
					if n == 1 {
						t.Errorf("%s never reached %s", name, point)
					}
					break
				}
				if diag.KindOf(err) != diag.Limit || !strings.Contains(err.Error(), "no space left") {
					t.Fatalf("%s: %s, call %d: %v", name, point, n, err)
				}
			}
		}
	}
}

func TestTopNKeepsLittle(t *testing.T) {
	var rows []string
	for i := range 20000 {
		rows = append(rows, fmt.Sprint(i*7919%20000))
	}
	r := newRig(t, table{"a int", rows})
	r.batch, r.budget = 100, 64<<10
	got, err := r.rows(sortNode(r, 5, &winnowpb.SortKey{Expr: pb(col(0, "int")), Descending: true}))
	if err != nil || !slices.Equal(got, []string{"19999", "19998", "19997", "19996", "19995"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if s := r.env.Counters.Snapshot().SpilledBytes; s != 0 {
		t.Errorf("the top 5 of 20000 rows spilled %d bytes", s)
	}
}

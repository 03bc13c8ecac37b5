package op

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestWindowInPartsLaw compares partitions computed in parts, since they do not fit in memory, with whole ones.
func TestWindowInPartsLaw(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	var rows []string
	for i := range 250 {
		v := "NULL"
		if rnd.IntN(5) > 0 {
			v = fmt.Sprint(rnd.IntN(100))
		}
		rows = append(rows, fmt.Sprintf("%c|%d|%d|%s", "aaaab"[rnd.IntN(5)], rnd.IntN(120), i, v))
	}
	v, k := col(3, "int"), col(1, "int")
	inRows, inRange := winnowpb.Frame_ROWS, winnowpb.Frame_RANGE
	var calls []*winnowpb.WindowCall
	for _, f := range []*winnowpb.Frame{
		nil, frameOf(inRows, "-", "0"), frameOf(inRows, "-", "2"), frameOf(inRows, "-3", "2"), frameOf(inRows, "1", "3"), frameOf(inRows, "-4", "-2"),
		frameOf(inRows, "-", "+"), frameOf(inRange, "-", "+"), frameOf(inRange, "0", "0"), frameOf(inRows, "0", "0"),
	} {
		filtered := wcall("sum", "bigint", f, v)
		filtered.Filter = pb(call(">", v, expr.Int(50)))
		calls = append(calls, wcall("sum", "bigint", f, v), wcall("count", "bigint", f), wcall("max", "int", f, k), filtered, wcall("first_value", "int", f, v))
		if f.GetEnd().GetKind() != winnowpb.Frame_Bound_UNBOUNDED_FOLLOWING {
			calls = append(calls, wcall("last_value", "int", f, v))
		}
	}
	calls = append(calls, wcall("row_number", "int", nil), wcall("rank", "int", nil), wcall("dense_rank", "int", nil),
		wcall("lag", "int", nil, v, expr.Int(2)), wcall("lead", "int", nil, v, expr.Int(3), expr.Int(-1)), wcall("collect_list", "array<int>", nil, v))
	ask := func(budget int64, batch int, parts []expr.Expr, order []*winnowpb.SortKey, calls ...*winnowpb.WindowCall) ([]string, *rig) {
		r := newRig(t, table{"p string, k int, i int, v int", rows})
		r.batch, r.budget = batch, budget
		schema := ""
		for i, c := range calls {
			schema += fmt.Sprintf(", c%d %s", i, c.Type)
		}
		got, err := r.rows(windowNode(r, schema[2:], parts, order, calls...))
		if err != nil {
			t.Fatalf("%s: %v", calls[0].Name, err)
		}
		return got, r
	}
	p := []expr.Expr{col(0, "string")}
	for i, c := range append(calls, nil) {
		mine, partitions, batches := []*winnowpb.WindowCall{c}, [][]expr.Expr{p}, []int{20}
		if c == nil { // all at once
			mine, partitions, batches = calls, [][]expr.Expr{nil, p}, []int{4, 50}
		}
		for _, parts := range partitions {
			for _, batch := range batches {
				want, _ := ask(0, batch, parts, sortKeys(k, col(2, "int")), mine...)
				tied, _ := ask(0, batch, parts, sortKeys(k), mine...)
				for order, want := range map[string][]string{"all": want, "ties": tied} {
					keys := sortKeys(k, col(2, "int"))
					if order == "ties" {
						keys = sortKeys(k)
					}
					if got, _ := ask(2000, batch, parts, keys, mine...); !slices.Equal(got, want) {
						t.Errorf("call %d, %s, partitions %d, batch %d: got\n%.600q, want\n%.600q", i, order, len(parts), batch, got, want)
					}
				}
			}
		}
	}
	if want, _ := ask(0, 50, p, nil, calls[:3]...); len(want) != len(rows) {
		t.Fatal(len(want))
	} else if got, _ := ask(2000, 50, p, nil, calls[:3]...); !slices.Equal(got, want) {
		t.Errorf("without ORDER BY: got\n%.600q, want\n%.600q", got, want)
	}
}

func TestWindowOverMoreThanMemory(t *testing.T) {
	var rows []string
	for i := range 200_000 {
		rows = append(rows, fmt.Sprint(i))
	}
	k, n := col(0, "int"), len(rows)
	r := newRig(t, table{"k int", rows})
	r.batch, r.budget = 5_000, 1<<20
	got, err := r.rows(windowNode(r, "n int, s bigint, c bigint", nil, sortKeys(k),
		wcall("row_number", "int", nil), wcall("sum", "bigint", nil, k), wcall("count", "bigint", frameOf(winnowpb.Frame_ROWS, "-", "+"))))
	if err != nil || len(got) != n || got[n-1] != fmt.Sprintf("%d|%d|%d|%d", n-1, n, n*(n-1)/2, n) {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

package op

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/winnowdb/winnow/proto/winnowpb"
)

func joinNode(r *rig, kind winnowpb.Join_Kind, j *winnowpb.Join) *winnowpb.Node {
	j.Kind = kind
	schema := r.tables[0].cols
	switch kind {
	case winnowpb.Join_INNER, winnowpb.Join_LEFT, winnowpb.Join_RIGHT, winnowpb.Join_FULL:
		schema += ", " + r.tables[1].cols
	case winnowpb.Join_MARK:
		schema += ", mark boolean"
	}
	return over(schema, &winnowpb.Node{Op: &winnowpb.Node_Join{Join: j}}, r.read(0), r.read(1))
}

const (
	yes = 1
	no  = 0
	unk = -1
)

// nestedLoop computes a join of two tables of cols columns from the truth of each pair.
func nestedLoop(kind winnowpb.Join_Kind, left, right []string, cols int, truth func(l, r []string) int) []string {
	var out []string
	used := make([]bool, len(right))
	nulls := func(n int) string { return strings.TrimSuffix(strings.Repeat("NULL|", n), "|") }
	for _, l := range left {
		best := no
		for i, r := range right {
			switch truth(strings.Split(l, "|"), strings.Split(r, "|")) {
			case yes:
				best, used[i] = yes, true
				if kind <= winnowpb.Join_FULL {
					out = append(out, l+"|"+r)
				}
			case unk:
				if best == no {
					best = unk
				}
			}
		}
		switch {
		case kind == winnowpb.Join_SEMI && best == yes, kind == winnowpb.Join_ANTI && best != yes, kind == winnowpb.Join_NULL_AWARE_ANTI && best == no:
			out = append(out, l)
		case kind == winnowpb.Join_MARK:
			out = append(out, l+"|"+map[int]string{yes: "true", no: "false", unk: "NULL"}[best])
		case (kind == winnowpb.Join_LEFT || kind == winnowpb.Join_FULL) && best != yes:
			out = append(out, l+"|"+nulls(cols))
		}
	}
	if kind == winnowpb.Join_RIGHT || kind == winnowpb.Join_FULL {
		for i, r := range right {
			if !used[i] {
				out = append(out, nulls(cols)+"|"+r)
			}
		}
	}
	return out
}

func equal(a, b string) int {
	switch {
	case a == "NULL" || b == "NULL":
		return unk
	case a == b:
		return yes
	}
	return no
}

func and(list ...int) int {
	out := yes
	for _, v := range list {
		if v == no {
			return no
		}
		if v == unk {
			out = unk
		}
	}
	return out
}

func less(a, b string) int {
	if a == "NULL" || b == "NULL" {
		return unk
	}
	var x, y int
	fmt.Sscan(a, &x)
	fmt.Sscan(b, &y)
	if x < y {
		return yes
	}
	return no
}

func same(a, b string) int {
	if a == b {
		return yes
	}
	return no
}

// TestJoinLaw compares every kind of join under every kind of condition with a loop over all pairs.
func TestJoinLaw(t *testing.T) {
	left, right := randomTable(1, 60, 12), randomTable(2, 50, 12)
	k, s, v := col(0, "int"), col(1, "string"), col(2, "bigint")
	residual := call("<", col(2, "bigint"), col(5, "bigint"))
	conditions := map[string]struct {
		join  *winnowpb.Join
		truth func(l, r []string) int
	}{
		"one key":   {&winnowpb.Join{LeftKeys: pbs(k), RightKeys: pbs(k)}, func(l, r []string) int { return equal(l[0], r[0]) }},
		"text key":  {&winnowpb.Join{LeftKeys: pbs(s), RightKeys: pbs(s)}, func(l, r []string) int { return equal(l[1], r[1]) }},
		"null safe": {&winnowpb.Join{LeftKeys: pbs(k), RightKeys: pbs(k), NullSafe: []bool{true}}, func(l, r []string) int { return same(l[0], r[0]) }},
		"two keys": {&winnowpb.Join{LeftKeys: pbs(k, s), RightKeys: pbs(k, s), NullSafe: []bool{false, true}},
			func(l, r []string) int { return and(equal(l[0], r[0]), same(l[1], r[1])) }},
		"two plain keys": {&winnowpb.Join{LeftKeys: pbs(k, v), RightKeys: pbs(k, v)},
			func(l, r []string) int { return and(equal(l[0], r[0]), equal(l[2], r[2])) }},
		"key and residual": {&winnowpb.Join{LeftKeys: pbs(k), RightKeys: pbs(k), Residual: pb(residual)},
			func(l, r []string) int { return and(equal(l[0], r[0]), less(l[2], r[2])) }},
		"residual only": {&winnowpb.Join{Residual: pb(residual)}, func(l, r []string) int { return less(l[2], r[2]) }},
		"cross":         {&winnowpb.Join{}, func(l, r []string) int { return yes }},
	}
	for name, c := range conditions {
		for kind := winnowpb.Join_INNER; kind <= winnowpb.Join_MARK; kind++ {
			for _, sides := range [][2]table{{left, right}, {left, {right.cols, nil}}, {{left.cols, nil}, right}, {left, {right.cols, right.rows[:1]}}} {
				want := nestedLoop(kind, sides[0].rows, sides[1].rows, 3, c.truth)
				slices.Sort(want)
				for _, budget := range []int64{0, 2000} {
					for _, batch := range []int{3, 1024} {
						if budget > 0 && (batch > 3 || len(sides[0].rows)*len(sides[1].rows) < 1000) {
							continue
						}
						r := newRig(t, sides[0], sides[1])
						r.batch, r.budget = batch, budget
						j := &winnowpb.Join{LeftKeys: c.join.LeftKeys, RightKeys: c.join.RightKeys, NullSafe: c.join.NullSafe, Residual: c.join.Residual}
						got, err := r.rows(joinNode(r, kind, j))
						if err != nil {
							t.Fatalf("%s, %s: %v", name, kind, err)
						}
						slices.Sort(got)
						if !slices.Equal(got, want) {
							t.Fatalf("%s, %s, %d and %d rows, batch %d, budget %d: got %d rows\n%s\nwant %d\n%s", name, kind,
								len(sides[0].rows), len(sides[1].rows), batch, budget, len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
						}
					}
				}
			}
		}
	}
}

func TestJoinSpills(t *testing.T) {
	left, right := randomTable(5, 500, 200), randomTable(6, 600, 200)
	k := pbs(col(0, "int"))
	for kind := winnowpb.Join_INNER; kind <= winnowpb.Join_MARK; kind++ {
		want := nestedLoop(kind, left.rows, right.rows, 3, func(l, r []string) int { return equal(l[0], r[0]) })
		slices.Sort(want)
		r := newRig(t, left, right)
		r.batch, r.budget = 50, 24_000
		got, err := r.rows(joinNode(r, kind, &winnowpb.Join{LeftKeys: k, RightKeys: k}))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d", kind, len(got), len(want))
		}
		if r.env.Counters.Snapshot().SpilledBytes == 0 {
			t.Errorf("%s: nothing was spilled", kind)
		}
	}
}

// TestBroadcastJoin runs tasks that share one table, and such for which it does not fit in memory.
func TestBroadcastJoin(t *testing.T) {
	left, right := randomTable(1, 400, 200), randomTable(2, 600, 200)
	k := pbs(col(0, "int"))
	for _, kind := range []winnowpb.Join_Kind{winnowpb.Join_LEFT, winnowpb.Join_INNER, winnowpb.Join_NULL_AWARE_ANTI, winnowpb.Join_MARK} {
		want := nestedLoop(kind, left.rows, right.rows, 3, func(l, r []string) int { return equal(l[0], r[0]) })
		slices.Sort(want)
		for _, limit := range []int64{0, 24_000} {
			shared, budget := NewShared(), NewBudget(limit)
			var spilled atomic.Int64
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					r := newRig(t, left, right)
					r.shared, r.batch = shared, 50
					env := r.open()
					env.Budget = budget
					o, err := Build(env, joinNode(r, kind, &winnowpb.Join{LeftKeys: k, RightKeys: k, BroadcastRight: true}))
					if err != nil {
						t.Error(err)
						return
					}
					defer o.Close()
					got, err := readAll(t.Context(), o)
					slices.Sort(got)
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%s, budget %d: %d rows, want %d (%v)", kind, limit, len(got), len(want), err)
					}
					spilled.Add(env.Counters.Snapshot().SpilledBytes)
				})
			}
			wg.Wait()
			if (spilled.Load() > 0) != (limit > 0) {
				t.Errorf("%s, budget %d: %d bytes spilled", kind, limit, spilled.Load())
			}
		}
	}
}

// TestNearKeys: keys of all types that lie close together, with NULLs, at the ends of their range, and such that do not.
func TestNearKeys(t *testing.T) {
	for _, c := range []struct {
		typ    string
		keys   []string
		near   bool
		unique bool
	}{
		{"tinyint", []string{"127", "-128", "NULL", "0"}, true, true},
		{"smallint", []string{"-32768", "-32767", "5"}, false, true},
		{"int", []string{"2147483647", "2147483600", "2147483647"}, true, false},
		{"bigint", []string{"9223372036854775807", "9223372036854775806", "NULL"}, true, true},
		{"bigint", []string{"-9223372036854775808", "9223372036854775807"}, false, true},
		{"bigint", []string{"NULL"}, false, true},
		{"date", []string{"2024-01-31", "2024-02-01", "2024-01-31", "NULL"}, true, false},
		{"string", []string{"1", "2"}, false, true},
	} {
		left := append([]string{"NULL"}, c.keys...)
		left = append(left, c.keys...)
		r := newRig(t, table{"k " + c.typ, left}, table{"k2 " + c.typ, c.keys})
		key := pbs(col(0, c.typ))
		for _, kind := range []winnowpb.Join_Kind{winnowpb.Join_INNER, winnowpb.Join_SEMI, winnowpb.Join_FULL, winnowpb.Join_NULL_AWARE_ANTI} {
			want := nestedLoop(kind, left, c.keys, 1, func(l, r []string) int { return equal(l[0], r[0]) })
			r.want(joinNode(r, kind, &winnowpb.Join{LeftKeys: key, RightKeys: key}), false, want...)
		}
		o, err := Build(r.open(), joinNode(r, winnowpb.Join_INNER, &winnowpb.Join{LeftKeys: key, RightKeys: key}))
		if err != nil {
			t.Fatal(err)
		}
		j := o.(*counted).Operator.(*join)
		if err := j.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if near := j.table.near != nil; near != c.near || j.table.unique != c.unique {
			t.Errorf("%s %v: near %t, unique %t", c.typ, c.keys, near, j.table.unique)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJoinOutput: a join puts out the columns that the plan asks for.
func TestJoinOutput(t *testing.T) {
	left, right := randomTable(1, 60, 12), randomTable(2, 50, 12)
	k := pbs(col(0, "int"))
	residual := pb(call("<", col(2, "bigint"), col(5, "bigint")))
	truth := func(l, r []string) int { return and(equal(l[0], r[0]), less(l[2], r[2])) }
	for kind := winnowpb.Join_INNER; kind <= winnowpb.Join_MARK; kind++ {
		output, schema := []uint32{1}, "s string"
		switch kind {
		case winnowpb.Join_INNER, winnowpb.Join_LEFT, winnowpb.Join_RIGHT, winnowpb.Join_FULL:
			output, schema = []uint32{2, 4}, "v bigint, s2 string"
		case winnowpb.Join_MARK:
			output, schema = []uint32{0, 3}, "k int, mark boolean"
		}
		var want []string
		for _, row := range nestedLoop(kind, left.rows, right.rows, 3, truth) {
			var cells []string
			for _, i := range output {
				cells = append(cells, strings.Split(row, "|")[i])
			}
			want = append(want, strings.Join(cells, "|"))
		}
		r := newRig(t, left, right)
		j := &winnowpb.Join{Kind: kind, LeftKeys: k, RightKeys: k, Residual: residual, Output: output}
		r.want(over(schema, &winnowpb.Node{Op: &winnowpb.Node_Join{Join: j}}, r.read(0), r.read(1)), false, want...)
		j.Output = append(output, 99)
		if _, err := r.rows(over(schema, &winnowpb.Node{Op: &winnowpb.Node_Join{Join: j}}, r.read(0), r.read(1))); err == nil {
			t.Errorf("%s: a column that is not there", kind)
		}
	}
}

// TestJoinUnique: a right side whose keys are all different, and one that only lacks a NULL to be so.
func TestJoinUnique(t *testing.T) {
	k := pbs(col(0, "int"))
	for _, c := range []struct{ right, want []string }{
		{[]string{"3|c", "1|a", "2|b"}, []string{"1|x|1|a", "1|y|1|a", "3|z|3|c"}},
		{[]string{"3|c", "NULL|n", "1|a"}, []string{"1|x|1|a", "1|y|1|a", "3|z|3|c"}},
		{[]string{"3|c", "70000|n", "1|a"}, []string{"1|x|1|a", "1|y|1|a", "3|z|3|c"}},
	} {
		r := newRig(t, table{"k int, v string", []string{"1|x", "NULL|n", "1|y", "4|w", "3|z"}}, table{"k2 int, w string", c.right})
		r.want(joinNode(r, winnowpb.Join_INNER, &winnowpb.Join{LeftKeys: k, RightKeys: k}), false, c.want...)
	}
}

func TestSetOp(t *testing.T) {
	r := newRig(t, table{"a int, b string", []string{"1|x", "1|x", "2|y", "NULL|NULL", "3|z", "1|x", "NULL|NULL", "2|y"}},
		table{"c int, d string", []string{"1|x", "NULL|NULL", "4|w", "1|x", "2|x"}})
	op := func(except, all bool) *winnowpb.Node {
		return over("a int, b string", &winnowpb.Node{Op: &winnowpb.Node_SetOp{SetOp: &winnowpb.SetOp{Except: except, All: all}}}, r.read(0), r.read(1))
	}
	r.want(op(false, false), false, "1|x", "NULL|NULL")
	r.want(op(false, true), false, "1|x", "1|x", "NULL|NULL")
	r.want(op(true, false), false, "2|y", "3|z")
	r.want(op(true, true), false, "1|x", "2|y", "2|y", "3|z", "NULL|NULL")
}

// TestSetOpLaw compares spilled with unspilled operations.
func TestSetOpLaw(t *testing.T) {
	for _, except := range []bool{false, true} {
		for _, all := range []bool{false, true} {
			var first []string
			for _, budget := range []int64{0, 30_000, 12_000} {
				r := newRig(t, randomTable(1, 1500, 6), randomTable(2, 200, 6))
				r.batch, r.budget = 20, budget
				n := over("k int, s string, v bigint", &winnowpb.Node{Op: &winnowpb.Node_SetOp{SetOp: &winnowpb.SetOp{Except: except, All: all}}}, r.read(0), r.read(1))
				got, err := r.rows(n)
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				if first == nil {
					first = got
				}
				if len(got) == 0 || !slices.Equal(got, first) {
					t.Errorf("except %v, all %v, budget %d: %d rows, want %d", except, all, budget, len(got), len(first))
				}
			}
		}
	}
}

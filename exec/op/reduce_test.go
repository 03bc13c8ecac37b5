package op

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestReduce joins files with two values, by each kind of join: the rows are those of a plan that reduces nothing, and
// the scan gives only those with a match where no other row is in the result.
func TestReduce(t *testing.T) {
	var data strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&data, "%d|k%d\n", i, i%500)
	}
	data.WriteString("\\N|\\N\nbad|k3\n")
	for _, c := range []struct {
		name     string
		kind     winnowpb.Join_Kind
		keys     []int // columns, the same on both sides
		nullSafe bool
		rows     int // that the scan gives; text is kept by a hash, which may err
		atMost   int
	}{
		{"inner", winnowpb.Join_INNER, []int{0}, false, 2, 2},
		{"semi", winnowpb.Join_SEMI, []int{0}, false, 2, 2},
		{"text", winnowpb.Join_SEMI, []int{1}, false, 4, 20},
		{"two", winnowpb.Join_INNER, []int{0, 1}, false, 2, 2},
		{"anti", winnowpb.Join_ANTI, []int{0}, false, 1002, 1002},
		{"left", winnowpb.Join_LEFT, []int{0}, false, 1002, 1002},
		{"<=>", winnowpb.Join_INNER, []int{0}, true, 1002, 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newScanWorld(t)
			w.task.Splits = []*winnowpb.Split{{Files: []*winnowpb.FileRange{w.file("a", data.String())}}}
			r := newRig(t, table{"n int, s string", []string{"3|k3", "NULL|NULL", "707|k207"}})
			r.open()
			w.env.Inputs, w.env.Mem = r, r.env.Mem
			run := func(reduce bool) (rows []string, scanned int64) {
				n := scanOf("delimited", map[string]string{"field.delim": "|"}, "n int", "s string")
				j := &winnowpb.Join{BroadcastRight: true, Kind: c.kind}
				for _, k := range c.keys {
					key := col(k, []string{"int", "string"}[k])
					j.LeftKeys, j.RightKeys = append(j.LeftKeys, pbs(key)...), append(j.RightKeys, pbs(key)...)
					j.NullSafe, j.Reduce = append(j.NullSafe, c.nullSafe), append(j.Reduce, reduce)
				}
				schema := "n int, s string"
				if c.kind == winnowpb.Join_INNER || c.kind == winnowpb.Join_LEFT {
					schema += ", n2 int, s2 string"
				}
				n.Id = 7
				w.env.Counters, w.env.Shared = NewCounters(), NewShared()
				o, err := Build(w.env, over(schema, &winnowpb.Node{Op: &winnowpb.Node_Join{Join: j}}, n, r.read(0)))
				if err != nil {
					t.Fatal(err)
				}
				if rows, err = readAll(context.Background(), o); err != nil {
					t.Fatal(err)
				}
				if err := o.Close(); err != nil {
					t.Fatal(err)
				}
				for _, s := range w.env.Counters.Snapshot().Nodes {
					if s.Node == 7 {
						scanned = s.Rows
					}
				}
				slices.Sort(rows)
				return rows, scanned
			}
			want, all := run(false)
			got, few := run(true)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if all != 1002 || few < int64(c.rows) || few > int64(c.atMost) {
				t.Errorf("the scan gave %d rows, and %d reduced; want 1002 and %d to %d", all, few, c.rows, c.atMost)
			}
		})
	}
}

// TestReduceBelowJoin: the key of a join is column 0 of the join below and column 1 of the scan.
func TestReduceBelowJoin(t *testing.T) {
	w := newScanWorld(t)
	w.task.Splits = []*winnowpb.Split{{Files: []*winnowpb.FileRange{w.file("a", "1|7\n2|8\n7|1\n3|7\n")}}}
	r := newRig(t, table{"k int", []string{"1", "2", "7"}}, table{"k int", []string{"7"}})
	r.open()
	w.env.Inputs, w.env.Mem = r, r.env.Mem
	key := pbs(col(0, "int"))
	lower := &winnowpb.Join{BroadcastRight: true, LeftKeys: key, RightKeys: key, Output: []uint32{1, 2}}
	upper := &winnowpb.Join{BroadcastRight: true, LeftKeys: key, RightKeys: key, Reduce: []bool{true}}
	n := over("b int, k int", &winnowpb.Node{Op: &winnowpb.Node_Join{Join: lower}}, scanOf("delimited", map[string]string{"field.delim": "|"}, "a int", "b int"), r.read(0))
	n.Id = 1
	n = over("b int, k int, k2 int", &winnowpb.Node{Op: &winnowpb.Node_Join{Join: upper}}, n, r.read(1))
	n.Id = 2
	o, err := Build(w.env, n)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if rows, err := readAll(t.Context(), o); err != nil || !slices.Equal(rows, []string{"7|1|7"}) {
		t.Errorf("got %q, %v", rows, err)
	}
}

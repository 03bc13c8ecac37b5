package op

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

func firstRowsNode(r *rig, first int64, parts []expr.Expr, order []*winnowpb.SortKey) *winnowpb.Node {
	return over(r.tables[0].cols, &winnowpb.Node{Op: &winnowpb.Node_Window{Window: &winnowpb.Window{
		PartitionBy: pbs(parts...), OrderBy: order, First: first,
	}}}, r.read(0))
}

// TestFirstRows: the rows of each partition that are its first by value are among those passed on, and once
// there are many, few others.
func TestFirstRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("%c|%d|%d", 'a'+rnd.IntN(3), rnd.IntN(1000), i))
	}
	r := newRig(t, table{"p string, v int, id int", rows})
	r.batch = 100
	p, v, id := col(0, "string"), col(1, "int"), col(2, "int")
	for _, first := range []int64{1, 3, 40} {
		for _, parts := range [][]expr.Expr{nil, {p}} {
			wanted := map[string][]string{}
			for _, row := range sortedBy(rows) {
				key := ""
				if parts != nil {
					key = row[:1]
				}
				if len(wanted[key]) < int(first) {
					wanted[key] = append(wanted[key], row)
				}
			}
			got, err := r.rows(firstRowsNode(r, first, parts, sortKeys(v, id)))
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range wanted {
				for _, row := range want {
					if !slices.Contains(got, row) {
						t.Errorf("first %d of %q lack %s", first, key, row)
					}
				}
			}
			if most := 15 * int(first) * len(wanted); len(got) > most {
				t.Errorf("first %d: %d rows passed on", first, len(got))
			}
		}
	}
}

// sortedBy returns rows in the order of their second column, then the third.
func sortedBy(rows []string) []string {
	out := slices.Clone(rows)
	key := func(row string) int {
		var v, id int
		f := strings.Split(row, "|")
		fmt.Sscan(f[1]+" "+f[2], &v, &id)
		return v*10_000 + id
	}
	slices.SortFunc(out, func(a, b string) int { return key(a) - key(b) })
	return out
}

// TestFirstRowsPassesOn: where every row is a first one, all are passed on and nothing is remembered.
func TestFirstRowsPassesOn(t *testing.T) {
	var rows []string
	for i := range 2000 {
		rows = append(rows, fmt.Sprintf("%d|%d|0", i, i))
	}
	r := newRig(t, table{"p string, v int, id int", rows})
	r.batch = 100
	node := firstRowsNode(r, 2, []expr.Expr{col(0, "string")}, sortKeys(col(1, "int")))
	if got, err := r.rows(node); err != nil || len(got) != len(rows) {
		t.Errorf("%d rows passed on, want all: %v", len(got), err)
	}
}

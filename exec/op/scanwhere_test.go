package op

import (
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestScanFilters holds a scan with filters to the same rows as a filter over the scan, whatever the decoder takes.
func TestScanFilters(t *testing.T) {
	a, b, year := col(0, "string"), col(1, "int"), col(2, "int")
	for _, c := range []struct {
		name    string
		filters []expr.Expr
		left    int // filters that stay with the batches
	}{
		{"=", []expr.Expr{call("=", b, expr.Int(2))}, 0},
		{"flipped", []expr.Expr{call("<", expr.Int(2), b)}, 0},
		{"text", []expr.Expr{call(">=", a, expr.String("b")), call("<>", a, expr.String("c,"))}, 0},
		{"like", []expr.Expr{call("like", a, expr.String("%b%"))}, 0},
		{"prefix", []expr.Expr{call("like", a, expr.String("b%"))}, 0},
		{"suffix", []expr.Expr{call("like", a, expr.String("%c"))}, 0},
		{"same", []expr.Expr{call("like", a, expr.String("b"))}, 0},
		{"any", []expr.Expr{call("like", a, expr.String("%"))}, 0},
		{"wild", []expr.Expr{call("like", a, expr.String("_%"))}, 1},
		{"in", []expr.Expr{call("in", b, expr.Int(1), expr.Int(5), expr.Null(typ("int")))}, 0},
		{"null", []expr.Expr{call("isnull", b)}, 0},
		{"not null", []expr.Expr{call("isnotnull", b), call("isnotnull", a)}, 0},
		{"partition", []expr.Expr{call("=", year, expr.Int(2012)), call("<", b, expr.Int(4))}, 1},
		{"computed", []expr.Expr{call("=", call("+", b, expr.Int(1)), expr.Int(3))}, 1},
		{"nothing", []expr.Expr{call("=", b, expr.Null(typ("int")))}, 1},
	} {
		for _, text := range []string{"x", "x\r", "a\\,"} {
			t.Run(c.name, func(t *testing.T) {
				w := newScanWorld(t)
				n := scanOf("", map[string]string{"field.delim": ",", "escape.delim": "\\"}, "a string", "b int")
				with(n, winnowpb.ScanColumn_PARTITION, "year", "int")
				with(n, winnowpb.ScanColumn_LINE, "l", "string")
				one := w.file("one", "a,1\nb,2\nabc,3\n,four\n"+text+",5\n\\N,\\N\nbb", "2011")
				two := w.file("two", "b,1\n"+strings.Repeat("c,2\n", 9)+"5\n", "2012")
				for _, width := range []int{3, 4} { // with LINE, records go one by one
					n.Schema, n.GetScan().Columns = n.Schema[:width], n.GetScan().Columns[:width]
					n.GetScan().Filters = pbs(c.filters...)
					w.env.Counters = NewCounters()
					got, err := w.read(n, one, two)
					if err != nil {
						t.Fatal(err)
					}
					read := w.env.Counters.Snapshot().RowsRead
					s, err := newScan(w.env, n)
					if err != nil || len(s.(*scan).filters) != c.left {
						t.Errorf("%d filters are left, want %d; %v", len(s.(*scan).filters), c.left, err)
					}
					n.GetScan().Filters = nil
					w.env.Counters = NewCounters()
					scan, err := newScan(w.env, n)
					if err != nil {
						t.Fatal(err)
					}
					for _, f := range c.filters {
						node := &winnowpb.Node{Schema: n.Schema, Op: &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: pb(f)}}}
						if scan, err = newFilter(w.env, node, scan); err != nil {
							t.Fatal(err)
						}
					}
					want, err := readAll(t.Context(), scan)
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%q, want %q, %v", got, want, err)
					}
					if st := w.env.Counters.Snapshot(); st.RowsRead != read {
						t.Errorf("%d records with filters, %d without", read, st.RowsRead)
					}
				}
			})
		}
	}
}

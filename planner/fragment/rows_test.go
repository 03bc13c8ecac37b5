package fragment

import (
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// TestSharedStages: a subtree with two readers runs once, and as many tasks read it as the rows have hash partitions; one
// that runs in a single task is read by one.
func TestSharedStages(t *testing.T) {
	scan := scanOf("t", 1)
	for _, c := range []struct {
		name  string
		input logical.Node
		want  []string
	}{
		{"several tasks", scan, []string{
			"Scan -> HASH, tasks 0",
			"Exchange 0 -> HASH, tasks 2",
			"Exchange 0 -> HASH, tasks 2",
			"Join INNER [false](Exchange 1, Exchange 2) -> GATHER, tasks 2",
			"Exchange 3 -> GATHER, tasks 1",
		}},
		{"a single task", &logical.Limit{Input: scan, Count: 5}, []string{
			"Limit(Scan) -> GATHER, tasks 0",
			"Limit(Exchange 0) -> GATHER, tasks 1",
			"Join INNER [false](Exchange 1, Exchange 1) -> GATHER, tasks 1",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			reader := func(id uint32) *logical.Shared {
				return &logical.Shared{ID: 1, Input: c.input, Out: []logical.Field{{ID: id, Name: "k", T: datatype.BigInt}}}
			}
			left, right := reader(11), reader(12)
			on, err := expr.NewCall("=", []expr.Expr{left.Out[0].Column(diag.Span{}), right.Out[0].Column(diag.Span{})}, diag.Span{})
			if err != nil {
				t.Fatal(err)
			}
			if a, b := stagesOf(t, &logical.Join{Left: left, Right: right, On: []expr.Expr{on}}), strings.Join(c.want, "\n"); a != b {
				t.Errorf("got\n%s\nwant\n%s", a, b)
			}
		})
	}
}

package fragment

import (
	"fmt"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// scanOf is a scan of a table with one column, whose ID is that of the scan too.
func scanOf(name string, id uint32) *logical.Scan {
	return &logical.Scan{
		ID: id, Table: &catalog.Table{Database: "default", Name: name, Columns: []catalog.Column{{Name: "k", Type: datatype.BigInt}}},
		Columns: []logical.ScanColumn{{Field: logical.Field{ID: id, Name: "k", T: datatype.BigInt}}},
	}
}

// draw is a stage as one line: its operators, where its rows go, and its tasks if their number is fixed.
func draw(s *winnowpb.Stage) string {
	var node func(n *winnowpb.Node) string
	node = func(n *winnowpb.Node) string {
		text := strings.TrimPrefix(fmt.Sprintf("%T", n.Op), "*winnowpb.Node_")
		if x := n.GetExchange(); x != nil {
			text += fmt.Sprintf(" %d", x.Stage)
		}
		if j := n.GetJoin(); j != nil {
			text += fmt.Sprintf(" %s %v", j.Kind, j.Reduce)
		}
		var in []string
		for _, c := range n.Inputs {
			in = append(in, node(c))
		}
		if len(in) > 0 {
			text += "(" + strings.Join(in, ", ") + ")"
		}
		return text
	}
	return fmt.Sprintf("%s -> %s, tasks %d", node(s.Root), s.Output.Kind, s.Tasks)
}

// stagesOf draws the stages of a plan for two hash partitions.
func stagesOf(t *testing.T, n logical.Node) string {
	t.Helper()
	plan, err := Cut(n, Config{Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range plan.Stages {
		lines = append(lines, draw(s))
	}
	return strings.Join(lines, "\n")
}

// TestJoinStages cuts joins of two tables, by what the plan says of them.
func TestJoinStages(t *testing.T) {
	left, right := scanOf("l", 1), scanOf("r", 2)
	lk, rk := left.Fields()[0].Column(diag.Span{}), right.Fields()[0].Column(diag.Span{})
	on, err := expr.NewCall("=", []expr.Expr{lk, rk}, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		join logical.Join
		want []string
	}{
		{"shuffled", logical.Join{}, []string{
			"Scan -> HASH, tasks 0",
			"Scan -> HASH, tasks 0",
			"Join INNER [false](Exchange 0, Exchange 1) -> GATHER, tasks 2",
			"Exchange 2 -> GATHER, tasks 1",
		}},
		{"broadcast", logical.Join{Broadcast: true, Reduces: []*expr.Column{lk}}, []string{
			"Scan -> BROADCAST, tasks 0",
			"Join INNER [true](Scan, Exchange 0) -> GATHER, tasks 0",
			"Exchange 1 -> GATHER, tasks 1",
		}},
		{"the keys of the right side are sent to the scan of the left", logical.Join{Reduces: []*expr.Column{lk}}, []string{
			"Scan -> HASH, tasks 0",
			"Aggregate(Exchange 0) -> BROADCAST, tasks 2",
			"Join SEMI [true](Scan, Exchange 1) -> HASH, tasks 0",
			"Join INNER [](Exchange 2, Exchange 0) -> GATHER, tasks 2",
			"Exchange 3 -> GATHER, tasks 1",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := c.join
			j.Left, j.Right, j.On = left, right, []expr.Expr{on}
			if a, b := stagesOf(t, &j), strings.Join(c.want, "\n"); a != b {
				t.Errorf("got\n%s\nwant\n%s", a, b)
			}
		})
	}
}

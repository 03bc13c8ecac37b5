package fragment

import (
	"slices"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// keyOf is the one column of a scan.
func keyOf(n logical.Node) *expr.Column { return n.Fields()[0].Column(diag.Span{}) }

// joinOf joins two inputs on their first columns.
func joinOf(t *testing.T, kind logical.JoinKind, left, right logical.Node) *logical.Join {
	t.Helper()
	on, err := expr.NewCall("=", []expr.Expr{keyOf(left), keyOf(right)}, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	return &logical.Join{Kind: kind, Left: left, Right: right, On: []expr.Expr{on}}
}

// groupBy groups n by one of its columns.
func groupBy(n logical.Node, key *expr.Column) *logical.Aggregate {
	return &logical.Aggregate{Input: n, Keys: []expr.Expr{key}, Out: []logical.Field{{ID: 90, Name: "g", T: key.Type()}}}
}

// TestRowsStay cuts plans in which rows lie already as the next operator wants them, and such in which they only seem to.
func TestRowsStay(t *testing.T) {
	a, b, d := scanOf("a", 1), scanOf("b", 2), scanOf("d", 3)
	renamed := &logical.Project{
		Input: joinOf(t, logical.Inner, a, b), Exprs: []expr.Expr{keyOf(b)}, Out: []logical.Field{{ID: 50, Name: "x", T: keyOf(b).Type()}},
	}
	small := joinOf(t, logical.Semi, joinOf(t, logical.Inner, a, b), d)
	small.Broadcast = true
	const (
		scans  = "Scan -> HASH, tasks 0"
		gather = " -> GATHER, tasks 2"
		inner  = "Join INNER [false](Exchange 0, Exchange 1)"
	)
	for _, c := range []struct {
		name string
		plan logical.Node
		want []string // without the stage that gathers
	}{
		{"a group of a join's left key", groupBy(joinOf(t, logical.Inner, a, b), keyOf(a)), []string{scans, scans, "Aggregate(" + inner + ")" + gather}},
		{"and of its right key", groupBy(joinOf(t, logical.Inner, a, b), keyOf(b)), []string{scans, scans, "Aggregate(" + inner + ")" + gather}},
		{"the right key of a left join may be NULL", groupBy(joinOf(t, logical.Left, a, b), keyOf(b)), []string{scans, scans,
			"Aggregate(Join LEFT [false](Exchange 0, Exchange 1)) -> HASH, tasks 2", "Aggregate(Exchange 2)" + gather}},
		{"both keys of a full join may be", groupBy(joinOf(t, logical.Full, a, b), keyOf(a)), []string{scans, scans,
			"Aggregate(Join FULL [false](Exchange 0, Exchange 1)) -> HASH, tasks 2", "Aggregate(Exchange 2)" + gather}},
		{"a join of a join", joinOf(t, logical.Inner, joinOf(t, logical.Inner, a, b), d), []string{scans, scans, scans,
			"Join INNER [false](" + inner + ", Exchange 2)" + gather}},
		{"with a small right side", small, []string{scans, scans, scans, "Join SEMI [false](" + inner + ", Exchange 2)" + gather}},
		{"under another name", joinOf(t, logical.Inner, renamed, d), []string{scans, scans, scans,
			"Join INNER [false](Project(" + inner + "), Exchange 2)" + gather}},
		{"a group joined", joinOf(t, logical.Inner, groupBy(a, keyOf(a)), d), []string{"Aggregate(Scan) -> HASH, tasks 0", scans,
			"Join INNER [false](Aggregate(Exchange 0), Exchange 1)" + gather}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := Cut(c.plan, Config{Partitions: 2})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range plan.Stages[:len(plan.Stages)-1] {
				got = append(got, draw(s))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

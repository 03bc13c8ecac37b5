package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/planner/optimize"
)

// TestRulesOff: the rows of testdata/rules.txtar do not change when a rule of the optimizer is left out, nor on two workers.
func TestRulesOff(t *testing.T) {
	ar, err := txtar.ParseFile(filepath.Join("..", "..", "testdata", "rules.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var setup, queries []string
	for _, f := range ar.Files {
		text := strings.ReplaceAll(string(f.Data), "$DIR", dir)
		switch f.Name {
		case "setup":
			setup = statementsOf(text)
		case "queries":
			queries = statementsOf(text)
		default:
			writeData(t, dir, txtar.File{Name: f.Name, Data: []byte(text)})
		}
	}
	conn := connect(t, dir)
	defer closeConn(conn)
	for _, sql := range setup {
		if _, _, err := rowsOf(conn, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	want := make([]string, len(queries))
	for i, sql := range queries {
		if want[i] = sortedRows(t, conn, sql); want[i] == "" && !strings.Contains(sql, "1 > 2") {
			t.Errorf("%s: no rows, which shows nothing", sql)
		}
	}
	two := connectTo(t, dir, cluster{
		members: member.Fixed{{Name: "a", Slots: 1}, {Name: "b", Slots: 1}},
		runner:  func(here dispatch.InProcess) dispatch.Runner { return here },
	})
	defer closeConn(two)
	for i, sql := range queries {
		if got := sortedRows(t, two, sql); got != want[i] {
			t.Errorf("%s on two workers:\n%swant:\n%s", sql, got, want[i])
		}
	}
	var all []string
	for _, r := range optimize.Rules() {
		if !slices.Contains(all, r.Name) {
			all = append(all, r.Name)
		}
	}
	for _, off := range append(all, strings.Join(all, ",")) {
		sortedRows(t, conn, "set winnow.rules.off="+off)
		for i, sql := range queries {
			if got := sortedRows(t, conn, sql); got != want[i] {
				t.Errorf("%s without %s:\n%swant:\n%s", sql, off, got, want[i])
			}
		}
	}
}

func statementsOf(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// sortedRows are the rows of sql, a line each, in the order of their text.
func sortedRows(t *testing.T, conn *coord.Conn, sql string) string {
	t.Helper()
	rows, _, err := rowsOf(conn, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return sortLines(rows)
}

func sortLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

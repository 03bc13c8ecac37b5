package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExplainAnalyze: each operator shows its rows, time, bytes and rate; a scan's bytes are those of its files.
func TestExplainAnalyze(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte(strings.Repeat("x\t1\ny\t2\n", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dir)
	defer closeConn(conn)
	ddl := `create external table t (k string, n int) row format delimited fields terminated by '\t' location '` + dir + `'`
	if _, _, err := rowsOf(conn, ddl); err != nil {
		t.Fatal(err)
	}
	got, _, err := rowsOf(conn, "explain analyze select k, sum(n) from t group by k")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Scan  \(rows 200, time \S+, bytes 800, \d+\.\d\d GB/s\)`,
		`Aggregate partial  \(rows 2, time \S+, bytes \d+, \d+\.\d\d GB/s\)`,
		`Aggregate final  \(rows 2, time \S+, bytes \d+, \d+\.\d\d GB/s\)`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// TestExplainFormatted: the plan as JSON; and dfs -ls, which tells when files were written.
func TestExplainFormatted(t *testing.T) {
	dir := t.TempDir()
	conn := connect(t, dir)
	defer closeConn(conn)
	got, _, err := rowsOf(conn, "explain formatted select 1 as one")
	var plan struct {
		Stages []struct {
			Root struct{ Project struct{ Exprs []any } }
		}
	}
	if err == nil {
		err = json.Unmarshal([]byte(got), &plan)
	}
	if err != nil || len(plan.Stages) != 1 || len(plan.Stages[0].Root.Project.Exprs) != 1 {
		t.Errorf("got %s, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "listed"), []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, _, err = rowsOf(conn, "dfs -ls "+dir+"/listed")
	if !regexp.MustCompile(`^ +5 \d{4}-\d\d-\d\d \d\d:\d\d .*/listed\n$`).MatchString(got) || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

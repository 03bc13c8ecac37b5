package main

import (
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

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPartitionsTogether: partitions are read in groups of equal values of their columns, whatever these look like in the names of the
// folders, and not where one of them has most of the bytes. The rows are those of the plan in which rows travel.
func TestPartitionsTogether(t *testing.T) {
	dir := t.TempDir()
	conn := connect(t, dir)
	defer closeConn(conn)
	write := func(folder string, rows int) {
		var text strings.Builder
		for i := range rows {
			fmt.Fprintf(&text, "%d|%d\n", i%5, i)
		}
		at := filepath.Join(dir, "t", folder)
		if err := os.MkdirAll(at, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "a"), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for day := range 40 {
		write(fmt.Sprintf("day=%d/h=1", day), 20)
	}
	write("day=007/h=1", 9) // the days 7, 8 and NULL once more
	write("day=08/h=2", 9)
	write("day=__HIVE_DEFAULT_PARTITION__/h=1", 9)
	write("day=__HIVE_DEFAULT_PARTITION__/h=2", 9)
	if err := os.MkdirAll(filepath.Join(dir, "t", "day=99", "h=1"), 0o700); err != nil {
		t.Fatal(err)
	}
	ask := func(sql string) string {
		t.Helper()
		return sortedRows(t, conn, strings.ReplaceAll(sql, "$DIR", dir))
	}
	ask("create external table t (k int, v int) partitioned by (day int, h int) row format delimited fields terminated by '|' location '$DIR/t'")
	ask("msck repair table t")
	const (
		count  = "select day, k, count(*), sum(v) from t group by day, k"
		window = "select day, v, count(*) over (partition by day) from t"
		sign   = "together by [day]"
	)
	same := func(sql, sign string) {
		t.Helper()
		if plan := ask("explain " + sql); !strings.Contains(plan, sign) {
			t.Errorf("%s: want %q in\n%s", sql, sign, plan)
		}
		got := ask(sql)
		ask("set winnow.rules.off=together")
		want := ask(sql)
		ask("set winnow.rules.off=")
		if got != want || strings.Count(got, "\n") < 200 {
			t.Errorf("%s: got\n%swant\n%s", sql, got, want)
		}
	}
	same(count, sign)
	same(window, sign)
	write("day=3/h=1", 400)
	same(count, "Scan default.t [k, v, day] partitions 45/45\n")
}

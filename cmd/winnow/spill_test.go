package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// spilling are queries whose operators hold all their rows: each is to work in a tenth of the memory that its
// rows take, and give the same rows.
var spilling = []struct{ name, sql string }{
	{"aggregate", "select k, count(*), sum(v), min(s) from a group by k"},
	{"distinct", "select distinct k, s from a"},
	{"count distinct", "select g, count(distinct s), count(distinct k), sum(v) from a group by g"},
	{"collect", "select k, size(collect_list(s)), size(collect_set(g)) from a group by k"},
	{"join", "select a.k, a.s, b.v from a join b on a.k = b.k"},
	{"outer join", "select a.k, b.s from a full join b on a.s = b.s"},
	{"semi join", "select k, s from a where s in (select s from b)"},
	{"sort", "select s, k, v from a order by s desc, v"},
	{"window", "select k, row_number() over (partition by g order by s), sum(v) over (partition by k order by s) from a"},
	{"set operation", "select k, s from a intersect select k, s from b"},
	{"rollup", "select g, k, count(*) from a group by g, k with rollup"},
}

// TestSpill compares the answers of a query without and with enough memory.
func TestSpill(t *testing.T) {
	dir := t.TempDir()
	const rows = 40_000
	for table, step := range map[string]int{"a": 7, "b": 11} {
		var b bytes.Buffer
		for i := range rows {
			n := i * step % 30_011
			fmt.Fprintf(&b, "%d\tthe text of row %d\t%d\t%d\n", n, n*step, n%13, i)
		}
		if err := os.MkdirAll(filepath.Join(dir, table), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, table, "rows"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	answers := map[string]string{}
	for _, memory := range []string{"0", "300KiB"} {
		f := engineFlags{warehouse: filepath.Join(dir, "warehouse"), memory: memory, timeZone: "UTC", slots: 2}
		e, err := f.engine(cluster{})
		if err != nil {
			t.Fatal(err)
		}
		conn := e.connect()
		defer closeConn(conn)
		for _, table := range []string{"a", "b"} {
			sortedRows(t, conn, "create external table if not exists "+table+" (k int, s string, g int, v bigint) row format delimited fields terminated by '\\t' location '"+filepath.Join(dir, table)+"'")
		}
		for _, q := range spilling {
			rows, sum, err := rowsOf(conn, q.sql)
			if err != nil {
				t.Fatalf("%s with %s of memory: %v", q.name, memory, err)
			}
			if spilled := sum.Stats.SpilledBytes > 0; spilled != (memory != "0") {
				t.Errorf("%s with %s of memory: spilled: %t", q.name, memory, spilled)
			}
			got := sortLines(rows)
			if memory == "0" {
				answers[q.name] = got
			} else if got != answers[q.name] || got == "" {
				t.Errorf("%s with %s of memory: %d bytes of rows, not the %d without a limit", q.name, memory, len(got), len(answers[q.name]))
			}
		}
	}
}

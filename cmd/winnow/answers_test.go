package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/cluster/coord"
)

// asking is a connection to a warehouse with the table t of two days, whose files are old enough to tell their versions apart.
type asking struct {
	*testing.T
	conn *coord.Conn
	dir  string
}

func newAsking(t *testing.T) asking {
	t.Helper()
	dir := t.TempDir()
	a := asking{t, connect(t, dir, "cat"), dir}
	t.Cleanup(func() { closeConn(a.conn) })
	a.write("t/day=1/a", "1,x\n2,y\n")
	a.write("t/day=2/a", "3,z\nbad,z\n")
	a.run("create external table t (n int, s string) partitioned by (day int) row format delimited fields terminated by ',' location '" + dir + "/t'")
	a.run("msck repair table t")
	return a
}

func (a asking) write(name, text string) {
	a.Helper()
	writeData(a.T, a.dir, txtar.File{Name: name, Data: []byte(text)})
}

func (a asking) run(sql string) (string, coord.Summary) {
	a.Helper()
	rows, sum, err := rowsOf(a.conn, sql)
	if err != nil {
		a.Fatalf("%s: %v", sql, err)
	}
	return strings.ReplaceAll(strings.TrimSpace(rows), "\n", " / "), sum
}

// want asks sql and wants rows, from an answer that was kept or not.
func (a asking) want(sql, rows string, kept bool) {
	a.Helper()
	got, sum := a.run(sql)
	if got != rows || sum.Kept != kept {
		a.Errorf("%s is %q, kept %v; want %q, %v", sql, got, sum.Kept, rows, kept)
	}
}

// TestAnswersAreKept: a question that was asked is answered with the same rows, warnings and damage while its files are the same.
func TestAnswersAreKept(t *testing.T) {
	a := newAsking(t)
	const sql = "select day, sum(n), count(*) from t group by day order by day"
	a.want(sql, "1 | 3 | 2 / 2 | 3 | 2", false)
	_, first := a.run("select n from t where s = 'z' order by n")
	got, again := a.run("select  n from t where s = 'z'  order by n -- asked again")
	if got != "3 / NULL" || !again.Kept || again.Stats.BadValues != 1 || again.Stats.BadValues != first.Stats.BadValues || again.Rows != 2 ||
		fmt.Sprint(again.Stats.Bad) != fmt.Sprint(first.Stats.Bad) || again.PartitionsKept != 2 || again.Stats.BytesRead != 0 {
		t.Errorf("%q %+v", got, again)
	}
	if line := coord.Describe(again); !strings.Contains(line, "kept from an earlier statement") {
		t.Error(line)
	}
	a.want(sql, "1 | 3 | 2 / 2 | 3 | 2", true)
	if got, sum := a.run("explain analyze " + sql); !strings.Contains(got, "rows read 4") || sum.Kept {
		t.Errorf("explain analyze has read nothing: %s", got)
	}
	a.run("set hive.query.results.cache.nontransactional.tables.enabled=false")
	a.want(sql, "1 | 3 | 2 / 2 | 3 | 2", false)
}

// TestAnswersAreFresh: whatever may change an answer makes it another question.
func TestAnswersAreFresh(t *testing.T) {
	a := newAsking(t)
	const sql = "select count(*), max(s), max(day) from t"
	a.run("create view v as select n from t where n > 1")
	a.run("create temporary macro m(x int) x + 1")
	a.run("create function f(x int) returns int language cel as 'x + 1'")
	view, macro, function := "select n from v order by n", "select max(m(n)) from t", "select max(f(n)) from t"
	a.want(sql, "4 | z | 2", false)
	a.want(view, "2 / 3", false)
	a.want(macro, "4", false)
	a.want(function, "4", false)
	for _, s := range []string{sql, view, macro, function} {
		if _, sum := a.run(s); !sum.Kept {
			t.Errorf("%s is not kept", s)
		}
	}

	a.write("t/day=1/a", "1,x\n2,Z\n") // as long as before
	a.want(sql, "4 | z | 2", false)
	a.want(sql, "4 | z | 2", true)
	a.write("t/day=1/b", "5,zz\n")
	a.want(sql, "5 | zz | 2", false)
	if err := os.Remove(filepath.Join(a.dir, "t/day=1/b")); err != nil {
		t.Fatal(err)
	}
	a.want(sql, "4 | z | 2", false)
	a.want(sql, "4 | z | 2", true)
	a.write("t/day=3/a", "6,a\n")
	a.run("msck repair table t")
	a.want(sql, "5 | z | 3", false)
	a.run("refresh table t")
	a.want(sql, "5 | z | 3", true)
	a.run("alter table t drop partition (day=3)")
	a.want(sql, "4 | z | 2", true) // as it was before day 3 came
	a.run("alter table t set serdeproperties ('field.delim'=';')")
	a.want(sql, "4 | NULL | 2", false)
	a.run("alter table t set serdeproperties ('field.delim'=',')")

	a.want(view, "2 / 3", false) // the files have changed since
	a.run("alter view v as select n from t where n > 2")
	a.want(view, "3", false)
	a.run("create temporary macro m(x int) x + 2")
	a.want(macro, "5", false)
	a.run("drop function f")
	a.run("create function f(x int) returns int language cel as 'x + 3'")
	a.want(function, "6", false)

	order := "select n from t order by n"
	a.want(order, "1 / 2 / 3 / NULL", false)
	a.run("set hive.default.nulls.last=false")
	a.want(order, "NULL / 1 / 2 / 3", false)
	zone := "select max(cast(cast(n as timestamp with local time zone) as string)) from (select timestamp '2020-01-01 00:00:00' n from t where day = 1) x"
	before, _ := a.run(zone)
	a.run("set time zone 'America/New_York'")
	if after, sum := a.run(zone); sum.Kept || after == before {
		t.Errorf("in another zone %q, before %q, kept %v", after, before, sum.Kept)
	}
}

// TestAnswersNotKept: what is not sure to be the same again is asked again.
func TestAnswersNotKept(t *testing.T) {
	a := newAsking(t)
	a.write("list", "x\n")
	for _, sql := range []string{
		"select count(*) from t where rand() >= 0", "select count(uuid()) from t",
		"select transform(n) using 'cat' from t where day = 1",
		"select count(*) from t tablesample (100 percent)", "select count(*) from t tablesample (10 rows)", "select count(*) from t tablesample (1M)",
		"select count(*) from t tablesample (bucket 1 out of 1 on rand())", "select count(*) from t where in_file(s, '" + a.dir + "/list')",
		"select 1", "select count(*) from information_schema.tables", "select count(*) from `t$partitions`",
		"select repeat(s, 9000000) from t where n = 1", "set winnow.rules.off=fold",
		"select count(*) from t where n < unix_timestamp()", "select max(size(transform(array(n), x -> current_timestamp))) from t",
		"reset",
	} {
		a.run(sql)
		if _, sum := a.run(sql); sum.Kept {
			t.Errorf("%s is kept", sql)
		}
	}

	a.write("t/day=2/young", "9,young\n")
	if err := os.Chtimes(filepath.Join(a.dir, "t/day=2/young"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	const sql = "select max(n) from t"
	a.want(sql, "9", false)
	a.want(sql, "9", false) // it may be written again in the same tick of the clock
	a.write("t/day=2/young", "8,young\n")

	// A reader that goes before the end leaves nothing, and one that is broken off neither.
	const all = "select n from t order by n"
	res, err := a.conn.Query(context.Background(), all)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	a.want(all, "1 / 2 / 3 / 8 / NULL", false)
	ctx, cancel := context.WithCancel(context.Background())
	if res, err = a.conn.Query(ctx, all+" desc"); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = res.Next(ctx)
	}
	res.Close()
	if !errors.Is(err, io.EOF) {
		a.want(all+" desc", "NULL / 8 / 3 / 2 / 1", false)
	}
}

// TestAnswersOfOthers: an answer serves every connection of one user, and no other's; temporary tables are not mixed up.
func TestAnswersOfOthers(t *testing.T) {
	dir := t.TempDir()
	f := engineFlags{warehouse: filepath.Join(dir, "warehouse"), memory: "64MiB", timeZone: "UTC", slots: 2}
	e, err := f.engine(cluster{})
	if err != nil {
		t.Fatal(err)
	}
	a := asking{T: t, dir: dir, conn: e.coord.Connect("ann")}
	a.write("t/a", "1\n2\n")
	a.run("create external table t (n int) location '" + dir + "/t'")
	a.want("select sum(n) from t", "3", false)
	for user, kept := range map[string]bool{"ann": true, "bob": false} {
		asking{T: t, dir: dir, conn: e.coord.Connect(user)}.want("select sum(n) from t", "3", kept)
	}
	for _, n := range []string{"7", "8"} {
		a.conn = e.coord.Connect("ann")
		a.write(n+"/a", n+"\n")
		a.run("create temporary table u (n int) location '" + dir + "/" + n + "'")
		a.want("select sum(n) from u", n, false)
		a.want("select sum(n) from u", n, true)
	}
}

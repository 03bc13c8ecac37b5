package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// everySplit reads files of every kind of line end and header with every size of splits from 1 byte to the
// whole file, and gz files of many members. Seeds draw the records.
func everySplit(dir string, first, seeds uint64) (r result) {
	for seed := first; seed < first+seeds; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 2))
		end := []string{"\n", "\r\n", "\r", "mixed"}[seed%4]
		header, last := int(seed/4%3), rnd.IntN(2) == 0
		text, want := lines(rnd, end, header, last)
		home := filepath.Join(dir, fmt.Sprint(seed))
		members := 1 + rnd.IntN(500)
		err := errors.Join(write(filepath.Join(home, "plain", "a"), text, false), writeMembers(filepath.Join(home, "gz", "a.gz"), text, members))
		if err == nil {
			err = splitTables(home, header, len(text), want, &r, seed)
		}
		if err != nil {
			r.Failed++
			r.say("seed %d: %v", seed, err)
		}
		os.RemoveAll(home)
	}
	return r
}

// lines draws the text of a file and returns it with its records.
func lines(rnd *rand.Rand, end string, header int, last bool) (string, []string) {
	var b strings.Builder
	var want []string
	n := 3 + rnd.IntN(30)
	for i := range n {
		line := fmt.Sprintf("%d%s", i, strings.Repeat("x", rnd.IntN(12)))
		if i >= header {
			want = append(want, line)
		}
		b.WriteString(line)
		e := end
		if e == "mixed" {
			e = pick(rnd, "\n", "\r\n", "\r")
		}
		if i < n-1 || last {
			b.WriteString(e)
		}
	}
	slices.Sort(want)
	return b.String(), want
}

// writeMembers writes text as gzip members of about equal size, cut anywhere, some of them empty.
func writeMembers(name, text string, members int) error {
	var b bytes.Buffer
	for i := range members {
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, text[len(text)*i/members:len(text)*(i+1)/members]); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
	}
	return write(name, b.String(), false)
}

func splitTables(home string, header, size int, want []string, r *result, seed uint64) error {
	w, err := newWorld(home, settings{splitSize: 1 << 20})
	if err != nil {
		return err
	}
	defer w.close()
	for _, table := range []string{"plain", "gz"} {
		err := w.do(fmt.Sprintf("create external table %s (s string) location '%s/%s' tblproperties ('skip.header.line.count'='%d')", table, home, table, header))
		if err != nil {
			return err
		}
	}
	for split := 1; split <= size+1; split++ {
		table := "plain"
		if split > size {
			table = "gz"
		}
		if err := w.do(fmt.Sprintf("set winnow.split.bytes=%d", split)); err != nil {
			return err
		}
		got, err := w.ask(context.Background(), "select s from "+table)
		r.Runs++
		switch {
		case err != nil:
			r.Failed++
			r.say("seed %d, %s, splits of %d: %v", seed, table, split, err)
		case !slices.Equal(got, want):
			r.Wrong++
			r.say("seed %d, %s, splits of %d: %d records, want %d", seed, table, split, len(got), len(want))
		}
	}
	return nil
}

// defectsCounted writes files with a known number of values and records that cannot be read; the counters
// must be equal.
func defectsCounted(dir string, first, seeds uint64) (r result) {
	for seed := first; seed < first+seeds; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 37))
		var text, js strings.Builder
		badInts, badDates, badLines, rows := 0, 0, 0, 1000
		for i := range rows {
			n, d := fmt.Sprint(i), "2011-12-06"
			if rnd.IntN(3) == 0 {
				n = pick(rnd, "x", "1x", "99999999999", "1.5.5")
				badInts++
			}
			if rnd.IntN(4) == 0 {
				d = pick(rnd, "2011-13-01", "yesterday", "2011-02-30")
				badDates++
			}
			fmt.Fprintf(&text, "%s,%s,ok\n", n, d)
			if rnd.IntN(5) == 0 {
				js.WriteString(pick(rnd, "{", "{\"a\":}", "no json", "{\"a\":1") + "\n")
				badLines++
			} else {
				fmt.Fprintf(&js, "{\"a\":%d}\n", i)
			}
		}
		home := filepath.Join(dir, fmt.Sprint(seed))
		err := errors.Join(write(filepath.Join(home, "text", "a"), text.String(), false), write(filepath.Join(home, "json", "a"), js.String(), seed%2 == 0))
		if err == nil {
			err = count(home, &r, seed, rows, badInts, badDates, badLines)
		}
		if err != nil {
			r.Failed++
			r.say("seed %d: %v", seed, err)
		}
		os.RemoveAll(home)
	}
	return r
}

func count(home string, r *result, seed uint64, rows, badInts, badDates, badLines int) error {
	w, err := newWorld(home, settings{splitSize: 2 << 10})
	if err != nil {
		return err
	}
	defer w.close()
	err = w.do(fmt.Sprintf(`create external table text (n int, d date, s string) row format delimited fields terminated by ',' location '%[1]s/text';
create external table json (a int) row format serde 'org.apache.hive.hcatalog.data.JsonSerDe' location '%[1]s/json'`, home))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		sql                   string
		badValues, badRecords int
		answer                string
	}{
		{"select count(*), count(n), count(d), count(s) from text", badInts + badDates, 0, fmt.Sprintf("%d|%d|%d|%d", rows, rows-badInts, rows-badDates, rows)},
		{"select count(*), count(a) from json", 0, badLines, fmt.Sprintf("%d|%d", rows, rows-badLines)},
	} {
		r.Runs += c.badValues + c.badRecords
		res, err := w.conn.Query(context.Background(), c.sql)
		if err != nil {
			return err
		}
		got, err := firstRow(res.Next(context.Background()))
		sum := res.Summary()
		if err := errors.Join(err, res.Close()); err != nil {
			return err
		}
		if got != c.answer {
			r.Wrong++
			r.say("seed %d: %s: %s, want %s", seed, c.sql, got, c.answer)
		}
		if st := sum.Stats; st.BadValues != int64(c.badValues) || st.BadRows != int64(c.badRecords) {
			r.Wrong++
			r.say("seed %d: %s: counted %d values and %d records, want %d and %d", seed, c.sql, st.BadValues, st.BadRows, c.badValues, c.badRecords)
		}
	}
	return nil
}

// statements are what brokenStatements mutates.
var statements = []string{
	"select k, count(*) c, sum(id) over (partition by k order by id rows between 1 preceding and current row) from t where s like 'a%' group by k, id having count(*) > 1 order by c desc limit 10",
	"with x as (select id, explode(array(1, 2)) n from t) select * from x lateral view posexplode(split('a,b', ',')) p as i, v where n in (select k from d) and not exists (select 1 from d where d.k = x.id)",
	"create external table if not exists e (a int comment 'x', m map<string,array<struct<x:int,y:decimal(10,2)>>>) partitioned by (y string) row format delimited fields terminated by '\\001' escaped by '\\\\' location 'nowhere' tblproperties ('a'='b')",
	"insert overwrite table e partition (y='1', z) select case when id between 1 and 2 then 'x' else cast(s as varchar(3)) end, map('a', 1)['a'] from t tablesample (10 rows) cluster by id",
	"alter table e add if not exists partition (y='2011', m=12) location 's3://b/x' partition (y='2012')",
	"select transform (id, s) using 'cat' as (a int, b string) from t distribute by id sort by s desc nulls last",
	"select a.id, b.* from t a left semi join d b on a.k = b.k and a.id <=> b.k full outer join (select 1 as one union all select 2.5e3) u on true where regexp_extract(s, '(\\\\d+)', 1) = '7'",
	"explain select date_add('2011-12-06', interval '1' day), timestamp '2011-12-06 00:00:00', -0x1F, 10L, 1.5BD, x'ff', `id` from t grouping sets ((k), (k, s), ())",
	"show partitions e partition (y='2011'); describe formatted t; show create table t; msck repair table e",
	"select * from (select id, k from t) pivot (sum(id) for k in (1, 2)) -- end",
}

// brokenStatements asks statements cut, joined and changed at random: each must be answered or refused, by
// an error that is not INTERNAL.
func brokenStatements(dir string, first, seeds uint64) result {
	st := newStage(dir)
	if st.want == nil {
		return st.r
	}
	w, err := newWorld(dir, settings{splitSize: 64 << 10})
	if err != nil {
		st.r.Failed++
		st.r.say("%v", err)
		return st.r
	}
	defer w.close()
	for seed := first; seed < first+seeds; seed++ {
		sql := mutated(rand.New(rand.NewPCG(seed, 36)))
		st.r.Runs++
		_, err := w.ask(context.Background(), "explain "+sql)
		switch {
		case errors.Is(err, errHung):
			st.r.Hung++
			st.r.say("seed %d: %q: hung", seed, sql)
		case diag.KindOf(err) == diag.Internal:
			st.r.Failed++
			st.r.say("seed %d: %q: %.300v", seed, sql, err)
		}
	}
	return st.r
}

func mutated(r *rand.Rand) string {
	words := strings.Fields(pick(r, statements...))
	for range 1 + r.IntN(4) {
		i, j := r.IntN(len(words)), r.IntN(len(words))
		switch r.IntN(6) {
		case 0:
			words = slices.Delete(words, i, i+1)
		case 1:
			words[i] = words[j]
		case 2:
			words = slices.Insert(words, i, strings.Fields(pick(r, statements...))[0])
		case 3:
			b := []byte(words[i])
			b[r.IntN(len(b))] = byte(r.IntN(256))
			words[i] = string(b)
		case 4:
			words[i] = strings.Repeat(pick(r, "(", "not ", "-", "case when ", "array(", "'", "select * from ("), 1+r.IntN(700)) + words[i]
		default:
			words = words[:max(1, i)]
		}
		if len(words) == 0 {
			return ""
		}
	}
	return strings.Join(words, " ")
}

package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// row is one record of the table that the questions are about.
type row struct {
	id, key int
	text    string // "" is written as \N and read as NULL
}

const (
	files       = 6
	rowsPerFile = 400
	keys        = 23
)

// archive writes the files of tables t and d below dir, every other one compressed, and returns t's rows.
func archive(dir string) ([]row, error) {
	var all []row
	for f := range files {
		var b strings.Builder
		for i := range rowsPerFile {
			r := row{id: f*rowsPerFile + i, text: fmt.Sprintf("text-%d", i%50)}
			r.key = r.id * 7919 % keys
			if r.id%11 == 0 {
				r.text = ""
			}
			all = append(all, r)
			text := r.text
			if text == "" {
				text = `\N`
			}
			fmt.Fprintf(&b, "%d\t%d\t%s\n", r.id, r.key, text)
		}
		if err := write(filepath.Join(dir, "t", fmt.Sprintf("part-%d", f)), b.String(), f%2 == 1); err != nil {
			return nil, err
		}
	}
	var b strings.Builder
	for k := range keys - 3 { // three keys have no name
		fmt.Fprintf(&b, "%d\tname-%d\n", k, k)
	}
	return all, write(filepath.Join(dir, "d", "names"), b.String(), false)
}

func write(name, text string, compress bool) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if !compress {
		return os.WriteFile(name, []byte(text), 0o644)
	}
	f, err := os.Create(name + ".gz")
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(text)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// ddl makes the tables over the files below dir.
func ddl(dir string) string {
	return fmt.Sprintf(`create external table t (id int, k int, s string) row format delimited fields terminated by '\t' location '%[1]s/t';
create external table d (k int, name string) row format delimited fields terminated by '\t' location '%[1]s/d'`, dir)
}

// question is a query and its answer, worked out from the rows as they were written.
type question struct {
	sql  string
	want func(all []row) []string
}

var questions = []question{
	{"select count(*), sum(id), count(s) from t", func(all []row) []string {
		n, sum, texts := 0, 0, 0
		for _, r := range all {
			n, sum = n+1, sum+r.id
			if r.text != "" {
				texts++
			}
		}
		return []string{fmt.Sprintf("%d|%d|%d", n, sum, texts)}
	}},
	{"select k, count(*), max(id) from t group by k", func(all []row) []string {
		return byKey(all, func(k int, rs []row) string { return fmt.Sprintf("%d|%d|%d", k, len(rs), rs[len(rs)-1].id) })
	}},
	{"select id, s from t where id % 5 = 2 and s is not null", func(all []row) (out []string) {
		for _, r := range all {
			if r.id%5 == 2 && r.text != "" {
				out = append(out, fmt.Sprintf("%d|%s", r.id, r.text))
			}
		}
		return out
	}},
	{"select d.name, count(*) from t join d on t.k = d.k group by d.name", func(all []row) []string {
		return byKey(all, func(k int, rs []row) string {
			if k >= keys-3 {
				return ""
			}
			return fmt.Sprintf("name-%d|%d", k, len(rs))
		})
	}},
	{"select a.id, b.id from (select id, k from t where id % 3 = 0) a full join (select id, k from t where id % 2 = 0) b on a.id = b.id", func(all []row) (out []string) {
		for _, r := range all {
			switch three, two := r.id%3 == 0, r.id%2 == 0; {
			case three && two:
				out = append(out, fmt.Sprintf("%d|%d", r.id, r.id))
			case three:
				out = append(out, fmt.Sprintf("%d|NULL", r.id))
			case two:
				out = append(out, fmt.Sprintf("NULL|%d", r.id))
			}
		}
		return out
	}},
	{"select id, k from t order by k desc, id limit 30", func(all []row) (out []string) {
		sorted := slices.Clone(all)
		slices.SortStableFunc(sorted, func(a, b row) int { return b.key - a.key })
		for _, r := range sorted[:30] {
			out = append(out, fmt.Sprintf("%d|%d", r.id, r.key))
		}
		return out
	}},
	{"select count(distinct s), count(distinct k) from t", func(all []row) []string {
		texts, ks := map[string]bool{}, map[int]bool{}
		for _, r := range all {
			if ks[r.key] = true; r.text != "" {
				texts[r.text] = true
			}
		}
		return []string{fmt.Sprintf("%d|%d", len(texts), len(ks))}
	}},
	{"select id, n from (select id, row_number() over (partition by k order by id desc) n from t) x where n = 1", func(all []row) []string {
		return byKey(all, func(_ int, rs []row) string { return fmt.Sprintf("%d|1", rs[len(rs)-1].id) })
	}},
	{"select k from d union all select k from t where id < 10", func(all []row) (out []string) {
		for k := range keys - 3 {
			out = append(out, fmt.Sprint(k))
		}
		for _, r := range all[:10] {
			out = append(out, fmt.Sprint(r.key))
		}
		return out
	}},
	{"select count(*) from t where k in (select k from d where name like '%1')", func(all []row) []string {
		n := 0
		for _, r := range all {
			if r.key < keys-3 && r.key%10 == 1 {
				n++
			}
		}
		return []string{fmt.Sprint(n)}
	}},
}

// byKey returns one line per key of its rows in the order of ids; "" is no line.
func byKey(all []row, line func(k int, rs []row) string) (out []string) {
	groups := map[int][]row{}
	for _, r := range all {
		groups[r.key] = append(groups[r.key], r)
	}
	for k, rs := range groups {
		if l := line(k, rs); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// answers returns the sorted answers to the questions.
func answers(all []row) [][]string {
	out := make([][]string, len(questions))
	for i, q := range questions {
		out[i] = q.want(all)
		slices.Sort(out[i])
	}
	return out
}

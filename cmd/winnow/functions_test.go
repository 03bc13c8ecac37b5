package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
)

// functionCase is a line of testdata/funcs: an expression or a query, its value and its type, separated by
// tabs. The value of a query is its rows; ERROR stands for any error, ERROR text for one that holds the text.
type functionCase struct {
	file, source, want, typ string
}

// functionCases reads testdata/funcs/*.tsv. The files hive_*.tsv hold what Hive 4.0.1 answered, winnow_*.tsv what
// winnow answers where it differs on purpose or Hive has no such function.
func functionCases(t *testing.T) []functionCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "funcs", "*.tsv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	var cases []functionCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Split(line, "\t")
			if len(f) < 3 {
				t.Errorf("%s: %q has no value and type", file, line)
				continue
			}
			n := len(f) - 2
			cases = append(cases, functionCase{filepath.Base(file), strings.Join(f[:n], "\t"), strings.ReplaceAll(f[n], `\n`, "\n"), f[n+1]})
		}
	}
	return cases
}

// functionConn is a connection in the time zone that Hive's answers were recorded in.
func functionConn(t *testing.T) *coord.Conn {
	t.Helper()
	f := engineFlags{warehouse: filepath.Join(t.TempDir(), "warehouse"), memory: "64MiB", timeZone: "America/New_York", slots: 1}
	e, err := f.engine(cluster{})
	if err != nil {
		t.Fatal(err)
	}
	conn := e.connect()
	t.Cleanup(func() { closeConn(conn) })
	return conn
}

// valueOf answers source, an expression or a query: its rows and the type of its first column.
func valueOf(conn *coord.Conn, source string) (value, typ string) {
	if !strings.HasPrefix(source, "select ") && !strings.HasPrefix(source, "with ") {
		source = "select " + source
	}
	res, err := conn.Query(context.Background(), source)
	if err != nil {
		return "ERROR " + err.Error(), ""
	}
	defer res.Close()
	rows, err := readRows(res)
	if err != nil {
		return "ERROR " + err.Error(), ""
	}
	return strings.TrimSuffix(rows, "\n"), datatype.Name(res.Schema.Field(0).Type)
}

func TestFunctions(t *testing.T) {
	conn := functionConn(t)
	for _, c := range functionCases(t) {
		got, typ := valueOf(conn, c.source)
		if text, fails := strings.CutPrefix(c.want, "ERROR"); fails {
			if !strings.HasPrefix(got, "ERROR") || !strings.Contains(got, strings.TrimSpace(text)) {
				t.Errorf("%s: %s = %q, want %q", c.file, c.source, got, c.want)
			}
			continue
		}
		if got != c.want || c.typ != "" && typ != c.typ {
			t.Errorf("%s: %s = %q %s, want %q %s", c.file, c.source, got, typ, c.want, c.typ)
		}
	}
}

// TestFunctionExamples runs the example that ends the documentation of a function, "EXPR is VALUE".
func TestFunctionExamples(t *testing.T) {
	conn := functionConn(t)
	for d := range funcs.Docs() {
		source, want, ok := example(d)
		if !ok {
			continue
		}
		got, _ := valueOf(conn, source)
		wanted, _ := valueOf(conn, want)
		if got != wanted {
			// 2 is 2.0 too.
			if same, _ := valueOf(conn, "("+source+") = ("+want+")"); same == "true" {
				continue
			}
		}
		if got != wanted || strings.HasPrefix(got, "ERROR") {
			t.Errorf("%s: %s is %s, not %s", d.Name, source, got, wanted)
		}
	}
}

func example(d funcs.Doc) (source, value string, ok bool) {
	at := strings.LastIndex(d.Text, "; ")
	if d.Kind != "scalar" || at < 0 {
		return "", "", false
	}
	source, value, ok = strings.Cut(d.Text[at+2:], " is ")
	return source, value, ok && callsOf(source)[d.Name]
}

var called = regexp.MustCompile(`\b([a-z_]\w*)\s*\(`)

// callsOf returns what source calls.
func callsOf(source string) map[string]bool {
	names := map[string]bool{}
	for _, m := range called.FindAllStringSubmatch(strings.ToLower(source), -1) {
		names[m[1]] = true
	}
	return names
}

// byOperator are the functions that SQL writes without their name, or that only the planner calls.
var byOperator = map[string]string{
	"+": "1 + 1", "-": "1 - 1", "*": "2 * 2", "/": "1 / 2", "%": "7 % 3", "div": "7 div 2", "&": "6 & 3", "|": "4 | 1", "^": "5 ^ 1", "~": "~0",
	"=": "1 = 1", "<>": "1 <> 2", "<": "1 < 2", "<=": "1 <= 2", ">": "2 > 1", ">=": "2 >= 1", "<=>": "null <=> null",
	"and": "true and true", "or": "false or true", "not": "not false", "in": "1 in (1, 2)", "between": "2 between 1 and 3",
	"like": "'abc' like 'a%'", "ilike": "'ABC' ilike 'a%'", "rlike": "'abc' rlike 'b'",
	"like any": "'abc' like any ('x%', 'a%')", "like all": "'abc' like all ('a%', '%c')", "likeany": "'a' like any ('a')", "likeall": "'a' like all ('a')", "regexp": "'abc' regexp 'b'",
	"!=": "1 != 2", "==": "1 == 1", "||": "'a' || 'b'", "!": "! false", "unnest": "u from (select 1) t cross join unnest(array(1)) as s(u)",
	"index": "array(7)[0]", "getfield": "named_struct('a', 7).a", "cast_format": "cast(date '2020-01-05' as string format 'DD/MM/YYYY')",
	"floor_unit": "floor(timestamp '2020-05-06 07:08:09' to day)", "ceil_unit": "ceil(timestamp '2020-05-06 07:08:09' to day)",
	"sq_count_check": "(select 1)", "extract_unit": "extract(year from date '2020-01-05')",
}

// TestFunctionsHaveCases wants a case with a value for every name of the library, the aliases too.
func TestFunctionsHaveCases(t *testing.T) {
	conn := functionConn(t)
	// assert_true has no value, the Java callers refuse, and geoip, which needs a file, has a test of its own.
	have := map[string]bool{"cast": true, "try_cast": true, "assert_true": true, "reflect": true, "reflect2": true, "java_method": true, "geoip": true}
	for name, source := range byOperator {
		if v, _ := valueOf(conn, source); v == "NULL" || strings.HasPrefix(v, "ERROR") {
			t.Errorf("%s is %s", source, v)
		}
		have[name] = true
	}
	for _, c := range functionCases(t) {
		if strings.HasPrefix(c.want, "ERROR") || c.want == "NULL" {
			continue
		}
		for name := range callsOf(c.source) {
			have[name] = true
		}
	}
	for d := range funcs.Docs() {
		if source, _, ok := example(d); ok {
			for name := range callsOf(source) {
				have[name] = true
			}
		}
	}
	for d := range funcs.Docs() {
		for _, name := range append([]string{d.Name}, d.Aliases...) {
			if !have[name] {
				t.Errorf("no case of testdata/funcs has a value of %s", name)
			}
		}
	}
}

package serde

import (
	stdjson "encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
)

// tableOf opens a table of columns "name type".
func tableOf(t testing.TB, format string, props map[string]string, columns ...string) (*Table, Spec) {
	t.Helper()
	f, err := Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Props: props}
	for _, c := range columns {
		name, typ, _ := strings.Cut(c, " ")
		ty, err := datatype.Parse(typ)
		if err != nil {
			t.Fatal(err)
		}
		spec.Columns = append(spec.Columns, Column{name, ty})
	}
	table, err := f.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	return table, spec
}

// decodeTwice decodes a record among good ones: it must be one row, and leave the others alone.
func decodeTwice(t *testing.T, table *Table, good, rec []byte) string {
	t.Helper()
	need := allColumns(len(table.Types))
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(need)
	for _, r := range [][]byte{good, rec, good} {
		if err := d.Decode(r, cols); err != nil {
			t.Fatal(err)
		}
	}
	if cols.Rows() != 3 {
		t.Fatalf("%q: %d rows", rec, cols.Rows())
	}
	var rows [3]string
	for _, a := range cols.Finish() {
		if a.Len() != 3 {
			t.Fatalf("%q: column of %d values", rec, a.Len())
		}
		for i := range rows {
			rows[i] += datatype.Text(a, i) + "|"
		}
		a.Release()
	}
	if rows[0] != rows[2] {
		t.Fatalf("%q: row before %q, row after %q", rec, rows[0], rows[2])
	}
	return rows[1]
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x","c":[{"x":1}],"d":{"k":1.5}}`, `{"a":[{"x":{}}]}`, `{"b":{"q":[1,"\u00e9",null,true]}}`, `[1,"x"]`, `{"d":{"k":1,"k":2}}`,
		`{"a":1e400,"b":NaN}`, `{"b":"\ud83d\ude00\ud800"}`, `{"c":[1,{"x":2`, `{"a":1} x`, "", "null", `{"s":{"x":1,"x":"7"}}`, `{"d":{"k":0,"k":`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		table, _ := tableOf(t, "json", nil, "a int", "b string", "c array<struct<x:int>>", "d map<string,double>", "s struct<x:int,y:string>")
		row := decodeTwice(t, table, []byte(`{"a":1,"b":"g","c":[{"x":7}],"d":{"k":1},"s":{"x":1}}`), rec)
		// What the standard library takes for an object is one here too, and its plain strings are the same.
		var m map[string]stdjson.RawMessage
		if stdjson.Unmarshal(rec, &m) != nil || m == nil {
			return
		}
		var want string
		exact := 0
		for k := range m {
			if strings.EqualFold(k, "b") {
				exact++
			}
		}
		if exact != 1 || strings.Count(string(rec), `"b"`) != 1 || stdjson.Unmarshal(m["b"], &want) != nil || string(m["b"]) == "null" {
			return
		}
		if strings.Contains(want, "�") || strings.Contains(want, "|") {
			return
		}
		if got := strings.Split(row, "|")[1]; got != want {
			t.Fatalf("%q: b is %q, want %q", rec, got, want)
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{`a,"b,c",d`, `"a""b",x`, `a\"b,c`, `"a`, `x,y"z",w`, "\"a\nb\",c", "a,\r\nb", ",,,", `"",""`, `\`, `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		for _, props := range []map[string]string{nil, {"multiline": "true"}, {"typed": "true"}, {"separatorChar": ";", "quoteChar": "'", "escapeChar": "|"}} {
			table, _ := tableOf(t, "csv", props, "a string", "b int", "c string")
			good := []byte("x,1,y")
			if props["quoteChar"] != "" {
				good = []byte("x;1;y")
			}
			row := decodeTwice(t, table, good, rec)
			if props == nil {
				if want := slowCSV(string(rec), 3); row != want {
					t.Fatalf("%q: %q, want %q", rec, row, want)
				}
			}
		}
	})
}

// slowCSV is opencsv 2.3's parser as it is written there, over one record.
func slowCSV(rec string, columns int) string {
	const sep, quote, escape = ',', '"', '\\'
	var fields []string
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(rec, "\r\n", "\n"), "\r", "\n"), "\n")
	var sb []byte
	inQuotes, inField, pending := false, false, false
	for n, line := range lines {
		if n == 0 && rec == "" || (n > 0 && !pending) {
			break
		}
		if n == len(lines)-1 && line == "" && n > 0 {
			break // no line is left, and what is pending is lost
		}
		pending = false
		for i := 0; i < len(line); i++ {
			next := func(c byte) bool { return i+1 < len(line) && line[i+1] == c }
			switch c := line[i]; {
			case c == escape:
				if (inQuotes || inField) && (next(quote) || next(escape)) {
					i++
					sb = append(sb, line[i])
				}
			case c == quote:
				if (inQuotes || inField) && next(quote) {
					i++
					sb = append(sb, line[i])
				} else {
					if i > 2 && line[i-1] != sep && len(line) > i+1 && line[i+1] != sep {
						if len(sb) > 0 && strings.Trim(string(sb), " \t\n") == "" {
							sb = sb[:0]
						} else {
							sb = append(sb, c)
						}
					}
					inQuotes = !inQuotes
				}
				inField = !inField
			case c == sep && !inQuotes:
				fields = append(fields, string(sb))
				sb, inField = sb[:0], false
			default:
				sb = append(sb, c)
				inField = true
			}
		}
		if inQuotes {
			sb, pending = append(sb, '\n'), true
			continue
		}
		fields = append(fields, string(sb))
	}
	out := ""
	for i := range columns {
		if i < len(fields) {
			out += fields[i] + "|"
		} else {
			out += "NULL|"
		}
	}
	return out
}

func FuzzRegex(f *testing.F) {
	f.Add([]byte("a 1 rest"))
	f.Add([]byte("nomatch"))
	f.Fuzz(func(t *testing.T, rec []byte) {
		table, _ := tableOf(t, "regex", map[string]string{"input.regex": `(\S+) (\S+)(?: (.*))?`}, "a string", "b int", "c string")
		decodeTwice(t, table, []byte("x 1 y"), rec)
	})
}

// FuzzLazy puts any bytes into every type of LazySimpleSerDe.
func FuzzLazy(f *testing.F) {
	for _, s := range chunkSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		props := map[string]string{"field.delim": "~", "escape.delim": "\\", "timestamp.formats": "yyyy-MM-dd'T'HH:mm,dd/MMM/yy:hh:mm:ss.SSSa Z,millis"}
		for _, typ := range []string{"tinyint", "smallint", "int", "bigint", "float", "double", "decimal(38,10)", "boolean", "date", "timestamp",
			"timestamp with local time zone", "varchar(3)", "char(3)", "binary", "array<int>", "map<int,string>", "map<double,boolean>", "struct<a:int,b:array<date>>"} {
			table, _ := tableOf(t, "delimited", props, "a "+typ)
			decodeTwice(t, table, []byte("1"), rec)
		}
	})
}

// TestCheck holds the errors that a CREATE TABLE gives for properties.
func TestCheck(t *testing.T) {
	if _, err := Lookup("org.apache.hadoop.hive.ql.io.orc.OrcSerde"); err == nil || !strings.Contains(err.Error(), "UNSUPPORTED") ||
		!strings.Contains(err.Error(), "LazySimpleSerDe") {
		t.Errorf("%v", err)
	}
	f, _ := Lookup("")
	w := f.Warnings(Spec{Props: map[string]string{"FIELD.DELIM": "^A", "collection.delim": "44", "mapkey.delim": `\003`}})
	if len(w) != 1 || !strings.Contains(w[0], `"^A"`) {
		t.Errorf("%q", w)
	}
	_, spec := tableOf(t, "csv", nil, "a int", "b date")
	f, _ = Lookup("csv")
	if types := fmt.Sprint(f.ColumnTypes(spec)); types != "[utf8 utf8]" {
		t.Error(types)
	}
	for _, f := range Formats() {
		for _, name := range append([]string{f.Name}, f.Classes...) {
			if got, err := Lookup(strings.ToUpper(name)); err != nil || got.Name != f.Name {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSplittable(t *testing.T) {
	for _, c := range []struct {
		format, path string
		props        map[string]string
		want         bool
	}{
		{"", "/x/a", nil, true},
		{"", "/x/a.GZ", nil, false},
		{"", "/x/a.bz2", nil, false},
		{"json", "/x/a.json", nil, true},
		{"csv", "/x/a", map[string]string{"multiline": "true"}, false},
		{"", "/x/a", map[string]string{"skip.header.line.count": "1"}, true},
		{"", "/x/a", map[string]string{"Skip.Header.Line.Count": "2"}, false},
		{"", "/x/a", map[string]string{"skip.footer.line.count": "1"}, false},
		{"", "/x/a", map[string]string{"textinputformat.record.delimiter": "ab"}, true},
		{"", "/x/a", map[string]string{"textinputformat.record.delimiter": "aa"}, false},
		{"", "/x/a", map[string]string{"serialization.encoding": "UTF-16"}, false},
		{"nosuch", "/x/a", nil, false},
	} {
		if got := Splittable(c.format, c.props, c.path); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

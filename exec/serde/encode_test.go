package serde

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// recordOf decodes JSON records to an arrow.Record.
func recordOf(t testing.TB, columns []string, records ...string) arrow.Record {
	t.Helper()
	table, spec := tableOf(t, "json", nil, columns...)
	need := allColumns(len(columns))
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(need)
	for _, r := range records {
		if err := d.Decode([]byte(r), cols); err != nil {
			t.Fatal(err)
		}
	}
	if cols.Counts.BadRows > 0 {
		t.Fatal("bad rows")
	}
	var fields []arrow.Field
	for _, c := range spec.Columns {
		fields = append(fields, arrow.Field{Name: c.Name, Type: c.Type, Nullable: true})
	}
	n := cols.Rows()
	return array.NewRecord(arrow.NewSchema(fields, nil), cols.Finish(), int64(n))
}

func cells(rec arrow.Record) (rows []string) {
	for r := range int(rec.NumRows()) {
		var row []string
		for _, c := range rec.Columns() {
			row = append(row, printable(datatype.Text(c, r)))
		}
		rows = append(rows, strings.Join(row, " | "))
	}
	return rows
}

// TestRoundTrip holds each Encoder to decode(encode(x)) = x.
func TestRoundTrip(t *testing.T) {
	flat := []string{"a string", "b int", "c double", "d decimal(10,3)", "e boolean", "f date", "g timestamp", "h binary", "i char(4)", "j varchar(3)"}
	flatRows := []string{
		`{"a":"x","b":1,"c":1.5,"d":1.25,"e":true,"f":"2011-01-05","g":"2011-01-05 01:02:03.004","h":"YWJj","i":"ab","j":"abc"}`,
		`{"a":"a,b\\c\nd\"e|f:g\r\u0001","b":-1,"c":1e300,"d":-0.001,"e":false,"f":"9999-12-31","g":"0001-01-01 00:00:00","h":"AAE=","i":"é","j":"äöü"}`,
		`{"a":"","b":2147483647}`, `{"a":"\\N"}`, `{"a":"NULL","j":""}`,
	}
	nested := []string{"a array<string>", "m map<string,array<int>>", "s struct<x:int,y:string>"}
	nestedRows := []string{`{"a":["x","y,z",null,""],"m":{"k":[1,2],"l":[]},"s":{"x":1,"y":"q|r:s"}}`, `{"a":[],"m":{},"s":{"x":null,"y":"z"}}`, `{}`}
	lazy := map[string]string{"field.delim": ",", "collection.delim": "|", "mapkey.delim": ":", "escape.delim": `\`}
	for _, c := range []struct {
		format  string
		props   map[string]string
		columns []string
		rows    []string
		skip    string // rows that the format cannot tell from others
	}{
		{"delimited", lazy, flat, flatRows, ""},
		{"delimited", lazy, nested, nestedRows, ""},
		{"json", nil, flat, flatRows, ""},
		{"json", nil, nested, nestedRows, ""},
		{"csv", map[string]string{"multiline": "true", "typed": "true"}, flat[:6], flatRows, "1"},
		{"multidelimit", map[string]string{"field.delim": "||"}, flat, flatRows[:1], ""},
		{"lines", nil, flat[:1], []string{`{"a":"x"}`, `{"a":""}`}, ""},
	} {
		t.Run(c.format, func(t *testing.T) {
			rec := recordOf(t, c.columns, c.rows...)
			defer rec.Release()
			table, _ := tableOf(t, c.format, c.props, c.columns...)
			enc, err := table.NewEncoder()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := enc.Encode(&b, rec); err != nil {
				t.Fatal(err)
			}
			got, _, _ := readAll(t, table, b.Bytes())
			want := cells(rec)
			if c.skip != "" { // CSV has no carriage return within quotes
				want[1] = strings.ReplaceAll(want[1], `\r`, `\n`)
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s:\n got:\n%s\nwant:\n%s", b.Bytes(), strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestEncodeText holds the exact text that is written.
func TestEncodeText(t *testing.T) {
	rec := recordOf(t, []string{"a string", "b double", "c array<int>", "d map<string,boolean>", "e timestamp"},
		`{"a":"x","b":10000000,"c":[1,2],"d":{"k":true},"e":"2011-01-05 01:02:03"}`, `{}`)
	defer rec.Release()
	for format, want := range map[string]string{
		"delimited": "x\x011.0E7\x011\x022\x01k\x03true\x012011-01-05 01:02:03\n\\N\x01\\N\x01\\N\x01\\N\x01\\N\n",
		"json": `{"a":"x","b":1.0E7,"c":[1,2],"d":{"k":true},"e":"2011-01-05 01:02:03"}` + "\n" +
			`{"a":null,"b":null,"c":null,"d":null,"e":null}` + "\n",
		"csv": `"x","1.0E7","[1,2]","{""k"":true}","2011-01-05 01:02:03"` + "\n,,,,\n",
	} {
		table, _ := tableOf(t, format, nil, "a string", "b double", "c array<int>", "d map<string,boolean>", "e timestamp")
		enc, err := table.NewEncoder()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := enc.Encode(&b, rec); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: %q, want %q", format, b.String(), want)
		}
	}
}

func TestWriterWarnings(t *testing.T) {
	rec := recordOf(t, []string{"a string"}, `{"a":"x,y"}`, `{"a":"z"}`)
	defer rec.Release()
	table, _ := tableOf(t, "delimited", map[string]string{"field.delim": ",", "skip.header.line.count": "1"}, "a string")
	var b bytes.Buffer
	w, err := table.NewWriter(&b, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := w.Warnings(); len(got) != 2 || !strings.HasPrefix(got[0], "1 text values") || !strings.Contains(got[1], "skip 1 of") || b.String() != "x,y\nz\n" {
		t.Errorf("%q, %q", got, b.String())
	}
}

func TestWriterCharset(t *testing.T) {
	rec := recordOf(t, []string{"a string"}, `{"a":"café"}`)
	defer rec.Release()
	for _, charset := range []string{"ISO-8859-1", "windows-1252", "UTF-16LE"} {
		table, _ := tableOf(t, "delimited", map[string]string{"serialization.encoding": charset}, "a string")
		var b bytes.Buffer
		w, err := table.NewWriter(&b, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := readAll(t, table, b.Bytes()); fmt.Sprint(got) != "[café]" {
			t.Errorf("%s: %q: %q", charset, b.Bytes(), got)
		}
	}
}

// TestNoAllocations: once a decoder is warm, a record costs none.
func TestNoAllocations(t *testing.T) {
	for _, c := range []struct {
		format string
		props  map[string]string
		rec    string
	}{
		{"delimited", comma(), "some text,123,1.5,2011-12-06 01:02:03"},
		{"json", nil, `{"a":"some \u0041 text","b":123,"c":1.5,"d":"2011-12-06 01:02:03","other":{"x":[1,2,{"y":"z"}]}}`},
		{"csv", map[string]string{"typed": "true"}, `"some ""text""",123,1.5,2011-12-06 01:02:03`},
	} {
		table, _ := tableOf(t, c.format, c.props, "a string", "b int", "c double", "d timestamp")
		need := allColumns(4)
		d, err := table.NewDecoder(need)
		if err != nil {
			t.Fatal(err)
		}
		cols, rec := table.NewColumns(need), []byte(c.rec)
		run := func() {
			for range 1000 {
				if err := d.Decode(rec, cols); err != nil {
					t.Fatal(err)
				}
			}
			cols.cut(0)
		}
		run()
		if n := testing.AllocsPerRun(5, run); n > 1 {
			t.Errorf("%s: %v allocations per 1000 records", c.format, n)
		}
	}
}

func comma() map[string]string { return map[string]string{"field.delim": ","} }

func BenchmarkRecords(b *testing.B) {
	for _, c := range []struct {
		format string
		props  map[string]string
		rec    string
	}{
		{"json", nil, `{"time":"2011-12-06 01:02:03","a":"text","user":{"id":123,"lang":"de","agent":"Mozilla/5.0 (X11; Linux x86_64)"},"b":123,"c":1.5,"path":"/shop/item/123","d":"2011-12-06 01:02:03"}`},
		{"csv", nil, `"some text",123,1.5,2011-12-06 01:02:03,"Mozilla/5.0 (X11; Linux x86_64)"`},
		{"regex", map[string]string{"input.regex": `([^ ]*) ([^ ]*) ([^ ]*) (.*)`}, `text 123 1.5 2011-12-06 01:02:03`},
	} {
		b.Run(c.format, func(b *testing.B) {
			table, _ := tableOf(b, c.format, c.props, "a string", "b int", "c double", "d timestamp")
			d, err := table.NewDecoder(Need{Columns: []int{0, 1}})
			if err != nil {
				b.Fatal(err)
			}
			cols, rec := table.NewColumns(Need{Columns: []int{0, 1}}), []byte(c.rec)
			b.SetBytes(int64(len(rec)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Decode(rec, cols); err != nil {
					b.Fatal(err)
				}
				if cols.Rows() == 16384 {
					cols.cut(0)
				}
			}
		})
	}
}

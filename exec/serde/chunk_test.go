package serde

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
)

// chunkTables are delimited tables whose two forms of decoder must agree.
func chunkTables(t testing.TB) []Spec {
	column := func(name, typ string) Column {
		ty, err := datatype.Parse(typ)
		if err != nil {
			t.Fatal(err)
		}
		return Column{name, ty}
	}
	plain := []Column{column("a", "string"), column("b", "int"), column("c", "double"), column("d", "bigint"), column("e", "string")}
	nested := []Column{column("a", "array<int>"), column("b", "map<string,int>"), column("c", "struct<x:int,y:string>")}
	odd := []Column{column("a", "tinyint"), column("b", "varchar(2)"), column("c", "boolean"), column("d", "date"), column("e", "timestamp"),
		column("f", "decimal(5,2)"), column("g", "binary"), column("h", "float")}
	return []Spec{
		{Columns: plain, Props: map[string]string{"field.delim": ","}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "line.delim": "\n"}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "textinputformat.record.delimiter": "\n"}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "line.delim": ";"}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "escape.delim": "\\"}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "serialization.last.column.takes.rest": "true"}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "serialization.null.format": ""}},
		{Columns: plain, Props: map[string]string{"field.delim": ",", "serialization.null.format": "1"}},
		{Columns: nested, Props: map[string]string{"field.delim": ",", "collection.delim": "1", "mapkey.delim": ":"}},
		{Columns: odd, Props: map[string]string{"field.delim": ","}},
	}
}

// rowsOf decodes chunks, one way or the other, and prints the rows of the needed columns.
func rowsOf(t testing.TB, table *Table, need Need, chunked bool, chunks ...[]byte) (rows []string, counts string) {
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(need)
	for _, b := range chunks {
		if chunked {
			if err := d.(ChunkDecoder).DecodeChunk(b, cols); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for len(b) > 0 {
			rec, n := table.Framing.Next(b, true)
			if err := d.Decode(rec, cols); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
	}
	bad := int64(0)
	for i := range need.Columns {
		bad += cols.BadValues(i)
	}
	counts = fmt.Sprint(cols.Counts, bad)
	n := cols.Rows()
	arrays := cols.Finish()
	for r := range n {
		row := ""
		for _, a := range arrays {
			row += datatype.Text(a, r) + "|"
		}
		rows = append(rows, row)
	}
	for _, a := range arrays {
		if a.Len() != n {
			t.Fatalf("column of %d values in %d rows", a.Len(), n)
		}
		a.Release()
	}
	return rows, counts
}

// wants are what is asked of a table of so many columns: all of them, some, one, and each with conditions.
func wants(spec Spec) []Need {
	needs := []Need{allColumns(len(spec.Columns)), {Columns: []int{2, 0}}, {Columns: []int{1}}}
	for _, p := range predicates(spec) {
		needs = append(needs, Need{Columns: allColumns(len(spec.Columns)).Columns, Where: []Predicate{p}})
	}
	if len(spec.Columns) > 3 {
		needs = append(needs, Need{Columns: []int{3, 1, 0}, Where: predicatesOf(spec, 1, 0, 3)},
			Need{Columns: []int{0, 2, 1}, Where: predicatesOf(spec, 0, 2)})
	}
	return needs
}

// sameRows holds the two forms to each other, for all columns, some, and one.
func sameRows(t testing.TB, data []byte) {
	for i, spec := range chunkTables(t) {
		f, _ := Lookup("delimited")
		table, err := f.Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		text := data
		r := NewReader(table.Framing, 1<<20)
		r.Reset(bytes.NewReader(text), Range{End: math.MaxInt64})
		c, err := r.Next()
		if err != nil || c.Single {
			continue
		}
		for _, need := range wants(spec) {
			// The second time it is known how many fields the records have.
			want, wantCounts := rowsOf(t, table, need, false, c.Data, c.Data)
			got, gotCounts := rowsOf(t, table, need, true, c.Data, c.Data)
			if fmt.Sprint(got) != fmt.Sprint(want) || gotCounts != wantCounts {
				t.Fatalf("table %d, %v, %q:\n got %q %s\nwant %q %s", i, need, c.Data, got, gotCounts, want, wantCounts)
			}
			if bytes.HasSuffix(c.Data, []byte("\r")) && c.Data[0] == '\n' {
				continue // the end of the one and the beginning of the other would be one end of a record
			}
			if all := filtered(t, table, need, slices.Concat(c.Data, c.Data)); fmt.Sprint(got) != fmt.Sprint(all) {
				t.Fatalf("table %d, %v, %q:\n got %q\nwant %q", i, need, c.Data, got, all)
			}
		}
	}
}

var chunkSeeds = []string{
	"x,1,2.5,3,y\nz,2,3.5,4,w\n", "x,1\ny,2,3,4,5,6\n\n,,,,\n", "a,1,2,3,b\r\nc,4,5,6,d\r\n", "a\rb\n", "\\N,\\N,\\N,\\N,\\N\n",
	"a\\,b,1,2,3,4\n\\n\\\n", "k:1|k:2,x\n1|2|3,a:1,4|z\n", "12,abc,true,2020-01-02,2020-01-02 03:04:05,1.255,YWJj,1.5\n",
	"x;y,1;z", "1,1,1,1,1\n-0,+1,1e3,1.9,é\xff\n", ",\n,\n", "\n\n\n", "a,99999999999,1e400,9223372036854775808,x,,\n", "a,b\r\r\n", "\r\n\r\n", "\n\r\r",
}

func FuzzChunk(f *testing.F) {
	for _, s := range chunkSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameRows(t, data) })
}

// TestChunkShapes takes chunks whose records have now so many fields, now others, through one decoder.
func TestChunkShapes(t *testing.T) {
	line := "some text,1,2.5,3,more,4,,5"
	records := func(fields int, end string) string {
		return strings.Join(strings.Split(line, ",")[:fields], ",") + end
	}
	var chunks [][]byte
	for _, fields := range []int{5, 5, 3, 3, 1, 1, 8, 8, 5} {
		for _, end := range []string{"\n", "\r\n"} {
			chunk := strings.Repeat(records(fields, end), 20)
			chunks = append(chunks, []byte(chunk), []byte(chunk+records(4, end)), []byte(records(6, end)+chunk), []byte(chunk))
		}
	}
	f, _ := Lookup("delimited")
	for i, spec := range chunkTables(t)[:6] {
		table, err := f.Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, need := range wants(spec) {
			want, wantCounts := rowsOf(t, table, need, false, chunks...)
			got, gotCounts := rowsOf(t, table, need, true, chunks...)
			if !slices.Equal(got, want) || gotCounts != wantCounts {
				t.Errorf("table %d, %v: %d rows, %s; want %d, %s", i, need, len(got), gotCounts, len(want), wantCounts)
			}
		}
	}
}

// TestChunkBatches takes several chunks and batches through one decoder, so that NULLs, counts and slices begin anew.
func TestChunkBatches(t *testing.T) {
	f, _ := Lookup("delimited")
	table, err := f.Open(chunkTables(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	need := allColumns(5)
	d, _ := table.NewDecoder(need)
	cols := table.NewColumns(need)
	for batch := range 4 {
		want := 0
		for _, s := range chunkSeeds[:3] {
			if err := d.(ChunkDecoder).DecodeChunk([]byte(s), cols); err != nil {
				t.Fatal(err)
			}
			want += table.Framing.Count([]byte(s))
		}
		arrays := cols.Finish()
		for i, a := range arrays {
			if a.Len() != want {
				t.Errorf("batch %d, column %d: %d values, want %d", batch, i, a.Len(), want)
			}
			if got := datatype.Text(a, 0); i == 0 && got != "x" {
				t.Errorf("batch %d: %q", batch, got)
			}
			a.Release()
		}
	}
}

func logTable(b *testing.B) (*Table, []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	var data []byte
	for len(data) < 8<<20 {
		data = fmt.Appendf(data, "2011-12-06 %02d:%02d:%02d\t10.0.%d.%d\tGET\t/shop/item/%d?ref=%x\tHTTP/1.1\t%d\t%d\t%.3f\tMozilla/5.0 (X11; Linux x86_64)\t%x\thost%d\tDE\n",
			r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(256), r.IntN(256), r.IntN(100000), r.Uint64(), 200+r.IntN(5)*101, r.IntN(1<<20), r.Float64()*100,
			r.Uint64(), r.IntN(50))
	}
	f, _ := Lookup("delimited")
	spec := Spec{Props: map[string]string{"field.delim": "\t"}}
	for i, typ := range []string{"timestamp", "string", "string", "string", "string", "int", "bigint", "double", "string", "string", "string", "string"} {
		ty, _ := datatype.Parse(typ)
		spec.Columns = append(spec.Columns, Column{fmt.Sprint("c", i), ty})
	}
	table, err := f.Open(spec)
	if err != nil {
		b.Fatal(err)
	}
	return table, data
}

func TestDelimitedChunkAllocates(t *testing.T) {
	f := formTable{"delimited", map[string]string{"field.delim": ","}, []string{"a string", "b int", "c double", "d date", "e decimal(9,2)", "f bigint"},
		[][]int{{0, 1, 2, 3, 4, 5}}}
	f.allocates(t, "GET /x,404,1.5,2024-03-05,12.25,123456789")
}

func BenchmarkDelimited(b *testing.B) {
	table, data := logTable(b)
	for _, c := range []struct {
		name string
		need []int
	}{{"count", nil}, {"int", []int{5}}, {"status+bytes", []int{5, 6}}, {"double", []int{7}}, {"url", []int{3}}, {"timestamp", []int{0}}, {"all", allColumns(12).Columns}} {
		b.Run(c.name, func(b *testing.B) {
			need := Need{Columns: c.need}
			d, err := table.NewDecoder(need)
			if err != nil {
				b.Fatal(err)
			}
			cols := table.NewColumns(need)
			r := NewReader(table.Framing, table.MaxLine)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(bytes.NewReader(data), Range{End: math.MaxInt64})
				for {
					chunk, err := r.Next()
					if err != nil {
						break
					}
					if err := d.(ChunkDecoder).DecodeChunk(chunk.Data, cols); err != nil {
						b.Fatal(err)
					}
					if cols.Rows() >= 16384 {
						for _, a := range cols.Finish() {
							a.Release()
						}
					}
				}
			}
		})
	}
}

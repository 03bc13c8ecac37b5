package serde

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

// formTable is a table of some format, and the columns to be read of it, whose two forms of decoder must agree.
type formTable struct {
	format  string
	props   map[string]string
	columns []string
	needs   [][]int
}

// open also returns the record form's decoder for each need.
func (f *formTable) open(t testing.TB) *Table {
	t.Helper()
	table, _ := tableOf(t, f.format, f.props, f.columns...)
	return table
}

// sameForms decodes data by chunks and by records.
func (f *formTable) sameForms(t testing.TB, data []byte) {
	t.Helper()
	table := f.open(t)
	r := NewReader(table.Framing, 1<<20)
	r.Reset(bytes.NewReader(data), Range{End: math.MaxInt64})
	c, err := r.Next()
	if err != nil || c.Single {
		return
	}
	for _, columns := range append(f.needs, allColumns(len(f.columns)).Columns) {
		need := Need{Columns: columns}
		want, wantCounts := rowsOf(t, table, need, c.Data, false)
		got, gotCounts := rowsOf(t, table, need, c.Data, true)
		if fmt.Sprint(got) != fmt.Sprint(want) || gotCounts != wantCounts {
			t.Fatalf("%s %v, columns %v, %q:\n got %q %s\nwant %q %s", f.format, f.props, columns, c.Data, got, gotCounts, want, wantCounts)
		}
	}
}

// allocates holds the chunk form to allocate nothing once its buffers have grown.
func (f *formTable) allocates(t *testing.T, line string) {
	t.Helper()
	table := f.open(t)
	data := bytes.Repeat([]byte(line+"\n"), 100)
	need := Need{Columns: f.needs[0]}
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(need)
	if n := testing.AllocsPerRun(50, func() {
		cols.cut(0)
		if err := d.(ChunkDecoder).DecodeChunk(data, cols); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%s: %v allocations in %d rows", f.format, n, cols.Rows())
	}
}

// benchmark decodes much text of line.
func (f *formTable) benchmark(b *testing.B, line string) {
	table := f.open(b)
	data := bytes.Repeat([]byte(line+"\n"), chunkSize/len(line))
	for _, columns := range f.needs {
		b.Run(fmt.Sprint(columns), func(b *testing.B) {
			need := Need{Columns: columns}
			d, err := table.NewDecoder(need)
			if err != nil {
				b.Fatal(err)
			}
			cols := table.NewColumns(need)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				cols.cut(0)
				if err := d.(ChunkDecoder).DecodeChunk(data, cols); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var regexTables = []formTable{
	{"regex", map[string]string{"input.regex": `^(\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-)$`},
		[]string{"ip string", "time string", "request string", "status int", "size bigint"}, [][]int{{0, 3}, {4}, {2, 1}}},
	{"regex", map[string]string{"input.regex": `(\S+)(?: (.*))?`, "line.delim": "\n"}, []string{"a varchar(3)", "b double"}, [][]int{{1}}},
	{"regex", map[string]string{"input.regex": `(.*?)-(\w+)\b(.*)`, "textinputformat.record.delimiter": ";"}, []string{"a string", "b boolean", "c string"}, [][]int{{2}}},
	{"regex", map[string]string{"input.regex": `(?i)get (\S*)`}, []string{"a string"}, [][]int{{0}}},
	{"grok", map[string]string{"input.format": "%{WORD:verb} %{NUMBER:n} %{NOTSPACE:rest}"}, []string{"verb string", "n double", "rest string"}, [][]int{{2, 1}}},
}

var regexSeeds = []string{
	"1.2.3.4 [now] \"GET /\" 200 17\n1.2.3.4 [now] \"GET /é\xff\" 404 -\n", "a\r\nb c\r\nget é\r", "GET 12.5 x\nlook: GET 1 y\n\n",
	"a-b c;é-é é;\n", "x [y] \"z\" 9999 1\nx [y] \"z\" 999 99999999999999999999\n", "get é\nGET \n", "\n\n",
}

func FuzzRegexChunk(f *testing.F) {
	for _, s := range regexSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for i := range regexTables {
			regexTables[i].sameForms(t, data)
		}
	})
}

const regexLine = `63.74.111.199 [05/Mar/2024:00:00:01 +0000] "GET /news/old-summer-269?utm_source=mail&utm_medium=social HTTP/1.1" 200 16816`

func TestRegexChunkAllocates(t *testing.T) { regexTables[0].allocates(t, regexLine) }

func BenchmarkRegexChunk(b *testing.B) { regexTables[0].benchmark(b, regexLine) }

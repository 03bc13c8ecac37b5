package serde

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// formTable is a table of some format, and the columns to be read of it, whose two forms of decoder must agree.
type formTable struct {
	format  string
	props   map[string]string
	columns []string
	needs   [][]int
}

func (f *formTable) open(t testing.TB) *Table {
	t.Helper()
	table, _ := tableOf(t, f.format, f.props, f.columns...)
	return table
}

// forms are the decoders of a table for one need: they are used again and again, as by a scan.
type forms struct {
	name   string
	table  *Table
	need   Need
	chunks ChunkDecoder
	record Decoder
	plain  Decoder // of all rows, without conditions
}

// prepare makes the decoders of all tables and needs.
func prepare(t testing.TB, tables ...formTable) (all []*forms) {
	t.Helper()
	for i := range tables {
		table := tables[i].open(t)
		decoder := func(need Need) Decoder {
			d, err := table.NewDecoder(need)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		for _, need := range tables[i].everyNeed(t) {
			f := &forms{name: fmt.Sprint(tables[i].format, tables[i].props, need), table: table, need: need, record: decoder(need),
				plain: decoder(Need{Columns: need.Columns, Fields: need.Fields})}
			var ok bool
			if f.chunks, ok = decoder(need).(ChunkDecoder); !ok {
				t.Fatalf("%s has no chunk form", f.name)
			}
			all = append(all, f)
		}
	}
	return all
}

// same decodes data by chunks and by records.
func (f *forms) same(t testing.TB, data []byte) {
	t.Helper()
	r := NewReader(f.table.Framing, 1<<20)
	r.Reset(bytes.NewReader(data), Range{End: math.MaxInt64})
	c, err := r.Next()
	if err != nil || c.Single {
		return
	}
	byRecord := func(d Decoder, cols *Columns) {
		for b := c.Data; len(b) > 0; {
			rec, n := f.table.Framing.Next(b, true)
			if err := d.Decode(rec, cols); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
	}
	want, got, plain := f.table.NewColumns(f.need), f.table.NewColumns(f.need), f.table.NewColumns(Need{Columns: f.need.Columns, Fields: f.need.Fields})
	byRecord(f.record, want)
	byRecord(f.plain, plain)
	if err := f.chunks.DecodeChunk(c.Data, got); err != nil {
		t.Fatal(err)
	}
	wantRows, wantCounts := f.rows(t, want, nil)
	if rows, counts := f.rows(t, got, nil); !slices.Equal(rows, wantRows) || counts != wantCounts {
		t.Fatalf("%s, %q:\n got %q %s\nwant %q %s", f.name, c.Data, rows, counts, wantRows, wantCounts)
	}
	if rows, _ := f.rows(t, plain, f.need.Where); !slices.Equal(rows, wantRows) {
		t.Fatalf("%s, %q: %q, but %q by the conditions", f.name, c.Data, wantRows, rows)
	}
}

// rows prints the rows for which where is true, and what was counted.
func (f *forms) rows(t testing.TB, cols *Columns, where []Predicate) (rows []string, counts string) {
	t.Helper()
	bad := int64(0)
	for i := range f.need.Columns {
		bad += cols.BadValues(i)
	}
	counts = fmt.Sprint(cols.Counts, bad)
	n, arrays := cols.Rows(), cols.Finish()
	for r := range n {
		row, keep := "", true
		for _, a := range arrays {
			row += datatype.Text(a, r) + "|"
		}
		for _, p := range where {
			keep = keep && isTrue(p, arrays[slices.Index(f.need.Columns, p.Column)], r)
		}
		if keep {
			rows = append(rows, row)
		}
	}
	for _, a := range arrays {
		if a.Len() != n {
			t.Fatalf("column of %d values in %d rows", a.Len(), n)
		}
		a.Release()
	}
	return rows, counts
}

// fuzz holds the two forms of the tables to each other. The engines that a record may go to have a bound of time, so texts are short.
func fuzz(f *testing.F, tables []formTable, seeds []string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	all := prepare(f, tables...)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		for _, forms := range all {
			forms.same(t, data)
		}
	})
}

// mutated holds the two forms to each other on seeds that are cut, joined and sprinkled with what is special in them.
func mutated(t *testing.T, tables []formTable, seeds, special []string) {
	all := prepare(t, tables...)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		text := seeds[r.IntN(len(seeds))]
		for range 1 + r.IntN(4) {
			from := r.IntN(len(text) + 1)
			to := min(len(text), from+r.IntN(6))
			switch r.IntN(3) {
			case 0:
				text = text[:from] + text[to:]
			case 1:
				text = text[:from] + special[r.IntN(len(special))] + text[to:]
			default:
				text = text[:from] + seeds[r.IntN(len(seeds))] + text[from:]
			}
		}
		all[r.IntN(len(all))].same(t, []byte(text+"\n"))
	}
}

// everyNeed is the needs with and without conditions, and with one field of each struct.
func (f *formTable) everyNeed(t testing.TB) (out []Need) {
	_, spec := tableOf(t, f.format, f.props, f.columns...)
	for _, columns := range append(f.needs, allColumns(len(f.columns)).Columns) {
		n := len(columns) - 1
		out = append(out, Need{Columns: columns}, Need{Columns: columns, Where: predicatesOf(spec, columns[n])},
			Need{Columns: columns, Where: predicatesOf(spec, columns[0], columns[n])})
		fields := make([][]string, len(columns))
		for i, c := range columns {
			if s, ok := spec.Columns[c].Type.(*arrow.StructType); ok {
				fields[i] = []string{s.Field(0).Name, s.Field(s.NumFields()-1).Name + ".k"}
				out = append(out, Need{Columns: columns, Fields: fields})
			}
		}
	}
	return out
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
	{"regex", map[string]string{"input.regex": `(.*?)-(\w+)(.*)`, "textinputformat.record.delimiter": ";"}, []string{"a string", "b boolean", "c string"}, [][]int{{2}}},
	{"regex", map[string]string{"input.regex": `(?i)get (\S*)`}, []string{"a string"}, [][]int{{0}}},
	{"grok", map[string]string{"input.format": "%{NOTSPACE:verb} %{INT:n} %{NOTSPACE:rest}"}, []string{"verb string", "n double", "rest string"}, [][]int{{2, 1}}},
}

var regexSeeds = []string{
	"1.2.3.4 [now] \"GET /\" 200 17\n1.2.3.4 [now] \"GET /é\xff\" 404 -\n", "a\r\nb c\r\nget é\r", "GET 12.5 x\nlook: GET 1 y\n\n",
	"a-b c;é-é é;\n", "x [y] \"z\" 9999 1\nx [y] \"z\" 999 99999999999999999999\n", "get é\nGET \n", "\n\n",
}

func FuzzRegexChunk(f *testing.F) { fuzz(f, regexTables, regexSeeds) }

func TestRegexChunkMutated(t *testing.T) {
	mutated(t, regexTables, append(regexSeeds, regexLine), []string{" ", `"`, "[", "-", "\r", ";", "é", "\xff", "404"})
}

const regexLine = `63.74.111.199 [05/Mar/2024:00:00:01 +0000] "GET /news/old-summer-269?utm_source=mail&utm_medium=social HTTP/1.1" 200 16816`

func TestRegexChunkAllocates(t *testing.T) { regexTables[0].allocates(t, regexLine) }

func BenchmarkRegexChunk(b *testing.B) { regexTables[0].benchmark(b, regexLine) }

var jsonTables = []formTable{
	{"json", nil, []string{"id bigint", "user struct<lang:string,id:int,geo:struct<k:double>>", "text string", "tags array<string>", "m map<string,int>"},
		[][]int{{1}, {0, 2}, {3}, {4, 1}}},
	{"json", map[string]string{"mapping.a": "Key", "line.delim": "\n"}, []string{"a varchar(5)", "ik boolean"}, [][]int{{0}, {1}}},
	{"json", map[string]string{"case.insensitive": "false", "mapping.a": "User"}, []string{"a string", "lang string"}, [][]int{{0}, {1}}},
	{"json", map[string]string{"textinputformat.record.delimiter": "\n"}, []string{"a1 int", "b22 int", "c333 int", "d4444 int", "e55555 int", "f666666 int", "g7777777 int"}, [][]int{{3, 1}}},
}

const tweet = `{"created_at":"Tue Mar 05 17:00:00 +0000 2024","id":1763113000000060525,"text":"I love \u00e9\ud83d\ude00 \"green\" old","source":"<a href=\"http:\/\/twitter.com\/download\/iphone\">Twitter<\/a>","truncated":false,"in_reply_to":null,"user":{"id":32,"screen_name":"user_32","name":"battery é","geo":{"k":1.5e3,"u":[]},"verified":true,"lang":"th"},"entities":{"hashtags":[{"text":"hotel"},{"text":"summer"}],"urls":[]},"tags":["x","y"],"m":{"k":1},"lang":"th"}`

var jsonSeeds = []string{
	tweet + "\n" + tweet + "\n", `{"id":1,"text":"x"}` + "\n" + `{"id":2,"user":{"lang":"e\\n"}}` + "\n",
	`{"id" : 1, "text" :"x" , "user": { "lang" :"a" } }` + "\n  { \"id\":\t2}\r\n\n", `{"id":1}x` + "\n" + `{"id":1} {}` + "\n{\"id\":1},\n",
	`{"id":1,"id":2}` + "\n" + `{"ID":1,"\u0069d":2}` + "\n" + `{"user":{"lang":"x"},"User":{"id":2}}` + "\n", `{"id":tru}` + "\n" + `{"x":true1,"id":1}` + "\n" + `{"x":NaN,"id":1}` + "\n",
	`{"x":[1,2,{"a":[]},{}],"id":1}` + "\n" + `{"x":[1,],"id":1}` + "\n" + `{"x":{"a":1,},"id":1}` + "\n" + `{"x":[1}],"id":1}` + "\n",
	`{"text":"\ud800","id":1}` + "\n" + `{"x":"\ud800\u0041","id":1}` + "\n" + `{"x":"\q","id":1}` + "\n" + `{"x":"a` + "\x01" + `"}` + "\n",
	`{"user":null,"id":null}` + "\n" + `{"user":5}` + "\n" + `{"user":["en",7]}` + "\n" + `{"user":{"geo":{"k":"x"}},"id":"12"}` + "\n" + `{"user":{}}` + "\n",
	`[1,{"lang":"x"}]` + "\n" + `"x"` + "\n5\nnull\n" + `{}` + "\n", `{"İd":3,"user":{"lang":"x"}}` + "\n" + `{"Key":"a","iK":true}` + "\n" + `{"K":1,"i\u212a":true,"iK":false}` + "\n",
	`{"a":"` + "\xff\xfe" + `","text":"` + "\xe9" + `"}` + "\n", `{"text":"unclosed` + "\n" + `{"text":"\\"}` + "\n" + `{"text":"\\\"}` + "\n",
	`{"a1":1,"b22":2,"c333":3,"d4444":4,"e55555":5,"f666666":6,"g7777777":7}` + "\n" + `{"a1":false,"B22":-0,"c333":1e2}` + "\n",
	`1,{"id":1}` + "\n" + `"a",{"id":1}` + "\n" + strings.Repeat(" ", 70) + `2 {"id":1}` + "\n", `{"x":-,"y":e,"z":+1.,"id":01}` + "\n", `{"":1,"id":2}` + "\n" + `{"x":"","id":"\""}` + "\n" + `{"id":1 2}` + "\n" + `{"id" 1}` + "\n" + `{"a":"b" "id":1}` + "\n",
}

func FuzzJSONChunk(f *testing.F) { fuzz(f, jsonTables, jsonSeeds) }

// TestJSONChunkShifts moves a record over the edges of blocks, and damages it at each place.
func TestJSONChunkShifts(t *testing.T) {
	all := prepare(t, jsonTables[0])
	same := func(text string) {
		for _, f := range all {
			f.same(t, []byte(text))
		}
	}
	for shift := range 70 {
		before := `{"text":"` + strings.Repeat("x", shift) + `"}` + "\n"
		same(before + tweet + "\n")
	}
	damage := []string{"", `"`, `\`, ",", "}", "[", "e", " ", "\n"}
	for i := range tweet {
		same(tweet[:i] + damage[i%len(damage)] + tweet[i+1:] + "\n" + tweet + "\n")
	}
}

func TestJSONChunkMutated(t *testing.T) {
	mutated(t, jsonTables, jsonSeeds, []string{`"`, `\`, "{", "}", "[", "]", ",", ":", " ", "true", "1", `"id":`, `"user":{`, "\\u00e9", "é", "\r", "\x01"})
}

func TestJSONChunkAllocates(t *testing.T) { jsonTables[0].allocates(t, tweet) }

func BenchmarkJSONChunk(b *testing.B) { jsonTables[0].benchmark(b, tweet) }

var csvTables = []formTable{
	{"csv", nil, []string{"a string", "b int", "c string"}, [][]int{{0, 2}, {1}}},
	{"csv", map[string]string{"typed": "true", "line.delim": "\n"}, []string{"a string", "b int", "c double", "d date"}, [][]int{{1, 3}, {2}}},
	{"csv", map[string]string{"separatorChar": ";", "quoteChar": "'", "escapeChar": "|", "textinputformat.record.delimiter": "\n"}, []string{"a string", "b string"}, [][]int{{1}}},
	{"csv", map[string]string{"separatorChar": "\n", "textinputformat.record.delimiter": ";"}, []string{"a string", "b string"}, [][]int{{1}}},
}

var csvSeeds = []string{
	"a,1,c\n\"x,y\",2,\"z\"\n,,\n", "\"\",\"a\"\"b\",c\n\"a\"b,c\n", "a\\,b,c\nx,y\"z\",w\n\"open,1\nnext,2,x\n", "a,1\r\n\"b\",2,3,4\r\n\n\r\nx,\ry",
	"a,12,1.5,2020-01-02\n,x,,2020-13-01\n\"q\",\"7\",\"1e400\",\"\"\n", "'a;b';c|'\n'x';'y'\n", "a\nb;\"c\nd\";e\r\nf;", "\"a\",\n\"a\" ,b\n \"a\",b\n\"\xff\",\xe9\n",
}

func FuzzCSVChunk(f *testing.F) { fuzz(f, csvTables, csvSeeds) }

func TestCSVChunkMutated(t *testing.T) {
	mutated(t, csvTables, append(csvSeeds, csvLine), []string{`"`, `""`, `\`, ",", `",`, `,"`, "\r", ";", "'", "|", "é", "\xff"})
}

const csvLine = `2024-03-05 00:00:01,"GET /news/old-summer-269?utm_source=mail&utm_medium=social HTTP/1.1",200,16816,"Mozilla/5.0 (X11; Linux, x86_64)",shop`

func csvLog() *formTable {
	return &formTable{"csv", nil, []string{"a string", "b string", "c string", "d string", "e string", "f string"}, [][]int{{2, 4}, {1}, {0, 1, 2, 3, 4, 5}}}
}

func TestCSVChunkAllocates(t *testing.T) { csvLog().allocates(t, csvLine) }

func BenchmarkCSVChunk(b *testing.B) { csvLog().benchmark(b, csvLine) }

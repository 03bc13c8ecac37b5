package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// givenRows is an Operator of records made by a test.
type givenRows struct {
	schema *arrow.Schema
	recs   []arrow.Record
	err    error // after the records, instead of the end
	closed bool
}

func (g *givenRows) Schema() *arrow.Schema { return g.schema }
func (g *givenRows) Close() error          { g.closed = true; return nil }

func (g *givenRows) Next(context.Context) (arrow.Record, error) {
	if len(g.recs) == 0 {
		if g.err != nil {
			return nil, g.err
		}
		return nil, io.EOF
	}
	r := g.recs[0]
	g.recs = g.recs[1:]
	return r, nil
}

// given makes batches of string columns; "NULL" is NULL.
func given(columns []string, batches ...[]string) *givenRows {
	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c, Type: datatype.String, Nullable: true})
	}
	g := &givenRows{schema: arrow.NewSchema(fields, nil)}
	for _, batch := range batches {
		b := array.NewRecordBuilder(memory.DefaultAllocator, g.schema)
		for _, row := range batch {
			for i, v := range strings.Split(row, "|") {
				if v == "NULL" {
					b.Field(i).AppendNull()
				} else {
					b.Field(i).(*array.StringBuilder).Append(v)
				}
			}
		}
		g.recs = append(g.recs, b.NewRecord())
		b.Release()
	}
	return g
}

func writeOf(format string, props map[string]string, staging, location string, columns, partitions []string) *winnowpb.Node {
	w := &winnowpb.Write{Format: format, Properties: props, Staging: staging, Location: location, PartitionColumns: partitions}
	for _, c := range columns {
		w.Columns = append(w.Columns, &winnowpb.Field{Name: c, Type: "string"})
	}
	n := &winnowpb.Node{Op: &winnowpb.Node_Write{Write: w}}
	for _, f := range []string{"path string", "rows bigint", "bytes bigint", "partition string", "final string"} {
		name, typ, _ := strings.Cut(f, " ")
		n.Schema = append(n.Schema, &winnowpb.Field{Name: name, Type: typ})
	}
	return n
}

// files lists the files below dir with their contents.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out = append(out, rel+"="+string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWrite(t *testing.T) {
	w := newScanWorld(t)
	n := writeOf("", comma, w.dir+"/.stage", w.dir+"/t", []string{"a", "b"}, nil)
	rows, err := w.rows(n, given([]string{"x", "y"}, []string{"1|2", "NULL|3"}, []string{"4|5"}))
	if err != nil {
		t.Fatal(err)
	}
	name := "part-q1-0-0-00000"
	if want := []string{fmt.Sprintf("%s/.stage/%s|3|13||%s/t/%s", w.dir, name, w.dir, name)}; !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	if got, want := files(t, w.dir), []string{".stage/" + name + "=1,2\n\\N,3\n4,5\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriteNothing(t *testing.T) {
	w := newScanWorld(t)
	rows, err := w.rows(writeOf("", comma, "", w.dir, []string{"a"}, nil), given([]string{"x"}))
	if err != nil || len(rows) != 0 || len(files(t, w.dir)) != 0 {
		t.Errorf("%q, %v, %q", rows, err, files(t, w.dir))
	}
}

func TestWritePartitions(t *testing.T) {
	w := newScanWorld(t)
	n := writeOf("json", nil, "", w.dir, []string{"a"}, []string{"Day", "h"})
	rows, err := w.rows(n, given([]string{"a", "d", "h"},
		[]string{"1|2011/12|06", "2|2011/12|06", "3|NULL|x", "4||x", "5|2011/12|07"}, []string{"6|NULL|x"}))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	name := "/part-q1-0-0-00000"
	null, six, seven := "day=__HIVE_DEFAULT_PARTITION__/h=x", "day=2011%2F12/h=06", "day=2011%2F12/h=07"
	var want []string
	for _, f := range []struct {
		dir   string
		rows  int
		bytes int
	}{{six, 2, 20}, {seven, 1, 10}, {null, 3, 30}} {
		p := w.dir + "/" + f.dir + name
		want = append(want, fmt.Sprintf("%s|%d|%d|%s|%s", p, f.rows, f.bytes, f.dir, p))
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got %q\nwant %q", rows, want)
	}
	wantFiles := []string{six + name + `={"a":"1"}` + "\n" + `{"a":"2"}` + "\n", seven + name + `={"a":"5"}` + "\n",
		null + name + `={"a":"3"}` + "\n" + `{"a":"4"}` + "\n" + `{"a":"6"}` + "\n"}
	if got := files(t, w.dir); !slices.Equal(got, wantFiles) {
		t.Errorf("got %q\nwant %q", got, wantFiles)
	}
}

// TestWriteManyPartitions writes more partitions than files may be open, each twice, and more than are allowed.
func TestWriteManyPartitions(t *testing.T) {
	w := newScanWorld(t)
	var batch []string
	for i := range 2 * 3 * maxOpenFiles {
		batch = append(batch, fmt.Sprintf("%d|%d", i, i%(3*maxOpenFiles)))
	}
	n := writeOf("", comma, "", w.dir, []string{"a"}, []string{"p"})
	rows, err := w.rows(n, given([]string{"a", "p"}, batch[:len(batch)/2], batch[len(batch)/2:]))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, f := range files(t, w.dir) {
		all += f[strings.Index(f, "=")+1:]
	}
	if got := strings.Count(all, "\n"); got != len(batch) || len(rows) < 3*maxOpenFiles {
		t.Errorf("%d rows in %d files", got, len(rows))
	}
	w = newScanWorld(t)
	n = writeOf("", comma, "", w.dir, []string{"a"}, []string{"p"})
	n.GetWrite().MaxPartitions = 100
	_, err = w.rows(n, given([]string{"a", "p"}, batch))
	if diag.KindOf(err) != diag.Limit || len(files(t, w.dir)) != 0 {
		t.Errorf("%v, %d files", err, len(files(t, w.dir)))
	}
}

// TestWriteAborts makes each fault point fail in turn: no file is left.
func TestWriteAborts(t *testing.T) {
	boom := errors.New("boom")
	for _, point := range []string{"write.rows", "write.close", "local.write", "input"} {
		for nth := 1; ; nth++ {
			w := newScanWorld(t)
			seen := 0
			w.env.Machine.Fault = func(p string) error {
				if p == point {
					if seen++; seen == nth {
						return boom
					}
				}
				return nil
			}
			in := given([]string{"a", "p"}, []string{"1|x", "2|y"}, []string{"3|z"})
			if point == "input" {
				in.err = boom
			}
			_, err := w.rows(writeOf("", comma, "", w.dir, []string{"a"}, []string{"p"}), in)
			if !in.closed {
				t.Errorf("%s %d: the input is not closed", point, nth)
			}
			if point != "input" && seen < nth {
				if err != nil {
					t.Errorf("%s %d: %v", point, nth, err)
				}
				break
			}
			if !errors.Is(err, boom) || len(files(t, w.dir)) != 0 {
				t.Errorf("%s %d: %v, files %q", point, nth, err, files(t, w.dir))
			}
			if point == "input" {
				break
			}
		}
	}
}

func TestWriteCompressed(t *testing.T) {
	for _, packing := range []string{"gzip", "zstd", "deflate"} {
		w := newScanWorld(t)
		n := writeOf("csv", nil, "", w.dir, []string{"a", "b"}, nil)
		n.GetWrite().Compression = packing
		rows, err := w.rows(n, given([]string{"a", "b"}, []string{"x\"y,\\|NULL", "|z"}))
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		path, _, _ := strings.Cut(rows[0], "|")
		w.want([]string{"x\"y,\\|", "|z"}, scanOf("csv", nil, "a string", "b string"), w.ranged(path))
	}
	w := newScanWorld(t)
	n := writeOf("", nil, "", w.dir, []string{"a"}, nil)
	n.GetWrite().Compression = "bzip2"
	if _, err := w.rows(n, given([]string{"a"})); diag.KindOf(err) != diag.Unsupported {
		t.Errorf("%v", err)
	}
	if _, err := w.rows(writeOf("regex", map[string]string{"input.regex": "(.*)"}, "", w.dir, []string{"a"}, nil),
		given([]string{"a"}, []string{"x"})); diag.KindOf(err) != diag.Unsupported {
		t.Errorf("%v", err)
	}
}

// sheetHandler keeps its rows in memory.
type sheetHandler struct {
	schema *arrow.Schema
	rows   []string
	err    error
}

func (h *sheetHandler) Schema(context.Context, map[string]string) (*arrow.Schema, error) {
	return h.schema, nil
}

func (h *sheetHandler) Read(context.Context, map[string]string) (array.RecordReader, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, h.schema)
	defer b.Release()
	for _, r := range h.rows {
		a, n, _ := strings.Cut(r, "|")
		b.Field(0).(*array.StringBuilder).Append(a)
		b.Field(1).(*array.StringBuilder).Append(n)
	}
	return array.NewRecordReader(h.schema, []arrow.Record{b.NewRecord()})
}

func (h *sheetHandler) Append(_ context.Context, _ map[string]string, in array.RecordReader) (int64, error) {
	n := int64(0)
	for in.Next() {
		rec := in.Record()
		for r := range int(rec.NumRows()) {
			h.rows = append(h.rows, in.Schema().Field(0).Name+":"+datatype.Text(rec.Column(0), r))
			n++
		}
	}
	return n, errors.Join(in.Err(), h.err)
}

func TestHandler(t *testing.T) {
	w := newScanWorld(t)
	s := arrow.BinaryTypes.String
	h := &sheetHandler{schema: arrow.NewSchema([]arrow.Field{{Name: "a", Type: s}, {Name: "n", Type: s}}, nil), rows: []string{"x|1", "y|z"}}
	w.env.Set.Handlers = map[string]connectors.Handler{"sheets": h}
	n := &winnowpb.Node{Op: &winnowpb.Node_HandlerScan{HandlerScan: &winnowpb.HandlerScan{Handler: "sheets", Columns: []uint32{1, 0}}},
		Schema: []*winnowpb.Field{{Name: "n", Type: "int"}, {Name: "a", Type: "varchar(5)"}}}
	rows, err := w.rows(n)
	if want := []string{"1|x", "NULL|y"}; err != nil || !slices.Equal(rows, want) {
		t.Errorf("%q, %v", rows, err)
	}
	h.rows = nil
	wn := writeOf("", nil, "", "", []string{"a"}, nil)
	wn.GetWrite().Handler = "sheets"
	rows, err = w.rows(wn, given([]string{"_c0"}, []string{"p", "q"}, []string{"r"}))
	if want := []string{"sheets|3|0||"}; err != nil || !slices.Equal(rows, want) || strings.Join(h.rows, " ") != "a:p a:q a:r" {
		t.Errorf("%q, %v, %q", rows, err, h.rows)
	}
	boom := errors.New("boom")
	in := given([]string{"_c0"}, []string{"p"})
	in.err = boom
	if _, err := w.rows(wn, in); !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
}

package op

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/local"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// scanWorld is a folder of files and an environment that reads them.
type scanWorld struct {
	t    testing.TB
	dir  string
	env  *Env
	task *winnowpb.Task
}

func newScanWorld(t testing.TB) *scanWorld {
	t.Helper()
	m := sys.Host(t.TempDir())
	store := local.New(m)
	task := &winnowpb.Task{AttemptId: "q1-0-0", Session: &winnowpb.Session{}}
	env := &Env{
		Mem: memory.DefaultAllocator, Machine: m, Set: &connectors.Set{Stores: map[string]connectors.Store{"": store, "file": store}},
		Task: task, Budget: NewBudget(0), Counters: NewCounters(), Shared: NewShared(), BatchRows: 16384,
		Funcs: &funcs.Ctx{Context: context.Background(), Mem: memory.DefaultAllocator, Session: &funcs.Session{Zone: time.UTC}, Warn: func(string) {}},
	}
	return &scanWorld{t: t, dir: t.TempDir(), env: env, task: task}
}

// file writes a file and returns the range that is all of it.
func (w *scanWorld) file(name, data string, values ...string) *winnowpb.FileRange {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		w.t.Fatal(err)
	}
	return w.ranged(path, values...)
}

func (w *scanWorld) ranged(path string, values ...string) *winnowpb.FileRange {
	w.t.Helper()
	for o, err := range w.env.Set.Stores[""].List(w.t.Context(), path) {
		if err != nil {
			w.t.Fatal(err)
		}
		r := &winnowpb.FileRange{Path: o.Path, Size: o.Size, Etag: o.ETag, ModTimeUnixNanos: o.ModTime.UnixNano(), Length: o.Size}
		for _, v := range values {
			r.Values = append(r.Values, &winnowpb.PartitionValue{Text: v, Null: v == "NULL"})
		}
		return r
	}
	w.t.Fatalf("no file %s", path)
	return nil
}

// part returns the bytes from off to end of a range.
func part(r *winnowpb.FileRange, off, end int64) *winnowpb.FileRange {
	return &winnowpb.FileRange{Path: r.Path, Size: r.Size, Etag: r.Etag, ModTimeUnixNanos: r.ModTimeUnixNanos, Offset: off, Length: end - off, Values: r.Values}
}

func scanOf(format string, props map[string]string, columns ...string) *winnowpb.Node {
	s := &winnowpb.Scan{Format: format, Properties: props, Table: "db.t"}
	n := &winnowpb.Node{Op: &winnowpb.Node_Scan{Scan: s}}
	for i, c := range columns {
		name, typ, _ := strings.Cut(c, " ")
		f := &winnowpb.Field{Name: name, Type: typ}
		s.DataColumns = append(s.DataColumns, f)
		s.Columns = append(s.Columns, &winnowpb.ScanColumn{Index: uint32(i)})
		n.Schema = append(n.Schema, f)
	}
	return n
}

// with adds a column that is not data.
func with(n *winnowpb.Node, src winnowpb.ScanColumn_Source, name, typ string) *winnowpb.Node {
	s := n.GetScan()
	f := &winnowpb.Field{Name: name, Type: typ}
	c := &winnowpb.ScanColumn{Source: src}
	if src == winnowpb.ScanColumn_PARTITION {
		c.Index = uint32(len(s.PartitionColumns))
		s.PartitionColumns = append(s.PartitionColumns, f)
	}
	s.Columns, n.Schema = append(s.Columns, c), append(n.Schema, f)
	return n
}

// read runs the scan over one split and returns its rows as text.
func (w *scanWorld) read(n *winnowpb.Node, files ...*winnowpb.FileRange) ([]string, error) {
	w.t.Helper()
	w.task.Splits = []*winnowpb.Split{{ScanId: 99}, {Files: files}}
	return w.rows(n)
}

func (w *scanWorld) rows(n *winnowpb.Node, in ...Operator) (rows []string, err error) {
	w.t.Helper()
	o, err := operator(w.env, n, in)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	for {
		rec, err := o.Next(w.t.Context())
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if rec.NumRows() == 0 {
			w.t.Error("empty batch")
		}
		for r := range int(rec.NumRows()) {
			var cells []string
			for _, c := range rec.Columns() {
				cells = append(cells, datatype.Text(c, r))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
		rec.Release()
	}
}

func (w *scanWorld) want(want []string, n *winnowpb.Node, files ...*winnowpb.FileRange) {
	w.t.Helper()
	got, err := w.read(n, files...)
	if err != nil {
		w.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("got %q\nwant %q", got, want)
	}
}

func gz(members ...string) string {
	var b bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&b)
		io.WriteString(z, m)
		z.Close()
	}
	return b.String()
}

var comma = map[string]string{"field.delim": ","}

func TestScan(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("", comma, "a string", "b int")
	with(n, winnowpb.ScanColumn_PARTITION, "year", "int")
	with(n, winnowpb.ScanColumn_PARTITION, "p", "string")
	w.want([]string{"x|1|2011|p1", "y|2|2011|p1", "z|3|7|p2", "g|NULL|NULL|NULL", "h|5|NULL|NULL"}, n,
		w.file("a", "x,1\ny,2\n", "2011", "p1"), w.file("b", "z,3", "07", "p2"), w.file("empty", "", "1", "p"),
		w.file("c.gz", gz("g,x", "\nh,5"), "NULL", "NULL"))
	st := w.env.Counters.Snapshot()
	if st.Files != 4 || st.RowsRead != 5 || st.BadValues != 1 || st.Splits != 1 || st.BytesDecoded == 0 || st.BytesRead == 0 {
		t.Errorf("%v", st)
	}
	if len(st.Bad) != 1 || st.Bad[0].Column != "b" || st.Bad[0].Table != "db.t" || !strings.HasSuffix(st.Bad[0].File, "/c.gz") {
		t.Errorf("%v", st.Bad)
	}
}

// TestScanBatches: a batch of some size ends before a file with another value of a column that rows have by their file.
func TestScanBatches(t *testing.T) {
	w := newScanWorld(t)
	w.env.BatchRows = 32
	n := with(scanOf("", comma, "a string"), winnowpb.ScanColumn_PARTITION, "p", "string")
	rows := func(n int) string { return strings.Repeat("x\n", n) }
	w.task.Splits = []*winnowpb.Split{{Files: []*winnowpb.FileRange{
		w.file("a", rows(3), "1"), w.file("b", rows(5), "2"), w.file("c", rows(4), "3"), w.file("d", rows(4), "3"), w.file("e", rows(2), "4"), w.file("f", rows(1), "5"),
	}}}
	o, err := operator(w.env, n, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var got []int64
	for {
		rec, err := o.Next(t.Context())
		if err != nil {
			break
		}
		got = append(got, rec.NumRows())
		rec.Release()
	}
	if want := []int64{8, 8, 3}; !slices.Equal(got, want) {
		t.Errorf("batches of %d rows, want %d", got, want)
	}
}

func TestScanVirtualColumns(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("", comma, "a string")
	with(n, winnowpb.ScanColumn_FILE_NAME, "f", "string")
	with(n, winnowpb.ScanColumn_BLOCK_OFFSET, "o", "bigint")
	with(n, winnowpb.ScanColumn_FILE_SIZE, "s", "bigint")
	with(n, winnowpb.ScanColumn_LINE, "l", "string")
	with(n, winnowpb.ScanColumn_PARTITION_NAME, "p", "string")
	a, b := w.file("a", "x,1\r\nyy,2\n"), w.file("b", "\nz")
	b.Partition = "day=1"
	w.want([]string{"x|" + a.Path + "|0|10|x,1|", "yy|" + a.Path + "|5|10|yy,2|", "|" + b.Path + "|0|2||day=1", "z|" + b.Path + "|1|2|z|day=1"}, n, a, b)
}

// TestScanSplits cuts files at every byte, with and without header, under three sizes of batch.
func TestScanSplits(t *testing.T) {
	w := newScanWorld(t)
	for i, data := range []string{"h,0\na,1\r\nb,2\rc,3\n\nd,4", "\xef\xbb\xbfh,0\r\na,1\r\n", gz("h,0\na,1\nb,2\n")} {
		for _, header := range []string{"0", "1"} {
			props := map[string]string{"field.delim": ",", "skip.header.line.count": header}
			n := scanOf("", props, "a string", "b int")
			f := w.file(fmt.Sprint("f", i), data) // the gz file has no name that says so
			want, err := w.read(n, f)
			if err != nil || len(want) == 0 {
				t.Fatal(want, err)
			}
			for cut := int64(0); cut <= f.Size; cut++ {
				for _, size := range []int{1, 3, 1024} {
					w.env.BatchRows = size
					w.want(want, n, part(f, 0, cut), part(f, cut, f.Size))
				}
			}
			count := scanOf("", props)
			for cut := int64(0); cut <= f.Size; cut++ {
				got, err := w.read(count, part(f, 0, cut), part(f, cut, f.Size))
				if err != nil || len(got) != len(want) {
					t.Fatalf("count(*) at %d: %d rows, %v, want %d", cut, len(got), err, len(want))
				}
			}
		}
	}
}

func TestScanLimit(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("", comma, "a string")
	n.GetScan().Limit = 3
	w.want([]string{"a", "b", "c"}, n, w.file("a", "a\nb\n"), w.file("b", "c\nd\n"))
	n = scanOf("", nil)
	n.GetScan().Limit = 1
	w.want([]string{""}, n, w.file("c", strings.Repeat("x\n", 10)))
}

func TestScanErrors(t *testing.T) {
	whole := gz("a,1\nb,2\nc,3\n")
	for _, c := range []struct {
		name, data string
		props      map[string]string
		kind       diag.Kind
		rows       int // with salvage
	}{
		{"cut.gz", whole[:len(whole)-10], nil, diag.BadFile, -1},
		{"crc.gz", whole[:len(whole)-8] + "xxxx" + whole[len(whole)-4:], nil, diag.BadFile, 3},
		{"head.gz", "\x1f\x8b\x08", nil, diag.BadFile, 0},
		{"x.parquet", "PAR1\x00\x00\x15\x04", nil, diag.BadFile, 0},
		{"x.png", "\x89PNG\r\n\x1a\n", nil, diag.BadFile, 0},
		{"x.txt", "\xff\xfea\x00\n\x00", nil, diag.BadFile, 0},
		{"x.xz", "\xfd7zXZ\x00", nil, diag.Unsupported, -1},
		{"x.lzo", "abc", nil, diag.Unsupported, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newScanWorld(t)
			n := scanOf("", comma, "a string")
			good, f := w.file("good", "g\n"), w.file(c.name, c.data)
			_, err := w.read(n, good, f)
			if diag.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.name) {
				t.Fatalf("%v", err)
			}
			if c.kind != diag.BadFile {
				return
			}
			for mode, rows := range map[string]int{"salvage": c.rows, "skip": 0} {
				n.GetScan().Properties = map[string]string{"field.delim": ",", "on_bad_file": mode}
				w.env.Counters = NewCounters()
				got, err := w.read(n, good, f)
				if err != nil || (rows >= 0 && len(got) != rows+1) {
					t.Errorf("%s: %q, %v", mode, got, err)
				}
				if st := w.env.Counters.Snapshot(); len(st.Warnings) != 1 || !strings.Contains(st.Warnings[0], c.name) {
					t.Errorf("%s: warnings %q", mode, st.Warnings)
				}
			}
		})
	}
}

func TestScanStrict(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("", comma, "a string", "b int")
	n.GetScan().Strict = true
	_, err := w.read(n, w.file("a", "x,1\ny,two\n"))
	if diag.KindOf(err) != diag.BadValue || !strings.Contains(err.Error(), `a at byte 4: no value of column b: "y,two"`) {
		t.Errorf("%v", err)
	}
}

func TestScanBadRows(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("json", map[string]string{"Bad.Rows": "error"}, "a int")
	w.want([]string{"NULL"}, n, w.file("a", "{\"a\":\"x\"}\n"))
	_, err := w.read(n, w.file("b", "{}\nbroken\n"))
	if diag.KindOf(err) != diag.BadValue || !strings.Contains(err.Error(), `b at byte 3: record does not have the table's format: "broken"`) {
		t.Errorf("%v", err)
	}
}

// TestScanWarnings holds the warnings that a file gives.
func TestScanWarnings(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"delimiter": {"a;1\nb;2\n", "no delimiter found in 2 records of"},
		"mark":      {"\xef\xbb\xbfa,1\n", "a byte order mark at the start of"},
		"nuls":      {"a,1\n" + strings.Repeat("\x00", 4096) + "\nb,2\n" + strings.Repeat("c,3\n", 20000), "block of NUL bytes near"},
		"good":      {"a,1\n", ""},
	} {
		w := newScanWorld(t)
		if _, err := w.read(scanOf("", comma, "a string", "b int"), w.file(name, c.data)); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(w.env.Counters.Snapshot().Warnings, "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestScanChanged(t *testing.T) {
	w := newScanWorld(t)
	n := scanOf("", comma, "a string")
	f := w.file("a", "x\n")
	f.Etag = "other"
	if _, err := w.read(n, f); diag.KindOf(err) != diag.Changed {
		t.Errorf("%v", err)
	}
}

func TestScanFaultsAndCancel(t *testing.T) {
	boom := errors.New("boom")
	for _, point := range []string{"scan.open", "scan.read"} {
		w := newScanWorld(t)
		w.env.Machine.Fault = func(p string) error {
			if p == point {
				return boom
			}
			return nil
		}
		if _, err := w.read(scanOf("", comma, "a string"), w.file("a", "x\n")); !errors.Is(err, boom) {
			t.Errorf("%s: %v", point, err)
		}
	}
	w := newScanWorld(t)
	w.task.Splits = []*winnowpb.Split{{Files: []*winnowpb.FileRange{w.file("a", "x\n")}}}
	o, err := newScan(w.env, scanOf("", comma, "a string"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(o.Close(), o.Close()); err != nil {
		t.Error(err)
	}
}

// TestScanCSVTypes: the plan may hold strings, which the columns are in Hive, or the declared types.
func TestScanCSVTypes(t *testing.T) {
	w := newScanWorld(t)
	f := w.file("a", "\"x,y\",07\n,\n")
	n := scanOf("csv", nil, "a string", "b int")
	w.want([]string{"x,y|7", "|NULL"}, n, f)
	n.Schema[1] = &winnowpb.Field{Name: "b", Type: "string"}
	w.want([]string{"x,y|07", "|"}, n, f)
}

func TestScanJSONAndRegex(t *testing.T) {
	w := newScanWorld(t)
	w.want([]string{`1|["x"]`, "NULL|NULL", "2|NULL"}, scanOf("json", nil, "a int", "b array<string>"), w.file("j", "{\"a\":1,\"b\":[\"x\"]}\nbroken\n{\"A\":2}\n"))
	w.want([]string{"1|x", "NULL|NULL"}, scanOf("regex", map[string]string{"input.regex": `(\d+) (\w+)`}, "a int", "b string"), w.file("r", "1 x\n1 x y\n"))
	if st := w.env.Counters.Snapshot(); st.BadRows != 2 {
		t.Errorf("%v", st)
	}
}

// logFile writes some megabytes of log lines, with a few odd ones, and returns their number.
func (w *scanWorld) logFile(size int) (*winnowpb.FileRange, int) {
	var b strings.Builder
	n := 0
	for ; b.Len() < size; n++ {
		switch {
		case n%10007 == 0:
			b.WriteString("short\r\n")
		case n%20011 == 0:
			b.WriteString(strings.Repeat("x", 300<<10) + "\n")
		default:
			fmt.Fprintf(&b, "2011-12-06 01:02:%02d\t10.0.%d.%d\tGET\t/shop/item/%d\t%d\t%d\tMozilla/5.0 (X11; Linux x86_64)\n",
				n%60, n%250, n%199, n, 200+n%5*101, n*7%100000)
		}
	}
	return w.file("log", b.String()), n
}

var logColumns = []string{"t string", "ip string", "method string", "url string", "status int", "bytes bigint", "agent string"}

// TestScanLarge reads a file of several buffers whole and in odd pieces.
func TestScanLarge(t *testing.T) {
	w := newScanWorld(t)
	f, lines := w.logFile(6 << 20)
	n := scanOf("", map[string]string{"field.delim": "\t"}, logColumns...)
	want, err := w.read(n, f)
	if err != nil || len(want) != lines {
		t.Fatalf("%d rows, want %d, %v", len(want), lines, err)
	}
	for _, size := range []int64{f.Size / 3, 700_001, 128 << 10, 1 << 20} {
		var parts []*winnowpb.FileRange
		for off := int64(0); off < f.Size; off += size {
			parts = append(parts, part(f, off, min(f.Size, off+size)))
		}
		w.want(want, n, parts...)
		count, err := w.read(scanOf("", nil), parts...)
		if err != nil || len(count) != lines {
			t.Errorf("count in pieces of %d: %d, want %d, %v", size, len(count), lines, err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	w := newScanWorld(b)
	f, lines := w.logFile(64 << 20)
	for _, c := range []struct {
		name    string
		columns []uint32
	}{{"count", nil}, {"status,bytes", []uint32{4, 5}}, {"all", []uint32{0, 1, 2, 3, 4, 5, 6}}} {
		b.Run(c.name, func(b *testing.B) {
			n := scanOf("", map[string]string{"field.delim": "\t"}, logColumns...)
			fields := n.Schema
			n.Schema, n.GetScan().Columns = nil, nil
			for _, i := range c.columns {
				n.Schema = append(n.Schema, fields[i])
				n.GetScan().Columns = append(n.GetScan().Columns, &winnowpb.ScanColumn{Index: i})
			}
			w.task.Splits = []*winnowpb.Split{{Files: []*winnowpb.FileRange{f}}}
			b.SetBytes(f.Size)
			b.ReportAllocs()
			for b.Loop() {
				o, err := newScan(w.env, n)
				if err != nil {
					b.Fatal(err)
				}
				rows := int64(0)
				for {
					rec, err := o.Next(b.Context())
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					rows += rec.NumRows()
					rec.Release()
				}
				if err := o.Close(); err != nil || rows != int64(lines) {
					b.Fatal(rows, err)
				}
			}
		})
	}
}

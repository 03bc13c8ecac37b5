package gsheets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/api/sheets/v4"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

func rowsOf(t *testing.T, props map[string]string, rows ...string) array.RecordReader {
	t.Helper()
	columns, err := sheet.Columns(props)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, sheet.Schema(columns))
	for _, row := range rows {
		for i, v := range strings.Split(row, "|") {
			if v == "NULL" {
				b.Field(i).AppendNull()
			} else {
				sheet.Append(b.Field(i), sheet.Cell{Kind: sheet.Text, Text: v})
			}
		}
	}
	r, err := array.NewRecordReader(b.Schema(), []arrow.Record{b.NewRecord()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, h *Handler, props map[string]string) ([]string, error) {
	t.Helper()
	r, err := h.Read(t.Context(), props)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var rows []string
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			var row []string
			for _, c := range rec.Columns() {
				enc, err := sheet.Encoder(c, maxCell)
				if err != nil {
					t.Fatal(err)
				}
				v := enc(i)
				if v.Kind == sheet.Empty {
					row = append(row, "NULL")
				} else {
					row = append(row, v.String())
				}
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	return rows, r.Err()
}

// TestRoundTrip appends rows of every type to an empty tab, twice, and reads them back.
func TestRoundTrip(t *testing.T) {
	f := newFake(t, "First", "It's")
	h := f.handler()
	props := map[string]string{
		IDProperty: "id", WorksheetProperty: "it's", "columns": "b,i,l,d,p,n,day,at",
		"columns.types": "boolean:int:bigint:double:decimal(5,2):string:date:timestamp",
		MappingProperty: "B,I,L,D,P,N,The Day,At",
	}
	rows := []string{
		"true|-5|9007199254740993|0.1|1.5|=1+1|2011-12-06|2011-12-06 01:02:03",
		"false|0|0|0|0|NULL|NULL|NULL",
		"NULL|NULL|NULL|NULL|NULL|+1|1899-01-01|1899-01-01 00:00:00",
	}
	for _, part := range [][]string{rows[:1], rows[1:]} {
		if n, err := h.Append(t.Context(), props, rowsOf(t, props, part...)); err != nil || n != int64(len(part)) {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if got, err := read(t, h, props); err != nil || !slices.Equal(got, rows) {
		t.Errorf("got %q, %v", got, err)
	}
	if f.formulas > 0 || len(f.lines(0)) > 0 || f.lines(1)[0] != "B I L D P N The Day At" && f.tabs[1].cells[0][6] != "The Day" {
		t.Errorf("%d formulas; tabs hold %q and %q", f.formulas, f.lines(0), f.lines(1))
	}
	s, err := h.Schema(t.Context(), props)
	if err != nil || s.NumFields() != 8 {
		t.Errorf("%v, %v", s, err)
	}
	s, err = h.Schema(t.Context(), map[string]string{IDProperty: "id", WorksheetProperty: "It's"})
	if err != nil || s.Field(6).Name != "the day" {
		t.Errorf("%v, %v", s, err)
	}
}

// TestBizo takes the properties of Hive's handler, and a sheet with columns of its own.
func TestBizo(t *testing.T) {
	f := newFake(t, "Other", "Data")
	f.files["My 'sheet'"] = []string{"id"}
	f.tabs[1].cells = [][]any{{"x", "Day", "", "Hits"}, {"-", "2011-12-06", "", 7.0}, {}, {"", "", "", ""}, {"-", "", nil, "8"}}
	h := f.handler()
	props := map[string]string{
		"gdata.user": "me", "gdata.pass": "hush", "gdata.consumer.key": "k", "gdata.consumer.secret": "s",
		"gdata.spreadsheet.name": "My 'sheet'", "gdata.worksheet.name": "Data", "gdata.columns.mapping": "hits, day",
		"columns": "n,d", "columns.types": "int:string",
	}
	if got, err := read(t, h, props); err != nil || !slices.Equal(got, []string{"7|2011-12-06", "8|NULL"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := h.Append(t.Context(), props, rowsOf(t, props, "9|2011-12-07")); err != nil {
		t.Fatal(err)
	}
	last := f.tabs[1].cells[len(f.tabs[1].cells)-1]
	if fmt.Sprint(last) != "[ 2011-12-07  9]" {
		t.Errorf("appended %q", last)
	}
}

// TestManyRows sends and reads more than one chunk and more than one page, in order.
func TestManyRows(t *testing.T) {
	f := newFake(t, "One")
	h := f.handler()
	props := map[string]string{IDProperty: "id", "columns": "i", "columns.types": "int"}
	var want []string
	for i := range 2*pageRows + 500 {
		want = append(want, fmt.Sprint(i))
	}
	if n, err := h.Append(t.Context(), props, rowsOf(t, props, want...)); err != nil || n != int64(len(want)) {
		t.Fatalf("%d, %v", n, err)
	}
	if got, err := read(t, h, props); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d rows read, want %d; %v", len(got), len(want), err)
	}
	if n := f.requests["batch"]; n != 6 {
		t.Errorf("%d batches", n)
	}
}

// faults that a batch or a look-up can meet.
var faults = []fault{
	{lose: true}, {lose: true, applied: true}, {status: 429, body: `{"error":{"code":429}}`}, {status: 500}, {status: 503, applied: true},
	{status: 200, body: "<html>try again</html>", applied: true}, {status: 502, body: "<html></html>"},
	{status: 403, body: `{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}`},
}

// inBubble runs f in virtual time with connections in memory, for retries wait long.
func inBubble(t *testing.T, f *fake, run func(t *testing.T, h *Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := sys.Host("")
		m.Dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go serve(far, f)
			return near, nil
		}
		h := New(Config{Endpoint: "http://127.0.0.1:1"}, m)
		run(t, h)
		for _, c := range h.clients {
			c.http.CloseIdleConnections()
		}
	})
}

// TestExactlyOnce is P21: seeded fault plans, among them a kill and a repetition of the run, and two
// processes of one run; every row is there once.
func TestExactlyOnce(t *testing.T) {
	const seeds, rows = 60, 5000 // three chunks
	var want []string
	for i := range rows {
		want = append(want, fmt.Sprint(i))
	}
	props := map[string]string{IDProperty: "id", "columns": "i", "columns.types": "int", RunProperty: "daily report 2011-12-06"}
	made := 0
	for seed := range seeds {
		f := newFake(t, "One")
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		f.fault = func(op string) fault {
			if dice.Float64() < 0.35 {
				made++
				return faults[dice.IntN(len(faults))]
			}
			return fault{}
		}
		inBubble(t, f, func(t *testing.T, h *Handler) {
			ctx, kill := context.WithCancel(t.Context())
			if seed%3 == 1 {
				pause := time.Duration(rand.New(rand.NewPCG(uint64(seed), 2)).IntN(4000)) * time.Millisecond
				go func() {
					time.Sleep(pause)
					kill()
				}()
			}
			done := make(chan error)
			processes := 1 + seed%2
			for range processes {
				go func() {
					_, err := h.Append(ctx, props, rowsOf(t, props, want...))
					done <- err
				}()
			}
			var failed error
			for range processes {
				if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
					failed = err
				}
			}
			kill()
			if failed != nil {
				t.Errorf("seed %d: %v", seed, failed)
			}
			if seed%3 == 1 {
				if _, err := h.Append(t.Context(), props, rowsOf(t, props, want...)); err != nil {
					t.Errorf("seed %d, repeated: %v", seed, err)
				}
			}
			time.Sleep(time.Minute) // the sleeper ends
		})
		got := f.lines(0)
		if len(got) == 0 {
			t.Fatalf("seed %d: nothing", seed)
		}
		// Two processes at once may add their chunks in another order.
		body := got[1:]
		if got[0] != "i" || len(body) != rows {
			t.Errorf("seed %d: %d rows below %q, want %d", seed, len(body), got[0], rows)
			continue
		}
		seen := map[string]bool{}
		for _, v := range body {
			seen[v] = true
		}
		if len(seen) != rows {
			t.Errorf("seed %d: %d of %d rows are doubled", seed, rows-len(seen), rows)
		}
	}
	if made < seeds {
		t.Errorf("only %d faults were made", made)
	}
}

// TestMarks takes another id when one is another's, and deletes old entries only.
func TestMarks(t *testing.T) {
	f := newFake(t, "One")
	h := f.handler()
	now := time.Now().UTC()
	mark := func(id int64, key, value string) {
		f.marks[id] = sheets.DeveloperMetadata{MetadataId: id, MetadataKey: key, MetadataValue: value}
	}
	mark(chunkID("r", 0, 0), "somebody's", "else")
	mark(1, markKey, "old "+now.Add(-30*24*time.Hour).Format(time.RFC3339))
	mark(2, markKey, "young run "+now.Add(-time.Hour).Format(time.RFC3339))
	mark(3, markKey, "no time")
	props := map[string]string{IDProperty: "id", "columns": "i", "columns.types": "int", RunProperty: "r"}
	for range 2 {
		if _, err := h.Append(t.Context(), props, rowsOf(t, props, "1", "2")); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.lines(0); !slices.Equal(got, []string{"i", "1", "2"}) {
		t.Errorf("got %q", got)
	}
	if _, ok := f.marks[1]; ok {
		t.Error("the old entry is there")
	}
	if len(f.marks) != 4 {
		t.Errorf("%d entries, want 4", len(f.marks))
	}
	delete(props, RunProperty)
	for range 2 {
		if _, err := h.Append(t.Context(), props, rowsOf(t, props, "3")); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.lines(0); len(got) != 5 {
		t.Errorf("two runs without a name: %q", got)
	}
}

// TestErrors is N11.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault fault
		props map[string]string
		kind  diag.Kind
		text  string
	}{
		{"401", fault{status: 401, body: `{"error":{"code":401,"message":"bad token"}}`}, nil, diag.Auth, "bad token"},
		{"403", fault{status: 403, body: `{"error":{"code":403,"message":"no access"}}`}, nil, diag.Denied, "share"},
		{"404", fault{}, map[string]string{IDProperty: "other"}, diag.NotFound, "other"},
		{"429", fault{status: 429}, nil, diag.Throttled, "quota"},
		{"500", fault{status: 500}, nil, diag.Unavailable, "id"},
		{"html", fault{status: 200, body: "<html>"}, nil, diag.Unavailable, "id"},
		{"redirect", fault{status: 302}, nil, diag.Protocol, "id"},
		{"tab renamed", fault{}, map[string]string{WorksheetProperty: "Onne"}, diag.NotFound, `did you mean "One"?`},
		{"no such name", fault{}, map[string]string{IDProperty: "", NameProperty: "none"}, diag.NotFound, "none"},
		{"two of a name", fault{}, map[string]string{IDProperty: "", NameProperty: "twice"}, diag.Conflict, "a, b"},
		{"no name", fault{}, map[string]string{IDProperty: ""}, diag.Config, IDProperty},
		{"no such header", fault{}, map[string]string{MappingProperty: "nope"}, diag.NotFound, "nope"},
	} {
		f := newFake(t, "One")
		f.tabs[0].cells = [][]any{{"a"}}
		f.files["twice"] = []string{"a", "b"}
		f.fault = func(string) fault { return c.fault }
		props := map[string]string{IDProperty: "id", "columns": "a", "columns.types": "int"}
		for k, v := range c.props {
			props[k] = v
		}
		h := New(Config{Endpoint: f.URL, RetryFor: time.Nanosecond}, sys.Host(""))
		_, err := h.Append(t.Context(), props, rowsOf(t, props, "1"))
		if diag.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.name, err)
		}
		if len(f.tabs[0].cells) != 1 {
			t.Errorf("%s: the sheet was changed", c.name)
		}
	}
}

// TestFull refuses rows that the spreadsheet has no room for before it sends any.
func TestFull(t *testing.T) {
	f := newFake(t, "One", "Two")
	f.tabs[1].rows, f.tabs[1].cols = (maxCells-26*1000-26*11)/10, 10
	h := f.handler()
	props := map[string]string{IDProperty: "id", "columns": "a", "columns.types": "string"}
	rows := make([]string, 11)
	_, err := h.Append(t.Context(), props, rowsOf(t, props, rows...))
	if diag.KindOf(err) != diag.Limit || f.requests["batch"] > 0 {
		t.Errorf("%v, %d batches", err, f.requests["batch"])
	}
	if _, err := h.Append(t.Context(), props, rowsOf(t, props, strings.Repeat("x", maxCell+1))); err != nil {
		t.Fatal(err)
	}
	if v := f.tabs[0].cells[1][0].(string); len([]rune(v)) != maxCell || !strings.HasSuffix(v, "…") {
		t.Errorf("a long cell has %d characters", len([]rune(v)))
	}
}

// TestWide makes room for more columns than a new tab has.
func TestWide(t *testing.T) {
	f := newFake(t, "One")
	var names, values []string
	for i := range 30 {
		names, values = append(names, fmt.Sprintf("c%d", i)), append(values, "v")
	}
	props := map[string]string{IDProperty: "id", "columns": strings.Join(names, ",")}
	if _, err := f.handler().Append(t.Context(), props, rowsOf(t, props, strings.Join(values, "|"))); err != nil {
		t.Fatal(err)
	}
	if f.tabs[0].cols != 30 {
		t.Errorf("%d columns", f.tabs[0].cols)
	}
}

// TestNoCredentials says so before anything is sent.
func TestNoCredentials(t *testing.T) {
	m := sys.Host("")
	m.Dial = func(context.Context, string, string) (net.Conn, error) {
		t.Error("something was sent")
		return nil, errors.New("no network")
	}
	props := map[string]string{IDProperty: "id", "columns": "a", CredentialsProperty: t.TempDir() + "/none.json"}
	_, err := New(Config{}, m).Read(t.Context(), props)
	if diag.KindOf(err) != diag.Auth || !strings.Contains(err.Error(), CredentialsProperty) {
		t.Errorf("got %v", err)
	}
}

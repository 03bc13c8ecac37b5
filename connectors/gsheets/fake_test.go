package gsheets

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/sheets/v4"

	"github.com/winnowdb/winnow/connectors/sys"
)

// fake is the Sheets service with one spreadsheet, "id". It enforces that metadata ids are unique,
// and that a batch is done as a whole or not at all.
type fake struct {
	URL string
	// fault says what goes wrong with a request; op is "get", "values", "search" or "batch".
	fault func(op string) fault

	mu       sync.Mutex
	tabs     []*fakeTab
	marks    map[int64]sheets.DeveloperMetadata
	files    map[string][]string // ids by title, in Drive
	requests map[string]int
	formulas int
}

type fakeTab struct {
	title      string
	id         int64
	rows, cols int64
	cells      [][]any
}

// fault is what goes wrong: before the request is done, or after.
type fault struct {
	status  int
	body    string
	lose    bool // hang up instead of an answer
	applied bool // the request is done all the same
}

func newFake(t *testing.T, titles ...string) *fake {
	f := &fake{marks: map[int64]sheets.DeveloperMetadata{}, files: map[string][]string{}, requests: map[string]int{}}
	for i, title := range titles {
		f.tabs = append(f.tabs, &fakeTab{title: title, id: int64(i), rows: 1000, cols: 26})
	}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	f.URL = srv.URL
	return f
}

func (f *fake) handler() *Handler {
	return New(Config{Endpoint: f.URL, RetryFor: 20 * time.Second}, sys.Host(""))
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, op := r.URL.Path, ""
	switch {
	case strings.HasPrefix(path, "/drive/"):
		op = "drive"
	case strings.HasSuffix(path, ":batchUpdate"):
		op = "batch"
	case strings.HasSuffix(path, "/developerMetadata:search"):
		op = "search"
	case strings.Contains(path, "/values/"):
		op = "values"
	default:
		op = "get"
	}
	f.requests[op]++
	var x fault
	if f.fault != nil {
		x = f.fault(op)
	}
	rec := httptest.NewRecorder()
	if x == (fault{}) || x.applied {
		f.answer(rec, r, op)
	}
	switch {
	case x.lose:
		panic(http.ErrAbortHandler)
	case x.status != 0:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(x.status)
		fmt.Fprint(w, x.body)
	default:
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	}
}

func apiError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, status, message)
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, op string) {
	reply := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	if op != "drive" && !strings.HasPrefix(r.URL.Path, "/v4/spreadsheets/id") {
		apiError(w, 404, "Requested entity was not found.")
		return
	}
	switch op {
	case "drive":
		m := regexp.MustCompile(`^name = '(.*)' and mimeType`).FindStringSubmatch(r.URL.Query().Get("q"))
		files := []map[string]string{}
		for _, id := range f.files[strings.ReplaceAll(m[1], `\'`, `'`)] {
			files = append(files, map[string]string{"id": id})
		}
		reply(map[string]any{"files": files})
	case "get":
		book := sheets.Spreadsheet{}
		for _, t := range f.tabs {
			book.Sheets = append(book.Sheets, &sheets.Sheet{Properties: &sheets.SheetProperties{
				Title: t.title, SheetId: t.id, SheetType: "GRID", GridProperties: &sheets.GridProperties{RowCount: t.rows, ColumnCount: t.cols},
			}})
		}
		reply(book)
	case "values":
		f.values(w, r.URL.Path[strings.Index(r.URL.Path, "/values/")+8:], reply)
	case "search":
		var in sheets.SearchDeveloperMetadataRequest
		json.NewDecoder(r.Body).Decode(&in)
		look := in.DataFilters[0].DeveloperMetadataLookup
		out := sheets.SearchDeveloperMetadataResponse{}
		for _, m := range f.marks {
			if (look.MetadataId == 0 || m.MetadataId == look.MetadataId) && (look.MetadataKey == "" || m.MetadataKey == look.MetadataKey) {
				out.MatchedDeveloperMetadata = append(out.MatchedDeveloperMetadata, &sheets.MatchedDeveloperMetadata{DeveloperMetadata: &m})
			}
		}
		reply(out)
	case "batch":
		var in sheets.BatchUpdateSpreadsheetRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			apiError(w, 400, err.Error())
			return
		}
		f.batch(w, in.Requests, reply)
	}
}

func (f *fake) values(w http.ResponseWriter, a1 string, reply func(any)) {
	m := regexp.MustCompile(`^'(.*)'!(\d+):(\d+)$`).FindStringSubmatch(a1)
	for _, t := range f.tabs {
		if m != nil && strings.ReplaceAll(m[1], "''", "'") == t.title {
			from, _ := strconv.Atoi(m[2])
			to, _ := strconv.Atoi(m[3])
			if int64(to) > t.rows {
				apiError(w, 400, "Range exceeds grid limits.")
				return
			}
			reply(map[string]any{"values": t.cells[min(from-1, len(t.cells)):min(to, len(t.cells))]})
			return
		}
	}
	apiError(w, 400, "Unable to parse range: "+a1)
}

// batch does all requests or none.
func (f *fake) batch(w http.ResponseWriter, requests []*sheets.Request, reply func(any)) {
	marks := maps.Clone(f.marks)
	var appends []*sheets.AppendCellsRequest
	for _, r := range requests {
		switch {
		case r.CreateDeveloperMetadata != nil:
			m := *r.CreateDeveloperMetadata.DeveloperMetadata
			if _, ok := marks[m.MetadataId]; ok {
				apiError(w, 400, fmt.Sprintf("Invalid requests[0].createDeveloperMetadata: the id %d is in use.", m.MetadataId))
				return
			}
			marks[m.MetadataId] = m
		case r.DeleteDeveloperMetadata != nil:
			id := r.DeleteDeveloperMetadata.DataFilter.DeveloperMetadataLookup.MetadataId
			if _, ok := marks[id]; !ok {
				apiError(w, 400, "No metadata matches.")
				return
			}
			delete(marks, id)
		case r.AppendDimension != nil:
			f.tab(r.AppendDimension.SheetId).cols += r.AppendDimension.Length
		case r.AppendCells != nil:
			appends = append(appends, r.AppendCells)
		}
	}
	for _, a := range appends {
		t := f.tab(a.SheetId)
		for _, row := range a.Rows {
			cells := []any{}
			for _, c := range row.Values {
				cells = append(cells, f.value(c))
			}
			t.cells = append(t.cells, cells)
		}
		t.rows = max(t.rows, int64(len(t.cells)))
	}
	f.marks = marks
	reply(map[string]any{})
}

func (f *fake) tab(id int64) *fakeTab {
	i := slices.IndexFunc(f.tabs, func(t *fakeTab) bool { return t.id == id })
	return f.tabs[i]
}

// value is what a cell would answer when it is read.
func (f *fake) value(c *sheets.CellData) any {
	v := c.UserEnteredValue
	switch {
	case v == nil:
		return ""
	case v.FormulaValue != nil:
		f.formulas++
		return "formula " + *v.FormulaValue
	case v.StringValue != nil:
		return *v.StringValue
	case v.NumberValue != nil:
		return *v.NumberValue
	case v.BoolValue != nil:
		return *v.BoolValue
	}
	return ""
}

// lines returns the rows of a tab as text.
func (f *fake) lines(tab int) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, row := range f.tabs[tab].cells {
		out = append(out, strings.Trim(fmt.Sprint(row...), "[]"))
	}
	return out
}

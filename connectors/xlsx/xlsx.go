// Package xlsx is the Handler of worksheets in .xlsx files, at any location that a Store reads and
// writes. The first row of a worksheet that holds anything is its header; every further one that
// does is a row of the table.
//
// Rows are appended without holding the file: they are spliced into the worksheet's XML while
// the rest of the zip is copied as it is (append.go), and the new file takes the old one's place
// whole, by the store's Create. A new file begins as the few parts that every program reads (create.go).
// A library for spreadsheets is needed for neither: excelize takes 1.2 GB to add one row to a sheet of
// 200,000 × 5, and each start of the program several milliseconds, whatever it is started for.
//
// Read Handler first.
package xlsx

import (
	"context"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// The properties of a table, besides "location", "columns" and "columns.types".
const (
	// SheetProperty names the worksheet. Without it the first one is read and appended to.
	SheetProperty = "xlsx.sheet"
	// MappingProperty lists the header text of each column, with commas between; without it
	// the headers are the columns' names. "columns.mapping" is taken as well.
	MappingProperty = "xlsx.columns.mapping"
)

// The limits of a worksheet.
const (
	maxRows      = 1 << 20
	maxColumns   = 1 << 14
	maxCell      = 32767 // UTF-16 units
	maxSheetName = 31
	defaultSheet = "Sheet1"
)

// Handler reads and appends rows of worksheets. A location that does not end in .xlsx or .xlsm is a folder,
// and the file in it is data.xlsx.
type Handler struct {
	stores  *connectors.Set
	machine *sys.Machine

	mu    sync.Mutex
	locks map[string]*sync.Mutex // of files that are being appended to
}

// New returns a Handler of the files in the stores of set; m gives it spill files.
func New(set *connectors.Set, m *sys.Machine) *Handler {
	return &Handler{stores: set, machine: m, locks: map[string]*sync.Mutex{}}
}

// target is what the properties name.
type target struct {
	store   connectors.Store
	path    string
	sheet   string // "" is the first
	columns []sheet.Column
}

func (h *Handler) target(props map[string]string) (*target, error) {
	path := props["location"]
	if path == "" {
		return nil, diag.Errorf(diag.Config, "a table STORED BY 'xlsx' needs a LOCATION")
	}
	if low := strings.ToLower(path); !strings.HasSuffix(low, ".xlsx") && !strings.HasSuffix(low, ".xlsm") {
		path = strings.TrimSuffix(path, "/") + "/data.xlsx"
	}
	store, err := h.stores.Store(path)
	if err != nil {
		return nil, err
	}
	columns, err := sheet.Columns(props, MappingProperty, "columns.mapping")
	if err != nil {
		return nil, err
	}
	if len(columns) > maxColumns {
		return nil, diag.Errorf(diag.Limit, "a worksheet holds %d columns, not %d", maxColumns, len(columns))
	}
	return &target{store: store, path: path, sheet: cleanName(props[SheetProperty]), columns: columns}, nil
}

// cleanName makes name fit for a worksheet: without the characters that it may not hold, and short.
func cleanName(name string) string {
	name = strings.Trim(strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`\/?*[]:`, c) {
			return '_'
		}
		return c
	}, sheet.Clean(name, 1<<10)), "'")
	units := 0
	for i, c := range name {
		if units += utf16.RuneLen(c); units > maxSheetName {
			return name[:i]
		}
	}
	return name
}

// Schema returns the columns that props name, or a string column for each header of the worksheet.
func (h *Handler) Schema(ctx context.Context, props map[string]string) (*arrow.Schema, error) {
	t, err := h.target(props)
	if err != nil {
		return nil, err
	}
	if len(t.columns) > 0 {
		return sheet.Schema(t.columns), nil
	}
	r, err := h.open(ctx, t)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	return r.Schema(), nil
}

// Read returns the rows of the worksheet. The caller releases the reader, and asks for its Err at the end.
func (h *Handler) Read(ctx context.Context, props map[string]string) (array.RecordReader, error) {
	t, err := h.target(props)
	if err != nil {
		return nil, err
	}
	return h.open(ctx, t)
}

// open opens the worksheet and reads its header.
func (h *Handler) open(ctx context.Context, t *target) (*reader, error) {
	o, err := find(ctx, t.store, t.path)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, diag.Errorf(diag.NotFound, "there is no file %s", t.path).WithHint("an insert into the table makes it")
	}
	b, err := h.openBook(ctx, t.store, *o)
	if err != nil {
		return nil, err
	}
	r, err := newReader(ctx, b, t)
	if err != nil {
		b.close()
		return nil, err
	}
	return r, nil
}

// find returns the object at path, or nil if there is none.
func find(ctx context.Context, store connectors.Store, path string) (*connectors.Object, error) {
	for o, err := range store.List(ctx, path) {
		if err != nil {
			return nil, err
		}
		if o.Path == path {
			return &o, nil
		}
	}
	return nil, nil
}

// lock keeps others of this process from appending to path until the returned function is called.
func (h *Handler) lock(path string) func() {
	h.mu.Lock()
	l, ok := h.locks[path]
	if !ok {
		l = &sync.Mutex{}
		h.locks[path] = l
	}
	h.mu.Unlock()
	l.Lock()
	return l.Unlock
}

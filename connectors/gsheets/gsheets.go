// Package gsheets is the Handler of Google spreadsheets. It takes the properties of Hive's
// com.bizo.hive.gdata.GDataStorageHandler and names of its own. The first row of a worksheet is its
// header.
//
// Rows are appended exactly once, though the service has no key against repetition: each chunk of
// rows is one atomic batchUpdate together with a developer metadata entry, whose id is made of the
// run and the chunk and is unique in a spreadsheet (append.go).
//
// Read Handler first.
package gsheets

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"google.golang.org/api/sheets/v4"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// The properties of a table, besides "columns" and "columns.types". Those of GDataStorageHandler
// that begin with "gdata." are taken for the spreadsheet's name, the worksheet and the mapping;
// its user, password and consumer key are of a service that is gone, and are ignored.
const (
	IDProperty          = "gsheet.spreadsheet.id"   // the long name in the spreadsheet's URL
	NameProperty        = "gsheet.spreadsheet.name" // its title, looked up in Google Drive
	WorksheetProperty   = "gsheet.worksheet"        // its tab; without it the first
	MappingProperty     = "gsheet.columns.mapping"  // header text of each column, with commas between
	CredentialsProperty = "gsheet.credentials"      // a service account's file; else GOOGLE_APPLICATION_CREDENTIALS
	// RunProperty names the run that appends. A run that is repeated after a crash under the same name, with the
	// same rows in the same order, adds only what it had not added. Without it each Append is a run.
	RunProperty = "winnow.run.id"
)

const (
	maxCell  = 50_000     // characters
	maxCells = 10_000_000 // of a spreadsheet
)

// Config says how to reach the service. The zero value is Google's, with the environment's credentials.
type Config struct {
	// Endpoint is the URL of another server; "" is WINNOW_GSHEETS_ENDPOINT, then Google's. One on a
	// loopback address is sent no credentials.
	Endpoint    string
	Credentials string        // a service account's file, if the table names none
	RetryFor    time.Duration // how long a request is tried again; 0 is 5 minutes, for quotas are by the minute
}

// Handler reads and appends rows of worksheets. Its fault point is "gsheets.call".
type Handler struct {
	cfg     Config
	machine *sys.Machine

	mu      sync.Mutex
	clients map[string]*client // by the file of the credentials
}

// New returns a Handler that connects at the first use, with m's dialler.
func New(cfg Config, m *sys.Machine) *Handler {
	if cfg.RetryFor == 0 {
		cfg.RetryFor = 5 * time.Minute
	}
	return &Handler{cfg: cfg, machine: m, clients: map[string]*client{}}
}

// first returns the first of the properties keys that is set.
func first(props map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := strings.TrimSpace(props[k]); v != "" {
			return v
		}
	}
	return ""
}

// tab is a worksheet that the properties name, and what it looks like.
type tab struct {
	c           *client
	spreadsheet string // id
	props       *sheets.SheetProperties
	cells       int64 // of all tabs of the spreadsheet
	columns     []sheet.Column
	header      []string
}

// open finds the worksheet and reads its header.
func (h *Handler) open(ctx context.Context, props map[string]string) (*tab, error) {
	columns, err := sheet.Columns(props, MappingProperty, "gdata.columns.mapping", "columns.mapping")
	if err != nil {
		return nil, err
	}
	id, name := first(props, IDProperty, "gdata.spreadsheet.id"), first(props, NameProperty, "gdata.spreadsheet.name")
	if id == "" && name == "" {
		return nil, diag.Errorf(diag.Config, "the table's properties name no spreadsheet").WithHint("set %q", IDProperty)
	}
	c, err := h.client(ctx, first(props, CredentialsProperty))
	if err != nil {
		return nil, err
	}
	if id == "" {
		if id, err = c.findByName(ctx, name); err != nil {
			return nil, err
		}
	}
	t := &tab{c: c, spreadsheet: id, columns: columns}
	if err := t.find(ctx, first(props, WorksheetProperty, "gdata.worksheet.name")); err != nil {
		return nil, err
	}
	rows, err := t.values(ctx, fmt.Sprintf("%s!1:1", quote(t.props.Title)))
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		for _, v := range rows[0] {
			t.header = append(t.header, cellOf(v).String())
		}
	}
	return t, nil
}

// find looks for the tab called title, "" for the first.
func (t *tab) find(ctx context.Context, title string) error {
	var book *sheets.Spreadsheet
	err := t.c.do(ctx, t.spreadsheet, func(ctx context.Context) (err error) {
		book, err = t.c.service.Spreadsheets.Get(t.spreadsheet).Context(ctx).
			Fields("sheets.properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount))").Do()
		return err
	})
	if err != nil {
		return err
	}
	var titles []string
	for _, s := range book.Sheets {
		p := s.Properties
		if p == nil || p.GridProperties == nil || p.SheetType != "" && p.SheetType != "GRID" {
			continue // a chart on a tab of its own
		}
		t.cells += p.GridProperties.RowCount * p.GridProperties.ColumnCount
		titles = append(titles, p.Title)
		if t.props == nil && (title == "" || strings.EqualFold(p.Title, title)) {
			t.props = p
		}
	}
	if t.props == nil {
		e := diag.Errorf(diag.NotFound, "spreadsheet %s has no worksheet %q", t.spreadsheet, title)
		if near := diag.DidYouMean(title, titles); near != "" {
			return e.WithHint("%s", near)
		}
		return e.WithHint("it has %q", titles)
	}
	return nil
}

func (t *tab) where() string {
	return fmt.Sprintf("worksheet %q of spreadsheet %s", t.props.Title, t.spreadsheet)
}

// quote makes a title fit for a range.
func quote(title string) string { return "'" + strings.ReplaceAll(title, "'", "''") + "'" }

// Schema returns the columns that props name, or a string column for each header of the worksheet.
func (h *Handler) Schema(ctx context.Context, props map[string]string) (*arrow.Schema, error) {
	columns, err := sheet.Columns(props, MappingProperty, "gdata.columns.mapping", "columns.mapping")
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		t, err := h.open(ctx, props)
		if err != nil {
			return nil, err
		}
		columns = sheet.Headers(t.header)
	}
	return sheet.Schema(columns), nil
}

// Read returns the rows of the worksheet. The caller releases the reader, and asks for its Err at the end.
func (h *Handler) Read(ctx context.Context, props map[string]string) (array.RecordReader, error) {
	t, err := h.open(ctx, props)
	if err != nil {
		return nil, err
	}
	return newReader(ctx, t)
}

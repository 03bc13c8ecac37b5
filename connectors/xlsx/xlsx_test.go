package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/xuri/excelize/v2"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/local"
	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

func newHandler() (*Handler, *sys.Machine) {
	m := sys.Host("")
	return New(&connectors.Set{Stores: map[string]connectors.Store{"": local.New(m)}}, m), m
}

// table returns properties of a table of columns "name type", at file.
func table(file string, columns ...string) map[string]string {
	var names, types []string
	for _, c := range columns {
		n, t, _ := strings.Cut(c, " ")
		names, types = append(names, n), append(types, t)
	}
	return map[string]string{"location": file, "columns": strings.Join(names, ","), "columns.types": strings.Join(types, ":")}
}

// rowsOf makes a reader of rows whose cells are texts; "NULL" is null.
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

func appendRows(t *testing.T, h *Handler, props map[string]string, rows ...string) {
	t.Helper()
	n, err := h.Append(t.Context(), props, rowsOf(t, props, rows...))
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(len(rows)) {
		t.Errorf("%d rows appended, want %d", n, len(rows))
	}
}

// read returns the rows as texts.
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
				} else if v.Kind == sheet.Number && v.Text != "" {
					row = append(row, v.Text)
				} else {
					row = append(row, v.String())
				}
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	return rows, r.Err()
}

func wantRows(t *testing.T, h *Handler, props map[string]string, want ...string) {
	t.Helper()
	got, err := read(t, h, props)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

var allTypes = []string{
	"b boolean", "t tinyint", "s smallint", "i int", "l bigint", "f float", "d double", "p decimal(20,3)",
	"n string", "v varchar(10)", "day date", "at timestamp", "x binary",
}

// TestRoundTrip appends rows of every type to a new file, twice, and reads them back.
func TestRoundTrip(t *testing.T) {
	h, _ := newHandler()
	props := table(t.TempDir()+"/out/x.xlsx", allTypes...)
	rows := []string{
		"true|-128|32767|2147483647|9007199254740993|0.1|1e+300|12345678901234567.891|text|v|2011-12-06|2011-12-06 01:02:03.123456|aGk=",
		"false|0|0|0|0|0|-0.5|1.500|=1+1||1899-01-01|1899-01-01 00:00:00|",
		"NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|9999-12-31|NULL|NULL",
		"true|1|2|3|4|5|NaN|-0.001| lead & <trail> |tab\tnl\n|1900-03-01|2038-01-19 03:14:08|AAECAw==",
	}
	appendRows(t, h, props, rows[:2]...)
	appendRows(t, h, props, rows[2:]...)
	wantRows(t, h, props, rows...)
	s, err := h.Schema(t.Context(), props)
	if err != nil || s.NumFields() != len(allTypes) {
		t.Errorf("schema %v, %v", s, err)
	}
}

// TestFormulas writes texts that a program could take for formulas or numbers (N12).
func TestFormulas(t *testing.T) {
	h, _ := newHandler()
	file := t.TempDir() + "/x.xlsx"
	props := table(file, "a string", "l bigint")
	texts := []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", `=HYPERLINK("http://x")`, "'=x", "007", "1e5", "2011-12-06", "_x0041_", "TRUE", "#N/A", "</t>", ""}
	var rows []string
	for _, s := range texts {
		rows = append(rows, s+"|9007199254740993")
	}
	appendRows(t, h, props, rows...)
	wantRows(t, h, props, rows...)
	f, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, s := range texts {
		ref := fmt.Sprintf("A%d", i+2)
		formula, err := f.GetCellFormula("Sheet1", ref)
		if err != nil || formula != "" {
			t.Errorf("%q became the formula %q, %v", s, formula, err)
		}
		if typ, _ := f.GetCellType("Sheet1", ref); typ != excelize.CellTypeInlineString {
			t.Errorf("%q has cell type %v", s, typ)
		}
		if v, _ := f.GetCellValue("Sheet1", ref); v != s && s != "\r=1" {
			t.Errorf("%q reads as %q in another program", s, v)
		}
		if v, _ := f.GetCellValue("Sheet1", fmt.Sprintf("B%d", i+2)); v != "9007199254740993" {
			t.Errorf("a large integer reads as %q", v)
		}
	}
}

// foreign makes a file as other programs do: shared strings, formulas, a second sheet, a title row, formatted
// rows below the data.
func foreign(t *testing.T, file string) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	set := func(name, cell string, v any) {
		t.Helper()
		if err := f.SetCellValue(name, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.NewSheet("Other one"); err != nil {
		t.Fatal(err)
	}
	set("Other one", "A1", "keep")
	if err := f.SetCellFormula("Other one", "A2", "1+1"); err != nil {
		t.Fatal(err)
	}
	for i, h := range []string{"Count", "", "The Day", "Name"} {
		if h != "" {
			set("Sheet1", fmt.Sprintf("%c3", 'B'+i), h)
		}
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	set("Sheet1", "B4", 7)
	set("Sheet1", "D4", 40883)
	if err := errors.Join(f.SetCellStyle("Sheet1", "D4", "D4", style), f.SetCellStyle("Sheet1", "A6", "F9", style)); err != nil {
		t.Fatal(err)
	}
	set("Sheet1", "E4", "naïve")
	if err := f.SaveAs(file); err != nil {
		t.Fatal(err)
	}
}

func TestForeign(t *testing.T) {
	h, _ := newHandler()
	file := t.TempDir() + "/x.xlsx"
	foreign(t, file)
	props := table(file, "day date", "name string", "n int")
	props[MappingProperty] = "the day, NAME ,count"
	wantRows(t, h, props, "2011-12-06|naïve|7")
	appendRows(t, h, props, "2011-12-07|=x|8", "NULL|NULL|9")
	appendRows(t, h, props, "2011-12-08|y|NULL")
	want := []string{"2011-12-06|naïve|7", "2011-12-07|=x|8", "NULL|NULL|9", "2011-12-08|y|NULL"}
	wantRows(t, h, props, want...)
	f, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if v, _ := f.GetCellFormula("Other one", "A2"); v != "1+1" {
		t.Errorf("the other sheet's formula is %q", v)
	}
	if v, _ := f.GetCellValue("Sheet1", "D5"); v != "2011-12-07" {
		t.Errorf("the new date shows as %q", v)
	}
	if v, _ := f.GetSheetDimension("Sheet1"); v != "A1:E7" {
		t.Errorf("dimension %s", v)
	}
	// By the plain property, and with no columns: all of the header, as text.
	plain := map[string]string{"location": file}
	wantRows(t, h, plain, "7|2011-12-06|naïve", "8|2011-12-07|=x", "9|NULL|NULL", "NULL|2011-12-08|y")
	if s, err := h.Schema(t.Context(), plain); err != nil || s.String() != sheet.Schema(sheet.Headers([]string{"count", "the day", "name"})).String() {
		t.Errorf("schema %v, %v", s, err)
	}
}

// TestSheets appends to worksheets by name, and to new ones.
func TestSheets(t *testing.T) {
	h, _ := newHandler()
	file := t.TempDir() + "/x.xlsx"
	foreign(t, file)
	for _, name := range []string{"other ONE", "New & <shiny>", "a/b[1]", strings.Repeat("long", 10), "New & <shiny>"} {
		props := table(file, "keep string")
		props[SheetProperty] = name
		before, err := read(t, h, props)
		if err != nil && diag.KindOf(err) != diag.NotFound {
			t.Fatal(err)
		}
		appendRows(t, h, props, "row of "+name)
		wantRows(t, h, props, append(before, "row of "+name)...)
	}
	f, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := []string{"Sheet1", "Other one", "New & <shiny>", "a_b_1_", "longlonglonglonglonglonglonglon"}
	if got := f.GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("sheets %q, want %q", got, want)
	}
	if v, _ := f.GetCellValue("New & <shiny>", "A3"); v != "row of New & <shiny>" {
		t.Errorf("got %q", v)
	}
	props := table(file, "keep string")
	props[SheetProperty] = "sheet2"
	if _, err := read(t, h, props); diag.KindOf(err) != diag.NotFound || !strings.Contains(err.Error(), `"Sheet1"`) {
		t.Errorf("got %v", err)
	}
}

// parts makes a file of the given worksheet, with other parts as given.
func parts(t *testing.T, worksheet string, more map[string]string) string {
	t.Helper()
	const rel = `<Relationship Id="%s" Type="http://x/%s" Target="%s"/>`
	all := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>`,
		"_rels/.rels":         `<Relationships>` + fmt.Sprintf(rel, "r1", "officeDocument", "xl/workbook.xml") + `</Relationships>`,
		"xl/workbook.xml":     `<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="One" sheetId="4" r:id="rId1"/></x:sheets></x:workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>` + fmt.Sprintf(rel, "rId1", "worksheet", "/xl/worksheets/one.xml") +
			fmt.Sprintf(rel, "rId2", "sharedStrings", "sharedStrings.xml") + fmt.Sprintf(rel, "rId3", "styles", "styles.xml") + `</Relationships>`,
		"xl/worksheets/one.xml": worksheet,
	}
	for name, text := range more {
		all[name] = text
	}
	file := filepath.Join(t.TempDir(), "x.xlsx")
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for name, text := range all {
		w, err := zw.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

const header = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="str"><v>b</v></c></row>`

// TestShapes reads, appends to and reads again worksheets of the shapes that programs write.
func TestShapes(t *testing.T) {
	stringsPart := map[string]string{"xl/sharedStrings.xml": `<sst><si><t>zero</t></si><si><r><t>rich </t></r><r><t xml:space="preserve">text</t></r></si><si><t>漢</t><rPh><t>kan</t></rPh></si></sst>`}
	stylesPart := map[string]string{"xl/styles.xml": `<s:styleSheet xmlns:s="m"><s:numFmts count="1"><s:numFmt numFmtId="200" formatCode="[Red]&quot;day&quot; dd/mm/yy"/></s:numFmts>` +
		`<s:cellXfs count="3"><s:xf numFmtId="0"/><s:xf numFmtId="200"/><s:xf numFmtId="22"/></s:cellXfs></s:styleSheet>`}
	for _, c := range []struct {
		name, sheet string
		more        map[string]string
		want        []string
	}{
		{"plain", `<worksheet><sheetData>` + header + `<row r="2"><c r="A2"><v>1</v></c></row></sheetData></worksheet>`, nil, []string{"1|NULL"}},
		{"prefix", `<?xml version="1.0"?><x:worksheet xmlns:x="m"><x:dimension ref="A1"/><x:sheetData><x:row><x:c t="str"><x:v>a</x:v></x:c><x:c t="str"><x:v>b</x:v></x:c></x:row></x:sheetData><x:tail/></x:worksheet>`, nil, nil},
		{"empty element", `<worksheet><sheetData/><pageMargins left="1"/></worksheet>`, nil, nil},
		{"empty", `<worksheet><dimension ref="A1"></dimension><sheetData></sheetData></worksheet>`, nil, nil},
		{"formatted only", `<worksheet><sheetData><row r="1"><c r="A1" s="1"/></row><row r="9"/></sheetData></worksheet>`, nil, nil},
		{"rows without numbers", `<worksheet><sheetData><row><c t="str"><v>b</v></c><c t="str"><v>a</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row></sheetData></worksheet>`, nil, []string{"2|1"}},
		{"gaps", `<worksheet><sheetData>` + header + `<row r="5"><c r="B5"><v>5</v></c></row><row r="7"/><row r="8"><c r="A8"><v>8</v></c><c r="Z8"><v>1</v></c></row></sheetData></worksheet>`, nil, []string{"NULL|5", "8|NULL"}},
		{"shared strings", `<worksheet><sheetData>` + header + `<row><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row><row><c t="s"><v>99</v></c><c t="s"><v>0</v></c></row></sheetData></worksheet>`, stringsPart, []string{"rich text|漢", "NULL|zero"}},
		{"types", `<worksheet><sheetData>` + header + `<row><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row><row><c t="d"><v>2011-12-06T00:00:00</v></c><c><f>1+1</f><v>2</v></c></row><row><c t="str"><v>a_x000A_b</v></c><c><v>1E3</v></c></row></sheetData></worksheet>`, nil,
			[]string{"true|NULL", "2011-12-06T00:00:00|2", "a\nb|1000"}},
		{"dates", `<worksheet><sheetData>` + header + `<row><c s="1"><v>40883</v></c><c s="2"><v>40883.5</v></c></row></sheetData></worksheet>`, stylesPart, []string{"2011-12-06|2011-12-06 12:00:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, _ := newHandler()
			file := parts(t, c.sheet, c.more)
			props := table(file, "a string", "b string")
			wantRows(t, h, props, c.want...)
			appendRows(t, h, props, "new|x", "NULL|y")
			want := append(slices.Clone(c.want), "new|x", "NULL|y")
			wantRows(t, h, props, want...)
			appendRows(t, h, props, "z|z")
			wantRows(t, h, props, append(want, "z|z")...)
			days := table(file, "a date")
			appendRows(t, h, days, "2020-02-02")
			wantRows(t, h, props, append(want, "z|z", "2020-02-02|NULL")...)
		})
	}
}

func Test1904(t *testing.T) {
	h, _ := newHandler()
	file := parts(t, `<worksheet><sheetData>`+header+`<row><c s="0"><v>39421</v></c></row></sheetData></worksheet>`, map[string]string{
		"xl/workbook.xml": `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/styles.xml":   `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`,
	})
	props := table(file, "a date")
	wantRows(t, h, props, "2011-12-06")
	appendRows(t, h, props, "2011-12-07")
	wantRows(t, h, props, "2011-12-06", "2011-12-07")
}

// TestRefused are files and rows that are refused, and leave the file as it was.
func TestRefused(t *testing.T) {
	h, _ := newHandler()
	dir := t.TempDir()
	good := dir + "/good.xlsx"
	foreign(t, good)
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		kind diag.Kind
	}{
		{"text", []byte("a,b,c\n1,2,3\n"), diag.Config},
		{"empty", nil, diag.Config},
		{"xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), diag.Config},
		{"cut", data[:len(data)*2/3], diag.BadFile},
		{"other zip", zipOf(t, "hello.txt", "hi"), diag.Config},
	} {
		file := dir + "/" + c.name + ".xlsx"
		if err := os.WriteFile(file, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		props := table(file, "a string")
		if _, err := read(t, h, props); diag.KindOf(err) != c.kind {
			t.Errorf("read %s: %v", c.name, err)
		}
		if _, err := h.Append(t.Context(), props, rowsOf(t, props, "x")); diag.KindOf(err) != c.kind {
			t.Errorf("append to %s: %v", c.name, err)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, c.data) {
			t.Errorf("%s was changed", c.name)
		}
	}
	if _, err := read(t, h, table(dir+"/none.xlsx", "a string")); diag.KindOf(err) != diag.NotFound {
		t.Errorf("no file: %v", err)
	}
	if _, err := read(t, h, map[string]string{}); diag.KindOf(err) != diag.Config {
		t.Errorf("no location: %v", err)
	}
	props := table(good, "nope string")
	if _, err := h.Append(t.Context(), props, rowsOf(t, props, "x")); diag.KindOf(err) != diag.NotFound {
		t.Errorf("no such header: %v", err)
	}
	if _, err := h.Append(t.Context(), table(good, "count int", "name string"), rowsOf(t, props, "x")); diag.KindOf(err) != diag.Type {
		t.Errorf("too few columns: %v", err)
	}
	lock := dir + "/.~lock.good.xlsx#"
	if err := os.WriteFile(lock, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	props = table(good, "count int")
	if _, err := h.Append(t.Context(), props, rowsOf(t, props, "1")); diag.KindOf(err) != diag.Conflict {
		t.Errorf("open elsewhere: %v", err)
	}
	if now, err := os.ReadFile(good); err != nil || !bytes.Equal(now, data) {
		t.Error("the good file was changed")
	}
}

func zipOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	w, err := zw.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, text)
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLimits are rows at the limits of a worksheet (N13).
func TestLimits(t *testing.T) {
	h, _ := newHandler()
	full := func(last int) string {
		return parts(t, fmt.Sprintf(`<worksheet><sheetData>%s<row r="%d"><c r="A%d"><v>1</v></c></row></sheetData></worksheet>`, header, last, last), nil)
	}
	for _, c := range []struct {
		last int
		kind diag.Kind
	}{{maxRows - 2, ""}, {maxRows - 1, ""}, {maxRows, diag.Limit}} {
		props := table(full(c.last), "a int")
		_, err := h.Append(t.Context(), props, rowsOf(t, props, "1"))
		if diag.KindOf(err) != c.kind {
			t.Errorf("a row below row %d: %v", c.last, err)
		}
	}
	props := table(t.TempDir()+"/x.xlsx", "a string", "d double")
	appendRows(t, h, props, strings.Repeat("x", maxCell)+"|1", strings.Repeat("é", maxCell+1)+"|Infinity", "a\x00b|NULL")
	wantRows(t, h, props, strings.Repeat("x", maxCell)+"|1", strings.Repeat("é", maxCell-1)+"…|Infinity", "a\ufffdb|NULL")
	names := make([]string, maxColumns+1)
	for i := range names {
		names[i] = fmt.Sprintf("c%d int", i)
	}
	if _, err := h.Schema(t.Context(), table("x.xlsx", names...)); diag.KindOf(err) != diag.Limit {
		t.Errorf("too many columns: %v", err)
	}
}

// TestConcurrent appends from several goroutines; every row is there once.
func TestConcurrent(t *testing.T) {
	h, _ := newHandler()
	props := table(t.TempDir()+"/x.xlsx", "i int")
	var wg sync.WaitGroup
	for i := range 8 {
		rows := rowsOf(t, props, fmt.Sprint(i))
		wg.Go(func() {
			if _, err := h.Append(context.Background(), props, rows); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := read(t, h, props)
	slices.Sort(got)
	if err != nil || strings.Join(got, " ") != "0 1 2 3 4 5 6 7" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestChangedMeanwhile replaces the file while rows are appended to it.
func TestChangedMeanwhile(t *testing.T) {
	h, m := newHandler()
	file := t.TempDir() + "/x.xlsx"
	props := table(file, "i int")
	appendRows(t, h, props, "1")
	m.Fault = func(point string) error {
		if point == "local.write" {
			m.Fault = func(string) error { return nil }
			other, _ := newHandler()
			appendRows(t, other, props, "2")
		}
		return nil
	}
	if _, err := h.Append(t.Context(), props, rowsOf(t, props, "3")); diag.KindOf(err) != diag.Conflict {
		t.Errorf("got %v", err)
	}
	wantRows(t, h, props, "1", "2")
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestNothing appends no rows: a new file gets its header, an old one stays.
func TestNothing(t *testing.T) {
	h, _ := newHandler()
	props := table(t.TempDir()+"/folder", "i int")
	appendRows(t, h, props)
	wantRows(t, h, props)
	appendRows(t, h, props, "1")
	wantRows(t, h, props, "1")
	before, err := os.ReadFile(props["location"] + "/data.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, h, props)
	after, err := os.ReadFile(props["location"] + "/data.xlsx")
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("an insert of nothing changed the file; %v", err)
	}
}

func TestColumnNames(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", maxColumns - 1: "XFD"} {
		if got := string(appendColumn(nil, i)); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
		if got, ok := columnOf(want + "12"); got != i || !ok {
			t.Errorf("%s is column %d", want, got)
		}
	}
	for _, bad := range []string{"", "12", "XFE1", strings.Repeat("Z", 100)} {
		if got, ok := columnOf(bad); ok {
			t.Errorf("%q is column %d", bad, got)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		id   int
		code string
		want sheet.Kind
	}{
		{0, "", sheet.Number}, {14, "", sheet.Date}, {22, "", sheet.DateTime}, {20, "", sheet.Number}, {49, "", sheet.Number},
		{164, "yyyy-mm-dd", sheet.Date}, {164, "yyyy-mm-dd hh:mm", sheet.DateTime}, {164, "0.00", sheet.Number}, {164, "#,##0 \"days\"", sheet.Number},
		{164, "[Red]0.0", sheet.Number}, {164, "[h]:mm:ss", sheet.Number}, {164, "[$-409]d-mmm-yy;@", sheet.Date}, {164, "General", sheet.Number}, {164, `0\d`, sheet.Number},
	} {
		if got := kindOfFormat(c.id, c.code); got != c.want {
			t.Errorf("format %d %q is %d, want %d", c.id, c.code, got, c.want)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(`<worksheet><dimension ref="A1"/><sheetData>` + header + `</sheetData></worksheet>`))
	f.Add([]byte(`<x:worksheet><x:sheetData/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newScanner(bytes.NewReader(data))
		for n := 0; n < 1000; n++ {
			more, err := s.next()
			if err != nil || !more {
				break
			}
			for _, c := range s.cells {
				if math.IsNaN(c.value.Number) {
					continue
				}
				_ = c.value.String()
			}
		}
		if st, err := readStyles(data); err == nil && st.cellXfs[1] != 0 {
			st.ensure(dateFormat, dateTimeFormat)
		}
	})
}

package xlsx

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/proto/diag"
)

// The text of a worksheet around its rows.
const (
	sheetHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetTail = `</sheetData></worksheet>`

	worksheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
	worksheetRel  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
	relNamespace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// newBook makes a file with one worksheet that holds a header row.
func (h *Handler) newBook(t *target) (b *book, err error) {
	f := excelize.NewFile()
	defer f.Close()
	name := t.sheet
	if name == "" {
		name = defaultSheet
	}
	if err := f.SetSheetName(defaultSheet, name); err != nil {
		return nil, err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	header := make([]any, len(t.columns))
	for i, c := range t.columns {
		header[i] = excelize.Cell{StyleID: bold, Value: sheet.Clean(c.Header, maxCell)}
	}
	if err := w.SetRow("A1", header); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	file, err := h.machine.Spill()
	if err != nil {
		return nil, err
	}
	size, err := f.WriteTo(file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return openFile(file, size, t.path)
}

// addSheet plans a new worksheet of the book: its part, and a line in each of the three parts that list it.
func (b *book) addSheet(p *plan, t *target) error {
	part := ""
	for i := len(b.sheets) + 1; part == "" || b.part(part) != nil; i++ {
		part = fmt.Sprintf("xl/worksheets/sheet%d.xml", i)
	}
	p.ref = &sheetRef{t.sheet, part}
	p.added = []string{part}
	p.newHeader(t)
	var name bytes.Buffer
	xml.EscapeText(&name, []byte(t.sheet))
	id := "winnow" + strings.TrimSuffix(strings.TrimPrefix(part, "xl/worksheets/sheet"), ".xml")
	for _, e := range []struct{ part, list, item string }{
		{"[Content_Types].xml", "Types", fmt.Sprintf(`Override PartName="/%s" ContentType="%s"`, part, worksheetType)},
		{relsOf(b.workbook), "Relationships", fmt.Sprintf(`Relationship Id="%s" Type="%s" Target="/%s"`, id, worksheetRel, part)},
		{b.workbook, "sheets", fmt.Sprintf(`sheet name="%s" sheetId="%s" xmlns:w="%s" w:id="%s"`, name.String(), "%d", relNamespace, id)},
	} {
		f := b.part(e.part)
		data, err := b.bytes(f)
		if err != nil {
			return err
		}
		if data, err = addItem(data, e.list, e.item); err != nil {
			return b.damaged(e.part, err)
		}
		p.parts[f.Name] = data
	}
	return nil
}

// addItem adds an element to the end of a list element. A %d in it becomes a number that no
// sheetId of the list has.
func addItem(data []byte, list, item string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	last := 0
	for {
		start := d.InputOffset()
		tok, err := d.RawToken()
		if err == io.EOF {
			return nil, diag.Errorf(diag.BadFile, "it has no <%s>", list)
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			var id int
			if _, err := fmt.Sscan(attr(t, "sheetId"), &id); err == nil {
				last = max(last, id)
			}
		case xml.EndElement:
			if t.Name.Local != list {
				continue
			}
			prefix := ""
			if t.Name.Space != "" {
				prefix = t.Name.Space + ":"
			}
			item = strings.Replace(item, "%d", fmt.Sprint(last+1), 1)
			return apply(data, []edit{{start, start, "<" + prefix + item + "/>"}}), nil
		}
	}
}

// appendText appends s as the text of an element. What looks like an escape of the format is itself
// escaped, or a program would read it as the character.
func appendText(dst []byte, buf *bytes.Buffer, s string) []byte {
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllString(s, "_x005F$0")
	}
	buf.Reset()
	xml.EscapeText(buf, []byte(s))
	return append(dst, buf.Bytes()...)
}

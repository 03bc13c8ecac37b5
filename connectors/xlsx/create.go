package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/winnowdb/winnow/connectors/sheet"
	"github.com/winnowdb/winnow/proto/diag"
)

// The text of a worksheet around its rows.
const (
	sheetHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetTail = `</sheetData></worksheet>`

	worksheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
	relNamespace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	worksheetRel  = relNamespace + "/worksheet"
	firstSheet    = "xl/worksheets/sheet1.xml"
)

// emptyBook is the parts of a book with one worksheet, but for the worksheet: the least that programs read. Its cell style 1 is bold.
func emptyBook(sheetName string) []struct{ name, text string } {
	const (
		head    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
		main    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		pkg     = "http://schemas.openxmlformats.org/package/2006/"
		types   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
		font    = `<sz val="11"/><name val="Calibri"/><family val="2"/>`
		noStyle = `numFmtId="0" fillId="0" borderId="0"`
	)
	return []struct{ name, text string }{
		{"[Content_Types].xml", head + `<Types xmlns="` + pkg + `content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + types + `styles+xml"/>` +
			`<Override PartName="/` + firstSheet + `" ContentType="` + worksheetType + `"/></Types>`},
		{"_rels/.rels", head + `<Relationships xmlns="` + pkg + `relationships">` +
			`<Relationship Id="rId1" Type="` + relNamespace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", head + `<workbook xmlns="` + main + `" xmlns:r="` + relNamespace + `">` +
			`<sheets><sheet name="` + escapeXML(sheetName) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", head + `<Relationships xmlns="` + pkg + `relationships">` +
			`<Relationship Id="rId1" Type="` + worksheetRel + `" Target="/` + firstSheet + `"/>` +
			`<Relationship Id="rId2" Type="` + relNamespace + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", head + `<styleSheet xmlns="` + main + `">` +
			`<fonts count="2"><font>` + font + `</font><font><b/>` + font + `</font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf ` + noStyle + ` fontId="0"/></cellStyleXfs>` +
			`<cellXfs count="2"><xf ` + noStyle + ` fontId="0" xfId="0"/><xf ` + noStyle + ` fontId="1" xfId="0" applyFont="1"/></cellXfs>` +
			`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	}
}

// newBook makes a file with one worksheet that holds a header row.
func (h *Handler) newBook(t *target) (*book, error) {
	name := t.sheet
	if name == "" {
		name = defaultSheet
	}
	var data, text bytes.Buffer
	zw := zip.NewWriter(&data)
	for _, part := range emptyBook(name) {
		if err := writePart(zw, part.name, strings.NewReader(part.text)); err != nil {
			return nil, err
		}
	}
	row := []byte(sheetHead + `<row r="1">`)
	for i, c := range t.columns {
		row = appendColumn(append(row, `<c r="`...), i)
		row = append(row, `1" s="1" t="inlineStr"><is><t xml:space="preserve">`...)
		row = append(appendText(row, &text, sheet.Clean(c.Header, maxCell)), "</t></is></c>"...)
	}
	if err := writePart(zw, firstSheet, bytes.NewReader(append(row, "</row>"+sheetTail...))); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	file, err := h.machine.Spill()
	if err != nil {
		return nil, err
	}
	size, err := data.WriteTo(file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return openFile(file, size, t.path)
}

func escapeXML(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return b.String()
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
	id := "winnow" + strings.TrimSuffix(strings.TrimPrefix(part, "xl/worksheets/sheet"), ".xml")
	for _, e := range []struct{ part, list, item string }{
		{"[Content_Types].xml", "Types", fmt.Sprintf(`Override PartName="/%s" ContentType="%s"`, part, worksheetType)},
		{relsOf(b.workbook), "Relationships", fmt.Sprintf(`Relationship Id="%s" Type="%s" Target="/%s"`, id, worksheetRel, part)},
		{b.workbook, "sheets", fmt.Sprintf(`sheet name="%s" sheetId="%s" xmlns:w="%s" w:id="%s"`, escapeXML(t.sheet), "%d", relNamespace, id)},
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

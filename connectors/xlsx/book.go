package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	maxPart    = 8 << 30            // bytes of the XML of one worksheet
	maxStrings = 1 << 30            // bytes of the XML of a part that is held in memory
	xlsMagic   = "\xd0\xcf\x11\xe0" // of .xls files, and of .xlsx files with a password
)

// book is an open .xlsx file: a copy of the object, as a zip.
type book struct {
	path     string
	file     sys.File
	zip      *zip.Reader
	workbook string // the name of its part
	sheets   []sheetRef
	date1904 bool
}

// sheetRef is a worksheet of a book.
type sheetRef struct{ name, part string }

// openBook copies o to a spill file, because a zip is read from its end and in any order, and
// reads what is in it. The caller closes the book.
func (h *Handler) openBook(ctx context.Context, store connectors.Store, o connectors.Object) (*book, error) {
	r, err := store.OpenRange(ctx, o, 0, o.Size)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	file, err := h.machine.Spill()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(file, r); err != nil {
		file.Close()
		return nil, err
	}
	return openFile(file, o.Size, o.Path)
}

// openFile reads the parts of file, which it closes on an error.
func openFile(file sys.File, size int64, path string) (*book, error) {
	b := &book{path: path, file: file}
	if err := b.read(size); err != nil {
		file.Close()
		return nil, err
	}
	return b, nil
}

func (b *book) close() { b.file.Close() }

func (b *book) read(size int64) error {
	magic := make([]byte, 4)
	b.file.ReadAt(magic, 0)
	var err error
	if b.zip, err = zip.NewReader(b.file, size); err != nil {
		e := diag.Errorf(diag.Config, "%s is not an .xlsx file: %w", b.path, err)
		switch {
		case string(magic) == xlsMagic:
			return e.WithHint("it is an old .xls file, or it has a password")
		case string(magic[:2]) == "PK":
			return diag.Errorf(diag.BadFile, "%s is damaged: %w", b.path, err)
		}
		return e
	}
	if err := b.readWorkbook(); err != nil {
		return err
	}
	if len(b.sheets) == 0 {
		return diag.Errorf(diag.Config, "%s has no worksheets", b.path)
	}
	return nil
}

// relationships is the XML of a .rels part.
type relationships struct {
	Relationship []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	}
}

// readWorkbook finds the worksheets.
func (b *book) readWorkbook() error {
	b.workbook = "xl/workbook.xml"
	var top relationships
	if err := b.unmarshal("_rels/.rels", &top); err != nil {
		return err
	}
	for _, r := range top.Relationship {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			b.workbook = strings.TrimPrefix(r.Target, "/")
		}
	}
	if b.part(b.workbook) == nil {
		return diag.Errorf(diag.Config, "%s is not an .xlsx file: it has no workbook", b.path)
	}
	var wb struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels relationships
	if err := errors.Join(b.unmarshal(b.workbook, &wb), b.unmarshal(relsOf(b.workbook), &rels)); err != nil {
		return err
	}
	b.date1904 = wb.Properties.Date1904 == "1" || wb.Properties.Date1904 == "true"
	for _, s := range wb.Sheets {
		for _, a := range s.Attrs {
			if a.Name.Local != "id" {
				continue
			}
			for _, r := range rels.Relationship {
				// The others are chart sheets and the like.
				if r.ID == a.Value && strings.HasSuffix(r.Type, "/worksheet") {
					b.sheets = append(b.sheets, sheetRef{s.Name, resolve(b.workbook, r.Target)})
				}
			}
		}
	}
	return nil
}

// relsOf returns the part that holds the relationships of part.
func relsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

// resolve returns the part that a relationship of part points to.
func resolve(part, target string) string {
	if strings.HasPrefix(target, "/") {
		return target[1:]
	}
	return path.Join(path.Dir(part), target)
}

// related returns the part that the workbook is related to by a type that ends in kind, or nil.
func (b *book) related(kind string) (*zip.File, error) {
	var rels relationships
	if err := b.unmarshal(relsOf(b.workbook), &rels); err != nil {
		return nil, err
	}
	for _, r := range rels.Relationship {
		if strings.HasSuffix(r.Type, kind) {
			return b.part(resolve(b.workbook, r.Target)), nil
		}
	}
	return nil, nil
}

// part returns the part of that name, or nil. Some writers get the case wrong.
func (b *book) part(name string) *zip.File {
	for _, f := range b.zip.File {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// sheet returns the worksheet called name ("" for the first), or nil.
func (b *book) sheet(name string) *sheetRef {
	for i := range b.sheets {
		if name == "" || strings.EqualFold(b.sheets[i].name, name) {
			return &b.sheets[i]
		}
	}
	return nil
}

// bytes returns the whole of a part. One that is not there is empty.
func (b *book) bytes(f *zip.File) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, b.damaged(f.Name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(&limited{r: r, left: maxStrings})
	if err != nil {
		return nil, b.damaged(f.Name, err)
	}
	return data, nil
}

func (b *book) unmarshal(name string, v any) error {
	data, err := b.bytes(b.part(name))
	if err != nil || data == nil {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(v); err != nil {
		return b.damaged(name, err)
	}
	return nil
}

// damaged is the error of a part that cannot be read.
func (b *book) damaged(part string, err error) error {
	if errors.Is(err, errTooLong) {
		return diag.Errorf(diag.Limit, "%s: %s: %w", b.path, part, err)
	}
	return diag.Errorf(diag.BadFile, "%s is damaged: %s: %w", b.path, part, err)
}

var errTooLong = errors.New("too long to read")

// limited is a reader that fails after left bytes: a zip can hold far more than its own size.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%w", errTooLong)
	}
	return n, err
}

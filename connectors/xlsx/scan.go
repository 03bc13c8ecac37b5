package xlsx

import (
	"bufio"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/winnowdb/winnow/connectors/sheet"
)

// scanner reads the XML of a worksheet row by row, and knows where in it things are.
type scanner struct {
	dec     *xml.Decoder
	strings []string     // shared
	dates   []sheet.Kind // by style: Date, DateTime or Number
	shift   float64      // days to add to a serial day, for books that count from 1904

	row   int // number of the last row
	cells []cell

	// Of the text: byte offsets of tags, each from its first byte to behind its last.
	prefix                string // of the names, with its colon
	dimension             [2]int64
	dataOpen, dataClose   [2]int64 // of <sheetData>; equal if it is <sheetData/>
	rowEnd                int64    // behind the last row
	started, ended, alone bool
}

// cell is a cell that holds something, and its column, counted from 0.
type cell struct {
	column int
	value  sheet.Cell
}

func newScanner(r io.Reader) *scanner {
	return &scanner{dec: xml.NewDecoder(bufio.NewReaderSize(&limited{r: r, left: maxPart}, 1<<16))}
}

// next reads the next row into cells, and returns false behind the last one. Rows may be empty.
func (s *scanner) next() (bool, error) {
	for !s.ended {
		start := s.dec.InputOffset()
		tok, err := s.dec.RawToken()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return false, err
		}
		at := [2]int64{start, s.dec.InputOffset()}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "dimension":
				s.dimension = at
			case "sheetData":
				s.started, s.dataOpen, s.rowEnd = true, at, at[1]
				if t.Name.Space != "" {
					s.prefix = t.Name.Space + ":"
				}
			case "row":
				if s.started {
					return true, s.readRow(t)
				}
			}
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				s.dataClose, s.ended = at, true
				s.alone = at[0] == at[1] // <sheetData/>
			}
		}
	}
	return false, nil
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// readRow reads to the end of a row whose start tag is t.
func (s *scanner) readRow(t xml.StartElement) error {
	s.cells = s.cells[:0]
	s.row++
	if n, err := strconv.Atoi(attr(t, "r")); err == nil && n >= 1 && n <= maxRows {
		s.row = n
	}
	column := -1
	for {
		tok, err := s.dec.RawToken()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			column++
			if c, ok := columnOf(attr(t, "r")); ok {
				column = c
			}
			value, err := s.readCell(t)
			if err != nil {
				return err
			}
			if value.Kind != sheet.Empty {
				s.cells = append(s.cells, cell{column, value})
			}
		case xml.EndElement:
			if t.Name.Local == "row" {
				s.rowEnd = s.dec.InputOffset()
				return nil
			}
		}
	}
}

// readCell reads to the end of a cell whose start tag is t. Rich text is its text; the reading aids
// (phonetic runs) of Japanese text are not part of it.
func (s *scanner) readCell(t xml.StartElement) (sheet.Cell, error) {
	kind, style := attr(t, "t"), attr(t, "s")
	var v, inline strings.Builder
	var in *strings.Builder
	phonetic, held := 0, false
	for {
		tok, err := s.dec.RawToken()
		if err != nil {
			return sheet.Cell{}, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				in, held = &v, true
			case "t":
				in = &inline
			case "is":
				held = true
			case "rPh":
				phonetic++
			}
		case xml.CharData:
			if in != nil && phonetic == 0 {
				in.Write(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v", "t":
				in = nil
			case "rPh":
				phonetic--
			case "c":
				if !held {
					return sheet.Cell{}, nil
				}
				return s.value(kind, style, v.String(), inline.String()), nil
			}
		}
	}
}

// value makes a cell of what its element held.
func (s *scanner) value(kind, style, v, inline string) sheet.Cell {
	switch kind {
	case "inlineStr":
		return sheet.Cell{Kind: sheet.Text, Text: unescape(inline)}
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && i >= 0 && i < len(s.strings) {
			return sheet.Cell{Kind: sheet.Text, Text: s.strings[i]}
		}
		return sheet.Cell{}
	case "str", "d":
		return sheet.Cell{Kind: sheet.Text, Text: unescape(v)}
	case "b":
		if strings.TrimSpace(v) == "1" || v == "true" {
			return sheet.Cell{Kind: sheet.Bool, Number: 1}
		}
		return sheet.Cell{Kind: sheet.Bool}
	case "e": // #N/A and its like
		return sheet.Cell{}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil {
		return sheet.Cell{}
	}
	c := sheet.Cell{Kind: sheet.Number, Number: n}
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(s.dates) && s.dates[i] != sheet.Number {
		c.Kind = s.dates[i]
		c.Number += s.shift
	}
	return c
}

// columnOf returns the column of a reference such as "AB12", counted from 0.
func columnOf(ref string) (int, bool) {
	n := 0
	for i := range len(ref) {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > maxColumns {
			return 0, false
		}
	}
	return n - 1, n > 0
}

// appendColumn appends the letters of a column, counted from 0.
func appendColumn(dst []byte, column int) []byte {
	if column >= 26 {
		dst = appendColumn(dst, column/26-1)
	}
	return append(dst, byte('A'+column%26))
}

// escaped is how .xlsx files write a character that XML cannot hold.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 16)
		if !utf8.ValidRune(rune(n)) {
			return m
		}
		return string(rune(n))
	})
}

// readStrings reads the shared strings of a book.
func (b *book) readStrings() ([]string, error) {
	f, err := b.related("/sharedStrings")
	if err != nil || f == nil {
		return nil, err
	}
	r, err := f.Open()
	if err != nil {
		return nil, b.damaged(f.Name, err)
	}
	defer r.Close()
	var all []string
	var text strings.Builder
	in, phonetic := false, 0
	d := xml.NewDecoder(bufio.NewReaderSize(&limited{r: r, left: maxStrings}, 1<<16))
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, b.damaged(f.Name, err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				in = true
			case "rPh":
				phonetic++
			}
		case xml.CharData:
			if in && phonetic == 0 {
				text.Write(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t":
				in = false
			case "rPh":
				phonetic--
			case "si":
				all = append(all, unescape(text.String()))
			}
		}
	}
}

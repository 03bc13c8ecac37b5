package xlsx

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/winnowdb/winnow/connectors/sheet"
)

// The number formats of the cells that we write.
const (
	dateFormat     = "yyyy-mm-dd"
	dateTimeFormat = "yyyy-mm-dd hh:mm:ss"
)

// styles is what the styles part says of cells, and where in it new ones go.
type styles struct {
	xml     []byte
	codes   map[int]string // number formats of the file's own
	formats []int          // number format of each cell style

	prefix                 string
	rootEnd                int64    // behind the start tag
	numFmts, cellXfs       [2]int64 // of the start tags; zero if there is none
	numFmtsClose, xfsClose int64    // where the end tags begin
}

func readStyles(data []byte) (*styles, error) {
	s := &styles{xml: data, codes: map[int]string{}}
	d := xml.NewDecoder(bytes.NewReader(data))
	in := ""
	for {
		start := d.InputOffset()
		tok, err := d.RawToken()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		at := [2]int64{start, d.InputOffset()}
		switch t := tok.(type) {
		case xml.StartElement:
			switch name := t.Name.Local; {
			case name == "styleSheet":
				s.rootEnd = at[1]
				if t.Name.Space != "" {
					s.prefix = t.Name.Space + ":"
				}
			case name == "numFmts":
				s.numFmts, in = at, name
			case name == "cellXfs":
				s.cellXfs, in = at, name
			case name == "numFmt" && in == "numFmts":
				if id, err := strconv.Atoi(attr(t, "numFmtId")); err == nil {
					s.codes[id] = attr(t, "formatCode")
				}
			case name == "xf" && in == "cellXfs":
				id, _ := strconv.Atoi(attr(t, "numFmtId"))
				s.formats = append(s.formats, id)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "numFmts":
				s.numFmtsClose, in = at[0], ""
			case "cellXfs":
				s.xfsClose, in = at[0], ""
			}
		}
	}
}

// kinds says of each cell style whether its numbers are dates.
func (s *styles) kinds() []sheet.Kind {
	kinds := make([]sheet.Kind, len(s.formats))
	for i, id := range s.formats {
		kinds[i] = kindOfFormat(id, s.codes[id])
	}
	return kinds
}

// notDigits are the parts of a number format that are shown as they are, or are colours and conditions.
var notDigits = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)

// kindOfFormat tells a date by its number format: those that every program knows by number, and
// any with a year or a day in it. A time of day alone is a number.
func kindOfFormat(id int, code string) sheet.Kind {
	switch {
	case code != "":
		code = strings.ToLower(notDigits.ReplaceAllString(code, ""))
		code, _, _ = strings.Cut(code, ";")
		switch {
		case !strings.ContainsAny(code, "yd") || strings.Contains(code, "general"):
			return sheet.Number
		case strings.ContainsAny(code, "hs"):
			return sheet.DateTime
		}
		return sheet.Date
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 50 && id <= 58:
		return sheet.Date
	case id == 22:
		return sheet.DateTime
	}
	return sheet.Number
}

// edit is a change of a text: what is in [from, to) is replaced.
type edit struct {
	from, to int64
	text     string
}

// apply makes the edits, which do not overlap.
func apply(data []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []byte
	last := int64(0)
	for _, e := range edits {
		out = append(append(out, data[last:e.from]...), e.text...)
		last = e.to
	}
	return append(out, data[last:]...)
}

// ensure returns the cell styles for codes and the part with those added that it lacked.
func (s *styles) ensure(codes ...string) ([]byte, []int) {
	ids := make([]int, len(codes))
	formats := slices.Clone(s.formats)
	var numFmts, xfs strings.Builder
	next, made := 164, 0 // the first number of a file's own
	for id := range s.codes {
		next = max(next, id+1)
	}
	for i, code := range codes {
		format := 0
		for id, c := range s.codes {
			if c == code {
				format = id
			}
		}
		if format == 0 {
			format = next + made
			made++
			fmt.Fprintf(&numFmts, `<%snumFmt numFmtId="%d" formatCode="%s"/>`, s.prefix, format, code)
		}
		ids[i] = slices.Index(formats, format)
		if ids[i] < 0 {
			ids[i] = len(formats)
			formats = append(formats, format)
			fmt.Fprintf(&xfs, `<%sxf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`, s.prefix, format)
		}
	}
	edits := s.list("cellXfs", s.cellXfs, s.xfsClose, len(formats), xfs.String())
	return apply(s.xml, append(edits, s.list("numFmts", s.numFmts, s.numFmtsClose, len(s.codes)+made, numFmts.String())...)), ids
}

// list returns the edits that add items to a list element; one that is not there is made first of all.
func (s *styles) list(name string, open [2]int64, end int64, count int, items string) []edit {
	if items == "" {
		return nil
	}
	tag := fmt.Sprintf(`<%s%s count="%d">`, s.prefix, name, count)
	closing := fmt.Sprintf("</%s%s>", s.prefix, name)
	switch {
	case open[1] == 0:
		return []edit{{s.rootEnd, s.rootEnd, tag + items + closing}}
	case end == open[1] && s.xml[open[1]-2] == '/':
		return []edit{{open[0], open[1], tag + items + closing}}
	}
	return []edit{{open[0], open[1], tag}, {end, end, items}}
}

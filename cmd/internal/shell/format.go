package shell

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// writer writes the rows of one answer.
type writer interface {
	rows(rec arrow.Record) error
	end() error
}

// formats are the output formats by name.
var formats = map[string]func(*bufio.Writer, *arrow.Schema, Options, cells) writer{
	"table":    newTable,
	"vertical": newVertical,
	"csv":      separated(',', true),
	"tsv":      separated('\t', true),
	"csv2":     separated(',', false),
	"tsv2":     separated('\t', false),
	"json":     newJSON,
	"jsonl":    newJSONLines,
	"markdown": newMarkdown,
	"html":     newHTML,
	"null":     func(*bufio.Writer, *arrow.Schema, Options, cells) writer { return nullWriter{} },
}

func unknownFormat(name string) error {
	names := slices.Sorted(maps.Keys(formats))
	hint := diag.DidYouMean(name, names)
	if hint == "" {
		hint = "known are " + strings.Join(names, " ")
	}
	return fmt.Errorf("no format %q: %s", name, hint)
}

// isNull reports whether value i of a is NULL; all are where a has no type, though Arrow keeps no bits of it.
func isNull(a arrow.Array, i int) bool { return a.DataType().ID() == arrow.NULL || a.IsNull(i) }

// cells writes values as text.
type cells struct {
	null string         // what stands for NULL
	zone *time.Location // whose clock shows points in time
}

func (c cells) text(a arrow.Array, i int) string {
	if isNull(a, i) {
		return c.null
	}
	return string(datatype.AppendTextIn(nil, a, i, c.zone))
}

// zoneOf returns the zone in which a result's points in time are shown: the session's. A client of a server asks for
// it, so only a result that has such points does.
func zoneOf(c Client, schema *arrow.Schema) *time.Location {
	for _, f := range schema.Fields() {
		if datatype.IsZoned(f.Type) {
			_, name := c.Database()
			if zone, err := time.LoadLocation(name); err == nil {
				return zone
			}
		}
	}
	return time.UTC
}

type nullWriter struct{}

func (nullWriter) rows(arrow.Record) error { return nil }
func (nullWriter) end() error              { return nil }

// separatedWriter writes CSV and TSV, with RFC 4180's quotes or, as beeline's csv2 and tsv2 do, with
// quotes only where a separator, a quote or a line end asks for them.
type separatedWriter struct {
	w     *bufio.Writer
	sep   byte
	quote bool
	cells cells
	buf   []byte
}

func separated(sep byte, quote bool) func(*bufio.Writer, *arrow.Schema, Options, cells) writer {
	return func(w *bufio.Writer, schema *arrow.Schema, o Options, c cells) writer {
		s := &separatedWriter{w: w, sep: sep, quote: quote, cells: c}
		if o.Header {
			for i, f := range schema.Fields() {
				s.add(i, f.Name)
			}
			w.WriteByte('\n') // a failed write shows in the next Flush
		}
		return s
	}
}

func (s *separatedWriter) add(i int, text string) {
	if i > 0 {
		s.w.WriteByte(s.sep)
	}
	if !strings.ContainsAny(text, "\"\n\r"+string(s.sep)) {
		s.w.WriteString(text)
		return
	}
	s.w.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
}

func (s *separatedWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		for j, col := range rec.Columns() {
			if isNull(col, i) {
				s.add(j, s.cells.null)
				continue
			}
			s.buf = datatype.AppendTextIn(s.buf[:0], col, i, s.cells.zone)
			s.add(j, string(s.buf))
		}
		if err := s.w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

func (s *separatedWriter) end() error { return nil }

// verticalWriter writes a line per value.
type verticalWriter struct {
	w      *bufio.Writer
	schema *arrow.Schema
	cells  cells
	n      int
	width  int
}

func newVertical(w *bufio.Writer, schema *arrow.Schema, _ Options, c cells) writer {
	v := &verticalWriter{w: w, schema: schema, cells: c}
	for _, f := range schema.Fields() {
		v.width = max(v.width, width(f.Name))
	}
	return v
}

func (v *verticalWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		v.n++
		fmt.Fprintf(v.w, "-[ row %d ]%s\n", v.n, strings.Repeat("-", max(0, v.width-4)))
		for j, col := range rec.Columns() {
			name := v.schema.Field(j).Name
			if _, err := fmt.Fprintf(v.w, "%s%s | %s\n", name, strings.Repeat(" ", v.width-width(name)), v.cells.text(col, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verticalWriter) end() error { return nil }

// jsonWriter writes objects: an array of them, or one per line.
type jsonWriter struct {
	w     *bufio.Writer
	cells cells
	names [][]byte
	array bool
	n     int
}

func newJSON(w *bufio.Writer, schema *arrow.Schema, _ Options, c cells) writer {
	return &jsonWriter{w: w, cells: c, names: jsonNames(schema), array: true}
}

func newJSONLines(w *bufio.Writer, schema *arrow.Schema, _ Options, c cells) writer {
	return &jsonWriter{w: w, cells: c, names: jsonNames(schema)}
}

func jsonNames(schema *arrow.Schema) [][]byte {
	var out [][]byte
	for _, f := range schema.Fields() {
		out = append(out, quoteJSON(f.Name))
	}
	return out
}

// quoteJSON quotes text; bytes that are no UTF-8 become U+FFFD.
func quoteJSON(text string) []byte {
	b, err := json.Marshal(text)
	if err != nil {
		return []byte(`""`)
	}
	return b
}

func (j *jsonWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		if j.array {
			sep := ",\n"
			if j.n == 0 {
				sep = "[\n"
			}
			j.w.WriteString(sep)
		}
		j.n++
		j.w.WriteByte('{')
		for c, col := range rec.Columns() {
			if c > 0 {
				j.w.WriteByte(',')
			}
			j.w.Write(j.names[c])
			j.w.WriteByte(':')
			j.w.Write(j.value(col, i))
		}
		j.w.WriteByte('}')
		if !j.array {
			if err := j.w.WriteByte('\n'); err != nil {
				return err
			}
		}
	}
	return nil
}

// value gives numbers, booleans and nested values as they are, the rest as text; NaN and the infinities as text.
func (j *jsonWriter) value(a arrow.Array, i int) []byte {
	if isNull(a, i) {
		return []byte("null")
	}
	text := j.cells.text(a, i)
	t := a.DataType()
	plain := datatype.IsNumeric(t) && !strings.ContainsAny(text, "NI")
	if plain || datatype.IsNested(t) || t.ID() == arrow.BOOL {
		return []byte(text)
	}
	return quoteJSON(text)
}

func (j *jsonWriter) end() error {
	if !j.array {
		return nil
	}
	if j.n == 0 {
		j.w.WriteString("[")
	}
	_, err := j.w.WriteString("\n]\n")
	return err
}

type markdownWriter struct {
	w     *bufio.Writer
	cells cells
}

func newMarkdown(w *bufio.Writer, schema *arrow.Schema, _ Options, c cells) writer {
	var names, rule []string
	for _, f := range schema.Fields() {
		names = append(names, markdownText(f.Name))
		mark := "---"
		if datatype.IsNumeric(f.Type) {
			mark = "---:"
		}
		rule = append(rule, mark)
	}
	w.WriteString("| " + strings.Join(names, " | ") + " |\n|" + strings.Join(rule, "|") + "|\n")
	return &markdownWriter{w, c}
}

func markdownText(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", "<br>").Replace(s)
}

func (m *markdownWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		for _, col := range rec.Columns() {
			m.w.WriteString("| " + markdownText(m.cells.text(col, i)) + " ")
		}
		if _, err := m.w.WriteString("|\n"); err != nil {
			return err
		}
	}
	return nil
}

func (m *markdownWriter) end() error { return nil }

type htmlWriter struct {
	w     *bufio.Writer
	cells cells
}

func newHTML(w *bufio.Writer, schema *arrow.Schema, _ Options, c cells) writer {
	w.WriteString("<table>\n<tr>")
	for _, f := range schema.Fields() {
		w.WriteString("<th>" + html.EscapeString(f.Name) + "</th>")
	}
	w.WriteString("</tr>\n")
	return &htmlWriter{w, c}
}

func (h *htmlWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		h.w.WriteString("<tr>")
		for _, col := range rec.Columns() {
			h.w.WriteString("<td>" + html.EscapeString(h.cells.text(col, i)) + "</td>")
		}
		if _, err := h.w.WriteString("</tr>\n"); err != nil {
			return err
		}
	}
	return nil
}

func (h *htmlWriter) end() error {
	_, err := h.w.WriteString("</table>\n")
	return err
}

package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"github.com/winnowdb/winnow/exec/datatype"
)

// tableSample is how many rows decide the widths of the columns; rows after them stream.
const tableSample = 1000

// tableWriter draws aligned columns, cut to the terminal.
type tableWriter struct {
	w      *bufio.Writer
	schema *arrow.Schema
	opts   Options
	cells  cells
	sample [][]string
	widths []int
	drawn  bool
	n      int
	hidden int // columns that do not fit
}

func newTable(w *bufio.Writer, schema *arrow.Schema, o Options, c cells) writer {
	return &tableWriter{w: w, schema: schema, opts: o, cells: c}
}

// width is the number of terminal cells that s takes.
func width(s string) int { return uniseg.StringWidth(s) }

// oneLine shows control characters that would break the table.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s
	}
	return strings.NewReplacer("\n", "⏎", "\r", "␍", "\t", " ").Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return '␀' + r
		}
		return r
	}, s))
}

func (t *tableWriter) rows(rec arrow.Record) error {
	for i := range int(rec.NumRows()) {
		t.n++
		row := make([]string, rec.NumCols())
		for j, col := range rec.Columns() {
			row[j] = oneLine(t.cells.text(col, i))
		}
		if !t.drawn {
			t.sample = append(t.sample, row)
			if len(t.sample) < tableSample {
				continue
			}
			t.head()
			continue
		}
		if err := t.line(row); err != nil {
			return err
		}
	}
	return nil
}

// head fixes the widths, draws the names and the sample.
func (t *tableWriter) head() {
	t.drawn = true
	t.widths = make([]int, len(t.schema.Fields()))
	for j, f := range t.schema.Fields() {
		t.widths[j] = max(1, width(f.Name))
		for _, row := range t.sample {
			t.widths[j] = max(t.widths[j], width(row[j]))
		}
	}
	t.fit()
	names := make([]string, len(t.widths)+t.hidden)
	rule := make([]string, len(t.widths))
	for j, f := range t.schema.Fields() {
		names[j] = f.Name
		if j < len(t.widths) {
			rule[j] = strings.Repeat("─", t.widths[j])
		}
	}
	if t.opts.Header {
		t.line(names)
		t.w.WriteString("─" + strings.Join(rule, "─┼─") + "─\n")
	}
	for _, row := range t.sample {
		t.line(row)
	}
	t.sample = nil
}

// minCell is the width below which a column is not cut.
const minCell = 12

// fit cuts wide columns, then hides the last ones, until a line fits the terminal.
func (t *tableWriter) fit() {
	f, ok := t.opts.Out.(*os.File)
	if !ok {
		return
	}
	cells, _, err := term.GetSize(int(f.Fd()))
	if err != nil || cells < 20 {
		return
	}
	total := func() int {
		n := -1
		for _, w := range t.widths {
			n += w + 3
		}
		return n
	}
	for total() > cells {
		widest := 0
		for j, w := range t.widths {
			if w > t.widths[widest] {
				widest = j
			}
		}
		switch {
		case t.widths[widest] > minCell:
			t.widths[widest] = max(minCell, t.widths[widest]-(total()-cells))
		case len(t.widths) > 1:
			t.widths = t.widths[:len(t.widths)-1]
			t.hidden++
		default:
			return
		}
	}
}

func (t *tableWriter) line(row []string) error {
	for j, w := range t.widths {
		if j > 0 {
			t.w.WriteString(" │")
		}
		text := cut(row[j], w)
		pad := strings.Repeat(" ", max(0, w-width(text)))
		if datatype.IsNumeric(t.schema.Field(j).Type) {
			text = pad + text
		} else if j < len(t.widths)-1 {
			text += pad
		}
		t.w.WriteString(" " + text)
	}
	return t.w.WriteByte('\n')
}

// cut shortens s to w cells, the last one an ellipsis.
func cut(s string, w int) string {
	if width(s) <= w {
		return s
	}
	var b strings.Builder
	used := 0
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		if used+g.Width() > w-1 {
			break
		}
		b.WriteString(g.Str())
		used += g.Width()
	}
	return b.String() + "…"
}

func (t *tableWriter) end() error {
	if !t.drawn {
		t.head()
	}
	rows := "rows"
	if t.n == 1 {
		rows = "row"
	}
	_, err := fmt.Fprintf(t.w, "(%d %s)\n", t.n, rows)
	if t.hidden > 0 {
		_, err = fmt.Fprintf(t.w, "%d columns are hidden: \\x shows a line per value\n", t.hidden)
	}
	return err
}

// WriteTable draws the batches of next as a table; the clock of zone shows points in time.
func WriteTable(ctx context.Context, out io.Writer, schema *arrow.Schema, zone *time.Location, next func(context.Context) (arrow.Record, error)) error {
	w := bufio.NewWriter(out)
	t := newTable(w, schema, Options{Out: out, Header: true}, cells{null: "NULL", zone: zone})
	for {
		rec, err := next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		err = t.rows(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	return w.Flush()
}

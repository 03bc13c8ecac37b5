package serde

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/exec/datatype"
)

var update = flag.Bool("update", false, "rewrite the rows of testdata/serde/*.txtar")

// goldenTable reads the lines "format F", "column NAME TYPE", "property KEY=VALUE" and "setting KEY=VALUE". In
// values and in input, ~XX is a byte and ~~ a tilde.
func goldenTable(t *testing.T, text string) (*Format, Spec) {
	t.Helper()
	f, spec := (*Format)(nil), Spec{Props: map[string]string{}, Settings: map[string]string{}}
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		switch word {
		case "format":
			var err error
			if f, err = Lookup(rest); err != nil {
				t.Fatal(err)
			}
		case "column":
			name, typ, _ := strings.Cut(rest, " ")
			ty, err := datatype.Parse(typ)
			if err != nil {
				t.Fatal(err)
			}
			spec.Columns = append(spec.Columns, Column{name, ty})
		case "property", "setting":
			k, v, _ := strings.Cut(rest, "=")
			if word == "property" {
				spec.Props[k] = unhex(t, v)
			} else {
				spec.Settings[k] = v
			}
		default:
			t.Fatalf("line %q", line)
		}
	}
	return f, spec
}

// readAll reads a file of the table by Reader, and returns its rows and what was counted.
func readAll(t testing.TB, table *Table, data []byte) (rows []string, counts Counts, bad []int64) {
	t.Helper()
	need := allColumns(len(table.Types))
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	in, err := table.OpenInput("file", bytes.NewReader(data), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r := NewReader(table.Framing, table.MaxLine)
	r.Reset(in, Range{End: math.MaxInt64, Header: table.Header, Footer: table.Footer})
	cols := table.NewColumns(need)
	for {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch chunked, ok := d.(ChunkDecoder); {
		case c.Long:
			cols.AddBadRow()
			cols.Counts.LongLines++
		case c.Single:
			err = d.Decode(c.Data, cols)
		case ok:
			err = chunked.DecodeChunk(c.Data, cols)
		default:
			for b := c.Data; len(b) > 0 && err == nil; {
				rec, n := table.Framing.Next(b, true)
				err = d.Decode(rec, cols)
				b = b[n:]
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range need.Columns {
		bad = append(bad, cols.BadValues(i))
	}
	n := cols.Rows()
	arrays := cols.Finish()
	for r := range n {
		var cells []string
		for _, a := range arrays {
			cells = append(cells, printable(datatype.Text(a, r)))
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	for _, a := range arrays {
		a.Release()
	}
	return rows, cols.Counts, bad
}

// printable writes control characters and bytes that are not UTF-8 as Go does, so that rows are lines.
func printable(s string) string {
	q := fmt.Sprintf("%q", s)
	return strings.ReplaceAll(strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`), `\\`, `\`)
}

// TestGolden runs testdata/serde/*.txtar: archives of sections "NAME table", "NAME input", "NAME rows".
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../testdata/serde/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+2 < len(a.Files); i += 3 {
				name := strings.TrimSuffix(a.Files[i].Name, " table")
				f, spec := goldenTable(t, string(a.Files[i].Data))
				got := goldenRun(t, f, spec, string(a.Files[i+1].Data))
				if *update {
					a.Files[i+2].Name, a.Files[i+2].Data = name+" rows", []byte(got)
				} else if want := string(a.Files[i+2].Data); got != want {
					t.Errorf("%s:\n got:\n%swant:\n%s", name, got, want)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func goldenRun(t *testing.T, f *Format, spec Spec, input string) string {
	table, err := f.Open(spec)
	if err != nil {
		return err.Error() + "\n"
	}
	rows, counts, bad := readAll(t, table, []byte(unhex(t, input)))
	out := strings.Join(append(rows, ""), "\n")
	if text := strings.TrimPrefix(fmt.Sprintf("%+v", counts), "{"); counts != (Counts{}) || sum(bad) > 0 {
		var set []string
		for field := range strings.FieldsSeq(strings.TrimSuffix(text, "}")) {
			if !strings.HasSuffix(field, ":0") {
				set = append(set, field)
			}
		}
		out += fmt.Sprintf("counts: %s bad values %v\n", strings.Join(set, " "), bad)
	}
	return out
}

func sum(n []int64) (s int64) {
	for _, v := range n {
		s += v
	}
	return s
}

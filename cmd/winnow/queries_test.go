package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
)

var update = flag.Bool("update", false, "write the rows and errors that are got into the goldens")

// TestQueries runs testdata/queries: each file is data, statements, and the rows or the error of the last
// one, with $DIR for the folder of the data. Data that is no text is a Go string in a file named *.quoted.
func TestQueries(t *testing.T) { runGoldens(t, "queries") }

// TestBadInput runs testdata/bad: what comes in broken, and exactly what is answered.
func TestBadInput(t *testing.T) { runGoldens(t, "bad") }

// TestErrorTexts runs testdata/errors: what the user of a statement that cannot be carried out is told.
func TestErrorTexts(t *testing.T) { runGoldens(t, "errors") }

func runGoldens(t *testing.T, folder string) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runGolden(t, file) })
	}
}

// sections of a golden that are not data.
const (
	sqlSection   = "sql"
	rowsSection  = "rows"
	errorSection = "error"
	statsSection = "stats"
	warnSection  = "warnings"
)

func runGolden(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sql := ""
	for _, f := range ar.Files {
		switch f.Name {
		case sqlSection:
			sql = string(f.Data)
		case rowsSection, errorSection, statsSection, warnSection:
		default:
			if base, quoted := strings.CutSuffix(f.Name, ".quoted"); quoted {
				text, err := strconv.Unquote(strings.TrimSpace(string(f.Data)))
				if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
				f = txtar.File{Name: base, Data: []byte(text)}
			}
			writeData(t, dir, f)
		}
	}
	got := answer(t, dir, strings.ReplaceAll(sql, "$DIR", dir))
	for i, f := range ar.Files {
		text, ok := got[f.Name]
		if !ok {
			continue
		}
		text = strings.ReplaceAll(text, dir, "$DIR")
		if *update {
			ar.Files[i].Data = []byte(text)
		} else if text != string(f.Data) {
			t.Errorf("%s:\n%swant:\n%s", f.Name, text, f.Data)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// connect returns a connection to an engine of its own, whose warehouse is in dir and which lets TRANSFORM run the
// commands. The caller closes it.
func connect(t *testing.T, dir string, commands ...string) *coord.Conn {
	t.Helper()
	return connectTo(t, dir, cluster{}, commands...)
}

// connectTo is connect with other workers.
func connectTo(t *testing.T, dir string, cl cluster, commands ...string) *coord.Conn {
	t.Helper()
	f := engineFlags{warehouse: filepath.Join(dir, "warehouse"), memory: "64MiB", timeZone: "UTC", slots: 2, allowTransform: commands}
	e, err := f.engine(cl)
	if err != nil {
		t.Fatal(err)
	}
	return e.connect()
}

// answer carries out the statements in a new warehouse and returns what the sections hold.
func answer(t *testing.T, dir, sql string) map[string]string {
	t.Helper()
	conn := connect(t, dir)
	defer closeConn(conn)
	got := map[string]string{rowsSection: "", errorSection: "", statsSection: "", warnSection: ""}
	statements, rest := parse.Split(sql)
	if !parse.Blank(rest) {
		statements = append(statements, rest)
	}
	for i, s := range statements {
		rows, sum, err := rowsOf(conn, s)
		if err == nil {
			got[rowsSection] = rows
			got[statsSection] = fmt.Sprintf("partitions %d/%d files %d corrupt %d bad %d\n",
				sum.PartitionsKept, sum.PartitionsTotal, sum.Stats.Files, sum.Stats.BadRows, sum.Stats.BadValues)
			got[warnSection] += lines(sum.Stats.Warnings)
			if i == len(statements)-1 {
				askAgain(t, conn, s, rows, sum)
			}
			continue
		}
		text := err.Error()
		var d *diag.Error
		if errors.As(err, &d) {
			text = d.Render(strings.TrimSpace(s))
		}
		if i < len(statements)-1 {
			t.Fatalf("%s\n%s", s, text)
		}
		got[errorSection] = text + "\n"
		if kind := diag.KindOf(err); kind == diag.Internal || strings.Contains(text, "*ast.") || strings.Contains(text, "*logical.") {
			t.Errorf("%s: the user is told of the program: %s", s, text)
		}
	}
	return got
}

// askAgain asks s once more: if its answer was kept, it is the same in all that was told of it.
func askAgain(t *testing.T, conn *coord.Conn, s, rows string, sum coord.Summary) {
	t.Helper()
	if _, asks := map[string]bool{"select": true, "with": true, "from": true}[strings.ToLower(strings.Fields(s)[0])]; !asks {
		return
	}
	again, kept, err := rowsOf(conn, s)
	if err != nil {
		t.Errorf("asked again: %v", err)
	} else if told := func(s coord.Summary) string {
		return fmt.Sprint(s.Rows, s.PartitionsKept, s.PartitionsTotal, s.Stats.BadRows, s.Stats.BadValues, s.Stats.ExtraFields, s.Stats.LongLines, s.Stats.BadUtf8, s.Stats.Bad, lines(s.Stats.Warnings))
	}; kept.Kept && (again != rows || told(kept) != told(sum)) {
		t.Errorf("the answer that was kept is\n%s%s\nit was\n%s%s", again, told(kept), rows, told(sum))
	}
}

func lines(texts []string) string {
	out := ""
	for _, text := range texts {
		out += text + "\n"
	}
	return out
}

func rowsOf(conn *coord.Conn, sql string) (string, coord.Summary, error) {
	res, err := conn.Query(context.Background(), strings.TrimSpace(sql))
	if err != nil {
		return "", coord.Summary{}, err
	}
	defer res.Close()
	rows, err := readRows(res)
	if err != nil {
		return "", coord.Summary{}, err
	}
	return rows, res.Summary(), res.Close()
}

// readRows returns the rows of res, a line each.
func readRows(res *coord.Result) (string, error) {
	var b strings.Builder
	for {
		rec, err := res.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		for i := range int(rec.NumRows()) {
			for j, c := range rec.Columns() {
				if j > 0 {
					b.WriteString(" | ")
				}
				if c.IsNull(i) {
					b.WriteString("NULL")
				} else {
					b.WriteString(datatype.Text(c, i))
				}
			}
			b.WriteByte('\n')
		}
		rec.Release()
	}
}

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/proto/diag"
)

// sessionSection is the section of a file of testdata/sessions that is not data.
const sessionSection = "session"

// TestSessions runs testdata/sessions, a file per section of the language: data, and a session of lines that begin with
// "> ", a statement each, and below each its rows or the first line of its error; $DIR is the folder of the data.
func TestSessions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "sessions", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for i, f := range ar.Files {
				if f.Name != sessionSection {
					f.Data = []byte(strings.ReplaceAll(string(f.Data), "$DIR", dir))
					writeData(t, dir, f)
					continue
				}
				got := session(t, dir, string(f.Data))
				if *update {
					ar.Files[i].Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("got\n%swant\n%s", got, f.Data)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// writeData writes a file that is old enough for answers about it to be kept.
func writeData(t *testing.T, dir string, f txtar.File) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, f.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

// session carries out the statements of text on one connection to a new warehouse and returns it with what they answer.
func session(t *testing.T, dir, text string) string {
	t.Helper()
	conn := connect(t, dir, "cat")
	defer closeConn(conn)
	var out strings.Builder
	for line := range strings.Lines(text) {
		sql, ok := strings.CutPrefix(line, "> ")
		if !ok {
			continue
		}
		out.WriteString(line)
		rows, _, err := rowsOf(conn, strings.ReplaceAll(sql, "$DIR", dir))
		if err != nil {
			rows = err.Error() + "\n"
			var d *diag.Error
			if errors.As(err, &d) {
				rows = string(d.Kind) + ": " + d.Msg + "\n"
			}
		}
		out.WriteString(strings.ReplaceAll(rows, dir, "$DIR"))
	}
	return out.String()
}

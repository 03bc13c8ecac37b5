package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/proto/diag"
)

// TestBadStatements carries out testdata/bad/*.txtar: statements that somebody mistyped or should not have
// sent. A line is a kind of error, or OK, or W and a part of the warning, a colon and the statement; \n, \t, \xhh in it
// are bytes. Lines run one after the other in one warehouse, whose folder is $DIR.
func TestBadStatements(t *testing.T) {
	files, err := filepath.Glob("../../testdata/bad/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runBad(t, file) })
	}
}

func runBad(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range ar.Files {
		if f.Name == sqlSection {
			continue
		}
		writeData(t, dir, f)
	}
	flags := engineFlags{warehouse: filepath.Join(dir, "warehouse"), memory: "64MiB", timeZone: "UTC", slots: 2}
	e, err := flags.engine(cluster{})
	if err != nil {
		t.Fatal(err)
	}
	conn := e.connect()
	defer closeConn(conn)
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\x00`, "\x00", `\xa0`, "\u00a0", `\x200b`, "\u200b", `\xff`, "\xff", "$DIR", dir)
	for _, f := range ar.Files {
		if f.Name != sqlSection {
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			want, statement, ok := strings.Cut(strings.TrimRight(line, "\n"), ": ")
			if !ok {
				continue // a comment
			}
			_, sum, err := rowsOf(conn, unescape.Replace(statement))
			got := diag.KindOf(err)
			if err == nil {
				got = "OK"
			}
			if warning, ok := strings.CutPrefix(want, "W "); ok {
				if err != nil || !slices.ContainsFunc(sum.Stats.Warnings, func(w string) bool { return strings.Contains(w, warning) }) {
					t.Errorf("%s\ngot %v, warnings %q, want one of %q", statement, err, sum.Stats.GetWarnings(), warning)
				}
				continue
			}
			if string(got) != want {
				t.Errorf("%s\ngot %s %v, want %s", statement, got, err, want)
			}
			if err == nil {
				continue
			}
			// One bad statement never spoils the next.
			if rows, _, err := rowsOf(conn, "select 1"); err != nil || strings.TrimSpace(rows) != "1" || len(e.coord.Queries()) > 0 {
				t.Errorf("after %s\nselect 1 gives %q, %v; %d statements run", statement, rows, err, len(e.coord.Queries()))
			}
		}
	}
}

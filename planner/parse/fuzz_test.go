package parse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/planner/ast"
)

// corpus returns the statements of testdata/corpus/*.sql.
func corpus(t testing.TB) []string {
	files, err := filepath.Glob("testdata/corpus/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		statements, rest := Split(string(b))
		if !Blank(rest) {
			t.Errorf("%s: %q is not ended by a semicolon", f, strings.TrimSpace(rest))
		}
		out = append(out, statements...)
	}
	return out
}

// roundTrip fails unless what Print writes of each statement of sql parses to an equal tree.
func roundTrip(t *testing.T, sql string, statements []ast.Statement) {
	for _, s := range statements {
		text := ast.Print(s)
		again, err := Parse(text)
		if err != nil || len(again) != 1 {
			t.Fatalf("%q printed as %q does not parse: %v", sql, text, err)
		}
		if !ast.Equal(s, again[0]) {
			t.Fatalf("%q printed as %q is another tree: %q", sql, text, ast.Print(again[0]))
		}
	}
}

// rawText reports whether s is made of words that know no escapes, so that not every one of
// them can be printed.
func rawText(s ast.Statement) bool {
	switch s.(type) {
	case *ast.Set, *ast.SetTimeZone, *ast.Reset, *ast.Resource, *ast.Dfs, *ast.Source:
		return true
	}
	return false
}

func FuzzParse(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s)
	}
	a, err := txtar.ParseFile(errorsFile)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(a.Files); i += 2 {
		f.Add(string(a.Files[i].Data))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		statements, err := Parse(sql)
		if err != nil {
			if statements != nil {
				t.Fatal("statements with an error")
			}
			return
		}
		for _, s := range statements {
			span := s.Span()
			if span.Start < 0 || span.End > len(sql) || span.Start >= span.End {
				t.Fatalf("%q: span %v", sql, span)
			}
			checkSpans(t, sql, s)
			if !rawText(s) {
				roundTrip(t, sql, []ast.Statement{s})
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"a;b", "'a;b';c", "-- x;\n;", "/* ; */ a", `a\;b;c`, "`;`;", "'\\';", "\f;", "\u00a0;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		statements, rest := Split(sql)
		for _, s := range statements {
			if Blank(s) {
				t.Errorf("%q: an empty statement", sql)
			}
		}
		if !strings.HasSuffix(sql, rest) {
			t.Errorf("%q: rest %q", sql, rest)
		}
	})
}

// checkSpans fails unless every node below n lies in the text.
func checkSpans(t *testing.T, sql string, n ast.Node) {
	ast.Walk(n, func(n ast.Node) bool {
		if s := n.Span(); s.Start < 0 || s.End > len(sql) || s.Start > s.End {
			t.Fatalf("%q: %T at %v", sql, n, s)
		}
		return true
	})
}

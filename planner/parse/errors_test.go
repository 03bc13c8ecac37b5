package parse

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/winnowdb/winnow/proto/diag"
)

var update = flag.Bool("update", false, "rewrite the expected texts")

const errorsFile = "testdata/errors.txtar"

// TestErrors compares the text of every error with testdata/errors.txtar, where name.sql is
// followed by name.txt.
func TestErrors(t *testing.T) {
	a, err := txtar.ParseFile(errorsFile)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		name := strings.TrimSuffix(a.Files[i].Name, ".sql")
		sql := strings.TrimSuffix(string(a.Files[i].Data), "\n")
		got := rendered(t, name, sql) + "\n"
		if *update {
			a.Files[i+1].Data = []byte(got)
		} else if want := string(a.Files[i+1].Data); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(errorsFile, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rendered returns the error of parsing sql as a person sees it.
func rendered(t *testing.T, name, sql string) string {
	_, err := Parse(sql)
	var e *diag.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %q gave %v", name, sql, err)
		return ""
	}
	return e.Render(sql)
}

// TestTextErrors holds what cannot stand in a file of texts.
func TestTextErrors(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"nul", "select a\x00b", "SYNTAX: NUL (U+0000) at byte 8"},
		{"nul in a string", "select 'a\x00b'", "SYNTAX: NUL (U+0000) at byte 9"},
		{"bad UTF-8", "select '\xff'", "SYNTAX: byte 8 (0xFF) is not UTF-8: save the statement as UTF-8"},
		{"BOM inside", "select \ufeff1", "SYNTAX: an invisible character (U+FEFF) does not belong here: delete it"},
		{"too long", "select '" + strings.Repeat("x", maxText) + "'",
			"LIMIT: the text has 1048585 bytes, more than the 1048576 that a statement may have: put long lists into a table and join it"},
	} {
		_, err := Parse(c.sql)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// TestNesting: as deep as maxDepth is good, deeper is refused at once, flat lists have no limit.
func TestNesting(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name, sql string
		want      diag.Kind
	}{
		{"500 parentheses", "select " + rep("(", 499) + "1" + rep(")", 499), ""},
		{"501 parentheses", "select " + rep("(", 501) + "1" + rep(")", 501), diag.Limit},
		{"200,000 parentheses", "select " + rep("(", 200_000), diag.Limit},
		{"200,000 parentheses in FROM", "select * from " + rep("(", 200_000), diag.Limit},
		{"10,000 NOT", "select " + rep("not ", 10_000) + "true", diag.Limit},
		{"10,000 minus", "select " + rep("- ", 10_000) + "1", diag.Limit},
		{"10,000 CASE", "select " + rep("case when ", 10_000), diag.Limit},
		{"10,000 calls", "select " + rep("f(", 10_000), diag.Limit},
		{"10,000 floors", "select " + rep("floor(", 10_000), diag.Limit},
		{"200 floors", "select " + rep("floor(", 200) + "1" + rep(")", 200), ""},
		{"10,000 subqueries", rep("select * from (", 10_000), diag.Limit},
		{"10,000 array types", "create table t (a " + rep("array<", 10_000), diag.Limit},
		{"10,000 EXPLAIN", rep("explain ", 10_000) + "select 1", diag.Limit},
		{"10,000 indexes", "select a" + rep("[1", 10_000), diag.Limit},
		{"100,000 OR", "select * from t where a=1" + rep(" or a=2", 100_000), ""},
		{"100,000 AND", "select * from t where a" + rep(" and b", 100_000), ""},
		{"100,000 IN", "select a in (1" + rep(",2", 100_000) + ")", ""},
		{"30,000 plus", "select 1" + rep("+1", 30_000), ""},
		{"30,000 indexes in a row", "select f(a)" + rep("[1]", 30_000), ""},
		{"10,000 UNION ALL", "select 1" + rep(" union all select 1", 10_000), ""},
		{"10,000 joins", "select 1 from a" + rep(" join b", 10_000), ""},
		{"20,000 suffixes", "select 1L" + rep("+1L", 20_000), ""},
		{"20,000 names that begin with a digit", "select t.1a" + rep(",t.1a", 20_000), ""},
	} {
		start := time.Now()
		s, err := Parse(c.sql)
		if got := diag.KindOf(err); got != c.want {
			t.Errorf("%s: got %v, want kind %q", c.name, err, c.want)
		}
		took := time.Since(start)
		for range 5 { // a busy machine does not count
			if took <= 500*time.Millisecond || c.want != diag.Limit {
				break
			}
			start = time.Now()
			_, _ = Parse(c.sql)
			took = min(took, time.Since(start))
		}
		if took > 500*time.Millisecond && c.want == diag.Limit {
			t.Errorf("%s: refused after %v", c.name, took)
		}
		if err == nil {
			roundTrip(t, c.name, s)
		}
	}
}

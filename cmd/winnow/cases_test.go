package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// badInputs are the groups of the page of bad input with their numbers of lines.
var badInputs = map[string]int{"D": 45, "V": 28, "J": 18, "C": 6, "R": 10, "X": 3, "G": 23, "T": 24, "S": 22, "K": 10, "N": 14}

// TestBadInputHasCases holds testdata/bad/cases.tsv to the page, one case or one reason for each of its lines, and
// to the tests, which must be there.
func TestBadInputHasCases(t *testing.T) {
	bad := filepath.Join("..", "..", "testdata", "bad")
	text, err := os.ReadFile(filepath.Join(bad, "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	headings := headingsOf(t, bad)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		id, where, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
		n, err := strconv.Atoi(id[1:])
		if err != nil || n < 1 || n > badInputs[id[:1]] {
			t.Errorf("the page has no %s", id)
		}
		switch first, rest, _ := strings.Cut(where, " "); {
		case where == "golden":
			if _, err := os.Stat(filepath.Join(bad, id+".txtar")); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		case where == "lines":
			if !headings[id] {
				t.Errorf("%s is no heading of the lines", id)
			}
		case first == "none:":
			if rest == "" {
				t.Errorf("%s has neither a case nor a reason", id)
			}
		case !hasTest(t, filepath.Join("..", "..", first), rest):
			t.Errorf("%s: no %s in %s", id, rest, first)
		}
	}
	for group, n := range badInputs {
		for i := range n {
			if id := group + strconv.Itoa(i+1); !seen[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
}

// headingsOf are the ids that stand before lines of statements.
func headingsOf(t *testing.T, folder string) map[string]bool {
	ids := regexp.MustCompile(`^[A-Z][0-9]+(, [A-Z][0-9]+)*( \(.*)?$`)
	found := map[string]bool{}
	for _, name := range []string{"statements", "tables", "values"} {
		ar, err := txtar.ParseFile(filepath.Join(folder, name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			for line := range strings.Lines(string(f.Data)) {
				if line = strings.TrimSpace(line); f.Name == sqlSection && ids.MatchString(line) {
					list, _, _ := strings.Cut(line, " (")
					for id := range strings.SplitSeq(list, ", ") {
						found[id] = true
					}
				}
			}
		}
	}
	return found
}

// hasTest reports whether a test file of folder has the function.
func hasTest(t *testing.T, folder, function string) bool {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if function != "" && strings.Contains(string(text), "\nfunc "+function+"(") {
			return true
		}
	}
	return false
}

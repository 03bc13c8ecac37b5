package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// languageRows and functionRows are the numbers of rows of each section of the pages of the language and of functions.
var (
	languageRows = []int{11, 2, 11, 25, 19, 12, 23, 18, 5, 8, 26, 8, 11, 23}
	functionRows = []int{8, 12, 19, 6, 29, 7, 5, 9, 20, 16, 4, 8, 6, 13}
)

// TestRowsHaveCases holds testdata/rows.tsv to the pages, a case or a reason for each of their rows, and to the tests:
// each case must stand where it is said to.
func TestRowsHaveCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "rows.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var functions []string
	for _, c := range functionCases(t) {
		functions = append(functions, c.source)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 || f[1] == "" || f[3] == "" {
			t.Errorf("%q is not a row, its meaning, a place and cases", line)
			continue
		}
		row, place := f[0], f[2]
		seen[row] = true
		for c := range strings.SplitSeq(f[3], " ;; ") {
			found := place == "none"
			switch {
			case place == "funcs":
				found = slices.ContainsFunc(functions, func(source string) bool { return strings.HasPrefix(source, c) })
			case strings.HasPrefix(c, "Test"):
				found = hasTest(t, filepath.Join("..", "..", place), c)
			case !found:
				found = stands(t, place, c)
			}
			if !found {
				t.Errorf("%s: %q is not in %s", row, c, place)
			}
		}
	}
	for page, sections := range map[string][]int{"S": languageRows, "F": functionRows} {
		for i, rows := range sections {
			for n := range rows {
				if row := fmt.Sprintf("%s%d.%d", page, i+1, n+1); seen[row] {
					delete(seen, row)
				} else {
					t.Errorf("%s is missing", row)
				}
			}
		}
	}
	for row := range seen {
		t.Errorf("the pages have no row %s", row)
	}
}

// stands reports whether the file of testdata, a golden of statements if it has no extension, has what among what it runs:
// of a session that is its statements, not their answers.
func stands(t *testing.T, place, what string) bool {
	if filepath.Ext(place) == "" {
		place += ".txtar"
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(place)))
	if err != nil {
		t.Fatal(err)
	}
	session := strings.HasPrefix(place, "sessions/")
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, what) && (!session || strings.HasPrefix(line, "> ")) {
			return true
		}
	}
	return false
}

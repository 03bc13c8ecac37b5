package funcs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/funcs"
)

// TestFamiliesAreListed checks that the functions of these files can be found, and under one name only.
func TestFamiliesAreListed(t *testing.T) {
	seen := map[string]string{}
	for d := range funcs.Docs() {
		for _, n := range append([]string{d.Name}, d.Aliases...) {
			key := d.Kind + " " + n
			if other, ok := seen[key]; ok {
				t.Errorf("%s belongs to %s and %s", key, other, d.Name)
			}
			seen[key] = d.Name
		}
	}
	for _, n := range []string{"concat", "substr", "rlike", "split", "get_json_object", "xpath", "parse_url", "array", "index", "getfield", "printf", "mask", "version"} {
		if funcs.FindScalar(n) == nil {
			t.Errorf("no function %s", n)
		}
	}
	if funcs.FindTable("explode") == nil {
		t.Error("no table function explode")
	}
}

// TestSpellings: no name of another engine is one of the library, and each hint names functions that there are.
func TestSpellings(t *testing.T) {
	words := map[string]bool{"in": true, "over": true, "distinct": true, "where": true, "filter": true, "cast": true, "extract": true, "order": true, "partition": true}
	for d := range funcs.Docs() {
		for _, n := range append([]string{d.Name}, d.Aliases...) {
			words[n] = true
			err := funcs.NoFunction("function", n, nil)
			if strings.HasPrefix(err.Hint, "here it is") {
				t.Errorf("%s is a function and a spelling of another engine: %s", n, err.Hint)
			}
		}
	}
	call := regexp.MustCompile(`\b(\w+)\(`)
	for _, hint := range funcs.HintTexts() {
		for _, m := range call.FindAllStringSubmatch(strings.ToLower(hint), -1) {
			if !words[m[1]] {
				t.Errorf("%q names %s, which is no function", hint, m[1])
			}
		}
	}
}

package parse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tree "github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		rest string
	}{
		{"select 1", nil, "select 1"},
		{"select 1;", []string{"select 1"}, ""},
		{" a ; b;\n c", []string{"a", "b"}, "\n c"},
		{"';' ; \";\" ; `;` ;", []string{"';'", `";"`, "`;`"}, ""},
		{`'\';' ; x`, []string{`'\';'`}, " x"},
		{"a -- ;\n ; b", []string{"a -- ;"}, " b"},
		{"/* ; */ a; -- only\n; /* c */ ;", []string{"/* ; */ a"}, ""},
		{`dfs -ls a\;b; 'c\;'`, []string{"dfs -ls a;b"}, ` 'c\;'`},
		{"select 'a;", nil, "select 'a;"},
		{"select 1 /* a;", nil, "select 1 /* a;"},
		{";;", nil, ""},
	} {
		got, rest := Split(c.in)
		if !slices.Equal(got, c.want) || rest != c.rest {
			t.Errorf("%q: got %q, %q, want %q, %q", c.in, got, rest, c.want, c.rest)
		}
	}
}

func TestKeywords(t *testing.T) {
	words := Keywords()
	if !slices.IsSorted(words) || !slices.Contains(words, "select") || !slices.Contains(words, "tblproperties") {
		t.Errorf("got %q", words)
	}
}

func TestSubstitute(t *testing.T) {
	vars := map[string]string{":a": "1", "hivevar:a": "hv", "hiveconf:x.y": "hc", "env:HOME": "/h",
		":deep": "<${a}>", ":self": "${self}x", ":fix": "${fix}"}
	lookup := func(space, name string) (string, bool) {
		v, ok := vars[space+":"+name]
		return v, ok
	}
	for _, c := range []struct{ in, want string }{
		{"select ${a}", "select 1"},
		{"${hivevar:a}${HIVECONF:x.y}'${env:HOME}'", "hvhc'/h'"},
		{"${deep}", "<1>"},
		{"${unknown} ${a}", "${unknown} 1"},
		{"${a", "${a"},
		{"${a b} $a {a} $", "${a b} $a {a} $"},
		{"${${a}}", "${1}"},
		{"", ""},
	} {
		got, err := Substitute(c.in, lookup)
		if err != nil || got != c.want {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"${self}", "${fix}", strings.Repeat("${big}", 1000)} {
		vars[":big"] = strings.Repeat("x", 5000)
		if got, err := Substitute(in, lookup); diag.KindOf(err) != diag.Limit {
			t.Errorf("%.20q: got %.20q, %v", in, got, err)
		}
	}
	// Forty values in each other are good.
	for i := range 40 {
		vars[fmt.Sprintf(":v%d", i)] = fmt.Sprintf("${v%d}", i+1)
	}
	vars[":v39"] = "end"
	if got, err := Substitute("${v0}", lookup); got != "end" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestRaw holds the statements that are text to their end.
func TestRaw(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"set a.b = c d ", "&{Space: Key:a.b Value:c d All:false}"},
		{"SET HiveVar:X=", "&{Space:hivevar Key:X Value: All:false}"},
		{"set k=a\\;b", "&{Space: Key:k Value:a;b All:false}"},
		{"set k='a;b'", "&{Space: Key:k Value:'a;b' All:false}"},
		{"set", "&{Space: Key: Value:<nil> All:false}"},
		{"set -v", "&{Space: Key: Value:<nil> All:true}"},
		{"set time zone 'Europe/Berlin'", "&{Zone:Europe/Berlin}"},
		{"set time zone LOCAL", "&{Zone:local}"},
		{"add jar s3://x/y.jar 'a b'", "&{Verb:add Kind:jar Paths:[s3://x/y.jar a b]}"},
		{"dfs -ls /a  \"b c\"", "&{Args:[-ls /a b c]}"},
		{"source 'x y.sql'", "&{Path:x y.sql}"},
		{"reset a", "&{Key:a}"},
	} {
		s, err := Parse(c.in + "; select 1")
		if err != nil || len(s) != 2 {
			t.Errorf("%s: %v, %v", c.in, s, err)
			continue
		}
		if got := withoutPos(s[0]); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
	var e *diag.Error
	if _, err := Parse("delete from t"); !errors.As(err, &e) || e.Kind != diag.Unsupported {
		t.Errorf("delete from: %v", err)
	}
}

// withoutPos prints the fields of a raw statement but its place.
func withoutPos(s tree.Statement) string {
	if set, ok := s.(*tree.Set); ok {
		value := "<nil>"
		if set.Value != nil {
			value = *set.Value
		}
		return fmt.Sprintf("&{Space:%s Key:%s Value:%s All:%v}", set.Space, set.Key, value, set.All)
	}
	text := fmt.Sprintf("%+v", s)
	_, rest, _ := strings.Cut(text, "} ")
	return "&{" + rest
}

package javaregex

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

func TestReplace(t *testing.T) {
	for _, c := range []struct{ text, pattern, rep, want string }{
		{"100-200", `(\d+)`, "<$1>", "<100>-<200>"},
		{"abc", "", "-", "-a-b-c-"},
		{"aXbX", "X", `\$`, "a$b$"},
		{"a.b", ".", "x", "xxx"},
		{"foo", "(o)", "$1$1", "foooo"},
		{"foo", "o", `\\`, `f\\`},
		{"ab", "(?<x>a)", "${x}!", "a!b"},
		{"baac", "a*", "X", "XbXXcX"},
		{"ab", "(a)|(b)", "[$2]", "[][b]"},
		{"ab", "(a)", "$12", "a2b"},
		{"x1y22", `(?<=x)\d`, "_", "x_y22"},
		{"déjà", `\b`, "|", "|déjà|"},
	} {
		re, err := Compile(c.pattern, 0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := re.Replacement(c.rep)
		if err != nil {
			t.Errorf("%s: %v", c.rep, err)
			continue
		}
		if got, err := re.AppendReplaceAll(nil, c.text, r); err != nil || string(got) != c.want {
			t.Errorf("%q: %q by %q: %q, want %q (%v)", c.text, c.pattern, c.rep, got, c.want, err)
		}
	}
	re, _ := Compile("(a)", 0)
	for _, bad := range []string{"$", "$x", "a$", `\`, "$2", "${y}", "${"} {
		if _, err := re.Replacement(bad); diag.KindOf(err) != diag.Syntax {
			t.Errorf("replacement %q: %v", bad, err)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          []string
	}{
		{"a,b,,c,,", ",", []string{"a", "b", "", "c", "", ""}},
		{"a|b", "|", []string{"a", "|", "b", ""}},
		{"abc", "", []string{"a", "b", "c", ""}},
		{"", ",", []string{""}},
		{"a.b.c", ".", []string{"", "", "", "", "", ""}},
		{"a1b22c", "[0-9]+", []string{"a", "b", "c"}},
		{"aXbYc", "(?=[XY])", []string{"a", "Xb", "Yc"}},
	} {
		re, err := Compile(c.pattern, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := re.Split(nil, c.text); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q by %q: %q, want %q (%v)", c.text, c.pattern, got, c.want, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		pattern string
		kind    diag.Kind
		msg     string
	}{
		{"a(b", diag.Syntax, `regular expression "a(b": unclosed group at character 2`},
		{"é[b", diag.Syntax, `regular expression "é[b": unclosed character class at character 2`},
		{`\Qab\E*+*`, diag.Syntax, "has nothing to repeat at character 9"},
		{`\p{InGreek}`, diag.Syntax, `no character class "InGreek"`},
		{`\N{DIGIT ONE}`, diag.Unsupported, "not supported"},
		{strings.Repeat("(", 5000) + strings.Repeat(")", 5000), diag.Limit, "nest deeper"},
		{strings.Repeat("a", 1<<20), diag.Limit, "the limit is"},
		{"((a{100}){100}){100}", diag.Limit, "longer than"},
	} {
		_, err := Compile(c.pattern, 0)
		if diag.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.msg) {
			t.Errorf("%.40s: %v", c.pattern, err)
		}
	}
}

func TestEngines(t *testing.T) {
	for pattern, want := range map[string]string{
		"GET": "literal", `a\.b`: "literal", `\d+`: "linear", `^a.*b$`: "linear", `\bx\b`: "linear", "(?=x)": "backtracking",
		`(a)\1`: "backtracking", "a*+": "backtracking", "[ab]{1001}": "backtracking", `\G`: "backtracking",
	} {
		re, err := Compile(pattern, 0)
		if err != nil {
			t.Fatal(err)
		}
		if re.Engine() != want {
			t.Errorf("%s runs on %s, want %s", pattern, re.Engine(), want)
		}
	}
}

// TestHard pins what a pattern with exponentially many ways costs on either engine.
func TestHard(t *testing.T) {
	text := strings.Repeat("a", 40) + "!"
	easy, _ := Compile("^([a-z0-9]+)+$", 0)
	if ok, err := easy.MatchFind(text); ok || err != nil {
		t.Errorf("linear: %v, %v", ok, err)
	}
	hard, _ := Compile(`^(?=a)([a-z0-9]+)+$`, 0)
	start := time.Now()
	if _, err := hard.MatchFind(text); !errors.Is(err, ErrTooHard) {
		t.Errorf("backtracking: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		flags         Flags
		want          bool
	}{
		{"ABC", "abc", CaseInsensitive, true},
		{"É", "é", CaseInsensitive, false},
		{"É", "é", CaseInsensitive | UnicodeCase, true},
		{"a.b", "a\nb", DotAll, true},
		{"a.b", "a\nb", 0, false},
		{"^b", "a\nb", Multiline, true},
	} {
		re, err := Compile(c.pattern, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := re.MatchFind(c.text); got != c.want || err != nil {
			t.Errorf("%q flags %d on %q: %v (%v)", c.pattern, c.flags, c.text, got, err)
		}
	}
}

// FuzzCompile looks for panics, and for offsets outside the text on any input.
func FuzzCompile(f *testing.F) {
	f.Add(`(a|b*)+?[^\d&&[1-3]]$`, "ab1\r\n")
	f.Add(`\Qx\E{2,}+(?<n>é)\k<n>`, "xxéé")
	f.Add("\\b(?m)^\\R\xff", "\xff\xfe a")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 64 || len(text) > 64 {
			return
		}
		re, err := Compile(pattern, 0)
		if err != nil {
			var d *diag.Error
			if !errors.As(err, &d) {
				t.Fatalf("%v is not a diag.Error", err)
			}
			return
		}
		last := 0
		_ = re.Each(text, func(m []int) bool {
			if len(m) != 2*(1+re.NumGroups()) || m[0] < last || m[1] < m[0] || m[1] > len(text) {
				t.Fatalf("offsets %v after %d of %q", m, last, text)
			}
			last = m[1]
			return true
		})
	})
}

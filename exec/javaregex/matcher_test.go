package javaregex

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// verdict matches s in the middle of other text, so that offsets and blocks do not begin with it.
func verdict(m *Matcher, groups int, s string, shift int) (Verdict, []int) {
	before := strings.Repeat("x\n", shift)
	m.Reset([]byte(before + s + "\nnext \"[-] 1"))
	g := make([]int, 2*groups+2)
	v := m.Match(g, len(before), len(before)+len(s))
	for i := range g {
		if g[i] >= 0 {
			g[i] -= len(before)
		}
	}
	return v, g
}

func everyGroup(int) bool { return true }

// agree holds a Matcher to Regexp and reports whether it knew the answer.
func agree(t *testing.T, re *Regexp, full bool, s string, shift int) (v Verdict, ok bool) {
	t.Helper()
	m := re.Matcher(full, everyGroup)
	if m == nil {
		return Unsure, false
	}
	return agreeWith(t, re, m, s, shift), true
}

func agreeWith(t *testing.T, re *Regexp, m *Matcher, s string, shift int) Verdict {
	t.Helper()
	v, got := verdict(m, re.NumGroups(), s, shift)
	if v == Unsure {
		return v
	}
	match := re.FindSubmatchIndex
	if m.full {
		match = re.FullMatch
	}
	want, err := match(nil, s)
	if err != nil {
		return v
	}
	if (want != nil) != (v == Matched) || (v == Matched && fmt.Sprint(got) != fmt.Sprint(want)) {
		t.Fatalf("%q (full %v) on %q: %v %v, want %v", re, m.full, s, v, got, want)
	}
	return v
}

const nginxPattern = `^(\S+) (\S+) (\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"$`

func TestMatcher(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	for _, c := range []struct {
		pattern, text string
		full          bool
		want          Verdict
	}{
		{nginxPattern, `1.2.3.4 - - [05/Mar/2024:00:00:01 +0000] "GET / HTTP/1.1" 200 16816 "https://x/é" "Mozilla/5.0"`, true, Matched},
		{nginxPattern, `1.2.3.4 - - [05/Mar/2024:00:00:01 +0000] "GET /` + long + ` HTTP/1.1" 200 - "-" "` + long + `"`, true, Matched},
		{nginxPattern, `1.2.3.4 - - [05/Mar/2024:00:00:01 +0000] "GET / HTTP/1.1" 2000 16816 "-" "-"`, true, NotMatched},
		{`(.*?)"(\d+)"(.*)`, `a"b"12"c"d`, true, Matched},
		{`(.*)"(\d+)"(.*)`, `a"1"b"12"c"3d`, true, Matched},
		{`(\S+)(?: (.*))?`, `a`, true, Matched},
		{`(\S+)(?: (.*))?`, `a b é c`, true, Matched},
		{`(a|ab)(c|bcd)(d*)`, `abcd`, true, Matched},
		{`([^"]*+)"(x)`, `é"x`, true, Matched},
		{`(?:(\d+)\.){3}(\d+)`, `10.20.30.40`, true, Matched},
		{`(?:(a)|b)*(c)`, `abbac`, true, Matched},
		{`\b(\w+)\b (\d)`, `héllo 1`, true, Unsure},
		{`\b(\w+)\b (\d)`, `hallo 1`, true, Matched},
		{`(\d+) (\w+)`, `12 ab, more`, false, Matched},
		{`(\d+) (\w+)`, `x 12 ab`, false, Unsure},
		{`(é)(.*)(.)`, `éaböc`, true, Matched},
		{`(.*)(.)`, `aö`, true, Unsure},
		{`a$`, "a\n", false, Unsure},
		{`(?i)get (\S+)`, "GeT /x", true, Matched},
		{`(\d{1,3})(\d*)`, "12345", true, Matched},
		{`(\d{1,3}?)(\d*)`, "12345", true, Matched},
		{``, "", true, Matched},
		{``, "x", true, NotMatched},
	} {
		re, err := Compile(c.pattern, DotAll)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := agree(t, re, c.full, c.text, 40)
		if !ok || got != c.want {
			t.Errorf("%q on %q: %v, %v; want %v", c.pattern, c.text, got, ok, c.want)
		}
	}
	for _, p := range []string{`(?=x)y`, `(a)\1`, `\p{L}+`, `(?:a?)*`, `.{3}`, `(?>a|b)c`, `(?m)^a`} {
		re, err := Compile(p, DotAll)
		if err != nil {
			t.Fatal(err)
		}
		if re.Matcher(true, everyGroup) != nil {
			t.Errorf("%q has a matcher", p)
		}
	}
}

// TestMatcherGivesUp holds the number of tries on a text that can be cut in very many ways.
func TestMatcherGivesUp(t *testing.T) {
	re, _ := Compile(`(a*)(a*)(a*)(a*)(a*)b`, DotAll)
	if v, _ := agree(t, re, true, strings.Repeat("a", 200)+"c", 0); v != Unsure {
		t.Errorf("%v", v)
	}
}

// randomPattern writes a pattern of what logs are matched with.
func randomPattern(r *rand.Rand, depth int) string {
	sets := []string{`\S`, `\s`, `\d`, `\w`, `.`, `[^"]`, `[^\]]`, `[a-c]`, `[0-9.]`, `a`, `"`, ` `, `é`, `[^ ]`}
	times := []string{"", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "*+", "++"}
	var b strings.Builder
	for range 1 + r.IntN(4) {
		switch n := r.IntN(12); {
		case n < 6:
			b.WriteString(sets[r.IntN(len(sets))] + times[r.IntN(len(times))])
		case n < 8 && depth > 0:
			b.WriteString("(" + randomPattern(r, depth-1) + ")" + times[r.IntN(10)])
		case n < 9 && depth > 0:
			b.WriteString("(?:" + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")" + times[r.IntN(10)])
		case n < 10:
			b.WriteString([]string{`\b`, `\B`, "^", "$", `\z`}[r.IntN(5)])
		default:
			b.WriteString([]string{`" `, ` "`, `\[`, `-`, `: `, "ab"}[r.IntN(6)])
		}
	}
	return b.String()
}

func randomText(r *rand.Rand) string {
	parts := []string{"a", "b", "ab", "1", "12.5", " ", "\"", "\" ", "[", "]", "-", "é", "\xff", "\xa9", "_", "\n", "\u2028", "x"}
	var b strings.Builder
	for range r.IntN(14) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	if r.IntN(8) == 0 {
		b.WriteString(strings.Repeat(parts[r.IntN(5)], 70))
	}
	return b.String()
}

// agreeAtRandom tries one random pattern on some texts; it counts the answers.
func agreeAtRandom(t *testing.T, seed1, seed2 uint64, count *[3]int) {
	r := rand.New(rand.NewPCG(seed1, seed2))
	re, err := Compile(randomPattern(r, 3), DotAll)
	if err != nil {
		return
	}
	for _, full := range []bool{true, false} {
		m := re.Matcher(full, everyGroup)
		for i := 0; m != nil && i < 20; i++ {
			count[agreeWith(t, re, m, randomText(r), r.IntN(70))]++
		}
	}
}

// TestMatcherProperty compares the two engines on random patterns and texts near them.
func TestMatcherProperty(t *testing.T) {
	var count [3]int
	for i := range uint64(500) {
		agreeAtRandom(t, i, 1, &count)
	}
	if count[Matched] < 500 || count[NotMatched] < 500 {
		t.Errorf("%d matched, %d did not, %d unsure: the patterns are no test", count[Matched], count[NotMatched], count[Unsure])
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add(uint64(1), uint64(2), `(\S+) "([^"]*)"$`, `a "b c"`)
	f.Add(uint64(7), uint64(9), `(.*?)-(.*)`, "é-é")
	f.Fuzz(func(t *testing.T, seed1, seed2 uint64, pattern, text string) {
		var count [3]int
		agreeAtRandom(t, seed1, seed2, &count)
		if len(pattern) > 60 || len(text) > 200 {
			return
		}
		if re, err := Compile(pattern, DotAll); err == nil {
			agree(t, re, true, text, int(seed1%64))
			agree(t, re, false, text, int(seed1%64))
		}
	})
}

func TestMatcherAllocates(t *testing.T) {
	re, _ := Compile(nginxPattern, DotAll)
	m := re.Matcher(true, everyGroup)
	b := []byte(`1.2.3.4 - - [05/Mar/2024:00:00:01 +0000] "GET / HTTP/1.1" 200 16816 "-" "Mozilla/5.0"`)
	group := make([]int, 20)
	if n := testing.AllocsPerRun(100, func() {
		m.Reset(b)
		if m.Match(group, 0, len(b)) != Matched {
			t.Fatal("no match")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMatcher(b *testing.B) {
	re, _ := Compile(nginxPattern, DotAll)
	m := re.Matcher(true, func(g int) bool { return g == 1 || g == 6 })
	line := `63.74.111.199 - - [05/Mar/2024:00:00:01 +0000] "GET /news/old-summer-269?utm_source=mail&utm_medium=social&utm_campaign=newsletter HTTP/1.1" 200 16816 "https://shop.example.com/products/3876" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"`
	text := []byte(strings.Repeat(line+"\n", 64))
	group := make([]int, 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m.Reset(text)
		for i := range 64 {
			if from := i * (len(line) + 1); m.Match(group, from, from+len(line)) != Matched {
				b.Fatal("no match")
			}
		}
	}
}

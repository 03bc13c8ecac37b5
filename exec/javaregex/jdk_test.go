package javaregex

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestJava compares matches with those of java.util.regex (OpenJDK 17). A line of the file has the
// pattern, the text, the byte ranges of the groups of every find, and those of matches(), by tabs.
func TestJava(t *testing.T) {
	name := "testdata/java17.tsv"
	if s := os.Getenv("JAVAREGEX_VECTORS"); s != "" {
		name = s
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	un := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	cases := 0
	for lines.Scan() {
		field := strings.Split(lines.Text(), "\t")
		pattern, text := un.Replace(field[0]), un.Replace(field[1])
		re, err := Compile(pattern, 0)
		cases++
		if strings.HasPrefix(field[2], "ERR") {
			if err == nil && !strings.Contains(field[2], "Look-behind") {
				t.Errorf("%q compiles, Java says %s", pattern, field[2])
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		var finds []string
		err = re.Each(text, func(m []int) bool {
			finds = append(finds, ranges(m))
			return len(finds) < 50
		})
		if got := strings.Join(finds, " "); err != nil || got != field[2] {
			t.Errorf("%q (%s) on %q: finds %q, want %q (%v)", pattern, re.Engine(), text, got, field[2], err)
		}
		if got, err := re.MatchFind(text); err != nil || got != (field[2] != "") {
			t.Errorf("%q (%s) on %q: find %v, want %q (%v)", pattern, re.Engine(), text, got, field[2], err)
		}
		m, err := re.FullMatch(nil, text)
		got := "no"
		if m != nil {
			got = ranges(m)
		}
		if err != nil || got != field[3] {
			t.Errorf("%q (%s) on %q: matches %q, want %q (%v)", pattern, re.Engine(), text, got, field[3], err)
		}
	}
	if cases == 0 {
		t.Fatal("no cases")
	}
}

func ranges(m []int) string {
	var b strings.Builder
	for i := 0; i < len(m); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		if m[i] < 0 {
			b.WriteByte('-')
		} else {
			fmt.Fprintf(&b, "%d:%d", m[i], m[i+1])
		}
	}
	return b.String()
}

package funcs

import "testing"

// FuzzSQLFormat: no pattern and no text make a panic, and what a pattern with all fields writes it reads.
func FuzzSQLFormat(f *testing.F) {
	f.Add("YYYY-MM-DD HH24:MI:SS.FF9", "2020-02-29 23:59:59.5")
	f.Add(`FXDD MON RR "at\"" HH12 A.M. TZH:TZM`, "1 jan 99")
	f.Add("SSSSS DDD Y YY YYY", "1")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := compileSQLFormat(pattern)
		if err != nil {
			return
		}
		m, ok := parseSQLFormat([]byte(text), p, 2026)
		if !ok {
			return
		}
		appendSQLFormat(nil, p, m)
		full, err := compileSQLFormat("YYYY-MM-DD HH24:MI:SS.FF9")
		if err != nil {
			t.Fatal(err)
		}
		written := appendSQLFormat(nil, full, m)
		if back, ok := parseSQLFormat(written, full, 2026); !ok || back != m {
			t.Errorf("%v is written as %s and read as %v", m, written, back)
		}
	})
}

// FuzzLike: no pattern makes a panic, and a text always fits itself when its wild cards are escaped.
func FuzzLike(f *testing.F) {
	f.Add("a%b_c", "axxbyc")
	f.Add(`\%\_\\`, "%_")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		compileLike([]byte(pattern), '\\').matches([]byte(text))
		var escaped []byte
		for i := range len(text) {
			if c := text[i]; c == '%' || c == '_' || c == '!' {
				escaped = append(escaped, '!')
			}
			escaped = append(escaped, text[i])
		}
		if !compileLike(escaped, '!').matches([]byte(text)) {
			t.Errorf("%q does not fit %q", text, escaped)
		}
	})
}

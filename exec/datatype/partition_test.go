package datatype

import "testing"

func TestEscapePartition(t *testing.T) {
	for _, c := range []struct{ text, path string }{
		{"2011", "2011"},
		{"", DefaultPartition},
		{"2011/12", "2011%2F12"},
		{"a b&c+d}", "a b&c+d}"},
		{"\"#%'*/:=?[\\]^{\x7f\n", "%22%23%25%27%2A%2F%3A%3D%3F%5B%5C%5D%5E%7B%7F%0A"},
		{"äö", "äö"},
	} {
		if got := EscapePartition(c.text); got != c.path {
			t.Errorf("escape %q: %q, want %q", c.text, got, c.path)
		}
		if got, null := UnescapePartition(c.path); got != c.text || null != (c.text == "") {
			t.Errorf("unescape %q: %q, %v, want %q", c.path, got, null, c.text)
		}
	}
	for in, want := range map[string]string{"%zz": "%zz", "%": "%", "a%2": "a%2", "a%252B": "a%2B", "%2f": "/", "+": "+"} {
		if got, null := UnescapePartition(in); got != want || null {
			t.Errorf("unescape %q: %q, want %q", in, got, want)
		}
	}
}

func FuzzEscapePartition(f *testing.F) {
	f.Add("a%2Fb")
	f.Fuzz(func(t *testing.T, s string) {
		if s == DefaultPartition {
			return
		}
		if got, null := UnescapePartition(EscapePartition(s)); got != s || null != (s == "") {
			t.Fatalf("%q: %q", s, got)
		}
	})
}

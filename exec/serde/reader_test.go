package serde

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// records returns all records of chunks, with where each begins.
func records(t *testing.T, r *Reader, f Framing) (out []string, offsets []int64) {
	t.Helper()
	for {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, offsets
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Long {
			out, offsets = append(out, "<long>"), append(offsets, c.Offset)
			continue
		}
		if c.Single {
			out, offsets = append(out, string(c.Data)), append(offsets, c.Offset)
			continue
		}
		n := 0
		for b := c.Data; len(b) > 0; n++ {
			rec, adv := f.Next(b, true)
			out = append(out, string(rec))
			offsets = append(offsets, c.Offset+int64(len(c.Data)-len(b)))
			b = b[adv:]
		}
		if got := f.Count(c.Data); got != n {
			t.Fatalf("count of %q is %d, want %d", c.Data, got, n)
		}
	}
}

// reference splits the whole text in the plainest way.
func reference(data []byte, f Framing) (out []string) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch f := f.(type) {
	case anyLine:
		text := strings.ReplaceAll(string(data), "\r\n", "\n")
		return splitEnds(strings.ReplaceAll(text, "\r", "\n"), "\n")
	case newline:
		for _, l := range splitEnds(string(data), "\n") {
			out = append(out, strings.TrimSuffix(l, "\r"))
		}
		return out
	case exactEnd:
		return splitEnds(string(data), string(f.end))
	}
	return nil
}

func splitEnds(s, end string) []string {
	out := strings.Split(s, end)
	if out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

func framings() map[string]Framing {
	return map[string]Framing{
		"any": anyLine{}, "newline": newline{}, "semicolon": exactEnd{[]byte(";")}, "two": exactEnd{[]byte("|\n")},
		"crlf": exactEnd{[]byte("\r\n")},
	}
}

func whole() Range { return Range{End: math.MaxInt64} }

// TestSplits reads every pair of ranges of small files: each record is read once, by the range it begins in.
func TestSplits(t *testing.T) {
	for name, f := range framings() {
		for _, data := range []string{
			"", "\n", "\r", "\r\n", "\n\n\n", "a", "a\n", "a\r\nb\r\nc", "a\rb\rc\r", "a\r\n\r\nb\n\rc\r\r\n", "one\ntwo\nthree\n\nfive",
			"a;b;;c", ";", ";;", "a|\nb|\n|\n|c", "|\n", "||\n|\n\n|", "\xef\xbb\xbfa\nb\n", "a\nlonger line here\nb\r",
		} {
			want := reference([]byte(data), f)
			r := NewReader(f, 100)
			for i := 0; i <= len(data); i++ {
				for j := i; j <= len(data); j++ {
					var got []string
					cuts := []int{0, i, j, len(data)}
					for k := range 3 {
						from, to := cuts[k], cuts[k+1]
						if from == to {
							continue
						}
						start := max(0, from-f.Overlap())
						r.Reset(iotest.OneByteReader(strings.NewReader(data[start:])),
							Range{Start: int64(from), Offset: int64(start), End: int64(to)})
						recs, _ := records(t, r, f)
						got = append(got, recs...)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%s: %q at %d, %d: %q, want %q", name, data, i, j, got, want)
					}
				}
			}
		}
	}
}

// chopped returns its data in pieces of the sizes of cuts.
type chopped struct {
	data []byte
	cuts []byte
}

func (c *chopped) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := 1
	if len(c.cuts) > 0 {
		n, c.cuts = int(c.cuts[0])+1, c.cuts[1:]
	}
	n = copy(p[:min(n, len(p))], c.data)
	c.data = c.data[n:]
	return n, nil
}

// FuzzFraming cuts a text anywhere: the records stay the same.
func FuzzFraming(f *testing.F) {
	f.Add([]byte("a\r\nb\rc\n\n"), []byte{1, 0, 2}, uint8(0), uint8(20))
	f.Add([]byte("a|\nb||\n"), []byte{3}, uint8(3), uint8(2))
	names := []string{"any", "newline", "semicolon", "two", "crlf"}
	f.Fuzz(func(t *testing.T, data, cuts []byte, which, limit uint8) {
		fr := framings()[names[int(which)%len(names)]]
		r := NewReader(fr, int(limit)+1)
		r.Reset(&chopped{data, cuts}, whole())
		got, offs := records(t, r, fr)
		want := reference(data, fr)
		for i, w := range want {
			if len(w) > int(limit)+1 {
				want[i] = "<long>"
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%T limit %d, %q: %q, want %q", fr, limit, data, got, want)
		}
		if !slices.IsSorted(offs) {
			t.Fatalf("offsets %v", offs)
		}
	})
}

func TestHeaderFooter(t *testing.T) {
	for _, c := range []struct {
		data           string
		header, footer int
		want           string
	}{
		{"h\na\nb\n", 1, 0, "a,b"},
		{"h\n", 1, 0, ""},
		{"", 1, 0, ""},
		{"h", 3, 0, ""},
		{"h\ni\na\nf\ng\n", 2, 2, "a"},
		{"a\nb\nc", 0, 2, "a"},
		{"a\nb", 0, 2, ""},
		{"\xef\xbb\xbfh\na\n", 1, 0, "a"},
	} {
		r := NewReader(anyLine{}, 100)
		r.Reset(strings.NewReader(c.data), Range{End: math.MaxInt64, Header: c.header, Footer: c.footer})
		got, _ := records(t, r, anyLine{})
		if strings.Join(got, ",") != c.want {
			t.Errorf("%q, header %d, footer %d: %q, want %q", c.data, c.header, c.footer, got, c.want)
		}
	}
}

// TestLongLines is D20 to D23 of the bad-input page in small.
func TestLongLines(t *testing.T) {
	const limit = 300 << 10
	line := func(n int) string { return strings.Repeat("x", n) }
	for _, end := range []string{"\n", "\r\n", "\r"} {
		data := "a" + end + line(limit-1) + end + line(limit) + end + line(limit+1) + end + line(5*limit) + end + "b" + end
		r := NewReader(anyLine{}, limit)
		r.Reset(iotest.HalfReader(strings.NewReader(data)), whole())
		got, _ := records(t, r, anyLine{})
		want := []string{"a", line(limit - 1), line(limit), "<long>", "<long>", "b"}
		if !slices.Equal(got, want) {
			for i := range got {
				t.Logf("%d: %d bytes %.10q", i, len(got[i]), got[i])
			}
			t.Fatalf("end %q: %d records", end, len(got))
		}
		// One line over all splits is one record.
		data = line(10 * limit)
		long := 0
		for from := 0; from < len(data); from += limit {
			r.Reset(strings.NewReader(data[max(0, from-1):]), Range{Start: int64(from), Offset: int64(max(0, from-1)), End: int64(from + limit)})
			got, _ := records(t, r, anyLine{})
			long += len(got)
		}
		if long != 1 {
			t.Errorf("one line in 10 ranges is %d records", long)
		}
		if cap := len(r.buf); cap > 4*limit+4*bodySize {
			t.Errorf("buffer of %d bytes", cap)
		}
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(anyLine{}, 100)
	r.Reset(io.MultiReader(strings.NewReader("a\nb\nhalf"), iotest.ErrReader(broken)), whole())
	c, err := r.Next()
	if err != nil || string(c.Data) != "a\nb\n" {
		t.Fatalf("%q, %v", c.Data, err)
	}
	if _, err = r.Next(); !errors.Is(err, broken) {
		t.Fatalf("%v", err)
	}
}

func TestMultiline(t *testing.T) {
	f := multiline{csvChars{',', '"', '\\'}}
	data := "a,\"b\nc\"\n\"x\"\"y\r\n\",z\r\n\"\\\"\n\"\nlast"
	want := []string{"a,\"b\nc\"", "\"x\"\"y\r\n\",z", "\"\\\"\n\"", "last"}
	for n := 1; n < 10; n++ {
		r := NewReader(f, 100)
		r.Reset(&chopped{[]byte(data), bytes.Repeat([]byte{byte(n)}, 99)}, whole())
		if got, _ := records(t, r, f); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func ExampleReader() {
	r := NewReader(anyLine{}, 1<<20)
	r.Reset(strings.NewReader("a\r\nb\n"), whole())
	c, err := r.Next()
	fmt.Printf("%q %v\n", c.Data, err)
	// Output: "a\r\nb\n" <nil>
}

package textscan

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

func slow(b, needles []byte) (out []uint32) {
	for i, c := range b {
		if bytes.IndexByte(needles, c) >= 0 {
			out = append(out, uint32(i))
		}
	}
	return out
}

func FuzzPositions(f *testing.F) {
	f.Add([]byte("a,b\nc,,\n"), []byte(",\n"))
	f.Add([]byte("\x00\x01\x00\x01\x80\x81\xff\x00\x01\x01"), []byte{1, 0})
	f.Add(bytes.Repeat([]byte{0x80, 0x7f, 0x81}, 30), []byte{0x80, 0x7f, 0x81})
	f.Add([]byte("one two three four"), []byte(" ethn"))
	f.Fuzz(func(t *testing.T, b, needles []byte) {
		if len(needles) == 0 {
			return
		}
		needles = needles[:min(8, len(needles))]
		for n := 1; n <= len(needles); n++ {
			got := Positions([]uint32{7}, b, needles[:n])
			if want := append([]uint32{7}, slow(b, needles[:n])...); !slices.Equal(got, want) {
				t.Fatalf("%q in %q: %v, want %v", needles[:n], b, got, want)
			}
		}
		if got := Count(b, needles[0]); got != len(slow(b, needles[:1])) {
			t.Fatalf("count %q in %q: %d", needles[:1], b, got)
		}
	})
}

func FuzzLiteral(f *testing.F) {
	f.Add([]byte("status=404 status=40 404"), []byte("404"), 0)
	f.Add([]byte("aaaa"), []byte("aa"), 1)
	f.Add([]byte("x"), []byte(""), 0)
	f.Fuzz(func(t *testing.T, b, lit []byte, from int) {
		if from < 0 || from > len(b) {
			return
		}
		want := bytes.Index(b[from:], lit)
		if want >= 0 {
			want += from
		}
		if got := NewLiteral(lit).Index(b, from); got != want {
			t.Fatalf("%q in %q from %d: %d, want %d", lit, b, from, got, want)
		}
	})
}

func FuzzInt(f *testing.F) {
	for _, s := range []string{"0", "-0", "123", "-999999999999999999", "1234567890123456789", "+1", "1.5", "", "-", "12a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, ok := Int(b)
		want, err := strconv.ParseInt(string(b), 10, 64)
		if ok && (err != nil || v != want) {
			t.Fatalf("%q: %d, want %d, %v", b, v, want, err)
		}
		if !ok && err == nil && len(b) < 18 && b[0] != '+' {
			t.Fatalf("%q is refused", b)
		}
	})
}

func logLines(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for len(b) < n {
		for c := range 12 {
			if c > 0 {
				b = append(b, '\t')
			}
			for range 4 + r.IntN(30) {
				b = append(b, byte('a'+r.IntN(26)))
			}
		}
		b = append(b, '\n')
	}
	return b
}

func BenchmarkPositions(b *testing.B) {
	data := logLines(4 << 20)
	var dst []uint32
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 128<<10)
			dst = Positions(dst[:0], rest[:n], []byte("\t\n"))
			rest = rest[n:]
		}
	}
}

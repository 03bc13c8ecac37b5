package textscan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

func slow(b, needles []byte) (out []uint32) {
	for i, c := range b {
		if bytes.IndexByte(needles, c) >= 0 {
			out = append(out, uint32(i))
		}
	}
	return out
}

// FuzzKernels holds each kernel of this processor to the plain one and to the definition.
func FuzzKernels(f *testing.F) {
	f.Add([]byte("a,b\nc,,\n"), []byte(",\n\\"))
	f.Add(bytes.Repeat([]byte("some text, then\r\n more \xc3\xa9;"), 9), []byte(",\ne"))
	f.Add(bytes.Repeat([]byte{0x80, 0x7f, 0x81, 0}, 80), []byte{0x80, 0x7f, 0x81, 0})
	f.Add(bytes.Repeat([]byte{','}, 4200), []byte(",\n,"))
	f.Add(append(bytes.Repeat([]byte{'x'}, 127), '\r'), []byte("\x01\n\\"))
	f.Fuzz(checkKernels)
}

func checkKernels(t *testing.T, b, n []byte) {
	if len(n) < 3 {
		return
	}
	list := needles{n[0], n[1], n[2]}
	want := slow(b, n[:2])
	wantEnds, wantSeen := len(slow(b, n[1:2])), seen(0)
	for i, c := range b {
		if c == '\r' {
			wantSeen |= seenCR
		}
		if c == n[2] {
			wantSeen |= seenExtra
		}
		if b[i] >= 0x80 {
			wantSeen |= seenHigh
		}
	}
	if got, m := Fields([]uint32{7}, b, n[0], n[1], n[2]); !slices.Equal(got[1:], want) || m != wantSeen.marks() {
		t.Fatalf("%q in %q: %v, want %v", n[:2], b, got, want)
	}
	if got := Count(b, n[1]); got != wantEnds {
		t.Fatalf("count %q in %q: %d", n[1], b, got)
	}
	for _, k := range kernels() {
		dst := make([]uint32, len(b)+block+slack+1)
		dst[len(dst)-1] = 7
		p := k.fields(dst[:len(dst)-1], b, list, every, 0)
		if p.done != len(b) || dst[len(dst)-1] != 7 {
			t.Fatalf("%s: looked at %d of %d bytes, wrote %d", k.name, p.done, len(b), dst[len(dst)-1])
		}
		if !slices.Equal(dst[:p.places], want) || p.seen != wantSeen || p.at != len(want)%block {
			t.Fatalf("%s: %q in %q: %v, %+v; want %v, %b", k.name, n, b, dst[:p.places], p, want, wantSeen)
		}
		if ends, cr := k.lines(b, n[1]); ends != wantEnds || cr != (wantSeen&seenCR != 0) {
			t.Fatalf("%s: lines of %q in %q: %d, %v", k.name, n[1], b, ends, cr)
		}
		for dist := 1; dist < min(len(b), 70); dist += 3 {
			want := -1
			for i := 0; i+dist < len(b) && want < 0; i++ {
				if b[i] == n[0] && b[i+dist] == n[1] {
					want = i
				}
			}
			if got := k.pair(b, dist, n[0], n[1]); got != want {
				t.Fatalf("%s: %q %d apart in %q: %d, want %d", k.name, n[:2], dist, b, got, want)
			}
		}
	}
}

// FuzzPicks holds each kernel to the definition: the wanted delimiters of records of so many fields, unless some have other numbers.
func FuzzPicks(f *testing.F) {
	f.Add([]byte("a,b,c\nd,e,f\n"), 3, uint64(0b010))
	f.Add(bytes.Repeat([]byte("one,two,,a longer text with no comma in it,\n"), 40), 5, uint64(0b10001))
	f.Add(bytes.Repeat([]byte(strings.Repeat("x,", 104)+"\n"), 9), 105, uint64(1<<13|1<<14|1<<62))
	f.Add(bytes.Repeat([]byte(strings.Repeat(",", 63)+"\n"), 5), 64, ^uint64(0))
	f.Add(append(bytes.Repeat([]byte(strings.Repeat(",", 9)+"\n"), 50), ",\n"...), 10, uint64(1))
	f.Add(bytes.Repeat([]byte("\n"), 5000), 1, uint64(1))
	f.Add(bytes.Repeat([]byte("\n"), 200), 1, uint64(0))
	f.Fuzz(checkPicks)
}

func checkPicks(t *testing.T, b []byte, width int, wanted uint64) {
	width = 1 + int(uint(width)%200)
	b = append(b, '\n')
	picks := NewPicks(width, func(i int) bool { return wanted>>(i%64)&1 == 1 })
	var want []uint32
	even := true
	for i, p := range slow(b, []byte(",\n")) {
		even = even && (b[p] == '\n') == (i%width == width-1)
		if wanted>>(i%width%64)&1 == 1 {
			want = append(want, p)
		}
	}
	got, marks, ok := picks.List([]uint32{}, b, ',', '\n', '\\')
	if _, all := Fields(nil, b, ',', '\n', '\\'); ok != even || ok && (marks != all || !slices.Equal(got, want)) {
		t.Fatalf("%d fields, %b of %q: %v, %+v, %v; want %v, %+v, %v", width, wanted, b, got, marks, ok, want, all, even)
	}
	for _, k := range kernels() {
		dst := make([]uint32, len(b)+block+slack)
		p := k.fields(dst, b, needles{',', '\n', '\\'}, picks.w, 0)
		if (p.at >= 0) != even || even && (!slices.Equal(dst[:p.places], want) || p.seen.marks() != marks) {
			t.Fatalf("%s: %d fields, %b of %q: %v, %+v; want %v, %v", k.name, width, wanted, b, dst[:p.places], p, want, even)
		}
	}
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

// textFields returns where the fields of b, which commas separate, begin and end.
func textFields(b []byte) (from, to []uint32) {
	begin := uint32(0)
	for _, p := range append(slow(b, []byte(",")), uint32(len(b))) {
		from, to = append(from, begin), append(to, p)
		begin = p + 1
	}
	return from, to
}

// FuzzInts holds Ints to Int.
func FuzzInts(f *testing.F) {
	f.Add([]byte("12345678,1,,99999999,123456789,-1,7"))
	f.Add([]byte("00000000 0 00000001,1:,/,12345678"))
	f.Add([]byte("\x801,1\x80,\xb0,\x39\x3a,0,9999\xff999,1234"))
	f.Fuzz(func(t *testing.T, b []byte) {
		from, to := textFields(b)
		for i := range from {
			got := Ints(make([]int64, 0, len(from)), b, from[i:], to[i:])
			short := Ints(make([]int32, 0, len(from)), b, from[i:], to[i:])
			for k := range min(len(got)+1, len(from)-i) {
				text := b[from[i+k]:to[i+k]]
				want, ok := Int(text)
				ok = ok && text[0] != '-' && len(text) <= 8 && to[i+k] >= 8
				if ok != (k < len(got)) || ok && (got[k] != want || int64(short[k]) != want) {
					t.Fatalf("%q in %q: %v", text, b, got)
				}
			}
		}
	})
}

// FuzzDecimal holds Decimal to arithmetic on the text.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0.00", "1.25", "-1.5", "12345678901234567.8", "1.", ".5", "1.2.3", "+1", "", "-", "1e3", "999999999999999999", "0.001"} {
		f.Add([]byte(s), 2)
	}
	form := regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	f.Fuzz(func(t *testing.T, b []byte, scale int) {
		if scale < 0 || scale > 18 {
			return
		}
		v, ok := Decimal(b, scale)
		whole, part, _ := strings.Cut(string(b), ".")
		fits := len(part) <= scale && len(strings.TrimPrefix(whole, "-"))+scale <= 18
		if want := form.Match(b) && fits; ok != want {
			t.Fatalf("%q of scale %d: ok %v, want %v", b, scale, ok, want)
		}
		if !ok {
			return
		}
		if want, _ := strconv.ParseInt(whole+part+strings.Repeat("0", scale-len(part)), 10, 64); v != want {
			t.Fatalf("%q of scale %d: %d, want %d", b, scale, v, want)
		}
	})
}

// FuzzDecimals holds Decimals to Decimal.
func FuzzDecimals(f *testing.F) {
	f.Add([]byte("0,000000000000000,1.25,-1.5,12345678,1234567.8,123456.78,-12345678.90,1234567890123.45,123456789012345.6"), 2, int64(1e15))
	f.Add([]byte("................,1.,.5,1.2.3,+1,,-,--1,-.5,1e3,12345678.,.12345678,12345.678,123456789012345.67,\xb0.00,1\x80.00"), 2, int64(1e4))
	f.Add([]byte("0,0,0,0,0,0,0,0,0,0,0,1234567,123456789012,-999999999999999999,9999999999999999"), 0, int64(1e18))
	f.Add([]byte("0,0,0,0,0,0,0,0,0,0,0,0.0000001,1.00000000,0.123456789,12345.00001"), 9, int64(1e18))
	f.Fuzz(func(t *testing.T, b []byte, scale int, limit int64) {
		if scale < 0 || scale > 38 || limit < 1 {
			return
		}
		from, to := textFields(b)
		for i := range from {
			got := Decimals(make([]decimal128.Num, 0, len(from)), b, from[i:], to[i:], scale, limit)
			for k := range min(len(got)+1, len(from)-i) {
				text := b[from[i+k]:to[i+k]]
				want, ok := Decimal(text, scale)
				_, behind, _ := bytes.Cut(text, []byte("."))
				ok = ok && want < limit && -want < limit && len(behind) <= 7
				ok = ok && len(bytes.TrimPrefix(text, []byte("-"))) <= 16 && to[i+k] >= 16
				if ok != (k < len(got)) || ok && got[k] != decimal128.FromI64(want) {
					t.Fatalf("%q in %q, scale %d, limit %d: %v", text, b, scale, limit, got)
				}
			}
			form := newDecimalForm(scale, limit)
			plain, fast := make([]decimal128.Num, len(from)), make([]decimal128.Num, len(from))
			k := shortDecimals(fast, b, from[i:], to[i:], &form)
			if n := shortDecimalsPortable(plain, b, from[i:], to[i:], &form); k > n || k < n-n%4 || !slices.Equal(fast[:k], plain[:k]) {
				t.Fatalf("%q from field %d on, scale %d, limit %d: %v, want %v", b, i, scale, limit, fast[:k], plain[:n])
			}
		}
	})
}

// TestDate walks over all days of years with and without a leap day.
func TestDate(t *testing.T) {
	for _, year := range []int{1, 4, 100, 1582, 1900, 1970, 2000, 2024, 9999} {
		for month := range 14 {
			for day := range 33 {
				text := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				want := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
				got, ok := Date([]byte(text))
				if valid := want.Format(time.DateOnly) == text; ok != valid || ok && int64(got)*86400 != want.Unix() {
					t.Fatalf("%s: %d, %v", text, got, ok)
				}
			}
		}
	}
	for _, text := range []string{"", "0000-01-01", "2024-1-01", "2024-01-1x", "x024-01-01", "2024/01/01", "2024-01-01 ", "\xff024-01-01"} {
		if got, ok := Date([]byte(text)); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
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

// chunk is what is scanned at once.
const chunk = 128 << 10

func BenchmarkKernels(b *testing.B) {
	data := logLines(16 << 20) // more than the branch predictor learns
	dst := make([]uint32, chunk+block+slack)
	picks := NewPicks(12, func(i int) bool { return i == 5 || i == 6 }).w
	picks.check = 0 // chunks are not cut at ends of records
	for _, k := range kernels() {
		for name, f := range map[string]func([]byte){
			"fields": func(c []byte) { k.fields(dst, c, needles{'\t', '\n', '\\'}, every, 0) },
			"picks":  func(c []byte) { k.fields(dst, c, needles{'\t', '\n', '\\'}, picks, 0) },
			"lines":  func(c []byte) { k.lines(c, '\n') },
			"pair":   func(c []byte) { k.pair(c, 3, 'Q', 'Z') },
		} {
			b.Run(k.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					for rest := data; len(rest) > 0; {
						n := min(len(rest), chunk)
						f(rest[:n])
						rest = rest[n:]
					}
				}
			})
		}
	}
}

// BenchmarkDecimals reads numbers as a column of prices has them.
func BenchmarkDecimals(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	text := []byte(strings.Repeat(" ", 16))
	var from, to []uint32
	for range 1 << 14 {
		from = append(from, uint32(len(text)))
		text = fmt.Appendf(text, "%d.%02d", r.IntN(1<<(1+r.IntN(17))), r.IntN(100))
		to = append(to, uint32(len(text)))
	}
	dst := make([]decimal128.Num, 0, len(from))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if got := Decimals(dst, text, from, to, 2, 1e15); len(got) != len(from) {
			b.Fatal(len(got))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(from)), "ns/value")
}

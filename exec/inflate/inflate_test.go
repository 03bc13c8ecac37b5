package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// gzipped returns text as one member.
func gzipped(t testing.TB, level int, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample returns n bytes that are more or less like logs.
func sample(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+100)
	letters := 1 + r.IntN(60)
	for len(b) < n {
		switch r.IntN(6) {
		case 0: // what was there before
			if len(b) > 0 {
				from := len(b) - 1 - r.IntN(min(len(b), 1<<r.IntN(16)))
				for range 3 + r.IntN(1<<r.IntN(10)) {
					b = append(b, b[from])
					from++
				}
			}
		case 1: // letters that are rare
			for range r.IntN(20) {
				b = append(b, byte(r.Uint32()))
			}
		default:
			for range r.IntN(30) {
				b = append(b, byte(' '+r.IntN(1+r.IntN(letters))))
			}
		}
	}
	return b[:n]
}

var levels = []int{gzip.NoCompression, gzip.BestSpeed, 6, gzip.BestCompression, gzip.HuffmanOnly}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	z := NewReader(nil)
	for i, n := range []int{0, 1, 2, 15, 16, 17, 300, 5000, history, bodySize - 1, bodySize, bodySize + 1, 1 << 20} {
		text := sample(r, n)
		for _, level := range levels {
			data := gzipped(t, level, text)
			for name, src := range map[string]io.Reader{
				"whole": bytes.NewReader(data), "halves": iotest.HalfReader(bytes.NewReader(data)),
				"last with error": iotest.DataErrReader(bytes.NewReader(data)),
			} {
				z.Reset(src)
				got, err := io.ReadAll(z)
				if err != nil || !bytes.Equal(got, text) || z.Offset() != int64(len(data)) {
					t.Fatalf("%d: %d bytes at level %d, %s: %d bytes, %v, at %d of %d", i, n, level, name, len(got), err, z.Offset(), len(data))
				}
			}
		}
	}
	data := gzipped(t, 6, sample(r, 10000))
	z.Reset(iotest.OneByteReader(bytes.NewReader(data)))
	if got, err := io.ReadAll(iotest.OneByteReader(z)); err != nil || len(got) != 10000 {
		t.Errorf("byte by byte: %d bytes, %v", len(got), err)
	}
}

// TestFiles is what files hold besides one good member.
func TestFiles(t *testing.T) {
	one, two := gzipped(t, 6, []byte("one\n")), gzipped(t, 6, []byte("two\n"))
	header := func(flags byte, rest string) string {
		return "\x1f\x8b\x08" + string(flags) + "\x00\x00\x00\x00\x00\x03" + rest + string(one[10:])
	}
	flip := func(b []byte, at int) string {
		b = bytes.Clone(b)
		b[(at+len(b))%len(b)] ^= 1
		return string(b)
	}
	for _, c := range []struct {
		name, data, want string
		err              error
		at               int64
		trailing         int64
		nuls             bool
	}{
		{"members", string(one) + string(two), "one\ntwo\n", io.EOF, int64(len(one) + len(two)), 0, true},
		{"many empty members", strings.Repeat(string(gzipped(t, 6, nil)), 10000) + string(one), "one\n", io.EOF, -1, 0, true},
		{"NULs behind", string(one) + strings.Repeat("\x00", 100000), "one\n", io.EOF, -1, 100000, true},
		{"other bytes behind", string(one) + "\x00x", "one\n", io.EOF, -1, 2, false},
		{"half a magic behind", string(one) + "\x1f", "one\n", io.EOF, -1, 1, false},
		{"cut in the next header", string(one) + string(two[:5]), "one\n", ErrTruncated, int64(len(one) + 5), 0, true},
		{"wrong sum", flip(one, -8), "one\n", ErrChecksum, int64(len(one) - 8), 0, true},
		{"wrong length", flip(one, -4), "one\n", ErrLength, int64(len(one) - 4), 0, true},
		{"not gzip", "hello, world", "", ErrHeader, -1, 0, true},
		{"method", "\x1f\x8b\x09" + string(one[3:]), "", ErrHeader, 10, 0, true},
		{"reserved flag", header(0x20, ""), "", ErrHeader, 10, 0, true},
		{"name and comment", header(flagName|flagComment, strings.Repeat("n", 70000)+"\x00c\x00"), "one\n", io.EOF, -1, 0, true},
		{"extra", header(flagExtra, "\xff\xff"+strings.Repeat("e", 0xffff)), "one\n", io.EOF, -1, 0, true},
		{"name without end", header(flagName, strings.Repeat("n", 100))[:50], "", ErrTruncated, 50, 0, true},
		{"header sum", header(flagHeaderSum, "\x12\x34"), "", ErrHeader, 12, 0, true},
		{"empty", "", "", ErrTruncated, 0, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := NewReader(strings.NewReader(c.data))
			var got []byte
			b, err := z.Next()
			for ; err == nil; b, err = z.Next() {
				got = append(got, b...)
			}
			n, nuls := z.Trailing()
			if c.at < 0 {
				c.at = z.Offset()
			}
			if string(got) != c.want || err != c.err || z.Offset() != c.at || n != c.trailing || nuls != c.nuls {
				t.Errorf("%.50q, %v at %d, %d behind, NULs %v", got, err, z.Offset(), n, nuls)
			}
		})
	}
}

// TestCut cuts a file at every byte: what comes before is right, the error says so.
func TestCut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	z := NewReader(nil)
	text := sample(r, 3000)
	for _, level := range levels {
		data := gzipped(t, level, text)
		for cut := range data {
			z.Reset(bytes.NewReader(data[:cut]))
			got, err := io.ReadAll(z)
			if err != ErrTruncated || !bytes.HasPrefix(text, got) || z.Offset() > int64(cut) || z.Offset() < int64(cut-8) {
				t.Fatalf("level %d cut at %d: %d bytes, %v at %d", level, cut, len(got), err, z.Offset())
			}
		}
	}
}

// TestSourceError gives on what the source says.
func TestSourceError(t *testing.T) {
	lost := errors.New("lost")
	data := gzipped(t, 6, sample(rand.New(rand.NewPCG(1, 3)), 3000))
	for cut := range data {
		z := NewReader(io.MultiReader(bytes.NewReader(data[:cut]), iotest.ErrReader(lost)))
		if _, err := io.Copy(io.Discard, z); err != lost {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// inflateRaw decompresses deflate data without a header, and returns how many bytes it takes.
func inflateRaw(z *Reader, data []byte) (out []byte, taken int, err error) {
	z.Reset(bytes.NewReader(data))
	for z.state = atBlock; z.state != atTrailer && err == nil; {
		if z.w > z.limit() {
			out = append(out, z.out[z.given:z.w]...)
			z.slide()
		}
		err = z.step()
	}
	return append(out, z.out[z.given:z.w]...), int(z.Offset()), err
}

// readers returns one reader for each form of decodeTwin.
func readers() []*Reader {
	a, b := NewReader(nil), NewReader(nil)
	b.fast = (*Reader).decodeTwin
	return []*Reader{a, b}
}

// same compares inflateRaw with the standard library on any bytes.
func same(t testing.TB, readers []*Reader, data []byte) (good bool) {
	t.Helper()
	for _, z := range readers {
		good = sameOf(t, z, data)
	}
	return good
}

func sameOf(t testing.TB, z *Reader, data []byte) (good bool) {
	t.Helper()
	src := bytes.NewReader(data)
	want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(src), 8<<20))
	got, taken, err := inflateRaw(z, data)
	if len(want) == 8<<20 {
		return false
	}
	if (err == nil) != (wantErr == nil) || err == ErrTruncated && wantErr != io.ErrUnexpectedEOF {
		t.Fatalf("%v, want %v, for %s", err, wantErr, hex(data))
	}
	// Of an input that is cut the library does not look at the last bits.
	if wantErr == io.ErrUnexpectedEOF && len(got) > len(want) {
		got = got[:len(want)]
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, want %d, %v, %v, for %s", len(got), len(want), err, wantErr, hex(data))
	}
	if err == nil && taken != len(data)-src.Len() {
		t.Fatalf("took %d bytes of %d, not %d, for %s", taken, len(data), len(data)-src.Len(), hex(data))
	}
	return err == nil
}

func hex(b []byte) string { return fmt.Sprintf("%x", b[:min(len(b), 4000)]) }

// deflated returns text as deflate data, at times in several blocks and levels.
func deflated(t testing.TB, r *rand.Rand, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, levels[r.IntN(len(levels))])
	if err != nil {
		t.Fatal(err)
	}
	for len(text) > 0 {
		n := min(len(text), 1+r.IntN(1<<(4+r.IntN(14))))
		_, _ = z.Write(text[:n])
		if r.IntN(2) == 0 {
			_ = z.Flush()
		}
		text = text[n:]
	}
	_ = z.Close()
	return b.Bytes()
}

// mutate changes a few bits or bytes.
func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(3) {
		if len(b) == 0 {
			break
		}
		// Faults near the start are in the codes more often than not.
		at := r.IntN(1 + r.IntN(len(b)))
		switch r.IntN(5) {
		case 0:
			b = b[:at]
		case 1:
			b[at] = byte(r.Uint32())
		case 2:
			b = append(b[:at], b[at+1:]...)
		default:
			b[at] ^= 1 << r.IntN(8)
		}
	}
	return b
}

// TestLikeStandardLibrary gives both the same damaged streams.
func TestLikeStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	z := readers()
	good := 0
	for range 150 {
		data := deflated(t, r, sample(r, r.IntN(1<<r.IntN(17))))
		if !same(t, z, data) {
			t.Fatalf("refused %s", hex(data))
		}
		for range 20 {
			if same(t, z, mutate(r, data)) {
				good++
			}
		}
	}
	if good < 10 || good > 2700 {
		t.Errorf("%d of the streams are good", good)
	}
}

// TestCodes gives codes of all kinds of lengths to both, complete or not.
func TestCodes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	z := readers()
	good := 0
	for range 6000 {
		if same(t, z, randomBlock(r)) {
			good++
		}
	}
	if good < 30 {
		t.Errorf("%d of the blocks are good", good)
	}
}

// bitWriter writes as deflate does, lowest bit first.
type bitWriter struct {
	b    []byte
	acc  uint64
	have uint
}

func (w *bitWriter) bits(v uint64, n uint) {
	w.acc |= v << w.have
	for w.have += n; w.have >= 8; w.have -= 8 {
		w.b = append(w.b, byte(w.acc))
		w.acc >>= 8
	}
}

// randomLengths returns the lengths of a code of n symbols that is complete but, now and then, for one.
func randomLengths(r *rand.Rand, n int) []int {
	lens := make([]int, n)
	used := 1 + r.IntN(1+r.IntN(n))
	// Leaves of a tree are split until there are enough.
	leaves := []int{0}
	for tries := 0; len(leaves) < used && tries < 2000; tries++ {
		i := r.IntN(len(leaves))
		if r.IntN(2) == 0 {
			i = len(leaves) - 1
		}
		if leaves[i] < maxCode {
			leaves[i]++
			leaves = append(leaves, leaves[i])
		}
	}
	if len(leaves) == 1 && r.IntN(3) > 0 {
		leaves[0] = 1
	}
	for i, p := range r.Perm(n)[:len(leaves)] {
		lens[p] = leaves[i]
	}
	if r.IntN(4) == 0 {
		lens[r.IntN(n)] = r.IntN(maxCode + 1)
	}
	return lens
}

// randomBlock returns a block of codes with random lengths and random bits behind.
func randomBlock(r *rand.Rand) []byte {
	w := &bitWriter{}
	w.bits(1|2<<1, 3)
	literals, distances := 257+r.IntN(30), 1+r.IntN(30)
	lens := append(randomLengths(r, literals), randomLengths(r, distances)...)
	w.bits(uint64(literals-257), 5)
	w.bits(uint64(distances-1), 5)
	w.bits(15, 4)
	// Code lengths 0 to 15 are written in 4 bits each.
	for _, p := range preOrder {
		n := uint64(0)
		if p < 16 {
			n = 4
		}
		w.bits(n, 3)
	}
	for _, n := range lens {
		reversed := uint64(0)
		for bit := range 4 {
			reversed |= uint64(n>>bit&1) << (3 - bit)
		}
		w.bits(reversed, 4)
	}
	for range r.IntN(60) {
		w.bits(uint64(r.Uint32()), 32)
	}
	w.bits(0, 7)
	return w.b
}

func FuzzInflate(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 20 {
		f.Add(deflated(f, r, sample(r, r.IntN(5000))))
		f.Add(randomBlock(r))
	}
	z := readers()
	f.Fuzz(func(t *testing.T, data []byte) { same(t, z, data) })
}

// FuzzGzip compares whole files with the standard library, one member of each.
func FuzzGzip(f *testing.F) {
	f.Add(gzipped(f, 6, []byte("text\n")))
	f.Add([]byte("\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x03\x02\x00eename\x00comment\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	z := NewReader(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		src := bytes.NewReader(data)
		var want []byte
		g, wantErr := gzip.NewReader(src)
		if wantErr == nil {
			g.Multistream(false)
			want, wantErr = io.ReadAll(g)
		}
		if len(data) > 3 && data[3]&flagsReserved != 0 || len(data) > 512 && data[3]&(flagName|flagComment) != 0 {
			return // here we are meant to differ
		}
		if wantErr == nil {
			data = data[:len(data)-src.Len()]
		}
		z.Reset(bytes.NewReader(data))
		got, err := io.ReadAll(z)
		if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
			t.Fatalf("%q, %v, want %q, %v", got, err, want, wantErr)
		}
	})
}

// TestAllocs holds a file to no allocation of its own.
func TestAllocs(t *testing.T) {
	data := gzipped(t, 6, sample(rand.New(rand.NewPCG(3, 3)), 20000))
	z, src := NewReader(nil), bytes.NewReader(nil)
	if n := testing.AllocsPerRun(20, func() {
		src.Reset(data)
		z.Reset(src)
		for {
			if _, err := z.Next(); err != nil {
				return
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations a file", n)
	}
}

func BenchmarkNext(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	var text bytes.Buffer
	for i := range 40000 {
		fmt.Fprintf(&text, "2024-03-01 00:%02d:%02d.%03d\t%016x\t10.%d.%d.%d\tGET\t/articles/%s-%d\t200\t%d\tMozilla/5.0 (X11; Linux x86_64)\n",
			i/2000, i/40%60, r.IntN(1000), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256),
			[]string{"garden", "music", "laptop", "travel"}[r.IntN(4)], r.IntN(30000), r.IntN(20000))
	}
	data := gzipped(b, 6, text.Bytes())
	z, src := NewReader(nil), bytes.NewReader(nil)
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		src.Reset(data)
		z.Reset(src)
		for {
			if _, err := z.Next(); err != nil {
				break
			}
		}
	}
}

package serde

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/winnowdb/winnow/proto/diag"
)

func gzipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, m); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// open reads all of a file as an Input does.
func open(t testing.TB, path string, data []byte) (text string, warnings []string, err error) {
	t.Helper()
	table, _ := tableOf(t, "lines", nil, "line string")
	in, err := table.OpenInput(path, bytes.NewReader(data), func(s string) { warnings = append(warnings, s) })
	if err != nil {
		return "", warnings, err
	}
	defer in.Close()
	all, err := io.ReadAll(in)
	return string(all), warnings, err
}

func zstandard(t testing.TB, s string, opts ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bz is "hello\n" as bzip2 writes it.
const bz = "BZh91AY&SY\xc1\xc0\x80\xe2\x00\x00\x01\x41\x00\x00\x10\x02\x44\xa0\x00\x30\xcd\x00\xc3\x46\x29\x97\x17\x72\x45\x38\x50\x90\xc1\xc0\x80\xe2"

func TestInput(t *testing.T) {
	many := make([]string, 300)
	for i := range many {
		many[i] = strings.Repeat("x", i%3)
	}
	for _, c := range []struct {
		name, path, data, want, warn string
		kind                         diag.Kind
	}{
		{"plain", "a.log", "x\n", "x\n", "", ""},
		{"empty", "a", "", "", "", ""},
		{"gz", "a.gz", string(gzipped(t, "x\ny")), "x\ny", "", ""},
		{"members (G4, G5)", "a.gz", string(gzipped(t, many...)), strings.Join(many, ""), "", ""},
		{"gz of nothing (G8)", "a.gz", string(gzipped(t, "")), "", "", ""},
		{"empty gz (G8)", "a.gz", "", "", "is empty", ""},
		{"NULs after (G6)", "a.gz", string(gzipped(t, "x")) + strings.Repeat("\x00", 9000), "x", "9000 NUL bytes after the end", ""},
		{"others after (G7)", "a.gz", string(gzipped(t, "x")) + "rest", "x", "4 other bytes after the end", ""},
		{"plain named gz (G9)", "a.gz", "x\n", "x\n", "plain text", ""},
		{"gz named log (G9)", "a.log", string(gzipped(t, "x")), "x", "gzip-compressed", ""},
		{"reserved flags (G11)", "a.gz", "\x1f\x8b\x08\xe0\x00\x00\x00\x00\x00\x03", "", "", diag.BadFile},
		{"zstd", "a.zst", string(zstandard(t, "x\ny\n")), "x\ny\n", "", ""},
		{"bzip2", "a.bz2", bz, "hello\n", "", ""},
		{"text that begins as bzip2 does", "a", "BZhell\n", "BZhell\n", "", ""},
		{"xz", "a.xz", "\xfd7zXZ\x00", "", "", diag.Unsupported},
		{"lzo by name", "a.lzo", "x", "", "", diag.Unsupported},
		{"snappy by name", "a.snappy", "x", "", "", diag.Unsupported},
		{"tar.gz", "a.tar.gz", string(gzipped(t, strings.Repeat("a", 257)+"ustar\x0000")), "", "", diag.BadFile},
		{"parquet (D45)", "a", "PAR1\x15\x00", "", "", diag.BadFile},
		{"orc", "a", "ORC\x01\x02", "", "", diag.BadFile},
		{"text that begins as orc does", "a", "ORC,1\n", "ORC,1\n", "", ""},
		{"png (D44)", "a", "\x89PNG\r\n\x1a\n", "", "", diag.BadFile},
		{"control bytes (D44)", "a", strings.Repeat("\x0e\x1fab", 100), "", "", diag.BadFile},
		{"Hive's delimiters are text", "a", strings.Repeat("1\x01\x02\x03", 100), strings.Repeat("1\x01\x02\x03", 100), "", ""},
		{"utf-16 (D14)", "a", "\xff\xfea\x00", "", "", diag.BadFile},
		{"utf-16 without mark (D15)", "a", "a\x00b\x00", "a\x00b\x00", "many NUL", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, warnings, err := open(t, c.path, []byte(c.data))
			var damaged *DamagedError
			kind := diag.Kind("")
			if errors.As(err, &damaged) {
				kind = diag.BadFile
			} else if err != nil {
				kind = diag.KindOf(err)
			}
			if got != c.want || kind != c.kind {
				t.Errorf("%.100q, %v; want %.100q, %s", got, err, c.want, c.kind)
			}
			if (c.warn == "") != (len(warnings) == 0) || (c.warn != "" && !strings.Contains(warnings[0], c.warn)) {
				t.Errorf("warnings %q, want %q", warnings, c.warn)
			}
		})
	}
}

// TestCutGzip is G1: a gz file cut at every byte is damaged, and what comes before the cut is right.
func TestCutGzip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 200 {
		b.WriteString(strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(5)) + "\n")
	}
	text := b.String()
	data := gzipped(t, text[:100], text[100:])
	first := len(gzipped(t, text[:100]))
	for cut := 2; cut < len(data); cut++ {
		if cut == first {
			continue // a whole member
		}
		got, _, err := open(t, "a.gz", data[:cut])
		var damaged *DamagedError
		if !errors.As(err, &damaged) {
			// One byte of the next member is bytes after the end.
			if cut == first+1 {
				continue
			}
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if !strings.HasPrefix(text, got) || damaged.Offset > int64(cut) {
			t.Fatalf("cut at %d: %q at %d", cut, got, damaged.Offset)
		}
	}
}

// TestFlippedGzip is G3: a flipped bit is never a wrong text without an error.
func TestFlippedGzip(t *testing.T) {
	text := strings.Repeat("some log line 12345\nother line 67\n", 50)
	data := gzipped(t, text)
	silent := 0
	for bit := range len(data) * 8 {
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		got, warnings, err := open(t, "a.gz", flipped)
		if err == nil && got != text && len(warnings) == 0 {
			t.Errorf("bit %d: wrong text, no error", bit)
		}
		if err == nil {
			silent++
		}
	}
	if silent > 10*8+10 { // bits of the header that mean nothing
		t.Errorf("%d flips unnoticed", silent)
	}
}

// TestBigZstdWindow is G13: a window beyond the bound is refused before memory is taken.
func TestBigZstdWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00}
	_, _, err := open(t, "a.zst", frame)
	if diag.KindOf(err) != diag.Limit {
		t.Errorf("%v", err)
	}
}

func FuzzInput(f *testing.F) {
	f.Add(gzipped(f, "a\nb"), "x.gz")
	f.Add(zstandard(f, "a\nb"), "x")
	f.Add([]byte(bz), "y.bz2")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		table, _ := tableOf(t, "lines", nil, "line string")
		in, err := table.OpenInput(path, bytes.NewReader(data), func(string) {})
		if err != nil {
			return
		}
		defer in.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(in, 1<<20))
	})
}

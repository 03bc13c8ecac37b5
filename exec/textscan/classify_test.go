package textscan

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func isQuote(c byte) bool { return c == '"' }
func isPlain(c byte) bool { return c != '"' && c != '\n' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isSpace(c byte) bool { return c == ' ' || c >= 9 && c <= 13 }
func isHigh(c byte) bool  { return c >= 0x80 }
func isAny(byte) bool     { return true }
func isNone(byte) bool    { return false }
func isOdd(c byte) bool   { return c&1 == 1 && c < 0x80 }

// FuzzClassify holds each kernel to the definition.
func FuzzClassify(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 63, 64, 65, 200} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(checkClasses)
}

func checkClasses(t *testing.T, b []byte) {
	sets := []func(byte) bool{isQuote, isPlain, isDigit, isSpace, isHigh, isAny, isNone, isOdd}
	for n := 1; n <= len(sets); n++ {
		c := NewClasses(sets[:n]...)
		got := c.Classify(make([]Block, 3), b)
		twin := make([]Block, len(b)/BlockSize)
		classifyGo(twin, b, c)
		if !slices.Equal(got[:len(twin)], twin) {
			t.Fatalf("%q: %x, want %x", b, got, twin)
		}
		if len(got) != (len(b)+BlockSize-1)/BlockSize+1 {
			t.Fatalf("%d blocks of %d bytes", len(got), len(b))
		}
		for p := range len(got) * BlockSize {
			for k := range 8 {
				bit := got[p/BlockSize][k]>>(p%BlockSize)&1 == 1
				want := p < len(b) && k < n && sets[k](b[p])
				if bit != want || (p < len(b) && k < n && c.Has(k, b[p]) != want) {
					t.Fatalf("byte %d of %q, class %d: %v, want %v", p, b, k, bit, want)
				}
			}
		}
		checkRuns(t, got, n)
	}
}

func checkRuns(t *testing.T, blocks []Block, classes int) {
	for _, end := range []int{len(blocks) * BlockSize, len(blocks) * BlockSize / 2} {
		for k := range classes {
			run, found := end, end
			for p := end - 1; p >= 0; p-- {
				if blocks[p/BlockSize][k]>>(p%BlockSize)&1 == 1 {
					found = p
				} else {
					run = p
				}
				if got := Run(blocks, k, p, end); got != run {
					t.Fatalf("class %d from %d: run to %d, want %d", k, p, got, run)
				}
				if got := Find(blocks, k, p, end); got != found {
					t.Fatalf("class %d from %d: found %d, want %d", k, p, got, found)
				}
			}
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	data := logLines(16 << 10)
	for _, n := range []int{1, 4, 8} {
		c := NewClasses([]func(byte) bool{isQuote, isPlain, isDigit, isSpace, isHigh, isAny, isNone, isOdd}[:n]...)
		blocks := make([]Block, len(data)/BlockSize+2)
		b.Run(string(rune('0'+n)), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				blocks = c.Classify(blocks, data)
			}
		})
	}
}

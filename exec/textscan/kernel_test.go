package textscan

import (
	"math/rand/v2"
	"testing"
)

// TestRandom is the fuzz targets of the kernels on chunks of random bytes, of few kinds or many: it runs where fuzzing does not, as in an
// emulator of another processor.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		least, kinds := r.IntN(256), 1+r.IntN(256)
		b := make([]byte, r.IntN(900))
		for i := range b {
			b[i] = byte(least + r.IntN(kinds))
		}
		n := make([]byte, 4)
		for i := range n {
			n[i] = byte(least + r.IntN(kinds))
		}
		checkKernels(t, b, n)
		checkClasses(t, b)
		width := r.IntN(150)
		checkPicks(t, records(r, 1+width), width, r.Uint64()&r.Uint64())
	}
}

// records are some of so many fields each, and sometimes one of others.
func records(r *rand.Rand, width int) (b []byte) {
	for range r.IntN(30) {
		fields := width
		if r.IntN(100) == 0 {
			fields = 1 + r.IntN(width+2)
		}
		for f := range fields {
			for range r.IntN(12) {
				b = append(b, byte('a'+r.IntN(26)))
			}
			if b = append(b, ','); f == fields-1 {
				b[len(b)-1] = '\n'
			}
		}
	}
	return b
}

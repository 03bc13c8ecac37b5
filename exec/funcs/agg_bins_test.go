package funcs

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogramBins(t *testing.T) {
	// Ties are broken by java.util.Random(31183), whose first number is drawn here.
	r := newJavaRandom(42)
	if got := r.nextDouble(); got != 0.7275636800328681 {
		t.Errorf("Random(42).nextDouble() = %v", got)
	}
	var h histogram
	for i := range 10_000 {
		h.add(float64(i*7919%10_007), 100)
	}
	x, y := h.flat(nil, nil)
	if len(x) != 100 || h.n != 100 || !slices.IsSorted(x) {
		t.Errorf("%d bins", len(x))
	}
	if q := quantiles(x, y)(0.5); math.Abs(q-5003) > 200 {
		t.Errorf("median %v", q)
	}
}

func BenchmarkHistogramFull(b *testing.B) {
	var h histogram
	x := 1.0
	for b.Loop() {
		x = math.Mod(x*16807, 2147483647)
		h.add(x, defaultBins)
	}
}

// plainHistogram is the algorithm without chunks.
type plainHistogram struct {
	x, y []float64
	rng  javaRandom
}

func (h *plainHistogram) add(v float64, bins int) {
	i, found := slices.BinarySearch(h.x, v)
	if found {
		h.y[i]++
		return
	}
	h.x, h.y = slices.Insert(h.x, i, v), slices.Insert(h.y, i, 1)
	if len(h.x) <= bins {
		return
	}
	at, ties, least := 0, 1, h.x[1]-h.x[0]
	for i := 1; i < len(h.x)-1; i++ {
		gap := h.x[i+1] - h.x[i]
		if gap < least {
			least, at, ties = gap, i, 1
		} else if gap == least {
			if ties++; h.rng.nextDouble() <= 1/float64(ties) {
				at = i
			}
		}
	}
	sum := h.y[at] + h.y[at+1]
	h.x[at] = h.x[at]*(h.y[at]/sum) + h.x[at+1]/sum*h.y[at+1]
	h.y[at] = sum
	h.x, h.y = slices.Delete(h.x, at+1, at+2), slices.Delete(h.y, at+1, at+2)
}

// TestHistogramChunks: chunks change nothing in the bins, ties included.
func TestHistogramChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		bins int
		gen  func() float64
	}{
		{700, func() float64 { return float64(r.IntN(3000)) }},
		{1500, r.NormFloat64},
		{3, r.Float64},
		{600, func() float64 { return math.Floor(r.ExpFloat64() * 1000) }},
	} {
		h, plain := histogram{}, plainHistogram{rng: newJavaRandom(histogramSeed)}
		for range 10_000 {
			v := c.gen()
			h.add(v, c.bins)
			plain.add(v, c.bins)
		}
		x, y := h.flat(nil, nil)
		if !slices.Equal(x, plain.x) || !slices.Equal(y, plain.y) {
			t.Errorf("%d bins differ", c.bins)
		}
	}
}

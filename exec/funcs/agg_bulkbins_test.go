package funcs

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBulkHistogramExact: while the values differ in no more than bins places, the bins are those of the
// plain algorithm, whether values came one by one or as the bins of others.
func TestBulkHistogramExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const bins = 1000
	for round := range 20 {
		plain := plainHistogram{rng: newJavaRandom(histogramSeed)}
		var s bulkScratch
		var whole bulkHistogram
		parts := make([]bulkHistogram, 7)
		for range 1 + r.IntN(20_000) {
			v := float64(r.IntN(bins)-bins/2) / 8
			if round == 0 {
				v = math.Copysign(0, v)
			}
			plain.add(v, bins)
			whole.add(v, bins, &s)
			parts[r.IntN(len(parts))].add(v, bins, &s)
		}
		whole.flush(bins, &s)
		var merged bulkHistogram
		for i := range parts {
			parts[i].flush(bins, &s)
			merged.merge(parts[i].x, parts[i].y, bins, &s)
		}
		merged.flush(bins, &s)
		for _, h := range []bulkHistogram{whole, merged} {
			if !slices.Equal(h.x, plain.x) || !slices.Equal(h.y, plain.y) {
				t.Fatalf("round %d: %d bins, want %d", round, len(h.x), len(plain.x))
			}
		}
	}
}

// TestBulkHistogramAccuracy: beyond that, percentiles are near the exact ones, and no row is lost.
func TestBulkHistogramAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const bins, rows = 1000, 100_000
	for name, gen := range map[string]func() float64{
		"normal":      func() float64 { return 1000 + 100*r.NormFloat64() },
		"log-normal":  func() float64 { return math.Exp(4 + r.NormFloat64()) },
		"exponential": r.ExpFloat64,
		"thousandths": func() float64 { return math.Floor(r.ExpFloat64()*100_000) / 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			var s bulkScratch
			var whole bulkHistogram
			all := make([]float64, rows)
			for i := range all {
				all[i] = gen()
				if i < rows/2 {
					whole.add(all[i], bins, &s)
				}
			}
			for from := rows / 2; from < rows; from += rows / 20 {
				var part bulkHistogram
				for _, v := range all[from : from+rows/20] {
					part.add(v, bins, &s)
				}
				part.flush(bins, &s)
				whole.merge(part.x, part.y, bins, &s)
			}
			whole.flush(bins, &s)
			sum := 0.0
			for _, n := range whole.y {
				sum += n
			}
			if sum != rows || len(whole.x) > 2*bins || !slices.IsSorted(whole.x) {
				t.Errorf("%v rows in %d bins", sum, len(whole.x))
			}
			slices.Sort(all)
			at := quantiles(whole.x, whole.y)
			for _, q := range []float64{0.5, 0.95, 0.99} {
				want := all[int(q*rows)]
				if got := at(q); math.Abs(got-want) > 0.02*want {
					t.Errorf("p%v is %v, want %v", 100*q, got, want)
				}
			}
		})
	}
}

func TestBulkHistogramInfinite(t *testing.T) {
	var s bulkScratch
	var h bulkHistogram
	for i := range 5000 {
		h.add([]float64{math.Inf(1), math.Inf(-1), float64(i)}[i%3], 1000, &s)
	}
	h.flush(1000, &s)
	if n := len(h.x); n > 2000 || h.x[0] != math.Inf(-1) || h.x[n-1] != math.Inf(1) {
		t.Errorf("%d bins from %v to %v", n, h.x[0], h.x[n-1])
	}
}

func TestSortBins(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var scratch []bin
	for _, n := range []int{0, 1, radixFrom - 1, radixFrom, 5000} {
		b := make([]bin, n)
		for i := range b {
			b[i] = bin{math.Float64frombits(r.Uint64()), float64(i)}
			if i%7 == 0 || b[i].x != b[i].x {
				b[i].x = float64(i % 50)
			}
		}
		want := slices.Clone(b)
		slices.SortFunc(want, func(p, q bin) int { return cmp.Compare(p.x, q.x) })
		scratch = sortBins(b, scratch)
		for i := range b {
			if b[i].x != want[i].x {
				t.Fatalf("%d bins: bin %d is %v, want %v", n, i, b[i].x, want[i].x)
			}
		}
	}
}

func BenchmarkBulkHistogram(b *testing.B) {
	for _, digits := range []float64{10, 1e9} {
		b.Run(fmt.Sprint(digits), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			vals := make([]float64, 1<<18)
			for i := range vals {
				vals[i] = math.Floor(math.Exp(4+r.NormFloat64())*digits) / digits
			}
			var s bulkScratch
			b.SetBytes(int64(8 * len(vals)))
			b.ReportAllocs()
			for b.Loop() {
				var h bulkHistogram
				for _, v := range vals {
					h.add(v, defaultBins, &s)
				}
				h.flush(defaultBins, &s)
			}
		})
	}
}

// TestBulkHistogramAllocs: a histogram that has its size takes values without allocation.
func TestBulkHistogramAllocs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s bulkScratch
	var h bulkHistogram
	more := func() {
		for range 5000 {
			h.add(r.Float64(), 1000, &s)
		}
	}
	for range 10 {
		more()
	}
	if n := testing.AllocsPerRun(20, more); n > 1 {
		t.Errorf("%v allocations for 5000 values", n)
	}
}

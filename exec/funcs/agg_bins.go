package funcs

import (
	"math"
	"slices"
	"sort"
)

// histogram is the streaming histogram of Ben-Haim and Tom-Tov (JMLR 2010, pp. 849-872): at most so many
// bins (x, y); a new value makes a bin, and when there are too many the two nearest become one. It is
// exact while the values differ in no more than bins places. Ties among the nearest are broken by the
// random numbers that Hive draws, so that the answers are Hive's.
//
// The bins lie in chunks that know their narrowest gap, so that neither a new bin nor the search for
// the two nearest passes over all of them.
type histogram struct {
	chunks []binChunk
	n      int  // bins
	gaps   bool // the chunks' gaps are up to date
	rng    javaRandom
}

// binChunk is a run of neighbouring bins in the order of x.
type binChunk struct {
	x, y []float64
	gap  float64 // the least between neighbours here, and from the last to the next chunk's first
}

const (
	// histogramSeed is the seed of Hive's generator for ties.
	histogramSeed = 31183
	// chunkBins is the greatest number of bins in a chunk.
	chunkBins = 256
)

// add counts a value.
func (h *histogram) add(v float64, bins int) {
	if len(h.chunks) == 0 {
		h.chunks, h.rng = []binChunk{{}}, newJavaRandom(histogramSeed)
	}
	c := sort.Search(len(h.chunks)-1, func(i int) bool { return h.chunks[i].x[len(h.chunks[i].x)-1] >= v })
	chunk := &h.chunks[c]
	i := sort.SearchFloat64s(chunk.x, v)
	if i < len(chunk.x) && chunk.x[i] == v {
		chunk.y[i]++
		return
	}
	chunk.x, chunk.y = slices.Insert(chunk.x, i, v), slices.Insert(chunk.y, i, 1)
	h.n++
	h.measureFrom(c, i)
	if len(chunk.x) > chunkBins {
		h.split(c)
	}
	h.trim(bins)
}

// split makes two chunks of chunk c.
func (h *histogram) split(c int) {
	old := h.chunks[c]
	half := len(old.x) / 2
	tail := binChunk{x: slices.Clone(old.x[half:]), y: slices.Clone(old.y[half:])}
	h.chunks[c].x, h.chunks[c].y = old.x[:half], old.y[:half]
	h.chunks = slices.Insert(h.chunks, c+1, tail)
	h.measure(c)
	h.measure(c + 1)
}

// measureFrom measures the gaps that a change of bin i of chunk c concerns.
func (h *histogram) measureFrom(c, i int) {
	h.measure(c)
	if i == 0 && c > 0 {
		h.measure(c - 1)
	}
}

// measure finds the least gap of chunk c. Before the first trim nobody asks for gaps.
func (h *histogram) measure(c int) {
	if !h.gaps || c >= len(h.chunks) {
		return
	}
	x := h.chunks[c].x
	gap, before := math.Inf(1), x[0]
	for _, v := range x[1:] {
		gap = min(gap, v-before)
		before = v
	}
	if c+1 < len(h.chunks) {
		gap = min(gap, h.chunks[c+1].x[0]-before)
	}
	h.chunks[c].gap = gap
}

// trim joins the nearest bins until there are no more than bins.
func (h *histogram) trim(bins int) {
	if h.n > bins && !h.gaps {
		h.gaps = true
		for c := range h.chunks {
			h.measure(c)
		}
	}
	for h.n > bins {
		h.join(h.nearest())
	}
}

// nearest returns the first of the two nearest bins. Each tie with the least gap so far draws a random
// number, as in Hive; chunks whose gaps are all wider have none.
func (h *histogram) nearest() (chunk, bin int) {
	least, ties := math.Inf(1), 0
	for c := range h.chunks {
		if h.chunks[c].gap > least {
			continue
		}
		x := h.chunks[c].x
		for i, v := range x {
			var next float64
			switch {
			case i+1 < len(x):
				next = x[i+1]
			case c+1 < len(h.chunks):
				next = h.chunks[c+1].x[0]
			default:
				continue
			}
			switch gap := next - v; {
			case gap < least:
				least, ties, chunk, bin = gap, 1, c, i
			case gap == least:
				if ties++; h.rng.nextDouble() <= 1/float64(ties) {
					chunk, bin = c, i
				}
			}
		}
	}
	return chunk, bin
}

// join makes one bin of bin i of chunk c and the next.
func (h *histogram) join(c, i int) {
	a, from, at := &h.chunks[c], c, i+1
	if at == len(a.x) {
		from, at = c+1, 0
	}
	b := &h.chunks[from]
	sum := a.y[i] + b.y[at]
	a.x[i] = a.x[i]*(a.y[i]/sum) + b.x[at]/sum*b.y[at]
	a.y[i] = sum
	b.x, b.y = slices.Delete(b.x, at, at+1), slices.Delete(b.y, at, at+1)
	h.n--
	if len(b.x) == 0 {
		h.chunks = slices.Delete(h.chunks, from, from+1)
	} else if from != c {
		h.measure(from)
	}
	h.measureFrom(c, i)
}

// merge adds the bins (x, y) of another histogram. Bins at the same place become one, which Hive leaves
// apart: so the answer does not depend on how the rows were divided among tasks while it is exact.
func (h *histogram) merge(x, y []float64, bins int) {
	if len(h.chunks) == 0 {
		h.rng = newJavaRandom(histogramSeed)
	}
	ownX, ownY := h.flat(nil, nil)
	h.chunks, h.n, h.gaps = nil, 0, false
	i, j := 0, 0
	for i < len(ownX) || j < len(x) {
		if j == len(x) || (i < len(ownX) && ownX[i] <= x[j]) {
			h.push(ownX[i], ownY[i])
			i++
		} else {
			h.push(x[j], y[j])
			j++
		}
	}
	h.trim(bins)
}

// push appends a bin that is not below any.
func (h *histogram) push(x, y float64) {
	if n := len(h.chunks); n > 0 {
		last := &h.chunks[n-1]
		if k := len(last.x); last.x[k-1] == x {
			last.y[k-1] += y
			return
		} else if k < chunkBins/2 {
			last.x, last.y = append(last.x, x), append(last.y, y)
			h.n++
			return
		}
	}
	h.chunks = append(h.chunks, binChunk{x: []float64{x}, y: []float64{y}})
	h.n++
}

// flat appends all bins to x and y.
func (h *histogram) flat(x, y []float64) ([]float64, []float64) {
	for _, c := range h.chunks {
		x, y = append(x, c.x...), append(y, c.y...)
	}
	return x, y
}

// quantiles returns the function from q to the value below which the part q of all values lies,
// interpolated between the centres x of bins of heights y; nil if there is no bin.
func quantiles(x, y []float64) func(q float64) float64 {
	if len(x) == 0 {
		return nil
	}
	sum := 0.0
	for _, n := range y {
		sum += n
	}
	return func(q float64) float64 {
		below := 0.0
		for i, n := range y {
			if (below+n)/sum >= q {
				if i == 0 {
					return x[0]
				}
				return x[i-1] + (q*sum-below)*(x[i]-x[i-1])/n
			}
			below += n
		}
		return x[len(x)-1]
	}
}

// size returns the bytes held.
func (h *histogram) size() int64 {
	n := sizeOf(h.chunks)
	for i := range h.chunks {
		n += sizeOf(h.chunks[i].x) + sizeOf(h.chunks[i].y)
	}
	return n
}

// javaRandom is java.util.Random's linear congruential generator.
type javaRandom struct{ seed uint64 }

func newJavaRandom(seed int64) javaRandom {
	return javaRandom{(uint64(seed) ^ 0x5DEECE66D) & (1<<48 - 1)}
}

func (r *javaRandom) next(bits uint) uint64 {
	r.seed = (r.seed*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return r.seed >> (48 - bits)
}

func (r *javaRandom) nextDouble() float64 {
	return float64(r.next(26)<<27+r.next(27)) * 0x1p-53
}

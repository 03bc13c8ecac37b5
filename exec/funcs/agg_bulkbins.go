package funcs

import (
	"cmp"
	"math"
	"slices"
)

// bulkHistogram is a histogram of Ben-Haim and Tom-Tov for many bins, which takes values in bulk: they wait
// until there are as many as bins, and are then sorted and merged with the bins at one go, as the bins of
// two tasks are. So a value costs the same however many bins there are. It is exact while the values
// differ in no more than bins places; beyond that it holds up to twice as many bins, and joins the
// narrowest of them together instead of one by one, so that its answers are not Hive's to the last digit.
type bulkHistogram struct {
	x, y    []float64 // bins in the order of x
	waiting []bin
}

type bin struct{ x, y float64 }

// bulkScratch is what bulkHistograms need only while they merge; those of all groups share it.
type bulkScratch struct {
	x, y   []float64
	sorted []bin
	sample []float64
}

// add counts a value, which is not NaN.
func (h *bulkHistogram) add(v float64, bins int, s *bulkScratch) {
	h.waiting = append(h.waiting, bin{v, 1})
	if len(h.waiting) >= bins {
		h.flush(bins, s)
	}
}

// merge adds the bins (x, y), in the order of x, of another histogram.
func (h *bulkHistogram) merge(x, y []float64, bins int, s *bulkScratch) {
	if 2*len(x) < len(h.x) { // too few to pass over all bins for
		for i, v := range x {
			h.waiting = append(h.waiting, bin{v, y[i]})
		}
		if len(h.waiting) >= bins {
			h.flush(bins, s)
		}
		return
	}
	out := s.merger(len(x) + len(h.x))
	i := 0
	for j, v := range x {
		for i < len(h.x) && h.x[i] <= v {
			out.push(h.x[i], h.y[i])
			i++
		}
		out.push(v, y[j])
	}
	h.take(out, i, bins, s)
}

// flush moves the values that wait to the bins.
func (h *bulkHistogram) flush(bins int, s *bulkScratch) {
	if len(h.waiting) == 0 {
		return
	}
	s.sorted = sortBins(h.waiting, s.sorted)
	out := s.merger(len(h.waiting) + len(h.x))
	i := 0
	for _, b := range h.waiting {
		for i < len(h.x) && h.x[i] <= b.x {
			out.push(h.x[i], h.y[i])
			i++
		}
		out.push(b.x, b.y)
	}
	h.waiting = h.waiting[:0]
	h.take(out, i, bins, s)
}

// take makes the merged bins, which lack those from the i-th of h on, the bins of h.
func (h *bulkHistogram) take(out merger, i, bins int, s *bulkScratch) {
	for ; i < len(h.x); i++ {
		out.push(h.x[i], h.y[i])
	}
	x, y := out.x[:out.n], out.y[:out.n]
	if len(x) > 2*bins {
		x, y = s.shrink(x, y, bins)
	}
	h.x, h.y = append(h.x[:0], x...), append(h.y[:0], y...)
}

// merger lays bins one after the other, those at one place together.
type merger struct {
	x, y []float64
	n    int
}

func (s *bulkScratch) merger(most int) merger {
	s.x, s.y = grow(s.x, most), grow(s.y, most)
	return merger{x: s.x, y: s.y}
}

func (m *merger) push(x, y float64) {
	if m.n > 0 && m.x[m.n-1] == x {
		m.y[m.n-1] += y
		return
	}
	m.x[m.n], m.y[m.n] = x, y
	m.n++
}

// shrinkSample is how many gaps are looked at to tell which are narrow.
const shrinkSample = 512

// shrink joins neighbours in place until there are no more than bins. In each pass a bin is joined once at
// most, with the next if the gap between them is among the narrowest.
func (s *bulkScratch) shrink(x, y []float64, bins int) ([]float64, []float64) {
	for harder := 1; len(x) > bins; {
		need := len(x) - bins
		limit := s.narrow(x, harder*need)
		out := 0
		for i := 0; i < len(x); i++ {
			if left := len(x) - i; need > 0 && left > 1 && x[i+1]-x[i] <= limit {
				sum := y[i] + y[i+1]
				x[out], y[out] = x[i]*(y[i]/sum)+x[i+1]*(y[i+1]/sum), sum
				need--
				i++
			} else {
				x[out], y[out] = x[i], y[i]
			}
			out++
		}
		if 4*(len(x)-out) < need { // the sample misled
			harder *= 2
		}
		x, y = x[:out], y[:out]
	}
	return x, y
}

// narrow returns about the n-th narrowest gap between neighbours of x.
func (s *bulkScratch) narrow(x []float64, n int) float64 {
	if n >= len(x) {
		return math.Inf(1)
	}
	s.sample = s.sample[:0]
	step := max(1, len(x)/shrinkSample)
	for i := 1; i < len(x); i += step {
		s.sample = append(s.sample, x[i]-x[i-1])
	}
	slices.Sort(s.sample)
	return s.sample[min(len(s.sample)-1, n*len(s.sample)/len(x))]
}

// size returns the bytes held.
func (h *bulkHistogram) size() int64 { return sizeOf(h.x) + sizeOf(h.y) + sizeOf(h.waiting) }

// radixFrom is the number of bins from which on distributing them by digits beats comparing them.
const radixFrom = 256

// sortBins sorts b by x, none of which is NaN. It uses and returns scratch, grown to the length of b.
func sortBins(b, scratch []bin) []bin {
	if len(b) < radixFrom {
		slices.SortFunc(b, func(p, q bin) int { return cmp.Compare(p.x, q.x) })
		return scratch
	}
	const digits, width = 6, 11
	var counts [digits][1 << width]uint32
	for i := range b {
		k := orderedBits(b[i].x)
		for d := range digits {
			counts[d][k>>(d*width)&(1<<width-1)]++
		}
	}
	scratch = grow(scratch, len(b))
	from, to := b, scratch[:len(b)]
	for d := range digits {
		c := &counts[d]
		if c[orderedBits(from[0].x)>>(d*width)&(1<<width-1)] == uint32(len(b)) {
			continue // all agree in this digit
		}
		at := uint32(0)
		for i, n := range c {
			c[i] = at
			at += n
		}
		for _, v := range from {
			p := &c[orderedBits(v.x)>>(d*width)&(1<<width-1)]
			to[*p] = v
			*p++
		}
		from, to = to, from
	}
	if &from[0] != &b[0] {
		copy(b, from)
	}
	return scratch
}

// orderedBits returns v's bits such that they are ordered as the values are.
func orderedBits(v float64) uint64 {
	u := math.Float64bits(v)
	return u ^ (uint64(int64(u)>>63) | 1<<63)
}

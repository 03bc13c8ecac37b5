package funcs

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// histograms are the aggregates over a histogram of bounded size.
var histograms = []Aggregate{
	{
		Name: "percentile_approx", Aliases: []string{"approx_percentile"},
		Doc:  "percentile_approx(x, p | array(p, …)[, bins]): a percentile, exact up to bins (10000) different values",
		Bind: bindPercentileApprox,
	},
	{
		Name: "histogram_numeric",
		Doc:  "histogram_numeric(x, n): the centres and heights of n bins of uneven width",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("histogram_numeric", args, 2, 2); err != nil {
				return AggBound{}, err
			}
			if err := doubleArg("histogram_numeric", args, 0); err != nil {
				return AggBound{}, err
			}
			bins, err := binsArg("histogram_numeric", args, 1)
			if err != nil {
				return AggBound{}, err
			}
			return AggBound{
				Casts: []arrow.DataType{datatype.Double, nil}, Type: binsType, Partial: binsType,
				New: func(*Ctx) State { return &histogramState{bins: bins} },
			}, nil
		},
	},
}

// defaultBins is Hive's default number of bins of percentile_approx.
const defaultBins = 10_000

// manyBins is from where on percentile_approx takes its values in bulk. With fewer bins it joins them in
// Hive's order, one value at a time, whose cost grows with the bins.
const manyBins = 1000

func bindPercentileApprox(args []Arg) (AggBound, error) {
	const name = "percentile_approx"
	if err := wantArgs(name, args, 2, 3); err != nil {
		return AggBound{}, err
	}
	if err := doubleArg(name, args, 0); err != nil {
		return AggBound{}, err
	}
	ps, many, err := percentArg(name, args, 1)
	if err != nil {
		return AggBound{}, err
	}
	// Trino's third argument is an accuracy below 1; the default number of bins is better than any in use.
	bins := defaultBins
	if len(args) == 3 && datatype.IsInteger(args[2].Type) {
		if bins, err = binsArg(name, args, 2); err != nil {
			return AggBound{}, err
		}
	}
	b := AggBound{
		Casts: make([]arrow.DataType, len(args)), Type: datatype.Double, Partial: binsType,
		New: func(*Ctx) State { return &percentileApprox{histogramState{bins: bins}, percentiles{ps, many}} },
	}
	if bins >= manyBins {
		p := percentiles{ps, many}
		b.New = func(*Ctx) State { return &percentileBulk{bins: bins, percentiles: p} }
		b.Core = fmt.Sprintf("%d bins", bins)
		b.Read = func(s State, mem memory.Allocator) (arrow.Array, error) { return s.(*percentileBulk).read(mem, p) }
	}
	b.Casts[0] = datatype.Double
	if many {
		b.Type = datatype.Array(datatype.Double)
	}
	return b, nil
}

// percentArg is constDoubles with every value within 0 and 1.
func percentArg(name string, args []Arg, i int) ([]float64, bool, error) {
	ps, many, err := constDoubles(name, args, i)
	if err != nil {
		return nil, false, err
	}
	for _, p := range ps {
		if !(p >= 0 && p <= 1) {
			return nil, false, diag.Errorf(diag.BadValue, "%s takes percentiles from 0 to 1, not %g", name, p)
		}
	}
	return ps, many, nil
}

func binsArg(name string, args []Arg, i int) (int, error) {
	n, err := constInt(name, args, i)
	if err != nil {
		return 0, err
	}
	if n < 2 || n > 1_000_000 {
		return 0, diag.Errorf(diag.BadValue, "%s takes 2 to 1000000 bins, not %d", name, n)
	}
	return int(n), nil
}

// binsType is how bins travel, and the result of histogram_numeric: centres and heights.
var binsType = datatype.Array(datatype.Struct(
	arrow.Field{Name: "x", Type: datatype.Double}, arrow.Field{Name: "y", Type: datatype.Double}))

// histogramState is histogram_numeric.
type histogramState struct {
	bins int
	h    []histogram
}

func (s *histogramState) Grow(n int) { s.h = grow(s.h, n) }

// Update leaves NaN out: it has no place among the bins.
func (s *histogramState) Update(groups []uint32, args []Vec) error {
	in := fixedOf[float64](args[0])
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		if v := in.at(i); !math.IsNaN(v) {
			s.h[g].add(v, s.bins)
		}
	}
	return nil
}

func (s *histogramState) Merge(groups []uint32, partial arrow.Array) error {
	b := binsOf(partial)
	for i, g := range groups {
		if x, y := b.at(i); len(x) > 0 {
			s.h[g].merge(x, y, s.bins)
		}
	}
	return nil
}

// binsView gives the bins of the rows of a column of binsType.
type binsView struct {
	lists *array.List
	x, y  []float64
}

func binsOf(a arrow.Array) binsView {
	l := a.(*array.List)
	s := l.ListValues().(*array.Struct)
	return binsView{l, s.Field(0).(*array.Float64).Float64Values(), s.Field(1).(*array.Float64).Float64Values()}
}

// at returns the bins of row i, none for NULL.
func (b binsView) at(i int) (x, y []float64) {
	if b.lists.IsNull(i) {
		return nil, nil
	}
	from, to := b.lists.ValueOffsets(i)
	return b.x[from:to], b.y[from:to]
}

func (s *histogramState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *histogramState) Final(mem memory.Allocator) (arrow.Array, error) {
	var x, y []float64
	ends, valid := make([]int32, len(s.h)), make([]bool, len(s.h))
	for g := range s.h {
		x, y = s.h[g].flat(x, y)
		ends[g], valid[g] = int32(len(x)), s.h[g].n > 0
	}
	return binsArray(mem, x, y, ends, valid), nil
}

// binsArray makes a column of binsType of bins; ends and valid are as for listArray.
func binsArray(mem memory.Allocator, x, y []float64, ends []int32, valid []bool) arrow.Array {
	bins := structArray(binsType.(*arrow.ListType).Elem(), len(x),
		fixedArray(mem, datatype.Double, x, nil), fixedArray(mem, datatype.Double, y, nil))
	return listArray(mem, binsType, ends, valid, bins)
}

func (s *histogramState) Size() int64 {
	n := sizeOf(s.h)
	for i := range s.h {
		n += s.h[i].size()
	}
	return n
}

// percentileApprox reads percentiles from the histogram.
type percentileApprox struct {
	histogramState
	percentiles
}

// percentiles are those that a call asks for; many: as an array.
type percentiles struct {
	ps   []float64
	many bool
}

func (s *percentileApprox) Partial(mem memory.Allocator) (arrow.Array, error) {
	return s.histogramState.Final(mem)
}

func (s *percentileApprox) Final(mem memory.Allocator) (arrow.Array, error) {
	return percentileArray(mem, len(s.h), s.ps, s.many, func(g int) func(p float64) float64 {
		x, y := s.h[g].flat(nil, nil)
		return quantiles(x, y)
	}), nil
}

// percentileBulk is percentile_approx with many bins.
type percentileBulk struct {
	bins int
	percentiles
	h       []bulkHistogram
	scratch bulkScratch
}

func (s *percentileBulk) Grow(n int) { s.h = grow(s.h, n) }

// Update leaves NaN out: it has no place among the bins.
func (s *percentileBulk) Update(groups []uint32, args []Vec) error {
	in := fixedOf[float64](args[0])
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		if v := in.at(i); v == v {
			s.h[g].add(v, s.bins, &s.scratch)
		}
	}
	return nil
}

func (s *percentileBulk) Merge(groups []uint32, partial arrow.Array) error {
	b := binsOf(partial)
	for i, g := range groups {
		if x, y := b.at(i); len(x) > 0 {
			s.h[g].merge(x, y, s.bins, &s.scratch)
		}
	}
	return nil
}

func (s *percentileBulk) Partial(mem memory.Allocator) (arrow.Array, error) {
	total := 0
	for g := range s.h {
		s.h[g].flush(s.bins, &s.scratch)
		total += len(s.h[g].x)
	}
	x, y := make([]float64, 0, total), make([]float64, 0, total)
	ends, valid := make([]int32, len(s.h)), make([]bool, len(s.h))
	for g, h := range s.h {
		x, y = append(x, h.x...), append(y, h.y...)
		ends[g], valid[g] = int32(len(x)), len(h.x) > 0
	}
	return binsArray(mem, x, y, ends, valid), nil
}

func (s *percentileBulk) Final(mem memory.Allocator) (arrow.Array, error) {
	return s.read(mem, s.percentiles)
}

func (s *percentileBulk) read(mem memory.Allocator, p percentiles) (arrow.Array, error) {
	return percentileArray(mem, len(s.h), p.ps, p.many, func(g int) func(p float64) float64 {
		s.h[g].flush(s.bins, &s.scratch)
		return quantiles(s.h[g].x, s.h[g].y)
	}), nil
}

func (s *percentileBulk) Size() int64 {
	n := sizeOf(s.h)
	for g := range s.h {
		n += s.h[g].size()
	}
	return n
}

// percentileArray returns n doubles, or n lists of doubles if many: of(g) gives the percentiles ps of
// group g, or is nil if the group is empty.
func percentileArray(mem memory.Allocator, n int, ps []float64, many bool, of func(g int) func(p float64) float64) arrow.Array {
	var out []float64
	ends, valid := make([]int32, n), make([]bool, n)
	for g := range n {
		f := of(g)
		if valid[g] = f != nil; f != nil {
			for _, p := range ps {
				out = append(out, f(p))
			}
		} else if !many {
			out = append(out, 0)
		}
		ends[g] = int32(len(out))
	}
	if !many {
		return fixedArray(mem, datatype.Double, out, valid)
	}
	return listArray(mem, datatype.Array(datatype.Double), ends, valid, fixedArray(mem, datatype.Double, out, nil))
}

package funcs

import (
	"cmp"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// exactPercentiles are the exact percentiles. They count every different value.
var exactPercentiles = []Aggregate{
	{
		Name: "percentile",
		Doc:  "percentile(x, p | array(p, …)): the exact percentile of integers, interpolated",
		Bind: func(args []Arg) (AggBound, error) {
			if len(args) > 0 && !datatype.IsInteger(args[0].Type) && args[0].Type.ID() != arrow.NULL {
				return AggBound{}, badArg("percentile", 0, "an integer (percentile_cont takes any number)", args[0].Type)
			}
			return bindPercentile("percentile", args, interpolate)
		},
	},
	{
		Name: "percentile_cont",
		Doc:  "percentile_cont(p) WITHIN GROUP (ORDER BY x), percentile_cont(x, p): the exact percentile, interpolated",
		Bind: func(args []Arg) (AggBound, error) { return bindPercentile("percentile_cont", args, interpolate) },
	},
	{
		Name: "percentile_disc",
		Doc:  "percentile_disc(p) WITHIN GROUP (ORDER BY x), percentile_disc(x, p): the least x that has at least the part p of the rows up to it",
		Bind: func(args []Arg) (AggBound, error) { return bindPercentile("percentile_disc", args, least) },
	},
	{
		Name: "median", Doc: "median(x): percentile_cont(x, 0.5)",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("median", args, 1, 1); err != nil {
				return AggBound{}, err
			}
			if err := doubleArg("median", args, 0); err != nil {
				return AggBound{}, err
			}
			return tallyBound(args, []float64{0.5}, false, false, interpolate), nil
		},
	},
}

// descending is the third argument with which Hive tells percentile_cont and percentile_disc that
// WITHIN GROUP orders by x DESC; 1 or none is ascending.
const descending = 0

func bindPercentile(name string, args []Arg, pick pickFunc) (AggBound, error) {
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
	desc := false
	if len(args) == 3 {
		d, err := constInt(name, args, 2)
		if err != nil {
			return AggBound{}, err
		}
		desc = d == descending
	}
	return tallyBound(args, ps, many, desc, pick), nil
}

func tallyBound(args []Arg, ps []float64, many, desc bool, pick pickFunc) AggBound {
	b := AggBound{Casts: make([]arrow.DataType, len(args)), Type: datatype.Double}
	if many {
		b.Type = datatype.Array(datatype.Double)
	}
	if datatype.IsInteger(args[0].Type) || isVoid(args[0].Type) {
		b.Casts[0] = datatype.BigInt
		b.Partial = tallyType(datatype.BigInt)
		b.New = func(*Ctx) State {
			return &percentileState[int64]{tally[int64]{elem: datatype.BigInt, limit: compactAt}, ps, many, desc, pick}
		}
		return b
	}
	b.Casts[0] = datatype.Double
	b.Partial = tallyType(datatype.Double)
	b.New = func(*Ctx) State {
		return &percentileState[float64]{tally[float64]{elem: datatype.Double, limit: compactAt}, ps, many, desc, pick}
	}
	return b
}

// pickFunc returns a percentile by its position (0 is the first value) among n sorted values, of which
// at(i) is the one at place i.
type pickFunc func(position float64, at func(i int64) float64) float64

// interpolate is percentile and percentile_cont.
func interpolate(position float64, at func(i int64) float64) float64 {
	lo, hi := math.Floor(position), math.Ceil(position)
	a := at(int64(lo))
	if lo == hi {
		return a
	}
	b := at(int64(hi))
	if a == b {
		return a
	}
	return (hi-position)*a + (position-lo)*b
}

// least is percentile_disc.
func least(position float64, at func(i int64) float64) float64 { return at(int64(math.Ceil(position))) }

// tallyType is a list of different values and their counts.
func tallyType(elem arrow.DataType) arrow.DataType {
	return datatype.Array(datatype.Struct(arrow.Field{Name: "v", Type: elem}, arrow.Field{Name: "n", Type: datatype.BigInt}))
}

// compactAt is the number of rows that a tally holds before it looks for equal ones.
const compactAt = 1 << 16

// number is what a tally counts.
type number interface{ int64 | float64 }

type counted[T number] struct {
	v T
	n int64
	g uint32
}

// tally counts the different values of each group: rows in arrival order, sorted and joined whenever
// they have doubled in number, so that memory is bound by the different values.
type tally[T number] struct {
	elem   arrow.DataType // how T is stored
	rows   []counted[T]
	limit  int
	groups int
}

func (t *tally[T]) Grow(n int) { t.groups = max(t.groups, n) }

func (t *tally[T]) Update(groups []uint32, args []Vec) error {
	in := fixedOf[T](args[0])
	for i, g := range groups {
		if !in.nulls.at(i) {
			t.rows = append(t.rows, counted[T]{in.at(i), 1, g})
		}
	}
	if len(t.rows) >= t.limit {
		t.compact()
		t.limit = max(compactAt, 2*len(t.rows))
	}
	return nil
}

// compact sorts by group and value (NaN last) and joins equal values.
func (t *tally[T]) compact() {
	slices.SortFunc(t.rows, func(a, b counted[T]) int {
		if a.g != b.g {
			return cmp.Compare(a.g, b.g)
		}
		return compareNumbers(a.v, b.v)
	})
	out := t.rows[:0]
	for _, r := range t.rows {
		if n := len(out); n > 0 && out[n-1].g == r.g && compareNumbers(out[n-1].v, r.v) == 0 {
			out[n-1].n += r.n
			continue
		}
		out = append(out, r)
	}
	t.rows = out
}

// compareNumbers orders NaN after all numbers.
func compareNumbers[T number](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(b2i(a != a), b2i(b != b))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *tally[T]) Merge(groups []uint32, partial arrow.Array) error {
	values, offset := listOf(partial)
	v := arrow.GetValues[T](values.(*array.Struct).Field(0).Data(), 1)
	n := values.(*array.Struct).Field(1).(*array.Int64).Int64Values()
	for i, g := range groups {
		from, to := offset(i)
		for j := from; j < to; j++ {
			t.rows = append(t.rows, counted[T]{v[j], n[j], g})
		}
	}
	if len(t.rows) >= t.limit {
		t.compact()
		t.limit = max(compactAt, 2*len(t.rows))
	}
	return nil
}

func (t *tally[T]) Partial(mem memory.Allocator) (arrow.Array, error) {
	t.compact()
	v, n, ends := make([]T, len(t.rows)), make([]int64, len(t.rows)), make([]int32, t.groups)
	for i, r := range t.rows {
		v[i], n[i] = r.v, r.n
		ends[r.g] = int32(i + 1)
	}
	for g := 1; g < len(ends); g++ {
		ends[g] = max(ends[g], ends[g-1])
	}
	typ := tallyType(t.elem)
	pairs := structArray(typ.(*arrow.ListType).Elem(), len(v),
		fixedArray(mem, t.elem, v, nil), fixedArray(mem, datatype.BigInt, n, nil))
	return listArray(mem, typ, ends, nil, pairs), nil
}

func (t *tally[T]) Size() int64 { return sizeOf(t.rows) }

// percentileState reads percentiles from a tally.
type percentileState[T number] struct {
	tally[T]
	ps   []float64
	many bool
	desc bool
	pick pickFunc
}

func (s *percentileState[T]) Final(mem memory.Allocator) (arrow.Array, error) {
	s.compact()
	next := 0
	return percentileArray(mem, s.groups, s.ps, s.many, func(g int) func(float64) float64 {
		from := next
		for next < len(s.rows) && s.rows[next].g == uint32(g) {
			next++
		}
		if from == next {
			return nil
		}
		return s.percentileOf(s.rows[from:next])
	}), nil
}

// percentileOf returns the function from p to the percentile of rows, which are sorted.
func (s *percentileState[T]) percentileOf(rows []counted[T]) func(float64) float64 {
	upTo := make([]int64, len(rows)) // rows up to and with each value
	total := int64(0)
	for i, r := range rows {
		total += r.n
		upTo[i] = total
	}
	at := func(i int64) float64 {
		if s.desc {
			i = total - 1 - i
		}
		k, _ := slices.BinarySearch(upTo, i+1)
		return float64(rows[k].v)
	}
	return func(p float64) float64 { return s.pick(p*float64(total-1), at) }
}

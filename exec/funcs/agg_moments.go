package funcs

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// moments are the aggregates made of means and squared deviations. They follow Welford's and Pébay's
// one-pass formulas, as Hive does, so that no difference of large sums is ever taken.
var moments = []Aggregate{
	momentAggregate("var_pop", []string{"variance"}, "var_pop(x): the population variance of x", func(m moment) (float64, bool) {
		return m.sxx / m.n(), m.count > 0
	}),
	momentAggregate("var_samp", nil, "var_samp(x): the sample variance of x; NULL for fewer than two rows", func(m moment) (float64, bool) {
		return m.sxx / (m.n() - 1), m.count > 1
	}),
	momentAggregate("stddev_pop", []string{"stddev", "std"}, "stddev_pop(x): the population standard deviation of x", func(m moment) (float64, bool) {
		return math.Sqrt(m.sxx / m.n()), m.count > 0
	}),
	momentAggregate("stddev_samp", nil, "stddev_samp(x): the sample standard deviation of x; NULL for fewer than two rows", func(m moment) (float64, bool) {
		return math.Sqrt(m.sxx / (m.n() - 1)), m.count > 1
	}),
	pairAggregate("covar_pop", "covar_pop(x, y): the population covariance", func(m moment) (float64, bool) {
		return m.sxy / m.n(), m.count > 0
	}),
	pairAggregate("covar_samp", "covar_samp(x, y): the sample covariance; NULL for fewer than two rows", func(m moment) (float64, bool) {
		return m.sxy / (m.n() - 1), m.count > 1
	}),
	pairAggregate("corr", "corr(x, y): Pearson's coefficient of correlation; NULL if x or y is always the same", func(m moment) (float64, bool) {
		return m.sxy / math.Sqrt(m.syy) / math.Sqrt(m.sxx), m.count > 0 && m.sxx != 0 && m.syy != 0
	}),
	pairAggregate("regr_slope", "regr_slope(y, x): the slope of the regression line", func(m moment) (float64, bool) {
		return m.sxy / m.sxx, m.count > 1 && m.sxx != 0
	}),
	pairAggregate("regr_intercept", "regr_intercept(y, x): where the regression line meets the y axis", func(m moment) (float64, bool) {
		return m.my - m.sxy/m.sxx*m.mx, m.count > 0 && m.sxx != 0
	}),
	pairAggregate("regr_r2", "regr_r2(y, x): the coefficient of determination", func(m moment) (float64, bool) {
		if m.syy == 0 {
			return 1, m.count > 1 && m.sxx != 0
		}
		return m.sxy * m.sxy / m.sxx / m.syy, m.count > 1 && m.sxx != 0
	}),
	pairAggregate("regr_sxx", "regr_sxx(y, x): the sum of squared deviations of x", func(m moment) (float64, bool) { return m.sxx, m.count > 0 }),
	pairAggregate("regr_syy", "regr_syy(y, x): the sum of squared deviations of y", func(m moment) (float64, bool) { return m.syy, m.count > 0 }),
	pairAggregate("regr_sxy", "regr_sxy(y, x): the sum of products of the deviations", func(m moment) (float64, bool) { return m.sxy, m.count > 0 }),
	{
		Name: "regr_avgx", Doc: "regr_avgx(y, x): avg(x) over the rows in which neither is NULL",
		Bind: func(args []Arg) (AggBound, error) { return bindPairAvg("regr_avgx", args, 1) },
	},
	{
		Name: "regr_avgy", Doc: "regr_avgy(y, x): avg(y) over the rows in which neither is NULL",
		Bind: func(args []Arg) (AggBound, error) { return bindPairAvg("regr_avgy", args, 0) },
	},
	{
		Name: "geometric_mean", Doc: "geometric_mean(x): the nth root of the product of n values; NULL if one is negative",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("geometric_mean", args, 1, 1); err != nil {
				return AggBound{}, err
			}
			if err := doubleArg("geometric_mean", args, 0); err != nil {
				return AggBound{}, err
			}
			return AggBound{
				Casts: []arrow.DataType{datatype.Double}, Type: datatype.Double, Partial: avgType,
				New: func(*Ctx) State { return &geometricMean{} },
			}, nil
		},
	},
}

// moment holds count, means and summed (co)deviations of pairs; of single values only the x part.
type moment struct {
	count         int64
	mx, my        float64
	sxx, syy, sxy float64
}

func (m moment) n() float64 { return float64(m.count) }

func (m *moment) add(x float64) {
	d := x - m.mx
	m.count++
	m.mx += d / float64(m.count)
	m.sxx += d * (x - m.mx)
}

func (m *moment) addPair(y, x float64) {
	dx, dy := x-m.mx, y-m.my
	m.count++
	m.mx += dx / float64(m.count)
	m.my += dy / float64(m.count)
	m.sxy += dx * (y - m.my)
	m.sxx += dx * (x - m.mx)
	m.syy += dy * (y - m.my)
}

func (m *moment) merge(o moment) {
	if m.count == 0 || o.count == 0 {
		if o.count != 0 {
			*m = o
		}
		return
	}
	n, dx, dy := m.n()+o.n(), m.mx-o.mx, m.my-o.my
	w := m.n() * o.n() / n
	m.sxx += o.sxx + dx*dx*w
	m.syy += o.syy + dy*dy*w
	m.sxy += o.sxy + dx*dy*w
	m.mx = (m.mx*m.n() + o.mx*o.n()) / n
	m.my = (m.my*m.n() + o.my*o.n()) / n
	m.count += o.count
}

func momentAggregate(name string, aliases []string, doc string, result func(moment) (float64, bool)) Aggregate {
	return Aggregate{Name: name, Aliases: aliases, Doc: doc, Bind: func(args []Arg) (AggBound, error) {
		return bindMoment(name, args, 1, result)
	}}
}

func pairAggregate(name, doc string, result func(moment) (float64, bool)) Aggregate {
	return Aggregate{Name: name, Doc: doc, Bind: func(args []Arg) (AggBound, error) {
		return bindMoment(name, args, 2, result)
	}}
}

func bindMoment(name string, args []Arg, n int, result func(moment) (float64, bool)) (AggBound, error) {
	if err := wantArgs(name, args, n, n); err != nil {
		return AggBound{}, err
	}
	b := AggBound{
		Casts: castsTo(datatype.Double, n), Type: datatype.Double, Partial: momentType,
		New: func(*Ctx) State { return &momentState{result: result} },
	}
	if n == 1 && isTimestamp(args[0].Type) {
		return inSeconds(b), nil
	}
	for i := range args {
		if err := doubleArg(name, args, i); err != nil {
			return AggBound{}, err
		}
	}
	return b, nil
}

var momentType = datatype.Struct(
	arrow.Field{Name: "n", Type: datatype.BigInt},
	arrow.Field{Name: "mx", Type: datatype.Double}, arrow.Field{Name: "my", Type: datatype.Double},
	arrow.Field{Name: "sxx", Type: datatype.Double}, arrow.Field{Name: "syy", Type: datatype.Double},
	arrow.Field{Name: "sxy", Type: datatype.Double},
)

// momentState is any aggregate of moments; result picks its value, or NULL (false). Pairs come as
// (y, x).
type momentState struct {
	m      []moment
	result func(moment) (float64, bool)
}

func (s *momentState) Grow(n int) { s.m = grow(s.m, n) }

func (s *momentState) Update(groups []uint32, args []Vec) error {
	first := fixedOf[float64](args[0])
	if len(args) == 1 {
		for i, g := range groups {
			if !first.nulls.at(i) {
				s.m[g].add(first.at(i))
			}
		}
		return nil
	}
	second := fixedOf[float64](args[1])
	for i, g := range groups {
		if !first.nulls.at(i) && !second.nulls.at(i) {
			s.m[g].addPair(first.at(i), second.at(i))
		}
	}
	return nil
}

func (s *momentState) Merge(groups []uint32, partial arrow.Array) error {
	p := partial.(*array.Struct)
	n := p.Field(0).(*array.Int64).Int64Values()
	var f [5][]float64
	for k := range f {
		f[k] = p.Field(k + 1).(*array.Float64).Float64Values()
	}
	for i, g := range groups {
		s.m[g].merge(moment{n[i], f[0][i], f[1][i], f[2][i], f[3][i], f[4][i]})
	}
	return nil
}

func (s *momentState) Partial(mem memory.Allocator) (arrow.Array, error) {
	n := make([]int64, len(s.m))
	var f [5][]float64
	for k := range f {
		f[k] = make([]float64, len(s.m))
	}
	for g, m := range s.m {
		n[g], f[0][g], f[1][g], f[2][g], f[3][g], f[4][g] = m.count, m.mx, m.my, m.sxx, m.syy, m.sxy
	}
	fields := []arrow.Array{fixedArray(mem, datatype.BigInt, n, nil)}
	for k := range f {
		fields = append(fields, fixedArray(mem, datatype.Double, f[k], nil))
	}
	return structArray(momentType, len(s.m), fields...), nil
}

func (s *momentState) Final(mem memory.Allocator) (arrow.Array, error) {
	out, valid := make([]float64, len(s.m)), make([]bool, len(s.m))
	for g, m := range s.m {
		out[g], valid[g] = s.result(m)
	}
	return fixedArray(mem, datatype.Double, out, valid), nil
}

func (s *momentState) Size() int64 { return sizeOf(s.m) }

// bindPairAvg binds avg of argument which over the rows in which no argument is NULL.
func bindPairAvg(name string, args []Arg, which int) (AggBound, error) {
	if err := wantArgs(name, args, 2, 2); err != nil {
		return AggBound{}, err
	}
	for i := range args {
		if err := doubleArg(name, args, i); err != nil {
			return AggBound{}, err
		}
	}
	b, err := bindAvg(args[which : which+1])
	if err != nil {
		return AggBound{}, err
	}
	casts := []arrow.DataType{nil, nil}
	if b.Casts != nil {
		casts[which] = b.Casts[0]
	}
	inner := b.New
	b.Casts = casts
	b.Core, b.Read = "", nil // the state leaves rows out, so no other call may share it
	b.New = func(c *Ctx) State { return &pairAvg{State: inner(c), which: which} }
	return b, nil
}

// pairAvg hands the one argument on, for the rows in which the other is not NULL.
type pairAvg struct {
	State
	which int
}

func (s *pairAvg) Update(groups []uint32, args []Vec) error {
	x, other := args[s.which], nullsOf(args[1-s.which])
	if other.bits == nil {
		return s.State.Update(groups, []Vec{x})
	}
	// Runs of rows in which the other argument is there.
	for from := 0; from < len(groups); {
		if other.at(from) {
			from++
			continue
		}
		to := from + 1
		for to < len(groups) && !other.at(to) {
			to++
		}
		if err := s.updateRun(groups[from:to], x, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (s *pairAvg) updateRun(groups []uint32, x Vec, from, to int) error {
	if x.Const {
		return s.State.Update(groups, []Vec{x})
	}
	part := array.NewSlice(x.Array, int64(from), int64(to))
	defer part.Release()
	return s.State.Update(groups, []Vec{{Array: part}})
}

// geometricMean averages logarithms.
type geometricMean struct{ avgDouble }

func (s *geometricMean) Update(groups []uint32, args []Vec) error {
	in := fixedOf[float64](args[0])
	for i, g := range groups {
		if !in.nulls.at(i) {
			s.sum[g] += math.Log(in.at(i))
			s.n[g]++
		}
	}
	return nil
}

func (s *geometricMean) Final(mem memory.Allocator) (arrow.Array, error) {
	out, valid := make([]float64, len(s.n)), make([]bool, len(s.n))
	for g, n := range s.n {
		if n > 0 {
			out[g] = math.Exp(s.sum[g] / float64(n))
			valid[g] = !math.IsNaN(out[g])
		}
	}
	return fixedArray(mem, datatype.Double, out, valid), nil
}

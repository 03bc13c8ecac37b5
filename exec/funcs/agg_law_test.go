package funcs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// lawArgs are the arguments with which the merge law is tried: kinds of column for genColumn, or a
// constant as for parseArg.
func lawArgs() map[string][][]string {
	num := [][]string{{"double"}}
	pair := [][]string{{"double", "double"}}
	return map[string][][]string{
		"count": {{}, {"bigint"}, {"string", "double"}}, "count_if": {{"boolean"}},
		"bool_and": {{"boolean"}}, "bool_or": {{"boolean"}},
		"sum": {{"bigint"}, {"string"}, {"timestamp"}, {"double"}, {"decimal(20,3)"}, {"decimal(38,2)"}},
		"avg": {{"double"}, {"decimal(20,3)"}},
		"min": {{"bigint"}, {"tinyint"}, {"float"}, {"double"}, {"string"}, {"date"}, {"timestamp"}, {"boolean"}, {"array<int>"}, {"struct<a:int,b:string>"}},
		"max": {{"bigint"}, {"smallint"}, {"int"}, {"double"}, {"string"}, {"decimal(20,3)"}, {"interval_day_time"}, {"interval_year_month"}, {"array<string>"}},

		"var_pop": num, "var_samp": num, "stddev_pop": num, "stddev_samp": num, "geometric_mean": num, "median": {{"double"}, {"bigint"}},
		"covar_pop": pair, "covar_samp": pair, "corr": pair, "regr_slope": pair, "regr_intercept": pair, "regr_r2": pair,
		"regr_sxx": pair, "regr_syy": pair, "regr_sxy": pair, "regr_count": pair,
		"regr_avgx": {{"double", "double"}, {"double", "decimal(20,3)"}}, "regr_avgy": {{"decimal(20,3)", "double"}},
		"percentile":        {{"bigint", "*double: 0.3"}, {"bigint", "*array<double>: 0.0;0.5;0.99"}},
		"percentile_cont":   {{"double", "*double: 0.3"}, {"bigint", "*double: 0.3", "*int: 0"}},
		"percentile_disc":   {{"double", "*double: 0.3"}, {"bigint", "*double: 0.3", "*int: 0"}},
		"percentile_approx": {{"double", "*double: 0.3"}, {"double", "*array<double>: 0.1;0.9", "*int: 1000"}},
		"histogram_numeric": {{"double", "*int: 1000"}},
		"collect_list":      {{"bigint"}, {"string"}, {"struct<a:int,b:string>"}, {"timestamp"}},
		"collect_set":       {{"bigint"}, {"string"}, {"array<string>"}}, "array_agg": {{"string"}},
		"map_agg": {{"bigint", "bigint"}}, "string_agg": {{"string", "*string: ,"}}, "listagg": {{"string"}}, "group_concat": {{"string"}},
		"any_value": {{"string"}}, "max_by": {{"bigint", "bigint"}}, "min_by": {{"bigint", "bigint"}},
		"approx_distinct": {{"string"}, {"bigint", "string"}, {"*int: 1", "string"}}, "checksum": {{"string"}, {"*int: 1"}},
		"histogram": {{"string"}, {"bigint"}}, "approx_top_k": {{"string", "*int: 100"}},
		"bloom_filter": {{"bigint", "*int: 50"}, {"string", "*int: 50"}, {"double", "*int: 50"}, {"decimal(20,3)", "*int: 50"}, {"timestamp", "*int: 50"}},
		"ngrams":       {{"array<string>", "*int: 1", "*int: 100"}}, "context_ngrams": {{"array<string>", "*array<string>: NULL;NULL", "*int: 100"}},
	}
}

// genColumn makes n values of a type, one in five NULL and many twice, and all NULL in group 1.
func genColumn(t testing.TB, r *rand.Rand, typ string, groups []uint32) arrow.Array {
	out := make([]string, len(groups))
	var one func(typ string) string
	one = func(typ string) string {
		k := r.IntN(40) - 20
		switch {
		case typ == "boolean":
			return strconv.FormatBool(k > -15)
		case typ == "double" || typ == "float":
			return fmt.Sprint(float64(k)/4 + 10)
		case strings.HasPrefix(typ, "decimal"):
			return fmt.Sprint(float64(k) * 12345.5)
		case typ == "string":
			return strings.Repeat("x", k+20) + "y"
		case typ == "date":
			return fmt.Sprintf("2020-01-%02d", k%10+11)
		case typ == "timestamp":
			return fmt.Sprintf("2020-01-01 00:00:%02d.5", k+20)
		case typ == "interval_day_time":
			return fmt.Sprintf("%d 02:03:04.5", k)
		case typ == "interval_year_month":
			return fmt.Sprintf("%d-3", k)
		case strings.HasPrefix(typ, "array<"):
			e := one(typ[6 : len(typ)-1])
			return strings.Join(slices.Repeat([]string{e}, r.IntN(3)+1), ";")
		case strings.HasPrefix(typ, "struct<"):
			return fmt.Sprintf("%d;x%d", k/10, k)
		}
		return strconv.Itoa(k)
	}
	for i := range out {
		out[i] = "NULL"
		if r.IntN(5) > 0 && groups[i] != 1 {
			out[i] = one(typ)
		}
	}
	return typed(t, typ, out...)
}

// TestMergeLaw: over every aggregate, merging the partials of any division of the rows gives what one
// pass gives, whatever the batches and however the groups grow.
func TestMergeLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cases := lawArgs()
	for _, family := range aggregateFamilies() {
		for _, f := range family.list {
			if len(cases[f.Name]) == 0 {
				t.Errorf("no case for %s", f.Name)
			}
			for _, kinds := range cases[f.Name] {
				t.Run(f.Name+"("+strings.Join(kinds, " ")+")", func(t *testing.T) { mergeLaw(t, r, f.Name, kinds) })
			}
		}
	}
}

func mergeLaw(t *testing.T, r *rand.Rand, name string, kinds []string) {
	const rows, groupCount = 500, 6 // group 1 has NULLs only, group 5 no rows
	groups := make([]uint32, rows)
	for i := range groups {
		groups[i] = uint32(r.IntN(groupCount - 1))
	}
	var args []Arg
	var vecs []Vec
	for _, k := range kinds {
		if strings.HasPrefix(k, "*") {
			arg, v := parseArg(t, k)
			args, vecs = append(args, arg), append(vecs, v)
			continue
		}
		a := genColumn(t, r, k, groups)
		args, vecs = append(args, Arg{Type: a.DataType()}), append(vecs, Vec{Array: a})
	}
	if name == "max_by" || name == "min_by" || name == "map_agg" {
		vecs[0] = Vec{Array: vecs[1].Array} // so that ties do not matter
	}
	b := bindAgg(t, name, args)
	c := newTestCtx()
	want := finalOf(t, onePass(t, b, c, groups, vecs, rows, groupCount))
	for range 4 {
		merged := b.New(c)
		for part, parts := 0, r.IntN(4)+1; part < parts; part++ {
			from, to := part*rows/parts, (part+1)*rows/parts
			s := onePass(t, b, c, groups[from:to], slicesOf(vecs, from, to), r.IntN(90)+1, groupCount)
			p, err := s.Partial(memory.DefaultAllocator)
			if err != nil {
				t.Fatal(err)
			}
			if !arrow.TypeEqual(p.DataType(), b.Partial) {
				t.Fatalf("partial has type %v, bound is %v", p.DataType(), b.Partial)
			}
			mergeIn(t, r, merged, p)
		}
		if got := finalOf(t, merged); !sameResults(name, got, want) {
			t.Errorf("merged\n%v\none pass\n%v", got, want)
		}
		if merged.Size() < 0 {
			t.Errorf("size %d", merged.Size())
		}
	}
}

// onePass runs rows through a new state in batches, growing it step by step.
func onePass(t *testing.T, b AggBound, c *Ctx, groups []uint32, args []Vec, batch, groupCount int) State {
	s := b.New(c)
	for from := 0; from < len(groups); from += batch {
		to := min(from+batch, len(groups))
		s.Grow(int(slices.Max(groups[from:to])) + 1)
		if err := s.Update(groups[from:to], slicesOf(args, from, to)); err != nil {
			t.Fatal(err)
		}
	}
	s.Grow(groupCount)
	return s
}

func slicesOf(args []Vec, from, to int) []Vec {
	out := slices.Clone(args)
	for i, a := range args {
		if !a.Const {
			out[i].Array = array.NewSlice(a.Array, int64(from), int64(to))
		}
	}
	return out
}

// mergeIn merges p in two slices.
func mergeIn(t *testing.T, r *rand.Rand, s State, p arrow.Array) {
	cut := r.IntN(p.Len() + 1)
	for _, part := range [][2]int{{0, cut}, {cut, p.Len()}} {
		s.Grow(part[1])
		groups := make([]uint32, part[1]-part[0])
		for i := range groups {
			groups[i] = uint32(part[0] + i)
		}
		if err := s.Merge(groups, array.NewSlice(p, int64(part[0]), int64(part[1]))); err != nil {
			t.Fatal(err)
		}
	}
}

func finalOf(t *testing.T, s State) []string {
	a, err := s.Final(memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return texts(a)
}

// sameResults compares results group by group: doubles nearly, collections in any order.
func sameResults(name string, got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for g := range got {
		if got[g] == want[g] {
			continue
		}
		x, err1 := strconv.ParseFloat(got[g], 64)
		y, err2 := strconv.ParseFloat(want[g], 64)
		switch {
		case err1 == nil && err2 == nil:
			if math.Abs(x-y) > 1e-9*math.Max(1, math.Abs(y)) {
				return false
			}
		case name == "any_value":
		case !slices.Equal(sortedBytes(got[g]), sortedBytes(want[g])):
			return false
		}
	}
	return true
}

func sortedBytes(s string) []byte {
	b := []byte(s)
	slices.Sort(b)
	return b
}

// TestRebind: a plan that travels binds its functions again, to the types that the first binding cast
// the arguments to; the result must have the same type.
func TestRebind(t *testing.T) {
	kinds := []string{
		"*void: NULL", "boolean: true", "tinyint: 1", "smallint: 1", "int: 1", "bigint: 1", "float: 1", "double: 1", "decimal(7,3): 1", "string: 1", "varchar(3): 1",
		"date: 2020-01-01", "timestamp: 2020-01-01 00:00:00", "timestamp with local time zone: 2020-01-01 00:00:00",
		"interval_day_time: 1 00:00:00", "interval_year_month: 1-0", "array<string>: a", "*int: 2", "*double: 0.5", "*string: day", "*string: UTC", "*array<double>: 0.5",
	}
	var all []Arg
	for _, k := range kinds {
		if k == "*void: NULL" {
			all = append(all, Arg{Type: datatype.Void, Const: array.NewNull(1)})
			continue
		}
		a, _ := parseArg(t, k)
		all = append(all, a)
	}
	check := func(kind, name string, bind func(args []Arg) (arrow.DataType, []arrow.DataType, error)) {
		tuples := [][]Arg{{}}
		for n := 1; n <= 3; n++ {
			var longer [][]Arg
			for _, tuple := range tuples {
				for _, a := range all {
					longer = append(longer, append(slices.Clone(tuple), a))
				}
			}
			tuples = longer
			for _, args := range tuples {
				rebind(t, kind+" "+name, args, bind)
			}
		}
	}
	for _, family := range aggregateFamilies() {
		for _, f := range family.list {
			check("aggregate", f.Name, func(args []Arg) (arrow.DataType, []arrow.DataType, error) {
				b, err := f.Bind(args)
				return b.Type, b.Casts, err
			})
		}
	}
	for _, f := range ranking {
		check("window", f.Name, func(args []Arg) (arrow.DataType, []arrow.DataType, error) {
			b, err := f.Bind(args)
			return b.Type, b.Casts, err
		})
	}
	for _, family := range [][]Scalar{dateParts, dateShifts, dateFloors, dateFormats, dateZones} {
		for _, f := range family {
			check("scalar", f.Name, func(args []Arg) (arrow.DataType, []arrow.DataType, error) {
				b, err := f.Bind(args)
				return b.Type, b.Casts, err
			})
		}
	}
}

func rebind(t *testing.T, name string, args []Arg, bind func(args []Arg) (arrow.DataType, []arrow.DataType, error)) {
	want, casts, err := bind(args)
	if err != nil {
		return
	}
	again := slices.Clone(args)
	c := newTestCtx()
	c.Session.Settings[strictTimestamps] = "false"
	for i, to := range casts {
		if to == nil || datatype.Equal(to, args[i].Type) {
			continue
		}
		again[i].Type = to
		k, err := CastKernel(args[i].Type, to)
		if err != nil {
			t.Errorf("%s(%s) wants a cast of argument %d that does not exist: %v", name, typeNames(args), i+1, err)
			return
		}
		if args[i].Const != nil {
			if again[i].Const, err = k(c, []Vec{{Array: args[i].Const, Const: true}}, 1); err != nil {
				t.Errorf("%s(%s): %v", name, typeNames(args), err)
				return
			}
		}
	}
	got, more, err := bind(again)
	if err != nil || !datatype.Equal(got, want) {
		t.Errorf("%s(%s) is %s, but bound again to (%s) %v %v", name, typeNames(args), datatype.Name(want), typeNames(again), got, err)
		return
	}
	for i, to := range more {
		if to != nil && !datatype.Equal(to, again[i].Type) {
			t.Errorf("%s(%s) casts argument %d again, to %s", name, typeNames(again), i+1, datatype.Name(to))
		}
	}
}

func typeNames(args []Arg) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(datatype.Name(a.Type))
	}
	return b.String()
}

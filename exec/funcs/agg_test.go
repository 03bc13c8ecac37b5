package funcs

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// newTestCtx returns a context with a fixed clock in UTC.
func newTestCtx() *Ctx {
	return &Ctx{
		Context: context.Background(), Mem: memory.DefaultAllocator, Warn: func(string) {},
		Session: &Session{Now: time.Date(2020, 1, 5, 13, 4, 5, 678_000_000, time.UTC), Zone: time.UTC, Settings: map[string]string{}},
	}
}

// typed makes an array of a type from texts; "NULL" is NULL. array<t> takes its elements split at ';'.
func typed(t testing.TB, typ string, texts ...string) arrow.Array {
	t.Helper()
	dt, err := datatype.Parse(typ)
	if err != nil {
		t.Fatal(err)
	}
	b := datatype.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	for _, s := range texts {
		appendTyped(t, b, dt, s)
	}
	return datatype.Finish(b, dt)
}

func appendTyped(t testing.TB, b array.Builder, dt arrow.DataType, s string) {
	t.Helper()
	if s == "NULL" {
		b.AppendNull()
		return
	}
	must := func(ok bool) {
		t.Helper()
		if !ok {
			t.Fatalf("bad %s %q in the test", datatype.Name(dt), s)
		}
	}
	n, errInt := strconv.ParseInt(s, 10, 64)
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(s == "true")
	case *array.Int8Builder:
		must(errInt == nil)
		b.Append(int8(n))
	case *array.Int16Builder:
		must(errInt == nil)
		b.Append(int16(n))
	case *array.Int32Builder:
		must(errInt == nil)
		b.Append(int32(n))
	case *array.Int64Builder:
		must(errInt == nil)
		b.Append(n)
	case *array.Float32Builder:
		f, ok := datatype.ParseFloat([]byte(s))
		must(ok)
		b.Append(f)
	case *array.Float64Builder:
		f, ok := datatype.ParseDouble([]byte(s))
		must(ok)
		b.Append(f)
	case *array.StringBuilder:
		b.Append(s)
	case *array.BinaryBuilder:
		b.Append([]byte(s))
	case *array.Date32Builder:
		d, ok := datatype.ParseDate([]byte(s))
		must(ok)
		b.Append(arrow.Date32(d))
	case *array.MonthIntervalBuilder:
		m, ok := datatype.ParseYearMonth([]byte(s))
		must(ok)
		b.Append(arrow.MonthInterval(m))
	case *array.Decimal128Builder:
		b.Append(typedDecimal(must, dt, s))
	case *array.ListBuilder:
		b.Append(true)
		if s != "" {
			for _, e := range strings.Split(s, ";") {
				appendTyped(t, b.ValueBuilder(), dt.(*arrow.ListType).Elem(), e)
			}
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, e := range strings.Split(s, ";") {
			appendTyped(t, b.FieldBuilder(i), dt.(*arrow.StructType).Field(i).Type, e)
		}
	default:
		t.Fatalf("no %T in tests", b)
	}
}

func typedDecimal(must func(bool), dt arrow.DataType, s string) decimal128.Num {
	switch dt := dt.(type) {
	case *arrow.Decimal128Type:
		v, ok := datatype.ParseDecimal([]byte(s), int(dt.Precision), int(dt.Scale))
		must(ok)
		return v
	case *datatype.DayTimeType:
		v, ok := datatype.ParseDayTime([]byte(s))
		must(ok)
		return v
	}
	v, ok := datatype.ParseTimestamp([]byte(s))
	must(ok)
	return v
}

// texts returns the values of a as text, NULL as "NULL".
func texts(a arrow.Array) []string {
	out := make([]string, a.Len())
	for i := range out {
		out[i] = "NULL"
		if a.DataType().ID() != arrow.NULL && a.IsValid(i) {
			out[i] = datatype.Text(a, i)
		}
	}
	return out
}

// parseArg makes an argument of "type: v, v, …"; a type with a * is a constant.
func parseArg(t testing.TB, s string) (Arg, Vec) {
	t.Helper()
	typ, vals, _ := strings.Cut(s, ": ")
	typ, constant := strings.CutPrefix(typ, "*")
	var list []string
	if vals != "(none)" {
		list = strings.Split(vals, ", ")
	}
	a := typed(t, typ, list...)
	arg := Arg{Type: a.DataType()}
	if constant {
		arg.Const = a
	}
	return arg, Vec{Array: a, Const: constant}
}

// bindAgg binds the aggregate name to args, and casts nothing: the test gives the types it asks for.
func bindAgg(t testing.TB, name string, args []Arg) AggBound {
	t.Helper()
	f := FindAggregate(name)
	if f == nil {
		t.Fatalf("no aggregate %s", name)
	}
	b, err := f.Bind(args)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, c := range b.Casts {
		if c != nil && !datatype.Equal(c, args[i].Type) {
			t.Fatalf("%s wants argument %d as %s, the test gives %s", name, i+1, datatype.Name(c), datatype.Name(args[i].Type))
		}
	}
	return b
}

func TestAggregateValues(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string // value :: type
	}{
		{"count", nil, "3 :: bigint"},
		{"count", []string{"int: 1, NULL, 2"}, "2 :: bigint"},
		{"count", []string{"int: 1, NULL, 2", "string: a, b, NULL"}, "1 :: bigint"},
		{"count", []string{"*int: 1"}, "3 :: bigint"},
		{"count", []string{"int: NULL, NULL"}, "0 :: bigint"},
		{"count_if", []string{"boolean: true, false, NULL, true"}, "2 :: bigint"},
		{"bool_and", []string{"boolean: true, NULL, true"}, "true :: boolean"},
		{"every", []string{"boolean: true, false, true"}, "false :: boolean"},
		{"bool_or", []string{"boolean: false, NULL"}, "false :: boolean"},
		{"bool_or", []string{"boolean: NULL"}, "NULL :: boolean"},
		{"sum", []string{"bigint: 1, NULL, 2"}, "3 :: bigint"},
		{"sum", []string{"bigint: 9223372036854775807, 1, -1"}, "9223372036854775807 :: bigint"},
		{"sum", []string{"bigint: NULL"}, "NULL :: bigint"},
		{"sum", []string{"double: 1.5, 2"}, "3.5 :: double"},
		{"sum", []string{"decimal(5,2): 1.25, 2.50"}, "3.75 :: decimal(15,2)"},
		{"sum", []string{"decimal(38,0): 99999999999999999999999999999999999999, 99999999999999999999999999999999999999"}, "NULL :: decimal(38,0)"},
		{"sum", []string{"decimal(38,0): 99999999999999999999999999999999999999, 99999999999999999999999999999999999999, -99999999999999999999999999999999999999"}, "99999999999999999999999999999999999999 :: decimal(38,0)"},
		{"sum", []string{"string: 1.5, x, NULL, 2"}, "3.5 :: double"},
		{"sum", []string{"string: x, y"}, "0.0 :: double"},
		{"sum", []string{"string: NULL"}, "NULL :: double"},
		{"sum", []string{"timestamp: 1970-01-01 00:00:01.5, NULL, 1970-01-01 00:00:02"}, "3.5 :: double"},
		{"avg", []string{"*timestamp: 1970-01-01 00:00:01.5"}, "1.5 :: double"},
		{"avg", []string{"double: 1, NULL, 2"}, "1.5 :: double"},
		{"avg", []string{"decimal(5,2): 1.00, 1.00, 0.00"}, "0.666667 :: decimal(9,6)"},
		{"avg", []string{"decimal(5,2): -1.00, -1.00, 0.00"}, "-0.666667 :: decimal(9,6)"},
		{"avg", []string{"double: NULL"}, "NULL :: double"},
		{"min", []string{"string: b, B, NULL, é"}, "B :: string"},
		{"max", []string{"string: b, B, NULL, é"}, "é :: string"},
		{"max", []string{"double: 1, NaN, Infinity"}, "NaN :: double"},
		{"min", []string{"double: NaN, 1, -Infinity"}, "-Infinity :: double"},
		{"min", []string{"double: NaN, NULL"}, "NaN :: double"},
		{"max", []string{"tinyint: -1, -128"}, "-1 :: tinyint"},
		{"max", []string{"boolean: false, true"}, "true :: boolean"},
		{"min", []string{"date: 2020-01-05, 2019-12-31"}, "2019-12-31 :: date"},
		{"max", []string{"timestamp: 2020-01-05 00:00:00.5, 0001-01-01 00:00:00"}, "2020-01-05 00:00:00.5 :: timestamp"},
		{"max", []string{"decimal(4,1): -1.5, -2.5"}, "-1.5 :: decimal(4,1)"},
		{"max", []string{"array<int>: 1;2, 1, 1;2;0"}, "[1,2,0] :: array<int>"},
		{"min", []string{"struct<a:int,b:string>: 1;x, 1;a, 2;a"}, `{"a":1,"b":"a"} :: struct<a:int,b:string>`},
		{"min", []string{"struct<a:int,b:int>: 1;2, -2;3, NULL;1"}, `{"a":-2,"b":3} :: struct<a:int,b:int>`},
		{"max", []string{"struct<a:int,b:int>: 1;2, -2;3, NULL;1"}, `{"a":1,"b":2} :: struct<a:int,b:int>`},
		{"variance", []string{"double: 1, 2, 3, 4"}, "1.25 :: double"},
		{"var_samp", []string{"double: 1"}, "NULL :: double"},
		{"var_pop", []string{"double: 1"}, "0.0 :: double"},
		{"stddev", []string{"double: 1, 3"}, "1.0 :: double"},
		{"stddev_samp", []string{"double: 1, 3"}, "1.4142135623730951 :: double"},
		{"covar_pop", []string{"double: 1, 2, 3, 4", "double: 1, 2, 3, 4"}, "1.25 :: double"},
		{"covar_samp", []string{"double: 1", "double: 1"}, "NULL :: double"},
		{"corr", []string{"double: 1, 2, 3", "double: 1, 2, 3"}, "0.9999999999999999 :: double"},
		{"corr", []string{"double: 1, 1", "double: 1, 2"}, "NULL :: double"},
		{"regr_slope", []string{"double: 1, 2, NULL", "double: 1, 2, 7"}, "1.0 :: double"},
		{"regr_intercept", []string{"double: 3, 5", "double: 1, 2"}, "1.0 :: double"},
		{"regr_r2", []string{"double: 1, 1", "double: 1, 2"}, "1.0 :: double"},
		{"regr_count", []string{"double: 1, NULL", "double: 1, 2"}, "1 :: bigint"},
		{"regr_avgx", []string{"double: 1, NULL, 3", "decimal(10,0): 1, 2, 4"}, "2.5000 :: decimal(14,4)"},
		{"regr_sxx", []string{"double: 1, 2", "double: 1, 3"}, "2.0 :: double"},
		{"percentile", []string{"bigint: 0, 0, 0, 2, 4, 5, 5, 8, 9, NULL", "*double: 0.5"}, "4.0 :: double"},
		{"percentile", []string{"bigint: 1, 2", "*array<double>: 0.0;0.5;1.0"}, "[1.0,1.5,2.0] :: array<double>"},
		{"percentile", []string{"bigint: NULL", "*array<double>: 0.5"}, "NULL :: array<double>"},
		{"percentile_cont", []string{"double: 3, 13, 8, 17", "*decimal(2,1): 0.2", "*int: 0"}, "14.6 :: double"},
		{"percentile_disc", []string{"double: 3, 13, 8, 17", "*decimal(2,1): 0.5"}, "13.0 :: double"},
		{"percentile_disc", []string{"double: 3, 13, 8, 17", "*decimal(2,1): 0.5", "*int: 0"}, "8.0 :: double"},
		{"median", []string{"double: 1, 2, 10, NaN"}, "6.0 :: double"},
		{"percentile_approx", []string{"double: 1, 2, 3, 4", "*double: 0.5"}, "2.0 :: double"},
		{"approx_percentile", []string{"double: 1, 2, 3, 4", "*array<double>: 0.25;0.6"}, "[1.0,2.4] :: array<double>"},
		{"percentile_approx", []string{"double: NULL", "*double: 0.5"}, "NULL :: double"},
		{"histogram_numeric", []string{"double: 1, 2, 3, 10", "*int: 3"}, `[{"x":1.0,"y":1.0},{"x":2.5,"y":2.0},{"x":10.0,"y":1.0}] :: array<struct<x:double,y:double>>`},
		{"collect_list", []string{"string: b, NULL, a, b"}, `["b","a","b"] :: array<string>`},
		{"collect_set", []string{"string: b, NULL, a, b"}, `["b","a"] :: array<string>`},
		{"collect_set", []string{"double: 0.0, -0.0, NaN, NaN"}, `[0.0,NaN] :: array<double>`},
		{"collect_list", []string{"int: NULL"}, `[] :: array<int>`},
		{"array_agg", []string{"int: 1, NULL"}, `[1,null] :: array<int>`},
		{"map_agg", []string{"string: a, b, NULL, a", "int: 1, 2, 3, 4"}, `{"a":1,"b":2} :: map<string,int>`},
		{"string_agg", []string{"string: a, NULL, b", "*string: -"}, `a-b :: string`},
		{"group_concat", []string{"string: a, b"}, `a,b :: string`},
		{"listagg", []string{"string: a, b"}, `ab :: string`},
		{"listagg", []string{"string: NULL"}, `NULL :: string`},
		{"any_value", []string{"string: NULL, b, a"}, `b :: string`},
		{"max_by", []string{"string: a, b, c", "int: 1, 3, NULL"}, `b :: string`},
		{"arg_min", []string{"string: NULL, b, c", "double: 1, 3, 2"}, `NULL :: string`},
		{"approx_distinct", []string{"string: a, b, NULL, a"}, `2 :: bigint`},
		{"ndv", []string{"int: NULL"}, `0 :: bigint`},
		{"histogram", []string{"string: a, b, NULL, a"}, `{"a":2,"b":1} :: map<string,bigint>`},
		{"approx_top_k", []string{"string: a, b, b, c, c", "*int: 2"}, `[{"item":"b","count":2},{"item":"c","count":2}] :: array<struct<item:string,count:bigint>>`},
		{"ngrams", []string{"array<string>: a;b;a;b, a;b, x", "*int: 2", "*int: 1"}, `[{"ngram":["a","b"],"estfrequency":3.0}] :: array<struct<ngram:array<string>,estfrequency:double>>`},
		{"context_ngrams", []string{"array<string>: i;see;you, i;see;them;i;see;you", "*array<string>: see;NULL", "*int: 5"}, `[{"ngram":["you"],"estfrequency":2.0},{"ngram":["them"],"estfrequency":1.0}] :: array<struct<ngram:array<string>,estfrequency:double>>`},
		{"geometric_mean", []string{"double: 1, 4"}, `2.0 :: double`},
	} {
		t.Run(c.name+" "+strings.Join(c.args, " "), func(t *testing.T) {
			var args []Arg
			var vecs []Vec
			n := 3
			for i, s := range c.args {
				arg, v := parseArg(t, s)
				args, vecs = append(args, arg), append(vecs, v)
				if i == 0 && !v.Const {
					n = v.Len()
				}
			}
			b := bindAgg(t, c.name, args)
			s := b.New(newTestCtx())
			s.Grow(1)
			if err := s.Update(make([]uint32, n), vecs); err != nil {
				t.Fatal(err)
			}
			out, err := s.Final(memory.DefaultAllocator)
			if err != nil {
				t.Fatal(err)
			}
			if !arrow.TypeEqual(out.DataType(), b.Type) {
				t.Errorf("result has type %v, bound is %v", out.DataType(), b.Type)
			}
			if got := texts(out)[0] + " :: " + datatype.Name(b.Type); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAggregateErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"sum", []string{"date: 2020-01-01"}, "TYPE: sum takes a number as argument 1, not date"},
		{"sum", nil, "TYPE: sum takes one argument, not 0"},
		{"max", []string{"map<string,int>: (none)"}, "TYPE: max takes values that can be ordered as argument 1, not map<string,int>"},
		{"percentile", []string{"double: 1", "*double: 0.5"}, "TYPE: percentile takes an integer (percentile_cont takes any number) as argument 1, not double"},
		{"percentile", []string{"int: 1", "*double: 1.5"}, "BAD_VALUE: percentile takes percentiles from 0 to 1, not 1.5"},
		{"percentile", []string{"int: 1", "double: 0.5"}, "TYPE: percentile takes a constant as argument 2"},
		{"count_if", []string{"int: 1"}, "TYPE: count_if takes a boolean as argument 1, not int"},
		{"approx_top_k", []string{"int: 1", "*int: 0"}, "BAD_VALUE: approx_top_k takes k from 1 to 10000, not 0"},
	} {
		var args []Arg
		for _, s := range c.args {
			arg, _ := parseArg(t, s)
			args = append(args, arg)
		}
		_, err := FindAggregate(c.name).Bind(args)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s(%v): %v, want %s", c.name, c.args, err, c.want)
		}
	}
}

func TestSumOverflow(t *testing.T) {
	arg, v := parseArg(t, "bigint: 9223372036854775807, 1")
	s := bindAgg(t, "sum", []Arg{arg}).New(newTestCtx())
	s.Grow(1)
	if err := s.Update([]uint32{0, 0}, []Vec{v}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Final(memory.DefaultAllocator)
	if err == nil || !strings.HasPrefix(err.Error(), "TYPE: sum overflow: 9223372036854775808 does not fit bigint") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSumBigint(b *testing.B) {
	arr := make([]int64, 4096)
	groups := make([]uint32, len(arr))
	for i := range arr {
		arr[i], groups[i] = int64(i), uint32(i%100)
	}
	a := fixedArray(memory.DefaultAllocator, datatype.BigInt, arr, nil)
	s := bindAgg(b, "sum", []Arg{{Type: datatype.BigInt}}).New(newTestCtx())
	s.Grow(100)
	args := []Vec{{Array: a}}
	b.SetBytes(int64(len(arr) * 8))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Update(groups, args); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGrow: states that grow by a few groups at a time are copied only now and then, and new groups are empty.
func TestGrow(t *testing.T) {
	const most, step = 1 << 20, 1000
	var s []int64
	allocs := testing.AllocsPerRun(1, func() {
		s = nil
		for n := step; n <= most; n += step {
			s = grow(s, n)
			s[n-1] = 1
		}
	})
	if allocs > 12 {
		t.Errorf("%v allocations, want one each time that there are twice as many", allocs)
	}
	for i, v := range grow(s[:10], len(s)) {
		if i >= 10 && v != 0 {
			t.Fatalf("new group %d holds %d", i, v)
		}
	}
}

package vec

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

var typeNames = []string{
	"void", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "string", "varchar(4)", "char(3)",
	"binary", "date", "timestamp", "interval_year_month", "interval_day_time", "array<int>", "array<string>",
	"map<string,double>", "struct<a:int,b:string>", "array<struct<x:array<varchar(3)>,y:timestamp>>",
}

func parse(t testing.TB, name string) arrow.DataType {
	t.Helper()
	typ, err := datatype.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// appendRandom appends one of few values, so that equal ones meet.
func appendRandom(r *rand.Rand, b array.Builder) {
	if r.IntN(5) == 0 {
		b.AppendNull()
		return
	}
	small := r.IntN(5) - 2
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(small > 0)
	case *array.Int8Builder:
		b.Append(int8(small * 60))
	case *array.Int16Builder:
		b.Append(int16(small * 16000))
	case *array.Int32Builder:
		b.Append(int32(small) << 29)
	case *array.Int64Builder:
		b.Append(int64(small) << 61)
	case *array.Float32Builder:
		b.Append([]float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(-1)), 1.5, -1.5, math.MaxFloat32}[r.IntN(7)])
	case *array.Float64Builder:
		b.Append([]float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0xfff8000000000123), math.Inf(-1), math.Inf(1), 1.5, -1.5}[r.IntN(8)])
	case *array.Date32Builder:
		b.Append(arrow.Date32(small * 1000))
	case *array.MonthIntervalBuilder:
		b.Append(arrow.MonthInterval(small))
	case *array.Decimal128Builder:
		b.Append([]decimal128.Num{decimal128.FromI64(0), decimal128.FromI64(-1), decimal128.FromI64(1), decimal128.New(1, 0), decimal128.New(-1, 5)}[r.IntN(5)])
	case *array.StringBuilder:
		b.Append([]string{"", "a", "a\x00", "a\x00b", "ab", "b", "\xff\xff", "é"}[r.IntN(8)])
	case *array.BinaryBuilder:
		b.Append([][]byte{{}, {0}, {0, 0}, {0, 0xff}, {0, 1}, {0xff}, {1}}[r.IntN(7)])
	case *array.MapBuilder:
		b.Append(true)
		for range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append([]string{"", "k", "kk"}[r.IntN(3)])
			appendRandom(r, b.ItemBuilder())
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(3) {
			appendRandom(r, b.ValueBuilder())
		}
	case *array.StructBuilder:
		b.Append(true)
		for f := range b.NumField() {
			appendRandom(r, b.FieldBuilder(f))
		}
	default:
		panic(fmt.Sprintf("no random values for %T", b))
	}
}

// random returns n values of type t, cut from the middle of a longer array.
func random(r *rand.Rand, mem memory.Allocator, t arrow.DataType, n int) arrow.Array {
	b := datatype.NewBuilder(mem, t)
	defer b.Release()
	for range n + 5 {
		appendRandom(r, b)
	}
	whole := datatype.Finish(b, t)
	defer whole.Release()
	return array.NewSlice(whole, 3, int64(n+3))
}

func forTypes(t *testing.T, f func(t *testing.T, r *rand.Rand, mem memory.Allocator, typ arrow.DataType)) {
	for _, name := range typeNames {
		t.Run(name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			f(t, rand.New(rand.NewPCG(1, 2)), mem, parse(t, name))
		})
	}
}

func TestTake(t *testing.T) {
	forTypes(t, func(t *testing.T, r *rand.Rand, mem memory.Allocator, typ arrow.DataType) {
		a := random(r, mem, typ, 40)
		defer a.Release()
		idx := make([]int32, 100)
		for i := range idx {
			idx[i] = int32(r.IntN(41)) - 1
		}
		got := Take(mem, a, idx)
		defer got.Release()
		if !datatype.Equal(got.DataType(), typ) || got.Len() != len(idx) {
			t.Fatalf("got %d of type %s", got.Len(), got.DataType())
		}
		for k, i := range idx {
			if (i < 0 && !IsNull(got, k)) || (i >= 0 && !Equal(got, k, a, int(i))) {
				t.Fatalf("value %d is not that of %d", k, i)
			}
		}
		none := Take(mem, a, nil)
		defer none.Release()
		if none.Len() != 0 {
			t.Fatalf("took %d of none", none.Len())
		}
	})
}

func TestConcatAndInterleave(t *testing.T) {
	forTypes(t, func(t *testing.T, r *rand.Rand, mem memory.Allocator, typ arrow.DataType) {
		parts := make([]arrow.Array, 4)
		for i, n := range []int{7, 0, 13, 5} {
			parts[i] = random(r, mem, typ, n)
			defer parts[i].Release()
		}
		got := Concat(mem, parts)
		defer got.Release()
		at := 0
		for _, p := range parts {
			for i := range p.Len() {
				if !Equal(got, at, p, i) {
					t.Fatalf("value %d differs", at)
				}
				at++
			}
		}
		if at != got.Len() || !datatype.Equal(got.DataType(), typ) {
			t.Fatalf("got %d values of %s, want %d", got.Len(), got.DataType(), at)
		}
		refs := make([]Ref, 50)
		for i := range refs {
			refs[i] = Ref{Batch: int32(r.IntN(4)) - 1, Row: 0}
			if refs[i].Batch >= 0 {
				if refs[i].Batch == 1 {
					refs[i].Batch = 3
				}
				refs[i].Row = int32(r.IntN(parts[refs[i].Batch].Len()))
			}
		}
		mixed := Interleave(mem, typ, parts, refs)
		defer mixed.Release()
		for k, ref := range refs {
			if (ref.Batch < 0 && !IsNull(mixed, k)) || (ref.Batch >= 0 && !Equal(mixed, k, parts[ref.Batch], int(ref.Row))) {
				t.Fatalf("value %d is not that of %v", k, ref)
			}
		}
	})
}

func TestKeysAgreeWithCompare(t *testing.T) {
	forTypes(t, func(t *testing.T, r *rand.Rand, mem memory.Allocator, typ arrow.DataType) {
		const n = 60
		a := random(r, mem, typ, n)
		defer a.Release()
		var keys, packed KeyBuffer
		AppendKeyBytes([]arrow.Array{a}, n, &keys)
		AppendKeys([]arrow.Array{a, a}, n, &packed)
		numberTexts(&packed)
		for i := range n {
			if one := AppendKey(nil, a, i); !bytes.Equal(one, keys.Key(i)) {
				t.Fatalf("column key %x, value key %x", keys.Key(i), one)
			}
			for j := range n {
				want := Compare(a, i, a, j)
				if Compare(a, j, a, i) != -want {
					t.Fatalf("order of %d and %d is not antisymmetric", i, j)
				}
				if bytes.Equal(keys.Key(i), keys.Key(j)) != (want == 0) {
					t.Fatalf("keys of %v and %v against Compare %d", a.GetOneForMarshal(i), a.GetOneForMarshal(j), want)
				}
				same := false
				if packed.Packed != nil {
					same = packed.Packed[i] == packed.Packed[j]
				} else {
					same = bytes.Equal(packed.Key(i), packed.Key(j))
				}
				if same != (want == 0) {
					t.Fatalf("double keys of %d and %d against Compare %d", i, j, want)
				}
			}
		}
	})
}

func TestSortKeysAgreeWithCompare(t *testing.T) {
	forTypes(t, func(t *testing.T, r *rand.Rand, mem memory.Allocator, typ arrow.DataType) {
		const n = 60
		a, second := random(r, mem, typ, n), random(r, mem, typ, n)
		defer a.Release()
		defer second.Release()
		for _, o := range []Order{{}, {Desc: true}, {NullsFirst: true}, {true, true}} {
			var keys KeyBuffer
			orders := []Order{o, {}}
			cols := []arrow.Array{a, second}
			AppendSortKeys(cols, orders, n, &keys)
			for i := range n {
				one := AppendSortKey(AppendSortKey(nil, a, i, o.Desc, o.NullsFirst), second, i, false, false)
				if !bytes.Equal(one, keys.Key(i)) {
					t.Fatalf("column key %x, value key %x", keys.Key(i), one)
				}
				for j := range n {
					if got, want := bytes.Compare(keys.Key(i), keys.Key(j)), compareRows(cols, orders, i, j); got != want {
						t.Fatalf("%+v: key order %d, want %d", o, got, want)
					}
				}
			}
		}
	})
}

func compareRows(cols []arrow.Array, orders []Order, i, j int) int {
	for c, col := range cols {
		if IsNull(col, i) != IsNull(col, j) {
			if IsNull(col, i) == orders[c].NullsFirst {
				return -1
			}
			return 1
		}
		if v := Compare(col, i, col, j); v != 0 {
			if orders[c].Desc {
				return -v
			}
			return v
		}
	}
	return 0
}

func TestTakeRecordTooLong(t *testing.T) {
	mem := memory.NewGoAllocator()
	b := array.NewStringBuilder(mem)
	b.Append(string(make([]byte, 1<<20)))
	a := b.NewArray()
	defer func() {
		if recover() == nil {
			t.Error("4 GiB of text in one array did not fail")
		}
	}()
	Take(mem, a, make([]int32, 1<<12))
}

func BenchmarkTakeString(b *testing.B) {
	mem := memory.NewGoAllocator()
	r := rand.New(rand.NewPCG(1, 2))
	a := random(r, mem, datatype.String, 16384)
	idx := make([]int32, 8192)
	for i := range idx {
		idx[i] = int32(i * 2)
	}
	b.ReportAllocs()
	for b.Loop() {
		Take(mem, a, idx).Release()
	}
}

func BenchmarkAppendKeys(b *testing.B) {
	mem := memory.NewGoAllocator()
	r := rand.New(rand.NewPCG(1, 2))
	const rows = 16384
	days, users := array.NewStringBuilder(mem), array.NewInt64Builder(mem)
	for range rows {
		days.Append("24")
		users.Append(r.Int64N(1e6))
	}
	for _, c := range []struct {
		name string
		cols []arrow.Array
	}{
		{"bigint", []arrow.Array{random(r, mem, datatype.BigInt, rows)}},
		{"string", []arrow.Array{random(r, mem, datatype.String, rows)}},
		{"string and bigint without NULLs", []arrow.Array{days.NewArray(), users.NewArray()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var keys KeyBuffer
			b.ReportAllocs()
			for b.Loop() {
				AppendKeys(c.cols, rows, &keys)
			}
		})
	}
}

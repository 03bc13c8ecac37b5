package expr

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// lawTypes are types whose random values the laws are tried with.
var lawTypes = []string{
	"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(38,6)", "string", "char(5)", "varchar(4)",
	"binary", "date", "timestamp", "timestamp with local time zone", "interval_year_month", "interval_day_time", "void",
	"array<int>", "map<string,int>", "struct<a:int,b:string>", "array<array<string>>",
}

// lawFunctions are calls of one to three arguments; every combination of types that binds is tried.
var lawFunctions = map[int][]string{
	1: {"negative", "positive", "~", "not", "isnull", "isnotnull", "istrue", "isnotfalse", "sqrt", "ln", "abs", "sign", "round", "bround", "ceil", "floor",
		"factorial", "bin", "hex", "unhex", "hash", "murmur_hash", "crc32", "md5", "sha1", "typeof", "string", "int", "double", "boolean", "date", "timestamp", "tinyint", "pi"},
	2: {"+", "-", "*", "/", "%", "div", "pmod", "&", "|", "^", "shiftleft", "=", "<>", "<", "<=", ">", ">=", "<=>", "and", "or", "in", "like", "coalesce",
		"nullif", "greatest", "least", "power", "round", "sha2", "aes_encrypt"},
	3: {"in", "if", "and", "conv", "coalesce"},
}

func parseType(t *testing.T, name string) arrow.DataType {
	t.Helper()
	typ, err := datatype.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// randomArray returns n values of type t, some NULL.
func randomArray(r *rand.Rand, t arrow.DataType, n int) arrow.Array {
	b := datatype.NewBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	for range n {
		appendRandom(r, b, t)
	}
	return datatype.Finish(b, t)
}

func appendRandom(r *rand.Rand, b array.Builder, t arrow.DataType) {
	if r.Intn(5) == 0 {
		b.AppendNull()
		return
	}
	small := int64(r.Intn(7) - 3)
	if r.Intn(4) == 0 {
		small = int64(r.Uint64())
	}
	texts := []string{"", "1", "-2.5", "abc", "1e3", "2020-01-02", "2020-01-02 03:04:05.6", "true", "héé", "a%", "NaN", "1 2:3:4", "2-3", " 7 "}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(small%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(small))
	case *array.Int16Builder:
		b.Append(int16(small))
	case *array.Int32Builder:
		b.Append(int32(small))
	case *array.Int64Builder:
		b.Append(small)
	case *array.Float32Builder:
		b.Append([]float32{0, 1.5, -2.25, float32(math.NaN()), 1e20, float32(math.Copysign(0, -1))}[r.Intn(6)])
	case *array.Float64Builder:
		b.Append([]float64{0, 1.5, -2.25, math.NaN(), 1e20, math.Inf(-1), 0.125, math.Copysign(0, -1)}[r.Intn(8)])
	case *array.Date32Builder:
		b.Append(arrow.Date32(r.Intn(40000) - 20000))
	case *array.MonthIntervalBuilder:
		b.Append(arrow.MonthInterval(r.Intn(100) - 50))
	case *array.Decimal128Builder:
		v := decimal128.FromI64(int64(r.Intn(100000) - 50000))
		if p, ok := t.(*arrow.Decimal128Type); ok && p.Precision == 38 && r.Intn(2) == 0 {
			v = datatype.Pow10(37).Mul(decimal128.FromI64(int64(r.Intn(19) - 9)))
		} else if !ok {
			v = v.Mul(datatype.Pow10(9 + r.Intn(5))).Add(decimal128.FromI64(int64(r.Intn(3))))
		}
		b.Append(v)
	case *array.StringBuilder:
		s := texts[r.Intn(len(texts))]
		switch t := t.(type) {
		case *datatype.Char:
			s = s[:min(len(s), t.N)]
		case *datatype.Varchar:
			s = s[:min(len(s), t.N)]
		}
		b.Append(s)
	case *array.BinaryBuilder:
		b.Append([]byte(texts[r.Intn(len(texts))]))
	case *array.MapBuilder:
		b.Append(true)
		for i := range r.Intn(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(texts[i])
			appendRandom(r, b.ItemBuilder(), t.(*arrow.MapType).ItemType())
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.Intn(3) {
			appendRandom(r, b.ValueBuilder(), t.(*arrow.ListType).Elem())
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range t.(*arrow.StructType).Fields() {
			appendRandom(r, b.FieldBuilder(i), f.Type)
		}
	default:
		b.AppendNull()
	}
}

// checkLaws evaluates e over a slice of rec, and wants the same values from its wire form, row by row
// with literals in place of columns, and with the first argument constant.
func checkLaws(t *testing.T, c *funcs.Ctx, e Expr, rec arrow.Record) {
	t.Helper()
	part := rec.NewSlice(3, rec.NumRows())
	defer part.Release()
	got, err := EvalArray(c, e, part)
	if err != nil {
		t.Fatalf("%s: %v", Print(e), err)
	}
	defer got.Release()
	if !datatype.Equal(got.DataType(), e.Type()) || int64(got.Len()) != part.NumRows() {
		t.Fatalf("%s: %d values of %s, want %d of %s", Print(e), got.Len(), datatype.Name(got.DataType()), part.NumRows(), datatype.Name(e.Type()))
	}
	back, err := FromProto(ToProto(e))
	if err != nil {
		t.Fatalf("%s: %v", Print(e), err)
	}
	for i := range got.Len() {
		row := part.NewSlice(int64(i), int64(i+1))
		constant := Rewrite(e, func(x Expr) Expr {
			if col, ok := x.(*Column); ok {
				return &Literal{Value: row.Column(col.Index)}
			}
			return x
		})
		for _, x := range []Expr{back, constant} {
			v, err := Eval(c, x, row)
			if err != nil {
				t.Fatalf("%s: %v", Print(x), err)
			}
			if want := datatype.Text(v.Array, 0); datatype.Text(got, i) != want {
				t.Errorf("%s: row %d is %s in a batch and %s alone", Print(constant), i, datatype.Text(got, i), want)
			}
			v.Release()
		}
		row.Release()
	}
	checkHalf(t, c, e, part, got)
}

// checkHalf evaluates with only the first column constant, where the kernel takes a mix.
func checkHalf(t *testing.T, c *funcs.Ctx, e Expr, part arrow.Record, got arrow.Array) {
	t.Helper()
	if part.NumCols() < 2 {
		return
	}
	value := array.NewSlice(part.Column(0), 1, 2)
	defer value.Release()
	mixed := Rewrite(e, func(x Expr) Expr {
		if col, ok := x.(*Column); ok && col.Index == 0 {
			return &Literal{Value: value}
		}
		return x
	})
	v, err := EvalArray(c, mixed, part)
	if err != nil {
		t.Fatalf("%s: %v", Print(mixed), err)
	}
	defer v.Release()
	if datatype.Text(v, 1) != datatype.Text(got, 1) {
		t.Errorf("%s: row 1 is %s with columns and %s with a constant", Print(mixed), datatype.Text(got, 1), datatype.Text(v, 1))
	}
}

// TestBatchEqualsRows is the law of all kernels: a batch gives what its rows give one by one, whatever
// the offsets, the NULLs and the constants.
func TestBatchEqualsRows(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	c := timeless()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	c.Mem = mem
	c.Session.Settings = map[string]string{"hive.strict.timestamp.conversion": "false"}
	types := make([]arrow.DataType, len(lawTypes))
	for i, n := range lawTypes {
		types[i] = parseType(t, n)
	}
	bound := map[string]int{}
	try := func(name string, ts ...arrow.DataType) {
		cols, args := make([]arrow.Array, len(ts)), make([]Expr, len(ts))
		fields := make([]arrow.Field, len(ts))
		for i, typ := range ts {
			cols[i] = randomArray(r, typ, 12)
			defer cols[i].Release()
			args[i] = &Column{ID: uint32(i + 1), Index: i, Name: fmt.Sprintf("c%d", i), T: typ}
			fields[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: typ, Nullable: true}
		}
		e, err := NewCall(name, args, diag.Span{})
		if err != nil {
			if diag.KindOf(err) != diag.Type {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		bound[name]++
		rec := array.NewRecord(arrow.NewSchema(fields, nil), cols, 12)
		defer rec.Release()
		checkLaws(t, c, e, rec)
	}
	for _, name := range lawFunctions[1] {
		for _, a := range types {
			try(name, a)
		}
	}
	for _, name := range lawFunctions[2] {
		for _, a := range types {
			for _, b := range types {
				try(name, a, b)
			}
		}
	}
	for _, name := range lawFunctions[3] {
		for range 60 {
			try(name, types[r.Intn(len(types))], types[r.Intn(len(types))], types[r.Intn(len(types))])
		}
	}
	for _, list := range lawFunctions {
		for _, name := range list {
			if bound[name] == 0 && name != "pi" {
				t.Errorf("%s was never bound", name)
			}
		}
	}
}

// TestCastLaws does the same for every cast that exists.
func TestCastLaws(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	c := timeless()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	c.Mem = mem
	c.Session.Settings = map[string]string{"hive.strict.timestamp.conversion": "false"}
	for _, from := range append(lawTypes, "array<string>", "map<string,string>", "struct<x:bigint,y:varchar(2)>") {
		for _, to := range append(lawTypes, "array<string>", "map<string,string>", "struct<x:bigint,y:varchar(2)>", "char(2)") {
			ft, tt := parseType(t, from), parseType(t, to)
			e, err := NewCast(&Column{ID: 1, Name: "c", T: ft}, tt, diag.Span{})
			if err != nil {
				continue
			}
			col := randomArray(r, ft, 12)
			rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: ft, Nullable: true}}, nil), []arrow.Array{col}, 12)
			checkLaws(t, c, e, rec)
			rec.Release()
			col.Release()
		}
	}
}

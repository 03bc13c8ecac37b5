package expr

import (
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// logBatch is 8192 rows: status int, bytes bigint, path string.
func logBatch() arrow.Record {
	fields := []arrow.Field{{Name: "status", Type: datatype.Int, Nullable: true}, {Name: "bytes", Type: datatype.BigInt, Nullable: true}, {Name: "path", Type: datatype.String, Nullable: true}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for i := range 8192 {
		b.Field(0).(*array.Int32Builder).Append(int32(200 + i%5*100))
		if i%10 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.Int64Builder).Append(int64(i * 37))
		}
		b.Field(2).(*array.StringBuilder).Append("/articles/" + strconv.Itoa(i) + "/index.html")
	}
	return b.NewRecord()
}

func BenchmarkEval(b *testing.B) {
	rec := logBatch()
	status, size, path := &Column{Index: 0, T: datatype.Int}, &Column{Index: 1, T: datatype.BigInt}, &Column{Index: 2, T: datatype.String}
	build := func(name string, args ...Expr) Expr {
		e, err := NewCall(name, args, diag.Span{})
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	exprs := []struct {
		name string
		e    Expr
	}{
		{"int=const", build("=", status, Int(500))},
		{"bigint*const+bigint", build("+", build("*", size, BigInt(3)), size)},
		{"like contains", build("like", path, String("%77%"))},
		{"in", build("in", status, Int(404), Int(500), Int(503))},
		{"and", build("and", build("=", status, Int(500)), build(">", size, BigInt(1000)))},
		{"cast string to int", build("int", path)},
		{"if column", build("if", build("=", status, Int(500)), size, BigInt(0))},
		{"decimal", build("*", build("+", size, mustDecimal(b)), mustDecimal(b))},
	}
	for _, x := range exprs {
		b.Run(x.name, func(b *testing.B) {
			c := timeless()
			b.ReportAllocs()
			for b.Loop() {
				v, err := Eval(c, x.e, rec)
				if err != nil {
					b.Fatal(err)
				}
				v.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rec.NumRows()), "ns/row")
		})
	}
}

func BenchmarkEvalBool(b *testing.B) {
	rec := logBatch()
	cond, err := NewCall("=", []Expr{&Column{Index: 0, T: datatype.Int}, Int(500)}, diag.Span{})
	if err != nil {
		b.Fatal(err)
	}
	c := timeless()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EvalBool(c, cond, rec); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rec.NumRows()), "ns/row")
}

func mustDecimal(b *testing.B) Expr {
	e, err := NewCast(String("1.25"), datatype.Decimal(5, 2), diag.Span{})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

package funcs_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// TestCELBounded: no row costs much time or memory, whatever its expression is and whatever it holds.
func TestCELBounded(t *testing.T) {
	long := strings.Repeat("ab", 1<<16)
	tests := []struct{ name, source, arg, want string }{
		{"nested macros", `[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, a*b*c*d*e))))).size()`, "", "LIMIT"},
		{"doubled text", `(s+s+s+s+s+s+s+s).matches("(a|b)*c") ? 1 : 0`, long, "LIMIT"},
		{"replace", `s.replace("a", s).size()`, long, "NULL"},
		{"join", `s.split("").join(s).size()`, long[:3000], "NULL"},
		{"division by zero", `1 / s.size()`, "", "NULL"},
		{"index", `s.split("x")[5].size()`, "axb", "NULL"},
		{"overflow", `9223372036854775807 + s.size()`, "a", "NULL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := evalCall(t, "cel", tt.source, "bigint", "s", tt.arg)
			if kind, _, _ := strings.Cut(got, ":"); kind != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCompileCEL(t *testing.T) {
	names, params := []string{"s", "n", "x"}, []arrow.DataType{datatype.String, datatype.Int, datatype.Decimal(5, 2)}
	tests := []struct {
		source  string
		returns arrow.DataType
		want    string // of the error
	}{
		{`n > 5 ? s : "x"`, datatype.String, ""},
		{`x * 2.0`, datatype.Decimal(10, 2), ""},
		{`s.indexOf("a") + n`, datatype.Int, ""},
		{`s.substring(1, 2).upperAscii()`, datatype.Date, ""},
		{`n +`, datatype.Int, "cel: line 1, column 4: Syntax error"},
		{"n +\n y", datatype.Int, "cel: line 2, column 2: undeclared reference to 'y'"},
		{`n + s`, datatype.Int, "cel: line 1, column 3: found no matching overload"},
		{`[n]`, datatype.Int, "cel: the expression gives list(int); it must give an int, double, bool, string or bytes"},
		{`n > 1`, datatype.Date, "cel: the expression gives bool, which is no date"},
	}
	for _, tt := range tests {
		err := funcs.CompileCEL(tt.source, names, params, tt.returns)
		got := ""
		if err != nil {
			got = err.(*diag.Error).Msg
		}
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", tt.source, got, tt.want)
		}
	}
	if err := funcs.CompileCEL("a", []string{"a"}, []arrow.DataType{arrow.ListOf(datatype.Int)}, datatype.Int); err == nil {
		t.Error("an array is taken for an argument")
	}
}

// BenchmarkCEL runs a function as people write it, an if, a split and a concatenation, over 4096 rows.
func BenchmarkCEL(b *testing.B) {
	const source = `n >= 500 ? "5xx " + s.split("/")[1] : s.split("/")[1]`
	at := diag.Span{}
	s, n := &expr.Column{T: datatype.String}, expr.Int(503)
	call, err := expr.NewCall("cel", []expr.Expr{expr.String(source), expr.String("string"), expr.String("s,n"), s, n}, at)
	if err != nil {
		b.Fatal(err)
	}
	const rows = 4096
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "s", Type: datatype.String}}, nil), []arrow.Array{column(rows, "/api/users")}, rows)
	c := &funcs.Ctx{Mem: memory.DefaultAllocator, Session: &funcs.Session{}, Warn: func(string) {}}
	b.ReportAllocs()
	for b.Loop() {
		v, err := expr.Eval(c, call, rec)
		if err != nil {
			b.Fatal(err)
		}
		v.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

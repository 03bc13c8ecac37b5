package funcs_test

import (
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// column returns n rows of text, of the given values in turn.
func column(n int, values ...string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range n {
		b.Append(values[i%len(values)])
	}
	return b.NewArray()
}

const jsonLine = `{"ts":"2020-01-01T00:00:00Z","level":"info","http":{"method":"GET","path":"/a/b","status":200,"took":1.25},"tags":["a","b"],"user":{"id":12345,"name":"J\u00fcrgen"}}`

// col stands for the column in the arguments of a call.
type col struct{}

// textCalls are the calls that must not allocate for each row.
var textCalls = []struct {
	name   string
	args   []any
	value  string
	perRow float64 // allocations allowed for each row, the engine's own
}{
	{"get_json_object", []any{col{}, "$.http.path"}, jsonLine, 0},
	{"get_json_object", []any{col{}, "$.http"}, jsonLine, 0},
	{"get_json_object", []any{col{}, "$.user.name"}, jsonLine, 0},
	{"get_json_object", []any{col{}, "$.tags[1]"}, jsonLine, 0},
	{"parse_url", []any{col{}, "QUERY", "k"}, "http://h.com/p?a=1&k=v", 0},
	{"split", []any{col{}, ","}, "a,b,c,d", 0},
	{"rlike", []any{col{}, "GET|POST"}, "\"GET /index.html HTTP/1.0\"", 0},
	{"regexp_extract", []any{col{}, "\"([A-Z]+) ", 1}, "\"GET /index.html HTTP/1.0\"", 2},
	{"upper", []any{col{}}, "get", 0},
	{"substr", []any{col{}, 2, 3}, "héllo", 0},
	{"concat_ws", []any{"-", col{}, "x"}, "get", 0},
	{"lpad", []any{col{}, 10, "0"}, "42", 0},
	{"printf", []any{"%s|%5s", col{}, "x"}, "abc", 0},
	{"parse_logfmt", []any{col{}}, "level=info msg=hello status=200", 0},
}

// prepared is a call over n rows of value.
func prepared(t testing.TB, name string, args []any, value string, n int) (*funcs.Ctx, expr.Expr, arrow.Record) {
	t.Helper()
	list := make([]expr.Expr, len(args))
	for i, a := range args {
		if _, ok := a.(col); ok {
			list[i] = &expr.Column{T: datatype.String}
		} else {
			list[i] = lit(t, a)
		}
	}
	e, err := expr.NewCall(name, list, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	values := column(n, value)
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "v", Type: datatype.String}}, nil), []arrow.Array{values}, int64(n))
	return &funcs.Ctx{Mem: memory.DefaultAllocator, Session: &funcs.Session{}, Warn: func(string) {}}, e, rec
}

func TestTextAllocs(t *testing.T) {
	const n = 2000
	for _, x := range textCalls {
		c, e, rec := prepared(t, x.name, x.args, x.value, n)
		allocs := testing.AllocsPerRun(3, func() {
			v, err := expr.Eval(c, e, rec)
			if err != nil {
				t.Fatal(err)
			}
			v.Release()
		})
		if allocs > x.perRow*n+300 {
			t.Errorf("%s%v: %.1f allocations for each row", x.name, x.args, allocs/n)
		}
	}
}

func BenchmarkText(b *testing.B) {
	for _, x := range textCalls {
		b.Run(x.name, func(b *testing.B) {
			c, e, rec := prepared(b, x.name, x.args, x.value, 4096)
			b.SetBytes(int64(4096 * len(x.value)))
			b.ReportAllocs()
			for b.Loop() {
				v, err := expr.Eval(c, e, rec)
				if err != nil {
					b.Fatal(err)
				}
				v.Release()
			}
		})
	}
}

// FuzzText looks for panics of the functions that read formats of their own.
func FuzzText(f *testing.F) {
	f.Add(jsonLine, "$.http[0].x")
	f.Add("http://u:p@h.com:80/p?k=v#r", "%05d %,.2f|%-5s")
	f.Add(`a=1 b="x\"y"`, "#,##0.00;(#)")
	names := []string{"get_json_object", "json_extract", "parse_url", "split_part", "str_to_map", "rlike", "split", "translate", "trim", "ip_in_cidr", "url_extract_parameter",
		"levenshtein", "find_in_set", "instr", "concat_ws", "regexp_extract_all", "parse_logfmt", "parse_bytes", "json_parse", "unbase64", "soundex", "url_decode", "parse_clf", "initcap", "mask", "decode"}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 300 || len(b) > 100 {
			return
		}
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "a", Type: datatype.String}, {Name: "b", Type: datatype.String}}, nil), []arrow.Array{column(2, a), column(2, b)}, 2)
		x, y := &expr.Column{T: datatype.String}, &expr.Column{Index: 1, T: datatype.String}
		c := testCtx(t)
		run := func(name string, args ...expr.Expr) {
			if e, err := expr.NewCall(name, args, diag.Span{}); err == nil {
				start := time.Now()
				if v, err := expr.Eval(c, e, rec); err == nil {
					v.Release()
				}
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("%s took %v", name, took)
				}
			}
		}
		for _, name := range names {
			run(name, x, y)
			run(name, x)
		}
		run("split_part", x, y, expr.Int(-2))
		run("substring_index", x, y, expr.Int(-2))
		run("instr", x, y, expr.Int(-1), expr.Int(2))
		run("replace", x, y, expr.String("ß"))
		run("lpad", x, expr.Int(5), y)
		run("printf", y, expr.Int(-7))
		run("printf", y, expr.Double(-1234.5678))
		run("printf", y, x)
		run("format_number", expr.Double(-1234.5678), y)
		run("regexp_replace", x, y, expr.String("<$0>"))
		run("json_read", x, expr.String("struct<a:int,b:array<map<string,double>>>"))
		run("grok", x, expr.String(b))
		run("xpath", x, expr.String("//a/text()"))
	})
}

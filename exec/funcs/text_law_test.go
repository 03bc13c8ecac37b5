package funcs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// TestDocExamples runs the examples in the documentation of functions that exprReader can read.
func TestDocExamples(t *testing.T) {
	ran := 0
	for d := range funcs.Docs() {
		at := strings.LastIndex(d.Text, "; ")
		source, want, ok := strings.Cut(d.Text[at+1:], " is ")
		want, _, _ = strings.Cut(want, ". ")
		if d.Kind != "scalar" || at < 0 || !ok || strings.Contains(want, " is ") {
			continue
		}
		wanted, _ := evalText(t, strings.TrimSpace(want), false)
		got, _ := evalText(t, strings.TrimSpace(source), false)
		if strings.HasPrefix(wanted, "ERROR cannot read") || strings.HasPrefix(got, "ERROR cannot read") {
			continue
		}
		ran++
		if got != wanted {
			t.Errorf("%s: %s is %s, not %s", d.Name, source, got, wanted)
		}
	}
	if ran < 100 {
		t.Errorf("only %d examples ran", ran)
	}
}

// TestTextLeaks evaluates every expression of testdata over columns with an allocator that counts.
func TestTextLeaks(t *testing.T) {
	files, _ := filepath.Glob("testdata/*_text.tsv")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			source, _, ok := strings.Cut(line, "\t")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			r := &exprReader{s: source, lift: true}
			e, err := r.expr()
			if err != nil || strings.TrimSpace(r.s[r.i:]) != "" {
				continue
			}
			c := testCtx(t)
			mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
			c.Mem = mem
			if v, err := expr.Eval(c, e, r.record()); err == nil {
				v.Release()
			}
			if mem.CurrentAlloc() != 0 {
				t.Errorf("%s: %d bytes are not released", source, mem.CurrentAlloc())
			}
		}
	}
}

// column returns n rows of text, of the given values in turn.
func column(n int, values ...string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range n {
		b.Append(values[i%len(values)])
	}
	return b.NewArray()
}

const jsonLine = `{"ts":"2020-01-01T00:00:00Z","level":"info","http":{"method":"GET","path":"/a/b","status":200,"took":1.25},"tags":["a","b"],"user":{"id":12345,"name":"J\u00fcrgen"}}`

// textCalls are the calls that must not allocate for each row.
var textCalls = []struct {
	call, value string
	perRow      float64 // allocations allowed for each row, the engine's own
}{
	{`get_json_object(%s,'$.http.path')`, jsonLine, 0},
	{`get_json_object(%s,'$.http')`, jsonLine, 0},
	{`get_json_object(%s,'$.user.name')`, jsonLine, 0},
	{`get_json_object(%s,'$.tags[1]')`, jsonLine, 0},
	{`parse_url(%s,'QUERY','k')`, "http://h.com/p?a=1&k=v", 0},
	{`split(%s,',')`, "a,b,c,d", 0},
	{`%s rlike 'GET|POST'`, "\"GET /index.html HTTP/1.0\"", 0},
	{`regexp_extract(%s,'"([A-Z]+) ',1)`, "\"GET /index.html HTTP/1.0\"", 2},
	{`upper(%s)`, "get", 0},
	{`substr(%s,2,3)`, "héllo", 0},
	{`concat_ws('-',%s,'x')`, "get", 0},
	{`lpad(%s,10,'0')`, "42", 0},
	{`printf('%%s|%%5s',%s,'x')`, "abc", 0},
	{`parse_logfmt(%s)`, "level=info msg=hello status=200", 0},
}

func prepared(t testing.TB, source, value string, n int) (*funcs.Ctx, expr.Expr, arrow.Record) {
	r := &exprReader{s: fmt.Sprintf(source, "'@'")}
	e, err := r.expr()
	if err != nil {
		t.Fatal(source, err)
	}
	e = withColumn(t, e)
	col := column(n, value)
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "v", Type: datatype.String}}, nil), []arrow.Array{col}, int64(n))
	return &funcs.Ctx{Mem: memory.DefaultAllocator, Session: &funcs.Session{}, Warn: func(string) {}}, e, rec
}

// withColumn puts column 0 in place of the literal '@' in a call.
func withColumn(t testing.TB, e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Literal:
		if e.Value.DataType().ID() == arrow.STRING && !e.Value.IsNull(0) && e.Value.ValueStr(0) == "@" {
			return &expr.Column{T: datatype.String}
		}
	case *expr.Call:
		args := make([]expr.Expr, len(e.Args))
		for i, a := range e.Args {
			args[i] = withColumn(t, a)
		}
		out, err := expr.NewCall(e.Name, args, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return e
}

func TestTextAllocs(t *testing.T) {
	const n = 2000
	for _, x := range textCalls {
		c, e, rec := prepared(t, x.call, x.value, n)
		allocs := testing.AllocsPerRun(3, func() {
			v, err := expr.Eval(c, e, rec)
			if err != nil {
				t.Fatal(err)
			}
			v.Release()
		})
		if allocs > x.perRow*n+300 {
			t.Errorf("%s: %.1f allocations for each row", x.call, allocs/n)
		}
	}
}

func BenchmarkText(b *testing.B) {
	for _, x := range textCalls {
		name, _, _ := strings.Cut(strings.ReplaceAll(x.call, "/", "_"), "(")
		b.Run(fmt.Sprintf("%.16s", name), func(b *testing.B) {
			c, e, rec := prepared(b, x.call, x.value, 4096)
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

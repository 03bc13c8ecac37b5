package funcs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// TestHiveTexts evaluates the expressions of testdata/*.tsv: expression, value and type, separated by
// tabs. The files hive_*.tsv hold what Hive 4.0.1 answered, winnow_*.tsv what winnow answers where it differs on
// purpose or Hive has no such function. Every expression is evaluated twice: as a constant, and over a
// batch in which each literal is a column with NULLs, if the functions take columns there.
func TestHiveTexts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			field := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if strings.HasPrefix(line, "#") || len(field) < 3 {
				continue
			}
			want, typ := field[len(field)-2], field[len(field)-1]
			source := strings.Join(field[:len(field)-2], "\t")
			want = strings.ReplaceAll(want, "\\n", "\n")
			got, gotType := evalText(t, source, false)
			if got != want && !(want == "ERROR" && strings.HasPrefix(got, "ERROR")) || typ != "" && gotType != typ {
				t.Errorf("%s: %s = %q %s, want %q %s", file, source, got, gotType, want, typ)
			}
			if got, _ := evalText(t, source, true); want != "ERROR" && got != want && !strings.HasPrefix(got, "ERROR") {
				t.Errorf("%s: over columns, %s = %q, want %q", file, source, got, want)
			}
		}
	}
}

// evalText evaluates one expression, over columns if lift is set.
func evalText(t *testing.T, source string, lift bool) (value, typ string) {
	t.Helper()
	r := &exprReader{s: source, lift: lift}
	e, err := r.expr()
	if err == nil && strings.TrimSpace(r.s[r.i:]) != "" {
		return "ERROR cannot read " + r.s[r.i:], ""
	}
	if err != nil {
		return "ERROR " + err.Error(), ""
	}
	rec := r.record()
	defer rec.Release()
	v, err := expr.EvalArray(testCtx(t), e, rec)
	if err != nil {
		return "ERROR " + err.Error(), ""
	}
	defer v.Release()
	first, last := datatype.Text(v, 0), datatype.Text(v, v.Len()-1)
	if first != last {
		return fmt.Sprintf("%q in row 0 and %q in the last", first, last), ""
	}
	return first, datatype.Name(e.Type())
}

// exprReader reads the literals, calls and operators that the test files use.
type exprReader struct {
	s    string
	i    int
	lift bool
	cols []arrow.Array
}

// record has 3 rows: each literal, NULL, the literal again; it is a slice of a longer one.
func (r *exprReader) record() arrow.Record {
	if len(r.cols) == 0 {
		return array.NewRecord(arrow.NewSchema(nil, nil), nil, 1)
	}
	fields := make([]arrow.Field, len(r.cols))
	for k, c := range r.cols {
		fields[k] = arrow.Field{Name: strconv.Itoa(k), Type: c.DataType()}
	}
	long := array.NewRecord(arrow.NewSchema(fields, nil), r.cols, 4)
	defer long.Release()
	return long.NewSlice(1, 4)
}

func (r *exprReader) literal(e expr.Expr) expr.Expr {
	l, ok := e.(*expr.Literal)
	if !r.lift || !ok {
		return e
	}
	r.cols = append(r.cols, vec.Take(memory.DefaultAllocator, l.Value, []int32{-1, 0, -1, 0}))
	return &expr.Column{Index: len(r.cols) - 1, T: l.Type()}
}

func (r *exprReader) blanks() {
	for r.i < len(r.s) && r.s[r.i] == ' ' {
		r.i++
	}
}

func (r *exprReader) accept(token string) bool {
	r.blanks()
	if !strings.HasPrefix(strings.ToLower(r.s[r.i:]), token) {
		return false
	}
	r.i += len(token)
	return true
}

func call(name string, args ...expr.Expr) (expr.Expr, error) {
	return expr.NewCall(name, args, diag.Span{})
}

func (r *exprReader) expr() (expr.Expr, error) {
	left, err := r.postfix()
	for err == nil {
		op := ""
		for _, o := range []string{"rlike", "regexp ", "||", "=", "like "} {
			if r.accept(o) {
				op = strings.TrimSpace(o)
				break
			}
		}
		if op == "" {
			break
		}
		var right expr.Expr
		if right, err = r.postfix(); err == nil {
			left, err = call(op, left, right)
		}
	}
	return left, err
}

func (r *exprReader) postfix() (expr.Expr, error) {
	e, err := r.primary()
	for err == nil {
		if r.accept("[") {
			var k expr.Expr
			if k, err = r.expr(); err == nil && !r.accept("]") {
				return nil, fmt.Errorf("no ] in %s", r.s)
			}
			if err == nil {
				e, err = call("index", e, k)
			}
		} else if r.accept(".") {
			e, err = call("getfield", e, expr.String(r.word()))
		} else {
			break
		}
	}
	return e, err
}

func (r *exprReader) word() string {
	r.blanks()
	from := r.i
	for r.i < len(r.s) && (r.s[r.i] == '_' || r.s[r.i]|0x20 >= 'a' && r.s[r.i]|0x20 <= 'z' || r.s[r.i] >= '0' && r.s[r.i] <= '9') {
		r.i++
	}
	return r.s[from:r.i]
}

func (r *exprReader) primary() (expr.Expr, error) {
	r.blanks()
	switch c := r.s[r.i]; {
	case c == '\'' || c == '"':
		return r.literal(expr.String(r.quoted())), nil
	case c >= '0' && c <= '9' || c == '-':
		return r.number()
	case r.accept("("):
		e, err := r.expr()
		r.accept(")")
		return e, err
	}
	name := strings.ToLower(r.word())
	switch name {
	case "null":
		return expr.Null(datatype.Void), nil
	case "true", "false":
		return r.literal(expr.Bool(name == "true")), nil
	case "date", "timestamp":
		if r.blanks(); r.s[r.i] == '\'' {
			t, _ := datatype.Parse(name)
			return expr.NewCast(expr.String(r.quoted()), t, diag.Span{})
		}
	case "cast":
		return r.cast()
	}
	if !r.accept("(") {
		return nil, fmt.Errorf("cannot read %q", r.s[r.i:])
	}
	var args []expr.Expr
	for !r.accept(")") {
		a, err := r.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		r.accept(",")
	}
	return call(name, args...)
}

func (r *exprReader) cast() (expr.Expr, error) {
	r.accept("(")
	e, err := r.expr()
	if err != nil || !r.accept("as ") {
		return nil, err
	}
	from, depth := r.i, 0
	for ; depth > 0 || r.s[r.i] != ')'; r.i++ {
		depth += strings.Count(r.s[r.i:r.i+1], "(") - strings.Count(r.s[r.i:r.i+1], ")")
	}
	t, err := datatype.Parse(r.s[from:r.i])
	r.i++
	if err != nil {
		return nil, err
	}
	return expr.NewCast(e, t, diag.Span{})
}

// quoted reads a string with Hive's escapes.
func (r *exprReader) quoted() string {
	quote := r.s[r.i]
	var b strings.Builder
	for r.i++; r.s[r.i] != quote; r.i++ {
		c := r.s[r.i]
		if c == '\\' {
			r.i++
			switch c = r.s[r.i]; c {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			case '%', '_':
				b.WriteByte('\\')
			}
		}
		b.WriteByte(c)
	}
	r.i++
	return b.String()
}

func (r *exprReader) number() (expr.Expr, error) {
	from := r.i
	for r.i++; r.i < len(r.s) && (r.s[r.i] >= '0' && r.s[r.i] <= '9' || strings.IndexByte(".eE", r.s[r.i]) >= 0); r.i++ {
	}
	text := r.s[from:r.i]
	t := datatype.Int
	switch {
	case r.accept("d"):
		t = datatype.Double
	case r.accept("l"):
		t = datatype.BigInt
	case strings.ContainsAny(text, "eE"):
		t = datatype.Double
	case strings.Contains(text, "."):
		whole, frac, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		t = datatype.Decimal(max(len(strings.TrimLeft(whole, "0"))+len(frac), 1), len(frac))
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && t == datatype.Int && n != int64(int32(n)) {
		t = datatype.BigInt
	}
	e, err := expr.NewCast(expr.String(text), t, diag.Span{})
	if err != nil {
		return nil, err
	}
	return r.literal(e), nil
}

// TestTableFunctions pins the rows of every table function.
func TestTableFunctions(t *testing.T) {
	for _, c := range []struct{ name, args, columns, want string }{
		{"explode", "array(1,2,NULL)", "col int", "0:1 0:2 0:NULL"},
		{"explode", "array()", "col string", ""},
		{"explode", "map('a',1,'b',2)", "key string, value int", "0:a,1 0:b,2"},
		{"posexplode", "array('x','y')", "pos int, val string", "0:0,x 0:1,y"},
		{"inline", "array(struct(1,'a'),struct(2,'b'))", "col1 int, col2 string", "0:1,a 0:2,b"},
		{"stack", "2,'a',1,'b',2", "col0 string, col1 int", "0:a,1 0:b,2"},
		{"stack", "2,'a','b','c'", "col0 string, col1 string", "0:a,b 0:c,NULL"},
		{"stack", "3,1", "col0 int", "0:1 0:NULL 0:NULL"},
		{"json_tuple", `'{"a":1,"b":{"c":[1.50,"x"]},"a":2}','a','b','z'`, "c0 string, c1 string, c2 string", `0:2,{"c":[1.5,"x"]},NULL`},
		{"json_tuple", "'not json','a'", "c0 string", "0:NULL"},
		{"parse_url_tuple", "'http://h.com/p?q=1','HOST','QUERY:q','host'", "c0 string, c1 string, c2 string", "0:h.com,1,NULL"},
		{"replicate_rows", "2,'a'", "col0 bigint, col1 string", "0:2,a 0:2,a"},
	} {
		r := &exprReader{s: c.args + ")"}
		var args []expr.Expr
		for !r.accept(")") {
			a, err := r.expr()
			if err != nil {
				t.Fatal(c.args, err)
			}
			args = append(args, a)
			r.accept(",")
		}
		bound, err := funcs.FindTable(c.name).Bind(expr.Args(args))
		if err != nil {
			t.Errorf("%s(%s): %v", c.name, c.args, err)
			continue
		}
		if args, err = expr.CastArgs(args, bound.Casts, diag.Span{}); err != nil {
			t.Fatal(err)
		}
		ctx := testCtx(t)
		vecs := make([]funcs.Vec, len(args))
		for k, a := range args {
			if vecs[k], err = expr.Eval(ctx, a, r.record()); err != nil {
				t.Fatal(err)
			}
		}
		row, cols, err := bound.Eval(ctx, vecs, 1)
		if err != nil {
			t.Errorf("%s(%s): %v", c.name, c.args, err)
			continue
		}
		var names, got []string
		for _, f := range bound.Columns {
			names = append(names, f.Name+" "+datatype.Name(f.Type))
		}
		for j, from := range row {
			cells := make([]string, len(cols))
			for k := range cols {
				cells[k] = datatype.Text(cols[k], j)
			}
			got = append(got, fmt.Sprintf("%d:%s", from, strings.Join(cells, ",")))
		}
		if strings.Join(names, ", ") != c.columns || strings.Join(got, " ") != c.want {
			t.Errorf("%s(%s): %s: %q, want %s: %q", c.name, c.args, names, got, c.columns, c.want)
		}
	}
}

// TestFamiliesAreListed checks that the functions of these files can be found, and under one name only.
func TestFamiliesAreListed(t *testing.T) {
	seen := map[string]string{}
	for d := range funcs.Docs() {
		for _, n := range append([]string{d.Name}, d.Aliases...) {
			key := d.Kind + " " + n
			if other, ok := seen[key]; ok {
				t.Errorf("%s belongs to %s and %s", key, other, d.Name)
			}
			seen[key] = d.Name
		}
	}
	for _, n := range []string{"concat", "substr", "rlike", "split", "get_json_object", "xpath", "parse_url", "array", "index", "getfield", "printf", "mask", "version"} {
		if funcs.FindScalar(n) == nil {
			t.Errorf("no function %s", n)
		}
	}
	if !slices.ContainsFunc([]string{"explode"}, func(n string) bool { return funcs.FindTable(n) != nil }) {
		t.Error("no table function explode")
	}
}

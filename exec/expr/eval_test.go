package expr

import (
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// batch is a record of columns n int (0 … 9, every fourth NULL) and s string.
func batch() (arrow.Record, *Column, *Column) {
	ints := array.NewInt32Builder(memory.DefaultAllocator)
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range 10 {
		if i%4 == 3 {
			ints.AppendNull()
		} else {
			ints.Append(int32(i))
		}
		texts.Append(string(rune('a' + i)))
	}
	fields := []arrow.Field{{Name: "n", Type: datatype.Int, Nullable: true}, {Name: "s", Type: datatype.String, Nullable: true}}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), []arrow.Array{ints.NewArray(), texts.NewArray()}, 10)
	return rec, &Column{ID: 7, Index: 0, Name: "n", T: datatype.Int}, &Column{ID: 3, Index: 1, Name: "s", T: datatype.String}
}

func must(t *testing.T) func(e Expr, err error) Expr {
	return func(e Expr, err error) Expr {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

func texts(a arrow.Array) []string {
	out := make([]string, a.Len())
	for i := range out {
		out[i] = datatype.Text(a, i)
	}
	return out
}

func TestEvalBool(t *testing.T) {
	rec, n, s := batch()
	at := diag.Span{}
	ok := must(t)
	less := ok(NewCall("<", []Expr{n, Int(6)}, at))
	tests := []struct {
		name string
		e    Expr
		want []int32
	}{
		{"comparison drops NULL", less, []int32{0, 1, 2, 4, 5}},
		{"and narrows", ok(NewCall("and", []Expr{less, ok(NewCall(">", []Expr{s, String("b")}, at))}, at)), []int32{2, 4, 5}},
		{"true", Bool(true), []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"false", Bool(false), nil},
		{"null", Null(datatype.Bool), nil},
		{"void", Null(datatype.Void), nil},
		{"is null", ok(NewCall("isnull", []Expr{n}, at)), []int32{3, 7}},
		{"and of constants", ok(NewCall("and", []Expr{Bool(true), less, Bool(true)}, at)), []int32{0, 1, 2, 4, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := EvalBool(timeless(), tt.e, rec)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if _, err := EvalBool(timeless(), s, rec); diag.KindOf(err) != diag.Type {
		t.Errorf("a string as condition: %v", err)
	}
}

// probe returns a call that adds 1 and records how many rows it was asked for.
func probe(n Expr, rows *[]int) Expr {
	return &Call{Name: "probe", Args: []Expr{n}, T: datatype.Int, Volatile: true, Kernel: func(c *funcs.Ctx, args []funcs.Vec, n int) (arrow.Array, error) {
		*rows = append(*rows, n)
		b := array.NewInt32Builder(c.Mem)
		defer b.Release()
		for i := range n {
			if args[0].Null(i) {
				b.AppendNull()
				continue
			}
			b.Append(args[0].Array.(*array.Int32).Value(args[0].At(i)) + 1)
		}
		return b.NewArray(), nil
	}}
}

func TestCaseEvaluatesOnlyWhatIsReached(t *testing.T) {
	rec, n, _ := batch()
	ok := must(t)
	var first, second []int
	e := &Case{T: datatype.Int, Whens: []When{
		{ok(NewCall("<", []Expr{n, Int(2)}, diag.Span{})), probe(n, &first)},
		{ok(NewCall("<", []Expr{probe(n, &second), Int(6)}, diag.Span{})), Int(-1)},
		{Bool(true), n},
	}, Else: probe(n, &first)}
	v, err := EvalArray(timeless(), e, rec)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1", "2", "-1", "NULL", "-1", "5", "6", "NULL", "8", "9"}
	if got := texts(v); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.Equal(first, []int{2}) || !slices.Equal(second, []int{8}) {
		t.Errorf("branches saw %v and %v rows, want [2] and [8]", first, second)
	}
}

func TestCaseConstant(t *testing.T) {
	rec, n, _ := batch()
	e := &Case{T: datatype.String, Whens: []When{{Bool(true), String("yes")}}, Else: String("no")}
	v, err := Eval(timeless(), e, rec)
	if err != nil || !v.Const || datatype.Text(v.Array, 0) != "yes" {
		t.Errorf("got %v, %v", v, err)
	}
	var rows []int
	empty := rec.NewSlice(0, 0)
	v, err = Eval(timeless(), &Case{T: datatype.Int, Whens: []When{{Bool(true), probe(n, &rows)}}, Else: Int(1)}, empty)
	if err != nil || v.Const || v.Len() != 0 {
		t.Errorf("over no rows: %v, %v", v, err)
	}
}

func TestFold(t *testing.T) {
	_, n, _ := batch()
	ok := must(t)
	at := diag.Span{}
	sum := ok(NewCall("+", []Expr{Int(1), Int(2)}, at))
	tests := []struct {
		name string
		e    Expr
		want string
	}{
		{"calls of literals", ok(NewCall("+", []Expr{n, sum}, at)), "n + 3"},
		{"volatile stays", ok(NewCall("rand", nil, at)), "rand()"},
		{"a failing call stays", ok(NewCall("assert_true", []Expr{Bool(false)}, at)), "assert_true(false)"},
		{"case", ok(NewCase([]When{{Bool(false), n}, {ok(NewCall("=", []Expr{Int(1), Int(1)}, at)), Int(4)}}, n, at)), "4"},
		{"case keeps what it must", ok(NewCase([]When{{ok(NewCall("=", []Expr{n, Int(1)}, at)), n}, {Bool(true), Int(4)}}, n, at)), "CASE WHEN n = 1 THEN n ELSE 4 END"},
	}
	for _, tt := range tests {
		if got := Print(Fold(tt.e, timeless().Session)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPrint(t *testing.T) {
	_, n, s := batch()
	ok := must(t)
	at := diag.Span{}
	date := ok(NewCast(String("2020-01-05"), datatype.Date, at))
	tests := []struct {
		e    Expr
		want string
	}{
		{ok(NewCall("and", []Expr{ok(NewCall("or", []Expr{Bool(true), Bool(false)}, at)), ok(NewCall("isnull", []Expr{s}, at))}, at)), "(true OR false) AND (s IS NULL)"},
		{ok(NewCall("in", []Expr{s, String("it's"), String("b\n")}, at)), `s IN ('it\'s', 'b\n')`},
		{ok(NewCall("=", []Expr{n, Double(1)}, at)), "CAST(n AS double) = 1.0"},
		{date, "DATE '2020-01-05'"},
		{ok(NewCall("abs", []Expr{n}, at)), "abs(n)"},
		{Null(datatype.String), "NULL"},
	}
	for _, tt := range tests {
		if got := Print(tt.e); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestEqualAndColumns(t *testing.T) {
	_, n, s := batch()
	ok := must(t)
	build := func(at int) Expr {
		return ok(NewCall("if", []Expr{ok(NewCall("=", []Expr{n, Int(1)}, diag.Span{Start: at, End: at + 1})), s, String("x")}, diag.Span{}))
	}
	if !Equal(build(1), build(5)) {
		t.Error("places in the statement count")
	}
	if Equal(Int(1), BigInt(1)) || Equal(n, s) || Equal(build(1), Null(datatype.String)) {
		t.Error("different expressions are equal")
	}
	if got := Columns(build(1)); !slices.Equal(got, []uint32{3, 7}) {
		t.Errorf("columns %v", got)
	}
	replaced := Rewrite(build(1), func(e Expr) Expr {
		if e == Expr(n) {
			return Int(1)
		}
		return e
	})
	if got := Columns(replaced); !slices.Equal(got, []uint32{3}) {
		t.Errorf("columns after a rewrite %v", got)
	}
	same := build(1)
	if Rewrite(same, func(e Expr) Expr { return e }) != same {
		t.Error("a rewrite that changes nothing copies")
	}
}

func TestBindErrors(t *testing.T) {
	_, n, s := batch()
	tests := []struct {
		name string
		args []Expr
		want string
	}{
		{"sqrtt", []Expr{n}, `UNKNOWN: no function "sqrtt": did you mean "sqrt"?`},
		{"+", []Expr{Bool(true), n}, "TYPE: + takes numbers, not boolean and int"},
		{"&", []Expr{n, s}, "TYPE: & takes an integer as argument 2, not string"},
		{"if", []Expr{s, n, n}, "TYPE: if takes a boolean as argument 1, not string"},
	}
	for _, tt := range tests {
		_, err := NewCall(tt.name, tt.args, diag.Span{Start: 4, End: 9})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			continue
		}
		if d := err.(*diag.Error); d.Span.Start != 4 {
			t.Errorf("%s: span %v", tt.name, d.Span)
		}
	}
}

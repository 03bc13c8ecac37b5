package expr

import (
	"slices"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

func TestCommon(t *testing.T) {
	rec, n, s := batch()
	ok := must(t)
	var same, volatile, cased []int
	counts := func(arg Expr, name string, rows *[]int) *Call {
		c := probe(arg, rows).(*Call)
		c.Name, c.Volatile = name, name == "volatile"
		return c
	}
	plus := func(a, b Expr) Expr { return ok(NewCall("+", []Expr{a, b}, diag.Span{})) }
	other := *n
	other.ID, other.Index = 7, 1 // of another place, though of the same ID
	first := []Expr{
		plus(counts(n, "same", &same), Int(1)),
		plus(counts(n, "volatile", &volatile), counts(n, "volatile", &volatile)),
	}
	second := []Expr{
		plus(plus(counts(n, "same", &same), Int(1)), plus(counts(n, "same", &same), Int(2))),
		&Case{T: datatype.Int, Whens: []When{{ok(NewCall("<", []Expr{s, String("c")}, diag.Span{})), counts(n, "cased", &cased)}}, Else: counts(n, "cased", &cased)},
		ok(NewCall("isnull", []Expr{n}, diag.Span{})),
		ok(NewCall("isnull", []Expr{&other}, diag.Span{})),
	}
	var want [][]string
	for _, e := range append(slices.Clone(first), second...) {
		v, err := Eval(timeless(), e, rec)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, texts(v.Array))
	}
	same, volatile, cased = nil, nil, nil
	c := NewCommon(first, second)
	for range 2 {
		for i, e := range append(slices.Clone(first), second...) {
			v, err := c.Eval(timeless(), e, rec)
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(v.Array); !slices.Equal(got, want[i]) {
				t.Errorf("expression %d: %v, want %v", i, got, want[i])
			}
			v.Release()
		}
		c.Done()
	}
	if len(same) != 2 || len(volatile) != 4 {
		t.Errorf("in two batches the common call was computed %d times, the volatile ones %d times", len(same), len(volatile))
	}
	if !slices.Equal(cased, []int{2, 8, 2, 8}) {
		t.Errorf("branches saw %v rows", cased)
	}
}

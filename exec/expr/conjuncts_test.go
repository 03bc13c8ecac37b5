package expr

import (
	"slices"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

func TestFactor(t *testing.T) {
	a, x, y, z := flag("a", 1), flag("x", 2), flag("y", 3), flag("z", 4)
	and := func(es ...Expr) Expr { return All(es) }
	or := func(es ...Expr) Expr { return Any(es) }
	for _, c := range []struct {
		name string
		e    Expr
		want []string
	}{
		{"one", a, []string{"a"}},
		{"and", and(a, and(x, y)), []string{"a", "x", "y"}},
		{"nothing in common", or(and(a, x), y), []string{"(a AND x) OR y"}},
		{"common", or(and(a, x), and(y, a)), []string{"a", "x OR y"}},
		{"two", or(and(a, x, y), and(y, a, z)), []string{"a", "y", "x OR z"}},
		{"absorbed", or(a, and(a, x)), []string{"a"}},
		{"nested", or(or(and(a, x), and(a, y)), and(z, a)), []string{"a", "x OR y OR z"}},
		{"inside a branch", or(and(z, or(and(a, x), and(a, y))), and(a, y)), []string{"a", "(z AND (x OR y)) OR y"}},
		{"beside", and(z, or(and(a, x), and(a, y))), []string{"z", "a", "x OR y"}},
	} {
		var got []string
		for _, e := range Factor(c.e) {
			got = append(got, Print(e))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func flag(name string, id uint32) Expr {
	return &Column{ID: id, Index: int(id), Name: name, T: datatype.Bool}
}

// TestFactorKeepsMeaning compares with every assignment of true, false and NULL.
func TestFactorKeepsMeaning(t *testing.T) {
	vars := []Expr{flag("a", 0), flag("b", 1), flag("c", 2)}
	lit := []Expr{Bool(true), Bool(false), mustCast(t, Null(datatype.Void))}
	for _, e := range []Expr{
		Any([]Expr{All([]Expr{vars[0], vars[1]}), All([]Expr{vars[0], vars[2]})}),
		Any([]Expr{vars[0], All([]Expr{vars[0], vars[2]})}),
		Any([]Expr{All([]Expr{vars[1], vars[0]}), All([]Expr{vars[0], vars[1], vars[2]})}),
	} {
		factored := All(Factor(e))
		for i := range 27 {
			put := func(e Expr) string {
				return Print(Fold(Rewrite(e, func(x Expr) Expr {
					if c, ok := x.(*Column); ok {
						return lit[[]int{i % 3, i / 3 % 3, i / 9}[c.Index]]
					}
					return x
				}), nil))
			}
			if got, want := put(factored), put(e); got != want {
				t.Errorf("%s for %d: %s, want %s", Print(e), i, got, want)
			}
		}
	}
}

func mustCast(t *testing.T, e Expr) Expr {
	c, err := NewCast(e, datatype.Bool, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

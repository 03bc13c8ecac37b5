package ast

import (
	"slices"
	"testing"
)

func name(s string) *Name { return &Name{Parts: []Ident{{Name: s}}} }

func TestQuote(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "''"},
		{"it's", `'it\'s'`},
		{"a\\b%", `'a\\b%'`},
		{"\n\t\r\x00\x1a", `'\n\t\r\000\032'`},
		{"é", "'é'"},
	} {
		if got := Quote(c.in); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestQuoteName(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a_1", "a_1"},
		{"_a", "_a"},
		{"1a", "`1a`"},
		{"select", "`select`"},
		{"limit", "`limit`"},
		{"a b", "`a b`"},
		{"a`b", "`a``b`"},
		{"é", "`é`"},
	} {
		if got := QuoteName(c.in); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestQName(t *testing.T) {
	q := QName{Parts: []Ident{{Name: "d"}, {Name: "t"}}}
	if q.Name() != "t" || q.Database() != "d" || q.String() != "d.t" {
		t.Errorf("got %s, %s, %s", q.Name(), q.Database(), q)
	}
	if q.Parts = q.Parts[1:]; q.Database() != "" {
		t.Errorf("got database %s", q.Database())
	}
}

// TestRewriteExpr: operands come before what they stand in, and the tree given is not changed.
func TestRewriteExpr(t *testing.T) {
	e := &Logical{Op: OpAnd, Args: []Expr{
		&Binary{Op: OpLt, L: &Binary{Op: OpAdd, L: name("a"), R: name("b")}, R: name("c")},
		&Call{Name: QName{Parts: []Ident{{Name: "f"}}}, Args: []Expr{name("a")},
			Over: &Window{PartitionBy: []Expr{name("a")}, OrderBy: []OrderItem{{Expr: name("b")}}}},
		&Case{Whens: []When{{Cond: name("a"), Then: name("b")}}},
	}}
	before := Print(e)
	var seen []string
	got := RewriteExpr(e, func(e Expr) Expr {
		seen = append(seen, Print(e))
		if n, ok := e.(*Name); ok && n.Parts[0].Name == "a" {
			return name("z")
		}
		return e
	})
	if want := "z + b < c and f(z) over (partition by z order by b) and case when z then b end"; Print(got) != want {
		t.Errorf("got %s, want %s", Print(got), want)
	}
	if Print(e) != before {
		t.Errorf("the tree given has become %s", Print(e))
	}
	if want := []string{"a", "b", "z + b", "c", "z + b < c"}; !slices.Equal(seen[:5], want) {
		t.Errorf("order: got %q", seen)
	}
	if RewriteExpr(nil, func(e Expr) Expr { return e }) != nil {
		t.Error("nil gave something")
	}
}

func TestWalkStops(t *testing.T) {
	e := &Binary{Op: OpAdd, L: &Unary{Op: OpNeg, X: name("a")}, R: name("b")}
	var seen []string
	Walk(e, func(n Node) bool {
		seen = append(seen, Print(n))
		_, unary := n.(*Unary)
		return !unary
	})
	if want := []string{"-a + b", "-a", "b"}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
	Walk(nil, func(Node) bool { t.Error("called for nil"); return true })
}

func TestEqual(t *testing.T) {
	a := &Cast{X: name("a"), Type: &Type{Name: "decimal", Params: []int{10, 2}}}
	b := &Cast{Pos: Pos{Start: 7, End: 9}, X: &Name{Parts: []Ident{{Name: "a", Quoted: true}}}, Type: &Type{Name: "decimal", Params: []int{10, 2}}}
	if !Equal(a, b) {
		t.Error("place and quotes count")
	}
	for _, c := range []Expr{
		name("a"),
		&Cast{X: name("b"), Type: a.Type},
		&Cast{X: name("a"), Type: &Type{Name: "decimal", Params: []int{10, 3}}},
		&Cast{X: name("a"), Type: a.Type, Format: name("f")},
		&Cast{X: name("a"), Type: a.Type, Try: true},
	} {
		if Equal(a, c) {
			t.Errorf("%s is equal to %s", Print(a), Print(c))
		}
	}
}

// TestLongChains: a chain that leans to the left is walked, printed, rewritten and compared.
func TestLongChains(t *testing.T) {
	chain := func() Expr {
		var e Expr = name("a")
		for range 50_000 {
			e = &Binary{Op: OpAdd, L: e, R: name("a")}
		}
		return e
	}
	e := chain()
	n := 0
	Walk(e, func(Node) bool { n++; return true })
	if n != 100_001 {
		t.Errorf("walked %d", n)
	}
	if got := len(Print(e)); got != 1+4*50_000 {
		t.Errorf("printed %d bytes", got)
	}
	if !Equal(e, RewriteExpr(e, func(e Expr) Expr { return e })) || !Equal(e, chain()) {
		t.Error("not equal")
	}
}

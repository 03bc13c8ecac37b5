package parse

import (
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	tree "github.com/winnowdb/winnow/planner/ast"
)

func TestRoundTrip(t *testing.T) {
	for _, sql := range corpus(t) {
		s, err := Parse(sql)
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
			continue
		}
		if len(s) != 1 {
			t.Errorf("%s: %d statements", sql, len(s))
		}
		roundTrip(t, sql, s)
		checkSpans(t, sql, s[0])
	}
}

// TestCorpusHasEveryKind: every kind that ast/sealed.go names is parsed, and so printed and
// walked, by a statement of the corpus.
func TestCorpusHasEveryKind(t *testing.T) {
	file, err := goparser.ParseFile(gotoken.NewFileSet(), "../ast/sealed.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			missing[f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name] = true
		}
	}
	for _, sql := range corpus(t) {
		statements, err := Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			tree.Walk(s, func(n tree.Node) bool {
				delete(missing, reflect.TypeOf(n).Elem().Name())
				if a, ok := n.(*tree.AlterTable); ok {
					delete(missing, reflect.TypeOf(a.Action).Elem().Name())
				}
				return true
			})
		}
	}
	for k := range missing {
		t.Errorf("no statement of the corpus has a %s", k)
	}
}

// TestCanonical holds what a statement means by how Print writes it.
func TestCanonical(t *testing.T) {
	b, err := os.ReadFile("testdata/canonical.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		in, want, _ := strings.Cut(line, "  =>  ")
		e, err := ParseExpr(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := full(e); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// full prints e with parentheses around every operator.
func full(e tree.Expr) string {
	e = tree.RewriteExpr(e, func(e tree.Expr) tree.Expr {
		switch e.(type) {
		case *tree.Binary, *tree.Unary, *tree.Logical, *tree.Is, *tree.Like, *tree.Between, *tree.InList:
			// Print writes a name as it is if it needs no quotes, so that brackets do for
			// parentheses that cannot be lost.
			return &tree.Index{X: &tree.Call{Name: tree.QName{Parts: []tree.Ident{{Name: "x"}}}}, I: e}
		}
		return e
	})
	return strings.ReplaceAll(tree.Print(e), "x()", "")
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"select * from `D.T`", "d.t"},
		{"select * from D.T", "d.t"},
		{"select * from `a`.`b.c`", "a.b.c"},
		{"select * from `a``b`", "a`b"},
		{`select * from "t$partitions"`, "t$partitions"},
		{"select * from 2011_logs", "2011_logs"},
		{"select * from _x", "_x"},
		{"select * from cat.db.t", "cat.db.t"},
	} {
		s, err := Parse(c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		from := s[0].(*tree.Query).Body.(*tree.Select).From.(*tree.Table)
		if got := from.Name.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.sql, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	sql := "-- first\nselect a + b as c, f(x) from d.t where y is null;  values (1)"
	s, err := Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, st := range s {
		tree.Walk(st, func(n tree.Node) bool {
			got = append(got, sql[n.Span().Start:n.Span().End])
			return true
		})
	}
	want := []string{
		"select a + b as c, f(x) from d.t where y is null", "select a + b as c, f(x) from d.t where y is null",
		"a + b", "a", "b", "f(x)", "x", "d.t", "y is null", "y", "values (1)", "values (1)", "1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestEmpty(t *testing.T) {
	for _, sql := range []string{"", ";", ";;;", " -- x", "/* x */;", "\ufeff", "\n"} {
		if s, err := Parse(sql); err != nil || len(s) != 0 {
			t.Errorf("%q: %v, %v", sql, s, err)
		}
	}
	if s, err := Parse("\ufeffselect 1; ; select 2"); err != nil || len(s) != 2 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestParams(t *testing.T) {
	s, err := Parse("select ?, floor(?), trim(?) from t where a = ? and ?; select ?")
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, st := range s {
		tree.Walk(st, func(n tree.Node) bool {
			if p, ok := n.(*tree.Param); ok {
				got = append(got, p.Index)
			}
			return true
		})
	}
	if want := []int{0, 1, 2, 3, 4, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseType(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"INT", "int"},
		{"integer", "int"},
		{"decimal ( 10 , 2 )", "decimal(10,2)"},
		{"double precision", "double"},
		{"array<struct<a:int,B:map<string,decimal(10,2)>>>", "array<struct<a:int,b:map<string,decimal(10,2)>>>"},
		{"struct<`a b`: string comment 'c', date:date, x'1:int>", ""},
		{"struct<`a b`: string comment 'c', date:date>", "struct<`a b`:string comment 'c',`date`:date>"},
		{"uniontype<int,string>", "uniontype<int,string>"},
		{"timestamp with local time zone", "timestamp with local time zone"},
		{"array<int", ""},
		{"int int", ""},
		{"", ""},
	} {
		got, err := ParseType(c.in)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q: got %s, want an error", c.in, got)
		case c.want != "" && (err != nil || got.String() != c.want):
			t.Errorf("%q: got %v, %v, want %s", c.in, got, err, c.want)
		}
	}
}

package bind_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// TestLimits binds statements that are built to be too large.
func TestLimits(t *testing.T) {
	var doubling strings.Builder
	doubling.WriteString("with x0 as (select a from t)")
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&doubling, ", x%d as (select l.a from x%d l join x%d r on l.a = r.a)", i, i-1, i-1)
	}
	doubling.WriteString(" select a from x40")
	var joins strings.Builder
	joins.WriteString("select count(*) from t t0")
	for i := 1; i <= 1000; i++ {
		fmt.Fprintf(&joins, " join t t%d on t0.a = t%d.a", i, i)
	}
	tests := []struct {
		name, sql string
		want      diag.Kind
	}{
		{"names of WITH that double", doubling.String(), diag.Limit},
		{"1000 joins", joins.String(), diag.Limit},
		{"100000 values of IN", "select a from t where a in (1" + strings.Repeat(", 2", 100_000) + ")", ""},
		{"20000 terms of OR", "select a from t where a = 1" + strings.Repeat(" or a = 2", 20_000), ""},
		{"400 unions", "select a from t" + strings.Repeat(" union all select a from t", 400), ""},
		{"cube of 13", "select 1 from t group by cube (a" + strings.Repeat(", a + 1", 12) + ")", diag.Limit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stmt, err := parseOne(tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = bind.Query(newEnv(t), stmt.(*ast.Query))
			if got := diag.KindOf(err); got != tt.want {
				t.Errorf("got %v, want kind %q", err, tt.want)
			}
			if d := time.Since(start); d > 30*time.Second { // not linear; machines are shared
				t.Errorf("took %v", d)
			}
		})
	}
}

// FuzzBind: whatever parses is bound to a plan that holds together, or is refused with a diag.Error.
func FuzzBind(f *testing.F) {
	for _, sql := range []string{
		"select a, count(*) from t group by a having count(*) > 1 order by 2",
		"select a from t where a in (select a from u where u.d = t.b) or exists (select 1 from u)",
		"with x as (select * from t) select * from x p left join x q using (a) order by p.b",
		"select rank() over (partition by b order by a) r from t qualify r < 3",
		"select a, b, sum(c) from t group by a, b with cube union all select 1, 'x', 2",
		"from t insert into u select a, b insert into u select 1, 2",
	} {
		f.Add(sql)
	}
	for _, file := range []string{"select", "from", "group", "subquery"} {
		a, err := txtar.ParseFile("testdata/" + file + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range a.Files {
			if strings.HasSuffix(c.Name, ".sql") {
				f.Add(string(c.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, sql string) {
		stmt, err := parseOne(sql)
		if err != nil {
			return
		}
		env := newEnv(t)
		var plans []logical.Node
		switch s := stmt.(type) {
		case *ast.Query:
			var n logical.Node
			if n, err = bind.Query(env, s); err == nil {
				plans = append(plans, n)
			}
		case *ast.MultiInsert:
			var targets []*bind.Target
			targets, err = bind.MultiInsert(env, s)
			for _, target := range targets {
				plans = append(plans, target.Plan)
			}
		}
		if k := diag.KindOf(err); k == diag.Internal {
			t.Fatalf("%s\n%v", sql, err)
		}
		for _, n := range plans {
			if err := logical.Check(n); err != nil {
				t.Fatalf("%s\n%s%v", sql, logical.Print(n), err)
			}
		}
	})
}

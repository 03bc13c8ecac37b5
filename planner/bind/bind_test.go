package bind_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
)

var update = flag.Bool("update", false, "rewrite the expected plans and errors")

// columns reads "a int, b string".
func columns(t testing.TB, s string) []catalog.Column {
	t.Helper()
	var out []catalog.Column
	for _, def := range strings.Split(s, "; ") {
		name, typ, _ := strings.Cut(def, " ")
		if name == "" {
			continue
		}
		dt, err := datatype.Parse(typ)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, catalog.Column{Name: name, Type: dt})
	}
	return out
}

// snapshot is a small catalog.
func snapshot(t testing.TB) *catalog.Snapshot {
	s := &catalog.Snapshot{Databases: map[string]*catalog.Database{}}
	for _, name := range []string{"default", "other"} {
		s.Databases[name] = &catalog.Database{Name: name, Tables: map[string]*catalog.Table{}, Macros: map[string]*catalog.Macro{}}
	}
	table := func(db, name, cols, keys string) *catalog.Table {
		tab := &catalog.Table{Database: db, Name: name, Kind: catalog.External, Columns: columns(t, cols), Partition: columns(t, keys), Location: "/data/" + name}
		s.Databases[db].Tables[name] = tab
		return tab
	}
	table("default", "logs", "day string; status int; host string; bytes bigint; price decimal(10,2); ts timestamp; tags array<string>; "+
		"attrs map<string,string>; req struct<url:string,ua:struct<name:string>>; items array<struct<k:string,n:int>>", "year string; month string")
	table("default", "users", "id bigint; name string; host string; age int", "")
	table("default", "t", "a int; b string; c double", "")
	table("default", "u", "a int; d string", "")
	table("other", "t", "a int; x string", "")
	table("other", "only_here", "z int", "")
	sheet := table("default", "sheet", "a string; b double", "")
	sheet.Handler = "xlsx"
	view := func(db, name, cols, text string) {
		v := table(db, name, cols, "")
		v.Kind, v.View = catalog.View, catalog.ViewDef{Text: text, Database: db}
	}
	view("other", "v", "k bigint; x string", "select a, x from t where a > 0")
	view("default", "self", "a int", "select a from self2")
	view("default", "self2", "a int", "select a from self")
	view("default", "stale", "a int", "select gone from t")
	view("default", "narrow", "a int; b string", "select a from t")
	s.Databases["default"].Macros["plus"] = &catalog.Macro{Name: "plus", Params: columns(t, "x int; y int"), Body: "x + y"}
	s.Databases["default"].Macros["loop"] = &catalog.Macro{Name: "loop", Params: columns(t, "x int"), Body: "loop(x)"}
	return s
}

func newEnv(t testing.TB) *bind.Env {
	return &bind.Env{
		Snapshot: snapshot(t),
		Session: &funcs.Session{
			Now: time.Date(2012, 1, 2, 3, 4, 5, 0, time.UTC), Zone: time.UTC, User: "ann", Database: "default", Settings: map[string]string{},
		},
		Parse: parseOne,
		Virtual: func(db, name string) (*logical.Values, error) {
			if db != "information_schema" || name != "schemata" {
				return nil, nil
			}
			return &logical.Values{Rows: [][]expr.Expr{{expr.String("default")}}, Out: []logical.Field{{Name: "schema_name", T: datatype.String}}}, nil
		},
	}
}

func parseOne(sql string) (ast.Statement, error) {
	list, err := parse.Parse(sql)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, diag.Errorf(diag.Syntax, "%d statements", len(list))
	}
	return list[0], nil
}

// answer is what a golden holds: the plan and its columns, or the error.
func answer(t testing.TB, sql string) string {
	env := newEnv(t)
	for strings.HasPrefix(sql, "set ") { // settings of the case come first
		line, rest, _ := strings.Cut(sql, "\n")
		k, v, _ := strings.Cut(strings.TrimPrefix(line, "set "), "=")
		env.Session.Settings[k] = v
		sql = rest
	}
	if strings.Contains(sql, "?") {
		env.Params = []expr.Expr{expr.Int(7), expr.String("x")}
	}
	out, err := bound(env, sql)
	var d *diag.Error
	switch {
	case errors.As(err, &d):
		return d.Render(sql) + "\n"
	case err != nil:
		return "not a diag.Error: " + err.Error() + "\n"
	}
	return out
}

func bound(env *bind.Env, sql string) (string, error) {
	stmt, err := env.Parse(sql)
	if err != nil {
		return "", err
	}
	switch s := stmt.(type) {
	case *ast.Query:
		n, err := bind.Query(env, s)
		if err != nil {
			return "", err
		}
		return header(n) + logical.Print(n), logical.Check(n)
	case *ast.Insert:
		target, err := bind.Insert(env, s)
		if err != nil {
			return "", err
		}
		return describe(target), logical.Check(target.Plan)
	case *ast.MultiInsert:
		targets, err := bind.MultiInsert(env, s)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		for _, target := range targets {
			b.WriteString(describe(target))
			if err := logical.Check(target.Plan); err != nil {
				return "", err
			}
		}
		return b.String(), nil
	}
	return "", diag.Errorf(diag.Internal, "%T", stmt)
}

func header(n logical.Node) string {
	var parts []string
	for _, f := range n.Fields() {
		parts = append(parts, f.Name+" "+datatype.Name(f.T))
	}
	return strings.Join(parts, ", ") + "\n"
}

func describe(t *bind.Target) string {
	s := "into a directory"
	if t.Table != nil {
		s = "into " + t.Table.FullName()
	}
	for _, v := range t.Static {
		s += " '" + v.Text + "'"
	}
	if t.Dynamic > 0 {
		s += " dynamic"
	}
	return s + "\n" + header(t.Plan) + logical.Print(t.Plan)
}

// TestGolden binds the .sql files of testdata/*.txtar and compares plan or error with the .out file behind each.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range a.Files {
			want[f.Name] = string(f.Data)
		}
		out := &txtar.Archive{Comment: a.Comment}
		for _, f := range a.Files {
			name, ok := strings.CutSuffix(f.Name, ".sql")
			if !ok {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+name, func(t *testing.T) {
				got := answer(t, strings.TrimSuffix(string(f.Data), "\n"))
				out.Files = append(out.Files, f, txtar.File{Name: name + ".out", Data: []byte(got)})
				if !*update && got != want[name+".out"] {
					t.Errorf("%s\ngot:\n%swant:\n%s", f.Data, got, want[name+".out"])
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

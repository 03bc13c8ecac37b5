package optimize_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/planner/optimize"
	"github.com/winnowdb/winnow/planner/parse"
)

var update = flag.Bool("update", false, "rewrite the expected plans")

// tables of the test: columns, partition columns, bytes of the files.
var tables = []struct {
	name, columns, keys string
	bytes               int64
}{
	{"logs", "day date; status int; host string; user_id bigint; bytes bigint; url string", "year string; month int", 8 << 30},
	{"users", "id bigint; name string; host string; age int", "", 400 << 20},
	{"hosts", "host string; region string; rack int", "", 100 << 10},
	{"regions", "region string; boss string", "", 200},
	{"months", "year string; month int; label string", "", 2000},
	{"events", "id bigint; u struct<a:int,b:struct<c:string,d:array<struct<e:int>>>>; v struct<x:int>; m map<string,int>", "", 1 << 30},
}

// source is a catalog whose table logs has the partitions of two years.
type source struct{ snap *catalog.Snapshot }

func (s source) Load(context.Context) (*catalog.Snapshot, error) { return s.snap, nil }
func (s source) Apply(context.Context, catalog.Change) error     { return nil }
func (s source) Partitions(_ context.Context, t *catalog.Table, _ catalog.Pruner) (arrow.Record, int, error) {
	fields := []arrow.Field{{Name: "year", Type: arrow.BinaryTypes.String}, {Name: "month", Type: arrow.BinaryTypes.String}, {Name: "location", Type: arrow.BinaryTypes.String}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, year := range []string{"2011", "2012"} {
		for _, month := range []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"} {
			b.Field(0).(*array.StringBuilder).Append(year)
			b.Field(1).(*array.StringBuilder).Append(month)
			b.Field(2).(*array.StringBuilder).Append(t.Location + "/" + year + "/" + month)
		}
	}
	return b.NewRecord(), 24, nil
}

func columns(t *testing.T, defs string) []catalog.Column {
	var out []catalog.Column
	for _, def := range strings.Split(defs, "; ") {
		if name, typ, ok := strings.Cut(def, " "); ok {
			dt, err := datatype.Parse(typ)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, catalog.Column{Name: name, Type: dt})
		}
	}
	return out
}

func newSource(t *testing.T) source {
	db := &catalog.Database{Name: "default", Tables: map[string]*catalog.Table{}, Macros: map[string]*catalog.Macro{}}
	for _, tab := range tables {
		db.Tables[tab.name] = &catalog.Table{Database: "default", Name: tab.name, Kind: catalog.External,
			Columns: columns(t, tab.columns), Partition: columns(t, tab.keys), Location: "/" + tab.name}
	}
	return source{&catalog.Snapshot{Databases: map[string]*catalog.Database{"default": db}}}
}

var session = &funcs.Session{Now: time.Date(2012, 1, 2, 3, 4, 5, 0, time.UTC), Zone: time.UTC, Database: "default", Settings: map[string]string{}}

// plan binds sql and returns it with what rules may ask.
func plan(t *testing.T, sql string) (logical.Node, *optimize.Env) {
	src := newSource(t)
	list, err := parse.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	n, err := bind.Query(&bind.Env{Snapshot: src.snap, Session: session, Parse: parseOne}, list[0].(*ast.Query))
	if err != nil {
		t.Fatal(err)
	}
	last := uint32(100_000)
	return n, &optimize.Env{
		Source: src, Session: session, BroadcastBytes: 64 << 20, Workers: 2, Slots: 1, NewID: func() uint32 { last++; return last },
		Size: func(_ context.Context, s *logical.Scan) (int64, bool) {
			for _, tab := range tables {
				if tab.name == s.Table.Name {
					if s.Pruned != nil && s.Pruned.Total > 0 {
						return tab.bytes * int64(len(s.Pruned.Partitions)) / int64(s.Pruned.Total), true
					}
					return tab.bytes, true
				}
			}
			return 0, false
		},
		Sizes: func(_ context.Context, s *logical.Scan) ([]int64, bool) {
			sizes := make([]int64, len(s.Pruned.Partitions))
			for i, p := range s.Pruned.Partitions {
				if sizes[i] = 100 << 20; p.Values[0].Text == "2012" { // the last ones are larger
					sizes[i] = int64(100+i) << 20
				}
			}
			return sizes, true
		},
	}
}

func parseOne(sql string) (ast.Statement, error) {
	list, err := parse.Parse(sql)
	return list[0], err
}

// TestRules shows what each rule makes of a plan, by testdata/plans/<rule>.txtar: statements, and their plans
// before the rule runs (the ones in front of it have) and after. Where the
// name begins with not- the rule must leave the plan as it is.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for i, rule := range optimize.Rules() {
		if seen[rule.Name] { // a second round is shown by the first
			continue
		}
		seen[rule.Name] = true
		t.Run(rule.Name, func(t *testing.T) {
			file := filepath.Join("testdata", "plans", rule.Name+".txtar")
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: ar.Comment}
			for _, f := range ar.Files {
				name, isSQL := strings.CutSuffix(f.Name, ".sql")
				if !isSQL {
					continue
				}
				before, after := around(t, i, string(f.Data))
				if not := strings.HasPrefix(name, "not-"); not != (before == after) {
					t.Errorf("%s: changed: %t", name, not)
				}
				got.Files = append(got.Files, f, txtar.File{Name: name + ".before", Data: []byte(before)}, txtar.File{Name: name + ".after", Data: []byte(after)})
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if a, b := string(txtar.Format(got)), string(txtar.Format(ar)); a != b {
				t.Errorf("got:\n%s\nwant:\n%s", a, b)
			}
		})
	}
}

// around runs the first rules, then the next one, twice: it must find nothing left to do.
func around(t *testing.T, rules int, sql string) (before, after string) {
	ctx := context.Background()
	n, env := plan(t, sql)
	apply := func(r optimize.Rule) {
		var err error
		if n, err = r.Apply(ctx, env, n); err != nil {
			t.Fatal(err)
		}
		if err := logical.Check(n); err != nil {
			t.Fatalf("after %s: %v\n%s", r.Name, err, logical.Print(n))
		}
	}
	all := optimize.Rules()
	for _, r := range all[:rules] {
		apply(r)
	}
	before = logical.Print(n)
	apply(all[rules])
	after = logical.Print(n)
	apply(all[rules])
	if again := logical.Print(n); again != after {
		t.Errorf("%s, once more:\n%snot:\n%s", all[rules].Name, again, after)
	}
	for _, r := range all[rules+1:] {
		apply(r)
	}
	return before, after
}

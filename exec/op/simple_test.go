package op

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

var people = table{"name string, age int", []string{"ann|30", "bob|NULL", "cid|20", "dan|40", "eve|20", "NULL|50"}}

func TestValues(t *testing.T) {
	n := over("a int, b string", &winnowpb.Node{Op: &winnowpb.Node_Values{Values: &winnowpb.Values{Rows: []*winnowpb.Row{
		{Values: pbs(expr.Int(1), expr.String("x"))}, {Values: pbs(expr.Null(typ("int")), expr.String("y"))},
		{Values: pbs(expr.Int(3), expr.Null(typ("string")))}, {Values: pbs(expr.Int(4), expr.String(""))},
	}}}})
	newRig(t).want(n, true, "1|x", "NULL|y", "3|NULL", "4|")
	none := over("a int", &winnowpb.Node{Op: &winnowpb.Node_Values{Values: &winnowpb.Values{}}})
	newRig(t).want(none, true)
}

func TestFilterAndProject(t *testing.T) {
	r := newRig(t, people)
	filter := over(people.cols, &winnowpb.Node{Op: &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: pb(call(">", col(1, "int"), expr.Int(20)))}}}, r.read(0))
	r.want(filter, true, "ann|30", "dan|40", "NULL|50")
	project := over("n string, twice int", &winnowpb.Node{Op: &winnowpb.Node_Project{Project: &winnowpb.Project{
		Exprs: pbs(col(0, "string"), call("+", col(1, "int"), col(1, "int")))}}}, filter)
	r.want(project, true, "ann|60", "dan|80", "NULL|100")
	constant := over("x varchar(3)", &winnowpb.Node{Op: &winnowpb.Node_Project{Project: &winnowpb.Project{Exprs: pbs(expr.String("k"))}}}, r.read(0))
	r.want(constant, true, "k", "k", "k", "k", "k", "k")
}

func TestLimit(t *testing.T) {
	r := newRig(t, people)
	for _, c := range []struct {
		offset, count int64
		want          string
	}{
		{0, 2, "ann bob"}, {4, 10, "eve NULL"}, {2, -1, "cid dan eve NULL"}, {0, 0, ""}, {9, 1, ""}, {1, 3, "bob cid dan"},
	} {
		n := over(people.cols, &winnowpb.Node{Op: &winnowpb.Node_Limit{Limit: &winnowpb.Limit{Offset: c.offset, Count: c.count}}}, r.read(0))
		var want []string
		for _, name := range strings.Fields(c.want) {
			want = append(want, people.rows[slices.IndexFunc(people.rows, func(s string) bool { return strings.HasPrefix(s, name+"|") })])
		}
		r.want(n, true, want...)
	}
}

func TestLimitStopsPulling(t *testing.T) {
	r := newRig(t, people)
	r.batch = 2
	env := r.open()
	schema, _ := schemaOf(people.fields())
	in := &listed{env: env, schema: schema, rows: people.rows, size: 2}
	l := &limit{unary: unary{env, in, schema}, left: 2}
	if got, err := readAll(context.Background(), l); err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	if len(in.rows) != 4 {
		t.Errorf("%d rows were left unread, want 4", len(in.rows))
	}
}

func TestUnion(t *testing.T) {
	r := newRig(t, people, table{"x varchar(9), y int", []string{"zoe|1"}}, table{people.cols, nil})
	n := over("a string, b int", &winnowpb.Node{Op: &winnowpb.Node_Union{Union: &winnowpb.Union{}}}, r.read(1), r.read(2), r.read(0))
	r.want(n, true, append([]string{"zoe|1"}, people.rows...)...)
}

func TestAssertSingle(t *testing.T) {
	r := newRig(t, table{"a int, b string", nil}, table{"a int, b string", []string{"1|x"}}, table{"a int, b string", []string{"1|x", "2|y"}})
	single := func(i int) *winnowpb.Node {
		return over("a int, b string", &winnowpb.Node{Op: &winnowpb.Node_AssertSingle{AssertSingle: &winnowpb.AssertSingle{}}}, r.read(i))
	}
	r.want(single(0), true, "NULL|NULL")
	r.want(single(1), true, "1|x")
	for _, batch := range []int{1, 10} {
		r.batch = batch
		if _, err := r.rows(single(2)); diag.KindOf(err) != diag.BadValue {
			t.Errorf("two rows: %v", err)
		}
	}
}

func TestGroupingSets(t *testing.T) {
	r := newRig(t, table{"a string, b int, v int", []string{"x|1|10", "y|2|20"}})
	n := over("a string, b int, v int, grouping__id bigint", &winnowpb.Node{Op: &winnowpb.Node_GroupingSets{GroupingSets: &winnowpb.GroupingSets{
		Keys: []uint32{0, 1},
		Sets: []*winnowpb.GroupingSets_Set{{Keys: []uint32{0, 1}, GroupingId: 0}, {Keys: []uint32{0}, GroupingId: 1}, {GroupingId: 3}},
	}}}, r.read(0))
	r.want(n, false, "x|1|10|0", "y|2|20|0", "x|NULL|10|1", "y|NULL|20|1", "NULL|NULL|10|3", "NULL|NULL|20|3")
}

func TestSample(t *testing.T) {
	var rows []string
	for i := range 2000 {
		rows = append(rows, strings.Repeat("x", i%7)+string(rune('a'+i%26)))
	}
	r := newRig(t, table{"s string", rows})
	r.batch = 100
	sample := func(s *winnowpb.Sample) []string {
		got, err := r.rows(over("s string", &winnowpb.Node{Op: &winnowpb.Node_Sample{Sample: s}}, r.read(0)))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := sample(&winnowpb.Sample{RowsPerTask: 150}); !slices.Equal(got, rows[:150]) {
		t.Errorf("150 ROWS gave %d rows", len(got))
	}
	if n := len(sample(&winnowpb.Sample{Percent: 10})); n < 120 || n > 280 {
		t.Errorf("10 PERCENT of 2000 gave %d rows", n)
	}
	total := 0
	for b := uint32(1); b <= 4; b++ {
		total += len(sample(&winnowpb.Sample{Bucket: b, Buckets: 4, Keys: pbs(col(0, "string"))}))
	}
	if total != len(rows) {
		t.Errorf("the 4 buckets hold %d rows, want %d", total, len(rows))
	}
	if n := len(sample(&winnowpb.Sample{Bucket: 1, Buckets: 4})); n < 350 || n > 650 {
		t.Errorf("one of 4 random buckets holds %d of 2000 rows", n)
	}
}

func TestGenerate(t *testing.T) {
	if funcs.FindScalar("split") == nil || funcs.FindTable("explode") == nil {
		t.Skip("the library lacks split or explode")
	}
	r := newRig(t, table{"id int, s string", []string{"1|a,b", "2|NULL", "3|c", "4|d,e,f,g,h"}})
	explode := func(outer bool) *winnowpb.Node {
		return over("id int, s string, x string", &winnowpb.Node{Op: &winnowpb.Node_Generate{Generate: &winnowpb.Generate{
			Function: "explode", Args: pbs(call("split", col(1, "string"), expr.String(","))), Outer: outer,
		}}}, r.read(0))
	}
	want := []string{"1|a,b|a", "1|a,b|b", "3|c|c", "4|d,e,f,g,h|d", "4|d,e,f,g,h|e", "4|d,e,f,g,h|f", "4|d,e,f,g,h|g", "4|d,e,f,g,h|h"}
	r.want(explode(false), true, want...)
	r.want(explode(true), true, slices.Insert(want, 2, "2|NULL|NULL")...)
}

func TestExchangeMerges(t *testing.T) {
	r := newRig(t, table{"a int, b string", []string{"1|a", "1|b", "2|c", "2|d", "4|e", "5|f", "7|g"}})
	r.parts = 3
	n := r.read(0)
	n.GetExchange().MergeBy = sortKeys(col(0, "int"))
	r.want(n, true, "1|a", "1|b", "2|d", "2|c", "4|e", "5|f", "7|g")
}

// TestPartitionOrdered: rows that are in the order of their parts are not copied.
func TestPartitionOrdered(t *testing.T) {
	r := newRig(t)
	env := r.open()
	schema, _ := schemaOf(fields("a string"))
	out := &winnowpb.Output{Kind: winnowpb.Output_HASH, Keys: pbs(col(0, "string")), Partitions: 3}
	cut := func(rows []string) (parts []arrow.Record, rec arrow.Record) {
		rec, err := (&listed{env: env, schema: schema, size: 100, rows: rows}).Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if parts, err = Partition(context.Background(), env, out, rec); err != nil {
			t.Fatal(err)
		}
		return parts, rec
	}
	first, _ := cut([]string{"x", "NULL", "z", "", "v", "w", "u", "x"})
	var ordered []string
	for _, part := range first {
		if part == nil {
			continue
		}
		for i := range int(part.NumRows()) {
			ordered = append(ordered, rowText(part, i))
		}
	}
	again, rec := cut(ordered)
	whole := rec.Column(0).Data().Buffers()[1]
	for p, part := range again {
		if part == nil && first[p] == nil {
			continue
		}
		if !array.RecordEqual(part, first[p]) {
			t.Errorf("part %d is %v, want %v", p, part, first[p])
		}
		if part.Column(0).Data().Buffers()[1] != whole {
			t.Errorf("part %d is a copy", p)
		}
	}
}

func TestPartition(t *testing.T) {
	r := newRig(t)
	env := r.open()
	schema, _ := schemaOf(fields("a string, b bigint"))
	in := &listed{env: env, schema: schema, size: 100}
	for _, k := range []string{"x", "y", "z", "NULL", "x", "w", "x"} {
		in.rows = append(in.rows, k+"|1")
	}
	rec, err := in.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Partition(context.Background(), env, &winnowpb.Output{Kind: winnowpb.Output_HASH, Keys: pbs(col(0, "string")), Partitions: 4}, rec)
	if err != nil {
		t.Fatal(err)
	}
	// The same on every machine and in every version: tasks of one query may run on several.
	want := map[string]int{}
	total := 0
	for p, part := range parts {
		if part == nil {
			continue
		}
		for i := range int(part.NumRows()) {
			key, _, _ := strings.Cut(rowText(part, i), "|")
			if was, ok := want[key]; ok && was != p {
				t.Errorf("key %s is in partitions %d and %d", key, was, p)
			}
			want[key] = p
			total++
		}
		part.Release()
	}
	if total != 7 {
		t.Errorf("%d rows came out, want 7", total)
	}
	rec.Release()
	r.mem.AssertSize(t, 0)
}

func TestBuildRefusesOddPlans(t *testing.T) {
	r := newRig(t, people)
	for name, n := range map[string]*winnowpb.Node{
		"no operator":   {},
		"no input":      over("a int", &winnowpb.Node{Op: &winnowpb.Node_Limit{Limit: &winnowpb.Limit{}}}),
		"bad type":      over("a intt", &winnowpb.Node{Op: &winnowpb.Node_Values{Values: &winnowpb.Values{}}}),
		"no aggregate":  over("a int", &winnowpb.Node{Op: &winnowpb.Node_Aggregate{Aggregate: &winnowpb.Aggregate{Calls: []*winnowpb.AggCall{{Name: "nope"}}}}}, r.read(0)),
		"unequal keys":  over("a int", &winnowpb.Node{Op: &winnowpb.Node_Join{Join: &winnowpb.Join{LeftKeys: pbs(col(0, "string"))}}}, r.read(0), r.read(0)),
		"denied script": over("a string", &winnowpb.Node{Op: &winnowpb.Node_Transform{Transform: &winnowpb.Transform{Command: []string{"/bin/cat"}}}}, r.read(0)),
	} {
		if _, err := r.rows(n); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCancel(t *testing.T) {
	r := newRig(t, people)
	env := r.open()
	o, err := Build(env, over(people.cols, &winnowpb.Node{Op: &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: sortKeys(col(1, "int"))}}}, r.read(0)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := o.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	o.Close()
	r.mem.AssertSize(t, 0)
}

func TestCounters(t *testing.T) {
	r := newRig(t, people)
	n := over(people.cols, &winnowpb.Node{Op: &winnowpb.Node_Limit{Limit: &winnowpb.Limit{Count: 4}}}, r.read(0))
	r.batch = 3
	if _, err := r.rows(n); err != nil {
		t.Fatal(err)
	}
	rows := map[uint32]int64{}
	for _, s := range r.env.Counters.Snapshot().Nodes {
		rows[s.Node] += s.Rows
	}
	if rows[1] != 4 || rows[100] != 6 {
		t.Errorf("rows per node: %v", rows)
	}
}

package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

func events(dir string) *catalog.Table {
	return &catalog.Table{
		Database: "default", Name: "events", Kind: catalog.External, Location: dir + "/events",
		Columns:   []catalog.Column{{Name: "ts", Type: datatype.Timestamp}, {Name: "d", Type: datatype.Map(datatype.String, datatype.Int)}},
		Partition: []catalog.Column{{Name: "year", Type: datatype.String}, {Name: "hour", Type: datatype.Int}},
		Props:     map[string]string{"EXTERNAL": "TRUE"},
	}
}

func apply(t *testing.T, s catalog.Source, c catalog.Change) {
	t.Helper()
	if err := s.Apply(context.Background(), c); err != nil {
		t.Fatalf("%T: %v", c, err)
	}
}

// TestTwoStores sees the changes of one Store in another one of the same warehouse.
func TestTwoStores(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	a, _ := Open(dir)
	b, _ := Open(dir)
	apply(t, a, catalog.CreateTable{Table: events(dir)})
	values := func(hour string) []catalog.Value { return []catalog.Value{{Text: "2011"}, {Text: hour}} }
	apply(t, b, catalog.AddPartitions{Database: "default", Name: "events", Partitions: []catalog.PartitionSpec{
		{Values: values("06"), Location: dir + "/events/year=2011/hour=06"},
		{Values: []catalog.Value{{Text: "2010"}, {Null: true}}, Location: "s3://other/x/"},
	}})
	snap, err := a.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tab := snap.Table("default", "EVENTS")
	if tab == nil || datatype.Name(tab.Columns[1].Type) != "map<string,int>" || tab.Props["EXTERNAL"] != "TRUE" {
		t.Fatalf("got %+v", tab)
	}
	check := func(s catalog.Source, tab *catalog.Table, want string) {
		t.Helper()
		rec, total, err := s.Partitions(ctx, tab, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer rec.Release()
		var got []string
		for _, p := range catalog.Specs(tab, rec) {
			got = append(got, tab.PartitionName(p.Values)+" at "+p.Location)
		}
		if fmt.Sprint(got) != want || total != len(got) {
			t.Errorf("got %v of %d, want %s", got, total, want)
		}
	}
	null := "year=2010/hour=__HIVE_DEFAULT_PARTITION__ at s3://other/x/"
	check(a, tab, "["+null+" year=2011/hour=06 at "+dir+"/events/year=2011/hour=06]")

	if err := b.Apply(ctx, catalog.AddPartitions{Database: "default", Name: "events", Partitions: []catalog.PartitionSpec{{Values: values("06")}}}); err == nil {
		t.Error("a partition was added twice")
	}
	moved := tab.Clone()
	moved.Name, moved.Location = "logs", dir+"/logs"
	apply(t, b, catalog.ReplaceTable{Old: tab, New: moved})
	check(a, moved, "["+null+" year=2011/hour=06 at "+dir+"/logs/year=2011/hour=06]")
	apply(t, a, catalog.DropPartitions{Database: "default", Name: "logs", Values: [][]catalog.Value{values("06")}})
	check(b, moved, "["+null+"]")
	apply(t, a, catalog.DropTable{Database: "default", Name: "logs"})
	apply(t, a, catalog.CreateTable{Table: moved})
	check(b, moved, "[]")
}

func TestDropDatabaseNeedsCascade(t *testing.T) {
	s, _ := Open(t.TempDir())
	apply(t, s, catalog.CreateDatabase{Database: &catalog.Database{Name: "d"}})
	tab := events("/x")
	tab.Database = "d"
	apply(t, s, catalog.CreateTable{Table: tab})
	if err := s.Apply(context.Background(), catalog.DropDatabase{Name: "d"}); err == nil {
		t.Error("a database with tables was dropped")
	}
	apply(t, s, catalog.DropDatabase{Name: "d", Cascade: true})
	snap, err := s.Load(context.Background())
	if err != nil || snap.Database("d") != nil || snap.Table("d", "events") != nil {
		t.Errorf("got %v, %v", snap.Databases, err)
	}
}

// TestPruned reads only what is below the folders that are kept, and knows how many there are all the same.
func TestPruned(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	tab := events(dir)
	tab.Partition = append(tab.Partition, catalog.Column{Name: "part", Type: datatype.String})
	s, _ := Open(dir)
	apply(t, s, catalog.CreateTable{Table: tab})
	add := catalog.AddPartitions{Database: "default", Name: "events"}
	for year := range 5 {
		for hour := range 6 {
			for part := range 3 {
				add.Partitions = append(add.Partitions, catalog.PartitionSpec{
					Values:   []catalog.Value{{Text: fmt.Sprint(2010 + year)}, {Text: fmt.Sprint(hour), Null: hour == 5}, {Text: fmt.Sprint(part)}},
					Location: fmt.Sprintf("%s/%d/%d/%d", dir, year, hour, part),
				})
			}
		}
	}
	add.Partitions = append(add.Partitions, add.Partitions[0])
	apply(t, s, add)
	var asked []string
	keepOnly := func(want ...string) catalog.Pruner {
		return func(_ context.Context, keys arrow.Record) ([]bool, error) {
			last := int(keys.NumCols()) - 1
			keep := make([]bool, keys.NumRows())
			for i := range keep {
				v := keys.Column(last).ValueStr(i)
				keep[i] = want[last] == "" || v == want[last]
			}
			asked = append(asked, fmt.Sprint(last+1, " of ", len(keep)))
			return keep, nil
		}
	}
	for _, c := range []struct {
		prune       catalog.Pruner
		rows        int
		first, asks string
	}{
		{keepOnly("2012", "5x"), 0, "", "[1 of 5 2 of 6]"},
		{keepOnly("2012", "4"), 3, "year=2012/hour=4/part=0", "[1 of 5 2 of 6]"},
		{keepOnly("", "4"), 15, "year=2010/hour=4/part=0", "[1 of 5 2 of 30]"},
		{keepOnly("2014", array.NullValueStr), 3, "year=2014/hour=__HIVE_DEFAULT_PARTITION__/part=0", "[1 of 5 2 of 6]"},
		{keepOnly("", ""), 90, "year=2010/hour=0/part=0", "[1 of 5 2 of 30]"},
		{keepOnly("2012", "4"), 90, "year=2010/hour=0/part=0", "[]"}, // all are at hand now
	} {
		asked = nil
		rec, total, err := s.Partitions(ctx, tab, c.prune)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if parts := catalog.Specs(tab, rec); len(parts) > 0 {
			first = tab.PartitionName(parts[0].Values)
		}
		if int(rec.NumRows()) != c.rows || total != 90 || first != c.first || fmt.Sprint(asked) != c.asks {
			t.Errorf("%d of %d from %q, asked %v; want %d from %q, asked %s", rec.NumRows(), total, first, asked, c.rows, c.first, c.asks)
		}
		rec.Release()
	}
	apply(t, s, catalog.DropPartitions{Database: "default", Name: "events", Values: [][]catalog.Value{add.Partitions[0].Values}})
	if _, total, err := s.Partitions(ctx, tab, keepOnly("2012", "4")); total != 89 || err != nil {
		t.Errorf("%d left, %v", total, err)
	}
}

// TestMacrosKept sees a user's function in another store of the warehouse, its parameters with their types.
func TestMacrosKept(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	a, _ := Open(dir)
	b, _ := Open(dir)
	apply(t, a, catalog.SetMacro{Database: "default", Macro: &catalog.Macro{
		Name: "f", Params: []catalog.Column{{Name: "xs", Type: datatype.Array(datatype.Decimal(5, 2))}}, Body: "size(xs)",
	}})
	macro := func() *catalog.Macro {
		snap, err := b.Load(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return snap.Database("default").Macros["f"]
	}
	if m := macro(); m == nil || m.Body != "size(xs)" || len(m.Params) != 1 || datatype.Name(m.Params[0].Type) != "array<decimal(5,2)>" {
		t.Errorf("got %+v", m)
	}
	apply(t, b, catalog.DropMacro{Database: "default", Name: "f"})
	if m := macro(); m != nil {
		t.Errorf("got %+v after it was dropped", m)
	}
}

// TestDamaged opens catalogs that are cut anywhere or have wrong bytes: they are refused with what to do, and the
// process lives.
func TestDamaged(t *testing.T) {
	good := t.TempDir()
	s, err := Open(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), catalog.CreateDatabase{Database: &catalog.Database{Name: "d", Location: good}}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(good, ".catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	load := func(what string, data []byte, refused bool) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ".catalog.db"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir)
		if err == nil {
			_, err = s.Load(t.Context())
		}
		if refused && err == nil || err != nil && (diag.KindOf(err) != diag.Config || !strings.Contains(err.Error(), "restore a copy")) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for n := 1; n < len(data); n += 1 + n/8 {
		load(fmt.Sprintf("%d bytes of %d", n, len(data)), data[:n], true)
	}
	rnd := rand.New(rand.NewPCG(8, 8))
	for seed := range 200 {
		b := bytes.Clone(data)
		for range 1 + rnd.IntN(3) {
			b[rnd.IntN(len(b))] = byte(rnd.IntN(256))
		}
		load(fmt.Sprintf("wrong bytes, seed %d", seed), b, false)
	}
}

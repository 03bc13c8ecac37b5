package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
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

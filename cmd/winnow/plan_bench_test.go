package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/winnowdb/winnow/catalog"
)

// BenchmarkExplain100k explains a question of one day over a table of 100,000 registered partitions, with a
// warm catalog.
func BenchmarkExplain100k(b *testing.B) {
	ctx, dir := context.Background(), b.TempDir()
	f := engineFlags{warehouse: dir + "/warehouse", memory: "64MiB", timeZone: "UTC", slots: 2}
	e, err := f.engine(cluster{})
	if err != nil {
		b.Fatal(err)
	}
	conn := e.connect()
	defer closeConn(conn)
	ddl := `create external table logs (v string) partitioned by (year string, month string, day string, hour string) location '` + dir + `'`
	if _, _, err := rowsOf(conn, ddl); err != nil {
		b.Fatal(err)
	}
	add := catalog.AddPartitions{Database: "default", Name: "logs"}
	for i := range 100_000 { // 30 days a month, 12 months a year
		var values []catalog.Value
		for _, t := range []string{
			fmt.Sprint(2000 + i/8640), fmt.Sprintf("%02d", i/720%12+1), fmt.Sprintf("%02d", i/24%30+1), fmt.Sprintf("%02d", i%24),
		} {
			values = append(values, catalog.Value{Text: t})
		}
		add.Partitions = append(add.Partitions, catalog.PartitionSpec{Values: values, Location: fmt.Sprintf("%s/%d", dir, i)})
	}
	if err := conn.Source().Apply(ctx, add); err != nil {
		b.Fatal(err)
	}
	sql := `explain select hour, count(*) from logs where year = '2005' and month = '06' and day = '07' group by hour`
	for b.Loop() {
		if rows, _, err := rowsOf(conn, sql); err != nil || rows == "" {
			b.Fatal(rows, err)
		}
	}
}

package coord

import (
	"testing"
	"time"

	"github.com/winnowdb/winnow/proto/winnowpb"
)

func TestDescribe(t *testing.T) {
	read := &winnowpb.Stats{Files: 2, BytesRead: 10, BytesDecoded: 2e9, RowsRead: 7, BadValues: 1, SpilledBytes: 5}
	for _, c := range []struct {
		s    Summary
		want string
	}{
		{Summary{Rows: 1, Elapsed: 2 * time.Millisecond, Stats: &winnowpb.Stats{}}, "1 row, 2ms"},
		{
			Summary{Rows: 3, Scans: 1, PartitionsKept: 2, PartitionsTotal: -1, Elapsed: time.Second, Stats: read},
			"3 rows, partitions 2/?, files 2, bytes 10 (2000000000 decoded), rows read 7, corrupt rows 0, bad values 1, spilled bytes 5, 1s, 2.00 GB/s",
		},
		{
			Summary{Rows: 0, Scans: 1, PartitionsKept: 2, PartitionsTotal: 9, Elapsed: time.Second, Kept: true, Stats: &winnowpb.Stats{BadRows: 4}},
			"0 rows, kept from an earlier statement over the same files, partitions 2/9, corrupt rows 4, bad values 0, 1s",
		},
	} {
		if got := Describe(c.s); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

package op

import (
	"sync"

	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Counters are what a task counts. Add and Snapshot may be called from several goroutines.
type Counters struct {
	mu    sync.Mutex
	stats *winnowpb.Stats
}

// NewCounters returns counters at zero.
func NewCounters() *Counters { return &Counters{stats: &winnowpb.Stats{}} }

// Add adds s to the counters.
func (c *Counters) Add(s *winnowpb.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	MergeStats(c.stats, s)
}

// Snapshot returns a copy.
func (c *Counters) Snapshot() *winnowpb.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &winnowpb.Stats{}
	MergeStats(out, c.stats)
	return out
}

// maxBad is how many places of bad values are kept by name; the rest only count.
const maxBad = 100

// MergeStats adds src to dst.
func MergeStats(dst, src *winnowpb.Stats) {
	dst.Files += src.Files
	dst.BytesRead += src.BytesRead
	dst.BytesDecoded += src.BytesDecoded
	dst.RowsRead += src.RowsRead
	dst.BadRows += src.BadRows
	dst.BadValues += src.BadValues
	dst.ExtraFields += src.ExtraFields
	dst.LongLines += src.LongLines
	dst.BadUtf8 += src.BadUtf8
	dst.SpilledBytes += src.SpilledBytes
	dst.RowsOut += src.RowsOut
	dst.Splits += src.Splits
	dst.CpuNanos += src.CpuNanos
	for _, b := range src.Bad {
		mergeBad(dst, b)
	}
	for _, w := range src.Warnings {
		addOnce(dst, w)
	}
	for _, n := range src.Nodes {
		mergeNode(dst, n)
	}
}

func mergeBad(dst *winnowpb.Stats, b *winnowpb.BadValues) {
	for _, have := range dst.Bad {
		if have.Table == b.Table && have.Column == b.Column && have.File == b.File {
			have.Count += b.Count
			return
		}
	}
	if len(dst.Bad) < maxBad {
		dst.Bad = append(dst.Bad, &winnowpb.BadValues{Table: b.Table, Column: b.Column, File: b.File, Count: b.Count})
	}
}

func addOnce(dst *winnowpb.Stats, w string) {
	for _, have := range dst.Warnings {
		if have == w {
			return
		}
	}
	if len(dst.Warnings) < maxBad {
		dst.Warnings = append(dst.Warnings, w)
	}
}

func mergeNode(dst *winnowpb.Stats, n *winnowpb.NodeStats) {
	for _, have := range dst.Nodes {
		if have.Node == n.Node {
			have.Rows += n.Rows
			have.Nanos += n.Nanos
			have.Bytes += n.Bytes
			return
		}
	}
	dst.Nodes = append(dst.Nodes, &winnowpb.NodeStats{Node: n.Node, Name: n.Name, Rows: n.Rows, Nanos: n.Nanos, Bytes: n.Bytes})
}

package coord

import (
	"context"

	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// sizeProbe is how many partitions are listed to guess the size of a scan.
const sizeProbe = 8

// size guesses the bytes under a scan from the listing of its first partitions; each scan is listed once.
func (s *statement) size() func(context.Context, *logical.Scan) (int64, bool) {
	known := map[uint32]int64{}
	return func(ctx context.Context, scan *logical.Scan) (int64, bool) {
		if b, ok := known[scan.ID]; ok {
			return b, b >= 0
		}
		known[scan.ID] = -1
		src := &winnowpb.ScanSource{Table: scan.Table.FullName()}
		parts := 1
		if scan.Pruned != nil {
			parts = len(scan.Pruned.Partitions)
			for _, p := range scan.Pruned.Partitions[:min(sizeProbe, parts)] {
				src.Partitions = append(src.Partitions, &winnowpb.PartitionDir{Location: p.Location})
			}
		} else {
			src.Partitions = []*winnowpb.PartitionDir{{Location: scan.Table.Location}}
			src.Recursive = true
		}
		f, err := s.find(ctx, src)
		if err != nil {
			return 0, false
		}
		_, sum := stored(f, src)
		if parts > sizeProbe {
			sum = sum * int64(parts) / sizeProbe
		}
		known[scan.ID] = sum
		return sum, true
	}
}

// mostSized is how many partitions are listed to plan by the size of each: before a listing has ended, nothing is read.
const mostSized = 1024

// sizes tells the bytes of each partition of a scan, and keeps what it listed for the run.
func (s *statement) sizes(ctx context.Context, scan *logical.Scan) ([]int64, bool) {
	if len(scan.Pruned.Partitions) > mostSized {
		return nil, false
	}
	src := &winnowpb.ScanSource{Table: scan.Table.FullName(), Recursive: scan.Recursive}
	for _, p := range scan.Pruned.Partitions {
		src.Partitions = append(src.Partitions, &winnowpb.PartitionDir{Location: p.Location, Name: p.Name})
	}
	f, err := s.find(ctx, src)
	if err != nil {
		return nil, false // the run tells of it, if it needs the listing
	}
	s.found[scan.ID] = f
	bytes := make([]int64, len(src.Partitions))
	for i, dir := range src.Partitions {
		_, bytes[i] = f.Stored(dir.Location)
	}
	return bytes, true
}

// find lists what is stored under src.
func (s *statement) find(ctx context.Context, src *winnowpb.ScanSource) (*splits.Found, error) {
	return splits.Find(ctx, s.c.cfg.Set, src, s.c.cfg.Splits.Listings)
}

// stored adds up what f has found under the partitions of src.
func stored(f *splits.Found, src *winnowpb.ScanSource) (files int, bytes int64) {
	for _, dir := range src.Partitions {
		n, b := f.Stored(dir.Location)
		files, bytes = files+n, bytes+b
	}
	return files, bytes
}

// packed cuts into splits what was found of the scans of p when it was planned.
func (s *statement) packed(p *winnowpb.Plan) (map[uint32]*splits.Listing, error) {
	listed := map[uint32]*splits.Listing{}
	scans := dispatch.ScanNodes(p)
	for _, stage := range p.Stages {
		for _, src := range stage.Scans {
			f := s.found[src.ScanId]
			if f == nil {
				continue
			}
			l, err := f.Pack(src, scans[src.ScanId], s.cut())
			if err != nil {
				return nil, err
			}
			listed[src.ScanId] = l
		}
	}
	return listed, nil
}

// Package splits turns the pruned partitions of a scan into splits: byte ranges of listed object
// versions, sized so that one task is neither too small to be worth its start nor too large to run again.
// Small files share a split, large plain ones are cut; a compressed file is always whole. Partitions of one group are whole in one split.
//
// Read Of first.
package splits

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Config sizes the splits.
type Config struct {
	TargetBytes int64 // of a split
	MaxFiles    int   // in a split
	Listings    int   // LIST calls under way at once
}

// DefaultConfig is what a coordinator uses when not told otherwise.
var DefaultConfig = Config{TargetBytes: 32 << 20, MaxFiles: 512, Listings: 16}

// tailFactor: a rest of up to this part of the target joins the split before it.
const tailFactor = 1.25

// Of lists src and sends splits to out, in the order of partitions and paths, as they are found; it
// closes out when all are sent or ctx ends. warn hears of folders that are not there.
func Of(ctx context.Context, set *connectors.Set, src *winnowpb.ScanSource, scan *winnowpb.Scan, cfg Config, warn func(string), out chan<- *winnowpb.Split) error {
	defer close(out)
	return pack(src, scan, cfg, warn, func(each eachDir) error {
		return list(ctx, set, src, cfg.Listings, warn, each)
	}, func(s *winnowpb.Split) error {
		select {
		case out <- s:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// eachDir takes the data files of a partition.
type eachDir func(*winnowpb.PartitionDir, []connectors.Object) error

// pack hands the splits of what listed gives to emit.
func pack(src *winnowpb.ScanSource, scan *winnowpb.Scan, cfg Config, warn func(string), listed func(eachDir) error, emit func(*winnowpb.Split) error) error {
	sent := int64(0)
	p := &packer{src: src, scan: scan, cfg: cfg, emit: func(s *winnowpb.Split) error {
		if src.SampleBytes > 0 && sent >= src.SampleBytes {
			return errEnough
		}
		for _, f := range s.Files {
			sent += f.Length
		}
		return emit(s)
	}}
	err := listed(func(dir *winnowpb.PartitionDir, objects []connectors.Object) error {
		if len(objects) == 0 && dir.Name != "" {
			warn(fmt.Sprintf("partition %s of %s has no files at %s", dir.Name, src.Table, dir.Location))
		}
		if err := p.begin(dir); err != nil {
			return err
		}
		for _, o := range objects {
			if err := p.add(dir, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = p.flush()
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends the listing of a sample that has its bytes.
var errEnough = errors.New("the sample is full")

// list lists the data files of every partition of src, with several listings under way at once, and
// hands them to each in the order of src.Partitions. warn, which is called from several goroutines, hears of files
// that are passed over and yet look like data.
func list(ctx context.Context, set *connectors.Set, src *winnowpb.ScanSource, listings int, warn func(string), each eachDir) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, listings) + 1)
	results := make([]chan []connectors.Object, len(src.Partitions))
	for i := range results {
		results[i] = make(chan []connectors.Object, 1)
	}
	g.Go(func() error { // hands over in order; ends with the last partition or with ctx
		for i, dir := range src.Partitions {
			select {
			case objects := <-results[i]:
				if err := each(dir, objects); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for i, dir := range src.Partitions {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			objects, err := files(ctx, set, src, dir.Location, warn)
			if err == nil && src.Links {
				objects, err = linked(ctx, set, objects)
			}
			results[i] <- objects
			return err
		})
	}
	return g.Wait()
}

// files lists what is data under location.
func files(ctx context.Context, set *connectors.Set, src *winnowpb.ScanSource, location string, warn func(string)) ([]connectors.Object, error) {
	store, err := set.Store(location)
	if err != nil {
		return nil, err
	}
	var out []connectors.Object
	base := strings.TrimSuffix(location, "/")
	below := 0
	for o, err := range store.List(ctx, base) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", location, err)
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(o.Path, base), "/")
		switch {
		case !visible(rest):
		case !src.Recursive && strings.Contains(rest, "/"):
			below++
		case o.Size > 0:
			out = append(out, o)
		case serde.NamedPacked(o.Path):
			warn(fmt.Sprintf("%s is empty, though its name says that it is compressed", o.Path))
		}
	}
	if below > 0 {
		warn(fmt.Sprintf("%d files in folders below %s are not read: the table property 'recursive'='true' reads them", below, location))
	}
	return out, nil
}

// visible reports whether no part of the path below the location is hidden; it is "" if the location is a file.
func visible(rest string) bool {
	if rest == "" {
		return true
	}
	for part := range strings.SplitSeq(rest, "/") {
		if connectors.Hidden(part) {
			return false
		}
	}
	return true
}

// packer fills splits.
type packer struct {
	src   *winnowpb.ScanSource
	scan  *winnowpb.Scan
	cfg   Config
	emit  func(*winnowpb.Split) error
	cur   *winnowpb.Split
	size  int64
	group uint32 // of the partition at hand
}

// begin goes on to dir.
func (p *packer) begin(dir *winnowpb.PartitionDir) error {
	last := p.group
	p.group = dir.Group
	if p.cur != nil && p.group != last && (p.group == 0 || last == 0 || p.full()) {
		return p.flush()
	}
	return nil
}

func (p *packer) full() bool {
	return p.size >= p.cfg.TargetBytes || len(p.cur.Files) >= p.cfg.MaxFiles
}

func (p *packer) add(dir *winnowpb.PartitionDir, o connectors.Object) error {
	if p.group > 0 {
		p.put(dir, o, 0, o.Size)
		return nil
	}
	if o.Size > int64(float64(p.cfg.TargetBytes)*tailFactor) && serde.Splittable(p.scan.Format, p.scan.Properties, o.Path) {
		return p.cut(dir, o)
	}
	if p.cur != nil && (p.size+o.Size > p.cfg.TargetBytes || len(p.cur.Files) >= p.cfg.MaxFiles) {
		if err := p.flush(); err != nil {
			return err
		}
	}
	p.put(dir, o, 0, o.Size)
	return nil
}

// cut makes splits of near equal size of one large file.
func (p *packer) cut(dir *winnowpb.PartitionDir, o connectors.Object) error {
	n := (o.Size + p.cfg.TargetBytes - 1) / p.cfg.TargetBytes
	for i := range n {
		if err := p.flush(); err != nil {
			return err
		}
		start, end := o.Size/n*i, o.Size/n*(i+1)
		if i == n-1 {
			end = o.Size
		}
		p.put(dir, o, start, end-start)
	}
	return p.flush()
}

func (p *packer) put(dir *winnowpb.PartitionDir, o connectors.Object, offset, length int64) {
	if p.cur == nil {
		p.cur = &winnowpb.Split{ScanId: p.src.ScanId}
	}
	p.cur.Files = append(p.cur.Files, &winnowpb.FileRange{
		Path: o.Path, Size: o.Size, Etag: o.ETag, ModTimeUnixNanos: o.ModTime.UnixNano(),
		Offset: offset, Length: length, Values: dir.Values, Partition: dir.Name,
	})
	p.size += length
}

func (p *packer) flush() error {
	if p.cur == nil {
		return nil
	}
	s := p.cur
	p.cur, p.size = nil, 0
	return p.emit(s)
}

// Missing returns a NOT_FOUND error if nothing is at location: no object and, on stores with real
// folders, no folder either.
func Missing(ctx context.Context, set *connectors.Set, table, location string) error {
	store, err := set.Store(location)
	if err != nil {
		return err
	}
	for _, err := range store.List(ctx, location) {
		return err
	}
	base := strings.TrimSuffix(location, "/")
	if _, folders := store.(connectors.DirMaker); folders {
		lister, ok := store.(connectors.DirLister)
		if !ok {
			return nil
		}
		for o, err := range lister.ListDir(ctx, base[:strings.LastIndexByte(base, '/')+1]) {
			if err != nil {
				return err
			}
			if strings.TrimSuffix(o.Path, "/") == base {
				return nil
			}
		}
	}
	return diag.Errorf(diag.NotFound, "nothing is at %s, the location of table %s", location, table).
		WithHint("check the LOCATION; a folder appears with its first file")
}

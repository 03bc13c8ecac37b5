package splits

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Listing is what one scan reads: the splits of Of in their order, and what its listing warned of.
type Listing struct {
	Splits []*winnowpb.Split

	mu       sync.Mutex
	warnings []string
}

// Warn adds a warning; it may be called from several goroutines.
func (l *Listing) Warn(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.warnings = append(l.warnings, text)
}

// Warnings returns the warnings in order of their texts.
func (l *Listing) Warnings() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.warnings))
}

// Newest returns the time of the youngest file; zero if there is none.
func (l *Listing) Newest() time.Time {
	var newest time.Time
	for _, s := range l.Splits {
		for _, f := range s.Files {
			if at := time.Unix(0, f.ModTimeUnixNanos); at.After(newest) {
				newest = at
			}
		}
	}
	return newest
}

// Collect is Of with all that it found at the end.
func Collect(ctx context.Context, set *connectors.Set, src *winnowpb.ScanSource, scan *winnowpb.Scan, cfg Config) (*Listing, error) {
	l := &Listing{}
	out := make(chan *winnowpb.Split, 64)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return Of(ctx, set, src, scan, cfg, l.Warn, out) })
	g.Go(func() error { // ends with the listing
		for s := range out {
			l.Splits = append(l.Splits, s)
		}
		return nil
	})
	return l, g.Wait()
}

// Found is what a listing found, to be cut into splits once more is known of the plan.
type Found struct {
	objects  map[string][]connectors.Object // by location
	warnings Listing
}

// Find lists the data files of every partition of src.
func Find(ctx context.Context, set *connectors.Set, src *winnowpb.ScanSource, listings int) (*Found, error) {
	f := &Found{objects: map[string][]connectors.Object{}}
	err := list(ctx, set, src, listings, f.warnings.Warn, func(dir *winnowpb.PartitionDir, objects []connectors.Object) error {
		f.objects[dir.Location] = objects
		return nil
	})
	return f, err
}

// Stored returns how many files are at location, and their bytes.
func (f *Found) Stored(location string) (files int, bytes int64) {
	for _, o := range f.objects[location] {
		bytes += o.Size
	}
	return len(f.objects[location]), bytes
}

// Pack is Collect without listing again: src has the partitions that were listed, in any order.
func (f *Found) Pack(src *winnowpb.ScanSource, scan *winnowpb.Scan, cfg Config) (*Listing, error) {
	l := &Listing{warnings: f.warnings.Warnings()}
	return l, pack(src, scan, cfg, l.Warn, func(each eachDir) error {
		for _, dir := range src.Partitions {
			if err := each(dir, f.objects[dir.Location]); err != nil {
				return err
			}
		}
		return nil
	}, func(s *winnowpb.Split) error {
		l.Splits = append(l.Splits, s)
		return nil
	})
}

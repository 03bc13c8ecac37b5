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

// Package discover finds partitions by walking the key=value folders below a table's location: for
// RECOVER PARTITIONS and MSCK, and at planning for tables whose partitions are their layout.
//
// Read Walk first.
package discover

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/proto/diag"
)

// listings is how many folders are listed at once.
const listings = 16

// Found is the outcome of a walk.
type Found struct {
	Partitions []catalog.PartitionSpec // sorted by value
	Warnings   []string                // folders that are no partition
}

// maxWarnings bounds the folders that are named.
const maxWarnings = 100

// Walk lists the folders of t level by level. prune, if not nil, is asked after each level which
// candidates to follow. Folders that are not key=value in the order of the partition columns are
// warned of and passed over; hidden ones are passed over. Names of keys match without case.
func Walk(ctx context.Context, set *connectors.Set, t *catalog.Table, prune catalog.Pruner) (*Found, error) {
	store, err := set.Store(t.Location)
	if err != nil {
		return nil, err
	}
	lister, ok := store.(connectors.DirLister)
	if !ok {
		return nil, diag.Errorf(diag.Unsupported, "%s cannot be listed folder by folder", t.Location)
	}
	w := &walker{t: t, lister: lister, found: &Found{}}
	level := []catalog.PartitionSpec{{Location: strings.TrimSuffix(t.Location, "/")}}
	for depth := range t.Partition {
		if level, err = w.down(ctx, level, depth); err != nil {
			return nil, err
		}
		if level, err = catalog.Prune(ctx, prune, t, level, depth+1); err != nil {
			return nil, err
		}
	}
	w.found.Partitions = catalog.NewRegistry(level).Parts()
	return w.found, nil
}

type walker struct {
	t      *catalog.Table
	lister connectors.DirLister
	mu     sync.Mutex
	found  *Found
}

// down lists the folders of one level.
func (w *walker) down(ctx context.Context, level []catalog.PartitionSpec, depth int) ([]catalog.PartitionSpec, error) {
	below := make([][]catalog.PartitionSpec, len(level))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(listings)
	for i, p := range level {
		g.Go(func() error {
			var err error
			below[i], err = w.children(ctx, p, depth)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []catalog.PartitionSpec
	for _, b := range below {
		out = append(out, b...)
	}
	return out, nil
}

func (w *walker) children(ctx context.Context, p catalog.PartitionSpec, depth int) ([]catalog.PartitionSpec, error) {
	var out []catalog.PartitionSpec
	for o, err := range w.lister.ListDir(ctx, p.Location+"/") {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", p.Location, err)
		}
		name := path.Base(strings.TrimSuffix(o.Path, "/"))
		if connectors.Hidden(name) || !strings.HasSuffix(o.Path, "/") {
			continue
		}
		key, value, ok := strings.Cut(name, "=")
		if !ok || !strings.EqualFold(catalog.UnescapeValue(key).Text, w.t.Partition[depth].Name) {
			w.warn("%s is not a partition: want %s=…", o.Path, w.t.Partition[depth].Name)
			continue
		}
		values := append(append([]catalog.Value{}, p.Values...), catalog.UnescapeValue(value))
		out = append(out, catalog.PartitionSpec{Values: values, Location: strings.TrimSuffix(o.Path, "/")})
	}
	return out, nil
}

func (w *walker) warn(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.found.Warnings) < maxWarnings {
		w.found.Warnings = append(w.found.Warnings, fmt.Sprintf(format, args...))
	}
}

// Source is base, with the partitions of tables that are partitioned by their layout found by listing.
type Source struct {
	catalog.Source
	Set *connectors.Set
}

// Partitions lists the folders of such a table, those only that prune leaves; total is then unknown.
func (s Source) Partitions(ctx context.Context, t *catalog.Table, prune catalog.Pruner) (arrow.Record, int, error) {
	if !t.PathPartitioned() {
		return s.Source.Partitions(ctx, t, prune)
	}
	found, err := Walk(ctx, s.Set, t, prune)
	if err != nil {
		return nil, 0, err
	}
	return catalog.PartitionRecord(t, found.Partitions), -1, nil
}

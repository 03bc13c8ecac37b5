package dispatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

// A query that has met a damaged file has no answer any more. It goes on for a while all the same, so that one run names
// all files that are damaged and not the first one only.
const (
	maxDamaged = 100
	lookOn     = 10 * time.Second // after the first
)

// damage is what a query has met of damaged files.
type damage struct {
	now func() time.Time

	mu    sync.Mutex
	first *diag.Error
	since time.Time
	lines []string // a file and what is wrong with it
	more  bool     // not all files were looked at
}

// add notes the error of a task, which has a line for each damaged file. It returns nil if the query is to look for
// more of them, else the error that ends it.
func (d *damage) add(err error) error {
	var one *diag.Error
	if !errors.As(err, &one) {
		return err
	}
	d.mu.Lock()
	if d.first == nil {
		d.first, d.since = one, d.now()
	}
	d.lines = append(d.lines, strings.Split(one.Msg, "\n")...)
	d.more = len(d.lines) >= maxDamaged || d.now().Sub(d.since) >= lookOn
	enough := d.more
	d.mu.Unlock()
	if enough {
		return d.err()
	}
	return nil
}

// err is the error of all damaged files, in the order of their names; nil if there are none.
func (d *damage) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first == nil {
		return nil
	}
	lines := slices.Compact(slices.Sorted(slices.Values(d.lines)))
	if len(lines) == 1 {
		return d.first
	}
	head := fmt.Sprintf("%d files are damaged:", len(lines))
	if d.more {
		lines = lines[:min(len(lines), maxDamaged)]
		head = fmt.Sprintf("%d files are damaged, and there may be more:", len(lines))
	}
	return diag.Errorf(d.first.Kind, "%s\n  %s", head, strings.Join(lines, "\n  ")).WithHint("%s", d.first.Hint)
}

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
	since time.Time
	found []damaged
	more  bool // not all files were looked at
}

// damaged is a file with what is wrong with it, and what can be done.
type damaged struct{ text, hint string }

// add notes the error of a task, which has a line for each damaged file. It returns nil if the query is to look for
// more of them, else the error that ends it.
func (d *damage) add(err error) error {
	var one *diag.Error
	if !errors.As(err, &one) {
		return err
	}
	d.mu.Lock()
	if len(d.found) == 0 {
		d.since = d.now()
	}
	for line := range strings.SplitSeq(one.Msg, "\n") {
		d.found = append(d.found, damaged{line, one.Hint})
	}
	d.more = len(d.found) >= maxDamaged || d.now().Sub(d.since) >= lookOn
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
	found := slices.Clone(d.found)
	slices.SortFunc(found, func(a, b damaged) int { return strings.Compare(a.text, b.text) })
	found = slices.CompactFunc(found, func(a, b damaged) bool { return a.text == b.text })
	var msg string
	switch n := len(found); {
	case n == 0:
		return nil
	case n == 1:
		msg = found[0].text
	case d.more:
		found = found[:min(n, maxDamaged)]
		msg = fmt.Sprintf("%d files are damaged, and there may be more:", len(found))
	default:
		msg = fmt.Sprintf("%d files are damaged:", n)
	}
	for _, f := range found {
		if len(found) > 1 {
			msg += "\n  " + f.text
		}
	}
	return diag.Errorf(diag.BadFile, "%s", msg).WithHint("%s", found[0].hint)
}

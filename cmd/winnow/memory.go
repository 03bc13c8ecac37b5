package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/winnowdb/winnow/proto/diag"
)

const (
	// mostQueryBytes is the memory of a query where --memory does not tell; less, if the machine has less than twice of that.
	mostQueryBytes = 4 << 30
	// processBytes is what a process holds besides the rows of its query.
	processBytes = 64 << 20
	// Of the memory that there is all queries together may take queriesPercent before they spill. Garbage is collected before
	// heapPercent are in use.
	queriesPercent = 60
	heapPercent    = 90
)

// available is the memory that this process may use, in bytes: that of its container or of the machine, whichever is
// less; 0 if neither tells. It is asked for once.
var available = sync.OnceValue(func() int64 {
	least := uint64(math.MaxInt64)
	for _, of := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem} {
		if n, err := of(); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return int64(least)
})

// queryBytes is --memory in bytes; 0 is no limit.
func (f *engineFlags) queryBytes() (int64, error) {
	if f.memory == "" {
		if n := available(); n > 0 {
			return min(mostQueryBytes, n/2), nil
		}
		return mostQueryBytes, nil
	}
	bytes, err := parseSize(f.memory)
	if err != nil {
		return 0, diag.Errorf(diag.Config, "--memory: %w", err)
	}
	return bytes, nil
}

// tooMuch warns of a --memory that is more than there is; empty if it is not.
func (f *engineFlags) tooMuch() string {
	bytes, err := f.queryBytes()
	if n := available(); err == nil && n > 0 && bytes > n {
		return fmt.Sprintf("--memory is %d MiB, but this machine or container has %d MiB", bytes>>20, n>>20)
	}
	return ""
}

// boundHeap has garbage collected before the process holds more than what there is; by itself the heap grows to twice of
// what is in use. Where one query runs at a time it is also held to not much more than --memory.
func (f *engineFlags) boundHeap(oneQuery bool) error {
	bytes, err := f.queryBytes()
	if err != nil {
		return err
	}
	limit := int64(math.MaxInt64)
	if n := available(); n > 0 {
		limit = n / 100 * heapPercent
	}
	if oneQuery && bytes > 0 {
		limit = min(limit, bytes+processBytes)
	}
	if hasBallast && limit < math.MaxInt64-ballastBytes {
		limit += ballastBytes
	}
	debug.SetMemoryLimit(limit)
	return nil
}

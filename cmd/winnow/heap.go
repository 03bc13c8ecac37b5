package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A collection costs what the pointers in use cost, and most of a query's memory has none: batches, tables of keys. So a
// heap may grow by some 60 MB before it is collected, where the runtime would collect a small one many times a second, and by a
// quarter if it is large. A share of a ballast, which is memory that nobody touches, so that the system does not give it, tells the
// runtime so: the share of what is in use alone would have to change after each collection, and the runtime would return memory to the
// system in each quiet moment, from where it had to be fetched again, and cleared, a page at a time.
const (
	ballastBytes = 1 << 30
	leastPercent = 6  // of what is in use with the ballast
	largePercent = 25 // of what is in use without it

	// A process that has ended by then is spared the collection that comes with the ballast.
	ballastAfter = 50 * time.Millisecond
	startPercent = 1200 // of 4 MB
)

// hasBallast tells that there is a ballast, or will be soon.
var hasBallast bool

// paceHeap sets when this process collects garbage. GOGC, if set, has the say, and so has the runtime where memory has to be there
// before it is touched.
func paceHeap() {
	if hasBallast = os.Getenv("GOGC") == "" && reservable(); !hasBallast {
		return
	}
	debug.SetGCPercent(startPercent)
	time.AfterFunc(ballastAfter, func() {
		ballast := make([]byte, ballastBytes)
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		type cycle struct{ _ *byte } // with a pointer, as the runtime may keep tiny objects without one
		var after func(*cycle)       // each collection, sooner or later
		after = func(*cycle) {
			metrics.Read(live)
			debug.SetGCPercent(percentOver(live[0].Value.Uint64()))
			runtime.SetFinalizer(&cycle{}, after)
			runtime.KeepAlive(ballast)
		}
		after(nil)
	})
}

// percentOver is by how much a heap of live bytes, the ballast among them, may grow.
func percentOver(live uint64) int {
	live = max(live, ballastBytes)
	return max(leastPercent, int(largePercent*(live-ballastBytes)/live))
}

package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A collection costs what the pointers in use cost, and most of a query's memory has none: batches, tables of keys.
// So a small heap may grow by leastGrowth before it is collected, where the runtime would collect it many times a
// second, and a large one by half of what is in use, where the runtime lets it grow to twice of that.
const (
	leastGrowth   = 64 << 20 // bytes
	growthPercent = 50
	runtimeLeast  = 4 << 20 // bytes
)

// paceHeap sets when this process collects garbage, after each collection anew. GOGC, if set, has the say.
func paceHeap() {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	type cycle struct{ _ *byte } // with a pointer, as the runtime may keep tiny objects without one
	var after func(*cycle)
	after = func(*cycle) {
		metrics.Read(live)
		debug.SetGCPercent(percentOver(live[0].Value.Uint64()))
		runtime.SetFinalizer(&cycle{}, after)
	}
	after(nil)
}

// percentOver is by how much a heap of live bytes may grow. The runtime takes one of less than runtimeLeast for as large as that.
func percentOver(live uint64) int {
	return int(max(growthPercent, 100*leastGrowth/max(live, runtimeLeast)))
}

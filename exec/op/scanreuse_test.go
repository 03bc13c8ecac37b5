package op

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// TestScanReuse holds later tasks of a query to the buffers of the first, and to their own rows.
func TestScanReuse(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection may empty the pool of buffers
	w := newScanWorld(t)
	n := scanOf("", map[string]string{"field.delim": ","}, "a string", "b int")
	first, second := w.file("first", "x,1\nbad,x\n"), w.file("second", "y,2,extra\n")
	w.want([]string{"x|1", "bad|NULL"}, n, first)
	least, tries := uint64(1<<60), 8 // a pool may lose what it was given: now and then, and with the race detector on purpose
	for range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w.want([]string{"y|2"}, n, second)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > 100<<10 {
		t.Errorf("later tasks allocated %d bytes at least", least)
	}
	if s := w.env.Counters.Snapshot(); s.BadValues != 1 || s.ExtraFields != int64(tries) {
		t.Errorf("%d bad values, %d extra fields; want 1, %d", s.BadValues, s.ExtraFields, tries)
	}
	other := scanOf("", map[string]string{"field.delim": ";"}, "a string", "b int")
	w.want([]string{"x,1|NULL", "bad,x|NULL"}, other, first)
}

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
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w.want([]string{"y|2"}, n, second)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 100<<10 {
		t.Errorf("the second task allocated %d bytes", grown)
	}
	if s := w.env.Counters.Snapshot(); s.BadValues != 1 || s.ExtraFields != 1 {
		t.Errorf("%d bad values, %d extra fields; want 1, 1", s.BadValues, s.ExtraFields)
	}
	other := scanOf("", map[string]string{"field.delim": ";"}, "a string", "b int")
	w.want([]string{"x,1|NULL", "bad,x|NULL"}, other, first)
}

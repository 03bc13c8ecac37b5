package dispatch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

// TestDamage names each file once, a hundred at the most, and gives up looking after a while.
func TestDamage(t *testing.T) {
	now := time.Unix(0, 0)
	d := damage{now: func() time.Time { return now }}
	if err := d.err(); err != nil {
		t.Errorf("without damage: %v", err)
	}
	bad := func(msg string) error { return diag.Errorf(diag.BadFile, "%s", msg).WithHint("skip it") }
	if err := d.add(bad("b: cut")); err != nil {
		t.Errorf("ended at the first: %v", err)
	}
	if got := d.err().Error(); got != "BAD_FILE: b: cut: skip it" {
		t.Errorf("one file: %s", got)
	}
	if err := d.add(bad("a: cut\nb: cut")); err != nil {
		t.Errorf("ended at the second: %v", err)
	}
	if got := d.err().Error(); got != "BAD_FILE: 2 files are damaged:\n  a: cut\n  b: cut: skip it" {
		t.Errorf("two files: %s", got)
	}
	now = now.Add(lookOn)
	if err := d.add(bad("c: cut")); err == nil || !strings.Contains(err.Error(), "3 files are damaged, and there may be more") {
		t.Errorf("late: %v", err)
	}
	d = damage{now: func() time.Time { return now }}
	for i := range maxDamaged {
		err := d.add(bad(fmt.Sprintf("%03d: cut\n%03d: cut", 2*i, 2*i+1)))
		if n := 2 * (i + 1); (err != nil) != (n >= maxDamaged) {
			t.Fatalf("%d files: %v", n, err)
		} else if err != nil {
			if got := strings.Count(err.Error(), "\n"); got != maxDamaged {
				t.Errorf("%d are named", got)
			}
			return
		}
	}
}

package op

import "testing"

// TestBudgetOfAllQueries: a query spills when all together hold too much, and leaves nothing when it ends.
func TestBudgetOfAllQueries(t *testing.T) {
	all := NewBudget(100)
	a, b := all.Query(80), all.Query(80)
	for _, c := range []struct {
		of   *Budget
		n    int64
		want bool
	}{{a, 60, true}, {b, 30, true}, {b, 30, false}, {a, 1, false}, {b, -30, true}, {a, 20, false}, {a, -1, false}} {
		if got := c.of.Grow(c.n); got != c.want {
			t.Errorf("grow by %d: %v, want %v, %d bytes are taken", c.n, got, c.want, all.Used())
		}
	}
	a.Close()
	if all.Used() != 30 {
		t.Errorf("%d bytes are taken, want 30", all.Used())
	}
	var none *Budget
	if q := none.Query(10); !q.Grow(10) || q.Grow(1) {
		t.Error("a query alone has its own limit")
	}
}

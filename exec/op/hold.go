package op

import (
	"github.com/winnowdb/winnow/proto/diag"
)

// hold is what one operator has taken of the budget.
type hold struct {
	budget *Budget
	n      int64
	ok     bool
}

// set says that the operator now holds n bytes.
func (h *hold) set(n int64) {
	if h.budget != nil {
		h.ok = h.budget.Grow(n - h.n)
	}
	h.n = n
}

func (h *hold) add(n int64) { h.set(h.n + n) }

func (h *hold) free() { h.set(0) }

// Operators do not spill what is smaller than leastSpill bytes (or a part of the budget, if that is
// small): when others hold the memory it would help nobody.
const (
	leastSpill     = 1 << 20
	leastSpillPart = 8
)

// over reports whether the operator shall spill.
func (h *hold) over() bool {
	if h.budget == nil || h.ok || h.n == 0 || h.budget.Limit() == 0 {
		return false
	}
	return h.n >= min(leastSpill, h.budget.Limit()/leastSpillPart)
}

// leastLimit is the number of bytes that an operator which cannot spill may hold in any case.
const leastLimit = 64 << 20

// must is the error of an operator that cannot spill any more and alone holds more than the budget.
func (h *hold) must(what string) error {
	if h.budget == nil || h.budget.Limit() == 0 || h.ok || h.n <= max(leastLimit, h.budget.Limit()) {
		return nil
	}
	return diag.Errorf(diag.Limit, "%s takes %d MiB of memory, more than the %d MiB of a query", what, h.n>>20, h.budget.Limit()>>20).
		WithHint("give queries more memory")
}

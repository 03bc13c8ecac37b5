package op

import (
	"sync"
	"sync/atomic"
)

// Budget is the memory that the tasks of one query may hold in one process, in bytes. Blocking operators
// take from it as they grow and spill when it is used up, or when that of all queries of the process is.
type Budget struct {
	limit int64   // 0: no limit
	of    *Budget // of all queries; nil: they have no common one
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes; 0 means no limit.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Query returns the budget of a query, of limit bytes, within b, which may be nil. Close ends it.
func (b *Budget) Query(limit int64) *Budget { return &Budget{limit: limit, of: b} }

// Close gives back what the query still has when all of its tasks have ended.
func (b *Budget) Close() { b.Grow(-b.Used()) }

// Grow takes n bytes (negative: gives back) and reports whether the budget still holds. The bytes are
// taken in any case: an operator that hears false spills and gives back.
func (b *Budget) Grow(n int64) bool {
	ok := b.of == nil || b.of.Grow(n)
	used := b.used.Add(n)
	return ok && (b.limit == 0 || used <= b.limit)
}

// Used returns the bytes taken.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit returns the limit in bytes, 0 for none.
func (b *Budget) Limit() int64 { return b.limit }

// Shared keeps values that several tasks make once, and memory that one after the other uses.
type Shared struct {
	mu   sync.Mutex
	m    map[any]*entry
	idle []*groupMemory // for the next tasks: it has the size that a task needs
}

type entry struct {
	once  sync.Once
	value any
	err   error
}

// NewShared returns an empty Shared.
func NewShared() *Shared { return &Shared{m: map[any]*entry{}} }

// Do returns the value of key; the first caller makes it, others wait for him. If that fails, those who
// wait get the error too, and the next caller makes it anew.
func (s *Shared) Do(key any, make func() (any, error)) (any, error) {
	s.mu.Lock()
	e := s.m[key]
	if e == nil {
		e = &entry{}
		s.m[key] = e
	}
	s.mu.Unlock()
	e.once.Do(func() { e.value, e.err = make() })
	if e.err != nil {
		s.mu.Lock()
		if s.m[key] == e {
			delete(s.m, key)
		}
		s.mu.Unlock()
	}
	return e.value, e.err
}

// groupMemory returns memory without keys.
func (s *Shared) groupMemory() *groupMemory {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return &groupMemory{index: newKeyTable()}
	}
	m := s.idle[last]
	s.idle = s.idle[:last]
	return m
}

// mostKept is the most bytes of a table, and keptPart the part of a query's memory, that are kept for another task.
const (
	mostKept = 32 << 20
	keptPart = 64
)

// keep takes m, which its user is done with, for another.
func (s *Shared) keep(m *groupMemory, b *Budget) {
	if n := m.index.size(); n > mostKept || b != nil && b.Limit() > 0 && n > b.Limit()/keptPart {
		m.index = newKeyTable()
	} else {
		m.index.reset()
	}
	m.short.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, m)
}

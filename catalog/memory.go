package catalog

import (
	"context"
	"maps"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
)

// Memory is a Source that lives in this process: temporary tables, tests.
type Memory struct {
	mu    sync.Mutex
	snap  *Snapshot
	parts map[string]*Registry // by full table name
}

// NewMemory returns a Source that begins with snap.
func NewMemory(snap *Snapshot) *Memory {
	return &Memory{snap: snap, parts: map[string]*Registry{}}
}

// Load returns the snapshot.
func (m *Memory) Load(context.Context) (*Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snap, nil
}

// Partitions returns all registered partitions; prune is not asked.
func (m *Memory) Partitions(_ context.Context, t *Table, _ Pruner) (arrow.Record, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	parts := m.registry(t.FullName()).Parts()
	return PartitionRecord(t, parts), len(parts), nil
}

func (m *Memory) registry(name string) *Registry {
	if r := m.parts[name]; r != nil {
		return r
	}
	return NewRegistry(nil)
}

// Apply makes the change.
func (m *Memory) Apply(_ context.Context, c Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, err := Next(m.snap, c)
	if err != nil {
		return err
	}
	if t := TableOf(m.snap, c); t != nil {
		r, _, _, err := m.registry(t.FullName()).Change(t, c)
		if err != nil {
			return err
		}
		m.parts[t.FullName()] = r
	}
	renamed := maps.Clone(m.parts)
	if c, ok := c.(ReplaceTable); ok && c.Old.FullName() != c.New.FullName() {
		renamed[c.New.FullName()] = Relocate(c.Old, c.New, m.registry(c.Old.FullName()))
		delete(renamed, c.Old.FullName())
	}
	for name := range m.parts {
		if !next.hasFull(name) {
			delete(renamed, name)
		}
	}
	m.snap, m.parts = next, renamed
	return nil
}

func (s *Snapshot) hasFull(name string) bool {
	for _, db := range s.Databases {
		for _, t := range db.Tables {
			if t.FullName() == name {
				return true
			}
		}
	}
	return false
}

// TableOf returns the table whose partitions c changes, or nil if c is of another kind.
func TableOf(s *Snapshot, c Change) *Table {
	switch c := c.(type) {
	case AddPartitions:
		return s.Table(c.Database, c.Name)
	case DropPartitions:
		return s.Table(c.Database, c.Name)
	case ReplacePartition:
		return s.Table(c.Database, c.Name)
	}
	return nil
}

// Relocate returns r with the partitions that lie where the layout of old puts them moved to where that
// of table t does: a managed table was renamed and its folder with it.
func Relocate(old, t *Table, r *Registry) *Registry {
	if old.Location == t.Location {
		return r
	}
	parts := make([]PartitionSpec, len(r.Parts()))
	for i, p := range r.Parts() {
		if p.Location == old.PartitionLocation(p.Values) {
			p.Location = t.PartitionLocation(p.Values)
		}
		parts[i] = p
	}
	return NewRegistry(parts)
}

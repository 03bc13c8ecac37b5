package catalog

import (
	"context"
	"maps"

	"github.com/apache/arrow/go/v15/arrow"
)

// Layered is a Source with a layer of temporary tables of one connection over a shared one. A
// temporary table hides a shared one of its name.
type Layered struct {
	Temp *Memory
	Base Source
}

// NewLayered returns base with an empty temporary layer.
func NewLayered(base Source) *Layered {
	return &Layered{Temp: NewMemory(Empty("")), Base: base}
}

// Load merges both layers.
func (l *Layered) Load(ctx context.Context) (*Snapshot, error) {
	base, err := l.Base.Load(ctx)
	if err != nil {
		return nil, err
	}
	temp, err := l.Temp.Load(ctx)
	if err != nil {
		return nil, err
	}
	out := base
	for name, db := range temp.Databases {
		if out.Databases[name] == nil {
			continue // dropped meanwhile
		}
		for _, t := range db.Tables {
			out = out.withTable(name, t.Name, t)
		}
		for _, m := range db.Macros {
			if out, err = out.withMacro(name, m.Name, m); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Partitions asks the layer that t is in.
func (l *Layered) Partitions(ctx context.Context, t *Table, prune Pruner) (arrow.Record, int, error) {
	if t.Temporary {
		return l.Temp.Partitions(ctx, t, prune)
	}
	return l.Base.Partitions(ctx, t, prune)
}

// Apply sends c to the layer of its table or macro.
func (l *Layered) Apply(ctx context.Context, c Change) error {
	temp, err := l.Temp.Load(ctx)
	if err != nil {
		return err
	}
	is := func(database, name string) bool { return temp.Table(database, name) != nil }
	local := false
	switch c := c.(type) {
	case CreateTable:
		local = c.Table.Temporary
		if local && temp.Database(c.Table.Database) == nil {
			if err := l.Temp.Apply(ctx, CreateDatabase{Database: &Database{Name: c.Table.Database}}); err != nil {
				return err
			}
		}
	case DropTable:
		local = is(c.Database, c.Name)
	case ReplaceTable:
		local = c.Old.Temporary
	case AddPartitions:
		local = is(c.Database, c.Name)
	case DropPartitions:
		local = is(c.Database, c.Name)
	case ReplacePartition:
		local = is(c.Database, c.Name)
	case SetMacro:
		local = c.Macro.Temporary
		if local && temp.Database(c.Database) == nil {
			if err := l.Temp.Apply(ctx, CreateDatabase{Database: &Database{Name: c.Database}}); err != nil {
				return err
			}
		}
	case DropMacro:
		db := temp.Database(c.Database)
		local = db != nil && db.Macros[c.Name] != nil
	case DropDatabase:
		if err := l.Base.Apply(ctx, c); err != nil {
			return err
		}
		return l.Temp.Apply(ctx, DropDatabase{Name: c.Name, IfExists: true, Cascade: true})
	}
	if local {
		return l.Temp.Apply(ctx, c)
	}
	return l.Base.Apply(ctx, c)
}

// Clone copies the maps of d.
func (d *Database) Clone() *Database {
	c := *d
	c.Props = maps.Clone(d.Props)
	return &c
}

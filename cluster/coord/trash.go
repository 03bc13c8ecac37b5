package coord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/proto/diag"
)

// The trash is a hidden folder of the warehouse. A dropped table is a folder in it, named by time and
// table, with the table's definition beside its files; winnow vacuum is the only one that deletes there.
const (
	trashFolder     = ".trash"
	trashDefinition = "_table.json"
	trashData       = "data"
	trashTime       = "20060102T150405.000000000"
)

// dropped is what the trash keeps of a table besides its files.
type dropped struct {
	Table      json.RawMessage
	Partitions []catalog.PartitionSpec
}

// discard moves the files of a managed table to the trash, with its definition; other tables have no
// files of ours. On stores that cannot move, files stay and the next table of that name lies elsewhere.
func (c *Coordinator) discard(ctx context.Context, src catalog.Source, t *catalog.Table, now time.Time) error {
	if t.Kind != catalog.Managed {
		return nil
	}
	store, err := c.cfg.Set.Store(t.Location)
	if err != nil {
		return err
	}
	if _, ok := store.(connectors.Mover); !ok {
		return nil
	}
	definition, err := catalog.EncodeTable(t)
	if err != nil {
		return diag.Errorf(diag.Internal, "%w", err)
	}
	rec, _, err := src.Partitions(ctx, t, nil)
	if err != nil {
		return err
	}
	defer rec.Release()
	d := dropped{Table: definition, Partitions: catalog.Specs(t, rec)}
	b, err := json.Marshal(&d)
	if err != nil {
		return diag.Errorf(diag.Internal, "%w", err)
	}
	dir := c.trashDir(t, now)
	if err := c.put(ctx, dir+"/"+trashDefinition, b); err != nil {
		return err
	}
	return c.moveIfThere(ctx, t.Location, dir+"/"+trashData)
}

func (c *Coordinator) trashDir(t *catalog.Table, now time.Time) string {
	return location(c.cfg.Warehouse, trashFolder) + "/" + now.UTC().Format(trashTime) + "-" + t.FullName()
}

// trashFolder moves one folder of a managed table to the trash.
func (c *Coordinator) trashFolder(ctx context.Context, t *catalog.Table, folder string, now time.Time) error {
	rest := strings.TrimPrefix(strings.TrimPrefix(folder, strings.TrimSuffix(t.Location, "/")), "/")
	if rest == "" || strings.Contains(rest, ":") {
		rest = "files"
	}
	return c.moveIfThere(ctx, folder, c.trashDir(t, now)+"/"+rest)
}

func (c *Coordinator) put(ctx context.Context, path string, b []byte) error {
	store, err := c.cfg.Set.Store(path)
	if err != nil {
		return err
	}
	w, err := store.Create(ctx, path)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

// move renames a folder within its store.
func (c *Coordinator) move(ctx context.Context, from, to string) error {
	store, err := c.cfg.Set.Store(from)
	if err != nil {
		return err
	}
	m, ok := store.(connectors.Mover)
	if !ok {
		return diag.Errorf(diag.Unsupported, "%s cannot be renamed where it lies", from)
	}
	if err := m.Move(ctx, from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	return nil
}

func (c *Coordinator) moveIfThere(ctx context.Context, from, to string) error {
	return c.move(ctx, strings.TrimSuffix(from, "/"), to)
}

// Trashed is one dropped table in the trash.
type Trashed struct {
	Path  string
	Name  string // db.table
	When  time.Time
	Files int
	Bytes int64
}

// Trash lists the trash of the warehouse, oldest first.
func (c *Coordinator) Trash(ctx context.Context) ([]Trashed, error) {
	base := location(c.cfg.Warehouse, trashFolder) + "/"
	store, err := c.cfg.Set.Store(base)
	if err != nil {
		return nil, err
	}
	found := map[string]*Trashed{}
	for o, err := range store.List(ctx, base) {
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(o.Path, base), "/")
		when, table, ok := strings.Cut(name, "-")
		at, perr := time.Parse(trashTime, when)
		if !ok || perr != nil {
			continue
		}
		t := found[name]
		if t == nil {
			t = &Trashed{Path: base + name, Name: table, When: at}
			found[name] = t
		}
		if path.Base(o.Path) != trashDefinition {
			t.Files++
			t.Bytes += o.Size
		}
	}
	var out []Trashed
	for _, t := range found {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Trashed) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Vacuum deletes what lies in the trash at path, as Trash told.
func (c *Coordinator) Vacuum(ctx context.Context, path string) error {
	store, err := c.cfg.Set.Store(path)
	if err != nil {
		return err
	}
	r, ok := store.(connectors.Remover)
	if !ok || !strings.HasPrefix(path, location(c.cfg.Warehouse, trashFolder)+"/") {
		return diag.Errorf(diag.Denied, "%s is not in the trash", path)
	}
	return r.Remove(ctx, path)
}

// undrop brings back the last dropped table of a name.
func (s *statement) undrop(ctx context.Context, env *ddl.Env, st *ast.UndropTable) (*Result, error) {
	db := st.Name.Database()
	if db == "" {
		db = s.session.Database
	}
	full := strings.ToLower(db) + "." + strings.ToLower(st.Name.Name())
	all, err := s.c.Trash(ctx)
	if err != nil {
		return nil, err
	}
	var last *Trashed
	for i := range all {
		if all[i].Name == full {
			if _, err := s.c.definition(ctx, all[i].Path); err == nil {
				last = &all[i]
			}
		}
	}
	if last == nil {
		return nil, diag.At(st.Name.Span(), diag.Unknown, "the trash has no table %s", full)
	}
	d, err := s.c.definition(ctx, last.Path)
	if err != nil {
		return nil, err
	}
	t, err := catalog.DecodeTable(d.Table)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "trash: %w", err)
	}
	if env.Bind.Snapshot.Table(t.Database, t.Name) != nil {
		return nil, diag.At(st.Name.Span(), diag.Exists, "table %s exists", full).WithHint("rename it first")
	}
	if err := s.c.moveIfThere(ctx, last.Path+"/"+trashData, t.Location); err != nil {
		return nil, err
	}
	if err := s.conn.source.Apply(ctx, catalog.CreateTable{Table: t}); err != nil {
		return nil, err
	}
	if len(d.Partitions) > 0 {
		if err := s.conn.source.Apply(ctx, catalog.AddPartitions{Database: t.Database, Name: t.Name, Partitions: d.Partitions}); err != nil {
			return nil, err
		}
	}
	return s.c.done(), s.c.Vacuum(ctx, last.Path)
}

func (c *Coordinator) definition(ctx context.Context, dir string) (*dropped, error) {
	store, err := c.cfg.Set.Store(dir)
	if err != nil {
		return nil, err
	}
	for o, err := range store.List(ctx, dir+"/"+trashDefinition) {
		if err != nil {
			return nil, err
		}
		r, err := store.OpenRange(ctx, o, 0, o.Size)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		d := &dropped{}
		if err := json.Unmarshal(b, d); err != nil {
			return nil, diag.Errorf(diag.Config, "%s: %w", o.Path, err)
		}
		return d, nil
	}
	return nil, diag.Errorf(diag.NotFound, "%s has no table definition", dir)
}

// dropTemporary discards the connection's temporary tables: their files are deleted, since nobody else
// has ever seen them.
func (n *Conn) dropTemporary(ctx context.Context) error {
	snap, err := n.source.Temp.Load(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, db := range snap.Databases {
		for _, t := range db.Tables {
			if !t.Temporary || t.Kind != catalog.Managed || !strings.Contains(t.Location, "/.temporary/") {
				continue
			}
			store, err := n.coord.cfg.Set.Store(t.Location)
			if r, ok := store.(connectors.Remover); err == nil && ok {
				err = r.Remove(ctx, strings.TrimSuffix(t.Location, "/"+t.Name))
			}
			if err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}

package coord

import (
	"context"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// createAs carries out CREATE TABLE … AS SELECT: files first, then the table, so that it is never half there.
func (s *statement) createAs(ctx context.Context, env *ddl.Env, st *ast.CreateTable) (*Result, error) {
	n, err := bind.Query(env.Bind, st.As)
	if err != nil {
		return nil, err
	}
	t, err := env.CreateTable(st, n.Fields())
	if err != nil {
		return nil, err
	}
	create := catalog.CreateTable{Table: t, IfNotExists: st.IfNotExists}
	if exists, err := s.begin(ctx, env, create); err != nil || exists {
		return s.c.done(), err
	}
	if n, err = inOrder(n, t); err != nil {
		return nil, err
	}
	files, err := s.writeNew(ctx, n, t)
	if err != nil {
		return nil, err
	}
	if err := s.makeFolder(ctx, t); err != nil { // writing no rows made none
		return nil, err
	}
	if err := s.conn.source.Apply(ctx, create); err != nil {
		return nil, err
	}
	return s.c.done(), s.register(ctx, target{table: t, dynamic: len(t.Partition), location: strings.TrimSuffix(t.Location, "/")}, files)
}

// writeNew writes the files of a table that is not in the catalog yet.
func (s *statement) writeNew(ctx context.Context, n logical.Node, t *catalog.Table) ([]written, error) {
	to := target{table: t, dynamic: len(t.Partition), location: strings.TrimSuffix(t.Location, "/")}
	store, err := s.c.cfg.Set.Store(to.location)
	if err != nil {
		return nil, err
	}
	mover, _ := store.(connectors.Mover)
	node := s.writeNode(n, to)
	if mover != nil {
		node.Staging = to.location + "/.winnow-" + s.run.ID
	}
	files, err := s.runWrite(ctx, node)
	if err == nil {
		err = s.commit(ctx, mover, to, files)
		s.cleanUp(store, node.Staging, nil)
		return files, err
	}
	s.cleanUp(store, node.Staging, files)
	return nil, err
}

// inOrder casts n's columns to t's types, data columns first, then partition columns.
func inOrder(n logical.Node, t *catalog.Table) (logical.Node, error) {
	fields := n.Fields()
	used := make([]bool, len(fields))
	p := &logical.Project{Input: n}
	data := len(t.Columns)
	for i, c := range t.AllColumns() {
		at := -1
		for j, f := range fields {
			if !used[j] && (f.Name == c.Name || i < data && !isKey(t, f.Name)) {
				at = j
				break
			}
		}
		if at < 0 {
			return nil, diag.Errorf(diag.Internal, "no column for %s", c.Name)
		}
		used[at] = true
		f := fields[at]
		e, err := expr.NewCast(f.Column(diag.Span{}), c.Type, diag.Span{})
		if err != nil {
			return nil, err
		}
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{ID: castIDs + f.ID, Name: c.Name, T: c.Type})
	}
	return p, nil
}

func isKey(t *catalog.Table, name string) bool {
	return slices.ContainsFunc(t.Partition, func(c catalog.Column) bool { return c.Name == name })
}

// fresh sees to it that a new managed table begins empty: what lies at its place is moved to the trash,
// or, where nothing can be moved, the table gets a place of its own.
func (s *statement) fresh(ctx context.Context, t *catalog.Table, env *ddl.Env) error {
	if t.Kind != catalog.Managed || t.Handler != "" || env.Bind.Snapshot.Table(t.Database, t.Name) != nil {
		return nil
	}
	base := strings.TrimSuffix(env.Bind.Snapshot.Database(t.Database).Location, "/")
	if t.Location != base+"/"+t.Name {
		return nil // a LOCATION was written: what is there is meant
	}
	store, err := s.c.cfg.Set.Store(t.Location)
	if err != nil {
		return err
	}
	for _, err := range store.List(ctx, t.Location+"/") {
		if err != nil {
			return err
		}
		if _, ok := store.(connectors.Mover); ok {
			return s.c.moveIfThere(ctx, t.Location, s.c.trashDir(t, s.c.cfg.Machine.Now())+"/"+trashData)
		}
		t.Location += "-" + s.run.ID
		return nil
	}
	return nil
}

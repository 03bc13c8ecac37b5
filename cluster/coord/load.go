package coord

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/proto/diag"
)

// load carries out LOAD DATA: the files are copied, those of INPATH without LOCAL are then removed where
// they were, as Hive moves them.
func (s *statement) load(ctx context.Context, env *ddl.Env, st *ast.Load) (*Result, error) {
	t, err := env.DataTable(st.Table)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(t.Partition, func(c catalog.Column) bool { return !hasValue(st.Partition, c.Name) }) {
		return s.loadRows(ctx, env, t, st)
	}
	to := target{table: t, overwrite: st.Overwrite, location: strings.TrimSuffix(t.Location, "/")}
	if st.Partition != nil {
		if to.static, err = env.Values(t, st.Partition); err != nil {
			return nil, err
		}
		to.location = t.PartitionLocation(to.static)
		have, err := s.registered(ctx, t, to.static)
		if err != nil {
			return nil, err
		}
		if have != nil {
			to.location = strings.TrimSuffix(have.Location, "/")
		}
	}
	files, err := s.loadable(ctx, st)
	if err != nil {
		return nil, err
	}
	if st.Overwrite {
		if err := s.clear(ctx, t, to.location, nil); err != nil {
			return nil, err
		}
	}
	for _, o := range files {
		if err := s.copyIn(ctx, o, to.location); err != nil {
			return nil, err
		}
	}
	if !st.Local {
		if err := s.removeSources(ctx, files); err != nil {
			return nil, err
		}
	}
	return s.c.done(), s.register(ctx, to, nil)
}

// loadable lists the files of INPATH: a file, a folder, or names with * and ?.
func (s *statement) loadable(ctx context.Context, st *ast.Load) ([]connectors.Object, error) {
	p := strings.TrimPrefix(st.Path, "file://")
	store, err := s.c.cfg.Set.Store(p)
	if err != nil {
		return nil, err
	}
	dir, pattern := p, ""
	if strings.ContainsAny(path.Base(p), "*?[") {
		dir, pattern = path.Dir(p)+"/", path.Base(p)
	}
	var out []connectors.Object
	for o, err := range store.List(ctx, dir) {
		if err != nil {
			return nil, err
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(o.Path, dir), "/")
		match, err := path.Match(pattern, rest)
		if err != nil {
			return nil, diag.At(st.Span(), diag.Syntax, "pattern %q: %w", pattern, err)
		}
		if pattern != "" && !match || strings.Contains(rest, "/") || connectors.Hidden(path.Base(o.Path)) && rest != "" {
			continue
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		return nil, diag.At(st.Span(), diag.NotFound, "no files at %s", st.Path)
	}
	return out, nil
}

// copyIn copies o into folder under its own name, or name_copy_1 and so on if that is taken.
func (s *statement) copyIn(ctx context.Context, o connectors.Object, folder string) error {
	from, err := s.c.cfg.Set.Store(o.Path)
	if err != nil {
		return err
	}
	to, err := s.c.cfg.Set.Store(folder)
	if err != nil {
		return err
	}
	name := path.Base(o.Path)
	stem, ext, dot := strings.Cut(name, ".")
	if dot {
		ext = "." + ext
	}
	for i := 1; taken(ctx, to, folder+"/"+name); i++ {
		name = fmt.Sprintf("%s_copy_%d%s", stem, i, ext)
	}
	r, err := from.OpenRange(ctx, o, 0, o.Size)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := to.Create(ctx, folder+"/"+name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		if a, ok := w.(connectors.Aborter); ok {
			a.Abort() // the copy's error is the one to tell
		}
		return fmt.Errorf("copy %s: %w", o.Path, err)
	}
	return w.Close()
}

func taken(ctx context.Context, store connectors.Store, path string) bool {
	for o, err := range store.List(ctx, path) {
		return err == nil && o.Path == path
	}
	return false
}

func (s *statement) removeSources(ctx context.Context, files []connectors.Object) error {
	for _, o := range files {
		store, err := s.c.cfg.Set.Store(o.Path)
		if err != nil {
			return err
		}
		if r, ok := store.(connectors.Remover); ok {
			if err := r.Remove(ctx, o.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeDirectory carries out INSERT OVERWRITE DIRECTORY. A folder with foreign files is not overwritten
// unless winnow.force.overwrite says so; its old files then go to the trash.
func (s *statement) writeDirectory(ctx context.Context, env *ddl.Env, b *bind.Target) error {
	t, err := env.Directory(b.Target.Dir, b.Plan.Fields())
	if err != nil {
		return err
	}
	return s.write(ctx, b.Plan, target{table: t, overwrite: true, location: t.Location})
}

// unload carries out UNLOAD (query) TO 'path' WITH (…).
func (s *statement) unload(ctx context.Context, env *ddl.Env, st *ast.Unload) (*Result, error) {
	n, err := bind.Query(env.Bind, st.Query)
	if err != nil {
		return nil, err
	}
	t, err := env.UnloadTable(st, n.Fields())
	if err != nil {
		return nil, err
	}
	if n, err = inOrder(n, t); err != nil {
		return nil, err
	}
	if err := s.write(ctx, n, target{table: t, overwrite: true, dynamic: len(t.Partition), location: t.Location}); err != nil {
		return nil, err
	}
	return s.c.done(), nil
}

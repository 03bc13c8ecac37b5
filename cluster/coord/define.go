package coord

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/proto/diag"
)

// ddlEnv is what DDL of this statement is checked against.
func (s *statement) ddlEnv(ctx context.Context) (*ddl.Env, error) {
	b, err := s.bindEnv(ctx)
	if err != nil {
		return nil, err
	}
	return &ddl.Env{
		Bind: b, Source: s.conn.source, Warehouse: s.c.cfg.Warehouse, Now: s.session.Now, Check: checkFormat,
		Handler: func(name string) error { _, err := s.c.cfg.Set.Handler(name); return err },
		Reads:   func(location string) error { _, err := s.c.cfg.Set.Store(location); return err },
		Warn:    func(text string) { s.warned = append(s.warned, text) },
	}, nil
}

// checkFormat asks the SerDe whether it can read the table, and which types its columns then have.
func checkFormat(t *catalog.Table) ([]arrow.DataType, error) {
	f, err := serde.Lookup(t.Format.Reader())
	if err != nil {
		return nil, err
	}
	spec := serdeSpec(t)
	return f.ColumnTypes(spec), f.Check(spec)
}

func serdeSpec(t *catalog.Table) serde.Spec {
	spec := serde.Spec{Props: map[string]string{}}
	for k, v := range t.Props {
		spec.Props[strings.ToLower(k)] = v
	}
	for k, v := range t.Format.Props {
		spec.Props[k] = v
	}
	for _, c := range t.Columns {
		spec.Columns = append(spec.Columns, serde.Column{Name: c.Name, Type: c.Type})
	}
	return spec
}

// show answers SHOW and DESCRIBE.
func (s *statement) show(ctx context.Context, st ast.Statement) (*Result, error) {
	if show, ok := st.(*ast.Show); ok && show.Kind == ast.ShowQueries {
		return s.showQueries(), nil
	}
	env, err := s.ddlEnv(ctx)
	if err != nil {
		return nil, err
	}
	var rows *ddl.Rows
	switch st := st.(type) {
	case *ast.Show:
		rows, err = env.Show(ctx, st)
	case *ast.Describe:
		rows, err = env.Describe(ctx, st)
	}
	if err != nil {
		return nil, err
	}
	return s.c.textResult(rows.Columns, rows.Cells), nil
}

func (s *statement) showQueries() *Result {
	var rows [][]*string
	for _, r := range s.c.Queries() {
		since := r.Started.UTC().Format("2006-01-02 15:04:05")
		rows = append(rows, []*string{&r.ID, &r.User, &since, &r.SQL})
	}
	return s.c.textResult([]string{"query_id", "user", "started", "statement"}, rows)
}

// define carries out the statements that change the catalog, and moves what has to move with it.
func (s *statement) define(ctx context.Context, text string, st ast.Statement) (*Result, error) {
	env, err := s.ddlEnv(ctx)
	if err != nil {
		return nil, err
	}
	switch st := st.(type) {
	case *ast.CreateTable:
		return s.createTable(ctx, env, st)
	case *ast.DropTable:
		return s.dropTable(ctx, env, st.Name, st.IfExists, false)
	case *ast.DropView:
		return s.dropTable(ctx, env, st.Name, st.IfExists, true)
	case *ast.AlterTable:
		return s.alterTable(ctx, env, st)
	case *ast.Msck:
		return s.repair(ctx, env, st)
	case *ast.DropDatabase:
		return s.dropDatabase(ctx, st)
	}
	change, err := simpleChange(env, st)
	if err != nil {
		return nil, err
	}
	if change == nil { // IF NOT EXISTS
		return s.c.done(), nil
	}
	return s.apply(ctx, change)
}

// simpleChange checks the statements that are one change of the catalog and nothing else.
func simpleChange(env *ddl.Env, st ast.Statement) (catalog.Change, error) {
	switch st := st.(type) {
	case *ast.CreateDatabase:
		return env.CreateDatabase(st)
	case *ast.AlterDatabase:
		return env.AlterDatabase(st)
	case *ast.CreateView:
		return env.CreateView(st)
	case *ast.AlterViewAs:
		return env.AlterViewAs(st)
	case *ast.CreateMacro:
		return env.CreateMacro(st)
	case *ast.DropMacro:
		return catalog.DropMacro{Database: strings.ToLower(env.Bind.Session.Database), Name: st.Name.Name, IfExists: st.IfExists}, nil
	case *ast.CreateFunction:
		return env.CreateFunction(st)
	case *ast.DropFunction:
		database := env.Bind.Session.Database
		if len(st.Name.Parts) > 1 {
			database = st.Name.Parts[0].Name
		}
		return catalog.DropMacro{Database: strings.ToLower(database), Name: st.Name.Name(), IfExists: st.IfExists}, nil
	case *ast.CreateSchedule, *ast.AlterSchedule, *ast.DropSchedule:
		return nil, diag.At(st.Span(), diag.Unsupported, "schedules are not kept here").WithHint("run reports from cron: winnow report run FILE.sql")
	}
	return nil, diag.At(st.Span(), diag.Unsupported, "this statement makes no sense on text tables")
}

func (s *statement) apply(ctx context.Context, c catalog.Change) (*Result, error) {
	if err := s.conn.source.Apply(ctx, c); err != nil {
		return nil, err
	}
	return s.c.done(), nil
}

func (s *statement) createTable(ctx context.Context, env *ddl.Env, st *ast.CreateTable) (*Result, error) {
	if st.As != nil {
		return s.createAs(ctx, env, st)
	}
	t, err := env.CreateTable(st, nil)
	if err != nil {
		return nil, err
	}
	if old := env.Bind.Snapshot.Table(t.Database, t.Name); old != nil && st.IfNotExists && !sameColumns(old, t) {
		s.warned = append(s.warned, fmt.Sprintf("%s exists with other columns", t.FullName()))
	}
	create := catalog.CreateTable{Table: t, IfNotExists: st.IfNotExists}
	if exists, err := s.begin(ctx, env, create); err != nil || exists {
		return s.c.done(), err
	}
	if err := s.makeFolder(ctx, t); err != nil { // before the table: one whose folder cannot be made is not there
		return nil, err
	}
	return s.c.done(), s.conn.source.Apply(ctx, create)
}

// begin makes the place of a new table ready. The table exists already if IF NOT EXISTS was written and it does.
func (s *statement) begin(ctx context.Context, env *ddl.Env, create catalog.CreateTable) (exists bool, err error) {
	next, err := catalog.Next(env.Bind.Snapshot, create)
	if err != nil {
		return false, err
	}
	if next == env.Bind.Snapshot {
		return true, nil
	}
	return false, s.fresh(ctx, create.Table, env)
}

func sameColumns(a, b *catalog.Table) bool {
	x, y := a.AllColumns(), b.AllColumns()
	for i := range x {
		if len(x) != len(y) || x[i].Name != y[i].Name {
			return false
		}
	}
	return len(x) == len(y)
}

// makeFolder makes the folder of a managed table where the store has folders.
func (s *statement) makeFolder(ctx context.Context, t *catalog.Table) error {
	if t.Kind != catalog.Managed {
		return nil
	}
	store, err := s.c.cfg.Set.Store(t.Location)
	if err != nil {
		return err
	}
	if m, ok := store.(connectors.DirMaker); ok {
		return m.MakeDir(ctx, t.Location)
	}
	return nil
}

// dropTable forgets a table or view. The files of a managed table go to the trash.
func (s *statement) dropTable(ctx context.Context, env *ddl.Env, name ast.QName, ifExists, view bool) (*Result, error) {
	t, err := env.Table(name)
	if err != nil {
		if ifExists && diag.KindOf(err) == diag.Unknown {
			return s.c.done(), nil
		}
		return nil, err
	}
	if (t.Kind == catalog.View) != view {
		if ifExists {
			return s.c.done(), nil
		}
		hint, what := "write DROP VIEW", "a view"
		if view {
			hint, what = "write DROP TABLE", "a table"
		}
		return nil, diag.At(name.Span(), diag.Type, "%s is %s", t.FullName(), what).WithHint("%s", hint)
	}
	if err := s.c.discard(ctx, s.conn.source, t, s.session.Now); err != nil {
		return nil, err
	}
	return s.apply(ctx, catalog.DropTable{Database: t.Database, Name: t.Name})
}

func (s *statement) dropDatabase(ctx context.Context, st *ast.DropDatabase) (*Result, error) {
	snap, err := s.conn.source.Load(ctx)
	if err != nil {
		return nil, err
	}
	change := catalog.DropDatabase{Name: st.Name.Name, IfExists: st.IfExists, Cascade: st.Cascade}
	if _, err := catalog.Next(snap, change); err != nil {
		return nil, err
	}
	if db := snap.Database(st.Name.Name); db != nil {
		for _, t := range db.Tables {
			if err := s.c.discard(ctx, s.conn.source, t, s.session.Now); err != nil {
				return nil, err
			}
		}
	}
	return s.apply(ctx, change)
}

// alterTable carries out ALTER TABLE and moves the folders that a rename moves.
func (s *statement) alterTable(ctx context.Context, env *ddl.Env, st *ast.AlterTable) (*Result, error) {
	change, ok, err := env.Alter(st)
	if err != nil {
		return nil, err
	}
	if !ok {
		return s.alterPartitions(ctx, env, st)
	}
	if change == nil {
		return s.c.done(), nil
	}
	replace := change.(catalog.ReplaceTable)
	if replace.Old.Location != replace.New.Location && replace.Old.FullName() != replace.New.FullName() {
		if err := s.c.move(ctx, replace.Old.Location, replace.New.Location); err != nil {
			return nil, err
		}
	}
	return s.apply(ctx, change)
}

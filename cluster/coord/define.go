package coord

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/catalog/discover"
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
	f, err := serde.Lookup(t.Format.SerDe)
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

func (s *statement) alterPartitions(ctx context.Context, env *ddl.Env, st *ast.AlterTable) (*Result, error) {
	t, err := env.DataTable(st.Name)
	if err != nil {
		return nil, err
	}
	if t.PathPartitioned() {
		return nil, diag.At(st.Span(), diag.Conflict, "the partitions of %s are its folders (winnow.partitions=path)", t.FullName())
	}
	switch a := st.Action.(type) {
	case *ast.AddPartitions:
		return s.addPartitions(ctx, env, t, a)
	case *ast.DropPartitions:
		return s.dropPartitions(ctx, env, t, a)
	case *ast.RenamePartition:
		return s.renamePartition(ctx, env, t, st, a)
	case *ast.SetLocation:
		old, err := env.One(ctx, t, st.Partition)
		if err != nil {
			return nil, err
		}
		if err := env.Reads(a.Location); err != nil {
			return nil, err
		}
		next := catalog.PartitionSpec{Values: old.Values, Location: strings.TrimPrefix(a.Location, "file://")}
		return s.apply(ctx, catalog.ReplacePartition{Database: t.Database, Name: t.Name, Old: old.Values, New: next})
	case *ast.ExchangePartition:
		return s.exchangePartition(ctx, env, t, a)
	}
	return nil, diag.At(st.Span(), diag.Unsupported, "this form of alter table makes no sense on text tables")
}

func (s *statement) addPartitions(ctx context.Context, env *ddl.Env, t *catalog.Table, a *ast.AddPartitions) (*Result, error) {
	change, err := env.AddPartitions(t, a)
	if err != nil {
		return nil, err
	}
	if err := s.conn.source.Apply(ctx, change); err != nil {
		return nil, err
	}
	for _, p := range change.Partitions {
		if t.Kind == catalog.Managed {
			if err := s.makeFolder(ctx, &catalog.Table{Kind: catalog.Managed, Location: p.Location}); err != nil {
				return nil, err
			}
		}
	}
	return s.c.done(), nil
}

func (s *statement) dropPartitions(ctx context.Context, env *ddl.Env, t *catalog.Table, a *ast.DropPartitions) (*Result, error) {
	parts, err := env.DropPartitions(ctx, t, a)
	if err != nil {
		return nil, err
	}
	change := catalog.DropPartitions{Database: t.Database, Name: t.Name}
	for _, p := range parts {
		change.Values = append(change.Values, p.Values)
		if t.Kind == catalog.Managed {
			if err := s.c.trashFolder(ctx, t, p.Location, s.session.Now); err != nil {
				return nil, err
			}
		}
	}
	return s.apply(ctx, change)
}

func (s *statement) renamePartition(ctx context.Context, env *ddl.Env, t *catalog.Table, st *ast.AlterTable, a *ast.RenamePartition) (*Result, error) {
	old, err := env.One(ctx, t, st.Partition)
	if err != nil {
		return nil, err
	}
	values, err := env.Values(t, &a.To)
	if err != nil {
		return nil, err
	}
	next := catalog.PartitionSpec{Values: values, Location: old.Location}
	if t.Kind == catalog.Managed && old.Location == t.PartitionLocation(old.Values) {
		next.Location = t.PartitionLocation(values)
		if err := s.c.move(ctx, old.Location, next.Location); err != nil {
			return nil, err
		}
	}
	return s.apply(ctx, catalog.ReplacePartition{Database: t.Database, Name: t.Name, Old: old.Values, New: next})
}

// exchangePartition moves partitions of another table with the same columns into t.
func (s *statement) exchangePartition(ctx context.Context, env *ddl.Env, t *catalog.Table, a *ast.ExchangePartition) (*Result, error) {
	from, err := env.DataTable(a.With)
	if err != nil {
		return nil, err
	}
	parts, err := env.Partitions(ctx, from, a.Spec)
	if err != nil {
		return nil, err
	}
	have, err := env.Partitions(ctx, t, a.Spec)
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, diag.At(a.Spec.Span(), diag.Unknown, "no partition of %s matches", from.FullName())
	}
	if len(have) > 0 {
		return nil, diag.At(a.Spec.Span(), diag.Exists, "partition %s of %s exists", t.PartitionName(have[0].Values), t.FullName())
	}
	if !sameColumns(t, from) {
		return nil, diag.At(a.With.Span(), diag.Type, "%s and %s have different columns", t.FullName(), from.FullName())
	}
	add := catalog.AddPartitions{Database: t.Database, Name: t.Name}
	drop := catalog.DropPartitions{Database: from.Database, Name: from.Name}
	for _, p := range parts {
		to := catalog.PartitionSpec{Values: p.Values, Location: p.Location}
		if from.Kind == catalog.Managed && t.Kind == catalog.Managed && p.Location == from.PartitionLocation(p.Values) {
			to.Location = t.PartitionLocation(p.Values)
			if err := s.c.move(ctx, p.Location, to.Location); err != nil {
				return nil, err
			}
		}
		add.Partitions = append(add.Partitions, to)
		drop.Values = append(drop.Values, p.Values)
	}
	if err := s.conn.source.Apply(ctx, add); err != nil {
		return nil, err
	}
	return s.apply(ctx, drop)
}

// repair registers the folders that look like partitions, and with DROP forgets those whose folder is gone.
func (s *statement) repair(ctx context.Context, env *ddl.Env, st *ast.Msck) (*Result, error) {
	t, err := env.DataTable(st.Name)
	if err != nil {
		return nil, err
	}
	if !t.IsPartitioned() {
		return s.c.done(), nil
	}
	var specs []ast.PartSpec
	if st.Partition != nil {
		specs = append(specs, *st.Partition)
	}
	have, err := env.Partitions(ctx, t, specs...)
	if err != nil {
		return nil, err
	}
	found, err := discover.Walk(ctx, s.c.cfg.Set, t, nil)
	if err != nil {
		return nil, err
	}
	s.warned = append(s.warned, found.Warnings...)
	wanted := found.Partitions
	if st.Partition != nil {
		if wanted, err = env.Among(ctx, t, wanted, specs...); err != nil {
			return nil, err
		}
	}
	missing, gone := difference(have, wanted)
	var lines []string
	for _, p := range missing {
		lines = append(lines, fmt.Sprintf("Partitions not in metastore: %s:%s", t.Name, t.PartitionName(p.Values)))
	}
	if st.Repair && st.Add && len(missing) > 0 {
		if err := env.WarnUnreadable(ctx, t, missing); err != nil {
			return nil, err
		}
		if err := s.conn.source.Apply(ctx, catalog.AddPartitions{Database: t.Database, Name: t.Name, Partitions: missing, IfNotExists: true}); err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("Repair: added %d partitions to %s", len(missing), t.Name))
	}
	if st.Repair && st.Drop && len(gone) > 0 {
		drop := catalog.DropPartitions{Database: t.Database, Name: t.Name}
		for _, p := range gone {
			drop.Values = append(drop.Values, p.Values)
		}
		if err := s.conn.source.Apply(ctx, drop); err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("Repair: dropped %d partitions of %s", len(gone), t.Name))
	}
	if st.Repair {
		return s.c.done(), nil
	}
	return s.c.lines("result", lines), nil
}

// difference returns the partitions of found that are not in have, and those of have that were not found
// and lie where the layout puts them.
func difference(have, found []catalog.PartitionSpec) (missing, gone []catalog.PartitionSpec) {
	missing, gone = nil, nil
	i, j := 0, 0
	for i < len(have) || j < len(found) {
		switch c := order(have, i, found, j); {
		case c < 0:
			gone = append(gone, have[i])
			i++
		case c > 0:
			missing = append(missing, found[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return missing, gone
}

func order(a []catalog.PartitionSpec, i int, b []catalog.PartitionSpec, j int) int {
	if i == len(a) {
		return 1
	}
	if j == len(b) {
		return -1
	}
	return catalog.CompareValues(a[i].Values, b[j].Values)
}

// maintain answers the statements of upkeep, which have nothing to do here.
func (s *statement) maintain(ctx context.Context, st ast.Statement) (*Result, error) {
	switch st := st.(type) {
	case *ast.Resource:
		return s.resource(st)
	case *ast.Analyze:
		env, err := s.ddlEnv(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := env.DataTable(st.Name); err != nil {
			return nil, err
		}
	case *ast.Dfs:
		return s.dfs(ctx, st)
	}
	return s.c.done(), nil
}

// resource carries out ADD, DELETE and LIST of files, jars and archives, which are names that the connection keeps.
func (s *statement) resource(st *ast.Resource) (*Result, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	added := s.conn.added[st.Kind]
	switch st.Verb {
	case "list":
		return s.c.lines("resource", slices.Clone(added)), nil
	case "delete":
		added = slices.DeleteFunc(added, func(path string) bool { return slices.Contains(st.Paths, path) })
	default:
		if st.Kind == "jar" {
			s.warned = append(s.warned, "winnow runs no Java: add jar does nothing")
		}
		for _, path := range st.Paths {
			if !slices.Contains(added, path) {
				added = append(added, path)
			}
		}
	}
	s.conn.added[st.Kind] = added
	return s.c.done(), nil
}

// dfs answers dfs -ls; other verbs would change data that is not winnow's.
func (s *statement) dfs(ctx context.Context, st *ast.Dfs) (*Result, error) {
	if len(st.Args) < 2 || st.Args[0] != "-ls" {
		return nil, diag.At(st.Span(), diag.Unsupported, "of dfs, only -ls PATH is there")
	}
	store, err := s.c.cfg.Set.Store(st.Args[1])
	if err != nil {
		return nil, err
	}
	var out []string
	for o, err := range store.List(ctx, st.Args[1]) {
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("%12d %s %s", o.Size, o.ModTime.UTC().Format("2006-01-02 15:04"), o.Path))
	}
	return s.c.lines("path", out), nil
}

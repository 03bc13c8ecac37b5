package coord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// The columns that a write adds to a bound plan have IDs above those that the binder gives.
const (
	castIDs  = 1 << 29 // of the columns cast to the table's types: added to the ID of what is cast
	writeIDs = 1 << 30 // of the manifest's columns: the first follows
)

// modify carries out the statements that write files.
func (s *statement) modify(ctx context.Context, text string, st ast.Statement) (*Result, error) {
	env, err := s.ddlEnv(ctx)
	if err != nil {
		return nil, err
	}
	switch st := st.(type) {
	case *ast.Load:
		return s.load(ctx, env, st)
	case *ast.Truncate:
		return s.truncate(ctx, env, st)
	case *ast.UndropTable:
		return s.undrop(ctx, env, st)
	case *ast.Unload:
		return s.unload(ctx, env, st)
	}
	targets, err := targetsOf(env.Bind, st)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if err := s.insert(ctx, env, t); err != nil {
			return nil, err
		}
	}
	done := s.c.done()
	done.summary.Changed = s.changed
	return done, nil
}

// targetsOf binds an INSERT of one or several branches.
func targetsOf(env *bind.Env, st ast.Statement) ([]*bind.Target, error) {
	switch st := st.(type) {
	case *ast.Insert:
		t, err := bind.Insert(env, st)
		return []*bind.Target{t}, err
	case *ast.MultiInsert:
		return bind.MultiInsert(env, st)
	}
	return nil, diag.Errorf(diag.Internal, "no insert: %T", st)
}

// target is where the rows of one insert go.
type target struct {
	table     *catalog.Table
	static    []catalog.Value // leading partition columns
	dynamic   int             // trailing partition columns
	overwrite bool
	location  string // folder of the table or of the static partition
}

// insert runs one target of an INSERT.
func (s *statement) insert(ctx context.Context, env *ddl.Env, b *bind.Target) error {
	if b.Target.Dir != nil {
		return s.writeDirectory(ctx, env, b)
	}
	if b.Table.Format.Links() {
		return diag.Errorf(diag.Unsupported, "the files of %s name the files that it reads: rows cannot be written there", b.Table.FullName()).
			WithHint("make a table over the files that are named, and insert into it")
	}
	t := target{table: b.Table, static: b.Static, dynamic: b.Dynamic, overwrite: b.Target.Overwrite, location: strings.TrimSuffix(b.Table.Location, "/")}
	full := len(t.static) == len(b.Table.Partition) && len(t.static) > 0
	if full {
		have, err := s.registered(ctx, b.Table, t.static)
		if err != nil {
			return err
		}
		if have != nil && b.Target.IfNotExists {
			return nil
		}
		t.location = b.Table.PartitionLocation(t.static)
		if have != nil {
			t.location = strings.TrimSuffix(have.Location, "/")
		}
	} else if len(t.static) > 0 {
		prefix := *b.Table
		prefix.Partition = prefix.Partition[:len(t.static)]
		t.location = prefix.PartitionLocation(t.static)
	}
	return s.write(ctx, b.Plan, t)
}

// registered returns the partition with these values, or nil.
func (s *statement) registered(ctx context.Context, t *catalog.Table, values []catalog.Value) (*catalog.PartitionSpec, error) {
	rec, _, err := s.conn.source.Partitions(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	for _, p := range catalog.Specs(t, rec) {
		if catalog.CompareValues(p.Values, values) == 0 {
			return &p, nil
		}
	}
	return nil, nil
}

// written is one file of a write, as its task reported it.
type written struct {
	path, final string
	partition   string // dynamic part of the partition's name, or ""
	rows        int64
}

// write runs plan into files beside the table and then puts them in place: old files of an OVERWRITE
// first go to the trash, then the new ones are renamed, then new partitions are registered. Until then
// nothing of it can be seen; if the statement fails its files are removed.
func (s *statement) write(ctx context.Context, plan logical.Node, t target) error {
	if t.table.Handler != "" && t.overwrite {
		return diag.Errorf(diag.Unsupported, "rows of %s can only be added to", t.table.FullName()).WithHint("use INSERT INTO")
	}
	store, err := s.c.cfg.Set.Store(t.location)
	if err != nil {
		return err
	}
	mover, _ := store.(connectors.Mover)
	if t.overwrite && t.table.Kind == catalog.External {
		if err := s.mayOverwrite(ctx, store, t); err != nil {
			return err
		}
	}
	node := s.writeNode(plan, t)
	if mover != nil {
		node.Staging = t.location + "/.winnow-" + s.run.ID
	}
	files, err := s.runWrite(ctx, node)
	if err != nil {
		s.cleanUp(store, node.Staging, files)
		return err
	}
	for _, f := range files {
		s.changed += f.rows
	}
	if t.table.Handler != "" {
		return nil
	}
	if err := s.commit(ctx, mover, t, files); err != nil {
		return err
	}
	s.cleanUp(store, node.Staging, nil)
	return s.register(ctx, t, files)
}

func (s *statement) writeNode(plan logical.Node, t target) *logical.Write {
	props := map[string]string{}
	for k, v := range t.table.Props {
		props[strings.ToLower(k)] = v
	}
	for k, v := range t.table.Format.Props {
		props[k] = v
	}
	id := uint32(writeIDs)
	out := func(name string, typ arrow.DataType) logical.Field {
		id++
		return logical.Field{ID: id, Name: name, T: typ}
	}
	return &logical.Write{
		Input: plan, Table: t.table, Static: t.static, Dynamic: t.dynamic, Location: t.location,
		Format: t.table.Format.Reader(), Properties: props, MaxPartitions: s.conn.number(partitionsSetting, 0),
		Out: []logical.Field{
			out("path", datatype.String), out("rows", datatype.BigInt), out("bytes", datatype.BigInt),
			out("partition", datatype.String), out("final", datatype.String),
		},
	}
}

// tooMany is the error of an insert whose tasks have together made more than limit partitions; 0 is no limit.
func tooMany(files []written, limit int64) error {
	partitions := map[string]bool{}
	for _, f := range files {
		partitions[f.partition] = true
	}
	if limit <= 0 || int64(len(partitions)) <= limit {
		return nil
	}
	return diag.Errorf(diag.Limit, "the insert makes more than %d partitions", limit).
		WithHint("%s sets the limit", partitionsSetting)
}

// runWrite runs the plan and collects its manifest.
func (s *statement) runWrite(ctx context.Context, node *logical.Write) ([]written, error) {
	s.more = true
	r, err := s.execute(ctx, node)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var files []written
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			op.MergeStats(s.stats, r.Summary().Stats)
			slices.SortFunc(files, func(a, b written) int { return strings.Compare(a.final, b.final) })
			return files, errors.Join(r.Close(), tooMany(files, node.MaxPartitions))
		}
		if err != nil {
			return files, err
		}
		text := func(col, i int) string { return strings.Clone(rec.Column(col).(*array.String).Value(i)) }
		for i := range int(rec.NumRows()) {
			files = append(files, written{
				path: text(0, i), rows: rec.Column(1).(*array.Int64).Value(i), partition: text(3, i), final: text(4, i),
			})
		}
		rec.Release()
	}
}

// cleanUp removes the files of a write that failed, and its staging folder. It runs even when the
// statement was cancelled; what it cannot remove is hidden and harmless.
func (s *statement) cleanUp(store connectors.Store, staging string, files []written) {
	r, ok := store.(connectors.Remover)
	if !ok {
		return
	}
	ctx := context.Background()
	var errs []error
	if staging != "" {
		errs = append(errs, r.Remove(ctx, staging))
	}
	for _, f := range files {
		errs = append(errs, r.Remove(ctx, f.path))
	}
	if err := errors.Join(errs...); err != nil {
		s.warned = append(s.warned, "clean up: "+err.Error())
	}
}

// commit puts the files in place.
func (s *statement) commit(ctx context.Context, mover connectors.Mover, t target, files []written) error {
	if t.overwrite {
		for _, folder := range overwritten(t, files) {
			if err := s.clear(ctx, t.table, folder, files); err != nil {
				return err
			}
		}
	}
	for _, f := range files {
		if mover == nil || f.path == f.final {
			continue
		}
		if err := mover.Move(ctx, f.path, f.final); err != nil {
			return fmt.Errorf("put %s in place: %w", f.final, err)
		}
	}
	return nil
}

// overwritten lists the folders whose files an OVERWRITE replaces: the one of the table or static
// partition, or those of the dynamic partitions that were written.
func overwritten(t target, files []written) []string {
	if t.dynamic == 0 {
		return []string{t.location}
	}
	var out []string
	for _, f := range files {
		if dir := path.Dir(f.final); !slices.Contains(out, t.location+"/"+f.partition) && dir != "." {
			out = append(out, t.location+"/"+f.partition)
		}
	}
	return out
}

// clear moves the data files of folder to the trash, but for those just written.
func (s *statement) clear(ctx context.Context, table *catalog.Table, folder string, keep []written) error {
	store, err := s.c.cfg.Set.Store(folder)
	if err != nil {
		return err
	}
	var old []string
	for o, err := range store.List(ctx, folder+"/") {
		if err != nil {
			return err
		}
		rest := strings.TrimPrefix(o.Path, folder+"/")
		if strings.Contains(rest, "/") || connectors.Hidden(rest) ||
			slices.ContainsFunc(keep, func(w written) bool { return w.path == o.Path }) {
			continue
		}
		old = append(old, o.Path)
	}
	if len(old) == 0 {
		return nil
	}
	if _, ok := store.(connectors.Mover); !ok {
		return diag.Errorf(diag.Unsupported, "the files at %s cannot be moved to the trash, so they are not overwritten", folder).
			WithHint("write into a new table or partition")
	}
	dir := s.c.trashDir(table, s.c.cfg.Machine.Now()) + "/" + path.Base(folder)
	for _, p := range old {
		if err := s.c.move(ctx, p, dir+"/"+path.Base(p)); err != nil {
			return err
		}
	}
	return nil
}

// mayOverwrite refuses to replace files of an external table: they are not winnow's.
func (s *statement) mayOverwrite(ctx context.Context, store connectors.Store, t target) error {
	if s.conn.setting("winnow.force.overwrite", "false") == "true" || t.dynamic > 0 {
		return nil
	}
	for o, err := range store.List(ctx, t.location+"/") {
		if err != nil {
			return err
		}
		rest := strings.TrimPrefix(o.Path, t.location+"/")
		if !strings.Contains(rest, "/") && !connectors.Hidden(rest) {
			return diag.Errorf(diag.Denied, "%s is external and has files: external data is never moved or deleted", t.table.FullName()).
				WithHint("insert into it, write to an empty partition, or set winnow.force.overwrite=true to move the old files to the trash")
		}
	}
	return nil
}

// register adds the partitions that were written to the catalog.
func (s *statement) register(ctx context.Context, t target, files []written) error {
	if !t.table.IsPartitioned() || t.table.PathPartitioned() {
		return nil
	}
	add := catalog.AddPartitions{Database: t.table.Database, Name: t.table.Name, IfNotExists: true}
	if t.dynamic == 0 {
		add.Partitions = []catalog.PartitionSpec{{Values: t.static, Location: t.location}}
	}
	seen := map[string]bool{}
	for _, f := range files {
		if t.dynamic == 0 || seen[f.partition] {
			continue
		}
		seen[f.partition] = true
		values := slices.Clone(t.static)
		for part := range strings.SplitSeq(f.partition, "/") {
			_, v, _ := strings.Cut(part, "=")
			values = append(values, catalog.UnescapeValue(v))
		}
		add.Partitions = append(add.Partitions, catalog.PartitionSpec{Values: values, Location: t.location + "/" + f.partition})
	}
	if len(add.Partitions) == 0 {
		return nil
	}
	return s.conn.source.Apply(ctx, add)
}

// truncate moves the files of a managed table, or of some of its partitions, to the trash.
func (s *statement) truncate(ctx context.Context, env *ddl.Env, st *ast.Truncate) (*Result, error) {
	t, err := env.DataTable(st.Name)
	if err != nil {
		return nil, err
	}
	if t.Kind == catalog.External {
		return nil, diag.At(st.Name.Span(), diag.Denied, "%s is external: its data is never moved or deleted", t.FullName())
	}
	folders := []string{strings.TrimSuffix(t.Location, "/")}
	if t.IsPartitioned() {
		var specs []ast.PartSpec
		if st.Partition != nil {
			specs = append(specs, *st.Partition)
		}
		parts, err := env.Partitions(ctx, t, specs...)
		if err != nil {
			return nil, err
		}
		if st.Partition != nil && len(parts) == 0 {
			return nil, diag.At(st.Partition.Span(), diag.Unknown, "no partition of %s matches", t.FullName())
		}
		folders = nil
		for _, p := range parts {
			folders = append(folders, strings.TrimSuffix(p.Location, "/"))
		}
	}
	for _, f := range folders {
		if err := s.clear(ctx, t, f, nil); err != nil {
			return nil, err
		}
	}
	return s.c.done(), nil
}

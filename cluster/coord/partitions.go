package coord

import (
	"context"
	"fmt"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/catalog/discover"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/proto/diag"
)

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

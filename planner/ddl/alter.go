package ddl

import (
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// Alter checks the forms of ALTER TABLE that change the table's definition, and returns the new one.
// Those that change partitions are in partition.go. ok is false for a form that is not of this kind.
func (e *Env) Alter(st *ast.AlterTable) (change catalog.Change, ok bool, err error) {
	t, err := e.Table(st.Name)
	if err != nil {
		return nil, false, err
	}
	if t.Kind == catalog.View && !st.View {
		switch st.Action.(type) {
		case *ast.SetProps, *ast.UnsetProps, *ast.RenameTable:
		default:
			return nil, false, diag.At(st.Name.Span(), diag.Type, "%s is a view", t.FullName())
		}
	}
	next := t.Clone()
	switch a := st.Action.(type) {
	case *ast.RenameTable:
		err = e.rename(next, a)
	case *ast.SetProps:
		setProps(next, a)
	case *ast.UnsetProps:
		err = unsetProps(next, a)
	case *ast.SetSerDe:
		next.Format.SerDe = a.SerDe
		next.Format.Props = props(next.Format.Props, a.Props, true)
	case *ast.SetFileFormat:
		next.Format.SerDe = ""
		err = e.format(next, nil, a.Stored)
		if a.SerDe != "" {
			next.Format.SerDe = a.SerDe
		}
	case *ast.AddColumns:
		err = addColumns(next, a)
	case *ast.ChangeColumn:
		err = changeColumn(next, a)
	case *ast.PartitionColumn:
		err = partitionColumn(next, a)
	case *ast.SetOwner:
		next.Owner = a.Name.Name
	case *ast.ClusterTable:
		next.Bucketing = clustered(next.Bucketing, a)
	case *ast.SetLocation:
		if st.Partition != nil {
			return nil, false, nil
		}
		next.Location = strings.TrimPrefix(a.Location, "file://")
		err = e.reads(next.Location, a.Span())
	case *ast.Touch, *ast.AddConstraint, *ast.UpdateColumns, *ast.UpdateStatistics:
		return nil, true, nil
	case *ast.Compact:
		return nil, false, diag.At(a.Span(), diag.Unsupported, "files of text tables are not compacted").
			WithHint("insert overwrite table %s select * from %s", t.Name, t.Name)
	default:
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if st.Partition != nil {
		// The table's definition rules all partitions; one that says otherwise would be read by it anyway.
		e.Warn("the definition of " + t.FullName() + " holds for all its partitions: the PARTITION clause is ignored")
		if _, isProps := st.Action.(*ast.SetProps); !isProps {
			return nil, true, nil
		}
	}
	if err := distinct(next, st.Name.Span()); err != nil {
		return nil, false, err
	}
	if err := e.check(next, st.Span()); err != nil {
		return nil, false, err
	}
	return catalog.ReplaceTable{Old: t, New: next}, true, nil
}

// clustered returns what is left of b, or takes its place, after CLUSTERED BY, SKEWED BY or NOT of them.
func clustered(b catalog.Bucketing, a *ast.ClusterTable) catalog.Bucketing {
	switch {
	case a.Clustered != nil:
		skewed := b.Skewed
		if len(a.Clustered.Columns) == 0 { // INTO n BUCKETS
			b.Buckets = int(a.Clustered.Buckets)
			return b
		}
		b = bucketing(a.Clustered)
		b.Skewed = skewed
	case a.Skewed != nil:
		b.Skewed = skew(a.Skewed)
	case a.Not == "sorted":
		b.Sorted = nil
	case a.Not == "skewed":
		b.Skewed = ""
	case a.Not == "clustered":
		b = catalog.Bucketing{Skewed: b.Skewed}
	}
	return b
}

// rename also moves a managed table that lies where its name says; the coordinator moves the folder.
func (e *Env) rename(t *catalog.Table, a *ast.RenameTable) error {
	old := *t
	t.Database, t.Name = e.database(a.To), strings.ToLower(a.To.Name())
	if a.To.Database() == "" {
		t.Database = old.Database
	}
	if e.snapshot().Database(t.Database) == nil {
		err := e.snapshot().NoDatabase(t.Database)
		err.Span = a.To.Span()
		return err
	}
	if e.snapshot().Table(t.Database, t.Name) != nil {
		return diag.At(a.To.Span(), diag.Exists, "table %s exists", t.FullName())
	}
	base := strings.TrimSuffix(e.snapshot().Database(old.Database).Location, "/")
	if old.Kind == catalog.Managed && !old.Temporary && old.Location == base+"/"+old.Name {
		t.Location = strings.TrimSuffix(e.snapshot().Database(t.Database).Location, "/") + "/" + t.Name
	}
	return nil
}

func setProps(t *catalog.Table, a *ast.SetProps) {
	if a.SerDe {
		t.Format.Props = props(t.Format.Props, a.Props, true)
		return
	}
	t.Props = props(t.Props, a.Props, false)
	for _, p := range a.Props {
		if !strings.EqualFold(p.Key, "EXTERNAL") || t.Kind == catalog.View {
			continue
		}
		t.Kind = catalog.Managed
		if strings.EqualFold(p.Value, "TRUE") {
			t.Kind = catalog.External
		}
	}
}

func unsetProps(t *catalog.Table, a *ast.UnsetProps) error {
	from := t.Props
	if a.SerDe {
		from = t.Format.Props
	}
	for _, k := range a.Keys {
		key := k.Key
		if a.SerDe {
			key = strings.ToLower(key)
		}
		if _, ok := from[key]; !ok && !a.IfExists {
			return diag.At(k.Span(), diag.Unknown, "no property %q", k.Key)
		}
		delete(from, key)
	}
	return nil
}

func addColumns(t *catalog.Table, a *ast.AddColumns) error {
	cols, err := columns(a.Columns)
	if err != nil {
		return err
	}
	if a.Replace {
		t.Columns = cols
	} else {
		t.Columns = append(t.Columns, cols...)
	}
	return nil
}

func changeColumn(t *catalog.Table, a *ast.ChangeColumn) error {
	i := slices.IndexFunc(t.Columns, func(c catalog.Column) bool { return strings.EqualFold(c.Name, a.Old.Name) })
	if i < 0 {
		return noColumn(t, a.Old)
	}
	c, err := column(a.New)
	if err != nil {
		return err
	}
	if !a.HasNote {
		c.Comment = t.Columns[i].Comment
	}
	t.Columns = slices.Delete(t.Columns, i, i+1)
	at := i
	switch {
	case a.First:
		at = 0
	case a.After.Given():
		at = 1 + slices.IndexFunc(t.Columns, func(c catalog.Column) bool { return strings.EqualFold(c.Name, a.After.Name) })
		if at == 0 {
			return noColumn(t, a.After)
		}
	}
	t.Columns = slices.Insert(t.Columns, at, c)
	return nil
}

func partitionColumn(t *catalog.Table, a *ast.PartitionColumn) error {
	i, err := keyIndex(t, a.Column.Name)
	if err != nil {
		return err
	}
	c, err := column(a.Column)
	if err != nil {
		return err
	}
	t.Partition[i].Type = c.Type
	return nil
}

func noColumn(t *catalog.Table, id ast.Ident) error {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	err := diag.At(id.Span(), diag.Unknown, "no column %q in %s", id.Name, t.FullName())
	err.Hint = diag.DidYouMean(id.Name, names)
	return err
}

package coord

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/ddl"
	"github.com/winnowdb/winnow/proto/diag"
)

// loadRows carries out LOAD DATA into a partitioned table where not every partition column has a value: as in
// Hive the files hold the others behind the data columns, and their rows are inserted.
func (s *statement) loadRows(ctx context.Context, env *ddl.Env, t *catalog.Table, st *ast.Load) (*Result, error) {
	if strings.ContainsAny(st.Path, "*?[") {
		return nil, diag.At(st.Span(), diag.Unsupported, "LOAD DATA takes one file or folder where rows choose their partition, not %q", st.Path)
	}
	files, err := s.loadable(ctx, st)
	if err != nil {
		return nil, err
	}
	ins := &ast.Insert{Target: ast.InsertTarget{Pos: st.Pos, Overwrite: st.Overwrite, Table: &st.Table, Partition: st.Partition}}
	src := t.Clone()
	src.Kind, src.Partition = catalog.External, nil
	src.Name += " files" // which is no table's name
	src.Location = strings.TrimPrefix(st.Path, "file://")
	src.Props = map[string]string{"recursive": "true"} // the folder's folders too, as in Hive
	maps.Copy(src.Props, t.Props)
	var items []ast.PartItem
	for _, c := range t.Partition {
		if !hasValue(st.Partition, c.Name) {
			src.Columns = append(src.Columns, c)
			items = append(items, ast.PartItem{Pos: st.Pos, Key: ast.Ident{Pos: st.Pos, Name: c.Name}, Op: ast.OpEq})
		}
	}
	if st.Partition == nil {
		ins.Target.Partition = &ast.PartSpec{Pos: st.Pos, Items: items}
	}
	ins.Query = &ast.Query{Pos: st.Pos, Body: &ast.Select{
		Pos:   st.Pos,
		Items: []ast.SelectItem{{Pos: st.Pos, Expr: &ast.Star{Pos: st.Pos}}},
		From:  &ast.Table{Pos: st.Pos, Name: ast.QName{Pos: st.Pos, Parts: []ast.Ident{{Name: src.Database}, {Name: src.Name}}}},
	}}
	b := *env.Bind
	if b.Snapshot, err = catalog.Next(b.Snapshot, catalog.CreateTable{Table: src}); err != nil {
		return nil, err
	}
	target, err := bind.Insert(&b, ins)
	if err != nil {
		return nil, err
	}
	if err := s.insert(ctx, env, target); err != nil {
		return nil, err
	}
	if !st.Local {
		return s.c.done(), s.removeSources(ctx, files)
	}
	return s.c.done(), nil
}

// hasValue reports whether spec gives the partition column called name a value.
func hasValue(spec *ast.PartSpec, name string) bool {
	return spec != nil && slices.ContainsFunc(spec.Items, func(i ast.PartItem) bool {
		return i.Value != nil && strings.EqualFold(i.Key.Name, name)
	})
}

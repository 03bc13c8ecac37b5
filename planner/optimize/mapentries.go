package optimize

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// readEntries makes columns of the entries of a map of a file, where these are all that is read of it: m['k'] is then decoded as
// any other column is, and no map is built.
func readEntries(_ context.Context, env *Env, n logical.Node) (logical.Node, error) {
	u := usesOf(n)
	made := map[uint32]map[string]logical.Field{} // by map and key
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		switch scan := n.(type) {
		case *logical.Scan:
			n = u.entryColumns(env, scan, made)
		case *logical.Join:
			c := *scan
			c.Keep = entryIDs(u, scan.Keep, made)
			n = &c
		}
		if len(made) == 0 {
			return n, nil
		}
		return mapExprs(n, func(e expr.Expr) expr.Expr {
			return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
				col, key, ok := entry(e)
				if !ok || made[col.ID] == nil {
					return e
				}
				return made[col.ID][key].Column(e.Span())
			})
		}), nil
	})
}

// entryColumns puts the entries that are read of the scan's maps in place of the maps, and adds them to made.
func (u uses) entryColumns(env *Env, scan *logical.Scan, made map[uint32]map[string]logical.Field) *logical.Scan {
	if scan.Table.Handler != "" {
		return scan
	}
	c := *scan
	c.Columns = nil
	for _, col := range scan.Columns {
		t, isMap := col.Field.T.(*arrow.MapType)
		keys := u.keys(col.Field.ID)
		if col.Source != logical.Data || !isMap || len(keys) == 0 || !datatype.Equal(t.KeyType(), datatype.String) {
			c.Columns = append(c.Columns, col)
			continue
		}
		made[col.Field.ID] = map[string]logical.Field{}
		for _, key := range keys {
			f := logical.Field{ID: env.NewID(), Name: col.Field.Name + "[" + expr.Print(expr.String(key)) + "]", T: t.ItemType()}
			made[col.Field.ID][key] = f
			c.Columns = append(c.Columns, logical.ScanColumn{Field: f, Source: logical.Data, Index: col.Index, Path: []string{key}, Entry: true})
		}
	}
	return &c
}

// entryIDs puts the columns of entries in place of the maps among ids.
func entryIDs(u uses, ids []uint32, made map[uint32]map[string]logical.Field) []uint32 {
	var out []uint32
	for _, id := range ids {
		if made[id] == nil {
			out = append(out, id)
			continue
		}
		for _, key := range u.keys(id) {
			out = append(out, made[id][key].ID)
		}
	}
	return slices.Clip(out)
}

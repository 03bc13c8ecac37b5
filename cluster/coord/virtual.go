package coord

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// InformationSchema is the database of tables about tables.
const InformationSchema = "information_schema"

// virtual returns the rows of a table of information_schema or sys, made from the snapshot; nil if there is no such table.
func virtual(snap *catalog.Snapshot, database, table string) *logical.Values {
	switch database {
	case InformationSchema:
		return virtualSchema(snap, table)
	case sysDatabase:
		return virtualSys(snap, table)
	}
	return nil
}

func virtualSchema(snap *catalog.Snapshot, table string) *logical.Values {
	switch table {
	case "schemata":
		v := newVirtual("catalog_name", "schema_name", "schema_owner")
		for _, db := range sorted(snap.Databases) {
			v.add("winnow", db, "")
		}
		return v.rows
	case "tables", "views":
		v := newVirtual("table_catalog", "table_schema", "table_name", "table_type", "view_definition")
		each(snap, func(t *catalog.Table) {
			if table == "tables" || t.Kind == catalog.View {
				v.add("winnow", t.Database, t.Name, kindName(t.Kind), t.View.Text)
			}
		})
		return v.rows
	case "columns":
		return virtualColumns(snap)
	}
	return nil
}

// partitionsTable returns the rows of "t$partitions", which Trino and Athena have: a row per partition, a column per key.
func (s *statement) partitionsTable(ctx context.Context, t *catalog.Table) (*logical.Values, error) {
	if !t.IsPartitioned() {
		return nil, diag.Errorf(diag.Unknown, "%s has no partitions", t.FullName())
	}
	rec, _, err := s.conn.source.Partitions(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	v := &logical.Values{}
	for _, c := range t.Partition {
		v.Out = append(v.Out, logical.Field{Name: c.Name, T: c.Type})
	}
	for _, p := range catalog.Specs(t, rec) {
		row := make([]expr.Expr, len(p.Values))
		for i, key := range p.Values {
			text := expr.String(key.Text)
			if key.Null {
				text = expr.Null(datatype.String)
			}
			if row[i], err = expr.NewCast(text, t.Partition[i].Type, diag.Span{}); err != nil {
				return nil, err
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

func kindName(k catalog.Kind) string {
	if k == catalog.View {
		return "VIEW"
	}
	return "BASE TABLE"
}

func virtualColumns(snap *catalog.Snapshot) *logical.Values {
	v := newVirtual("table_catalog", "table_schema", "table_name", "column_name", "data_type", "is_nullable", "column_comment")
	v.rows.Out = append(v.rows.Out, logical.Field{Name: "ordinal_position", T: datatype.Int})
	each(snap, func(t *catalog.Table) {
		for i, col := range t.AllColumns() {
			v.add("winnow", t.Database, t.Name, col.Name, datatype.Name(col.Type), "YES", col.Comment)
			last := len(v.rows.Rows) - 1
			v.rows.Rows[last] = append(v.rows.Rows[last], expr.Int(int32(i+1)))
		}
	})
	return v.rows
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func each(snap *catalog.Snapshot, f func(*catalog.Table)) {
	for _, db := range sorted(snap.Databases) {
		for _, name := range sorted(snap.Databases[db].Tables) {
			f(snap.Databases[db].Tables[name])
		}
	}
}

type virtualRows struct{ rows *logical.Values }

func newVirtual(columns ...string) virtualRows {
	v := virtualRows{&logical.Values{}}
	for _, c := range columns {
		v.rows.Out = append(v.rows.Out, logical.Field{Name: strings.ToLower(c), T: arrow.DataType(datatype.String)})
	}
	return v
}

func (v virtualRows) add(cells ...string) {
	row := make([]expr.Expr, len(cells))
	for i, c := range cells {
		row[i] = expr.String(c)
	}
	v.rows.Rows = append(v.rows.Rows, row)
}

package coord

import (
	"slices"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// sysDatabase is Hive's view of its metastore. The tables here have the columns of Hive's that scripts ask for; the ids
// that join them are places in the sorted lists of one snapshot.
const sysDatabase = "sys"

// virtualSys returns the rows of a table of sys; nil if there is no such table.
func virtualSys(snap *catalog.Snapshot, table string) *logical.Values {
	dbs := sorted(snap.Databases)
	switch table {
	case "dbs":
		v := newSys("db_id", "name", "desc", "db_location_uri")
		for i, name := range dbs {
			db := snap.Databases[name]
			v.add(i, db.Name, db.Comment, db.Location)
		}
		return v.rows
	case "database_params":
		v := newSys("db_id", "param_key", "param_value")
		for i, name := range dbs {
			v.params(i, snap.Databases[name].Props)
		}
		return v.rows
	case "tbls":
		v := newSys("tbl_id", "tbl_name", "tbl_type", "owner", "view_expanded_text")
		v.rows.Out = append(v.rows.Out, logical.Field{Name: "db_id", T: datatype.BigInt})
		eachNumbered(snap, func(id int, t *catalog.Table) {
			v.add(id, t.Name, string(t.Kind), t.Owner, t.View.Text)
			last := len(v.rows.Rows) - 1
			v.rows.Rows[last] = append(v.rows.Rows[last], number(slices.Index(dbs, t.Database)))
		})
		return v.rows
	case "table_params":
		v := newSys("tbl_id", "param_key", "param_value")
		eachNumbered(snap, func(id int, t *catalog.Table) { v.params(id, t.Props) })
		return v.rows
	case "columns_v2":
		v := newSys("cd_id", "column_name", "type_name", "comment")
		v.rows.Out = append(v.rows.Out, logical.Field{Name: "integer_idx", T: datatype.Int})
		eachNumbered(snap, func(id int, t *catalog.Table) { v.columns(id, t.Columns) })
		return v.rows
	case "partition_keys":
		v := newSys("tbl_id", "pkey_name", "pkey_type", "pkey_comment")
		v.rows.Out = append(v.rows.Out, logical.Field{Name: "integer_idx", T: datatype.Int})
		eachNumbered(snap, func(id int, t *catalog.Table) { v.columns(id, t.Partition) })
		return v.rows
	}
	return nil
}

func eachNumbered(snap *catalog.Snapshot, f func(id int, t *catalog.Table)) {
	id := 0
	each(snap, func(t *catalog.Table) {
		f(id, t)
		id++
	})
}

// sysRows are rows that begin with an id.
type sysRows struct{ rows *logical.Values }

func newSys(id string, columns ...string) sysRows {
	v := newVirtual(columns...)
	v.rows.Out = slices.Insert(v.rows.Out, 0, logical.Field{Name: id, T: datatype.BigInt})
	return sysRows(v)
}

// number is the id of the i-th thing, from 1.
func number(i int) expr.Expr { return expr.BigInt(int64(i) + 1) }

func (v sysRows) add(i int, cells ...string) {
	virtualRows(v).add(cells...)
	last := len(v.rows.Rows) - 1
	v.rows.Rows[last] = slices.Insert(v.rows.Rows[last], 0, number(i))
}

func (v sysRows) params(i int, p map[string]string) {
	for _, key := range sorted(p) {
		v.add(i, key, p[key])
	}
}

func (v sysRows) columns(i int, columns []catalog.Column) {
	for n, c := range columns {
		v.add(i, c.Name, datatype.Name(c.Type), c.Comment)
		last := len(v.rows.Rows) - 1
		v.rows.Rows[last] = append(v.rows.Rows[last], expr.Int(int32(n)))
	}
}

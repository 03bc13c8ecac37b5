package ddl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/ast"
)

func isInteger(c catalog.Column) bool { return datatype.IsInteger(c.Type) }

// CreateStatement returns a CREATE statement that makes t again, in Hive's layout. Secrets are masked.
func CreateStatement(t *catalog.Table) string {
	name := "`" + t.Database + "`.`" + t.Name + "`"
	if t.Kind == catalog.View {
		return "CREATE VIEW " + name + columnNames(t.Columns) + " AS " + t.View.Text
	}
	var b strings.Builder
	switch {
	case t.Temporary:
		b.WriteString("CREATE TEMPORARY TABLE ")
	case t.Kind == catalog.External:
		b.WriteString("CREATE EXTERNAL TABLE ")
	default:
		b.WriteString("CREATE TABLE ")
	}
	b.WriteString(name + "(\n" + columnDefs(t.Columns) + ")")
	if t.Comment != "" {
		b.WriteString("\nCOMMENT " + ast.Quote(t.Comment))
	}
	if t.IsPartitioned() {
		b.WriteString("\nPARTITIONED BY ( \n" + columnDefs(t.Partition) + ")")
	}
	if t.Bucketing.Buckets > 0 {
		b.WriteString("\nCLUSTERED BY ( \n  " + strings.Join(t.Bucketing.Columns, ", ") + ")")
		if len(t.Bucketing.Sorted) > 0 {
			b.WriteString("\nSORTED BY ( \n  " + strings.Join(t.Bucketing.Sorted, ", ") + ")")
		}
		fmt.Fprintf(&b, "\nINTO %d BUCKETS", t.Bucketing.Buckets)
	}
	if t.Bucketing.Skewed != "" {
		b.WriteString("\n" + t.Bucketing.Skewed)
	}
	if t.Handler != "" {
		b.WriteString("\nSTORED BY " + ast.Quote(t.Handler))
	} else {
		b.WriteString("\nROW FORMAT SERDE \n  " + ast.Quote(t.Format.SerDe))
	}
	if len(t.Format.Props) > 0 {
		b.WriteString("\nWITH SERDEPROPERTIES ( \n" + propDefs(t.Format.Props) + ")")
	}
	if t.Handler == "" {
		b.WriteString("\nSTORED AS INPUTFORMAT \n  " + ast.Quote(t.Format.InputFormat))
		b.WriteString("\nOUTPUTFORMAT \n  " + ast.Quote(t.Format.OutputFormat))
	}
	b.WriteString("\nLOCATION\n  " + ast.Quote(t.Location))
	props := maps.Clone(t.Props)
	maps.DeleteFunc(props, func(k, _ string) bool { return strings.EqualFold(k, "EXTERNAL") })
	if len(props) > 0 {
		b.WriteString("\nTBLPROPERTIES (\n" + propDefs(props) + ")")
	}
	return b.String()
}

func columnNames(cols []catalog.Column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = "`" + c.Name + "`"
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func columnDefs(cols []catalog.Column) string {
	lines := make([]string, len(cols))
	for i, c := range cols {
		lines[i] = "  `" + strings.ReplaceAll(c.Name, "`", "``") + "` " + datatype.Name(c.Type)
		if c.Comment != "" {
			lines[i] += " COMMENT " + ast.Quote(c.Comment)
		}
	}
	return strings.Join(lines, ", \n")
}

func propDefs(props map[string]string) string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(props)) {
		lines = append(lines, "  "+ast.Quote(k)+"="+ast.Quote(shown(k, props[k])))
	}
	return strings.Join(lines, ", \n")
}

func (e *Env) showCreateDatabase(st *ast.Show) (*Rows, error) {
	db, err := e.showDatabase(st)
	if err != nil {
		return nil, err
	}
	r := &Rows{Columns: []string{"createdb_stmt"}}
	r.add("CREATE DATABASE `" + db.Name + "`")
	if db.Comment != "" {
		r.add("COMMENT")
		r.add("  " + ast.Quote(db.Comment))
	}
	r.add("LOCATION")
	r.add("  " + ast.Quote(db.Location))
	if len(db.Props) > 0 {
		r.add("WITH DBPROPERTIES (\n" + propDefs(db.Props) + ")")
	}
	return r, nil
}

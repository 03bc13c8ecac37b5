package ddl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// Rows is the answer of a SHOW or DESCRIBE: nil cells are NULL.
type Rows struct {
	Columns []string
	Cells   [][]*string
}

func (r *Rows) add(cells ...string) {
	row := make([]*string, len(cells))
	for i := range cells {
		row[i] = &cells[i]
	}
	r.Cells = append(r.Cells, row)
}

// describeColumns are Hive's names for the columns of DESCRIBE.
var describeColumns = []string{"col_name", "data_type", "comment"}

// Describe answers DESCRIBE in all its forms.
func (e *Env) Describe(ctx context.Context, st *ast.Describe) (*Rows, error) {
	switch st.Kind {
	case ast.DescribeDatabase:
		return e.describeDatabase(st)
	case ast.DescribeFunction:
		return e.describeFunction(st)
	}
	t, err := e.Table(st.Name)
	if err != nil {
		return nil, err
	}
	var part *catalog.PartitionSpec
	if st.Partition != nil {
		p, err := e.One(ctx, t, st.Partition)
		if err != nil {
			return nil, err
		}
		part = &p
	}
	r := &Rows{Columns: describeColumns}
	if len(st.Column) > 0 {
		return r, describeColumn(r, t, st.Column)
	}
	separately := e.Bind.Session.Settings["hive.display.partition.cols.separately"] != "false"
	if st.Mode == "formatted" && separately {
		r.add("# col_name", "data_type", "comment")
		describeList(r, t.Columns)
	} else {
		describeList(r, t.AllColumns())
	}
	if t.IsPartitioned() && separately {
		r.add("", "", "")
		r.add("# Partition Information", "", "")
		r.add("# col_name", "data_type", "comment")
		describeList(r, t.Partition)
	}
	switch st.Mode {
	case "formatted":
		formatted(r, t, part)
	case "extended":
		r.add("", "", "")
		r.add("Detailed Table Information", extended(t, part), "")
	}
	return r, nil
}

func describeList(r *Rows, cols []catalog.Column) {
	for _, c := range cols {
		r.add(c.Name, datatype.Name(c.Type), c.Comment)
	}
}

// describeColumn follows the dots of t.col.field; $elem$, $key$ and $value$ open arrays and maps.
func describeColumn(r *Rows, t *catalog.Table, path []ast.Ident) error {
	cols := t.AllColumns()
	i := slices.IndexFunc(cols, func(c catalog.Column) bool { return strings.EqualFold(c.Name, path[0].Name) })
	if i < 0 {
		return noColumn(&catalog.Table{Database: t.Database, Name: t.Name, Columns: cols}, path[0])
	}
	typ := cols[i].Type
	for _, step := range path[1:] {
		next := member(typ, step.Name)
		if next == nil {
			return diag.At(step.Span(), diag.Unknown, "%s has no member %q", datatype.Name(typ), step.Name)
		}
		typ = next
	}
	if s, ok := typ.(*arrow.StructType); ok && len(path) > 1 {
		for _, f := range s.Fields() {
			r.add(f.Name, datatype.Name(f.Type), "from deserializer")
		}
		return nil
	}
	r.add(path[len(path)-1].Name, datatype.Name(typ), cols[i].Comment)
	if t.Kind == catalog.Managed && !t.IsPartitioned() && len(path) == 1 {
		r.add("COLUMN_STATS_ACCURATE", accurate(t), "")
	}
	return nil
}

// accurate says, in Hive's form, of which columns exact statistics are at hand. Hive shows it where it wrote all of
// the table's rows itself; winnow takes statistics from the files as they are, so it holds for every column.
func accurate(t *catalog.Table) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = `\"` + c.Name + `\":\"true\"`
	}
	return `{\"BASIC_STATS\":\"true\",\"COLUMN_STATS\":{` + strings.Join(columns, ",") + "}}"
}

func member(t arrow.DataType, name string) arrow.DataType {
	switch t := t.(type) {
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if strings.EqualFold(f.Name, name) {
				return f.Type
			}
		}
	case *arrow.MapType:
		if name == "$key$" {
			return t.KeyType()
		}
		if name == "$value$" {
			return t.ItemType()
		}
	case *arrow.ListType:
		if name == "$elem$" {
			return t.Elem()
		}
	}
	return nil
}

func formatted(r *Rows, t *catalog.Table, part *catalog.PartitionSpec) {
	r.add("", "", "")
	what, location := "Table", t.Location
	if part != nil {
		what, location = "Partition", part.Location
	}
	r.add("# Detailed "+what+" Information", "", "")
	if part != nil {
		r.add("Partition Value:", "["+strings.TrimPrefix(t.PartitionName(part.Values), "=")+"]", "")
	}
	r.add("Database:", t.Database, "")
	r.add("Table:", t.Name, "")
	r.add("Owner:", t.Owner, "")
	r.add("CreateTime:", t.Created.UTC().Format("Mon Jan 02 15:04:05 MST 2006"), "")
	if location != "" {
		r.add("Location:", location, "")
	}
	r.add("Table Type:", string(t.Kind), "")
	if len(t.Props) > 0 {
		r.add("Table Parameters:", "", "")
		for _, k := range slices.Sorted(maps.Keys(t.Props)) {
			r.add("", k, shown(k, t.Props[k]))
		}
	}
	if t.Kind == catalog.View {
		r.add("", "", "")
		r.add("# View Information", "", "")
		r.add("Original Query:", t.View.Original, "")
		r.add("Expanded Query:", t.View.Text, "")
		return
	}
	storage(r, t)
}

func storage(r *Rows, t *catalog.Table) {
	r.add("", "", "")
	r.add("# Storage Information", "", "")
	if t.Handler != "" {
		r.add("Storage Handler:", t.Handler, "")
	}
	r.add("SerDe Library:", t.Format.SerDe, "")
	r.add("InputFormat:", t.Format.InputFormat, "")
	r.add("OutputFormat:", t.Format.OutputFormat, "")
	r.add("Num Buckets:", fmt.Sprint(max(t.Bucketing.Buckets, -1)), "")
	r.add("Bucket Columns:", "["+strings.Join(t.Bucketing.Columns, ", ")+"]", "")
	r.add("Sort Columns:", "["+strings.Join(t.Bucketing.Sorted, ", ")+"]", "")
	if len(t.Format.Props) > 0 {
		r.add("Storage Desc Params:", "", "")
		for _, k := range slices.Sorted(maps.Keys(t.Format.Props)) {
			r.add("", k, shown(k, printable(t.Format.Props[k])))
		}
	}
}

// printable writes control bytes as Hive literals do.
func printable(s string) string {
	q := ast.Quote(s)
	return q[1 : len(q)-1]
}

// secret parts of property names: their values are never shown.
var secretParts = []string{"pass", "secret", "token", "credential", "private", "apikey", "api.key"}

// shown masks the value of a property whose name says that it is a secret.
func shown(key, value string) string {
	low := strings.ToLower(key)
	for _, p := range secretParts {
		if strings.Contains(low, p) && value != "" {
			return "***"
		}
	}
	return value
}

func extended(t *catalog.Table, part *catalog.PartitionSpec) string {
	location := t.Location
	if part != nil {
		location = part.Location
	}
	return fmt.Sprintf("Table(tableName:%s, dbName:%s, owner:%s, createTime:%d, location:%s, serde:%s, tableType:%s)",
		t.Name, t.Database, t.Owner, t.Created.Unix(), location, t.Format.SerDe, t.Kind)
}

func (e *Env) describeDatabase(st *ast.Describe) (*Rows, error) {
	db := e.snapshot().Database(st.Name.Name())
	if db == nil {
		err := e.snapshot().NoDatabase(st.Name.Name())
		err.Span = st.Name.Span()
		return nil, err
	}
	r := &Rows{Columns: []string{"db_name", "comment", "location", "managedLocation", "owner_name", "owner_type"}}
	if st.Mode != "" {
		r.Columns = append(r.Columns, "parameters")
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(db.Props)) {
		pairs = append(pairs, k+"="+shown(k, db.Props[k]))
	}
	cells := []string{db.Name, db.Comment, db.Location, "", e.Bind.Session.User, "USER"}
	if st.Mode != "" {
		text := ""
		if len(pairs) > 0 {
			text = "{" + strings.Join(pairs, ", ") + "}"
		}
		cells = append(cells, text)
	}
	r.add(cells...)
	return r, nil
}

func (e *Env) describeFunction(st *ast.Describe) (*Rows, error) {
	name := st.Name.String()
	r := &Rows{Columns: []string{"tab_name"}}
	var names []string
	for d := range funcs.Docs() {
		if d.Name == name || slices.Contains(d.Aliases, name) {
			r.add(d.Text)
			if st.Mode == "extended" {
				r.add("Function type: " + d.Kind)
				if len(d.Aliases) > 0 {
					r.add("Synonyms: " + strings.Join(d.Aliases, ", "))
				}
			}
		}
		names = append(append(names, d.Name), d.Aliases...)
	}
	if db := e.snapshot().Database(e.database(st.Name)); db != nil && db.Macros[strings.ToLower(st.Name.Name())] != nil {
		m := db.Macros[strings.ToLower(st.Name.Name())]
		var params []string
		for _, c := range m.Params {
			params = append(params, c.Name+" "+datatype.Name(c.Type))
		}
		r.add(m.Name + "(" + strings.Join(params, ", ") + "): a user's function; it is " + m.Body)
	}
	if len(r.Cells) == 0 {
		err := funcs.NoFunction("function", name, names)
		err.Span = st.Name.Span()
		return nil, err
	}
	return r, nil
}

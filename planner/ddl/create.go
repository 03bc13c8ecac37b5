package ddl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// The class names that Hive gives to text tables.
const (
	lazySimple  = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	jsonSerDe   = "org.apache.hadoop.hive.serde2.JsonSerDe"
	textInput   = "org.apache.hadoop.mapred.TextInputFormat"
	textOutput  = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
	handlerNote = "known to winnow are xlsx and gsheet, and Hive's names for the latter"
)

// CreateDatabase checks CREATE DATABASE. A location that is not written is the warehouse's name.db.
func (e *Env) CreateDatabase(st *ast.CreateDatabase) (catalog.Change, error) {
	name := strings.ToLower(st.Name.Name)
	loc := st.Location
	if loc == "" {
		loc = strings.TrimSuffix(e.Warehouse, "/") + "/" + name + ".db"
	}
	if err := e.reads(loc, st.Span()); err != nil {
		return nil, err
	}
	return catalog.CreateDatabase{
		Database:    &catalog.Database{Name: name, Comment: st.Comment, Location: loc, Props: props(nil, st.Props, false)},
		IfNotExists: st.IfNotExists,
	}, nil
}

// AlterDatabase checks ALTER DATABASE.
func (e *Env) AlterDatabase(st *ast.AlterDatabase) (catalog.Change, error) {
	db := e.snapshot().Database(st.Name.Name)
	if db == nil {
		err := e.snapshot().NoDatabase(st.Name.Name)
		err.Span = st.Name.Span()
		return nil, err
	}
	db = db.Clone()
	if st.Location != "" {
		if err := e.reads(st.Location, st.Span()); err != nil {
			return nil, err
		}
		db.Location = st.Location
	}
	db.Props = props(db.Props, st.Props, false)
	return catalog.AlterDatabase{Database: db}, nil
}

// CreateTable checks CREATE TABLE. as has the columns of an AS query, or is nil.
func (e *Env) CreateTable(st *ast.CreateTable, as []logical.Field) (*catalog.Table, error) {
	t := &catalog.Table{
		Database: e.database(st.Name), Name: strings.ToLower(st.Name.Name()), Kind: catalog.Managed,
		Temporary: st.Kind == ast.TemporaryTable, Comment: st.Comment, Owner: e.Bind.Session.User, Created: e.Now,
		Props: map[string]string{},
	}
	if st.Kind == ast.ExternalTable {
		t.Kind = catalog.External
	}
	if e.snapshot().Database(t.Database) == nil {
		err := e.snapshot().NoDatabase(t.Database)
		err.Span = st.Name.Span()
		return nil, err
	}
	if len(t.Name) > maxName {
		return nil, diag.At(st.Name.Span(), diag.Limit, "a table's name is at most %d bytes long", maxName)
	}
	if err := e.shape(t, st, as); err != nil {
		return nil, err
	}
	t.Props = props(t.Props, st.Props, false)
	if external(t.Props) {
		t.Kind = catalog.External
	}
	if err := e.format(t, st.Format, st.Stored); err != nil {
		return nil, err
	}
	if st.Format != nil {
		e.warnDelimiters(st.Format)
	}
	t.Location = e.location(t, st.Location)
	if template := t.Props["storage.location.template"]; template != "" && t.PathPartitioned() && !layoutTemplate(t, template) {
		return nil, diag.At(st.Span(), diag.Unsupported, "storage.location.template %q is not the layout key=value under the table's location", template).
			WithHint("leave projection out and name each partition: alter table … add partition (…) location '…'")
	}
	if t.Handler == "" {
		if err := e.reads(t.Location, st.Span()); err != nil {
			return nil, err
		}
	}
	if st.Clustered != nil {
		t.Bucketing = bucketing(st.Clustered)
	}
	if st.Skewed != nil {
		t.Bucketing.Skewed = skew(st.Skewed)
	}
	if err := distinct(t, st.Name.Span()); err != nil {
		return nil, err
	}
	return t, e.check(t, st.Span())
}

// external reads the property that makes a table external; any case of its value counts.
func external(p map[string]string) bool {
	for k, v := range p {
		if strings.EqualFold(k, "EXTERNAL") && strings.EqualFold(v, "TRUE") {
			return true
		}
	}
	return false
}

// check asks the format whether it can read the table, whose columns get the types that it gives them.
func (e *Env) check(t *catalog.Table, at diag.Span) error {
	if t.Handler != "" || t.Kind == catalog.View {
		return nil
	}
	types, err := e.Check(t)
	if d, ok := err.(*diag.Error); ok && d.Span == (diag.Span{}) {
		placed := *d
		placed.Span = at
		return &placed
	}
	if err != nil {
		return err
	}
	for i, c := range t.Columns {
		if datatype.Equal(c.Type, types[i]) {
			continue
		}
		t.Columns[i].Type = types[i]
		e.Warn("column " + c.Name + " is " + datatype.Name(types[i]) + ", as that is all the SerDe reads: 'typed'='true' in its properties keeps the declared type")
	}
	return nil
}

// location is where the table lies: as written, or below its database's folder.
func (e *Env) location(t *catalog.Table, written string) string {
	if written != "" {
		return strings.TrimPrefix(written, "file://")
	}
	base := strings.TrimSuffix(e.snapshot().Database(t.Database).Location, "/")
	if t.Temporary {
		base = strings.TrimSuffix(e.Warehouse, "/") + "/.temporary/" + e.Now.UTC().Format("20060102T150405.000000000")
	}
	return base + "/" + t.Name
}

// shape sets columns, partition columns and, for LIKE, all that is copied.
func (e *Env) shape(t *catalog.Table, st *ast.CreateTable, as []logical.Field) error {
	switch {
	case st.LikeFile != nil:
		return diag.At(st.LikeFile.Span(), diag.Unsupported, "columns cannot be taken from a %s file", st.LikeFile.Format.Name).WithHint("write them out")
	case st.Like != nil:
		return e.like(t, *st.Like)
	case as != nil:
		return ctas(t, st, as)
	}
	var err error
	if t.Columns, err = columns(st.Columns); err != nil {
		return err
	}
	if t.Partition, err = columns(st.PartitionedBy); err != nil {
		return err
	}
	for i, c := range t.Partition {
		if nestedKey(c) {
			return diag.At(st.PartitionedBy[i].Span(), diag.Type, "partition column %q must be of a primitive type", c.Name)
		}
	}
	if len(t.Columns) == 0 && (st.Stored == nil || st.Stored.By == "") && len(st.Props) == 0 {
		return diag.At(st.Name.Span(), diag.Syntax, "table %q has no columns", t.Name)
	}
	return nil
}

func (e *Env) like(t *catalog.Table, of ast.QName) error {
	src, err := e.Table(of)
	if err != nil {
		return err
	}
	c := src.Clone()
	t.Columns, t.Partition, t.Format, t.Bucketing = c.Columns, c.Partition, c.Format, c.Bucketing
	if t.Comment == "" {
		t.Comment = c.Comment
	}
	if c.Kind == catalog.View {
		t.Format = catalog.Format{}
	}
	t.Props = map[string]string{}
	for k, v := range c.Props {
		if !strings.EqualFold(k, "EXTERNAL") {
			t.Props[k] = v
		}
	}
	return nil
}

// ctas takes the columns of the query; PARTITIONED BY names the last ones.
func ctas(t *catalog.Table, st *ast.CreateTable, as []logical.Field) error {
	names := st.Columns
	if len(names) > 0 && len(names)+len(st.PartitionedBy) != len(as) && len(names) != len(as) {
		return diag.At(names[0].Span(), diag.Type, "%d column names for %d columns of the query", len(names), len(as))
	}
	keys := map[string]bool{}
	for _, k := range st.PartitionedBy {
		keys[strings.ToLower(k.Name.Name)] = true
	}
	for i, f := range as {
		c := catalog.Column{Name: f.Name, Type: storable(f.T)}
		if i < len(names) {
			c.Name, c.Comment = strings.ToLower(names[i].Name.Name), names[i].Comment
		}
		if keys[c.Name] {
			t.Partition = append(t.Partition, c)
		} else {
			t.Columns = append(t.Columns, c)
		}
	}
	if len(t.Partition) != len(st.PartitionedBy) {
		return diag.At(st.PartitionedBy[0].Span(), diag.Unknown, "a partition column is not among the query's columns")
	}
	slices.SortStableFunc(t.Partition, func(a, b catalog.Column) int { return rank(st.PartitionedBy, a.Name) - rank(st.PartitionedBy, b.Name) })
	return nil
}

func rank(defs []ast.ColumnDef, name string) int {
	return slices.IndexFunc(defs, func(d ast.ColumnDef) bool { return strings.EqualFold(d.Name.Name, name) })
}

func bucketing(c *ast.Clustered) catalog.Bucketing {
	b := catalog.Bucketing{Buckets: int(c.Buckets)}
	for _, id := range c.Columns {
		b.Columns = append(b.Columns, id.Name)
	}
	for _, s := range c.Sorted {
		b.Sorted = append(b.Sorted, ast.Print(s.Expr))
	}
	return b
}

// skew is SKEWED BY as SHOW CREATE TABLE shows it.
func skew(s *ast.Skewed) string {
	values := make([]string, len(s.Values))
	for i, row := range s.Values {
		texts := make([]string, len(row))
		for j, v := range row {
			texts[j] = ast.Print(v)
		}
		values[i] = "(" + strings.Join(texts, ",") + ")"
	}
	names := make([]string, len(s.Columns))
	for i, id := range s.Columns {
		names[i] = id.Name
	}
	out := "SKEWED BY (" + strings.Join(names, ", ") + ")\n  ON (" + strings.Join(values, ",") + ")"
	if s.Directories {
		out += "\n  STORED AS DIRECTORIES"
	}
	return out
}

// format sets SerDe, classes and SerDe properties.
func (e *Env) format(t *catalog.Table, row *ast.RowFormat, stored *ast.Stored) error {
	f := &t.Format
	if f.SerDe == "" {
		*f = catalog.Format{SerDe: lazySimple, InputFormat: textInput, OutputFormat: textOutput, Props: map[string]string{}}
	} else {
		f.Props = maps.Clone(f.Props)
	}
	if stored != nil {
		if err := e.stored(t, stored); err != nil {
			return err
		}
	}
	if row != nil {
		applyRow(f, row)
	}
	if f.Props == nil {
		f.Props = map[string]string{}
	}
	return nil
}

func (e *Env) stored(t *catalog.Table, s *ast.Stored) error {
	f := &t.Format
	switch strings.ToLower(s.As) {
	case "", "textfile":
	case "jsonfile":
		f.SerDe = jsonSerDe
	default:
		return diag.At(s.Span(), diag.Unsupported, "stored as %s: winnow keeps tables as text", s.As).WithHint("write STORED AS TEXTFILE or JSONFILE")
	}
	if s.Input != "" {
		f.InputFormat, f.OutputFormat = s.Input, s.Output
	}
	if s.By != "" {
		if err := e.Handler(s.By); err != nil {
			return diag.At(s.Span(), diag.Unsupported, "no storage handler %q", s.By).WithHint(handlerNote)
		}
		t.Handler = strings.ToLower(s.By)
		t.Kind = catalog.External
	}
	f.Props = props(f.Props, s.Props, true)
	return nil
}

// warnDelimiters warns of delimiters that are written as more than the one byte that Hive takes of them.
func (e *Env) warnDelimiters(row *ast.RowFormat) {
	for _, text := range []*string{row.Fields, row.Escaped, row.Items, row.MapKeys} {
		if text == nil || len(*text) < 2 || (*text)[0] == '\\' {
			continue
		}
		if _, err := strconv.ParseInt(*text, 10, 8); err != nil && utf8.RuneCountInString(*text) > 1 {
			first, _ := utf8.DecodeRuneInString(*text)
			e.Warn(fmt.Sprintf("of the delimiter %q only %q is used, as in Hive: MultiDelimitSerDe takes more", *text, first))
		}
	}
}

func applyRow(f *catalog.Format, row *ast.RowFormat) {
	if row.SerDe != "" {
		f.SerDe = row.SerDe
		f.Props = props(f.Props, row.Props, true)
		return
	}
	f.SerDe = lazySimple
	if f.Props == nil {
		f.Props = map[string]string{}
	}
	for _, p := range []struct {
		key   string
		value *string
	}{
		{"field.delim", row.Fields},
		{"serialization.format", row.Fields},
		{"escape.delim", row.Escaped},
		{"collection.delim", row.Items},
		{"mapkey.delim", row.MapKeys},
		{"line.delim", row.Lines},
		{"serialization.null.format", row.Null},
	} {
		if p.value != nil {
			f.Props[p.key] = *p.value
		}
	}
}

// layoutTemplate reports whether Athena's template of locations is the layout that t's partitions have anyway.
func layoutTemplate(t *catalog.Table, template string) bool {
	layout := strings.TrimSuffix(t.Location, "/")
	for _, c := range t.Partition {
		layout += "/" + c.Name + "=${" + c.Name + "}"
	}
	return strings.TrimSuffix(template, "/") == layout
}

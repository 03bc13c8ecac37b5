package ddl

import (
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// storable is the type a column made of an expression of type t gets: NULL becomes string, as in Hive.
func storable(t arrow.DataType) arrow.DataType {
	if datatype.Equal(t, datatype.Void) {
		return datatype.String
	}
	return t
}

func nestedKey(c catalog.Column) bool { return datatype.IsNested(c.Type) }

// CreateView checks CREATE VIEW: the query must bind now.
func (e *Env) CreateView(st *ast.CreateView) (catalog.Change, error) {
	n, def, err := e.viewQuery(st.Query, string(st.Text), st.End)
	if err != nil {
		return nil, err
	}
	t := &catalog.Table{
		Database: e.database(st.Name), Name: strings.ToLower(st.Name.Name()), Kind: catalog.View, Comment: st.Comment,
		Owner: e.Bind.Session.User, Created: e.Now, Props: props(nil, st.Props, false),
		View: def,
	}
	if e.snapshot().Database(t.Database) == nil {
		err := e.snapshot().NoDatabase(t.Database)
		err.Span = st.Name.Span()
		return nil, err
	}
	if t.Columns, err = viewColumns(st.Columns, n.Fields(), st.Name.Span()); err != nil {
		return nil, err
	}
	if err := distinct(t, st.Name.Span()); err != nil {
		return nil, err
	}
	return catalog.CreateTable{Table: t, IfNotExists: st.IfNotExists, Replace: st.OrReplace}, nil
}

// viewQuery binds the query of a view, whose text ends at end of the statement. Each * becomes the columns that
// it stands for now: a view keeps its columns when a table that it reads gets another one.
func (e *Env) viewQuery(q *ast.Query, text string, end int) (logical.Node, catalog.ViewDef, error) {
	stars := map[diag.Span]string{}
	env := *e.Bind
	env.Star = func(at diag.Span, columns string) { stars[at] = columns }
	n, err := bind.Query(&env, q)
	if err != nil {
		return nil, catalog.ViewDef{}, err
	}
	begin := end - len(text)
	expanded := text
	last := func(a, b diag.Span) int { return b.Start - a.Start }
	for _, at := range slices.SortedFunc(maps.Keys(stars), last) {
		expanded = expanded[:at.Start-begin] + stars[at] + expanded[at.End-begin:]
	}
	return n, catalog.ViewDef{Original: text, Text: expanded, Database: e.Bind.Session.Database}, nil
}

func viewColumns(names []ast.ColumnDef, fields []logical.Field, at diag.Span) ([]catalog.Column, error) {
	if len(names) > 0 && len(names) != len(fields) {
		return nil, diag.At(at, diag.Type, "%d column names for %d columns of the query", len(names), len(fields))
	}
	out := make([]catalog.Column, len(fields))
	for i, f := range fields {
		out[i] = catalog.Column{Name: f.Name, Type: storable(f.T)}
		if len(names) > 0 {
			out[i].Name, out[i].Comment = strings.ToLower(names[i].Name.Name), names[i].Comment
		}
	}
	return out, nil
}

// AlterViewAs gives a view another query.
func (e *Env) AlterViewAs(st *ast.AlterViewAs) (catalog.Change, error) {
	t, err := e.Table(st.Name)
	if err != nil {
		return nil, err
	}
	if t.Kind != catalog.View {
		return nil, diag.At(st.Name.Span(), diag.Type, "%s is a table, not a view", t.FullName())
	}
	n, def, err := e.viewQuery(st.Query, string(st.Text), st.End)
	if err != nil {
		return nil, err
	}
	next := t.Clone()
	next.View = def
	if next.Columns, err = viewColumns(nil, n.Fields(), st.Name.Span()); err != nil {
		return nil, err
	}
	return catalog.ReplaceTable{Old: t, New: next}, nil
}

// CreateMacro checks CREATE TEMPORARY MACRO. Its body is bound where it is used.
func (e *Env) CreateMacro(st *ast.CreateMacro) (catalog.Change, error) {
	params, err := columns(st.Params)
	if err != nil {
		return nil, err
	}
	return catalog.SetMacro{
		Database: strings.ToLower(e.Bind.Session.Database),
		Macro:    &catalog.Macro{Name: strings.ToLower(st.Name.Name), Params: params, Body: ast.Print(st.Body), Temporary: true},
	}, nil
}

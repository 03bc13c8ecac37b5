package ddl

import (
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// Directory describes the files of INSERT OVERWRITE DIRECTORY as a table that is in no catalog.
func (e *Env) Directory(d *ast.Directory, fields []logical.Field) (*catalog.Table, error) {
	t := e.bare(strings.TrimSuffix(strings.TrimPrefix(d.Path, "file://"), "/"), fields)
	if err := e.format(t, d.Format, d.Stored); err != nil {
		return nil, err
	}
	return t, e.check(t, d.Span())
}

func (e *Env) bare(location string, fields []logical.Field) *catalog.Table {
	t := &catalog.Table{
		Database: e.Bind.Session.Database, Name: "directory", Kind: catalog.External, Location: location,
		Created: e.Now, Props: map[string]string{},
	}
	for _, f := range fields {
		t.Columns = append(t.Columns, catalog.Column{Name: f.Name, Type: storable(f.T)})
	}
	return t
}

// UnloadTable describes the files of UNLOAD: format textfile or json, field_delimiter, compression,
// partitioned_by = array['c', …].
func (e *Env) UnloadTable(st *ast.Unload, fields []logical.Field) (*catalog.Table, error) {
	t := e.bare(strings.TrimSuffix(strings.TrimPrefix(st.Path, "file://"), "/"), fields)
	stored := &ast.Stored{Pos: st.Pos, As: "textfile"}
	t.Format.Props = map[string]string{}
	for _, p := range st.Props {
		if p.Key == "partitioned_by" {
			if err := partitionBy(t, p); err != nil {
				return nil, err
			}
			continue
		}
		v, err := bind.Expr(e.Bind, p.Value)
		if err != nil {
			return nil, err
		}
		text := ast.Print(p.Value)
		if lit, ok := literal(v); ok {
			text = lit
		}
		switch p.Key {
		case "format":
			if strings.EqualFold(text, "json") {
				stored.As = "jsonfile"
			} else if !strings.EqualFold(text, "textfile") {
				stored.As = text
			}
		case "compression":
			t.Props["compression"] = strings.ToLower(text)
		case "field_delimiter":
			t.Format.Props["field.delim"] = text
		default:
			return nil, diag.At(p.Span(), diag.Config, "unload has no property %q", p.Key).
				WithHint("it has format, compression, field_delimiter and partitioned_by")
		}
	}
	if err := e.stored(t, stored); err != nil {
		return nil, err
	}
	if t.Format.SerDe == "" {
		t.Format.SerDe = lazySimple
	}
	return t, e.check(t, st.Span())
}

func partitionBy(t *catalog.Table, p ast.UnloadProp) error {
	call, ok := p.Value.(*ast.Call)
	if !ok {
		return diag.At(p.Span(), diag.Syntax, "partitioned_by takes array['column', …]")
	}
	for _, a := range call.Args {
		lit, ok := a.(*ast.Literal)
		if !ok {
			return diag.At(a.Span(), diag.Syntax, "partitioned_by takes names in quotes")
		}
		found := false
		for i, c := range t.Columns {
			if strings.EqualFold(c.Name, lit.Text) {
				t.Partition = append(t.Partition, c)
				t.Columns = append(t.Columns[:i], t.Columns[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			return diag.At(a.Span(), diag.Unknown, "no column %q in the query", lit.Text)
		}
	}
	return nil
}

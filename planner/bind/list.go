package bind

import (
	"strconv"
	"strings"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// list makes the items: stars and table functions become columns.
func (s *block) list() error {
	tableFunctions := 0
	for i := range s.sel.Items {
		it := &s.sel.Items[i]
		switch e := it.Expr.(type) {
		case *ast.Star:
			if err := s.star(e); err != nil {
				return err
			}
			continue
		case *ast.Name:
			if s.isRegex(e) {
				if err := s.regexColumns(e); err != nil {
					return err
				}
				continue
			}
		case *ast.Call:
			if e.Over == nil && funcs.FindTable(e.Name.Name()) != nil && funcs.FindScalar(e.Name.Name()) == nil {
				if tableFunctions++; tableFunctions > 1 {
					return diag.At(e.Span(), diag.Unsupported, "only one table function can stand in a select list").WithHint("use LATERAL VIEW")
				}
				if err := s.selectFunction(e, it); err != nil {
					return err
				}
				continue
			}
		}
		if len(it.Aliases) > 0 {
			return diag.At(spanOf(it.Aliases), diag.Syntax, "AS (…) names the columns of a table function")
		}
		s.items = append(s.items, &item{e: it.Expr, alias: it.Alias.Name, name: s.nameOf(it)})
	}
	return nil
}

// nameOf is the name of the next item: its alias, its column's or last field's name, or _c and its place.
func (s *block) nameOf(it *ast.SelectItem) string {
	if it.Alias.Given() {
		return it.Alias.Name
	}
	switch e := it.Expr.(type) {
	case *ast.Name:
		return e.Parts[len(e.Parts)-1].Name
	case *ast.Field:
		return e.Name.Name
	}
	return "_c" + strconv.Itoa(len(s.items))
}

// star adds the columns of * or t.*, or the fields of a struct column.
func (s *block) star(e *ast.Star) error {
	if cols := s.scope.visible(e.Table); len(cols) > 0 {
		s.columns(cols, e.Span())
		return nil
	}
	if len(e.Table) == 0 {
		return diag.At(e.Span(), diag.Syntax, "SELECT * needs FROM")
	}
	col, fields, ok, err := s.scope.resolve(e.Table)
	if err != nil {
		return err
	}
	if !ok {
		return s.scope.missingTable(e.Table)
	}
	x, err := fieldsOf(col, fields)
	if err != nil {
		return err
	}
	names, ok := structFields(x.Type())
	if !ok {
		return diag.At(e.Span(), diag.Type, "%s.* needs a table or a struct, not %s", text(e.Table), datatype.Name(x.Type()))
	}
	written := make([]string, len(names))
	for i, name := range names {
		f, err := fieldsOf(x, []ast.Ident{{Pos: e.Pos, Name: name}})
		if err != nil {
			return err
		}
		s.items = append(s.items, &item{raw: f, name: name})
		for _, part := range e.Table {
			written[i] += ast.QuoteName(part.Name) + "."
		}
		written[i] += ast.QuoteName(name)
	}
	s.tell(e.Span(), written)
	return nil
}

// columns adds cols, which * or its like at at stands for.
func (s *block) columns(cols []column, at diag.Span) {
	written := make([]string, len(cols))
	for i, c := range cols {
		s.items = append(s.items, &item{raw: s.scope.read(c, at), name: c.Name, table: c.Qualifier})
		if c.Qualifier != "" {
			written[i] = ast.QuoteName(c.Qualifier) + "."
		}
		written[i] += ast.QuoteName(c.Name)
	}
	s.tell(at, written)
}

// tell reports to Env.Star what stands in the text.
func (s *block) tell(at diag.Span, columns []string) {
	if s.env.Star != nil && len(s.views) == 0 && at != (diag.Span{}) {
		s.env.Star(at, strings.Join(columns, ", "))
	}
}

// isRegex reports whether e is a regular expression over column names: a quoted name, if
// hive.support.quoted.identifiers is none.
func (s *block) isRegex(e *ast.Name) bool {
	last := e.Parts[len(e.Parts)-1]
	return last.Quoted && s.setting("hive.support.quoted.identifiers", "column") == "none"
}

// regexColumns adds the columns whose whole name matches.
func (s *block) regexColumns(e *ast.Name) error {
	last := e.Parts[len(e.Parts)-1]
	var found []column
	for _, c := range s.scope.visible(e.Parts[:len(e.Parts)-1]) {
		m := maker{at: e.Span()}
		match := m.call("rlike", expr.String(c.Name), expr.String("^(?:"+last.Name+")$"))
		if m.err != nil {
			return m.err
		}
		if lit, ok := s.constant(match); ok && expr.IsTrue(lit) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return diag.At(e.Span(), diag.Unknown, "no column matches %q", last.Name)
	}
	s.columns(found, e.Span())
	return nil
}

// selectFunction puts a table function of the select list under the list, as LATERAL VIEW would be.
func (s *block) selectFunction(e *ast.Call, it *ast.SelectItem) error {
	names := it.Aliases
	if it.Alias.Given() {
		names = []ast.Ident{it.Alias}
	}
	g, err := s.sourcePlace("the arguments of a table function").tableFunction(s.node, e, names)
	if err != nil {
		return err
	}
	g.Input = s.node // a subquery in the arguments has joined
	s.node = g
	for _, f := range g.Out {
		s.items = append(s.items, &item{raw: f.Column(e.Span()), name: f.Name, alias: f.Name})
	}
	return nil
}

// bindItems binds the items that are not columns already.
func (s *block) bindItems() error {
	for _, it := range s.items {
		x, err := s.itemExpr(it, s.listPlace("the select list", s.windows))
		if err != nil {
			return err
		}
		it.raw = x
		if c, ok := x.(*expr.Column); ok && it.table == "" && it.alias == "" {
			it.table = s.qualifierOf(c.ID)
		}
	}
	return nil
}

// itemExpr returns the expression of it, bound at p.
func (s *block) itemExpr(it *item, p *place) (expr.Expr, error) {
	if it.raw != nil {
		return it.raw, nil
	}
	return p.expr(it.e)
}

func (s *block) qualifierOf(id uint32) string {
	for _, c := range s.scope.cols {
		if c.ID == id {
			return c.Qualifier
		}
	}
	return ""
}

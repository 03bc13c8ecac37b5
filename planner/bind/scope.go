package bind

import (
	"slices"
	"strings"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// scope is the columns that names may mean: those of the tables in FROM, then those of the enclosing query.
type scope struct {
	cols  []column
	outer *scope
}

// column is one column of a table in FROM.
type column struct {
	logical.Field
	db string // database of a table without alias, for db.table.column
	// side: one of the two that USING has merged. It is found only as table.column, and * leaves it out.
	side bool
}

// label is the column's name with its table's.
func (c column) label() string {
	if c.Qualifier == "" {
		return c.Name
	}
	return c.Qualifier + "." + c.Name
}

// columnsOf makes n's output the columns of the table or subquery called alias.
func columnsOf(n logical.Node, alias string) []column {
	fields := n.Fields()
	cols := make([]column, len(fields))
	for i, f := range fields {
		f.Qualifier = alias
		cols[i] = column{Field: f}
	}
	return cols
}

// tables reports whether the scope has columns of more than one table.
func (s *scope) tables() bool {
	for _, c := range s.cols {
		if c.Qualifier != s.cols[0].Qualifier {
			return true
		}
	}
	return false
}

// read returns an expression that reads c. In a join and in a subquery it is shown as table.column.
func (s *scope) read(c column, at diag.Span) *expr.Column {
	e := c.Column(at)
	if s.outer != nil || s.tables() {
		e.Name = c.label()
	}
	return e
}

// resolve finds what name means: a column, and the names of struct fields behind it. s is searched before
// the scopes around it. ok is false if there is no such column.
func (s *scope) resolve(name []ast.Ident) (col *expr.Column, fields []ast.Ident, ok bool, err error) {
	at := spanOf(name)
	for inner := s; s != nil; s = s.outer {
		// Hive: what looks like table.column is one if there is such a table and column, even where
		// a struct column is called as the table is.
		for n := min(3, len(name)); n > 0; n-- {
			found := s.match(name[:n])
			if len(found) > 1 {
				return nil, nil, false, ambiguous(name[:n], found)
			}
			if len(found) == 1 {
				col = s.read(found[0], at)
				if s != inner {
					col.Name = found[0].label()
				}
				return col, name[n:], true, nil
			}
		}
	}
	return nil, nil, false, nil
}

// match returns the columns that [[db.]table.]column names.
func (s *scope) match(name []ast.Ident) []column {
	var found []column
	last := len(name) - 1
	for _, c := range s.cols {
		if c.Name != name[last].Name || last == 0 && c.side ||
			last > 0 && c.Qualifier != name[last-1].Name || last > 1 && c.db != name[last-2].Name {
			continue
		}
		// One column may be there twice under one name: select a, a.
		if !slices.ContainsFunc(found, func(f column) bool { return f.ID == c.ID }) {
			found = append(found, c)
		}
	}
	return found
}

// visible returns the columns that * stands for, or those of one table if name is given.
func (s *scope) visible(table []ast.Ident) []column {
	var out []column
	for _, c := range s.cols {
		switch {
		case c.Hidden:
		case len(table) == 0 && c.side:
		case len(table) > 0 && !c.of(table):
		default:
			out = append(out, c)
		}
	}
	return out
}

// of reports whether c belongs to [db.]table.
func (c column) of(table []ast.Ident) bool {
	last := len(table) - 1
	return last < 2 && c.Qualifier == table[last].Name && (last == 0 || c.db == table[0].Name)
}

func ambiguous(name []ast.Ident, found []column) error {
	labels := make([]string, len(found))
	for i, c := range found {
		labels[i] = c.label()
	}
	return diag.At(spanOf(name), diag.Unknown, "%q is ambiguous: %s", text(name), strings.Join(labels, ", ")).
		WithHint("write the table's name in front")
}

// missing is the error for a name that no scope knows.
func (s *scope) missing(name []ast.Ident) error {
	err := diag.At(spanOf(name), diag.Unknown, "no column %q", text(name))
	var tables, near []string
	for at := s; at != nil; at = at.outer {
		for _, c := range at.cols {
			tables = append(tables, c.Qualifier)
			if c.Hidden {
				continue
			}
			if len(name) > 1 {
				near = append(near, c.label())
			} else {
				near = append(near, c.Name)
			}
		}
	}
	if len(name) > 1 && !slices.Contains(tables, name[len(name)-2].Name) && !slices.Contains(tables, name[0].Name) {
		err.Msg = "no table, alias or column \"" + name[0].Name + "\" here"
		err.Hint = diag.DidYouMean(name[0].Name, tables)
	}
	if err.Hint == "" {
		err.Hint = diag.DidYouMean(text(name), near)
	}
	return err
}

// text is a dotted name as typed, without quotes.
func text(name []ast.Ident) string {
	parts := make([]string, len(name))
	for i, p := range name {
		parts[i] = p.Name
	}
	return strings.Join(parts, ".")
}

func spanOf(name []ast.Ident) diag.Span {
	return name[0].Span().Join(name[len(name)-1].Span())
}

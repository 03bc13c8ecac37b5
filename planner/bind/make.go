package bind

import (
	"errors"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// maker builds expressions that nobody wrote. After the first error, which it keeps, it builds nothing.
type maker struct {
	at  diag.Span
	err error
}

func (m *maker) call(name string, args ...expr.Expr) expr.Expr {
	if m.err != nil {
		return nil
	}
	var e expr.Expr
	e, m.err = expr.NewCall(name, args, m.at)
	return e
}

// unpadded is x, made a char of the greatest length if it is a text literal and y a char: Hive compares them without trailing blanks.
func (m *maker) unpadded(x, y expr.Expr) expr.Expr {
	_, char := y.Type().(*datatype.Char)
	if l, ok := x.(*expr.Literal); ok && char && datatype.Equal(l.Type(), datatype.String) && !expr.IsNull(l) {
		return m.cast(x, &datatype.Char{N: 255})
	}
	return x
}

func (m *maker) cast(e expr.Expr, t arrow.DataType) expr.Expr {
	if m.err != nil {
		return nil
	}
	e, m.err = expr.NewCast(e, t, m.at)
	return e
}

// when is CASE WHEN cond THEN then ELSE els END.
func (m *maker) when(cond, then, els expr.Expr) expr.Expr {
	if m.err != nil {
		return nil
	}
	e, err := expr.NewCase([]expr.When{{Cond: cond, Then: then}}, els, m.at)
	m.err = err
	return e
}

// all is the conjunction of conds.
func (m *maker) all(conds []expr.Expr) expr.Expr {
	switch len(conds) {
	case 0:
		return expr.Bool(true)
	case 1:
		return conds[0]
	}
	return m.call("and", conds...)
}

func coalesce(a, b expr.Expr, at diag.Span) (expr.Expr, error) {
	return expr.NewCall("coalesce", []expr.Expr{a, b}, at)
}

// readField returns an expression that reads f, shown as table.column.
func readField(f logical.Field, at diag.Span) *expr.Column {
	e := f.Column(at)
	e.Name = column{Field: f}.label()
	return e
}

// placed gives err, if it is a *diag.Error without a place, the place at.
func placed(err error, at diag.Span) error {
	var d *diag.Error
	if errors.As(err, &d) && d.Span == (diag.Span{}) {
		c := *d
		c.Span = at
		return &c
	}
	return err
}

// functionNames returns the names of the library's functions of the given kinds; no kind means all.
func functionNames(kinds ...string) []string {
	var names []string
	for d := range funcs.Docs() {
		for _, k := range kinds {
			if d.Kind == k {
				names = append(append(names, d.Name), d.Aliases...)
			}
		}
		if len(kinds) == 0 {
			names = append(append(names, d.Name), d.Aliases...)
		}
	}
	return names
}

func isArrayOfStructs(e expr.Expr) bool {
	l, ok := e.Type().(*arrow.ListType)
	return ok && l.Elem().ID() == arrow.STRUCT
}

// hasMap reports whether t is a map or uniontype or has one inside: such values have no order.
func hasMap(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.MapType:
		return true
	case *arrow.ListType:
		return hasMap(t.Elem())
	case *arrow.StructType:
		if _, union := datatype.UnionMembers(t); union {
			return true
		}
		for _, f := range t.Fields() {
			if hasMap(f.Type) {
				return true
			}
		}
	}
	return false
}

// mustOrder refuses a key that has no order. what names the clause.
func mustOrder(e expr.Expr, what string) error {
	if hasMap(e.Type()) {
		return diag.At(e.Span(), diag.Type, "%s takes no %s", what, datatype.Name(e.Type()))
	}
	return nil
}

package ddl

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/proto/diag"
)

// CreateFunction checks CREATE FUNCTION f(x type, …) RETURNS type LANGUAGE sql|cel AS 'code'. The function is kept
// as a macro. The change is nil if there is such a function and IF NOT EXISTS asks for that.
func (e *Env) CreateFunction(st *ast.CreateFunction) (catalog.Change, error) {
	if st.Returns == nil {
		return nil, diag.At(st.Span(), diag.Unsupported, "winnow runs no Java classes, so %q cannot be a function", st.Class).
			WithHint("show functions lists what is built in; create function f(x int) returns int language sql as 'x + 1' makes one, language cel too")
	}
	name, database := strings.ToLower(st.Name.Name()), e.database(st.Name)
	if funcs.FindScalar(name) != nil || funcs.FindAggregate(name) != nil || funcs.FindTable(name) != nil {
		return nil, diag.At(st.Name.Span(), diag.Exists, "%s is a function of winnow", name)
	}
	if db := e.snapshot().Database(database); db != nil && db.Macros[name] != nil && !st.OrReplace {
		if st.IfNotExists {
			return nil, nil
		}
		return nil, diag.At(st.Name.Span(), diag.Exists, "there is a function %s", name).WithHint("create or replace function")
	}
	params, err := columns(st.Params)
	if err != nil {
		return nil, err
	}
	returns, err := bind.Type(st.Returns)
	if err != nil {
		return nil, err
	}
	m := &catalog.Macro{Name: name, Params: params, Temporary: st.Temporary}
	if m.Body, err = e.functionBody(st, params, returns); err != nil {
		return nil, err
	}
	return catalog.SetMacro{Database: database, Macro: m}, nil
}

// functionBody returns the SQL that stands for a call of the function.
func (e *Env) functionBody(st *ast.CreateFunction, params []catalog.Column, returns arrow.DataType) (string, error) {
	var names []string
	var types []arrow.DataType
	for _, c := range params {
		names, types = append(names, c.Name), append(types, c.Type)
	}
	inCode := func(err error) error {
		d := diag.At(st.CodeAt.Span(), diag.KindOf(err), "function %s: %v", st.Name.Name(), err)
		if x, ok := err.(*diag.Error); ok {
			d.Msg, d.Hint = "function "+st.Name.Name()+": "+x.Msg, x.Hint
		}
		if d.Hint == "" {
			d.Hint = "the code knows the function's parameters and what its language has"
		}
		return d
	}
	switch st.Language {
	case "cel":
		if err := funcs.CompileCEL(st.Class, names, types, returns); err != nil {
			return "", inCode(err)
		}
		return funcs.CELCall(st.Class, datatype.Name(returns), names), nil
	case "sql":
		body := "cast((" + st.Class + ") as " + datatype.Name(returns) + ")"
		if _, err := e.Bind.Parse("select " + body); err != nil {
			return "", inCode(err)
		}
		return body, nil
	}
	return "", diag.At(st.Span(), diag.Unsupported, "no language %q for functions", st.Language).WithHint("there are sql and cel")
}

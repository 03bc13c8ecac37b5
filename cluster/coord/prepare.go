package coord

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
)

// Prepare checks sql without carrying it out, and returns the schema of its rows (no fields if it has
// none) and how many ? it has. Statements that only show are answered to learn their schema.
func (n *Conn) Prepare(ctx context.Context, sql string) (*arrow.Schema, int, error) {
	text, err := n.Substitute(sql)
	if err != nil {
		return nil, 0, err
	}
	list, err := parse.Parse(text)
	if err != nil {
		return nil, 0, err
	}
	none := arrow.NewSchema(nil, nil)
	if len(list) == 0 {
		return none, 0, nil
	}
	if len(list) > 1 {
		return nil, 0, diag.At(list[1].Span(), diag.Syntax, "want one statement, found %d", len(list))
	}
	params := 0
	ast.Walk(list[0], func(node ast.Node) bool {
		if p, ok := node.(*ast.Param); ok {
			params = max(params, p.Index+1)
		}
		return true
	})
	switch st := list[0].(type) {
	case *ast.Query:
		s := &statement{c: n.coord, conn: n, session: n.session(), params: make([]expr.Expr, params)}
		env, err := s.bindEnv(ctx)
		if err != nil {
			return nil, 0, err
		}
		plan, err := bind.Query(env, st)
		if err != nil {
			return nil, 0, err
		}
		return schemaOf(plan), params, nil
	case *ast.Show, *ast.Describe:
		res, err := n.Query(ctx, text)
		if err != nil {
			return nil, 0, err
		}
		return res.Schema, 0, res.Close()
	case *ast.Explain:
		return lineSchema("explain"), 0, nil
	case *ast.Set:
		if st.Value == nil {
			return lineSchema("set"), 0, nil
		}
	case *ast.Msck:
		if !st.Repair {
			return lineSchema("result"), 0, nil
		}
	}
	return none, params, nil
}

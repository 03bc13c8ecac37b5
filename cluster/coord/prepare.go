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

// Prepared is what can be told of a statement before it runs.
type Prepared struct {
	// Schema is that of its rows; no fields if it has none.
	Schema *arrow.Schema
	// Params has the type that each ? is used as; nil where the statement does not tell.
	Params []arrow.DataType
}

// Prepare checks sql without carrying it out. Values for its ? may be given, for the schema can
// depend on their types; without them all are unknown. Statements that only show are answered to learn
// their schema.
func (n *Conn) Prepare(ctx context.Context, sql string, values ...expr.Expr) (Prepared, error) {
	none := Prepared{Schema: arrow.NewSchema(nil, nil)}
	text, err := n.Substitute(sql)
	if err != nil {
		return none, err
	}
	list, err := parse.Parse(text)
	if err != nil || len(list) == 0 {
		return none, err
	}
	if len(list) > 1 {
		return none, diag.At(list[1].Span(), diag.Syntax, "want one statement, found %d", len(list))
	}
	p := Prepared{Schema: none.Schema, Params: make([]arrow.DataType, countParams(list[0]))}
	if len(values) == 0 {
		values = make([]expr.Expr, len(p.Params))
	}
	return p, n.describe(ctx, text, list[0], values, &p)
}

func countParams(st ast.Statement) int {
	params := 0
	ast.Walk(st, func(node ast.Node) bool {
		if p, ok := node.(*ast.Param); ok {
			params = max(params, p.Index+1)
		}
		return true
	})
	return params
}

// describe fills p.
func (n *Conn) describe(ctx context.Context, text string, st ast.Statement, values []expr.Expr, p *Prepared) error {
	switch st := st.(type) {
	case *ast.Query, *ast.Insert, *ast.MultiInsert:
		s := &statement{c: n.coord, conn: n, session: n.session(), params: values}
		env, err := s.bindEnv(ctx)
		if err != nil {
			return err
		}
		env.WantParam = func(i int, t arrow.DataType) {
			if i < len(p.Params) && p.Params[i] == nil {
				p.Params[i] = t
			}
		}
		q, ok := st.(*ast.Query)
		if !ok {
			_, err := targetsOf(env, st)
			return err
		}
		plan, err := bind.Query(env, q)
		if err != nil {
			return err
		}
		p.Schema = schemaOf(plan)
	case *ast.Show, *ast.Describe:
		res, err := n.Query(ctx, text)
		if err != nil {
			return err
		}
		p.Schema = res.Schema
		return res.Close()
	case *ast.Explain:
		p.Schema = lineSchema("explain")
	case *ast.Set:
		if st.Value == nil {
			p.Schema = lineSchema("set")
		}
	case *ast.Msck:
		if !st.Repair {
			p.Schema = lineSchema("result")
		}
	}
	return nil
}

package bind

import (
	"maps"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
)

// lambdas binds the arguments of e up to its lambdas, which stand last, and returns these to be bound when the
// function has told the types of their parameters.
func (p *place) lambdas(e *ast.Call) ([]expr.Expr, []expr.LambdaSource, error) {
	n := len(e.Args)
	for n > 0 {
		if _, ok := e.Args[n-1].(*ast.Lambda); !ok {
			break
		}
		n--
	}
	if n == len(e.Args) {
		args, err := p.arguments(e)
		return args, nil, err
	}
	args, err := p.argumentList(e.Args[:n])
	if err != nil {
		return nil, nil, err
	}
	var out []expr.LambdaSource
	for _, arg := range e.Args[n:] {
		out = append(out, p.lambda(arg.(*ast.Lambda)))
	}
	return args, out, nil
}

// lambda returns e to be bound. Its parameters hide columns of the same name.
func (p *place) lambda(e *ast.Lambda) expr.LambdaSource {
	src := expr.LambdaSource{At: e.Span()}
	for _, id := range e.Params {
		src.Params = append(src.Params, id.Name)
	}
	src.Body = func(params []*expr.Column) (expr.Expr, error) {
		inner := *p
		inner.params = maps.Clone(p.params)
		if inner.params == nil {
			inner.params = map[string]expr.Expr{}
		}
		for i, c := range params {
			c.ID = p.b.id()
			inner.params[c.Name] = params[i]
		}
		return inner.expr(e.Body)
	}
	return src
}

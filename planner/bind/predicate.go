package bind

import (
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// between binds x BETWEEN lo AND hi as a value. Hive looks at the lower bound first: where it is NULL so is the answer,
// even if the upper bound decides for false; the other way round false stays false.
func (p *place) between(e *ast.Between) (expr.Expr, error) {
	args, err := p.exprs([]ast.Expr{e.X, e.Lo, e.Hi})
	if err != nil {
		return nil, err
	}
	m := maker{at: e.Span()}
	in := m.within(args)
	if _, constant := args[1].(*expr.Literal); !constant || expr.IsNull(args[1]) {
		in = m.when(m.call("isnull", args[1]), expr.Null(datatype.Bool), in)
	}
	if e.Not {
		in = m.call("not", in)
	}
	return in, m.err
}

// inRange binds x BETWEEN lo AND hi where NULL means false, so that both comparisons can be pushed down.
func (p *place) inRange(e *ast.Between) (expr.Expr, error) {
	args, err := p.exprs([]ast.Expr{e.X, e.Lo, e.Hi})
	if err != nil {
		return nil, err
	}
	m := maker{at: e.Span()}
	in := m.within(args)
	return in, m.err
}

// within is args[0] >= args[1] and args[0] <= args[2].
func (m *maker) within(args []expr.Expr) expr.Expr {
	return m.call("and", m.call(">=", args[0], args[1]), m.call("<=", args[0], args[2]))
}

func (p *place) inList(e *ast.InList) (expr.Expr, error) {
	m := maker{at: e.Span()}
	var in expr.Expr
	if t, ok := e.X.(*ast.Tuple); ok {
		x, err := p.exprs(t.Items)
		if err != nil {
			return nil, err
		}
		var any []expr.Expr
		for _, item := range e.List {
			y, ok := item.(*ast.Tuple)
			if !ok || len(y.Items) != len(x) {
				return nil, diag.At(item.Span(), diag.Type, "IN compares with %d values", len(x))
			}
			vals, err := p.exprs(y.Items)
			if err != nil {
				return nil, err
			}
			any = append(any, m.equal(x, vals))
		}
		if in = any[0]; len(any) > 1 {
			in = m.call("or", any...)
		}
	} else {
		args, err := p.exprs(append([]ast.Expr{e.X}, e.List...))
		if err != nil {
			return nil, err
		}
		in = m.call("in", args...)
	}
	if e.Not {
		in = m.call("not", in)
	}
	return in, m.err
}

func (p *place) like(e *ast.Like) (expr.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	patterns, err := p.exprs(e.Patterns)
	if err != nil {
		return nil, err
	}
	var escape []expr.Expr
	if e.Escape != nil {
		if escape, err = p.exprs([]ast.Expr{e.Escape}); err != nil {
			return nil, err
		}
	}
	m := maker{at: e.Span()}
	if e.Quant != "" && e.Op == ast.OpLike && escape == nil { // of its own: a NULL among the patterns makes it NULL
		like := m.call("like"+string(e.Quant), append([]expr.Expr{x}, patterns...)...)
		if e.Not {
			like = m.call("not", like)
		}
		return like, m.err
	}
	each := make([]expr.Expr, len(patterns))
	for i, pat := range patterns {
		name, v := string(e.Op), x
		if e.Op == ast.OpILike && funcs.FindScalar(name) == nil {
			name, v, pat = "like", m.call("lower", x), m.call("lower", pat)
		}
		each[i] = m.call(name, append([]expr.Expr{v, pat}, escape...)...)
	}
	if m.err != nil {
		return nil, m.err
	}
	out := each[0]
	if len(each) > 1 {
		op := "or"
		if e.Quant == ast.LikeAll {
			op = "and"
		}
		out = m.call(op, each...)
	}
	if e.Not {
		out = m.call("not", out)
	}
	return out, m.err
}

func (p *place) is(e *ast.Is) (expr.Expr, error) {
	name := "is"
	if e.Not {
		name = "isnot"
	}
	what := e.What
	if what == ast.IsUnknown {
		what = ast.IsNull
	}
	return p.callOf(name+string(what), e.Span(), e.X)
}

package bind

import (
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

var joinKinds = map[ast.JoinKind]logical.JoinKind{
	ast.InnerJoin: logical.Inner, ast.CrossJoin: logical.Inner, ast.LeftJoin: logical.Left, ast.RightJoin: logical.Right,
	ast.FullJoin: logical.Full, ast.SemiJoin: logical.Semi, ast.AntiJoin: logical.Anti,
}

// joins binds a chain of joins, which leans to the left.
func (b *binder) joins(j *ast.Join, c fromCtx) (relation, error) {
	chain := []*ast.Join{j}
	for {
		left, ok := chain[len(chain)-1].Left.(*ast.Join)
		if !ok {
			break
		}
		chain = append(chain, left)
	}
	c.feeds = false
	rel, err := b.from(chain[len(chain)-1].Left, c)
	for i := len(chain) - 1; i >= 0 && err == nil; i-- {
		rel, err = b.join(rel, chain[i], c)
	}
	return rel, err
}

// join joins left to the right side of j.
func (b *binder) join(left relation, j *ast.Join, c fromCtx) (relation, error) {
	if f := lateralFunction(j.Right); f != nil {
		return b.joinFunction(left, j, f, c)
	}
	c.left = &left
	right, err := b.from(j.Right, c)
	if err != nil {
		return relation{}, err
	}
	if err := sameAlias(left, right, j.Right.Span()); err != nil {
		return relation{}, err
	}
	n := &logical.Join{Kind: joinKinds[j.Kind], Left: left.node, Right: right.node, At: j.Span()}
	if err := b.freeLateral(n, j); err != nil {
		return relation{}, err
	}
	if len(j.Using) > 0 {
		return b.using(n, left, right, j, c)
	}
	both := append(left.cols, right.cols...) // left is read nowhere else
	if j.On != nil {
		p := &place{b: b, clause: "ON", scope: &scope{cols: both, outer: c.outer}}
		on, err := p.conjuncts(j.On)
		if err != nil {
			return relation{}, err
		}
		n.On = append(n.On, on...)
	}
	if n.Kind == logical.Semi || n.Kind == logical.Anti {
		both = left.cols // Hive: the right side is not seen afterwards
	}
	return relation{node: n, cols: both}, nil
}

// freeLateral makes conditions of what a LATERAL subquery at the right reads of the left.
func (b *binder) freeLateral(n *logical.Join, j *ast.Join) error {
	s, ok := j.Right.(*ast.SubqueryTable)
	if !ok || !s.Lateral {
		return nil
	}
	pulled, err := b.pull(n.Right, nil)
	if err != nil {
		return err
	}
	if pulled.emptied != nil {
		return diag.At(s.Span(), diag.Unsupported, "an aggregate without GROUP BY in a LATERAL subquery is not supported").
			WithHint("use a subquery in the select list")
	}
	if len(pulled.conds) > 0 && n.Kind != logical.Inner && n.Kind != logical.Left {
		return diag.At(s.Span(), diag.Unsupported, "LATERAL in a %s is not supported", j.Kind)
	}
	n.Right, n.On = pulled.node, pulled.conds
	return nil
}

// sameAlias refuses two tables of one name in a FROM.
func sameAlias(left, right relation, at diag.Span) error {
	type table struct{ db, name string }
	added := map[table]bool{}
	for _, c := range right.cols {
		added[table{c.db, c.Qualifier}] = true
	}
	for i, c := range left.cols {
		if i > 0 && c.Qualifier == left.cols[i-1].Qualifier {
			continue
		}
		if c.Qualifier != "" && added[table{c.db, c.Qualifier}] {
			return diag.At(at, diag.Exists, "FROM names %q twice", c.Qualifier).WithHint("give one of them an alias")
		}
	}
	return nil
}

// using joins on equal columns. Each comes once in *, first; table.column still finds the sides.
func (b *binder) using(n *logical.Join, left, right relation, j *ast.Join, c fromCtx) (relation, error) {
	lcols, rcols := slices.Clone(left.cols), slices.Clone(right.cols)
	var merged []column
	project := &logical.Project{Input: n}
	for _, name := range j.Using {
		l, err := sideOf(lcols, name, "left")
		if err != nil {
			return relation{}, err
		}
		r, err := sideOf(rcols, name, "right")
		if err != nil {
			return relation{}, err
		}
		le, re := l.Column(name.Span()), r.Column(name.Span())
		le.Name, re.Name = l.label(), r.label()
		eq, err := expr.NewCall("=", []expr.Expr{le, re}, name.Span())
		if err != nil {
			return relation{}, err
		}
		n.On = append(n.On, eq)
		m := *l
		switch n.Kind {
		case logical.Right:
			m = *r
		case logical.Full:
			e, err := coalesce(le, re, name.Span())
			if err != nil {
				return relation{}, err
			}
			m.Field = b.field("", name.Name, e.Type())
			project.Exprs, project.Out = append(project.Exprs, e), append(project.Out, m.Field)
		}
		m.Qualifier, m.db, m.side = "", "", false
		merged = append(merged, m)
		l.side, r.side = true, true
	}
	if n.Kind == logical.Semi || n.Kind == logical.Anti {
		return relation{node: n, cols: left.cols}, nil
	}
	rel := relation{node: n, cols: append(append(merged, lcols...), rcols...)}
	if n.Kind == logical.Full {
		for _, f := range n.Fields() {
			project.Exprs, project.Out = append(project.Exprs, f.Column(diag.Span{})), append(project.Out, f)
		}
		rel.node = project
	}
	return rel, nil
}

// sideOf finds the column that USING names on one side.
func sideOf(cols []column, name ast.Ident, side string) (*column, error) {
	var found []*column
	for i := range cols {
		if cols[i].Name == name.Name && !cols[i].side {
			found = append(found, &cols[i])
		}
	}
	switch len(found) {
	case 0:
		s := &scope{cols: cols}
		err := s.missing([]ast.Ident{name}).(*diag.Error)
		err.Msg = "no column \"" + name.Name + "\" on the " + side + " side of USING"
		return nil, err
	case 1:
		return found[0], nil
	}
	return nil, ambiguous([]ast.Ident{name}, []column{*found[0], *found[1]})
}

package optimize

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// infer gives the inputs of a join the filters that follow from the others: a = b and a > 1 say b > 1, so that
// partitions of either side are pruned; (l = 1 AND r = 2) OR (l = 3 AND r = 4) says l = 1 OR l = 3.
func infer(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		j, ok := n.(*logical.Join)
		if !ok {
			return n, nil
		}
		toLeft, toRight := mayFilter(j.Kind)
		known := slices.Concat(facts(j.Left), facts(j.Right), expr.Conjuncts(j.On...))
		same := equalColumns(known)
		out := *j
		if toLeft {
			out.Left = implied(j.Left, known, same)
		}
		if toRight {
			out.Right = implied(j.Right, known, same)
		}
		return &out, nil
	})
}

// mayFilter tells of which sides a row may go that has no match: it is in no row of the result and decides none.
func mayFilter(k logical.JoinKind) (left, right bool) {
	switch k {
	case logical.Inner, logical.Semi:
		return true, true
	case logical.Left, logical.Anti:
		return false, true
	case logical.Right:
		return true, false
	}
	return false, false
}

// implied puts a filter on n with what the conditions in known say of n's columns alone and n's rows are not
// already known to fulfil.
func implied(n logical.Node, known []expr.Expr, same *classes) logical.Node {
	fields, have := n.Fields(), facts(n)
	var add []expr.Expr
	put := func(e expr.Expr) {
		if !expr.Contains(have, e) && !expr.Contains(add, e) {
			add = append(add, e)
		}
	}
	for _, e := range known {
		if expr.IsVolatile(e) {
			continue
		}
		if ids := expr.Columns(e); len(ids) == 1 {
			for _, f := range fields {
				if f.ID != ids[0] && same.equal(f.ID, ids[0]) {
					put(renamed(e, ids[0], f))
				}
			}
		}
		if !covers(fields, e) {
			if part := ofBranches(e, fields); part != nil {
				put(part)
			}
		}
	}
	return filtered(n, add)
}

func renamed(e expr.Expr, id uint32, to logical.Field) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Column)
		if !ok || c.ID != id {
			return x
		}
		moved := to.Column(c.At)
		if to.Qualifier != "" {
			moved.Name = to.Qualifier + "." + to.Name
		}
		return moved
	})
}

// ofBranches is what an OR says of fields alone, or nil if one of its branches says nothing of them.
func ofBranches(e expr.Expr, fields []logical.Field) expr.Expr {
	return partly(e, func(c expr.Expr) (expr.Expr, bool) { return c, len(expr.Columns(c)) > 0 && covers(fields, c) })
}

// partly is an OR with only those conjuncts of its branches that take allows, as it rewrites them; nil if e is no
// OR or a branch has none of them. It is true where e is.
func partly(e expr.Expr, take func(expr.Expr) (expr.Expr, bool)) expr.Expr {
	branches := expr.Disjuncts(e)
	if len(branches) < 2 || expr.IsVolatile(e) {
		return nil
	}
	for i, b := range branches {
		var own []expr.Expr
		for _, c := range expr.Conjuncts(b) {
			if c, ok := take(c); ok {
				own = append(own, c)
			}
		}
		if len(own) == 0 {
			return nil
		}
		branches[i] = expr.All(own)
	}
	return expr.Any(branches)
}

// facts are conditions over n's columns that hold for each of its rows.
func facts(n logical.Node) []expr.Expr {
	switch n := n.(type) {
	case *logical.Scan:
		return n.Filters
	case *logical.Filter:
		return append(expr.Conjuncts(n.Conds...), facts(n.Input)...)
	case *logical.Join:
		switch n.Kind {
		case logical.Inner:
			return slices.Concat(expr.Conjuncts(n.On...), facts(n.Left), facts(n.Right))
		case logical.Right:
			return facts(n.Right)
		case logical.Full:
			return nil
		}
		return facts(n.Left)
	case *logical.Project:
		return passedOn(n.Input, n.Exprs, n.Out)
	case *logical.Aggregate:
		return passedOn(n.Input, n.Keys, n.Out)
	case *logical.Shared:
		fields := n.Input.Fields()
		cols := make([]expr.Expr, len(fields))
		for i, f := range fields {
			cols[i] = f.Column(diag.Span{})
		}
		return passedOn(n.Input, cols, n.Out)
	case *logical.Sort, *logical.Limit, *logical.Window, *logical.Generate:
		return facts(n.Inputs()[0])
	}
	return nil
}

// passedOn are the facts of in over columns that go out unchanged as fields of out.
func passedOn(in logical.Node, exprs []expr.Expr, out []logical.Field) []expr.Expr {
	to := map[uint32]logical.Field{}
	for i, e := range exprs {
		if col, ok := e.(*expr.Column); ok {
			to[col.ID] = out[i]
		}
	}
	var list []expr.Expr
	for _, e := range facts(in) {
		whole := true
		moved := expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			col, ok := x.(*expr.Column)
			if !ok {
				return x
			}
			f, ok := to[col.ID]
			whole = whole && ok
			return f.Column(col.At)
		})
		if whole {
			list = append(list, moved)
		}
	}
	return list
}

// classes are sets of columns that are equal in every row.
type classes struct{ parent map[uint32]uint32 }

// equalColumns reads col = col conditions. Types for which equal values may look different are left out.
func equalColumns(known []expr.Expr) *classes {
	c := &classes{parent: map[uint32]uint32{}}
	for _, e := range known {
		call, ok := e.(*expr.Call)
		if !ok || call.Name != "=" {
			continue
		}
		a, aok := call.Args[0].(*expr.Column)
		b, bok := call.Args[1].(*expr.Column)
		if aok && bok && datatype.Equal(a.T, b.T) && exact(a.T) {
			c.parent[c.find(a.ID)] = c.find(b.ID)
		}
	}
	return c
}

// exact: values that are equal are the same in every function. 0.0 and -0.0 are not, nor is padded text.
func exact(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.DATE32, arrow.TIMESTAMP, arrow.DECIMAL128:
		return true
	}
	return datatype.Equal(t, datatype.String)
}

func (c *classes) find(id uint32) uint32 {
	for {
		p, ok := c.parent[id]
		if !ok || p == id {
			return id
		}
		id = p
	}
}

func (c *classes) equal(a, b uint32) bool { return c.find(a) == c.find(b) }

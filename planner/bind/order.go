package bind

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// orderKey is a key of ORDER BY; item is the item that it names by position, or -1.
type orderKey struct {
	logical.SortKey
	item int
}

// sortKey gives x the direction of o. Hive 4 takes NULL for the largest value; Hive 1 to 3, and
// hive.default.nulls.last=false, for the smallest.
func (b *binder) sortKey(x expr.Expr, o ast.OrderItem) logical.SortKey {
	k := logical.SortKey{Expr: x, Descending: o.Desc}
	switch o.Nulls {
	case ast.NullsFirst:
		k.NullsFirst = true
	case ast.NullsDefault:
		k.NullsFirst = o.Desc == (b.setting("hive.default.nulls.last", "true") != "false")
	}
	return k
}

// orderItems are the keys by which a query's rows are ordered. SORT BY and CLUSTER BY order the parts that
// Hive's reducers write; here they order the whole where somebody can see it: in the statement's own query, before a
// LIMIT and, together with DISTRIBUTE BY, where the rows are fed to a command.
func orderItems(q *ast.Query, c queryCtx) []ast.OrderItem {
	if len(q.OrderBy) > 0 {
		return q.OrderBy
	}
	var items []ast.OrderItem
	if c.feeds {
		for _, e := range q.DistributeBy {
			items = append(items, ast.OrderItem{Pos: ast.Pos(e.Span()), Expr: e})
		}
	}
	if c.feeds || c.top || q.Limit != nil {
		for _, e := range q.ClusterBy {
			items = append(items, ast.OrderItem{Pos: ast.Pos(e.Span()), Expr: e})
		}
		items = append(items, q.SortBy...)
	}
	return items
}

// bindOrder binds the order over the source rows; names are aliases of the select list first.
func (s *block) bindOrder() ([]orderKey, error) {
	// What does not order is bound all the same: a wrong name in it is an error.
	for _, e := range s.order.DistributeBy {
		if _, err := s.orderPlace().expr(e); err != nil {
			return nil, err
		}
	}
	var keys []orderKey
	for _, o := range orderItems(s.order, s.ctx) {
		if n, ok := literalInt(o.Expr); ok && s.setting("hive.orderby.position.alias", "true") != "false" {
			it, err := s.position("ORDER BY", n, o.Span())
			if err != nil {
				return nil, err
			}
			keys = append(keys, orderKey{s.sortKey(it.raw, o), int(n - 1)})
			if err := mustOrder(it.raw, "ORDER BY"); err != nil {
				return nil, err
			}
			continue
		}
		x, err := s.orderPlace().expr(o.Expr)
		if err == nil {
			err = mustOrder(x, "ORDER BY")
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, orderKey{s.sortKey(x, o), -1})
	}
	return keys, nil
}

func (s *block) orderPlace() *place {
	p := s.listPlace("ORDER BY", s.windows)
	p.aliases = s.aliasOf
	p.aliasFirst = func(string) bool { return true }
	return p
}

// ordered orders and limits the rows of n, whose columns alone can be named: those of a set operation.
func (b *binder) ordered(n logical.Node, q *ast.Query, c queryCtx) (logical.Node, error) {
	fields := n.Fields()
	p := &place{b: b, clause: "ORDER BY of a set operation", scope: &scope{cols: unqualified(fields)}}
	for i := range p.scope.cols {
		p.scope.cols[i].Qualifier = ""
	}
	var keys []logical.SortKey
	for _, o := range orderItems(q, c) {
		var x expr.Expr
		var err error
		if i, ok := literalInt(o.Expr); ok {
			if i < 1 || i > int64(len(fields)) {
				return nil, diag.At(o.Span(), diag.Syntax, "ORDER BY %d: the query has %d columns", i, len(fields))
			}
			x = fields[i-1].Column(o.Span())
		} else if x, err = p.expr(o.Expr); err != nil {
			return nil, err
		}
		if err := mustOrder(x, "ORDER BY"); err != nil {
			return nil, err
		}
		keys = append(keys, b.sortKey(x, o))
	}
	if len(keys) > 0 {
		n = &logical.Sort{Input: n, Keys: keys}
	}
	return b.limited(n, q, c)
}

// limited puts LIMIT and OFFSET over n.
func (b *binder) limited(n logical.Node, q *ast.Query, c queryCtx) (logical.Node, error) {
	limit := &logical.Limit{Input: n, Count: -1}
	var err error
	if q.Limit != nil {
		if limit.Count, err = b.rowCount(q.Limit, "LIMIT"); err != nil {
			return nil, err
		}
	}
	if q.Offset != nil {
		if limit.Offset, err = b.rowCount(q.Offset, "OFFSET"); err != nil {
			return nil, err
		}
	}
	if limit.Count < 0 && limit.Offset == 0 {
		return n, nil
	}
	return limit, nil
}

// rowCount returns the value of LIMIT or OFFSET: a whole number that is not negative.
func (b *binder) rowCount(e ast.Expr, clause string) (int64, error) {
	p := &place{b: b, clause: clause, scope: &scope{}}
	x, err := p.expr(e)
	if err != nil {
		return 0, err
	}
	lit, ok := b.constant(x)
	if _, isParam := e.(*ast.Param); isParam && ok && expr.IsNull(lit) {
		if lit.OnCast != nil {
			lit.OnCast(datatype.BigInt)
		}
		return math.MaxInt64, nil // the value is not known yet
	}
	if !ok || expr.IsNull(lit) || !datatype.IsInteger(lit.Type()) {
		return 0, diag.At(e.Span(), diag.Syntax, "%s takes a whole number", clause)
	}
	big, err := expr.NewCast(lit, datatype.BigInt, e.Span())
	if err != nil {
		return 0, err
	}
	n := big.(*expr.Literal).Value.(*array.Int64).Value(0)
	if n < 0 {
		return 0, diag.At(e.Span(), diag.Syntax, "%s cannot be negative", clause)
	}
	return n, nil
}

package optimize

import (
	"context"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// estimator guesses numbers of rows. Text has no statistics: a table's rows are its bytes over the width that
// its types suggest, a filter keeps a share that its form suggests, and the values of a key are as many as the
// smallest table has rows in which it is found.
type estimator struct {
	ctx context.Context
	env *Env
}

// estimate is a guess; known is false if no file size is behind it.
type estimate struct {
	rows  float64
	known bool
}

// unknownRows is the guess where nothing is known: a sheet, not a log.
const unknownRows = 1000

func (s *estimator) of(n logical.Node) estimate {
	switch n := n.(type) {
	case *logical.Scan:
		e := s.stored(n)
		e.rows = atLeastOne(e.rows * kept(n.Filters...))
		return e
	case *logical.Values:
		return estimate{float64(len(n.Rows)), true}
	case *logical.Filter:
		e := s.of(n.Input)
		e.rows = atLeastOne(e.rows * kept(n.Conds...))
		return e
	case *logical.Join:
		return s.join(n)
	case *logical.Aggregate:
		e := s.of(n.Input)
		if len(n.Keys) == 0 {
			return estimate{1, true}
		}
		e.rows = atLeastOne(e.rows / 4)
		return e
	case *logical.GroupingSets:
		e := s.of(n.Input)
		e.rows *= float64(len(n.Sets))
		return e
	case *logical.Limit:
		e := s.of(n.Input)
		if n.Count >= 0 && (!e.known || e.rows > float64(n.Count)) {
			return estimate{float64(n.Count), true}
		}
		return e
	case *logical.AssertSingle:
		return estimate{1, true}
	case *logical.Sort:
		e := s.of(n.Input)
		if n.Limit > 0 {
			e.rows = min(e.rows, float64(n.Limit))
		}
		return e
	case *logical.Union:
		sum := estimate{known: true}
		for _, in := range n.In {
			e := s.of(in)
			sum.rows, sum.known = sum.rows+e.rows, sum.known && e.known
		}
		return sum
	case *logical.Generate:
		e := s.of(n.Input)
		e.rows *= 4
		return e
	}
	return s.of(n.Inputs()[0]) // the others give about the rows of their one, or first, input
}

// bytes guesses the memory that n's rows take.
func (s *estimator) bytes(n logical.Node) (int64, bool) {
	e := s.of(n)
	width := 0.0
	for _, f := range n.Fields() {
		width += memoryWidth(f.T)
	}
	return int64(min(e.rows*width, math.MaxInt64/2)), e.known
}

// stored guesses the rows of a scan's files.
func (s *estimator) stored(n *logical.Scan) estimate {
	if n.Table.Handler != "" || s.env.Size == nil {
		return estimate{unknownRows, false}
	}
	b, ok := s.env.Size(s.ctx, n)
	if !ok {
		return estimate{unknownRows, false}
	}
	return estimate{atLeastOne(float64(b) / textWidth(n.Table.Columns)), true}
}

func atLeastOne(x float64) float64 { return max(x, 1) }

// textWidth is a guess of the bytes that a line takes.
func textWidth(cols []catalog.Column) float64 {
	w := 1.0
	for _, c := range cols {
		switch c.Type.ID() {
		case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32:
			w += 6
		case arrow.INT64, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128:
			w += 9
		case arrow.DATE32:
			w += 11
		case arrow.STRING:
			w += 17
		default:
			w += 25
		}
	}
	return w
}

// memoryWidth is a guess of the bytes that a value takes in a batch.
func memoryWidth(t arrow.DataType) float64 {
	switch f, ok := t.(arrow.FixedWidthDataType); {
	case ok && !arrow.IsNested(t.ID()):
		return float64(max(f.Bytes(), 1))
	case t.ID() == arrow.STRING || t.ID() == arrow.BINARY:
		return 24
	}
	return 100
}

// kept guesses the share of rows for which all conds are true.
func kept(conds ...expr.Expr) float64 {
	share := 1.0
	for _, c := range expr.Conjuncts(conds...) {
		share *= keptBy(c)
	}
	return share
}

const (
	keptByEqual = 0.05
	keptByRange = 0.35
	keptByOther = 0.25
)

func keptBy(e expr.Expr) float64 {
	call, ok := e.(*expr.Call)
	if !ok {
		return keptByOther
	}
	switch call.Name {
	case "=", "<=>":
		return keptByEqual
	case "<", "<=", ">", ">=":
		return keptByRange
	case "in":
		return min(keptByEqual*float64(len(call.Args)-1), 0.5)
	case "or":
		share := 0.0
		for _, b := range call.Args {
			share += kept(b)
		}
		return min(share, 1)
	case "not":
		return max(1-kept(call.Args[0]), keptByEqual)
	case "<>", "!=", "isnotnull":
		return 0.9
	}
	return keptByOther
}

func (s *estimator) join(n *logical.Join) estimate {
	left, right := s.of(n.Left), s.of(n.Right)
	out := estimate{left.rows, left.known && right.known}
	inner := left.rows * right.rows * s.matching(n)
	switch n.Kind {
	case logical.Inner:
		out.rows = atLeastOne(inner)
	case logical.Left:
		out.rows = max(left.rows, inner)
	case logical.Right:
		out.rows = max(right.rows, inner)
	case logical.Full:
		out.rows = max(left.rows+right.rows, inner)
	case logical.Semi:
		out.rows = atLeastOne(min(inner, left.rows/2))
	case logical.Anti, logical.NullAwareAnti:
		out.rows = atLeastOne(left.rows / 2)
	}
	return out
}

// matching guesses the share of all pairs that join.
func (s *estimator) matching(n *logical.Join) float64 {
	share, values := 1.0, 1.0
	for _, c := range n.On {
		l, r, ok := sides(c, n.Left.Fields(), n.Right.Fields())
		if !ok {
			share *= keptBy(c)
			continue
		}
		values *= min(s.values(n.Left, l), s.values(n.Right, r))
	}
	most := min(s.base(n.Left), s.base(n.Right))
	return share / min(values, max(most, 1))
}

// sides takes c apart if it is an equality of an expression over left and one over right.
func sides(c expr.Expr, left, right []logical.Field) (l, r expr.Expr, ok bool) {
	call, is := c.(*expr.Call)
	if !is || call.Name != "=" && call.Name != "<=>" {
		return nil, nil, false
	}
	a, b := call.Args[0], call.Args[1]
	reads := func(e expr.Expr, fields []logical.Field) bool {
		return len(expr.Columns(e)) > 0 && covers(fields, e)
	}
	switch {
	case reads(a, left) && reads(b, right):
		return a, b, true
	case reads(a, right) && reads(b, left):
		return b, a, true
	}
	return nil, nil, false
}

// values guesses how many values e has in the tables under n, filters aside: the rows of the table it comes from.
func (s *estimator) values(n logical.Node, e expr.Expr) float64 {
	col, ok := e.(*expr.Column)
	if !ok {
		return s.base(n)
	}
	switch n := n.(type) {
	case *logical.Scan:
		return s.stored(n).rows
	case *logical.Project:
		if i := slices.IndexFunc(n.Out, func(f logical.Field) bool { return f.ID == col.ID }); i >= 0 {
			return s.values(n.Input, n.Exprs[i])
		}
	case *logical.Aggregate:
		if i := slices.IndexFunc(n.Out, func(f logical.Field) bool { return f.ID == col.ID }); i >= 0 {
			return min(s.values(n.Input, n.Keys[i]), s.of(n).rows)
		}
		return s.of(n).rows
	case *logical.Values:
		return float64(len(n.Rows))
	}
	for _, in := range n.Inputs() {
		if has(in.Fields(), col.ID) {
			return s.values(in, e)
		}
	}
	return s.of(n).rows
}

// base guesses the rows of the largest table under n, filters aside.
func (s *estimator) base(n logical.Node) float64 {
	switch n := n.(type) {
	case *logical.Scan:
		return s.stored(n).rows
	case *logical.Values, *logical.Aggregate, *logical.Limit:
		return s.of(n).rows
	}
	most := 1.0
	for _, in := range n.Inputs() {
		most = max(most, s.base(in))
	}
	return most
}

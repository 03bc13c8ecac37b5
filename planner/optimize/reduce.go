package optimize

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// reduce finds the joins whose left side can do without the rows that have no match, and the columns of files that tell
// them: once the right side is known, its values go to the scans of the left one. Those of a broadcast side are there
// anyway; the keys of another are sent for it if they are few and the side is one of filtered rows.
func reduce(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	s := &estimator{ctx, env}
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		j, ok := n.(*logical.Join)
		if !ok || j.Kind != logical.Inner && j.Kind != logical.Semi && j.Kind != logical.Right {
			return n, nil
		}
		out := *j
		out.Reduces = nil
		for _, c := range expr.Conjuncts(j.On...) {
			l, r, ok := sides(c, j.Left.Fields(), j.Right.Fields())
			if !ok || c.(*expr.Call).Name != "=" || !datatype.Equal(l.Type(), r.Type()) {
				continue
			}
			if col, ok := l.(*expr.Column); ok && inSet(col.T) && readFrom(j.Left, col.ID) {
				out.Reduces = append(out.Reduces, col)
			}
		}
		if !j.Broadcast && !s.sendsKeys(&out) {
			out.Reduces = nil
		}
		return &out, nil
	})
}

// filteredPart is the part of its table that a right side may be guessed to keep for its keys to be sent.
const filteredPart = 0.5

// sendsKeys reports whether it is worth sending the keys by which j reduces.
func (s *estimator) sendsKeys(j *logical.Join) bool {
	right := s.of(j.Right)
	width := 0.0
	for _, c := range j.Reduces {
		width += memoryWidth(c.T)
	}
	return right.known && right.rows*width <= float64(s.env.BroadcastBytes) && right.rows <= filteredPart*s.base(j.Right)
}

// inSet: values of the type go into sets that scans know (serde.KeySet).
func inSet(t arrow.DataType) bool {
	return datatype.IsInteger(t) || t.ID() == arrow.DATE32 || datatype.Equal(t, datatype.String)
}

// readFrom reports whether a column of n is one of a file that the stage of n reads, and nothing counts its rows before
// n does.
func readFrom(n logical.Node, id uint32) bool {
	switch n := n.(type) {
	case *logical.Filter:
		return readFrom(n.Input, id)
	case *logical.Project:
		i := slices.IndexFunc(n.Out, func(f logical.Field) bool { return f.ID == id })
		col, ok := n.Exprs[i].(*expr.Column)
		return ok && readFrom(n.Input, col.ID)
	case *logical.Join:
		return n.Broadcast && has(n.Left.Fields(), id) && readFrom(n.Left, id)
	case *logical.Scan:
		return n.Table.Handler == "" && n.Limit == 0 && n.Sample == nil && slices.ContainsFunc(n.Columns, func(c logical.ScanColumn) bool {
			return c.Field.ID == id && c.Source == logical.Data
		})
	}
	return false
}

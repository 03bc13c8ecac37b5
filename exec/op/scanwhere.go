package op

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/serde"
)

// pushFilters moves those filters to the decoder that it can decide while it reads a record. A strict table wants each value
// looked at, so there all stay.
func (s *scan) pushFilters() error {
	if s.strict() {
		return nil
	}
	var stay []expr.Expr
	for _, f := range s.filters {
		p, ok, err := s.predicate(f)
		if err != nil {
			return err
		}
		if ok && s.table.Pushes(p) {
			s.need.Where = append(s.need.Where, p)
		} else {
			stay = append(stay, f)
		}
	}
	s.filters = stay
	return nil
}

// strict reports whether a bad record or value is an error.
func (s *scan) strict() bool { return s.spec.Strict || s.badRows == "error" }

// comparisons are the calls of a column and a constant that a decoder knows, and what they are with the sides exchanged.
var comparisons = map[string]struct{ op, flipped serde.PredicateOp }{
	"=":  {serde.Equal, serde.Equal},
	"<>": {serde.NotEqual, serde.NotEqual},
	"<":  {serde.Less, serde.Greater},
	"<=": {serde.LessEqual, serde.GreaterEqual},
	">":  {serde.Greater, serde.Less},
	">=": {serde.GreaterEqual, serde.LessEqual},
}

// predicate returns f, over the output columns, as a condition on one data column.
func (s *scan) predicate(f expr.Expr) (p serde.Predicate, ok bool, err error) {
	call, isCall := f.(*expr.Call)
	if !isCall || call.Volatile || len(call.Args) == 0 {
		return p, false, nil
	}
	args := call.Args
	cmp, compares := comparisons[call.Name]
	if compares && len(args) == 2 {
		p.Op = cmp.op
		if _, swap := args[0].(*expr.Literal); swap {
			args, p.Op = []expr.Expr{args[1], args[0]}, cmp.flipped
		}
	}
	column, isColumn := args[0].(*expr.Column)
	if !isColumn || column.Index >= len(s.place) || s.place[column.Index] < 0 || s.entry[column.Index] >= 0 {
		return p, false, nil
	}
	p.Column = s.need.Columns[s.place[column.Index]]
	var values []arrow.Array
	for _, a := range args[1:] {
		l, isLiteral := a.(*expr.Literal)
		if !isLiteral {
			return p, false, nil
		}
		values = append(values, l.Value)
	}
	switch {
	case compares && len(values) == 1:
		p.Values = values[0]
		return p, true, nil
	case call.Name == "isnull" || call.Name == "isnotnull":
		if p.Op = serde.IsNull; call.Name == "isnotnull" {
			p.Op = serde.IsNotNull
		}
		return p, true, nil
	case call.Name == "in":
		p.Op = serde.In
		p.Values, ok, err = known(values)
		return p, ok && datatype.Equal(p.Values.DataType(), column.Type()), err
	case call.Name == "like" && len(values) == 1:
		p.Op, p.Values, ok = likeAffix(values[0])
		return p, ok, nil
	}
	return p, false, nil
}

// known returns the values of an IN list that are not NULL, of which none can make it true; not ok are lists of
// several types.
func known(values []arrow.Array) (arrow.Array, bool, error) {
	var list []arrow.Array
	for _, v := range values {
		if !datatype.Equal(v.DataType(), values[0].DataType()) {
			return nil, false, nil
		}
		if v.NullN() == 0 {
			list = append(list, v)
		}
	}
	if len(list) == 0 || datatype.IsNested(list[0].DataType()) {
		return nil, false, nil
	}
	a, err := array.Concatenate(list, memory.DefaultAllocator)
	return a, err == nil, err
}

// likeAffix reads a pattern that asks for a beginning, an end, a part or the whole of a text.
func likeAffix(pattern arrow.Array) (op serde.PredicateOp, text arrow.Array, ok bool) {
	p, isText := pattern.(*array.String)
	if !isText || p.IsNull(0) {
		return 0, nil, false
	}
	s := p.Value(0)
	trimmed := strings.TrimSuffix(s, "%")
	open := trimmed != s
	lit := strings.TrimPrefix(trimmed, "%")
	if strings.ContainsAny(lit, `%_\`) {
		return 0, nil, false
	}
	switch before := lit != trimmed; {
	case before && open:
		op = serde.Contains
	case before:
		op = serde.HasSuffix
	case open:
		op = serde.HasPrefix
	default:
		op = serde.Equal
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append(lit)
	return op, b.NewArray(), true
}

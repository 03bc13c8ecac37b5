package optimize

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// mergers are the aggregates whose values over parts of the rows another aggregate makes one value of.
var mergers = map[string]string{
	"count": "sum", "count_if": "sum", "sum": "sum", "min": "min", "max": "max", "bool_and": "bool_and", "bool_or": "bool_or", "any_value": "any_value",
}

// mergesDistinct reports whether agg, which has no keys, has DISTINCT calls over one list of arguments beside calls whose values
// over parts of the rows can be merged.
func mergesDistinct(agg *logical.Aggregate) bool {
	var distinct, others logical.Aggregate
	for _, c := range agg.Calls {
		if c.Distinct {
			distinct.Calls = append(distinct.Calls, c)
			continue
		}
		if mergers[c.Name] == "" && !plainAvg(c) {
			return false
		}
		others.Calls = append(others.Calls, c)
	}
	return len(agg.Keys) == 0 && len(others.Calls) > 0 && sameDistinct(&distinct)
}

// plainAvg reports whether c is avg of a number that is no decimal: a sum of doubles by a count.
func plainAvg(c logical.AggCall) bool {
	return c.Name == "avg" && (datatype.IsInteger(c.Args[0].Type()) || datatype.IsFloating(c.Args[0].Type()))
}

// mergeDistinct makes of agg two aggregates: the inner one groups by the DISTINCT arguments, and makes of the rows of
// each value what the other calls want; the outer one aggregates the values, and merges. No task has to see all rows.
func mergeDistinct(env *Env, agg *logical.Aggregate) (logical.Node, error) {
	m := &merging{env: env, inner: &logical.Aggregate{Input: agg.Input}}
	m.outer, m.top = &logical.Aggregate{Input: m.inner}, &logical.Project{}
	m.top.Input = m.outer
	var keys []expr.Expr
	for _, call := range agg.Calls {
		if call.Distinct {
			if keys == nil {
				for _, a := range call.Args {
					keys = append(keys, m.key(a))
				}
			}
			made := logical.AggCall{Name: call.Name, Args: keys, Out: m.field(call.Out.Name, call.Out.T), At: call.At}
			if call.Name == "count" && len(keys) > 1 {
				made.Filter = allPresent(keys)
			}
			m.outer.Calls = append(m.outer.Calls, made)
			m.put(call, made.Out.Column(call.At))
			continue
		}
		m.merge(call)
	}
	return m.top, m.err
}

// merging is what mergeDistinct makes.
type merging struct {
	env          *Env
	inner, outer *logical.Aggregate
	top          *logical.Project
	err          error // the first
}

func (m *merging) field(name string, t arrow.DataType) logical.Field {
	return logical.Field{ID: m.env.NewID(), Name: name, T: t}
}

// key adds e to the keys of the inner aggregate.
func (m *merging) key(e expr.Expr) expr.Expr {
	f := m.field("_d", e.Type())
	if col, ok := e.(*expr.Column); ok {
		f.Name = col.Name
	}
	m.inner.Keys, m.inner.Out = append(m.inner.Keys, e), append(m.inner.Out, f)
	return f.Column(diag.Span{})
}

// put gives the value of call.
func (m *merging) put(call logical.AggCall, value expr.Expr) {
	value = m.cast(value, call.Out.T)
	m.top.Exprs, m.top.Out = append(m.top.Exprs, value), append(m.top.Out, call.Out)
}

// merge gives the value of a call that is not DISTINCT.
func (m *merging) merge(call logical.AggCall) {
	if !plainAvg(call) {
		value := m.part(call)
		if call.Out.T.ID() == arrow.INT64 && slices.Contains([]string{"count", "count_if"}, call.Name) {
			value = m.call("coalesce", value, expr.BigInt(0)) // no row makes no part
		}
		m.put(call, value)
		return
	}
	sum, count := call, call
	sum.Args = []expr.Expr{m.cast(call.Args[0], datatype.Double)}
	sum.Name, sum.Out.Name, sum.Out.T = "sum", "sum of "+call.Out.Name, datatype.Double
	count.Name, count.Out.Name, count.Out.T = "count", "count of "+call.Out.Name, datatype.BigInt
	m.put(call, m.call("/", m.part(sum), m.cast(m.part(count), datatype.Double)))
}

// part lets the inner aggregate make call of each part, and the outer one merge the parts: the value is that column.
func (m *merging) part(call logical.AggCall) expr.Expr {
	call.Out = m.field(call.Out.Name, call.Out.T)
	m.inner.Calls = append(m.inner.Calls, call)
	name := mergers[call.Name]
	bound, err := funcs.FindAggregate(name).Bind([]funcs.Arg{{Type: call.Out.T}})
	if err != nil {
		m.fail(err)
		return nil
	}
	merged := logical.AggCall{Name: name, Args: []expr.Expr{call.Out.Column(call.At)}, Out: m.field(call.Out.Name, bound.Type), At: call.At}
	m.outer.Calls = append(m.outer.Calls, merged)
	return merged.Out.Column(call.At)
}

func (m *merging) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *merging) call(name string, args ...expr.Expr) expr.Expr {
	if m.err != nil {
		return nil
	}
	e, err := expr.NewCall(name, args, diag.Span{})
	m.fail(err)
	return e
}

func (m *merging) cast(e expr.Expr, t arrow.DataType) expr.Expr {
	if m.err != nil {
		return nil
	}
	c, err := expr.NewCast(e, t, diag.Span{})
	m.fail(err)
	return c
}

package optimize

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// mixedDistinct reports whether agg, which has no keys, has calls of DISTINCT over other columns or beside other calls. One
// task would see all rows: with keys, each group has its task. What spreadDistinct makes of it takes twice the CPU of that task, so
// it is for several workers.
func mixedDistinct(agg *logical.Aggregate) bool {
	some := false
	for _, c := range agg.Calls {
		some = some || c.Distinct
		if c.Distinct && (c.Filter != nil || len(c.Args) == 0 || slices.ContainsFunc(c.Args, isLiteral)) {
			return false
		}
	}
	return some && len(agg.Keys) == 0 && !sameDistinct(agg)
}

// spreadDistinct makes of agg two aggregates, so that no task has to see all rows. Each row is repeated for each list
// of DISTINCT arguments, with NULLs in the place of the others, and once more for the other calls, with NULL in all of them. The
// inner aggregate groups by these columns and the number of the repetition: its groups are the distinct values of each
// list, and one of all rows, which is there even if no row is. The outer one aggregates the values of each list, and
// takes what the other calls have made of all rows.
func spreadDistinct(env *Env, agg *logical.Aggregate) (logical.Node, error) {
	s := &spread{env: env, copies: &logical.Project{Input: agg.Input}, inner: &logical.Aggregate{}}
	s.sets = &logical.GroupingSets{Input: s.copies, ID: s.field("_set", datatype.BigInt)}
	outer := &logical.Aggregate{Input: s.inner}
	var lists [][]expr.Expr // of DISTINCT arguments, as they were
	var keys [][]expr.Expr  // the columns of inner for each of them
	of := make([]int, len(agg.Calls))
	for i, call := range agg.Calls {
		if !call.Distinct {
			continue
		}
		if of[i] = slices.IndexFunc(lists, func(l []expr.Expr) bool { return sameArgs(l, call.Args) }); of[i] < 0 {
			of[i] = len(lists)
			lists, keys = append(lists, call.Args), append(keys, s.list(call.Args))
		}
	}
	id := s.key(s.sets.ID.Column(diag.Span{}))
	all := int64(len(lists)) // the number of the repetition for the other calls
	for i, call := range agg.Calls {
		if call.Distinct {
			call.Args, call.Distinct, call.Filter = keys[of[i]], false, s.isSet(id, int64(of[i]))
			if call.Name == "count" && len(call.Args) > 1 {
				call.Filter = s.call("and", call.Filter, allPresent(call.Args))
			}
		} else {
			call = s.other(call, id, all)
		}
		outer.Calls = append(outer.Calls, call)
	}
	if len(s.inner.Calls) > 0 {
		s.sets.Sets, s.sets.GID = append(s.sets.Sets, nil), append(s.sets.GID, all)
		for _, k := range s.inner.Keys[:len(s.inner.Keys)-1] {
			s.inner.Always = append(s.inner.Always, expr.Null(k.Type()))
		}
		s.inner.Always = append(s.inner.Always, expr.BigInt(all))
	}
	s.inner.Input = s.sets
	return outer, s.err
}

// spread is the lower part of what spreadDistinct makes: copies of the arguments, their sets, and the inner aggregate.
type spread struct {
	env    *Env
	copies *logical.Project
	sets   *logical.GroupingSets
	inner  *logical.Aggregate
	err    error // the first
}

func (s *spread) call(name string, args ...expr.Expr) expr.Expr {
	e, err := expr.NewCall(name, args, diag.Span{})
	if s.err == nil {
		s.err = err
	}
	return e
}

// isSet is true of the groups of repetition n.
func (s *spread) isSet(id expr.Expr, n int64) expr.Expr { return s.call("=", id, expr.BigInt(n)) }

func (s *spread) field(name string, t arrow.DataType) logical.Field {
	return logical.Field{ID: s.env.NewID(), Name: name, T: t}
}

// copied is a column of its own with the value of e; of a literal it is the literal, which some calls want to see.
func (s *spread) copied(e expr.Expr) expr.Expr {
	if isLiteral(e) {
		return e
	}
	f := s.field("_d", e.Type())
	if col, ok := e.(*expr.Column); ok {
		f.Name = col.Name
	}
	s.copies.Exprs, s.copies.Out = append(s.copies.Exprs, e), append(s.copies.Out, f)
	return f.Column(diag.Span{})
}

// key is e as a key of the inner aggregate.
func (s *spread) key(e *expr.Column) expr.Expr {
	out := s.field(e.Name, e.T)
	s.inner.Keys, s.inner.Out = append(s.inner.Keys, e), append(s.inner.Out, out)
	return out.Column(diag.Span{})
}

// list adds the set of a list of DISTINCT arguments, and returns the keys of the inner aggregate that hold them.
func (s *spread) list(args []expr.Expr) (keys []expr.Expr) {
	var set []int
	for _, a := range args {
		c := s.copied(a)
		f := s.copies.Out[len(s.copies.Out)-1]
		twin := s.field(f.Name, c.Type())
		set = append(set, len(s.sets.Keys))
		s.sets.Keys, s.sets.Out = append(s.sets.Keys, f.ID), append(s.sets.Out, twin)
		keys = append(keys, s.key(twin.Column(diag.Span{})))
	}
	s.sets.GID, s.sets.Sets = append(s.sets.GID, int64(len(s.sets.Sets))), append(s.sets.Sets, set)
	return keys
}

// other moves a call without DISTINCT into the inner aggregate, and returns the call that takes its value.
func (s *spread) other(call logical.AggCall, id expr.Expr, all int64) logical.AggCall {
	made := call
	made.Out = s.field(call.Out.Name, call.Out.T)
	made.Args = make([]expr.Expr, len(call.Args))
	for i, a := range call.Args {
		made.Args[i] = s.copied(a)
	}
	if call.Filter != nil {
		made.Filter = s.copied(call.Filter)
	}
	s.inner.Calls = append(s.inner.Calls, made)
	return logical.AggCall{Name: "any_value", Args: []expr.Expr{made.Out.Column(call.At)}, Filter: s.isSet(id, all), Out: call.Out, At: call.At}
}

package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// counts are the aggregates that count rows or combine booleans.
var counts = []Aggregate{
	{
		Name: "count",
		Doc:  "count(*): the number of rows; count(x, …): of rows in which no argument is NULL",
		Bind: func(args []Arg) (AggBound, error) {
			return AggBound{Type: datatype.BigInt, Partial: datatype.BigInt, Adds: true, New: func(*Ctx) State { return &countState{} }}, nil
		},
	},
	{
		Name: "regr_count",
		Doc:  "regr_count(y, x): the number of rows in which neither is NULL",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("regr_count", args, 2, 2); err != nil {
				return AggBound{}, err
			}
			return AggBound{Type: datatype.BigInt, Partial: datatype.BigInt, Adds: true, New: func(*Ctx) State { return &countState{} }}, nil
		},
	},
	{
		Name: "count_if",
		Doc:  "count_if(c): the number of rows for which c is true",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantBool("count_if", args); err != nil {
				return AggBound{}, err
			}
			return AggBound{
				Casts: []arrow.DataType{datatype.Bool}, Type: datatype.BigInt, Partial: datatype.BigInt,
				New: func(*Ctx) State { return &countIfState{} },
			}, nil
		},
	},
	boolAggregate("bool_and", []string{"every"}, "bool_and(c): whether c is true for all rows; NULLs are skipped", true),
	boolAggregate("bool_or", nil, "bool_or(c): whether c is true for any row; NULLs are skipped", false),
}

func wantBool(name string, args []Arg) error {
	if err := wantArgs(name, args, 1, 1); err != nil {
		return err
	}
	if id := args[0].Type.ID(); id != arrow.BOOL && id != arrow.NULL {
		return badArg(name, 0, "a boolean", args[0].Type)
	}
	return nil
}

// countState counts rows without NULL among the arguments.
type countState struct{ n []int64 }

func (s *countState) Grow(n int) { s.n = grow(s.n, n) }

func (s *countState) Update(groups []uint32, args []Vec) error {
	var views []nullView
	for _, a := range args {
		if w := nullsOf(a); w.bits != nil {
			views = append(views, w)
		}
	}
	switch {
	case len(views) == 0 && len(s.n) == 1:
		s.n[0] += int64(len(groups))
	case len(views) == 0:
		for _, g := range groups {
			s.n[g]++
		}
	case len(views) == 1:
		w := views[0]
		for i, g := range groups {
			if !w.at(i) {
				s.n[g]++
			}
		}
	default:
		for i, g := range groups {
			if !anyNull(views, i) {
				s.n[g]++
			}
		}
	}
	return nil
}

func anyNull(views []nullView, i int) bool {
	for _, w := range views {
		if w.at(i) {
			return true
		}
	}
	return false
}

func (s *countState) Merge(groups []uint32, partial arrow.Array) error {
	p := partial.(*array.Int64).Int64Values()
	for i, g := range groups {
		s.n[g] += p[i]
	}
	return nil
}

func (s *countState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *countState) Final(mem memory.Allocator) (arrow.Array, error) {
	return fixedArray(mem, datatype.BigInt, s.n, nil), nil
}

func (s *countState) Size() int64 { return sizeOf(s.n) }

// countIfState counts the rows whose argument is true.
type countIfState struct{ countState }

func (s *countIfState) Update(groups []uint32, args []Vec) error {
	nulls, vals := nullsOf(args[0]), args[0].Array.(*array.Boolean)
	for i, g := range groups {
		if !nulls.at(i) && vals.Value(args[0].At(i)) {
			s.n[g]++
		}
	}
	return nil
}

func boolAggregate(name string, aliases []string, doc string, all bool) Aggregate {
	return Aggregate{
		Name: name, Aliases: aliases, Doc: doc, IgnoresDistinct: true,
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantBool(name, args); err != nil {
				return AggBound{}, err
			}
			return AggBound{
				Casts: []arrow.DataType{datatype.Bool}, Type: datatype.Bool, Partial: datatype.Bool,
				New: func(*Ctx) State { return &boolState{all: all} },
			}, nil
		},
	}
}

// boolState is AND or OR over booleans.
type boolState struct {
	all  bool // AND
	val  []bool
	seen []bool
}

func (s *boolState) Grow(n int) { s.val, s.seen = grow(s.val, n), grow(s.seen, n) }

func (s *boolState) Update(groups []uint32, args []Vec) error {
	nulls, vals := nullsOf(args[0]), args[0].Array.(*array.Boolean)
	for i, g := range groups {
		if nulls.at(i) {
			continue
		}
		// The first value, and then the one that decides.
		if v := vals.Value(args[0].At(i)); !s.seen[g] || v != s.all {
			s.val[g], s.seen[g] = v, true
		}
	}
	return nil
}

func (s *boolState) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *boolState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *boolState) Final(mem memory.Allocator) (arrow.Array, error) {
	b := array.NewBooleanBuilder(mem)
	defer b.Release()
	b.AppendValues(s.val, s.seen)
	return b.NewArray(), nil
}

func (s *boolState) Size() int64 { return sizeOf(s.val) + sizeOf(s.seen) }

package funcs

import (
	"bytes"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// picks are the aggregates that answer one of the values of a group.
var picks = []Aggregate{
	{
		Name: "any_value", Aliases: []string{"arbitrary"}, IgnoresDistinct: true,
		Doc: "any_value(x): the first x that is not NULL",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("any_value", args, 1, 1); err != nil {
				return AggBound{}, err
			}
			t := args[0].Type
			return AggBound{Type: t, Partial: t, New: func(*Ctx) State { return &anyState{keeper{t: t}} }}, nil
		},
	},
	bestAggregate("max_by", []string{"arg_max"}, "max_by(x, y): the x of the row with the greatest y", true),
	bestAggregate("min_by", []string{"arg_min"}, "min_by(x, y): the x of the row with the least y", false),
}

// anyState keeps the first value of each group.
type anyState struct{ keeper }

func (s *anyState) Grow(n int) { s.grow(n) }

func (s *anyState) Update(groups []uint32, args []Vec) error {
	nulls := nullsOf(args[0])
	for i, g := range groups {
		if !s.has(g) && !nulls.at(i) {
			s.pick(g, i)
		}
	}
	s.flush(args[0])
	return nil
}

func (s *anyState) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *anyState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.array(mem), nil }
func (s *anyState) Final(mem memory.Allocator) (arrow.Array, error)   { return s.array(mem), nil }
func (s *anyState) Size() int64                                       { return s.size() }

func bestAggregate(name string, aliases []string, doc string, greatest bool) Aggregate {
	return Aggregate{Name: name, Aliases: aliases, Doc: doc, Bind: func(args []Arg) (AggBound, error) {
		if err := wantArgs(name, args, 2, 2); err != nil {
			return AggBound{}, err
		}
		if hasMap(args[1].Type) {
			return AggBound{}, badArg(name, 1, "values that can be ordered", args[1].Type)
		}
		return bestBound(args[0].Type, greatest), nil
	}}
}

// bestBound binds the choice of an x of type t by the greatest or least y.
func bestBound(t arrow.DataType, greatest bool) AggBound {
	partial := datatype.Struct(arrow.Field{Name: "key", Type: datatype.Binary}, arrow.Field{Name: "x", Type: t})
	return AggBound{Type: t, Partial: partial, New: func(*Ctx) State {
		return &bestState{best: keeper{t: t}, greatest: greatest, partial: partial}
	}}
}

// bestState keeps the x of the first row with the greatest or least y, which it knows by its sort key.
// With one argument, x is y.
type bestState struct {
	best     keeper
	keys     [][]byte // sort key of each group's best y
	held     int64    // bytes of keys
	greatest bool
	partial  arrow.DataType
	buf      vec.KeyBuffer
}

func (s *bestState) Grow(n int) {
	s.best.grow(n)
	s.keys = grow(s.keys, n)
}

func (s *bestState) Update(groups []uint32, args []Vec) error {
	x, y := args[0], args[len(args)-1]
	nulls := nullsOf(y)
	cols := []arrow.Array{y.Array}
	if y.DataType().ID() == arrow.STRUCT {
		cols = cols[:0]
		for _, f := range fieldsOf(y.Array) {
			cols = append(cols, f.Array)
		}
	}
	// A NULL field never wins: it is the least for the greatest, and the greatest for the least, as in Hive.
	orders := slices.Repeat([]vec.Order{{NullsFirst: s.greatest}}, len(cols))
	vec.AppendSortKeys(cols, orders, y.Len(), &s.buf)
	for i, g := range groups {
		if !nulls.at(i) {
			s.offer(g, i, s.buf.Key(y.At(i)))
		}
	}
	s.best.flush(x)
	return nil
}

// offer makes row i the best of group g if its key is better than the best so far.
func (s *bestState) offer(g uint32, i int, key []byte) {
	if s.best.has(g) {
		if c := bytes.Compare(key, s.keys[g]); c == 0 || c > 0 != s.greatest {
			return
		}
	}
	old := cap(s.keys[g])
	s.keys[g] = append(s.keys[g][:0], key...)
	s.held += int64(cap(s.keys[g]) - old)
	s.best.pick(g, i)
}

func (s *bestState) Merge(groups []uint32, partial arrow.Array) error {
	f := fieldsOf(partial)
	keys := f[0].Array.(*array.Binary)
	for i, g := range groups {
		if keys.IsValid(i) {
			s.offer(g, i, keys.Value(i))
		}
	}
	s.best.flush(f[1])
	return nil
}

func (s *bestState) Partial(mem memory.Allocator) (arrow.Array, error) {
	valid := make([]bool, len(s.keys))
	for g := range valid {
		valid[g] = s.best.has(uint32(g))
	}
	keys, err := bytesArray(mem, datatype.Binary, s.keys, valid)
	if err != nil {
		return nil, err
	}
	return structArray(s.partial, len(s.keys), keys, s.best.array(mem)), nil
}

func (s *bestState) Final(mem memory.Allocator) (arrow.Array, error) { return s.best.array(mem), nil }

func (s *bestState) Size() int64 { return s.best.size() + sizeOf(s.keys) + s.held }

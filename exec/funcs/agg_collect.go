package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// collections are the aggregates that make an array, map or text of the values of a group. The order
// within it is the order in which the rows came.
var collections = []Aggregate{
	{
		Name: "collect_list", Doc: "collect_list(x): an array of all x that are not NULL; [] if there are none",
		Bind: func(args []Arg) (AggBound, error) {
			return bindCollect("collect_list", args, collectState{empty: true})
		},
	},
	{
		Name: "collect_set", IgnoresDistinct: true,
		Doc: "collect_set(x): an array of the different x that are not NULL; [] if there are none",
		Bind: func(args []Arg) (AggBound, error) {
			return bindCollect("collect_set", args, collectState{empty: true, distinct: true})
		},
	},
	{
		Name: "array_agg", Doc: "array_agg(x): an array of all x, NULLs too; NULL if there is no row",
		Bind: func(args []Arg) (AggBound, error) { return bindCollect("array_agg", args, collectState{nulls: true}) },
	},
	{
		Name: "map_agg", Doc: "map_agg(k, v): a map of all k that are not NULL to their v; of equal k the first counts",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("map_agg", args, 2, 2); err != nil {
				return AggBound{}, err
			}
			if datatype.IsNested(args[0].Type) || args[0].Type.ID() == arrow.NULL {
				return AggBound{}, badArg("map_agg", 0, "a key of a primitive type", args[0].Type)
			}
			t := arrow.MapOf(args[0].Type, args[1].Type)
			return AggBound{Type: t, Partial: t, New: func(*Ctx) State { return newMapState(t) }}, nil
		},
	},
	joinAggregate("string_agg", nil, "string_agg(x, separator): all x that are not NULL, joined", ""),
	joinAggregate("listagg", nil, "listagg(x[, separator]): all x that are not NULL, joined", ""),
	joinAggregate("group_concat", nil, "group_concat(x[, separator]): all x that are not NULL, joined by ',' or the separator", ","),
}

func bindCollect(name string, args []Arg, s collectState) (AggBound, error) {
	if err := wantArgs(name, args, 1, 1); err != nil {
		return AggBound{}, err
	}
	t := datatype.Array(args[0].Type)
	return AggBound{Type: t, Partial: t, New: func(*Ctx) State {
		state := s
		state.t = args[0].Type
		if s.distinct {
			state.seen = map[string]struct{}{}
		}
		return &state
	}}, nil
}

// collectState is collect_list, collect_set and array_agg.
type collectState struct {
	grouped
	empty    bool // no values are [], not NULL
	nulls    bool // NULLs count
	distinct bool
	seen     map[string]struct{} // keyOf the values, if distinct
	keys     int64               // bytes of seen
	idx      []int32
	key      []byte
}

func (s *collectState) Update(groups []uint32, args []Vec) error {
	v := args[0]
	nulls := nullsOf(v)
	s.idx = s.idx[:0]
	for i, g := range groups {
		if !s.nulls && nulls.at(i) || s.distinct && !s.isNew(g, v, i) {
			continue
		}
		s.idx = append(s.idx, int32(i))
		s.of = append(s.of, g)
	}
	s.add(v, s.idx)
	return nil
}

// isNew reports whether value i of v is the first of its kind in group g.
func (s *collectState) isNew(g uint32, v Vec, i int) bool {
	s.key = keyOf(s.key[:0], g, v, i)
	if _, ok := s.seen[string(s.key)]; ok {
		return false
	}
	s.seen[string(s.key)] = struct{}{}
	s.keys += int64(len(s.key)) + 32
	return true
}

func (s *collectState) Merge(groups []uint32, partial arrow.Array) error {
	of, values := spread(groups, partial)
	defer values.Release()
	return s.Update(of, []Vec{values})
}

func (s *collectState) Partial(mem memory.Allocator) (arrow.Array, error) {
	return s.lists(mem, datatype.Array(s.t), true), nil
}

func (s *collectState) Final(mem memory.Allocator) (arrow.Array, error) {
	return s.lists(mem, datatype.Array(s.t), s.empty), nil
}

func (s *collectState) Size() int64 { return s.grouped.Size() + s.keys }

// mapState is map_agg: keys are collected as a set, and beside them their values.
type mapState struct {
	keys   collectState
	values pile
	typ    *arrow.MapType
}

func newMapState(t *arrow.MapType) *mapState {
	s := &mapState{typ: t, values: pile{t: t.ItemType()}}
	s.keys.t, s.keys.distinct, s.keys.seen = t.KeyType(), true, map[string]struct{}{}
	return s
}

func (s *mapState) Grow(n int) { s.keys.Grow(n) }

func (s *mapState) Update(groups []uint32, args []Vec) error {
	if err := s.keys.Update(groups, args[:1]); err != nil {
		return err
	}
	s.values.add(args[1], s.keys.idx)
	return nil
}

func (s *mapState) Merge(groups []uint32, partial arrow.Array) error {
	of, entries := spread(groups, partial)
	defer entries.Release()
	return s.Update(of, fieldsOf(entries.Array))
}

func (s *mapState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *mapState) Final(mem memory.Allocator) (arrow.Array, error) {
	idx, ends := s.keys.order()
	entries := structArray(s.typ.Elem(), len(idx), vec.Take(mem, s.keys.array(), idx), vec.Take(mem, s.values.array(), idx))
	return listArray(mem, s.typ, ends, filled(ends), entries), nil
}

func (s *mapState) Size() int64 { return s.keys.Size() + s.values.bytes }

func joinAggregate(name string, aliases []string, doc, separator string) Aggregate {
	return Aggregate{Name: name, Aliases: aliases, Doc: doc, Bind: func(args []Arg) (AggBound, error) {
		least := 1
		if name == "string_agg" {
			least = 2
		}
		if err := wantArgs(name, args, least, 2); err != nil {
			return AggBound{}, err
		}
		if datatype.IsNested(args[0].Type) {
			return AggBound{}, badArg(name, 0, "text", args[0].Type)
		}
		sep := separator
		if len(args) == 2 {
			c := args[1].Const
			if c == nil || !datatype.IsText(c.DataType()) || c.IsNull(0) {
				return AggBound{}, badArg(name, 1, "a constant string", args[1].Type)
			}
			sep = string(bytesOf(Vec{Array: c, Const: true}).at(0))
		}
		return AggBound{
			Casts: []arrow.DataType{datatype.String, nil}[:len(args)], Type: datatype.String, Partial: datatype.Array(datatype.String),
			New: func(*Ctx) State {
				s := &joinState{sep: []byte(sep)}
				s.t = datatype.String
				return s
			},
		}, nil
	}}
}

// joinState joins collected text.
type joinState struct {
	collectState
	sep []byte
}

func (s *joinState) Update(groups []uint32, args []Vec) error {
	return s.collectState.Update(groups, args[:1])
}

func (s *joinState) Final(mem memory.Allocator) (arrow.Array, error) {
	idx, ends := s.order()
	in := bytesOf(Vec{Array: s.array()})
	out, from := make([][]byte, len(ends)), int32(0)
	for g, end := range ends {
		for k, i := range idx[from:end] {
			if k > 0 {
				out[g] = append(out[g], s.sep...)
			}
			out[g] = append(out[g], in.at(int(i))...)
		}
		from = end
	}
	return bytesArray(mem, datatype.String, out, filled(ends))
}

package funcs

import (
	"cmp"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// sketches are the aggregates over hashes or counts of different values.
var sketches = []Aggregate{
	{
		Name: "approx_distinct", Aliases: []string{"approx_count_distinct", "ndv"}, IgnoresDistinct: true,
		Doc: "approx_distinct(x, …): about how many different x there are, by HyperLogLog (standard error 0.8 %)",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("approx_distinct", args, 1, -1); err != nil {
				return AggBound{}, err
			}
			return AggBound{Type: datatype.BigInt, Partial: datatype.Binary, New: func(*Ctx) State { return &distinctState{} }}, nil
		},
	},
	{
		Name: "checksum", Doc: "checksum(x): a number that does not depend on the order of the rows, NULLs count",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("checksum", args, 1, -1); err != nil {
				return AggBound{}, err
			}
			return AggBound{Type: datatype.BigInt, Partial: datatype.BigInt, New: func(*Ctx) State { return &checksumState{} }}, nil
		},
	},
	{
		Name: "histogram", Doc: "histogram(x): a map of the different x to how often they occur",
		Bind: func(args []Arg) (AggBound, error) {
			if err := wantArgs("histogram", args, 1, 1); err != nil {
				return AggBound{}, err
			}
			if datatype.IsNested(args[0].Type) || args[0].Type.ID() == arrow.NULL {
				return AggBound{}, badArg("histogram", 0, "values of a primitive type", args[0].Type)
			}
			t := arrow.MapOf(args[0].Type, datatype.BigInt)
			return AggBound{Type: t, Partial: t, New: func(*Ctx) State { return &histogramMap{newFrequency(args[0].Type, 0), t} }}, nil
		},
	},
	{
		Name: "approx_top_k",
		Doc:  "approx_top_k(x, k): the k most frequent x and how often they occur; exact while the different x fit a task's list",
		Bind: bindTopK,
	},
}

// hashRows calls f with every row's group and the hash of its arguments, and whether one of them is NULL.
func hashRows(groups []uint32, args []Vec, buf *vec.KeyBuffer, f func(g uint32, hash uint64, null bool)) {
	var cols []arrow.Array
	var nulls []nullView
	constant := true
	for _, a := range args {
		nulls = append(nulls, nullsOf(a))
		constant = constant && a.Const
	}
	n := len(groups)
	if constant {
		n = min(n, 1)
	}
	for _, a := range args {
		c := a.Array
		if a.Const && !constant {
			c = vec.Take(heap, a.Array, make([]int32, n))
		}
		cols = append(cols, c)
	}
	vec.AppendKeyBytes(cols, n, buf)
	for i, g := range groups {
		k := i
		if constant {
			k = 0
		}
		f(g, xxh3.Hash(buf.Key(k)), anyNull(nulls, i))
	}
}

// distinctState counts different values by HyperLogLog sketches of 2^14 registers, which are lists of
// hashes while they are few.
type distinctState struct {
	s    []*hyperloglog.Sketch
	rows []int32 // values offered to each sketch, up to registers
	buf  vec.KeyBuffer
}

// registers is the number of registers of a sketch, each a byte.
const registers = 1 << 14

func (s *distinctState) Grow(n int) { s.s, s.rows = grow(s.s, n), grow(s.rows, n) }

func (s *distinctState) Update(groups []uint32, args []Vec) error {
	hashRows(groups, args, &s.buf, func(g uint32, hash uint64, null bool) {
		if null {
			return
		}
		if s.s[g] == nil {
			s.s[g] = hyperloglog.New14()
		}
		s.s[g].InsertHash(hash)
		s.rows[g] = min(registers, s.rows[g]+1)
	})
	return nil
}

func (s *distinctState) Merge(groups []uint32, partial arrow.Array) error {
	p := partial.(*array.Binary)
	for i, g := range groups {
		if p.IsNull(i) {
			continue
		}
		other := &hyperloglog.Sketch{}
		if err := other.UnmarshalBinary(p.Value(i)); err != nil {
			return diag.Errorf(diag.Protocol, "read a sketch of approx_distinct: %w", err)
		}
		s.rows[g] = min(registers, s.rows[g]+int32(p.ValueLen(i)))
		if s.s[g] == nil {
			s.s[g] = other
		} else if err := s.s[g].Merge(other); err != nil {
			return diag.Errorf(diag.Protocol, "merge sketches of approx_distinct: %w", err)
		}
	}
	return nil
}

func (s *distinctState) Partial(mem memory.Allocator) (arrow.Array, error) {
	out, valid := make([][]byte, len(s.s)), make([]bool, len(s.s))
	for g, sk := range s.s {
		if sk == nil {
			continue
		}
		b, err := sk.MarshalBinary()
		if err != nil {
			return nil, diag.Errorf(diag.Internal, "write a sketch of approx_distinct: %w", err)
		}
		out[g], valid[g] = b, true
	}
	return bytesArray(mem, datatype.Binary, out, valid)
}

func (s *distinctState) Final(mem memory.Allocator) (arrow.Array, error) {
	out := make([]int64, len(s.s))
	for g, sk := range s.s {
		if sk != nil {
			out[g] = int64(sk.Estimate())
		}
	}
	return fixedArray(mem, datatype.BigInt, out, nil), nil
}

// Size takes a sketch for a list of four-byte hashes until its registers take less.
func (s *distinctState) Size() int64 {
	n := sizeOf(s.s) + sizeOf(s.rows)
	for _, rows := range s.rows {
		n += min(registers, 4*int64(rows))
	}
	return n
}

// checksumState adds up hashes.
type checksumState struct {
	sum  []int64
	seen []bool
	buf  vec.KeyBuffer
}

func (s *checksumState) Grow(n int) { s.sum, s.seen = grow(s.sum, n), grow(s.seen, n) }

func (s *checksumState) Update(groups []uint32, args []Vec) error {
	hashRows(groups, args, &s.buf, func(g uint32, hash uint64, _ bool) {
		s.sum[g] += int64(hash)
		s.seen[g] = true
	})
	return nil
}

func (s *checksumState) Merge(groups []uint32, partial arrow.Array) error {
	in := fixedOf[int64](Vec{Array: partial})
	for i, g := range groups {
		if !in.nulls.at(i) {
			s.sum[g] += in.at(i)
			s.seen[g] = true
		}
	}
	return nil
}

func (s *checksumState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *checksumState) Final(mem memory.Allocator) (arrow.Array, error) {
	return fixedArray(mem, datatype.BigInt, s.sum, s.seen), nil
}

func (s *checksumState) Size() int64 { return sizeOf(s.sum) + sizeOf(s.seen) }

// frequency counts how often each value occurs in each group.
type frequency struct {
	grouped
	n     []int64 // count of each value
	slot  map[string]int32
	keys  int64 // bytes of slot
	key   []byte
	idx   []int32
	limit int // prune beyond so many values; 0: never
	keep  int // values that a group keeps when pruned
}

func newFrequency(t arrow.DataType, keep int) frequency {
	f := frequency{slot: map[string]int32{}, keep: keep}
	f.t = t
	if keep > 0 {
		f.limit = pruneAt
	}
	return f
}

// pruneAt is the number of different values that approx_top_k holds before it drops rare ones.
const pruneAt = 1 << 18

func (s *frequency) Update(groups []uint32, args []Vec) error {
	return s.count(groups, args[0], nil)
}

// count adds the values of v, each once or as often as times says.
func (s *frequency) count(groups []uint32, v Vec, times []int64) error {
	nulls := nullsOf(v)
	s.idx = s.idx[:0]
	for i, g := range groups {
		if nulls.at(i) {
			continue
		}
		by := int64(1)
		if times != nil {
			by = times[i]
		}
		s.key = keyOf(s.key[:0], g, v, i)
		at, ok := s.slot[string(s.key)]
		if !ok {
			at = int32(len(s.n))
			s.slot[string(s.key)] = at
			s.keys += int64(len(s.key)) + 40
			s.n, s.of, s.idx = append(s.n, 0), append(s.of, g), append(s.idx, int32(i))
		}
		s.n[at] += by
	}
	s.add(v, s.idx)
	if s.limit > 0 && len(s.n) > s.limit {
		s.prune()
	}
	return nil
}

// prune drops all but the most frequent values of each group, and waits for twice as many as are left.
func (s *frequency) prune() {
	idx, ends := s.top(s.keep)
	groups, n := make([]uint32, 0, len(idx)), make([]int64, 0, len(idx))
	from := int32(0)
	for g, end := range ends {
		for _, i := range idx[from:end] {
			groups, n = append(groups, uint32(g)), append(n, s.n[i])
		}
		from = end
	}
	values := vec.Take(heap, s.array(), idx)
	fresh := newFrequency(s.t, s.keep)
	fresh.groups, fresh.limit = s.groups, max(pruneAt, 2*len(idx))
	*s = fresh
	_ = s.count(groups, Vec{Array: values}, n) // cannot fail, nor prune again
}

// top returns the places of the k most frequent values of each group (all if k is 0), most frequent
// first and equally frequent ones in their order, and where each group ends.
func (s *frequency) top(k int) (idx, ends []int32) {
	all, last := s.order()
	values := s.array()
	from := int32(0)
	for _, end := range last {
		part := all[from:end]
		slices.SortFunc(part, func(a, b int32) int {
			return cmp.Or(cmp.Compare(s.n[b], s.n[a]), vec.Compare(values, int(a), values, int(b)))
		})
		if k > 0 && len(part) > k {
			part = part[:k]
		}
		idx = append(idx, part...)
		ends = append(ends, int32(len(idx)))
		from = end
	}
	return idx, ends
}

// pairs returns the values at idx and their counts as a list or map of type t.
func (s *frequency) pairs(mem memory.Allocator, t arrow.DataType, idx, ends []int32) arrow.Array {
	n := make([]int64, len(idx))
	for k, i := range idx {
		n[k] = s.n[i]
	}
	elem := t.(arrow.ListLikeType).Elem()
	entries := structArray(elem, len(idx), vec.Take(mem, s.array(), idx), fixedArray(mem, datatype.BigInt, n, nil))
	return listArray(mem, t, ends, filled(ends), entries)
}

func (s *frequency) Merge(groups []uint32, partial arrow.Array) error {
	of, entries := spread(groups, partial)
	defer entries.Release()
	f := fieldsOf(entries.Array)
	return s.count(of, f[0], f[1].Array.(*array.Int64).Int64Values())
}

func (s *frequency) Size() int64 { return s.grouped.Size() + sizeOf(s.n) + s.keys }

// histogramMap is histogram(x).
type histogramMap struct {
	frequency
	typ arrow.DataType
}

func (s *histogramMap) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *histogramMap) Final(mem memory.Allocator) (arrow.Array, error) {
	idx, ends := s.order()
	return s.pairs(mem, s.typ, idx, ends), nil
}

func bindTopK(args []Arg) (AggBound, error) {
	const name = "approx_top_k"
	if err := wantArgs(name, args, 2, 2); err != nil {
		return AggBound{}, err
	}
	k, err := constInt(name, args, 1)
	if err != nil {
		return AggBound{}, err
	}
	if k < 1 || k > 10_000 {
		return AggBound{}, diag.Errorf(diag.BadValue, "%s takes k from 1 to 10000, not %d", name, k)
	}
	t := datatype.Array(datatype.Struct(arrow.Field{Name: "item", Type: args[0].Type}, arrow.Field{Name: "count", Type: datatype.BigInt}))
	return AggBound{Type: t, Partial: t, New: func(*Ctx) State {
		return &topKState{newFrequency(args[0].Type, max(1000, 20*int(k))), int(k), t}
	}}, nil
}

// topKState is approx_top_k.
type topKState struct {
	frequency
	k   int
	typ arrow.DataType
}

func (s *topKState) Partial(mem memory.Allocator) (arrow.Array, error) {
	idx, ends := s.order()
	return s.pairs(mem, s.typ, idx, ends), nil
}

func (s *topKState) Final(mem memory.Allocator) (arrow.Array, error) {
	idx, ends := s.top(s.k)
	return s.pairs(mem, s.typ, idx, ends), nil
}

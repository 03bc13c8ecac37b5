package funcs

import (
	"bytes"
	"cmp"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// extremes are min and max.
var extremes = []Aggregate{
	{
		Name: "max", IgnoresDistinct: true,
		Doc:  "max(x): the greatest x; text by its bytes, NaN above all numbers, arrays and structs by their parts",
		Bind: func(args []Arg) (AggBound, error) { return bindExtreme("max", args, true) },
	},
	{
		Name: "min", IgnoresDistinct: true,
		Doc:  "min(x): the least x; text by its bytes, NaN above all numbers, arrays and structs by their parts",
		Bind: func(args []Arg) (AggBound, error) { return bindExtreme("min", args, false) },
	},
}

func bindExtreme(name string, args []Arg, greatest bool) (AggBound, error) {
	if err := wantArgs(name, args, 1, 1); err != nil {
		return AggBound{}, err
	}
	t := args[0].Type
	b := AggBound{Type: t, Partial: t}
	switch t.ID() {
	case arrow.NULL:
		b.New = func(*Ctx) State { return &voidState{t: t} }
	case arrow.BOOL:
		b.New = func(*Ctx) State { return &boolState{all: !greatest} }
	case arrow.INT8:
		b.New = newExtreme[int8](t, greatest)
	case arrow.INT16:
		b.New = newExtreme[int16](t, greatest)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		b.New = newExtreme[int32](t, greatest)
	case arrow.INT64:
		b.New = newExtreme[int64](t, greatest)
	case arrow.FLOAT32:
		b.New = newExtreme[float32](t, greatest)
	case arrow.FLOAT64:
		b.New = newExtreme[float64](t, greatest)
	case arrow.DECIMAL128:
		b.New = func(*Ctx) State { return &extremeDecimal{t: t, greatest: greatest} }
	case arrow.STRING, arrow.BINARY:
		b.New = func(*Ctx) State { return &extremeBytes{t: t, greatest: greatest} }
	case arrow.LIST, arrow.STRUCT:
		if hasMap(t) || datatype.HasUnion(t) {
			return AggBound{}, badArg(name, 0, "values that can be ordered", t)
		}
		return bestBound(t, greatest), nil
	default:
		return AggBound{}, badArg(name, 0, "values that can be ordered", t)
	}
	return b, nil
}

// hasMap reports whether t is or contains a map, which has no order.
func hasMap(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.MapType:
		return true
	case *arrow.ListType:
		return hasMap(t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if hasMap(f.Type) {
				return true
			}
		}
	}
	return false
}

// ordered are the fixed-width values that < orders.
type ordered interface {
	cmp.Ordered
	arrow.FixedWidthType
}

// extreme is min or max of fixed-width values.
type extreme[T ordered] struct {
	t        arrow.DataType
	greatest bool
	val      []T
	seen     []bool
}

func newExtreme[T ordered](t arrow.DataType, greatest bool) func(*Ctx) State {
	return func(*Ctx) State { return &extreme[T]{t: t, greatest: greatest} }
}

func (s *extreme[T]) Grow(n int) { s.val, s.seen = grow(s.val, n), grow(s.seen, n) }

// Update: v != v holds for NaN only, which is greater than every number.
func (s *extreme[T]) Update(groups []uint32, args []Vec) error {
	in := fixedOf[T](args[0])
	if s.greatest {
		for i, g := range groups {
			if in.nulls.at(i) {
				continue
			}
			if v := in.at(i); !s.seen[g] || v > s.val[g] || v != v {
				s.val[g], s.seen[g] = v, true
			}
		}
		return nil
	}
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		if v := in.at(i); !s.seen[g] || v < s.val[g] || s.val[g] != s.val[g] {
			s.val[g], s.seen[g] = v, true
		}
	}
	return nil
}

func (s *extreme[T]) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *extreme[T]) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *extreme[T]) Final(mem memory.Allocator) (arrow.Array, error) {
	return fixedArray(mem, s.t, s.val, s.seen), nil
}

func (s *extreme[T]) Size() int64 { return sizeOf(s.val) + sizeOf(s.seen) }

// extremeDecimal is min or max of what is stored in 128 bits: decimals, timestamps, day-time intervals.
type extremeDecimal struct {
	t        arrow.DataType
	greatest bool
	val      []decimal128.Num
	seen     []bool
}

func (s *extremeDecimal) Grow(n int) { s.val, s.seen = grow(s.val, n), grow(s.seen, n) }

func (s *extremeDecimal) Update(groups []uint32, args []Vec) error {
	in := fixedOf[decimal128.Num](args[0])
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		if v := in.at(i); !s.seen[g] || (s.greatest && s.val[g].Less(v)) || (!s.greatest && v.Less(s.val[g])) {
			s.val[g], s.seen[g] = v, true
		}
	}
	return nil
}

func (s *extremeDecimal) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *extremeDecimal) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *extremeDecimal) Final(mem memory.Allocator) (arrow.Array, error) {
	return fixedArray(mem, s.t, s.val, s.seen), nil
}

func (s *extremeDecimal) Size() int64 { return sizeOf(s.val) + sizeOf(s.seen) }

// extremeBytes is min or max of text or binary by its bytes.
type extremeBytes struct {
	t        arrow.DataType
	greatest bool
	val      [][]byte
	seen     []bool
	held     int64 // bytes allocated for val's elements
}

func (s *extremeBytes) Grow(n int) { s.val, s.seen = grow(s.val, n), grow(s.seen, n) }

func (s *extremeBytes) Update(groups []uint32, args []Vec) error {
	in := bytesOf(args[0])
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		v := in.at(i)
		if s.seen[g] {
			if c := bytes.Compare(v, s.val[g]); c == 0 || c > 0 != s.greatest {
				continue
			}
		}
		old := cap(s.val[g])
		s.val[g], s.seen[g] = append(s.val[g][:0], v...), true
		s.held += int64(cap(s.val[g]) - old)
	}
	return nil
}

func (s *extremeBytes) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *extremeBytes) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *extremeBytes) Final(mem memory.Allocator) (arrow.Array, error) {
	return bytesArray(mem, s.t, s.val, s.seen)
}

func (s *extremeBytes) Size() int64 { return sizeOf(s.val) + sizeOf(s.seen) + s.held }

// byteView is a view of a text or binary argument.
type byteView struct {
	offsets []int32
	data    []byte
	mask    int
	nulls   nullView
}

// bytesOf returns the view of v, which is stored as String or Binary.
func bytesOf(v Vec) byteView {
	b := byteView{mask: -1, nulls: nullsOf(v)}
	if v.Const {
		b.mask = 0
	}
	d := v.Data()
	if d.Len() == 0 {
		return b
	}
	b.offsets = arrow.Int32Traits.CastFromBytes(d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]
	if d.Buffers()[2] != nil {
		b.data = d.Buffers()[2].Bytes()
	}
	return b
}

// at returns the bytes of row i, which must not be NULL; they belong to the array.
func (b byteView) at(i int) []byte {
	i &= b.mask
	return b.data[b.offsets[i]:b.offsets[i+1]]
}

// bytesArray returns an array of type t, which is stored as String or Binary; valid is as for fixedArray.
func bytesArray(mem memory.Allocator, t arrow.DataType, vals [][]byte, valid []bool) (arrow.Array, error) {
	total := 0
	for _, v := range vals {
		total += len(v)
	}
	if total > 1<<31-1 {
		return nil, diag.Errorf(diag.Limit, "the results of an aggregate take %d bytes, more than one column of a batch can hold", total)
	}
	b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(len(vals))
	b.ReserveData(total)
	for i, v := range vals {
		if valid != nil && !valid[i] {
			b.AppendNull()
			continue
		}
		b.Append(v)
	}
	a := b.NewArray()
	defer a.Release()
	return datatype.Relabel(a, t), nil
}

// voidState is any aggregate of NULLs: NULL.
type voidState struct {
	t arrow.DataType
	n int
}

func (s *voidState) Grow(n int)                                        { s.n = max(s.n, n) }
func (s *voidState) Update([]uint32, []Vec) error                      { return nil }
func (s *voidState) Merge([]uint32, arrow.Array) error                 { return nil }
func (s *voidState) Size() int64                                       { return 0 }
func (s *voidState) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *voidState) Final(mem memory.Allocator) (arrow.Array, error) {
	return datatype.Nulls(mem, s.t, s.n), nil
}

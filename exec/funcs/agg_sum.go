package funcs

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// sums are sum and avg.
var sums = []Aggregate{
	{
		Name: "sum",
		Doc:  "sum(x): the sum of x, bigint for integers, decimal(p+10,s) for decimals, else double; a bigint that overflows is an error",
		Bind: bindSum,
	},
	{
		Name: "avg",
		Doc:  "avg(x): the mean of x, decimal(p+4,s+4) for decimals, else double",
		Bind: bindAvg,
	},
}

func bindSum(args []Arg) (AggBound, error) {
	if err := wantArgs("sum", args, 1, 1); err != nil {
		return AggBound{}, err
	}
	t := args[0].Type
	switch {
	case datatype.IsInteger(t):
		return AggBound{
			Casts: []arrow.DataType{datatype.BigInt}, Type: datatype.BigInt, Partial: datatype.Decimal(38, 0),
			New: func(*Ctx) State { return &sumInt{} },
		}, nil
	case datatype.IsDecimal(t):
		d := t.(*arrow.Decimal128Type)
		out := datatype.Decimal(min(38, int(d.Precision)+10), int(d.Scale))
		return boundDecimal(out, sumOf(out)), nil
	}
	b := AggBound{
		Casts: []arrow.DataType{datatype.Double}, Type: datatype.Double, Partial: datatype.Double,
		New: func(*Ctx) State { return &sumDouble{} },
	}
	switch {
	case datatype.IsText(t):
		b.Casts, b.New = nil, func(*Ctx) State { return &sumText{} }
		return b, nil
	case isTimestamp(t):
		return inSeconds(b), nil
	}
	return b, doubleArg("sum", args, 0)
}

// sumInt sums bigints in 128 bits, so that only a final result out of range is an overflow, in
// whatever order the rows came.
type sumInt struct {
	sum  []int128
	seen []bool
}

func (s *sumInt) Grow(n int) { s.sum, s.seen = grow(s.sum, n), grow(s.seen, n) }

func (s *sumInt) Update(groups []uint32, args []Vec) error {
	in := fixedOf[int64](args[0])
	if in.nulls.bits == nil {
		for i, g := range groups {
			v := in.at(i)
			s.sum[g].add(uint64(v), v>>63)
			s.seen[g] = true
		}
		return nil
	}
	for i, g := range groups {
		if !in.nulls.at(i) {
			v := in.at(i)
			s.sum[g].add(uint64(v), v>>63)
			s.seen[g] = true
		}
	}
	return nil
}

func (s *sumInt) Merge(groups []uint32, partial arrow.Array) error {
	in := fixedOf[decimal128.Num](Vec{Array: partial})
	for i, g := range groups {
		if !in.nulls.at(i) {
			v := in.at(i)
			s.sum[g].add(v.LowBits(), v.HighBits())
			s.seen[g] = true
		}
	}
	return nil
}

func (s *sumInt) Partial(mem memory.Allocator) (arrow.Array, error) {
	out := make([]decimal128.Num, len(s.sum))
	for g, v := range s.sum {
		out[g] = v.num()
	}
	return fixedArray(mem, datatype.Decimal(38, 0), out, s.seen), nil
}

func (s *sumInt) Final(mem memory.Allocator) (arrow.Array, error) {
	out := make([]int64, len(s.sum))
	for g, v := range s.sum {
		if int64(v.lo)>>63 != v.hi {
			return nil, diag.Errorf(diag.Type, "sum overflow: %s does not fit bigint", v.num().BigInt()).
				WithHint("sum(cast(x as decimal(38,0))) has room")
		}
		out[g] = int64(v.lo)
	}
	return fixedArray(mem, datatype.BigInt, out, s.seen), nil
}

func (s *sumInt) Size() int64 { return sizeOf(s.sum) + sizeOf(s.seen) }

// sumDouble adds doubles one after the other, as Hive does; the last digits depend on the order of
// the rows.
type sumDouble struct {
	sum  []float64
	seen []bool
}

func (s *sumDouble) Grow(n int) { s.sum, s.seen = grow(s.sum, n), grow(s.seen, n) }

func (s *sumDouble) Update(groups []uint32, args []Vec) error {
	in := fixedOf[float64](args[0])
	for i, g := range groups {
		if !in.nulls.at(i) {
			s.sum[g] += in.at(i)
			s.seen[g] = true
		}
	}
	return nil
}

func (s *sumDouble) Merge(groups []uint32, partial arrow.Array) error {
	return s.Update(groups, []Vec{{Array: partial}})
}

func (s *sumDouble) Partial(mem memory.Allocator) (arrow.Array, error) { return s.Final(mem) }

func (s *sumDouble) Final(mem memory.Allocator) (arrow.Array, error) {
	return fixedArray(mem, datatype.Double, s.sum, s.seen), nil
}

func (s *sumDouble) Size() int64 { return sizeOf(s.sum) + sizeOf(s.seen) }

// sumText sums texts as doubles. Unlike avg, and as in Hive, one that is no number adds 0: the sum of
// nothing but such texts is 0, not NULL.
type sumText struct{ sumDouble }

func (s *sumText) Update(groups []uint32, args []Vec) error {
	in := bytesOf(args[0])
	for i, g := range groups {
		if in.nulls.at(i) {
			continue
		}
		if v, ok := datatype.ParseDouble(in.at(i)); ok {
			s.sum[g] += v
		}
		s.seen[g] = true
	}
	return nil
}

// inSeconds makes an aggregate of one double one of a timestamp, which counts as its seconds since
// 1970-01-01 00:00:00.
func inSeconds(b AggBound) AggBound {
	inner := b.New
	b.Casts = nil
	b.New = func(c *Ctx) State { return &secondsState{State: inner(c)} }
	return b
}

type secondsState struct {
	State
	buf []float64
}

func (s *secondsState) Update(groups []uint32, args []Vec) error {
	in := fixedOf[decimal128.Num](args[0])
	n := args[0].Len()
	valid := make([]bool, n)
	s.buf = grow(s.buf[:0], n)
	for i := range n {
		if valid[i] = !in.nulls.at(i); valid[i] {
			sec, nano := datatype.SplitTimestamp(in.at(i))
			s.buf[i] = float64(sec) + float64(nano)/1e9
		}
	}
	seconds := fixedArray(heap, datatype.Double, s.buf, valid)
	return s.State.Update(groups, []Vec{{Array: seconds, Const: args[0].Const}})
}

// wide is a sum of decimals in 192 bits: no order of rows overflows on the way to a result that fits.
type wide struct {
	lo, mid uint64
	hi      int64
}

func (a *wide) add(v decimal128.Num) {
	a.addWide(wide{v.LowBits(), uint64(v.HighBits()), v.HighBits() >> 63})
}

func (a *wide) addWide(b wide) {
	var c uint64
	a.lo, c = bits.Add64(a.lo, b.lo, 0)
	a.mid, c = bits.Add64(a.mid, b.mid, c)
	a.hi += b.hi + int64(c)
}

// num returns a if it fits 128 bits.
func (a wide) num() (decimal128.Num, bool) {
	return decimal128.New(int64(a.mid), a.lo), a.hi == int64(a.mid)>>63
}

func (a wide) big() *big.Int {
	n := big.NewInt(a.hi)
	n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(a.mid))
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(a.lo))
}

// wideType carries a count and a wide sum between tasks.
var wideType = datatype.Struct(
	arrow.Field{Name: "n", Type: datatype.BigInt},
	arrow.Field{Name: "hi", Type: datatype.BigInt},
	arrow.Field{Name: "lo", Type: datatype.Decimal(38, 0)},
)

// sumDecimal sums decimals and counts them, for sum and avg.
type sumDecimal struct {
	groups []decimalSum
	read   readDecimal
}

type decimalSum struct {
	wide
	n int64
}

// readDecimal makes a result of sums and counts.
type readDecimal func(s *sumDecimal, mem memory.Allocator) arrow.Array

// boundDecimal is an aggregate over sums and counts, which all such share.
func boundDecimal(out arrow.DataType, read readDecimal) AggBound {
	return AggBound{
		Type: out, Partial: wideType, Core: "decimal sum and count",
		New:  func(*Ctx) State { return &sumDecimal{read: read} },
		Read: func(s State, mem memory.Allocator) (arrow.Array, error) { return read(s.(*sumDecimal), mem), nil },
	}
}

func (s *sumDecimal) Grow(n int) { s.groups = grow(s.groups, n) }

func (s *sumDecimal) Update(groups []uint32, args []Vec) error {
	in := fixedOf[decimal128.Num](args[0])
	if in.nulls.bits == nil {
		for i, g := range groups {
			sum := &s.groups[g]
			sum.add(in.vals[i&in.mask])
			sum.n++
		}
		return nil
	}
	for i, g := range groups {
		if !in.nulls.at(i) {
			sum := &s.groups[g]
			sum.add(in.vals[i&in.mask])
			sum.n++
		}
	}
	return nil
}

func (s *sumDecimal) Merge(groups []uint32, partial arrow.Array) error {
	p := partial.(*array.Struct)
	n := p.Field(0).(*array.Int64).Int64Values()
	hi := p.Field(1).(*array.Int64).Int64Values()
	lo := p.Field(2).(*array.Decimal128).Values()
	for i, g := range groups {
		s.groups[g].addWide(wide{lo[i].LowBits(), uint64(lo[i].HighBits()), hi[i]})
		s.groups[g].n += n[i]
	}
	return nil
}

func (s *sumDecimal) Partial(mem memory.Allocator) (arrow.Array, error) {
	n, hi, lo := make([]int64, len(s.groups)), make([]int64, len(s.groups)), make([]decimal128.Num, len(s.groups))
	for g, v := range s.groups {
		n[g], hi[g], lo[g] = v.n, v.hi, decimal128.New(int64(v.mid), v.lo)
	}
	return structArray(wideType, len(s.groups), fixedArray(mem, datatype.BigInt, n, nil),
		fixedArray(mem, datatype.BigInt, hi, nil), fixedArray(mem, datatype.Decimal(38, 0), lo, nil)), nil
}

func (s *sumDecimal) Final(mem memory.Allocator) (arrow.Array, error) { return s.read(s, mem), nil }

// sumOf gives NULL where the sum has too many digits for t, as Hive does.
func sumOf(t arrow.DataType) readDecimal {
	precision := t.(*arrow.Decimal128Type).Precision
	return func(s *sumDecimal, mem memory.Allocator) arrow.Array {
		out, valid := make([]decimal128.Num, len(s.groups)), make([]bool, len(s.groups))
		for g, v := range s.groups {
			if v.n == 0 {
				continue
			}
			if n, ok := v.num(); ok && n.FitsInPrecision(precision) {
				out[g], valid[g] = n, true
			}
		}
		return fixedArray(mem, t, out, valid)
	}
}

func (s *sumDecimal) Size() int64 { return sizeOf(s.groups) }

func bindAvg(args []Arg) (AggBound, error) {
	if err := wantArgs("avg", args, 1, 1); err != nil {
		return AggBound{}, err
	}
	if t := args[0].Type; datatype.IsDecimal(t) {
		d := t.(*arrow.Decimal128Type)
		whole := int(d.Precision - d.Scale)
		scale := min(int(d.Scale)+4, datatype.MaxPrecision-whole)
		out := datatype.Decimal(min(datatype.MaxPrecision, whole+scale), scale)
		return boundDecimal(out, meanOf(out, scale-int(d.Scale))), nil
	}
	b := AggBound{
		Casts: []arrow.DataType{datatype.Double}, Type: datatype.Double, Partial: avgType,
		New: func(*Ctx) State { return &avgDouble{} },
	}
	if isTimestamp(args[0].Type) {
		return inSeconds(b), nil
	}
	return b, doubleArg("avg", args, 0)
}

// meanOf divides the exact sum by the count, rounding half up; t has so many digits more behind the
// point than the arguments.
func meanOf(t arrow.DataType, digits int) readDecimal {
	precision := t.(*arrow.Decimal128Type).Precision
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return func(s *sumDecimal, mem memory.Allocator) arrow.Array {
		out, valid := make([]decimal128.Num, len(s.groups)), make([]bool, len(s.groups))
		for g, v := range s.groups {
			if v.n == 0 {
				continue
			}
			q := divHalfUp(new(big.Int).Mul(v.big(), shift), big.NewInt(v.n))
			if q.BitLen() < 128 {
				n := decimal128.FromBigInt(q)
				out[g], valid[g] = n, n.FitsInPrecision(precision)
			}
		}
		return fixedArray(mem, t, out, valid)
	}
}

// divHalfUp returns a / b (b > 0), a half rounded away from zero.
func divHalfUp(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Lsh(r.Abs(r), 1).Cmp(b) >= 0 {
		q.Add(q, big.NewInt(int64(a.Sign())))
	}
	return q
}

var avgType = datatype.Struct(
	arrow.Field{Name: "n", Type: datatype.BigInt},
	arrow.Field{Name: "sum", Type: datatype.Double},
)

// avgDouble is the mean of doubles.
type avgDouble struct {
	sum []float64
	n   []int64
}

func (s *avgDouble) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *avgDouble) Update(groups []uint32, args []Vec) error {
	in := fixedOf[float64](args[0])
	for i, g := range groups {
		if !in.nulls.at(i) {
			s.sum[g] += in.at(i)
			s.n[g]++
		}
	}
	return nil
}

func (s *avgDouble) Merge(groups []uint32, partial arrow.Array) error {
	p := partial.(*array.Struct)
	n, sum := p.Field(0).(*array.Int64).Int64Values(), p.Field(1).(*array.Float64).Float64Values()
	for i, g := range groups {
		s.n[g] += n[i]
		s.sum[g] += sum[i]
	}
	return nil
}

func (s *avgDouble) Partial(mem memory.Allocator) (arrow.Array, error) {
	return structArray(avgType, len(s.n), fixedArray(mem, datatype.BigInt, s.n, nil),
		fixedArray(mem, datatype.Double, s.sum, nil)), nil
}

func (s *avgDouble) Final(mem memory.Allocator) (arrow.Array, error) {
	out, valid := make([]float64, len(s.n)), make([]bool, len(s.n))
	for g, n := range s.n {
		if n > 0 {
			out[g], valid[g] = s.sum[g]/float64(n), true
		}
	}
	return fixedArray(mem, datatype.Double, out, valid), nil
}

func (s *avgDouble) Size() int64 { return sizeOf(s.sum) + sizeOf(s.n) }

package funcs

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// This file holds what the aggregates share: how they look at their arguments, grow their state and
// build one array of results or partials. The aggregates themselves are in agg_*.go.

// nullView answers whether row i is NULL without an interface call. The zero value has no NULLs.
type nullView struct {
	bits      []byte
	off, mask int
}

// nullsOf returns the view of v, which may be constant or of type void.
func nullsOf(v Vec) nullView {
	w := nullView{mask: -1}
	if v.Const {
		w.mask = 0
	}
	if v.DataType().ID() == arrow.NULL {
		return nullView{bits: []byte{0}}
	}
	if v.NullN() > 0 {
		w.bits, w.off = v.NullBitmapBytes(), v.Data().Offset()
	}
	return w
}

// at reports whether row i is NULL.
func (w nullView) at(i int) bool {
	return w.bits != nil && !bitutil.BitIsSet(w.bits, w.off+i&w.mask)
}

// fixed is a view of an argument whose values have a fixed width.
type fixed[T arrow.FixedWidthType] struct {
	vals  []T
	mask  int
	nulls nullView
}

// fixedOf returns the view of v, whose values are stored as T.
func fixedOf[T arrow.FixedWidthType](v Vec) fixed[T] {
	f := fixed[T]{mask: -1, nulls: nullsOf(v)}
	if v.Len() > 0 { // an empty array may lack its buffer
		f.vals = arrow.GetValues[T](v.Data(), 1)
	}
	if v.Const {
		f.mask = 0
	}
	return f
}

// at returns the value of row i, which must not be NULL.
func (f fixed[T]) at(i int) T { return f.vals[i&f.mask] }

// grow returns s with at least n elements; new ones are zero.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n > cap(s) { // append adds a quarter, and so would copy a large table many times
		grown := make([]T, n, max(n, 2*cap(s)))
		copy(grown, s)
		return grown
	}
	from := len(s)
	s = s[:n]
	clear(s[from:])
	return s
}

// sizeOf returns the bytes that s occupies, without what its elements point to.
func sizeOf[T any](s []T) int64 {
	var t T
	return int64(cap(s)) * int64(unsafe.Sizeof(t))
}

// fixedArray returns an array of type t whose value i is vals[i], or NULL where valid[i] is false;
// valid nil means no NULL. t must be stored as T.
func fixedArray[T arrow.FixedWidthType](mem memory.Allocator, t arrow.DataType, vals []T, valid []bool) arrow.Array {
	data := bufferOf(mem, arrow.GetBytes(vals))
	defer data.Release()
	mask, nulls := validityOf(mem, valid)
	if mask != nil {
		defer mask.Release()
	}
	d := array.NewData(t, len(vals), []*memory.Buffer{mask, data}, nil, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

// structArray returns a struct of type t from its fields' arrays, which it releases.
func structArray(t arrow.DataType, n int, fields ...arrow.Array) arrow.Array {
	children := make([]arrow.ArrayData, len(fields))
	for i, f := range fields {
		defer f.Release()
		children[i] = f.Data()
	}
	d := array.NewData(t, n, []*memory.Buffer{nil}, children, 0, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

// listArray returns a list of type t: list g has the values from ends[g-1] (0 for the first) to
// ends[g]. valid is as for fixedArray. It releases values.
func listArray(mem memory.Allocator, t arrow.DataType, ends []int32, valid []bool, values arrow.Array) arrow.Array {
	defer values.Release()
	offsets := bufferOf(mem, arrow.GetBytes(append([]int32{0}, ends...)))
	defer offsets.Release()
	mask, nulls := validityOf(mem, valid)
	if mask != nil {
		defer mask.Release()
	}
	d := array.NewData(t, len(ends), []*memory.Buffer{mask, offsets}, []arrow.ArrayData{values.Data()}, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

func bufferOf(mem memory.Allocator, b []byte) *memory.Buffer {
	buf := memory.NewResizableBuffer(mem)
	buf.Resize(len(b))
	copy(buf.Bytes(), b)
	return buf
}

// validityOf returns the bitmap of valid and the number of NULLs; no bitmap if there are none.
func validityOf(mem memory.Allocator, valid []bool) (*memory.Buffer, int) {
	nulls := 0
	for _, ok := range valid {
		if !ok {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	buf := memory.NewResizableBuffer(mem)
	buf.Resize(int(bitutil.BytesForBits(int64(len(valid)))))
	memory.Set(buf.Bytes(), 0)
	for i, ok := range valid {
		if ok {
			bitutil.SetBit(buf.Bytes(), i)
		}
	}
	return buf, nulls
}

// listOf returns the values of list array a, and the index of its list i's first and last+1 value among them.
func listOf(a arrow.Array) (values arrow.Array, offset func(i int) (int, int)) {
	l := a.(array.ListLike)
	return l.ListValues(), func(i int) (int, int) {
		from, to := l.ValueOffsets(i)
		return int(from), int(to)
	}
}

// spread returns the groups of a list array's values, given the groups of its lists, and those values
// from the first that a list refers to on.
func spread(groups []uint32, lists arrow.Array) ([]uint32, Vec) {
	values, offset := listOf(lists)
	var out []uint32
	if lists.Len() == 0 {
		return nil, Vec{Array: array.NewSlice(values, 0, 0)}
	}
	from, _ := offset(0)
	_, to := offset(lists.Len() - 1)
	for i, g := range groups {
		lo, hi := offset(i)
		out = append(out, slices.Repeat([]uint32{g}, hi-lo)...)
	}
	return out, Vec{Array: array.NewSlice(values, int64(from), int64(to))}
}

// int128 is a sum of 64-bit integers that cannot overflow in any real number of rows.
type int128 struct {
	lo uint64
	hi int64
}

func (a *int128) add(lo uint64, hi int64) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, lo, 0)
	a.hi += hi + int64(carry)
}

func (a int128) num() decimal128.Num { return decimal128.New(a.hi, a.lo) }

// wantArgs checks the number of arguments of an aggregate or window function; most < 0 means no limit.
func wantArgs(name string, args []Arg, least, most int) error {
	if len(args) >= least && (most < 0 || len(args) <= most) {
		return nil
	}
	switch {
	case least == most && least == 1:
		return diag.Errorf(diag.Type, "%s takes one argument, not %d", name, len(args))
	case least == most:
		return diag.Errorf(diag.Type, "%s takes %d arguments, not %d", name, least, len(args))
	case most < 0:
		return diag.Errorf(diag.Type, "%s takes at least %d arguments, not %d", name, least, len(args))
	}
	return diag.Errorf(diag.Type, "%s takes %d to %d arguments, not %d", name, least, most, len(args))
}

// badArg is the error that argument i (from 0) of name has type t instead of what.
func badArg(name string, i int, what string, t arrow.DataType) error {
	return diag.Errorf(diag.Type, "%s takes %s as argument %d, not %s", name, what, i+1, datatype.Name(t))
}

// doubleArg checks that argument i is a number, text that is read as one, or NULL; it is to be cast to double.
func doubleArg(name string, args []Arg, i int) error {
	t := args[i].Type
	if datatype.IsNumeric(t) || datatype.IsText(t) || t.ID() == arrow.NULL {
		return nil
	}
	return badArg(name, i, "a number", t)
}

// constDoubles returns the constant argument i, a number or an array of numbers; many tells which. A
// NULL among them is an error.
func constDoubles(name string, args []Arg, i int) (vals []float64, many bool, err error) {
	c := args[i].Const
	if c == nil || c.DataType().ID() == arrow.NULL || c.IsNull(0) {
		return nil, false, diag.Errorf(diag.Type, "%s takes a constant as argument %d", name, i+1)
	}
	if datatype.IsNumeric(c.DataType()) {
		v, _ := numberAt(c, 0)
		return []float64{v}, false, nil
	}
	l, ok := c.(*array.List)
	if !ok || (l.ListValues().Len() > 0 && !datatype.IsNumeric(l.ListValues().DataType())) {
		return nil, false, badArg(name, i, "a number or an array of numbers", c.DataType())
	}
	from, to := l.ValueOffsets(0)
	for j := from; j < to; j++ {
		v, ok := numberAt(l.ListValues(), int(j))
		if !ok {
			return nil, false, diag.Errorf(diag.Type, "%s takes no NULL in argument %d", name, i+1)
		}
		vals = append(vals, v)
	}
	return vals, true, nil
}

// constInt returns the constant integer argument i.
func constInt(name string, args []Arg, i int) (int64, error) {
	c := args[i].Const
	if !datatype.IsInteger(args[i].Type) {
		return 0, badArg(name, i, "an integer", args[i].Type)
	}
	if c == nil || c.IsNull(0) {
		return 0, diag.Errorf(diag.Type, "%s takes a constant as argument %d", name, i+1)
	}
	return int64At(c, 0), nil
}

// numberAt returns value i of a numeric array as a double; false if it is NULL.
func numberAt(a arrow.Array, i int) (float64, bool) {
	if a.IsNull(i) {
		return 0, false
	}
	switch a := a.(type) {
	case *array.Int8:
		return float64(a.Value(i)), true
	case *array.Int16:
		return float64(a.Value(i)), true
	case *array.Int32:
		return float64(a.Value(i)), true
	case *array.Int64:
		return float64(a.Value(i)), true
	case *array.Float32:
		return float64(a.Value(i)), true
	case *array.Float64:
		return a.Value(i), true
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return a.Value(i).ToFloat64(scale), true
	}
	return 0, false
}

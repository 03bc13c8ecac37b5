package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// This file holds what scalar kernels share: result columns under construction (fixedOut, boolOut,
// textOut), which begin NULL where an argument is NULL, and mappers that make a kernel of a function of one row.

// validity is the NULLs of a result under construction. bits nil means that no row is NULL so far.
type validity struct {
	bits []byte
	buf  *memory.Buffer
	mem  memory.Allocator
	n    int
}

// strictValidity returns the validity of n rows that are NULL where one of args is.
func strictValidity(mem memory.Allocator, n int, args ...Vec) validity {
	v := validity{mem: mem, n: n}
	for _, a := range args {
		if a.DataType().ID() == arrow.NULL || (a.Const && a.IsNull(0)) {
			v.clearAll()
			return v
		}
		if a.Const || a.NullN() == 0 {
			continue
		}
		if v.bits == nil {
			v.alloc()
			bitutil.CopyBitmap(a.NullBitmapBytes(), a.Data().Offset(), n, v.bits, 0)
			continue
		}
		bitutil.BitmapAnd(v.bits, a.NullBitmapBytes(), 0, int64(a.Data().Offset()), v.bits, 0, int64(n))
	}
	return v
}

func (v *validity) alloc() {
	v.buf = memory.NewResizableBuffer(v.mem)
	v.buf.Resize(int(bitutil.BytesForBits(int64(v.n))))
	v.bits = v.buf.Bytes()
	memory.Set(v.bits, 0)
}

func (v *validity) clearAll() {
	if v.bits == nil {
		v.alloc()
	}
	memory.Set(v.bits, 0)
}

// null reports whether row i is NULL.
func (v *validity) null(i int) bool { return v.bits != nil && v.bits[i>>3]&(1<<(i&7)) == 0 }

// setNull makes row i NULL.
func (v *validity) setNull(i int) {
	if v.bits == nil {
		v.alloc()
		bitutil.SetBitsTo(v.bits, 0, int64(v.n), true)
	}
	v.bits[i>>3] &^= 1 << (i & 7)
}

// finish returns the bitmap, nil if no row is NULL, and the number of NULLs. The caller owns the bitmap.
func (v *validity) finish() (*memory.Buffer, int) {
	if v.bits == nil {
		return nil, 0
	}
	nulls := v.n - bitutil.CountSetBits(v.bits, 0, v.n)
	if nulls == 0 {
		v.release()
		return nil, 0
	}
	buf := v.buf
	v.bits, v.buf = nil, nil
	return buf, nulls
}

func (v *validity) release() {
	if v.buf != nil {
		v.buf.Release()
		v.bits, v.buf = nil, nil
	}
}

// data builds an array of n rows from v and the other buffers, which it releases.
func (v *validity) data(t arrow.DataType, buffers ...*memory.Buffer) arrow.Array {
	mask, nulls := v.finish()
	all := append([]*memory.Buffer{mask}, buffers...)
	d := array.NewData(t, v.n, all, nil, nulls, 0)
	defer d.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(d)
}

// fixedOut is a result column whose values are stored as T.
type fixedOut[T arrow.FixedWidthType] struct {
	validity
	t    arrow.DataType
	vals []T
	data *memory.Buffer
}

// newFixed begins a column of n rows of type t that is NULL where one of args is.
func newFixed[T arrow.FixedWidthType](c *Ctx, t arrow.DataType, n int, args ...Vec) *fixedOut[T] {
	o := &fixedOut[T]{validity: strictValidity(c.Mem, n, args...), t: t, data: memory.NewResizableBuffer(c.Mem)}
	o.data.Resize(n * t.(arrow.FixedWidthDataType).Bytes())
	o.vals = arrow.GetData[T](o.data.Bytes())
	return o
}

// finish returns the column; the caller releases it.
func (o *fixedOut[T]) finish() arrow.Array { return o.validity.data(o.t, o.data) }

// discard frees a column that will not be finished.
func (o *fixedOut[T]) discard() {
	o.release()
	o.data.Release()
}

// boolOut is a boolean result column.
type boolOut struct {
	validity
	bits []byte
	data *memory.Buffer
}

// newBools begins a column of n rows, all false, that is NULL where one of args is.
func newBools(c *Ctx, n int, args ...Vec) *boolOut {
	o := &boolOut{validity: strictValidity(c.Mem, n, args...), data: memory.NewResizableBuffer(c.Mem)}
	o.data.Resize(int(bitutil.BytesForBits(int64(n))))
	o.bits = o.data.Bytes()
	memory.Set(o.bits, 0)
	return o
}

// set makes row i true.
func (o *boolOut) set(i int) { o.bits[i>>3] |= 1 << (i & 7) }

// finish returns the column; the caller releases it.
func (o *boolOut) finish() arrow.Array { return o.validity.data(datatype.Bool, o.data) }

// textOut is a result column of text or binary. Each row is ended by add or addNull.
type textOut struct {
	validity
	t       arrow.DataType
	offsets []int32
	data    []byte
	row     int
}

// newText begins a column of n rows of type t that is NULL where one of args is.
func newText(c *Ctx, t arrow.DataType, n int, args ...Vec) *textOut {
	o := &textOut{validity: strictValidity(c.Mem, n, args...), t: t}
	o.offsets = make([]int32, 1, n+1)
	return o
}

// end closes a row: its value is what was appended to data since the last one.
func (o *textOut) end() {
	o.offsets = append(o.offsets, int32(len(o.data)))
	o.row++
}

// addNull appends a NULL.
func (o *textOut) addNull() {
	o.setNull(o.row)
	o.end()
}

// finish returns the column; the caller releases it. It is an error of kind Limit if the values together
// take more than 2 GiB.
func (o *textOut) finish() (arrow.Array, error) {
	if len(o.data) > 1<<31-1 {
		o.release()
		return nil, diag.Errorf(diag.Limit, "one column of a batch would take %d bytes of text", len(o.data))
	}
	return o.validity.data(o.t, bufferOf(o.mem, arrow.GetBytes(o.offsets)), bufferOf(o.mem, o.data)), nil
}

// mapFixed makes a kernel of f, a function of one value; NULL gives NULL.
func mapFixed[A, R arrow.FixedWidthType](t arrow.DataType, f func(A) R) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n, args[0])
		in := fixedOf[A](args[0])
		for i := range o.vals {
			o.vals[i] = f(in.at(i))
		}
		return o.finish(), nil
	}
}

// tryFixed makes a kernel of f, a function of one value that may have no result, which gives NULL.
func tryFixed[A, R arrow.FixedWidthType](t arrow.DataType, f func(A) (R, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n, args[0])
		in := fixedOf[A](args[0])
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			v, ok := f(in.at(i))
			if !ok {
				o.setNull(i)
			}
			o.vals[i] = v
		}
		return o.finish(), nil
	}
}

// tryFixed2 is tryFixed for two arguments.
func tryFixed2[A, B, R arrow.FixedWidthType](t arrow.DataType, f func(A, B) (R, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n, args[0], args[1])
		a, b := fixedOf[A](args[0]), fixedOf[B](args[1])
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			v, ok := f(a.at(i), b.at(i))
			if !ok {
				o.setNull(i)
			}
			o.vals[i] = v
		}
		return o.finish(), nil
	}
}

// textToFixed makes a kernel of f, a function of one text or binary value; not ok gives NULL.
func textToFixed[R arrow.FixedWidthType](t arrow.DataType, f func([]byte) (R, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n, args[0])
		in := bytesOf(args[0])
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			v, ok := f(in.at(i))
			if !ok {
				o.setNull(i)
			}
			o.vals[i] = v
		}
		return o.finish(), nil
	}
}

// textToBool makes a kernel of f, a function of one text or binary value; not ok gives NULL.
func textToBool(f func([]byte) (v, ok bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newBools(c, n, args[0])
		in := bytesOf(args[0])
		for i := range n {
			if o.null(i) {
				continue
			}
			switch v, ok := f(in.at(i)); {
			case !ok:
				o.setNull(i)
			case v:
				o.set(i)
			}
		}
		return o.finish(), nil
	}
}

// fixedToText makes a kernel of f, which appends the text of one value.
func fixedToText[A arrow.FixedWidthType](t arrow.DataType, f func(dst []byte, v A) []byte) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newText(c, t, n, args[0])
		in := fixedOf[A](args[0])
		for i := range n {
			if !o.null(i) {
				o.data = f(o.data, in.at(i))
			}
			o.end()
		}
		return o.finish()
	}
}

// mapText makes a kernel of f, which appends its result for one text or binary value to dst.
func mapText(t arrow.DataType, f func(dst, v []byte) []byte) Kernel {
	return tryText(t, func(dst, v []byte) ([]byte, bool) { return f(dst, v), true })
}

// tryText is mapText for an f that may have no result, which gives NULL.
func tryText(t arrow.DataType, f func(dst, v []byte) ([]byte, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newText(c, t, n, args[0])
		in := bytesOf(args[0])
		for i := range n {
			if o.null(i) {
				o.end()
				continue
			}
			start := len(o.data)
			data, ok := f(o.data, in.at(i))
			if o.data = data; !ok {
				o.data = o.data[:start]
				o.addNull()
				continue
			}
			o.end()
		}
		return o.finish()
	}
}

// nullKernel gives NULL of type t.
func nullKernel(t arrow.DataType) Kernel {
	return func(c *Ctx, _ []Vec, n int) (arrow.Array, error) { return datatype.Nulls(c.Mem, t, n), nil }
}

// sameKernel gives its first argument.
func sameKernel(_ *Ctx, args []Vec, n int) (arrow.Array, error) {
	if args[0].Const && n != 1 {
		return nil, diag.Errorf(diag.Internal, "a constant stands for %d rows", n)
	}
	args[0].Retain()
	return args[0].Array, nil
}

// oneText binds a function of one text argument; numbers and other primitives are cast to string.
func oneText(name string, t arrow.DataType, k Kernel) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		if datatype.IsNested(args[0].Type) {
			return Bound{}, badArg(name, 0, "a string", args[0].Type)
		}
		return Bound{Casts: []arrow.DataType{textType(args[0].Type)}, Type: t, Kernel: k}, nil
	}
}

// textType is what an argument of type t that is used as text is cast to: itself if it is stored as text.
func textType(t arrow.DataType) arrow.DataType {
	if datatype.IsText(t) {
		return t
	}
	return datatype.String
}

// oneDouble binds a function of one number, which is cast to double.
func oneDouble(name string, t arrow.DataType, k Kernel) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		if err := doubleArg(name, args, 0); err != nil {
			return Bound{}, err
		}
		return Bound{Casts: []arrow.DataType{datatype.Double}, Type: t, Kernel: k}, nil
	}
}

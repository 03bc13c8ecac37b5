package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"

	"github.com/winnowdb/winnow/exec/datatype"
)

// logic is AND, OR, NOT and the tests for NULL and truth.
var logic = []Scalar{
	{Name: "and", Doc: "a AND b: false if one is false, else NULL if one is NULL; true and false is false", Bind: bindLogic("and")},
	{Name: "or", Doc: "a OR b: true if one is true, else NULL if one is NULL; true or NULL is true", Bind: bindLogic("or")},
	{Name: "not", Aliases: []string{"!"}, Doc: "NOT a: the opposite, NULL if a is NULL; not true is false", Bind: bindNotLogic},
	nullTest("isnull", "isnull(a): a IS NULL; isnull(1) is false", true),
	nullTest("isnotnull", "isnotnull(a): a IS NOT NULL; isnotnull(1) is true", false),
	truthTest("istrue", "istrue(a): a IS TRUE, false if a is NULL; istrue(1 = 1) is true", true, true),
	truthTest("isnottrue", "isnottrue(a): a IS NOT TRUE, true if a is NULL; isnottrue(1 = 1) is false", true, false),
	truthTest("isfalse", "isfalse(a): a IS FALSE, false if a is NULL; isfalse(1 = 1) is false", false, true),
	truthTest("isnotfalse", "isnotfalse(a): a IS NOT FALSE, true if a is NULL; isnotfalse(1 = 1) is true", false, false),
}

// boolArgs checks that all arguments are boolean or NULL, and asks for boolean.
func boolArgs(name string, args []Arg) ([]arrow.DataType, error) {
	for i, a := range args {
		if a.Type.ID() != arrow.BOOL && !isVoid(a.Type) {
			return nil, badArg(name, i, "a boolean", a.Type)
		}
	}
	return castsTo(datatype.Bool, len(args)), nil
}

// truthArgs is boolArgs for AND, OR and NOT, which as in Hive take the truth of numbers and text.
func truthArgs(name string, args []Arg) ([]arrow.DataType, error) {
	for i, a := range args {
		if a.Type.ID() != arrow.BOOL && !isVoid(a.Type) && !datatype.IsNumeric(a.Type) && !datatype.IsText(a.Type) {
			return nil, badArg(name, i, "a boolean", a.Type)
		}
	}
	return castsTo(datatype.Bool, len(args)), nil
}

func bindLogic(op string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(op, args, 1, -1); err != nil {
			return Bound{}, err
		}
		casts, err := truthArgs(op, args)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: casts, Type: datatype.Bool, Kernel: logicKernel(op == "or")}, nil
	}
}

// logicKernel computes a byte of rows at a time. yes and no hold the rows known to be true and false; the rest is NULL.
func logicKernel(or bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		size := int(bitutil.BytesForBits(int64(n)))
		yes, no := make([]byte, size), make([]byte, size)
		val, known := make([]byte, size), make([]byte, size)
		for k, a := range args {
			truth(a, val, known, n)
			for i := range yes {
				t, f := val[i]&known[i], known[i]&^val[i]
				switch {
				case k == 0:
					yes[i], no[i] = t, f
				case or:
					yes[i], no[i] = yes[i]|t, no[i]&f
				default:
					yes[i], no[i] = yes[i]&t, no[i]|f
				}
			}
		}
		o := newBools(c, n)
		copy(o.bits, yes)
		for i := range yes {
			yes[i] |= no[i]
		}
		if bitutil.CountSetBits(yes, 0, n) < n {
			o.alloc()
			copy(o.validity.bits, yes)
		}
		return o.finish(), nil
	}
}

// truth copies the values of v, boolean, to val and whether they are known, that is not NULL, to known.
func truth(v Vec, val, known []byte, n int) {
	b := v.Array.(*array.Boolean)
	if v.Const {
		ok := b.IsValid(0)
		bitutil.SetBitsTo(known, 0, int64(n), ok)
		bitutil.SetBitsTo(val, 0, int64(n), ok && b.Value(0))
		return
	}
	if n == 0 {
		return
	}
	d := b.Data()
	bitutil.CopyBitmap(d.Buffers()[1].Bytes(), d.Offset(), n, val, 0)
	if b.NullN() == 0 {
		bitutil.SetBitsTo(known, 0, int64(n), true)
		return
	}
	bitutil.CopyBitmap(b.NullBitmapBytes(), d.Offset(), n, known, 0)
}

func bindNotLogic(args []Arg) (Bound, error) {
	if err := wantArgs("not", args, 1, 1); err != nil {
		return Bound{}, err
	}
	casts, err := truthArgs("not", args)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newBools(c, n, args[0])
		known := make([]byte, len(o.bits))
		truth(args[0], o.bits, known, n)
		invert(o.bits)
		return o.finish(), nil
	}}, nil
}

// nullTest makes isnull (want true) and isnotnull.
func nullTest(name, doc string, want bool) Scalar {
	return Scalar{Name: name, Doc: doc, Bind: func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		return Bound{Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newBools(c, n)
			v := strictValidity(c.Mem, n, args[0])
			defer v.release()
			if v.bits == nil {
				bitutil.SetBitsTo(o.bits, 0, int64(n), !want)
				return o.finish(), nil
			}
			copy(o.bits, v.bits)
			if want {
				invert(o.bits)
			}
			return o.finish(), nil
		}}, nil
	}}
}

// truthTest makes the test whether a boolean is, or with is false is not, want.
func truthTest(name, doc string, want, is bool) Scalar {
	return Scalar{Name: name, Doc: doc, Bind: func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		casts, err := boolArgs(name, args)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: casts, Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newBools(c, n)
			known := make([]byte, len(o.bits))
			truth(args[0], o.bits, known, n)
			for i := range o.bits {
				v := o.bits[i]
				if !want {
					v = ^v
				}
				if v &= known[i]; !is {
					v = ^v
				}
				o.bits[i] = v
			}
			return o.finish(), nil
		}}, nil
	}}
}

package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// bitwise is the operators of the bits of integers.
var bitwise = []Scalar{
	{Name: "&", Doc: "a & b: bitwise and; 5 & 3 is 1", Bind: bindBits("&")},
	{Name: "|", Doc: "a | b: bitwise or; 1 | 4 is 5", Bind: bindBits("|")},
	{Name: "^", Doc: "a ^ b: bitwise exclusive or; 5 ^ 1 is 4", Bind: bindBits("^")},
	{Name: "~", Doc: "~a: all bits turned; ~0 is -1", Bind: bindNot},
	{Name: "shiftleft", Doc: "shiftleft(a, n): a shifted left by n bits, n modulo the width of a; shiftleft(1, 33) is 2", Bind: bindShiftBits("shiftleft")},
	{Name: "shiftright", Doc: "shiftright(a, n): a shifted right by n bits, keeping its sign; shiftright(-8, 1) is -4", Bind: bindShiftBits("shiftright")},
	{Name: "shiftrightunsigned", Doc: "shiftrightunsigned(a, n): a shifted right by n bits, filling with zeros; shiftrightunsigned(-8, 1) is 2147483644", Bind: bindShiftBits("shiftrightunsigned")},
}

// intArgs checks that all arguments are integers or NULL, and returns the widest type.
func intArgs(name string, args []Arg) (arrow.DataType, error) {
	t := datatype.Void
	for i, a := range args {
		switch {
		case isVoid(a.Type):
		case !datatype.IsInteger(a.Type):
			return nil, badArg(name, i, "an integer", a.Type)
		case isVoid(t) || intWidth(a.Type) > intWidth(t):
			t = a.Type
		}
	}
	return t, nil
}

func bindBits(op string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(op, args, 2, 2); err != nil {
			return Bound{}, err
		}
		t, err := intArgs(op, args)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: []arrow.DataType{t, t}, Type: t, Kernel: perInteger(t, bitsKernel[int8], bitsKernel[int16], bitsKernel[int32], bitsKernel[int64])(op, t)}, nil
	}
}

// perInteger picks the instance of a generic kernel maker by t.
func perInteger(t arrow.DataType, k8, k16, k32, k64 func(string, arrow.DataType) Kernel) func(string, arrow.DataType) Kernel {
	switch t.ID() {
	case arrow.INT8:
		return k8
	case arrow.INT16:
		return k16
	case arrow.INT32:
		return k32
	case arrow.INT64:
		return k64
	}
	return func(_ string, t arrow.DataType) Kernel { return nullKernel(t) }
}

func bitsKernel[T integer](op string, t arrow.DataType) Kernel {
	f := func(a, b T) (T, bool) { return a & b, true }
	switch op {
	case "|":
		f = func(a, b T) (T, bool) { return a | b, true }
	case "^":
		f = func(a, b T) (T, bool) { return a ^ b, true }
	}
	return tryFixed2(t, f)
}

func bindNot(args []Arg) (Bound, error) {
	if err := wantArgs("~", args, 1, 1); err != nil {
		return Bound{}, err
	}
	t, err := intArgs("~", args)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Type: t, Kernel: perInteger(t, notKernel[int8], notKernel[int16], notKernel[int32], notKernel[int64])("~", t)}, nil
}

func notKernel[T integer](_ string, t arrow.DataType) Kernel {
	return mapFixed(t, func(v T) T { return ^v })
}

// bindShiftBits: as in Java the result is int, or bigint for bigint.
func bindShiftBits(name string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 2, 2); err != nil {
			return Bound{}, err
		}
		if _, err := intArgs(name, args); err != nil {
			return Bound{}, err
		}
		out := Bound{Casts: []arrow.DataType{datatype.Int, datatype.Int}, Type: datatype.Int}
		if args[0].Type.ID() == arrow.INT64 {
			out.Casts[0], out.Type = datatype.BigInt, datatype.BigInt
			out.Kernel = tryFixed2(out.Type, func(v int64, n int32) (int64, bool) {
				switch k := uint(n) & 63; name {
				case "shiftleft":
					return v << k, true
				case "shiftright":
					return v >> k, true
				default:
					return int64(uint64(v) >> k), true
				}
			})
			return out, nil
		}
		out.Kernel = tryFixed2(out.Type, func(v, n int32) (int32, bool) {
			switch k := uint(n) & 31; name {
			case "shiftleft":
				return v << k, true
			case "shiftright":
				return v >> k, true
			default:
				return int32(uint32(v) >> k), true
			}
		})
		return out, nil
	}
}

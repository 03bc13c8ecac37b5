package funcs

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// arithmetic is the operators of numbers; + and - also take dates, timestamps and intervals.
var arithmetic = []Scalar{
	{Name: "+", Doc: "a + b: the sum, integers wrap; also date + days and date or timestamp + interval; 2 + 3 is 5",
		Bind: bindArith("+")},
	{Name: "-", Doc: "a - b: the difference, integers wrap; date - date is an interval; 2 - 3 is -1",
		Bind: bindArith("-")},
	{Name: "*", Doc: "a * b: the product, integers wrap; 2 * 3 is 6", Bind: bindArith("*")},
	{Name: "/", Doc: "a / b: the quotient as double, or decimal if an operand is and none is floating; NULL if b is 0; 1 / 2 is 0.5",
		Bind: bindArith("/")},
	{Name: "%", Aliases: []string{"mod"}, Doc: "a % b: the rest of the division, with the sign of a; NULL if b is 0; -7 % 3 is -1",
		Bind: bindArith("%")},
	{Name: "pmod", Doc: "pmod(a, b): ((a % b) + b) % b; pmod(-7, 3) is 2", Bind: bindArith("pmod")},
	{Name: "div", Doc: "a div b: the quotient cut toward zero, bigint; NULL if b is 0; -7 div 2 is -3", Bind: bindDiv},
	{Name: "negative", Doc: "negative(a): -a; negative(1) is -1", Bind: bindSign("negative")},
	{Name: "positive", Doc: "positive(a): a, a number or text; positive(-1) is -1", Bind: bindSign("positive")},
}

// number is a type that + - and * work on.
type realNumber interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

// bindArith binds a binary operator of numbers.
func bindArith(op string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if (op == "+" || op == "-") && len(args) == 1 {
			return bindSign(map[string]string{"+": "positive", "-": "negative"}[op])(args)
		}
		if err := wantArgs(op, args, 2, 2); err != nil {
			return Bound{}, err
		}
		a, b := args[0].Type, args[1].Type
		if bound, ok := bindTimeArith(op, a, b); ok {
			return bound, nil
		}
		t, err := CommonArith(a, b)
		if err != nil {
			return Bound{}, diag.Errorf(diag.Type, "%s takes numbers, not %s and %s", op, datatype.Name(a), datatype.Name(b))
		}
		switch {
		case isVoid(t):
			return Bound{Type: t, Kernel: nullKernel(t)}, nil
		case datatype.IsDecimal(t):
			return bindDecimal(op, args), nil
		case op == "/":
			t = datatype.Double
		}
		return Bound{Casts: []arrow.DataType{t, t}, Type: t, Kernel: arithKernel(op, t)}, nil
	}
}

func bindDecimal(op string, args []Arg) Bound {
	a, b := asDecimal(args[0]), asDecimal(args[1])
	var t arrow.DataType
	if op == "pmod" { // as Hive, not the narrower type of %: the sum before the second % may have as many digits
		t = commonDecimal(a, b)
	} else {
		t = DecimalResult(op, a, b)
	}
	return Bound{Casts: []arrow.DataType{a, b}, Type: t, Kernel: decimalArith(op, a, b, t)}
}

func arithKernel(op string, t arrow.DataType) Kernel {
	switch t.ID() {
	case arrow.INT8:
		return integerArith[int8](op, t)
	case arrow.INT16:
		return integerArith[int16](op, t)
	case arrow.INT32:
		return integerArith[int32](op, t)
	case arrow.INT64:
		return integerArith[int64](op, t)
	case arrow.FLOAT32:
		return floatArith[float32](op, t)
	}
	return floatArith[float64](op, t)
}

func integerArith[T integer](op string, t arrow.DataType) Kernel {
	switch op {
	case "%":
		return tryFixed2(t, func(a, b T) (T, bool) {
			if b == 0 {
				return 0, false
			}
			return a % b, true
		})
	case "pmod":
		return tryFixed2(t, func(a, b T) (T, bool) {
			if b == 0 {
				return 0, false
			}
			return (a%b + b) % b, true
		})
	}
	return loopKernel[T](op, t)
}

func floatArith[T floating](op string, t arrow.DataType) Kernel {
	mod := func(a, b T) T { return T(math.Mod(float64(a), float64(b))) }
	switch op {
	case "/":
		return tryFixed2(t, func(a, b T) (T, bool) { return a / nonZero(b), b != 0 })
	case "%":
		return tryFixed2(t, func(a, b T) (T, bool) { return mod(a, b), b != 0 })
	case "pmod":
		return tryFixed2(t, func(a, b T) (T, bool) { return mod(mod(a, b)+b, b), b != 0 })
	}
	return loopKernel[T](op, t)
}

// nonZero avoids an infinite intermediate where the result will be NULL.
func nonZero[T floating](b T) T {
	if b == 0 {
		return 1
	}
	return b
}

// operand returns the stored values of v: as many as rows, or one if v is constant.
func operand[T arrow.FixedWidthType](v Vec) []T {
	if v.Len() == 0 {
		return nil
	}
	return arrow.GetValues[T](v.Data(), 1)
}

// loopKernel is + - or * as one loop over the stored values; rows that are NULL are computed too.
func loopKernel[T realNumber](op string, t arrow.DataType) Kernel {
	loop := mulLoop[T]
	switch op {
	case "+":
		loop = addLoop[T]
	case "-":
		loop = subLoop[T]
	}
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[T](c, t, n, args[0], args[1])
		loop(o.vals, operand[T](args[0]), operand[T](args[1]))
		return o.finish(), nil
	}
}

func addLoop[T realNumber](out, a, b []T) {
	switch {
	case len(b) == len(out) && len(a) == len(out):
		for i := range out {
			out[i] = a[i] + b[i]
		}
	case len(b) == 1:
		c, a := b[0], a[:len(out)]
		for i := range out {
			out[i] = a[i] + c
		}
	default:
		addLoop(out, b, a)
	}
}

func subLoop[T realNumber](out, a, b []T) {
	switch {
	case len(b) == len(out) && len(a) == len(out):
		for i := range out {
			out[i] = a[i] - b[i]
		}
	case len(b) == 1:
		c, a := b[0], a[:len(out)]
		for i := range out {
			out[i] = a[i] - c
		}
	default:
		c, b := a[0], b[:len(out)]
		for i := range out {
			out[i] = c - b[i]
		}
	}
}

func mulLoop[T realNumber](out, a, b []T) {
	switch {
	case len(b) == len(out) && len(a) == len(out):
		for i := range out {
			out[i] = a[i] * b[i]
		}
	case len(b) == 1:
		c, a := b[0], a[:len(out)]
		for i := range out {
			out[i] = a[i] * c
		}
	default:
		mulLoop(out, b, a)
	}
}

// bindDiv binds div, which takes no text.
func bindDiv(args []Arg) (Bound, error) {
	if err := wantArgs("div", args, 2, 2); err != nil {
		return Bound{}, err
	}
	for i, a := range args {
		if !datatype.IsNumeric(a.Type) && !isVoid(a.Type) {
			return Bound{}, badArg("div", i, "a number", a.Type)
		}
	}
	t, err := CommonArith(args[0].Type, args[1].Type)
	if err != nil {
		return Bound{}, err
	}
	out := Bound{Type: datatype.BigInt}
	switch {
	case datatype.IsDecimal(t):
		a, b := asDecimal(args[0]), asDecimal(args[1])
		_, s1 := precision(a)
		_, s2 := precision(b)
		out.Casts = []arrow.DataType{a, b}
		out.Kernel = tryFixed2(out.Type, func(a, b decimal128.Num) (int64, bool) { return divDecimal(a, s1, b, s2) })
	case datatype.IsFloating(t):
		out.Casts = []arrow.DataType{datatype.Double, datatype.Double}
		out.Kernel = tryFixed2(out.Type, func(a, b float64) (int64, bool) { return saturate(a/nonZero(b), 64), b != 0 })
	default:
		out.Casts = []arrow.DataType{datatype.BigInt, datatype.BigInt}
		out.Kernel = tryFixed2(out.Type, func(a, b int64) (int64, bool) {
			if b == 0 {
				return 0, false
			}
			return a / b, true
		})
	}
	return out, nil
}

// bindSign binds negative and positive.
func bindSign(name string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		t := args[0].Type
		text := datatype.IsText(t)
		if text && name == "negative" {
			t, text = datatype.Double, false
		}
		if !text && !datatype.IsNumeric(t) && !isInterval(t) && !isVoid(t) {
			return Bound{}, badArg(name, 0, "a number", t)
		}
		k := Kernel(sameKernel)
		if name == "negative" {
			k = negateKernel(t)
		}
		return Bound{Casts: []arrow.DataType{t}, Type: t, Kernel: k}, nil
	}
}

func negateKernel(t arrow.DataType) Kernel {
	switch t.ID() {
	case arrow.INT8:
		return mapFixed(t, func(v int8) int8 { return -v })
	case arrow.INT16:
		return mapFixed(t, func(v int16) int16 { return -v })
	case arrow.INT32:
		return mapFixed(t, func(v int32) int32 { return -v })
	case arrow.INTERVAL_MONTHS:
		return mapFixed(t, func(v int32) int32 { return -v })
	case arrow.INT64:
		return mapFixed(t, func(v int64) int64 { return -v })
	case arrow.FLOAT32:
		return mapFixed(t, func(v float32) float32 { return -v })
	case arrow.FLOAT64:
		return mapFixed(t, func(v float64) float64 { return -v })
	case arrow.DECIMAL128:
		return mapFixed(t, decimal128.Num.Negate)
	}
	return nullKernel(t)
}

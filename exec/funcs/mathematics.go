package funcs

import (
	"math"
	"math/rand/v2"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// mathematics is the functions of doubles, and abs, sign and random numbers.
var mathematics = []Scalar{
	inDomain("sqrt", "sqrt(x): the square root, NULL below 0; sqrt(4) is 2.0", math.Sqrt),
	inDomain("cbrt", "cbrt(x): the cube root; cbrt(27) is 3.0", math.Cbrt),
	inDomain("exp", "exp(x): e to the power x; exp(0) is 1.0", math.Exp),
	positiveOnly("ln", "ln(x): the natural logarithm, NULL unless x > 0; ln(1) is 0.0", math.Log),
	positiveOnly("log10", "log10(x): the logarithm to base 10, NULL unless x > 0; log10(100) is 2.0", log10),
	positiveOnly("log2", "log2(x): the logarithm to base 2, NULL unless x > 0; log2(8) is 3.0", math.Log2),
	{Name: "log", Doc: "log(b, x): the logarithm of x to base b, NULL unless b > 1 and x > 0; log(2, 8) is 3.0", Bind: bindLog},
	{Name: "power", Aliases: []string{"pow"}, Doc: "power(a, b): a to the power b; power(2, 3) is 8.0",
		Bind: doubles("power", 2, datatype.Double, tryFixed2(datatype.Double, func(a, b float64) (float64, bool) { return math.Pow(a, b), true }))},
	inDomain("sin", "sin(x): the sine of x radians; sin(0) is 0.0", math.Sin),
	inDomain("cos", "cos(x): the cosine of x radians; cos(0) is 1.0", math.Cos),
	inDomain("tan", "tan(x): the tangent of x radians; tan(0) is 0.0", math.Tan),
	inDomain("asin", "asin(x): the arc sine in radians, NULL outside -1 to 1; asin(0) is 0.0", math.Asin),
	inDomain("acos", "acos(x): the arc cosine in radians, NULL outside -1 to 1; acos(1) is 0.0", math.Acos),
	inDomain("atan", "atan(x): the arc tangent in radians; atan(0) is 0.0", math.Atan),
	inDomain("sinh", "sinh(x): the hyperbolic sine; sinh(0) is 0.0", math.Sinh),
	inDomain("cosh", "cosh(x): the hyperbolic cosine; cosh(0) is 1.0", math.Cosh),
	inDomain("tanh", "tanh(x): the hyperbolic tangent; tanh(0) is 0.0", math.Tanh),
	inDomain("degrees", "degrees(x): x radians in degrees; degrees(pi()) is 180.0", func(x float64) float64 { return x * 180 / math.Pi }),
	inDomain("radians", "radians(x): x degrees in radians; radians(180) is 3.141592653589793", func(x float64) float64 { return x / 180 * math.Pi }),
	constantDouble("e", "e(): the base of natural logarithms; e() is 2.718281828459045", math.E),
	constantDouble("pi", "pi(): the ratio of a circle's circumference to its diameter; pi() is 3.141592653589793", math.Pi),
	{Name: "abs", Doc: "abs(x): x without its sign; abs(-2) is 2", Bind: bindAbs},
	{Name: "sign", Doc: "sign(x): -1, 0 or 1 as x is negative, zero or positive; sign(-2.5) is -1", Bind: bindSignum},
	{Name: "factorial", Doc: "factorial(n): 1·2·…·n for n of 0 to 20, else NULL; factorial(5) is 120", Bind: bindFactorial},
	{Name: "width_bucket", Doc: "width_bucket(x, lo, hi, n): which of n equal parts of lo…hi holds x, from 1; 0 below, n+1 above; width_bucket(5, 0, 10, 5) is 3", Bind: bindWidthBucket},
	{Name: "rand", Aliases: []string{"random"}, Doc: "rand([seed]): a random number of 0 to below 1; each task repeats a seed's numbers", Volatile: true, Bind: bindRand},
}

// doubles binds a function of n numbers, which are cast to double.
func doubles(name string, n int, t arrow.DataType, k Kernel) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, n, n); err != nil {
			return Bound{}, err
		}
		for i := range args {
			if err := doubleArg(name, args, i); err != nil {
				return Bound{}, err
			}
		}
		return Bound{Casts: castsTo(datatype.Double, n), Type: t, Kernel: k}, nil
	}
}

// inDomain makes a function of one double whose result NaN, for an argument that is not, means NULL.
func inDomain(name, doc string, f func(float64) float64) Scalar {
	k := tryFixed(datatype.Double, func(x float64) (float64, bool) {
		v := f(x)
		return v, v == v || x != x
	})
	return Scalar{Name: name, Doc: doc, Bind: oneDouble(name, datatype.Double, k)}
}

// positiveOnly is inDomain for a function that is NULL at 0 too.
func positiveOnly(name, doc string, f func(float64) float64) Scalar {
	k := tryFixed(datatype.Double, func(x float64) (float64, bool) { return f(x), x > 0 || x != x })
	return Scalar{Name: name, Doc: doc, Bind: oneDouble(name, datatype.Double, k)}
}

func constantDouble(name, doc string, v float64) Scalar {
	return Scalar{Name: name, Doc: doc, Bind: func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 0, 0); err != nil {
			return Bound{}, err
		}
		return Bound{Type: datatype.Double, Kernel: func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
			o := newFixed[float64](c, datatype.Double, n)
			for i := range o.vals {
				o.vals[i] = v
			}
			return o.finish(), nil
		}}, nil
	}}
}

func bindLog(args []Arg) (Bound, error) {
	if len(args) == 1 {
		k := tryFixed(datatype.Double, func(x float64) (float64, bool) { return math.Log(x), x > 0 })
		return oneDouble("log", datatype.Double, k)(args)
	}
	return doubles("log", 2, datatype.Double, tryFixed2(datatype.Double, func(b, x float64) (float64, bool) {
		switch b {
		case 2:
			return math.Log2(x), x > 0
		case 10:
			return math.Log10(x), x > 0
		}
		return math.Log(x) / math.Log(b), b > 1 && x > 0
	}))(args)
}

// numberType is the type in which a function of one number works: its own, double for text.
func numberType(name string, args []Arg) (arrow.DataType, error) {
	if err := doubleArg(name, args, 0); err != nil {
		return nil, err
	}
	if datatype.IsText(args[0].Type) {
		return datatype.Double, nil
	}
	return args[0].Type, nil
}

// log10 is math.Log10, and whole for powers of ten: log10(0.1) is -1.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); math.Pow10(int(n)) == x {
		return n
	}
	return y
}

func bindAbs(args []Arg) (Bound, error) {
	if err := wantArgs("abs", args, 1, 1); err != nil {
		return Bound{}, err
	}
	t, err := numberType("abs", args)
	if err != nil {
		return Bound{}, err
	}
	switch t.ID() { // the types that Hive's abs has
	case arrow.INT8, arrow.INT16:
		t = datatype.Int
	case arrow.FLOAT32:
		t = datatype.Double
	}
	return Bound{Casts: []arrow.DataType{t}, Type: t, Kernel: absKernel(t)}, nil
}

func absKernel(t arrow.DataType) Kernel {
	switch t.ID() {
	case arrow.INT32:
		return mapFixed(t, absInt[int32])
	case arrow.INT64:
		return mapFixed(t, absInt[int64])
	case arrow.FLOAT64:
		return mapFixed(t, math.Abs)
	case arrow.DECIMAL128:
		return mapFixed(t, decimal128.Num.Abs)
	}
	return nullKernel(t)
}

func absInt[T integer](v T) T {
	if v < 0 {
		return -v
	}
	return v
}

func bindSignum(args []Arg) (Bound, error) {
	if err := wantArgs("sign", args, 1, 1); err != nil {
		return Bound{}, err
	}
	if datatype.IsDecimal(args[0].Type) {
		return Bound{Type: datatype.Int, Kernel: mapFixed(datatype.Int, func(v decimal128.Num) int32 {
			if v == (decimal128.Num{}) {
				return 0
			}
			return int32(v.Sign())
		})}, nil
	}
	return oneDouble("sign", datatype.Double, mapFixed(datatype.Double, func(v float64) float64 {
		switch {
		case v > 0:
			return 1
		case v < 0:
			return -1
		}
		return v
	}))(args)
}

func bindFactorial(args []Arg) (Bound, error) {
	if err := wantArgs("factorial", args, 1, 1); err != nil {
		return Bound{}, err
	}
	if _, err := intArgs("factorial", args); err != nil {
		return Bound{}, err
	}
	return Bound{Casts: castsTo(datatype.BigInt, 1), Type: datatype.BigInt, Kernel: tryFixed(datatype.BigInt, func(n int64) (int64, bool) {
		if n < 0 || n > 20 {
			return 0, false
		}
		f := int64(1)
		for k := int64(2); k <= n; k++ {
			f *= k
		}
		return f, true
	})}, nil
}

// bindWidthBucket: with lo above hi the buckets count down from lo.
func bindWidthBucket(args []Arg) (Bound, error) {
	if err := wantArgs("width_bucket", args, 4, 4); err != nil {
		return Bound{}, err
	}
	for i := range 3 {
		if err := doubleArg("width_bucket", args, i); err != nil {
			return Bound{}, err
		}
	}
	if !datatype.IsInteger(args[3].Type) && !isVoid(args[3].Type) {
		return Bound{}, badArg("width_bucket", 3, "an integer", args[3].Type)
	}
	casts := []arrow.DataType{datatype.Double, datatype.Double, datatype.Double, datatype.Int}
	return Bound{Casts: casts, Type: datatype.Int, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[int32](c, datatype.Int, n, args...)
		x, lo, hi, parts := fixedOf[float64](args[0]), fixedOf[float64](args[1]), fixedOf[float64](args[2]), fixedOf[int32](args[3])
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			if parts.at(i) < 1 || lo.at(i) == hi.at(i) {
				o.discard()
				return nil, diag.Errorf(diag.BadValue, "width_bucket takes two bounds that differ and at least one bucket")
			}
			o.vals[i] = widthBucket(x.at(i), lo.at(i), hi.at(i), parts.at(i))
		}
		return o.finish(), nil
	}}, nil
}

func widthBucket(x, lo, hi float64, n int32) int32 {
	if lo > hi {
		x, lo, hi = -x, -lo, -hi
	}
	switch {
	case x < lo:
		return 0
	case x >= hi || x != x:
		return n + 1
	}
	return min(n, int32((x-lo)/(hi-lo)*float64(n))+1)
}

func bindRand(args []Arg) (Bound, error) {
	if err := wantArgs("rand", args, 0, 1); err != nil {
		return Bound{}, err
	}
	if len(args) == 0 {
		return Bound{Type: datatype.Double, Kernel: func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
			o := newFixed[float64](c, datatype.Double, n)
			for i := range o.vals {
				o.vals[i] = rand.Float64()
			}
			return o.finish(), nil
		}}, nil
	}
	if _, err := intArgs("rand", args); err != nil {
		return Bound{}, err
	}
	s := &seeded{}
	return Bound{Casts: castsTo(datatype.BigInt, 1), Type: datatype.Double, Kernel: s.kernel}, nil
}

// seeded goes on with the numbers of java.util.Random from batch to batch.
type seeded struct {
	mu  sync.Mutex
	gen *javaRandom
}

func (s *seeded) kernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := newFixed[float64](c, datatype.Double, n)
	if n > 0 && s.gen == nil {
		var seed int64 // a NULL counts as 0, as in Hive
		if !args[0].Null(0) {
			seed = fixedOf[int64](args[0]).at(0)
		}
		gen := newJavaRandom(seed)
		s.gen = &gen
	}
	for i := range o.vals {
		o.vals[i] = s.gen.nextDouble()
	}
	return o.finish(), nil
}

package funcs

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// comparisons is the operators that compare two values, and BETWEEN.
var comparisons = []Scalar{
	{Name: "=", Aliases: []string{"=="}, Doc: "a = b: whether they are equal, NULL if one is NULL; NaN equals NaN; '10.0' = 10 is true", Bind: bindCompare("=")},
	{Name: "<>", Aliases: []string{"!="}, Doc: "a <> b: whether they differ, NULL if one is NULL; 1 <> 2 is true", Bind: bindCompare("<>")},
	{Name: "<", Doc: "a < b: whether a is less; text is ordered by its bytes, NaN is largest; '10' < '9' is true", Bind: bindCompare("<")},
	{Name: "<=", Doc: "a <= b: whether a is less or equal; 2 <= 2 is true", Bind: bindCompare("<=")},
	{Name: ">", Doc: "a > b: whether a is greater; 2 > 1 is true", Bind: bindCompare(">")},
	{Name: ">=", Doc: "a >= b: whether a is greater or equal; 2 >= 3 is false", Bind: bindCompare(">=")},
	{Name: "<=>", Aliases: []string{"is_not_distinct_from"}, Doc: "a <=> b: whether they are equal, with NULL equal to NULL; NULL <=> NULL is true", Bind: bindNullSafe},
}

func bindCompare(op string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(op, args, 2, 2); err != nil {
			return Bound{}, err
		}
		if k := exactText(op, args[0].Type, args[1].Type); k != nil {
			return Bound{Type: datatype.Bool, Kernel: k}, nil
		}
		t, err := compareType(op, args[0].Type, args[1].Type)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: castsTo(t, 2), Type: datatype.Bool, Kernel: compareKernel(op, t)}, nil
	}
}

// castsTo asks for n arguments of type t. Text of any kind is compared as it is.
func castsTo(t arrow.DataType, n int) []arrow.DataType {
	casts := make([]arrow.DataType, n)
	for i := range casts {
		casts[i] = t
	}
	return casts
}

// compareType is CommonCompare for an operator: what has no order is refused.
func compareType(op string, a, b arrow.DataType) (arrow.DataType, error) {
	t, err := CommonCompare(a, b)
	if err != nil {
		return nil, err
	}
	equality := op == "=" || op == "<>" || op == "<=>" || op == "in"
	if datatype.IsNested(t) && (!equality || datatype.HasUnion(t)) {
		return nil, diag.Errorf(diag.Type, "%s does not compare values of type %s", op, datatype.Name(t))
	}
	return t, nil
}

// compareKernel compares two arguments of type t, which may be constant.
func compareKernel(op string, t arrow.DataType) Kernel {
	if isVoid(t) {
		return nullKernel(datatype.Bool)
	}
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newBools(c, n, args[0], args[1])
		a, b := args[0], args[1]
		switch op {
		case "=":
			equalBits(o.bits, a, b, n)
		case "<>":
			equalBits(o.bits, a, b, n)
			invert(o.bits)
		case "<":
			lessBits(o.bits, a, b, n)
		case ">":
			lessBits(o.bits, b, a, n)
		case "<=":
			lessBits(o.bits, b, a, n)
			invert(o.bits)
		case ">=":
			lessBits(o.bits, a, b, n)
			invert(o.bits)
		}
		return o.finish(), nil
	}
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func bit(v bool) byte {
	var b byte
	if v {
		b = 1
	}
	return b
}

// equalBits sets the bits of dst, all 0 before, of the rows where a and b, of one type, are equal. Rows
// that are NULL in one get any bit.
func equalBits(dst []byte, a, b Vec, n int) {
	switch t := a.DataType(); t.ID() {
	case arrow.INT8:
		equalLoop(dst, operand[int8](a), operand[int8](b), n)
	case arrow.INT16:
		equalLoop(dst, operand[int16](a), operand[int16](b), n)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		equalLoop(dst, operand[int32](a), operand[int32](b), n)
	case arrow.INT64:
		equalLoop(dst, operand[int64](a), operand[int64](b), n)
	case arrow.FLOAT32:
		equalLoop(dst, floatKeys(operand[float32](a)), floatKeys(operand[float32](b)), n)
	case arrow.FLOAT64:
		equalLoop(dst, floatKeys(operand[float64](a)), floatKeys(operand[float64](b)), n)
	case arrow.DECIMAL128:
		equalLoop(dst, operand[decimal128.Num](a), operand[decimal128.Num](b), n)
	case arrow.STRING, arrow.BINARY:
		x, y := bytesOf(a), bytesOf(b)
		for i := range n {
			dst[i>>3] |= bit(bytes.Equal(x.at(i), y.at(i))) << (i & 7)
		}
	default:
		for i := range n {
			dst[i>>3] |= bit(vec.Equal(a.Array, a.At(i), b.Array, b.At(i))) << (i & 7)
		}
	}
}

// lessBits is equalBits for a < b.
func lessBits(dst []byte, a, b Vec, n int) {
	switch t := a.DataType(); t.ID() {
	case arrow.INT8:
		lessLoop(dst, operand[int8](a), operand[int8](b), n)
	case arrow.INT16:
		lessLoop(dst, operand[int16](a), operand[int16](b), n)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		lessLoop(dst, operand[int32](a), operand[int32](b), n)
	case arrow.INT64:
		lessLoop(dst, operand[int64](a), operand[int64](b), n)
	case arrow.FLOAT32:
		lessLoop(dst, floatKeys(operand[float32](a)), floatKeys(operand[float32](b)), n)
	case arrow.FLOAT64:
		lessLoop(dst, floatKeys(operand[float64](a)), floatKeys(operand[float64](b)), n)
	case arrow.DECIMAL128:
		x, y := fixedOf[decimal128.Num](a), fixedOf[decimal128.Num](b)
		for i := range n {
			dst[i>>3] |= bit(x.at(i).Less(y.at(i))) << (i & 7)
		}
	case arrow.STRING, arrow.BINARY:
		x, y := bytesOf(a), bytesOf(b)
		for i := range n {
			dst[i>>3] |= bit(bytes.Compare(x.at(i), y.at(i)) < 0) << (i & 7)
		}
	default:
		for i := range n {
			dst[i>>3] |= bit(vec.Compare(a.Array, a.At(i), b.Array, b.At(i)) < 0) << (i & 7)
		}
	}
}

// equalLoop compares stored values; a side of one value is constant.
func equalLoop[T comparable](dst []byte, a, b []T, n int) {
	switch {
	case n == 0:
	case len(a) == n && len(b) == n:
		for i, v := range a {
			dst[i>>3] |= bit(v == b[i]) << (i & 7)
		}
	case len(b) == 1:
		c := b[0]
		for i, v := range a {
			dst[i>>3] |= bit(v == c) << (i & 7)
		}
	default:
		equalLoop(dst, b, a, n)
	}
}

func lessLoop[T integer](dst []byte, a, b []T, n int) {
	switch {
	case n == 0:
	case len(a) == n && len(b) == n:
		for i, v := range a {
			dst[i>>3] |= bit(v < b[i]) << (i & 7)
		}
	case len(b) == 1:
		c := b[0]
		for i, v := range a {
			dst[i>>3] |= bit(v < c) << (i & 7)
		}
	default:
		c := a[0]
		for i, v := range b {
			dst[i>>3] |= bit(c < v) << (i & 7)
		}
	}
}

// floatKeys returns integers that compare as Hive compares the values: NaN is largest and equal to itself,
// -0 is 0.
func floatKeys[T floating](vals []T) []int64 {
	keys := make([]int64, len(vals))
	for i, v := range vals {
		keys[i] = datatype.FloatKey(float64(v))
	}
	return keys
}

// exactText compares bigint with text, nil for other types: as whole numbers where the text is one, so that no digit is lost, else
// as doubles. Hive compares doubles, or refuses.
func exactText(op string, a, b arrow.DataType) Kernel {
	switch {
	case a.ID() == arrow.INT64 && datatype.IsText(b):
		return func(c *Ctx, args []Vec, n int) (arrow.Array, error) { return compareExact(c, op, args[0], args[1], n) }
	case b.ID() == arrow.INT64 && datatype.IsText(a):
		back := map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}
		if r, ok := back[op]; ok {
			op = r
		}
		return func(c *Ctx, args []Vec, n int) (arrow.Array, error) { return compareExact(c, op, args[1], args[0], n) }
	}
	return nil
}

// compareExact computes number op text. Text that is no number gives NULL.
func compareExact(c *Ctx, op string, number, text Vec, n int) (arrow.Array, error) {
	c.Warn("bigint is compared with string as numbers; CAST one of them to say which is meant")
	o := newBools(c, n, number, text)
	x, y := fixedOf[int64](number), bytesOf(text)
	for i := range n {
		if o.null(i) {
			continue
		}
		order, ok := orderExact(x.at(i), y.at(i))
		if !ok {
			o.setNull(i)
			continue
		}
		if holds(op, order) {
			o.set(i)
		}
	}
	return o.finish(), nil
}

// orderExact returns -1, 0 or 1 as v is less than, equal to or greater than the number that text writes.
func orderExact(v int64, text []byte) (int, bool) {
	if !bytes.ContainsAny(text, ".eE") {
		if w, ok := datatype.ParseInt(text, false); ok {
			return order(v, w), true
		}
	}
	d, ok := datatype.ParseDouble(text)
	return order(datatype.FloatKey(float64(v)), datatype.FloatKey(d)), ok
}

func order(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// holds reports whether a op b is true, given their order.
func holds(op string, order int) bool {
	switch op {
	case "=", "<=>":
		return order == 0
	case "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func bindNullSafe(args []Arg) (Bound, error) {
	bound, err := bindCompare("=")(args)
	if err != nil {
		return Bound{}, err
	}
	equal := bound.Kernel
	bound.Kernel = func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		a, err := equal(c, args, n)
		if err != nil {
			return nil, err
		}
		defer a.Release()
		eq := a.(*array.Boolean)
		x, y := nullsOf(args[0]), nullsOf(args[1])
		o := newBools(c, n)
		for i := range n {
			xn, yn := x.at(i), y.at(i)
			if (xn && yn) || (!xn && !yn && !eq.IsNull(i) && eq.Value(i)) {
				o.set(i)
			}
		}
		return o.finish(), nil
	}
	return bound, nil
}

package funcs

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// CastKernel returns the kernel of CAST, which the user's CAST and implicit conversions share: a value
// that cannot be converted gives NULL, never an error. Its own error, of kind Type, is that Hive has no such cast.
func CastKernel(from, to arrow.DataType) (Kernel, error) {
	k := castKernel(from, to)
	if k != nil {
		return k, nil
	}
	err := diag.Errorf(diag.Type, "%s cannot be cast to %s", datatype.Name(from), datatype.Name(to))
	switch {
	case (isTimestamp(from) || isDate(from)) && datatype.IsNumeric(to):
		err.Hint = "unix_timestamp(x) gives the seconds since 1970"
	case datatype.IsNested(from) && datatype.IsText(to):
		err.Hint = "json_format(x) gives its JSON text"
	case datatype.IsNested(from):
		err.Hint = "cast what is in it: an element x[0], a value x['key'], a field x.name"
	}
	return nil, err
}

// castKernel is CastKernel with nil for a cast that does not exist.
func castKernel(from, to arrow.DataType) Kernel {
	switch {
	case datatype.Equal(from, to):
		return sameKernel
	case isVoid(from):
		return nullKernel(to)
	case datatype.IsNested(from) || datatype.IsNested(to):
		return castNested(from, to)
	case datatype.IsText(to):
		return castToText(from, to)
	case datatype.IsDecimal(to):
		return castToDecimal(from, to)
	case datatype.IsInteger(to), datatype.IsFloating(to):
		return castToNumber(from, to)
	case to.ID() == arrow.BOOL:
		return castToBool(from)
	case to.ID() == arrow.BINARY && datatype.IsText(from):
		return relabelKernel(to)
	}
	return castToTime(from, to)
}

// relabelKernel gives the bytes of a text or binary argument as type t.
func relabelKernel(t arrow.DataType) Kernel {
	return func(_ *Ctx, args []Vec, _ int) (arrow.Array, error) { return datatype.Relabel(args[0].Array, t), nil }
}

// castToNumber casts to an integer or floating type.
func castToNumber(from, to arrow.DataType) Kernel {
	switch to.ID() {
	case arrow.INT8:
		return castToInt[int8](from, to, 8)
	case arrow.INT16:
		return castToInt[int16](from, to, 16)
	case arrow.INT32:
		return castToInt[int32](from, to, 32)
	case arrow.INT64:
		return castToInt[int64](from, to, 64)
	case arrow.FLOAT32:
		return castToFloat[float32](from, to)
	}
	return castToFloat[float64](from, to)
}

type integer interface{ int8 | int16 | int32 | int64 }

type floating interface{ float32 | float64 }

// castToInt: integers wrap, floating values saturate as in Java, decimals and text out of range give NULL.
func castToInt[R integer](from, to arrow.DataType, bits int) Kernel {
	switch from.ID() {
	case arrow.INT8:
		return mapFixed(to, func(v int8) R { return R(v) })
	case arrow.INT16:
		return mapFixed(to, func(v int16) R { return R(v) })
	case arrow.INT32:
		return mapFixed(to, func(v int32) R { return R(v) })
	case arrow.INT64:
		return mapFixed(to, func(v int64) R { return R(v) })
	case arrow.FLOAT32:
		return mapFixed(to, func(v float32) R { return R(saturate(float64(v), bits)) })
	case arrow.FLOAT64:
		return mapFixed(to, func(v float64) R { return R(saturate(v, bits)) })
	case arrow.BOOL:
		return boolToFixed(to, R(1))
	case arrow.STRING:
		return textToFixed(to, func(b []byte) (R, bool) {
			v, ok := datatype.ParseInt(b, false)
			return R(v), ok && datatype.FitsInt(v, bits)
		})
	}
	switch t := from.(type) {
	case *arrow.Decimal128Type:
		scale := int(t.Scale)
		return tryFixed(to, func(v decimal128.Num) (R, bool) {
			n, ok := wholeOf(v, scale)
			return R(n), ok && datatype.FitsInt(n, bits)
		})
	case *datatype.TimestampType:
		return unlessStrict(from, to, timestampToInt[R](to))
	}
	return nil
}

// saturate converts as Java does: to int or bigint at the nearest end of the range, NaN as 0; to
// smaller types by way of int.
func saturate(v float64, bits int) int64 {
	if bits < 64 {
		switch {
		case v >= math.MaxInt32:
			return math.MaxInt32
		case v <= math.MinInt32:
			return math.MinInt32
		}
	}
	switch {
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	case v != v:
		return 0
	}
	return int64(v)
}

// wholeOf returns v×10^-scale cut toward zero; false if it does not fit.
func wholeOf(v decimal128.Num, scale int) (int64, bool) {
	if scale > 0 {
		v, _ = datatype.QuoRem(v, datatype.Pow10(scale))
	}
	n := int64(v.LowBits())
	return n, decimal128.FromI64(n) == v
}

func castToFloat[R floating](from, to arrow.DataType) Kernel {
	switch from.ID() {
	case arrow.INT8:
		return mapFixed(to, func(v int8) R { return R(v) })
	case arrow.INT16:
		return mapFixed(to, func(v int16) R { return R(v) })
	case arrow.INT32:
		return mapFixed(to, func(v int32) R { return R(v) })
	case arrow.INT64:
		return mapFixed(to, func(v int64) R { return R(v) })
	case arrow.FLOAT32:
		return mapFixed(to, func(v float32) R { return R(v) })
	case arrow.FLOAT64:
		return mapFixed(to, func(v float64) R { return R(v) })
	case arrow.BOOL:
		return boolToFixed(to, R(1))
	case arrow.STRING:
		if to.ID() == arrow.FLOAT32 {
			return textToFixed(to, datatype.ParseFloat)
		}
		return textToFixed(to, datatype.ParseDouble)
	}
	switch t := from.(type) {
	case *arrow.Decimal128Type:
		scale := int(t.Scale)
		return mapFixed(to, func(v decimal128.Num) R { return R(decimalToDouble(v, scale)) })
	case *datatype.TimestampType:
		return unlessStrict(from, to, mapFixed(to, func(v decimal128.Num) R { return R(decimalToDouble(v, 9)) }))
	}
	return nil
}

// decimalToDouble returns the double nearest to v×10^-scale.
func decimalToDouble(v decimal128.Num, scale int) float64 {
	if n := int64(v.LowBits()); decimal128.FromI64(n) == v && n < 1<<53 && n > -1<<53 && scale <= 22 {
		return float64(n) / math.Pow10(scale) // both are exact
	}
	var buf [48]byte
	f, _ := datatype.ParseDouble(datatype.AppendDecimal(buf[:0], v, scale))
	return f
}

func castToDecimal(from, to arrow.DataType) Kernel {
	p, s := precision(to)
	fromInt := func(v int64) (decimal128.Num, bool) { return datatype.RescaleDecimal(decimal128.FromI64(v), 0, p, s) }
	fromFloat := func(text []byte) (decimal128.Num, bool) { return datatype.ParseDecimal(text, p, s) }
	switch from.ID() {
	case arrow.INT8:
		return tryFixed(to, func(v int8) (decimal128.Num, bool) { return fromInt(int64(v)) })
	case arrow.INT16:
		return tryFixed(to, func(v int16) (decimal128.Num, bool) { return fromInt(int64(v)) })
	case arrow.INT32:
		return tryFixed(to, func(v int32) (decimal128.Num, bool) { return fromInt(int64(v)) })
	case arrow.INT64:
		return tryFixed(to, fromInt)
	case arrow.FLOAT32: // by its text, as Hive does: 0.1 is 0.1
		return tryFixed(to, func(v float32) (decimal128.Num, bool) {
			var buf [32]byte
			return fromFloat(datatype.AppendFloat(buf[:0], v))
		})
	case arrow.FLOAT64:
		return tryFixed(to, func(v float64) (decimal128.Num, bool) {
			var buf [32]byte
			return fromFloat(datatype.AppendDouble(buf[:0], v))
		})
	case arrow.BOOL:
		one, ok := fromInt(1)
		if !ok {
			return nil
		}
		return boolToFixed(to, one)
	case arrow.STRING:
		return textToFixed(to, fromFloat)
	}
	switch t := from.(type) {
	case *arrow.Decimal128Type:
		scale := int(t.Scale)
		return tryFixed(to, func(v decimal128.Num) (decimal128.Num, bool) { return datatype.RescaleDecimal(v, scale, p, s) })
	case *datatype.TimestampType:
		// allowed in strict sessions too, unlike the casts to other numbers (asked of Hive 4.0.1)
		return tryFixed(to, func(v decimal128.Num) (decimal128.Num, bool) { return datatype.RescaleDecimal(v, 9, p, s) })
	}
	return nil
}

// boolToFixed gives one for true and 0 for false.
func boolToFixed[R arrow.FixedWidthType](t arrow.DataType, one R) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n, args[0])
		in := args[0].Array.(*array.Boolean)
		var zero R
		for i := range o.vals {
			o.vals[i] = zero
			if in.Value(args[0].At(i)) {
				o.vals[i] = one
			}
		}
		return o.finish(), nil
	}
}

func castToBool(from arrow.DataType) Kernel {
	switch from.ID() {
	case arrow.INT8:
		return notZero[int8]()
	case arrow.INT16:
		return notZero[int16]()
	case arrow.INT32:
		return notZero[int32]()
	case arrow.INT64:
		return notZero[int64]()
	case arrow.FLOAT32:
		return notZero[float32]()
	case arrow.FLOAT64:
		return notZero[float64]()
	case arrow.STRING:
		return textToBool(func(b []byte) (v, ok bool) { return datatype.ParseBoolCast(b), true })
	}
	switch from.(type) {
	case *arrow.Decimal128Type, *datatype.TimestampType:
		return notZero[decimal128.Num]()
	}
	return nil
}

func notZero[A arrow.FixedWidthType]() Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newBools(c, n, args[0])
		in := fixedOf[A](args[0])
		var zero A
		for i := range n {
			if in.at(i) != zero {
				o.set(i)
			}
		}
		return o.finish(), nil
	}
}

// castToText casts to string, varchar(n) or char(n), cutting at n code points.
func castToText(from, to arrow.DataType) Kernel {
	limit, isChar := math.MaxInt, false
	switch t := to.(type) {
	case *datatype.Varchar:
		limit = t.N
	case *datatype.Char:
		limit, isChar = t.N, true
	}
	if datatype.IsText(from) || from.ID() == arrow.BINARY {
		if limit == math.MaxInt {
			return relabelKernel(to)
		}
		return mapText(to, func(dst, v []byte) []byte { return append(dst, fit(v, limit, isChar)...) })
	}
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newText(c, to, n, args[0])
		for i := range n {
			if !o.null(i) {
				start := len(o.data)
				o.data = datatype.AppendCastText(o.data, args[0].Array, args[0].At(i), c.Session.Zone)
				if limit != math.MaxInt {
					o.data = o.data[:start+len(fit(o.data[start:], limit, isChar))]
				}
			}
			o.end()
		}
		return o.finish()
	}
}

// fit cuts v at limit code points and, for char, trailing blanks.
func fit(v []byte, limit int, isChar bool) []byte {
	if len(v) > limit {
		runes := 0
		for i, b := range v {
			if b&0xC0 == 0x80 {
				continue
			}
			if runes == limit {
				v = v[:i]
				break
			}
			runes++
		}
	}
	for isChar && len(v) > 0 && v[len(v)-1] == ' ' {
		v = v[:len(v)-1]
	}
	return v
}

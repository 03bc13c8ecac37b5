package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// intWidth is the decimal digits of an integer type's values, which Hive takes as its precision; 0 for
// other types.
func intWidth(t arrow.DataType) int {
	switch t.ID() {
	case arrow.INT8:
		return 3
	case arrow.INT16:
		return 5
	case arrow.INT32:
		return 10
	case arrow.INT64:
		return 19
	}
	return 0
}

// precision returns t as decimal(p,s); integers have scale 0.
func precision(t arrow.DataType) (p, s int) {
	if d, ok := t.(*arrow.Decimal128Type); ok {
		return int(d.Precision), int(d.Scale)
	}
	return intWidth(t), 0
}

// commonDecimal returns the decimal that holds the values of both types, each an integer or decimal. Where 38
// digits are too few, those behind the point give way.
func commonDecimal(a, b arrow.DataType) arrow.DataType {
	p1, s1 := precision(a)
	p2, s2 := precision(b)
	whole := max(p1-s1, p2-s2)
	s := min(max(s1, s2), datatype.MaxPrecision-whole)
	return datatype.Decimal(whole+s, s)
}

// commonNumber returns the type of two numbers that are put together: the wider integer, decimal if
// one is and none is floating; Hive takes float for wider than decimal, so that 1.0 - x stays a float.
// float with an integer is what intFloat says.
func commonNumber(a, b, intFloat arrow.DataType) arrow.DataType {
	fa, fb := datatype.IsFloating(a), datatype.IsFloating(b)
	switch {
	case fa && fb:
		if a.ID() == arrow.FLOAT32 && b.ID() == arrow.FLOAT32 {
			return datatype.Float
		}
		return datatype.Double
	case fa || fb:
		switch {
		case a.ID() == arrow.FLOAT64 || b.ID() == arrow.FLOAT64:
			return datatype.Double
		case datatype.IsDecimal(a) || datatype.IsDecimal(b):
			return datatype.Float
		}
		return intFloat
	case datatype.IsDecimal(a) || datatype.IsDecimal(b):
		return commonDecimal(a, b)
	case intWidth(a) >= intWidth(b):
		return a
	}
	return b
}

func isVoid(t arrow.DataType) bool { return t.ID() == arrow.NULL }

func isTimestamp(t arrow.DataType) bool { _, ok := t.(*datatype.TimestampType); return ok }

func isLTZ(t arrow.DataType) bool { _, ok := t.(*datatype.TimestampLTZType); return ok }

func isDayTime(t arrow.DataType) bool { _, ok := t.(*datatype.DayTimeType); return ok }

func isYearMonth(t arrow.DataType) bool { return t.ID() == arrow.INTERVAL_MONTHS }

func isInterval(t arrow.DataType) bool { return isDayTime(t) || isYearMonth(t) }

func isDate(t arrow.DataType) bool { return t.ID() == arrow.DATE32 }

func noCommon(a, b arrow.DataType) *diag.Error {
	return diag.Errorf(diag.Type, "%s and %s have no common type", datatype.Name(a), datatype.Name(b)).WithHint("use CAST to say which is meant")
}

// CommonArith returns the type in which two operands are added, subtracted, multiplied or divided:
// integers as the wider, text as double, exact numbers with float as float, with double as double.
func CommonArith(a, b arrow.DataType) (arrow.DataType, error) {
	if isVoid(a) {
		a, b = b, a
	}
	if datatype.IsText(a) {
		a = datatype.Double
	}
	if datatype.IsText(b) {
		b = datatype.Double
	}
	switch {
	case isVoid(b) && (isVoid(a) || datatype.IsNumeric(a)):
		return a, nil
	case datatype.IsNumeric(a) && datatype.IsNumeric(b):
		return commonNumber(a, b, datatype.Float), nil
	}
	return nil, noCommon(a, b)
}

// CommonCompare returns the type in which two values are compared: text with a number or boolean as double,
// text with a date or timestamp as that, date with timestamp as timestamp, date with a number as text.
// Arrays and structs are compared part by part. Its error is a *diag.Error of kind Type.
func CommonCompare(a, b arrow.DataType) (arrow.DataType, error) {
	if datatype.Equal(a, b) {
		return a, nil
	}
	if t := oneWay(a, b, compareTo); t != nil {
		return t, nil
	}
	if t, err := commonNested(a, b, CommonCompare); t != nil || err != nil {
		return t, err
	}
	return nil, noCommon(a, b).WithHint("they cannot be compared; use CAST to say what is meant")
}

// oneWay returns f(a, b) or, if that is nil, f(b, a).
func oneWay(a, b arrow.DataType, f func(a, b arrow.DataType) arrow.DataType) arrow.DataType {
	if t := f(a, b); t != nil {
		return t
	}
	return f(b, a)
}

// compareTo holds CommonCompare's rules in one order of the operands.
func compareTo(a, b arrow.DataType) arrow.DataType {
	text := datatype.IsText(b)
	switch {
	case isVoid(b):
		return a
	case datatype.IsText(a) && text:
		return datatype.String
	case datatype.IsNumeric(a) && datatype.IsNumeric(b):
		return commonNumber(a, b, datatype.Double)
	case datatype.IsNumeric(a) && text, a.ID() == arrow.BOOL && (text || datatype.IsNumeric(b)):
		return datatype.Double
	case isDate(a) && datatype.IsNumeric(b):
		return datatype.String
	case (isDate(a) || isTimestamp(a) || isLTZ(a) || isInterval(a) || a.ID() == arrow.BINARY) && text:
		return a
	case isTimestamp(a) && isDate(b), isLTZ(a) && (isDate(b) || isTimestamp(b)):
		return a
	}
	return nil
}

// CommonBranch returns the type of a value that comes from one of several places: branches of CASE, IF
// and COALESCE, elements of array(), branches of UNION. Text with anything but boolean is text. Its
// error is a *diag.Error of kind Type.
func CommonBranch(types ...arrow.DataType) (arrow.DataType, error) {
	if len(types) == 0 {
		return datatype.Void, nil
	}
	common := types[0]
	for _, t := range types[1:] {
		var err error
		if common, err = commonBranch(common, t); err != nil {
			return nil, err
		}
	}
	return common, nil
}

func commonBranch(a, b arrow.DataType) (arrow.DataType, error) {
	if datatype.Equal(a, b) {
		return a, nil
	}
	if t := oneWay(a, b, branchTo); t != nil {
		return t, nil
	}
	if t, err := commonNested(a, b, commonBranch); t != nil || err != nil {
		return t, err
	}
	return nil, noCommon(a, b)
}

// branchTo holds commonBranch's rules in one order of the operands.
func branchTo(a, b arrow.DataType) arrow.DataType {
	timed := isDate(b) || isTimestamp(b) || isLTZ(b)
	switch {
	case isVoid(b):
		return a
	case datatype.IsText(a) && datatype.IsText(b):
		return commonText(a, b)
	case datatype.IsNumeric(a) && datatype.IsNumeric(b):
		return commonNumber(a, b, datatype.Float)
	case datatype.IsText(a) && (datatype.IsNumeric(b) || timed), datatype.IsNumeric(a) && timed:
		return datatype.String
	case isTimestamp(a) && isDate(b), isLTZ(a) && (isDate(b) || isTimestamp(b)):
		return a
	}
	return nil
}

// commonText is the longer of two varchar or two char, else string.
func commonText(a, b arrow.DataType) arrow.DataType {
	switch a := a.(type) {
	case *datatype.Varchar:
		if b, ok := b.(*datatype.Varchar); ok {
			return &datatype.Varchar{N: max(a.N, b.N)}
		}
	case *datatype.Char:
		if b, ok := b.(*datatype.Char); ok {
			return &datatype.Char{N: max(a.N, b.N)}
		}
	}
	return datatype.String
}

// commonNested applies common to the parts of two types of one shape; nil if they are not. Fields of
// structs go by place and keep a's names.
func commonNested(a, b arrow.DataType, common func(a, b arrow.DataType) (arrow.DataType, error)) (arrow.DataType, error) {
	switch a := a.(type) {
	case *arrow.MapType:
		if b, ok := b.(*arrow.MapType); ok {
			k, err := common(a.KeyType(), b.KeyType())
			if err != nil {
				return nil, err
			}
			v, err := common(a.ItemType(), b.ItemType())
			if err != nil {
				return nil, err
			}
			return datatype.Map(k, v), nil
		}
	case *arrow.ListType:
		if b, ok := b.(*arrow.ListType); ok {
			e, err := common(a.Elem(), b.Elem())
			if err != nil {
				return nil, err
			}
			return datatype.Array(e), nil
		}
	case *arrow.StructType:
		if b, ok := b.(*arrow.StructType); ok && !datatype.HasUnion(a) && !datatype.HasUnion(b) && len(a.Fields()) == len(b.Fields()) {
			fields := make([]arrow.Field, len(a.Fields()))
			for i, f := range a.Fields() {
				t, err := common(f.Type, b.Field(i).Type)
				if err != nil {
					return nil, err
				}
				fields[i] = arrow.Field{Name: f.Name, Type: t}
			}
			return datatype.Struct(fields...), nil
		}
	}
	return nil, nil
}

// CanImplicit reports whether a value of type from may stand where to is wanted without CAST: as an
// argument, in a branch, in INSERT.
func CanImplicit(from, to arrow.DataType) bool {
	switch {
	case isVoid(from) || datatype.Equal(from, to):
		return true
	case datatype.IsText(to):
		return !datatype.IsNested(from) && from.ID() != arrow.BOOL && from.ID() != arrow.BINARY
	case datatype.IsInteger(from):
		return intWidth(from) <= intWidth(to) || datatype.IsFloating(to) || datatype.IsDecimal(to)
	case from.ID() == arrow.FLOAT32:
		return datatype.IsFloating(to) || datatype.IsDecimal(to)
	case from.ID() == arrow.FLOAT64, datatype.IsText(from):
		return to.ID() == arrow.FLOAT64 || datatype.IsDecimal(to)
	case datatype.IsDecimal(from):
		return datatype.IsDecimal(to)
	case isDate(from) || isTimestamp(from):
		return isTimestamp(to) && isTimestamp(from)
	case datatype.IsNested(from):
		return nestedImplicit(from, to)
	}
	return false
}

func nestedImplicit(from, to arrow.DataType) bool {
	if from.ID() != to.ID() {
		return false
	}
	ok := true
	_, err := commonNested(from, to, func(f, t arrow.DataType) (arrow.DataType, error) {
		ok = ok && CanImplicit(f, t)
		return t, nil
	})
	return ok && err == nil
}

// adjusted returns decimal(p,s), with digits of the fraction given up, down to six, where p is above 38:
// Hive's HiveDecimalUtils.adjustPrecScale.
func adjusted(p, s int) arrow.DataType {
	if p <= datatype.MaxPrecision {
		return datatype.Decimal(p, s)
	}
	whole := p - s
	return datatype.Decimal(datatype.MaxPrecision, max(datatype.MaxPrecision-whole, min(s, 6)))
}

// DecimalResult returns the type of a op b for decimals (integers count as decimals), op one of + - * / % as Hive
// has it.
func DecimalResult(op string, a, b arrow.DataType) arrow.DataType {
	p1, s1 := precision(a)
	p2, s2 := precision(b)
	s := max(s1, s2)
	switch op {
	case "*":
		return adjusted(p1+p2+1, s1+s2)
	case "/":
		s = max(6, s1+p2+1)
		return adjusted(p1-s1+s2+s, s)
	case "%":
		return adjusted(min(p1-s1, p2-s2)+s, s)
	}
	return adjusted(max(p1-s1, p2-s2)+s+1, s)
}

// asDecimal returns the decimal type that argument a enters decimal arithmetic with. As in Hive a
// constant integer has as many digits as its value: 1.5+1 is decimal(3,1).
func asDecimal(a Arg) arrow.DataType {
	if datatype.IsDecimal(a.Type) {
		return a.Type
	}
	if isVoid(a.Type) {
		return datatype.Decimal(1, 0)
	}
	digits := intWidth(a.Type)
	if a.Const != nil && !a.Const.IsNull(0) {
		digits = len(a.Const.ValueStr(0))
		if a.Const.ValueStr(0)[0] == '-' {
			digits--
		}
	}
	return datatype.Decimal(digits, 0)
}

// int64At returns value i of an integer array.
func int64At(a arrow.Array, i int) int64 {
	switch a := a.(type) {
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	}
	return 0
}

package datatype

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Text returns value i of a as AppendText writes it.
func Text(a arrow.Array, i int) string { return string(AppendText(nil, a, i)) }

// AppendText appends value i of a as Hive shows it in a cell of a result: booleans as true and false, doubles as
// Java writes them, decimals with all their digits, char padded to its length, arrays, maps and structs
// as JSON in which everything but numbers and booleans is quoted. NULL is NULL at the top and null inside. Points in time are shown in UTC.
func AppendText(dst []byte, a arrow.Array, i int) []byte { return AppendTextIn(dst, a, i, time.UTC) }

// AppendTextIn is AppendText with points in time shown by the clock of zone.
func AppendTextIn(dst []byte, a arrow.Array, i int, zone *time.Location) []byte {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return append(dst, "NULL"...)
	}
	switch v := a.(type) {
	case *array.List, *array.Map, *array.Struct:
		return appendJSON(dst, a, i, zone)
	case *array.String:
		return append(dst, padded(v, i)...)
	}
	return appendScalar(dst, a, i, zone)
}

// padded is value i of a, with the blanks that a char is shown with.
func padded(a *array.String, i int) string {
	v := a.Value(i)
	if t, ok := a.DataType().(*Char); ok {
		if missing := t.N - utf8.RuneCountInString(v); missing > 0 {
			return v + strings.Repeat(" ", missing)
		}
	}
	return v
}

// AppendCastText appends value i of a as CAST to string gives it: AppendText but TRUE and FALSE, and char without padding. NULL appends
// nothing.
func AppendCastText(dst []byte, a arrow.Array, i int, zone *time.Location) []byte {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return dst
	}
	switch v := a.(type) {
	case *array.Boolean:
		if v.Value(i) {
			return append(dst, "TRUE"...)
		}
		return append(dst, "FALSE"...)
	case *array.String:
		return append(dst, v.Value(i)...)
	}
	return AppendTextIn(dst, a, i, zone)
}

// appendScalar appends a value that is not NULL and not nested.
func appendScalar(dst []byte, a arrow.Array, i int, zone *time.Location) []byte {
	switch v := a.(type) {
	case *array.Boolean:
		return strconv.AppendBool(dst, v.Value(i))
	case *array.Int8:
		return strconv.AppendInt(dst, int64(v.Value(i)), 10)
	case *array.Int16:
		return strconv.AppendInt(dst, int64(v.Value(i)), 10)
	case *array.Int32:
		return strconv.AppendInt(dst, int64(v.Value(i)), 10)
	case *array.Int64:
		return strconv.AppendInt(dst, v.Value(i), 10)
	case *array.Float32:
		return AppendFloat(dst, v.Value(i))
	case *array.Float64:
		return AppendDouble(dst, v.Value(i))
	case *array.Date32:
		return AppendDate(dst, int32(v.Value(i)))
	case *array.MonthInterval:
		return AppendYearMonth(dst, int32(v.Value(i)))
	case *array.String:
		return append(dst, v.Value(i)...)
	case *array.Binary:
		return append(dst, v.Value(i)...)
	case *array.Decimal128:
		switch t := v.DataType().(type) {
		case *TimestampType:
			return AppendTimestamp(dst, v.Value(i))
		case *TimestampLTZType:
			return AppendTimestampLTZ(dst, v.Value(i), zone)
		case *DayTimeType:
			return AppendDayTime(dst, v.Value(i))
		case *arrow.Decimal128Type:
			return AppendDecimal(dst, v.Value(i), int(t.Scale))
		}
	}
	return append(dst, a.ValueStr(i)...)
}

// appendJSON appends value i inside a nested value, as Hive's SerDeUtils does: numbers, also as
// keys of maps, intervals and bytes are not quoted.
func appendJSON(dst []byte, a arrow.Array, i int, zone *time.Location) []byte {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v := a.(type) {
	case *array.Map:
		dst = append(dst, '{')
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ',')
			}
			dst = append(appendJSON(dst, v.Keys(), int(j), zone), ':')
			dst = appendJSON(dst, v.Items(), int(j), zone)
		}
		return append(dst, '}')
	case *array.List:
		dst = append(dst, '[')
		from, to := v.ValueOffsets(i)
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v.ListValues(), int(j), zone)
		}
		return append(dst, ']')
	case *array.Struct:
		dst = append(dst, '{')
		if _, ok := UnionMembers(v.DataType()); ok {
			tag := v.Field(0).(*array.Int8).Value(i)
			dst = append(strconv.AppendInt(dst, int64(tag), 10), ':')
			return append(appendJSON(dst, v.Field(1+int(tag)), i, zone), '}')
		}
		for f, field := range v.DataType().(*arrow.StructType).Fields() {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, '"'), field.Name...)
			dst = appendJSON(append(dst, '"', ':'), v.Field(f), i, zone)
		}
		return append(dst, '}')
	case *array.String:
		return AppendQuoted(dst, padded(v, i))
	case *array.Decimal128:
		switch t := v.DataType().(type) {
		case *arrow.Decimal128Type:
			return AppendDecimalTrimmed(dst, v.Value(i), int(t.Scale))
		case *DayTimeType:
			return AppendDayTime(dst, v.Value(i))
		}
	case *array.Date32:
	default:
		return appendScalar(dst, a, i, zone)
	}
	return append(appendScalar(append(dst, '"'), a, i, zone), '"')
}

// AppendQuoted appends s as a JSON string.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

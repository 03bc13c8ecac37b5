// Package datatype holds the SQL types as arrow.DataType values. Most are Arrow's own; the ones that
// Arrow lacks (varchar(n), char(n), Hive's timestamp and day-time interval) are wrappers whose ID is
// that of the Arrow type that stores them, so that every kernel which switches on ID works on them.
//
//	Hive                           Arrow type                         stored as
//	void                           arrow.Null
//	boolean                        Bool
//	tinyint … bigint               Int8, Int16, Int32, Int64
//	float, double                  Float32, Float64
//	decimal(p,s)                   *arrow.Decimal128Type
//	string                         String
//	varchar(n), char(n)            *Varchar, *Char                    String (char: trailing blanks cut)
//	binary                         Binary
//	date                           Date32                             days since 1970-01-01
//	timestamp                      *TimestampType                     Decimal128: nanoseconds since 1970-01-01 00:00:00, no zone
//	timestamp with local time zone *TimestampLTZType                  Decimal128: nanoseconds since 1970-01-01 00:00:00 UTC
//	interval year to month         arrow.MonthInterval
//	interval day to second         *DayTimeType                       Decimal128: nanoseconds
//	array, map, struct             List, Map, Struct
//	uniontype                      Struct                             the tag and the members: see Union
//
// Timestamps take 128 bits since Hive's run over the years 1 to 9999 with nine fraction digits, which
// 64 bits cannot hold. Times before 1582 are proleptic Gregorian, as in Hive 4.
package datatype

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
)

// The types without parameters.
var (
	Void         arrow.DataType = arrow.Null
	Bool         arrow.DataType = arrow.FixedWidthTypes.Boolean
	TinyInt      arrow.DataType = arrow.PrimitiveTypes.Int8
	SmallInt     arrow.DataType = arrow.PrimitiveTypes.Int16
	Int          arrow.DataType = arrow.PrimitiveTypes.Int32
	BigInt       arrow.DataType = arrow.PrimitiveTypes.Int64
	Float        arrow.DataType = arrow.PrimitiveTypes.Float32
	Double       arrow.DataType = arrow.PrimitiveTypes.Float64
	String       arrow.DataType = arrow.BinaryTypes.String
	Binary       arrow.DataType = arrow.BinaryTypes.Binary
	Date         arrow.DataType = arrow.FixedWidthTypes.Date32
	Timestamp    arrow.DataType = &TimestampType{nanos}
	TimestampLTZ arrow.DataType = &TimestampLTZType{nanos}
	YearMonth    arrow.DataType = arrow.FixedWidthTypes.MonthInterval
	DayTime      arrow.DataType = &DayTimeType{nanos}
)

var nanos = &arrow.Decimal128Type{Precision: 38, Scale: 0}

// TimestampType is Hive's timestamp: a wall clock without zone. Use Timestamp.
type TimestampType struct{ *arrow.Decimal128Type }

// TimestampLTZType is Hive's timestamp with local time zone: a point in time. Use TimestampLTZ.
type TimestampLTZType struct{ *arrow.Decimal128Type }

// DayTimeType is Hive's interval_day_time: a length of time. Use DayTime.
type DayTimeType struct{ *arrow.Decimal128Type }

// Varchar is varchar(N): at most N code points.
type Varchar struct {
	arrow.StringType
	N int
}

// Char is char(N): compared and stored without trailing blanks, shown padded to N code points.
type Char struct {
	arrow.StringType
	N int
}

// Name, String and Fingerprint of the wrappers: the Hive name.
func (*TimestampType) Name() string           { return "timestamp" }
func (*TimestampType) String() string         { return "timestamp" }
func (*TimestampType) Fingerprint() string    { return "timestamp" }
func (*TimestampLTZType) Name() string        { return "timestamp with local time zone" }
func (*TimestampLTZType) String() string      { return "timestamp with local time zone" }
func (*TimestampLTZType) Fingerprint() string { return "timestamp with local time zone" }
func (*DayTimeType) Name() string             { return "interval_day_time" }
func (*DayTimeType) String() string           { return "interval_day_time" }
func (*DayTimeType) Fingerprint() string      { return "interval_day_time" }
func (t *Varchar) Name() string               { return t.String() }
func (t *Varchar) String() string             { return fmt.Sprintf("varchar(%d)", t.N) }
func (t *Varchar) Fingerprint() string        { return t.String() }
func (t *Char) Name() string                  { return t.String() }
func (t *Char) String() string                { return fmt.Sprintf("char(%d)", t.N) }
func (t *Char) Fingerprint() string           { return t.String() }

// MaxPrecision is the largest precision of a decimal.
const MaxPrecision = 38

// Decimal returns decimal(p,s).
func Decimal(p, s int) arrow.DataType {
	return &arrow.Decimal128Type{Precision: int32(p), Scale: int32(s)}
}

// Array returns array<elem>.
func Array(elem arrow.DataType) arrow.DataType { return arrow.ListOf(elem) }

// Map returns map<key,value>.
func Map(key, value arrow.DataType) arrow.DataType { return arrow.MapOf(key, value) }

// Struct returns struct<fields>; every field may be NULL.
func Struct(fields ...arrow.Field) arrow.DataType {
	for i := range fields {
		fields[i].Nullable = true
	}
	return arrow.StructOf(fields...)
}

// Equal reports whether a and b are the same SQL type. Names of struct fields count, their case does not.
func Equal(a, b arrow.DataType) bool { return Name(a) == Name(b) }

// IsDecimal reports whether t is decimal(p,s), and not a timestamp or interval stored as one.
func IsDecimal(t arrow.DataType) bool { _, ok := t.(*arrow.Decimal128Type); return ok }

// IsInteger reports whether t is tinyint, smallint, int or bigint.
func IsInteger(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		return true
	}
	return false
}

// IsFloating reports whether t is float or double.
func IsFloating(t arrow.DataType) bool { return t.ID() == arrow.FLOAT32 || t.ID() == arrow.FLOAT64 }

// IsNumeric reports whether t is an integer, floating or decimal type.
func IsNumeric(t arrow.DataType) bool { return IsInteger(t) || IsFloating(t) || IsDecimal(t) }

// IsText reports whether t is string, varchar(n) or char(n).
func IsText(t arrow.DataType) bool { return t.ID() == arrow.STRING }

// IsNested reports whether t is an array, map or struct.
func IsNested(t arrow.DataType) bool {
	return t.ID() == arrow.LIST || t.ID() == arrow.MAP || t.ID() == arrow.STRUCT
}

// fieldName is how a type's name writes the name of a struct's field: in backticks if Parse would else misread it.
func fieldName(name string) string {
	if strings.ContainsAny(name, ":<>,`") || strings.TrimSpace(name) != name {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return name
}

// IsZoned reports whether values of t hold points in time, whose text and casts depend on the session's time zone.
func IsZoned(t arrow.DataType) bool { return strings.Contains(Name(t), TimestampLTZ.Name()) }

// Name returns the Hive name of t, such as map<string,array<int>>; struct field names in lower case.
func Name(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.NullType:
		return "void"
	case *arrow.BooleanType:
		return "boolean"
	case *arrow.Int8Type:
		return "tinyint"
	case *arrow.Int16Type:
		return "smallint"
	case *arrow.Int32Type:
		return "int"
	case *arrow.Int64Type:
		return "bigint"
	case *arrow.Float32Type:
		return "float"
	case *arrow.Float64Type:
		return "double"
	case *arrow.StringType:
		return "string"
	case *arrow.BinaryType:
		return "binary"
	case *arrow.Date32Type:
		return "date"
	case *arrow.MonthIntervalType:
		return "interval_year_month"
	case *arrow.Decimal128Type:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case *arrow.MapType:
		return "map<" + Name(t.KeyType()) + "," + Name(t.ItemType()) + ">"
	case *arrow.ListType:
		return "array<" + Name(t.Elem()) + ">"
	case *arrow.StructType:
		var b strings.Builder
		if members, ok := UnionMembers(t); ok {
			b.WriteString(unionMark + "<")
			for i, f := range members {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(Name(f.Type))
			}
			return b.String() + ">"
		}
		b.WriteString("struct<")
		for i, f := range t.Fields() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(fieldName(strings.ToLower(f.Name)) + ":" + Name(f.Type))
		}
		return b.String() + ">"
	default:
		return t.String()
	}
}

// nanosPerSecond splits timestamps and day-time intervals.
const nanosPerSecond = 1_000_000_000

// TimestampOf returns the stored form of sec seconds and nano nanoseconds (0 ≤ nano < 1e9) since 1970-01-01 00:00:00.
func TimestampOf(sec int64, nano int32) decimal128.Num {
	if sec < 9_000_000_000 && sec > -9_000_000_000 {
		return decimal128.FromI64(sec*nanosPerSecond + int64(nano))
	}
	return decimal128.FromI64(sec).Mul(decimal128.FromI64(nanosPerSecond)).Add(decimal128.FromI64(int64(nano)))
}

// SplitTimestamp is the inverse of TimestampOf: seconds rounded down, and 0 ≤ nano < 1e9.
func SplitTimestamp(n decimal128.Num) (sec int64, nano int32) {
	lo := int64(n.LowBits())
	if (n.HighBits() == 0 && lo >= 0) || (n.HighBits() == -1 && lo < 0) {
		sec, nano = lo/nanosPerSecond, int32(lo%nanosPerSecond)
	} else {
		q, r := n.Div(decimal128.FromI64(nanosPerSecond))
		sec, nano = int64(q.LowBits()), int32(int64(r.LowBits()))
	}
	if nano < 0 {
		sec--
		nano += nanosPerSecond
	}
	return sec, nano
}

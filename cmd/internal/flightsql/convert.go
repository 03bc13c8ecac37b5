package flightsql

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// typeKey is the field metadata that carries the Hive type.
const typeKey = "winnow.type"

var (
	micros    = &arrow.TimestampType{Unit: arrow.Microsecond}
	microsUTC = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

// clientType is the Arrow type in which clients see a Hive type: timestamps in microseconds, intervals
// and void as text, char and varchar as plain strings.
func clientType(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *datatype.TimestampType:
		return micros
	case *datatype.TimestampLTZType:
		return microsUTC
	case *datatype.DayTimeType, *arrow.MonthIntervalType, *arrow.NullType, *datatype.Char, *datatype.Varchar:
		return datatype.String
	case *arrow.MapType:
		return arrow.MapOf(clientType(t.KeyType()), clientType(t.ItemType()))
	case *arrow.ListType:
		return arrow.ListOf(clientType(t.Elem()))
	case *arrow.StructType:
		fields := make([]arrow.Field, len(t.Fields()))
		for i, f := range t.Fields() {
			f.Type = clientType(f.Type)
			fields[i] = f
		}
		return arrow.StructOf(fields...)
	}
	return t
}

// clientSchema is the schema that clients see; with raw, columns come as they are stored.
func clientSchema(s *arrow.Schema, raw bool) *arrow.Schema {
	fields := make([]arrow.Field, len(s.Fields()))
	for i, f := range s.Fields() {
		f.Metadata = arrow.NewMetadata([]string{typeKey}, []string{datatype.Name(f.Type)})
		if raw {
			f.Type = datatype.Plain(f.Type)
		} else {
			f.Type = clientType(f.Type)
		}
		f.Nullable = true
		fields[i] = f
	}
	return arrow.NewSchema(fields, nil)
}

// clientRecord converts rec to schema, one of clientSchema's. The caller releases it.
func clientRecord(rec arrow.Record, schema *arrow.Schema, raw bool) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	for i, c := range rec.Columns() {
		if raw {
			cols[i] = datatype.Relabel(c, schema.Field(i).Type)
		} else {
			cols[i] = clientArray(c)
		}
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

// clientArray converts an array to its client type.
func clientArray(a arrow.Array) arrow.Array {
	switch t := a.DataType().(type) {
	case *datatype.TimestampType:
		return microseconds(a.(*array.Decimal128), micros)
	case *datatype.TimestampLTZType:
		return microseconds(a.(*array.Decimal128), microsUTC)
	case *datatype.DayTimeType, *arrow.MonthIntervalType, *arrow.NullType, *datatype.Char:
		return asText(a)
	case *datatype.Varchar:
		return datatype.Relabel(a, datatype.String)
	case *arrow.MapType, *arrow.ListType, *arrow.StructType:
		d := nested(a, clientType(t))
		defer d.Release()
		return array.MakeFromData(d)
	}
	a.Retain()
	return a
}

// nested converts the children of a nested array. The children of a struct are sliced as it is.
func nested(a arrow.Array, t arrow.DataType) *array.Data {
	d := a.Data()
	children := make([]arrow.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		child := array.MakeFromData(c)
		converted := clientArray(child)
		child.Release()
		defer converted.Release()
		children[i] = converted.Data()
	}
	return array.NewData(t, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}

func microseconds(a *array.Decimal128, t *arrow.TimestampType) arrow.Array {
	b := array.NewTimestampBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		sec, nano := datatype.SplitTimestamp(a.Value(i))
		b.UnsafeAppend(arrow.Timestamp(sec*1e6 + int64(nano)/1000))
	}
	return b.NewArray()
}

func asText(a arrow.Array) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for i := range a.Len() {
		if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
			b.AppendNull()
		} else {
			b.Append(strings.Clone(datatype.Text(a, i)))
		}
	}
	return b.NewArray()
}

// storedSchema is the inverse of clientSchema with raw: the Hive types come from the metadata.
func storedSchema(s *arrow.Schema) (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(s.Fields()))
	for i, f := range s.Fields() {
		name, ok := f.Metadata.GetValue(typeKey)
		if ok {
			t, err := datatype.Parse(name)
			if err != nil {
				return nil, err
			}
			f.Type = t
		}
		f.Metadata = arrow.Metadata{}
		fields[i] = f
	}
	return arrow.NewSchema(fields, nil), nil
}

// paramType is the Arrow type in which a parameter is announced: JDBC lets a caller bind only values that fit
// it, so whole numbers are announced in the widest type. It also puts milliseconds into a timestamp of any
// unit, so these are announced.
func paramType(t arrow.DataType) arrow.DataType {
	switch {
	case t == nil:
		return datatype.String
	case datatype.IsInteger(t):
		return datatype.BigInt
	case t.ID() == arrow.FLOAT32:
		return datatype.Double
	case datatype.IsNested(t):
		return datatype.String
	}
	if c, ok := clientType(t).(*arrow.TimestampType); ok {
		return &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: c.TimeZone}
	}
	return clientType(t)
}

// parameter converts a bound parameter to the types of exec/datatype.
func parameter(a arrow.Array) (value any, t arrow.DataType, ok bool) {
	if a.DataType().ID() == arrow.NULL || a.IsNull(0) {
		return nil, datatype.Void, true
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(0), datatype.Bool, true
	case *array.Int8:
		return a.Value(0), datatype.TinyInt, true
	case *array.Int16:
		return a.Value(0), datatype.SmallInt, true
	case *array.Int32:
		return a.Value(0), datatype.Int, true
	case *array.Int64:
		return a.Value(0), datatype.BigInt, true
	case *array.Uint8:
		return int16(a.Value(0)), datatype.SmallInt, true
	case *array.Uint16:
		return int32(a.Value(0)), datatype.Int, true
	case *array.Uint32:
		return int64(a.Value(0)), datatype.BigInt, true
	case *array.Float32:
		return a.Value(0), datatype.Float, true
	case *array.Float64:
		return a.Value(0), datatype.Double, true
	case *array.String:
		return strings.Clone(a.Value(0)), datatype.String, true
	case *array.LargeString:
		return strings.Clone(a.Value(0)), datatype.String, true
	case *array.Binary:
		return append([]byte{}, a.Value(0)...), datatype.Binary, true
	case *array.Date32:
		return a.Value(0), datatype.Date, true
	case *array.Decimal128:
		return a.Value(0), a.DataType(), true
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit.Multiplier().Nanoseconds()
		v := decimal128.FromI64(int64(a.Value(0))).Mul(decimal128.FromI64(unit))
		return v, datatype.Timestamp, true
	}
	return nil, nil, false
}

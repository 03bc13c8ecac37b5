package datatype

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

func TestAppendDouble(t *testing.T) {
	tests := map[float64]string{
		0: "0.0", math.Copysign(0, -1): "-0.0", 1: "1.0", -1.5: "-1.5", 1e7: "1.0E7", 9999999: "9999999.0", 12345678.9: "1.23456789E7",
		1e8: "1.0E8", 0.001: "0.001", 0.0001: "1.0E-4", 1.5e-10: "1.5E-10", 1e300: "1.0E300", 123.456: "123.456",
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", math.MaxFloat64: "1.7976931348623157E308", 5e-324: "4.9E-324",
	}
	for v, want := range tests {
		if got := string(AppendDouble(nil, v)); got != want {
			t.Errorf("%g: got %s, want %s", v, got, want)
		}
	}
	if got := string(AppendDouble(nil, math.NaN())); got != "NaN" {
		t.Errorf("NaN: %s", got)
	}
	for v, want := range map[float32]string{1234567890: "1.23456794E9", 16777217: "1.6777216E7", 123456789: "1.23456792E8", -4.4501363245856945e15: "-4.45013641E15"} {
		if got := string(AppendFloat(nil, v)); got != want {
			t.Errorf("float: got %s, want %s", got, want)
		}
	}
	if got := string(AppendFloat(nil, 1.1)); got != "1.1" {
		t.Errorf("float 1.1: %s", got)
	}
}

func TestAppendDecimal(t *testing.T) {
	tests := []struct {
		n     decimal128.Num
		scale int
		want  string
		trim  string
	}{
		{decimal128.FromI64(0), 0, "0", "0"},
		{decimal128.FromI64(0), 3, "0.000", "0"},
		{decimal128.FromI64(-5), 3, "-0.005", "-0.005"},
		{decimal128.FromI64(110), 2, "1.10", "1.1"},
		{decimal128.FromI64(-12300), 0, "-12300", "-12300"},
		{Pow10(19), 19, "1.0000000000000000000", "1"},
		{Pow10(20), 0, "100000000000000000000", "100000000000000000000"},
		{Pow10(38).Sub(decimal128.FromI64(1)), 2, "999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"},
		{Pow10(38).Sub(decimal128.FromI64(1)).Negate(), 38, "-0.99999999999999999999999999999999999999", "-0.99999999999999999999999999999999999999"},
		{Pow10(19).Add(decimal128.FromI64(7)), 38, "0.00000000000000000010000000000000000007", "0.00000000000000000010000000000000000007"},
	}
	for _, tt := range tests {
		if got := string(AppendDecimal(nil, tt.n, tt.scale)); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if got := string(AppendDecimalTrimmed(nil, tt.n, tt.scale)); got != tt.trim {
			t.Errorf("trimmed: got %s, want %s", got, tt.trim)
		}
		if back, ok := ParseDecimal([]byte(tt.want), 38, tt.scale); !ok || back != tt.n {
			t.Errorf("%s reads back as %v, %v", tt.want, back, ok)
		}
	}
}

func TestAppendTimes(t *testing.T) {
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	day := int64(86400)
	tests := []struct{ got, want string }{
		{string(AppendDate(nil, 0)), "1970-01-01"},
		{string(AppendDate(nil, MinDay)), "0001-01-01"},
		{string(AppendDate(nil, MaxDay)), "9999-12-31"},
		{string(AppendTimestamp(nil, TimestampOf(0, 0))), "1970-01-01 00:00:00"},
		{string(AppendTimestamp(nil, TimestampOf(-1, 500_000_000))), "1969-12-31 23:59:59.5"},
		{string(AppendTimestamp(nil, TimestampOf(18262*day+3723, 123456789))), "2020-01-01 01:02:03.123456789"},
		{string(AppendTimestamp(nil, TimestampOf(MaxSecond, 1))), "9999-12-31 23:59:59.000000001"},
		{string(AppendTimestampLTZ(nil, TimestampOf(1451852794, 0), la)), "2016-01-03 12:26:34.0 America/Los_Angeles"},
		{string(AppendDayTime(nil, TimestampOf(day+7384, 0))), "1 02:03:04.000000000"},
		{string(AppendDayTime(nil, TimestampOf(57587, 674_000_000).Negate())), "-0 15:59:47.674000000"},
		{string(AppendYearMonth(nil, 14)), "1-2"},
		{string(AppendYearMonth(nil, -13)), "-1-1"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// TestNestedText: JSON as Hive writes it, from values of a struct of all kinds.
func TestNestedText(t *testing.T) {
	typ, err := Parse("struct<s:string,n:array<int>,m:map<int,string>,d:decimal(5,2),t:timestamp,b:boolean,y:date,z:double,c:char(3)>")
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(memory.DefaultAllocator, typ).(*array.StructBuilder)
	b.Append(true)
	b.FieldBuilder(0).(*array.StringBuilder).Append("a\"b\\\n\x01é")
	list := b.FieldBuilder(1).(*array.ListBuilder)
	list.Append(true)
	list.ValueBuilder().(*array.Int32Builder).AppendValues([]int32{1, 0}, []bool{true, false})
	m := b.FieldBuilder(2).(*array.MapBuilder)
	m.Append(true)
	m.KeyBuilder().(*array.Int32Builder).Append(1)
	m.ItemBuilder().(*array.StringBuilder).Append("x")
	b.FieldBuilder(3).(*array.Decimal128Builder).Append(decimal128.FromI64(150))
	b.FieldBuilder(4).(*array.Decimal128Builder).Append(TimestampOf(0, 0))
	b.FieldBuilder(5).(*array.BooleanBuilder).Append(true)
	b.FieldBuilder(6).(*array.Date32Builder).AppendNull()
	b.FieldBuilder(7).(*array.Float64Builder).Append(1)
	b.FieldBuilder(8).(*array.StringBuilder).Append("ab")
	b.AppendNull()
	a := Finish(b, typ)
	want := `{"s":"a\"b\\\n\u0001é","n":[1,null],"m":{1:"x"},"d":1.5,"t":"1970-01-01 00:00:00","b":true,"y":null,"z":1.0,"c":"ab "}`
	if got := Text(a, 0); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Text(a, 1); got != "NULL" {
		t.Errorf("null: %s", got)
	}
	chars := a.(*array.Struct).Field(8)
	if got := Text(chars, 0); got != "ab " {
		t.Errorf("char(3) is shown as %q", got)
	}
	if got := string(AppendCastText(nil, chars, 0, time.UTC)); got != "ab" {
		t.Errorf("char(3) is cast to %q", got)
	}
	if got := string(AppendCastText(nil, a.(*array.Struct).Field(5), 0, time.UTC)); got != "TRUE" {
		t.Errorf("true is cast to %s", got)
	}
}

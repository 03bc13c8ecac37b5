package funcs_test

import (
	"context"
	"math/big"
	"math/rand"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// testCtx is a context whose session has strict timestamps and the zone of Hive's own tests.
func testCtx(t *testing.T) *funcs.Ctx {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	s := &funcs.Session{Zone: zone, Settings: map[string]string{}}
	return &funcs.Ctx{Context: context.Background(), Mem: memory.DefaultAllocator, Session: s, Warn: func(string) {}}
}

// as is an argument of a type that no Go value names: text, cast to the type.
type as struct{ text, typ string }

// lit turns a Go value into a literal: nil is NULL, int is int, int64 bigint, string string, a text with a type what CAST makes of it.
func lit(t testing.TB, v any) expr.Expr {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return expr.Null(datatype.Void)
	case bool:
		return expr.Bool(v)
	case int:
		return expr.Int(int32(v))
	case int64:
		return expr.BigInt(v)
	case float64:
		return expr.Double(v)
	case string:
		return expr.String(v)
	case as:
		typ, err := datatype.Parse(v.typ)
		if err != nil {
			t.Fatal(err)
		}
		e, err := expr.NewCast(expr.String(v.text), typ, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	case expr.Expr:
		return v
	}
	t.Fatalf("no literal of %T", v)
	return nil
}

// evalCall returns the text and the type of a function's value, or the error's.
func evalCall(t *testing.T, name string, args ...any) (value, typ string) {
	t.Helper()
	list := make([]expr.Expr, len(args))
	for i, a := range args {
		list[i] = lit(t, a)
	}
	e, err := expr.NewCall(name, list, diag.Span{})
	if err != nil {
		return err.Error(), "error"
	}
	v, err := expr.EvalConst(testCtx(t), e)
	if err != nil {
		return err.Error(), "error"
	}
	return datatype.Text(v, 0), datatype.Name(e.Type())
}

func dec(text, typ string) as { return as{text, typ} }

// TestScalars holds values that Hive 4.0.1 answered, and winnow's own where it differs on purpose.
func TestScalars(t *testing.T) {
	tiny := func(s string) as { return as{s, "tinyint"} }
	date := func(s string) as { return as{s, "date"} }
	ts := func(s string) as { return as{s, "timestamp"} }
	months := func(s string) as { return as{s, "interval_year_month"} }
	span := func(s string) as { return as{s, "interval_day_time"} }
	tests := []struct {
		name       string
		args       []any
		value, typ string
	}{
		{"+", []any{2147483647, 1}, "-2147483648", "int"},
		{"+", []any{tiny("127"), tiny("1")}, "-128", "tinyint"},
		{"+", []any{"10", 1}, "11.0", "double"},
		{"+", []any{"a", 1}, "NULL", "double"},
		{"+", []any{nil, nil}, "NULL", "void"},
		{"+", []any{1, nil}, "NULL", "int"},
		{"+", []any{dec("1.5", "decimal(2,1)"), 1}, "2.5", "decimal(3,1)"},
		{"+", []any{dec("1", "decimal(10,2)"), int64(1)}, "2.00", "decimal(11,2)"},
		{"+", []any{as{"1", "float"}, int64(1)}, "2.0", "float"},
		{"*", []any{99999, 99999}, "1409865409", "int"},
		{"*", []any{dec("99999999999999999999999999999999999999", "decimal(38,0)"), dec("10", "decimal(2,0)")}, "NULL", "decimal(38,0)"},
		{"/", []any{1, 2}, "0.5", "double"},
		{"/", []any{1, 0}, "NULL", "double"},
		{"/", []any{dec("1", "decimal(1,0)"), 3}, "0.333333", "decimal(7,6)"},
		{"/", []any{dec("-2", "decimal(1,0)"), 3}, "-0.666667", "decimal(7,6)"},
		{"/", []any{dec("1", "decimal(38,18)"), dec("3", "decimal(38,18)")}, "0.333333", "decimal(38,6)"},
		{"/", []any{dec("1", "decimal(10,2)"), dec("0", "decimal(10,2)")}, "NULL", "decimal(23,13)"},
		{"%", []any{-7, 3}, "-1", "int"},
		{"%", []any{7, 0}, "NULL", "int"},
		{"%", []any{dec("7.5", "decimal(10,2)"), dec("2", "decimal(10,2)")}, "1.50", "decimal(10,2)"},
		{"mod", []any{"7", "4"}, "3.0", "double"},
		{"pmod", []any{-7, 3}, "2", "int"},
		{"pmod", []any{7, -3}, "-2", "int"},
		{"pmod", []any{-7, -3}, "-1", "int"},
		{"div", []any{-7, 2}, "-3", "bigint"},
		{"div", []any{1, 0}, "NULL", "bigint"},
		{"div", []any{dec("7.5", "decimal(3,1)"), dec("0.25", "decimal(3,2)")}, "30", "bigint"},
		{"-", []any{"5"}, "-5.0", "double"},
		{"negative", []any{tiny("-128")}, "-128", "tinyint"},
		{"~", []any{0}, "-1", "int"},
		{"shiftleft", []any{1, 33}, "2", "int"},
		{"shiftright", []any{int64(-8), 1}, "-4", "bigint"},
		{"shiftrightunsigned", []any{-8, 1}, "2147483644", "int"},

		{"+", []any{date("2020-01-01"), 40}, "2020-02-10", "date"},
		{"-", []any{date("2020-03-01"), 1}, "2020-02-29", "date"},
		{"+", []any{date("9999-12-31"), 1}, "NULL", "date"},
		{"+", []any{date("2020-01-01"), span("1 00:00:00")}, "2020-01-02 00:00:00", "timestamp"},
		{"+", []any{months("0-1"), date("2020-01-31")}, "2020-02-29", "date"},
		{"-", []any{ts("2020-01-01 00:00:00"), span("0 01:00:00")}, "2019-12-31 23:00:00", "timestamp"},
		{"-", []any{date("2020-01-03"), date("2020-01-01")}, "2 00:00:00.000000000", "interval_day_time"},
		{"-", []any{date("1969-12-31"), ts("1969-12-31 15:59:46.674")}, "-0 15:59:47.674000000", "interval_day_time"},
		{"-", []any{months("2-2"), months("3-3")}, "-1-1", "interval_year_month"},
		{"<", []any{span("1 00:00:00"), "2 00:00:00"}, "true", "boolean"},

		{"=", []any{"10.0", 10}, "true", "boolean"},
		{"=", []any{"abc", 10}, "NULL", "boolean"},
		{"<", []any{"10", "9"}, "true", "boolean"},
		{"=", []any{int64(9007199254740993), "9007199254740992"}, "false", "boolean"},
		{"=", []any{"9007199254740993", int64(9007199254740993)}, "true", "boolean"},
		{"<", []any{"1.5", int64(2)}, "true", "boolean"},
		{"=", []any{int64(2), "2.0"}, "true", "boolean"},
		{"=", []any{as{"abc", "char(5)"}, "abc"}, "true", "boolean"},
		{"=", []any{as{"abc ", "varchar(10)"}, "abc"}, "false", "boolean"},
		{"<", []any{date("2020-01-01"), "2020-01-01 00:00:01"}, "false", "boolean"},
		{">", []any{ts("2020-01-01 00:00:00"), "2019"}, "NULL", "boolean"},
		{"=", []any{date("2020-01-01"), 20200101}, "false", "boolean"},
		{"=", []any{ts("2020-01-01 00:00:00"), 1}, "TYPE: timestamp and int have no common type: they cannot be compared; use CAST to say what is meant", "error"},
		{"=", []any{true, "true"}, "NULL", "boolean"},
		{"=", []any{true, "1"}, "true", "boolean"},
		{"=", []any{as{"NaN", "double"}, as{"NaN", "double"}}, "true", "boolean"},
		{">", []any{as{"NaN", "double"}, 1}, "true", "boolean"},
		{"=", []any{as{"-0", "double"}, 0.0}, "true", "boolean"},
		{"<", []any{as{"-Infinity", "double"}, -1e300}, "true", "boolean"},
		{"<=>", []any{nil, nil}, "true", "boolean"},
		{"<=>", []any{1, nil}, "false", "boolean"},

		{"in", []any{2, 1, nil}, "NULL", "boolean"},
		{"in", []any{1, "1", "2"}, "true", "boolean"},
		{"in", []any{"a", "a", 1}, "true", "boolean"},
		{"in", []any{"06", 6, 7}, "true", "boolean"},
		{"in", []any{int64(9007199254740993), "9007199254740992"}, "false", "boolean"},
		{"in", []any{date("2020-01-01"), "2020-01-01"}, "true", "boolean"},
		{"in", []any{nil, 1}, "NULL", "boolean"},
		{"in", []any{"-", 404, 500}, "false", "boolean"},
		{"in", []any{"-", 404, nil}, "NULL", "boolean"},
		{"in", []any{"-", date("2020-01-01")}, "false", "boolean"},
		{"in", []any{date("2020-01-01"), "x"}, "NULL", "boolean"},
		{"and", []any{nil, false, true}, "false", "boolean"},
		{"and", []any{nil, true}, "NULL", "boolean"},
		{"or", []any{nil, false, true}, "true", "boolean"},
		{"or", []any{nil, false}, "NULL", "boolean"},
		{"not", []any{nil}, "NULL", "boolean"},
		{"istrue", []any{nil}, "false", "boolean"},
		{"isnotfalse", []any{nil}, "true", "boolean"},

		{"like", []any{"a%c", `a\%c`}, "true", "boolean"},
		{"like", []any{`a\b`, `a\\b`}, "false", "boolean"},
		{"like", []any{"a\nb", "a%b"}, "true", "boolean"},
		{"like", []any{"😀", "_"}, "true", "boolean"},
		{"like", []any{"abc", ""}, "false", "boolean"},
		{"like", []any{"", "%"}, "true", "boolean"},
		{"like", []any{"a_c", "a!_c", "!"}, "true", "boolean"},
		{"like", []any{"abc", nil}, "NULL", "boolean"},
		{"likeany", []any{"abc", "x%", "a%"}, "true", "boolean"},
		{"likeany", []any{"abc", "a%", nil}, "NULL", "boolean"},

		{"if", []any{nil, 1, 2}, "2", "int"},
		{"if", []any{true, 1, dec("2.5", "decimal(2,1)")}, "1.0", "decimal(11,1)"},
		{"coalesce", []any{nil, "a", 1}, "a", "string"},
		{"coalesce", []any{date("2020-01-01"), "x"}, "2020-01-01", "string"},
		{"nullif", []any{1, 1}, "NULL", "int"},
		{"least", []any{1, "2", 3}, "1.0", "double"},
		{"greatest", []any{int64(10), "a", date("2001-01-28")}, "a", "string"},
		{"greatest", []any{date("2020-01-01"), "2021-01-01"}, "2021-01-01", "date"},
		{"greatest", []any{1, nil}, "NULL", "int"},

		{"round", []any{dec("-2.5", "decimal(2,1)")}, "-3", "decimal(2,0)"},
		{"round", []any{dec("1234.567", "decimal(7,3)"), 1}, "1234.6", "decimal(6,1)"},
		{"round", []any{dec("1234.567", "decimal(7,3)"), -2}, "1200", "decimal(5,0)"},
		{"round", []any{12345, -2}, "12300", "int"},
		{"round", []any{2.675, 2}, "2.68", "double"},
		{"round", []any{1.005, 2}, "1.01", "double"},
		{"round", []any{-0.5}, "-1.0", "double"},
		{"round", []any{1234.5, -2}, "1200.0", "double"},
		{"round", []any{as{"2.5", "float"}}, "3.0", "float"},
		{"round", []any{as{"NaN", "double"}, 1}, "NaN", "double"},
		{"round", []any{nil}, "NULL", "void"},
		{"bround", []any{25, -1}, "20", "int"},
		{"bround", []any{dec("3.5", "decimal(2,1)")}, "4", "decimal(2,0)"},
		{"ceil", []any{dec("1.2", "decimal(2,1)")}, "2", "decimal(2,0)"},
		{"floor", []any{dec("-1.2", "decimal(2,1)")}, "-2", "decimal(2,0)"},
		{"floor", []any{"1.7"}, "1", "bigint"},
		{"sqrt", []any{-1}, "NULL", "double"},
		{"ln", []any{0}, "NULL", "double"},
		{"power", []any{0, 0}, "1.0", "double"},
		{"sign", []any{dec("0", "decimal(1,0)")}, "0", "int"},
		{"abs", []any{"-5"}, "5.0", "double"},
		{"factorial", []any{21}, "NULL", "bigint"},
		{"width_bucket", []any{5, 0, 10, 5}, "3", "int"},
		{"width_bucket", []any{10, 0, 10, 5}, "6", "int"},
		{"width_bucket", []any{5, 0, 0, 5}, "BAD_VALUE: width_bucket takes two bounds that differ and at least one bucket", "error"},
		{"rand", []any{1}, "0.7308781907032909", "double"},
		{"conv", []any{"-1", 10, 16}, "FFFFFFFFFFFFFFFF", "string"},
		{"conv", []any{-10, 16, -10}, "-16", "string"},
		{"conv", []any{"zz", 10, 16}, "0", "string"},
		{"bin", []any{-1}, strings.Repeat("1", 64), "string"},
		{"hex", []any{-1}, "FFFFFFFFFFFFFFFF", "string"},
		{"hex", []any{"é"}, "C3A9", "string"},
		{"unhex", []any{"zz"}, "NULL", "binary"},
		{"hash", []any{"a", "b", int64(1)}, "96256", "int"},
		{"hash", []any{dec("1.50", "decimal(3,2)")}, "466", "int"},
		{"hash", []any{1.5}, "1073217536", "int"},
		{"hash", []any{"é"}, "-1978", "int"},
		{"hash", []any{nil}, "0", "int"},
		{"murmur_hash", []any{"abc"}, "-885266671", "int"},
		{"crc32", []any{"ABC"}, "2743272264", "bigint"},
		{"sha2", []any{"abc", 0}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "string"},
		{"sha2", []any{"abc", 7}, "NULL", "string"},
		{"typeof", []any{dec("1.5", "decimal(2,1)")}, "decimal(2,1)", "string"},
		{"tinyint", []any{300}, "44", "tinyint"},
		{"bigint", []any{1e20}, "9223372036854775807", "bigint"},
		{"int", []any{as{"NaN", "double"}}, "0", "int"},
		{"string", []any{true}, "TRUE", "string"},
		{"timestamp", []any{1}, "TYPE: int cannot be cast to timestamp: from_unixtime_ms(x) and from_unixtime(x) read a number as a time; SET hive.strict.timestamp.conversion=false allows the cast", "error"},
		{"boolean", []any{date("2020-01-01")}, "TYPE: date cannot be cast to boolean", "error"},
		{"cast_format", []any{date("2020-01-05"), "DD/MM/YYYY", "string"}, "05/01/2020", "string"},
		{"cast_format", []any{ts("1969-12-31 23:59:59.999999999"), "yyyy hh24...PM ff", "string"}, "1969 23...PM 999999999", "string"},
		{"cast_format", []any{ts("2020-02-03"), "yyyy hh24...pm ff3 Month FMmonth DY Q WW D", "string"}, "2020 00...am 000 February  february MON 1 05 2", "string"},
		{"cast_format", []any{"2018-01-01 04 PM", "yyyy-mm-dd hh12 AM", "timestamp"}, "2018-01-01 16:00:00", "timestamp"},
		{"cast_format", []any{"2015-05-15 12::00", "yyyy-mm-dd hh:mi:ss", "timestamp"}, "NULL", "timestamp"},
		{"cast_format", []any{`2019' " ' 01-01`, `yyyy' "\" '" mm-dd`, "timestamp"}, "2019-01-01 00:00:00", "timestamp"},
		{"cast_format", []any{"31 dec 2020T235959.25", `DD MON YYYYTHH24MISS.FF`, "timestamp"}, "2020-12-31 23:59:59.25", "timestamp"},
		{"cast_format", []any{"2020-060", "YYYY-DDD", "date"}, "2020-02-29", "date"},
		{"cast_format", []any{"2020-02-30", "YYYY-MM-DD", "date"}, "NULL", "date"},
		{"cast_format", []any{"x", "YYYY?", "date"}, "BAD_VALUE: format 'YYYY?': no field begins at '?': fields are YYYY MM DD HH24 HH12 MI SS FF AM MONTH DAY and their like; other text stands in double quotes", "error"},
		{"assert_true", []any{false}, "BAD_VALUE: assert_true: the condition is not true", "error"},
	}
	for _, tt := range tests {
		value, typ := evalCall(t, tt.name, tt.args...)
		if value != tt.value || typ != tt.typ {
			t.Errorf("%s%v: got %s (%s), want %s (%s)", tt.name, tt.args, value, typ, tt.value, tt.typ)
		}
	}
}

func TestAES(t *testing.T) {
	key := "1234567890123456"
	encrypt := func(args ...expr.Expr) expr.Expr {
		e, err := expr.NewCall("aes_encrypt", args, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	// the example of Hive's manual
	if v, _ := evalCall(t, "hex", encrypt(expr.String("ABC"), expr.String(key))); v != "CBA4ACFB309839BA426E07D67F23564F" {
		t.Errorf("encrypted: %s", v)
	}
	if v, _ := evalCall(t, "aes_decrypt", encrypt(expr.String("ABC"), expr.String(key)), key); v != "ABC" {
		t.Errorf("decrypted: %s", v)
	}
	if v, _ := evalCall(t, "aes_decrypt", encrypt(expr.String("ABC"), expr.String(key)), "6543210987654321"); v != "NULL" {
		t.Errorf("decrypted with another key: %s", v)
	}
	if v, _ := evalCall(t, "aes_encrypt", "ABC", "short"); v != "NULL" {
		t.Errorf("encrypted with a short key: %s", v)
	}
}

// TestStrictTimestamps: the casts that Hive refuses by default work as it says when the check is off.
func TestStrictTimestamps(t *testing.T) {
	tests := []struct{ in, from, to, want string }{
		{"1", "int", "timestamp", "1970-01-01 00:00:00.001"},
		{"1.5", "double", "timestamp", "1970-01-01 00:00:01.5"},
		{"1304135216.4485", "decimal(20,4)", "timestamp", "2011-04-30 03:46:56.4485"},
		{"1e300", "double", "timestamp", "NULL"},
		{"1970-01-01 00:00:01.5", "timestamp", "bigint", "18001"},
		{"1970-01-01 00:00:01.5", "timestamp", "boolean", "true"},
	}
	for _, tt := range tests {
		from := lit(t, as{tt.in, tt.from})
		to, err := datatype.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		c := testCtx(t)
		c.Session.Settings["hive.strict.timestamp.conversion"] = "false"
		e, err := expr.NewCast(from, to, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := expr.EvalConst(c, e)
		if err != nil {
			t.Fatal(err)
		}
		if got := datatype.Text(v, 0); got != tt.want {
			t.Errorf("%s as %s: got %s, want %s", tt.in, tt.to, got, tt.want)
		}
	}
}

// TestZonedCasts: a point in time is shown and read by the session's clock, over both changes of the year.
func TestZonedCasts(t *testing.T) {
	c := testCtx(t)
	for in, want := range map[string]string{
		"2020-07-01 12:00:00":               "2020-07-01 12:00:00",
		"2020-03-08 02:30:00":               "2020-03-08 03:30:00", // skipped: moves on by the hour
		"2020-11-01 01:30:00":               "2020-11-01 01:30:00", // twice: the first
		"2020-07-01 12:00:00 UTC":           "2020-07-01 08:00:00",
		"2020-07-01 12:00:00 Europe/Berlin": "2020-07-01 06:00:00",
		"2020-07-01 12:00:00 No/Where":      "NULL",
	} {
		instant, err := expr.NewCast(expr.String(in), datatype.TimestampLTZ, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := expr.NewCast(instant, datatype.Timestamp, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := expr.EvalConst(c, back)
		if err != nil {
			t.Fatal(err)
		}
		if got := datatype.Text(v, 0); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestCommonTypes(t *testing.T) {
	tests := []struct{ a, b, arith, compare, branch string }{
		{"tinyint", "bigint", "bigint", "bigint", "bigint"},
		{"int", "decimal(2,1)", "decimal(11,1)", "decimal(11,1)", "decimal(11,1)"},
		{"bigint", "float", "float", "double", "float"},
		{"float", "decimal(5,2)", "float", "float", "float"},
		{"string", "int", "double", "double", "string"},
		{"string", "char(3)", "double", "string", "string"},
		{"varchar(3)", "varchar(5)", "double", "string", "varchar(5)"},
		{"date", "string", "", "date", "string"},
		{"timestamp", "string", "", "timestamp", "string"},
		{"date", "timestamp", "", "timestamp", "timestamp"},
		{"boolean", "string", "", "double", ""},
		{"boolean", "int", "", "double", ""},
		{"timestamp", "int", "", "", "string"},
		{"void", "date", "", "date", "date"},
		{"array<int>", "array<string>", "", "array<double>", "array<string>"},
		{"struct<a:int>", "struct<b:bigint>", "", "struct<a:bigint>", "struct<a:bigint>"},
		{"struct<a:int>", "struct<a:int,b:int>", "", "", ""},
		{"map<string,int>", "array<int>", "", "", ""},
		{"decimal(38,10)", "decimal(20,15)", "decimal(38,10)", "decimal(38,10)", "decimal(38,10)"},
	}
	name := func(typ arrow.DataType, err error) string {
		if err != nil {
			return ""
		}
		return datatype.Name(typ)
	}
	for _, tt := range tests {
		a, err := datatype.Parse(tt.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := datatype.Parse(tt.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := name(funcs.CommonArith(a, b)); got != tt.arith {
			t.Errorf("arithmetic of %s and %s: %q, want %q", tt.a, tt.b, got, tt.arith)
		}
		if got := name(funcs.CommonCompare(a, b)); got != tt.compare {
			t.Errorf("comparison of %s and %s: %q, want %q", tt.a, tt.b, got, tt.compare)
		}
		if got := name(funcs.CommonBranch(a, b)); got != tt.branch {
			t.Errorf("branches of %s and %s: %q, want %q", tt.a, tt.b, got, tt.branch)
		}
	}
}

// TestDecimalArithmetic compares with exact fractions, rounded once.
func TestDecimalArithmetic(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	types := []*arrow.Decimal128Type{{Precision: 5, Scale: 2}, {Precision: 18, Scale: 0}, {Precision: 38, Scale: 10}, {Precision: 38, Scale: 38}, {Precision: 38, Scale: 0}, {Precision: 20, Scale: 7}}
	random := func(typ *arrow.Decimal128Type) (decimal128.Num, *big.Rat) {
		n := new(big.Int).Rand(r, datatype.Pow10(1+r.Intn(int(typ.Precision))).BigInt())
		if r.Intn(2) == 0 {
			n.Neg(n)
		}
		return decimal128.FromBigInt(n), new(big.Rat).SetFrac(n, datatype.Pow10(int(typ.Scale)).BigInt())
	}
	for range 3000 {
		ta, tb := types[r.Intn(len(types))], types[r.Intn(len(types))]
		a, ra := random(ta)
		b, rb := random(tb)
		for _, op := range []string{"+", "-", "*", "/"} {
			want := new(big.Rat)
			switch op {
			case "+":
				want.Add(ra, rb)
			case "-":
				want.Sub(ra, rb)
			case "*":
				want.Mul(ra, rb)
			case "/":
				if rb.Sign() == 0 {
					continue
				}
				want.Quo(ra, rb)
			}
			la, _ := expr.NewLiteral(a, ta, diag.Span{})
			lb, _ := expr.NewLiteral(b, tb, diag.Span{})
			got, typ := evalCall(t, op, la, lb)
			rt, err := datatype.Parse(typ)
			if err != nil {
				t.Fatal(err)
			}
			res := rt.(*arrow.Decimal128Type)
			text := want.FloatString(int(res.Scale)) // rounds half away from zero
			if len(strings.Trim(strings.TrimLeft(strings.Replace(text, ".", "", 1), "-0"), "-")) > int(res.Precision) {
				text = "NULL"
			}
			if strings.Trim(text, "-0.") == "" {
				text = strings.TrimPrefix(text, "-")
			}
			if got != text {
				t.Fatalf("%s %s %s: got %s, want %s as %s", datatype.Text(la.Value, 0), op, datatype.Text(lb.Value, 0), got, text, typ)
			}
		}
	}
}

// TestLikeAgainstRegexp tries LIKE on all short texts and patterns of a small alphabet.
func TestLikeAgainstRegexp(t *testing.T) {
	var words func(alphabet string, n int) []string
	words = func(alphabet string, n int) []string {
		out := []string{""}
		if n == 0 {
			return out
		}
		for _, w := range words(alphabet, n-1) {
			for _, c := range alphabet {
				out = append(out, w+string(c))
			}
		}
		return out
	}
	f := funcs.FindScalar("like")
	bound, err := f.Bind([]funcs.Arg{{Type: datatype.String}, {Type: datatype.String}})
	if err != nil {
		t.Fatal(err)
	}
	c := testCtx(t)
	r := rand.New(rand.NewSource(5))
	patterns, texts := words("aé%_", 5), words("aé", 5)
	for range 4000 {
		p, s := patterns[r.Intn(len(patterns))], texts[r.Intn(len(texts))]
		want := regexp.MustCompile("^(?s:" + strings.NewReplacer("%", ".*", "_", ".").Replace(p) + ")$").MatchString(s)
		a, err := bound.Kernel(c, []funcs.Vec{{Array: expr.String(s).Value, Const: true}, {Array: expr.String(p).Value, Const: true}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := datatype.Text(a, 0) == "true"; got != want {
			t.Fatalf("%q like %q: %v", s, p, got)
		}
	}
}

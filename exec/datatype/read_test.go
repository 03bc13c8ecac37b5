package datatype

import (
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"
)

func TestParseInt(t *testing.T) {
	tests := []struct {
		in         string
		cast, lazy string // "" is NULL
	}{
		{"12", "12", "12"}, {" 12 ", "12", ""}, {"+5", "5", "5"}, {"1.7", "1", "1"}, {"1.", "1", "1"}, {".5", "0", "0"}, {"-0.9", "0", "0"},
		{"1e2", "", ""}, {"12abc", "", ""}, {"", "", ""}, {"-", "", ""}, {"--1", "", ""}, {"0x1A", "", ""}, {"1_000", "", ""}, {"1.x", "", ""},
		{"9223372036854775807", "9223372036854775807", "9223372036854775807"}, {"9223372036854775808", "", ""},
		{"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"}, {"-9223372036854775809", "", ""},
		{"99999999999999999999", "", ""}, {"0000000000000000000000012", "12", "12"}, {"12\r", "12", ""}, {"１２", "", ""},
	}
	text := func(v int64, ok bool) string {
		if !ok {
			return ""
		}
		return strconv.FormatInt(v, 10)
	}
	for _, tt := range tests {
		if got := text(ParseInt([]byte(tt.in), false)); got != tt.cast {
			t.Errorf("cast %q: got %s, want %s", tt.in, got, tt.cast)
		}
		if got := text(ParseInt([]byte(tt.in), true)); got != tt.lazy {
			t.Errorf("lazy %q: got %s, want %s", tt.in, got, tt.lazy)
		}
	}
	if FitsInt(128, 8) || !FitsInt(-128, 8) || !FitsInt(math.MaxInt64, 64) || FitsInt(1<<31, 32) {
		t.Error("FitsInt")
	}
}

func TestParseDouble(t *testing.T) {
	tests := map[string]string{
		"1.5": "1.5", " 1.5 ": "1.5", "1d": "1.0", "1f": "1.0", "1.5D": "1.5", "0x1p3": "8.0", "0x1.8p1": "3.0", "0x1p3d": "8.0", "NaN": "NaN", "-NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity",
		"+Infinity": "Infinity", "1e400": "Infinity", "-1e400": "-Infinity", "1e-400": "0.0", "1e3": "1000.0", ".5": "0.5", "5.": "5.0", "-0": "-0.0", "+1": "1.0", "2.5\r": "2.5",
		"123456789012345678": "1.2345678901234568E17", "0.1": "0.1", "1E+2": "100.0", "9007199254740993": "9.007199254740992E15",
		"nan": "", "inf": "", "1,000": "", "": "", ".": "", "-": "", "1e": "", "0x1": "", "1_0": "", "1dd": "", "e5": "", "d": "", "infinity": "", "0xp1": "", "1 2": "",
	}
	for in, want := range tests {
		got := ""
		if v, ok := ParseDouble([]byte(in)); ok {
			got = string(AppendDouble(nil, v))
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	// halfway between two floats, up by a digit that a double loses
	if v, ok := ParseFloat([]byte("1.00000017881393432617187499")); !ok || v != 1.0000001 {
		t.Errorf("ParseFloat rounds twice: %v", v)
	}
}

func TestParseDecimal(t *testing.T) {
	tests := []struct {
		in   string
		p, s int
		want string
	}{
		{"1.005", 3, 2, "1.01"}, {"1.235", 3, 2, "1.24"}, {"-1.235", 3, 2, "-1.24"}, {"0.5", 10, 0, "1"}, {"0.49", 10, 0, "0"}, {"1e3", 10, 2, "1000.00"}, {"1234.5", 4, 2, ""}, {"9.99", 2, 1, ""},
		{"123456789012", 10, 0, ""}, {" 1.5 ", 5, 2, "1.50"}, {".5", 5, 2, "0.50"}, {"5.", 5, 2, "5.00"}, {"1.255", 5, 2, "1.26"}, {"1e-3", 5, 2, "0.00"}, {"5e-3", 5, 2, "0.01"},
		{"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"}, {"99999999999999999999999999999999999999.5", 38, 0, ""}, {"100000000000000000000000000000000000000", 38, 0, ""},
		{"1e38", 38, 0, ""}, {"1e37", 38, 0, "10000000000000000000000000000000000000"}, {"0e9999999", 38, 0, ""}, {"1e-9999999", 38, 0, ""}, {"4.9E-99", 38, 18, "0.000000000000000000"}, {"4.9E-100", 38, 18, ""}, {"0000000000000000000000000000000000000000001", 38, 0, "1"},
		{"0.00000000000000000000000000000000000000000000012345", 38, 38, "0.00000000000000000000000000000000000000"},
		{"abc", 5, 2, ""}, {"", 5, 2, ""}, {".", 5, 2, ""}, {"1e", 5, 2, ""}, {"1.2.3", 5, 2, ""}, {"1d", 5, 2, ""}, {"+1", 5, 2, "1.00"}, {"NaN", 5, 2, ""},
	}
	for _, tt := range tests {
		got := ""
		if v, ok := ParseDecimal([]byte(tt.in), tt.p, tt.s); ok {
			got = string(AppendDecimal(nil, v, tt.s))
		}
		if got != tt.want {
			t.Errorf("%q as decimal(%d,%d): got %s, want %s", tt.in, tt.p, tt.s, got, tt.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	tests := map[string]string{
		"2020-1-1": "2020-01-01", "2020-01-01 01:02:03": "2020-01-01", "2020-01-01abc": "2020-01-01", "  2020-01-01": "2020-01-01", "0001-01-01": "0001-01-01", "9999-12-31": "9999-12-31",
		"2020-02-29": "2020-02-29", "2020-02-30": "", "2019-02-29": "", "2020-13-01": "", "20200101": "", "2020": "", "10000-01-01": "", "abc": "", "": "", "0000-00-00": "", "2020-01-": "", "2020-1-123": "", "2020-00-10": "",
	}
	for in, want := range tests {
		got := ""
		if d, ok := ParseDate([]byte(in)); ok {
			got = string(AppendDate(nil, d))
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestParseTimestamp(t *testing.T) {
	tests := []struct{ in, cast, lazy string }{
		{"2020-01-01", "2020-01-01 00:00:00", ""},
		{"2020-01-01 1:2:3", "2020-01-01 01:02:03", "2020-01-01 01:02:03"},
		{"2020-01-01T01:02:03", "2020-01-01 01:02:03", "2020-01-01 01:02:03"},
		{"2020-01-01 01:02:03.123456789", "2020-01-01 01:02:03.123456789", "2020-01-01 01:02:03.123456789"},
		{"2020-01-01 01:02:03.1234567891", "2020-01-01 01:02:03.123456789", ""},
		{" 2020-01-01 01:02:03.5", "2020-01-01 01:02:03.5", "2020-01-01 01:02:03.5"},
		{"2020-01-01 01:02:03 ", "2020-01-01 01:02:03", "2020-01-01 01:02:03"},
		{"2020-01-01 01:02:03 UTC", "2020-01-01 01:02:03", "2020-01-01 01:02:03 zoned"},
		{"2020-01-01 01:02:03+01:00", "2020-01-01 01:02:03", "2020-01-01 00:02:03 zoned"},
		{"2020-01-01T01:02:03+01:00", "2020-01-01 00:02:03", "2020-01-01 00:02:03 zoned"},
		{"2020-01-01T01:02:03Z", "2020-01-01 01:02:03", "2020-01-01 01:02:03 zoned"},
		{"2020-01-01T01:02:03.5-0730", "2020-01-01 08:32:03.5", "2020-01-01 08:32:03.5 zoned"},
		{"2020-01-01 01:02:03 America/New_York", "2020-01-01 01:02:03", ""},
		{"2020-01-01 01:02", "2020-01-01 01:02:00", ""},
		{"2020-01-01 25:00:00", "", ""},
		{"2020-01-01 00:00:60", "", ""},
		{"2020-01-01 01:02:03 abc", "", ""},
		{"2020-01-01 01:02:03.", "", ""},
		{"2012-02-11-04:30:00", "2012-02-11 00:00:00", ""},
		{"1577836800", "", ""},
		{"", "", ""},
		{"9999-12-31T23:59:59-01:00", "", ""},
	}
	for _, tt := range tests {
		cast, lazy := "", ""
		if v, ok := ParseTimestamp([]byte(tt.in)); ok {
			cast = string(AppendTimestamp(nil, v))
		}
		if v, zoned, ok := ParseTimestampLazy([]byte(tt.in)); ok {
			lazy = string(AppendTimestamp(nil, v))
			if zoned {
				lazy += " zoned"
			}
		}
		if cast != tt.cast || lazy != tt.lazy {
			t.Errorf("%q: cast %q, lazy %q; want %q, %q", tt.in, cast, lazy, tt.cast, tt.lazy)
		}
	}
}

func TestParseInstant(t *testing.T) {
	tests := []struct {
		in, ts, zone string
		fixed, ok    bool
	}{
		{"2016-01-03 12:26:34 America/Los_Angeles", "2016-01-03 12:26:34", "America/Los_Angeles", false, true},
		{"2016-01-03 12:26:34", "2016-01-03 12:26:34", "", false, true},
		{"2016-01-03 12:26:34.1 GMT", "2016-01-03 12:26:34.1", "", true, true},
		{"2016-01-03T12:26:34+02:00", "2016-01-03 10:26:34", "", true, true},
		{"2016-01-03 Europe/Berlin", "2016-01-03 00:00:00", "Europe/Berlin", false, true},
		{"2016-01-03", "2016-01-03 00:00:00", "", false, true},
		{"2016-01-03 noon", "", "", false, false},
		{"soon", "", "", false, false},
	}
	for _, tt := range tests {
		v, zone, fixed, ok := ParseInstant([]byte(tt.in))
		if ok != tt.ok || (ok && (string(AppendTimestamp(nil, v)) != tt.ts || string(zone) != tt.zone || fixed != tt.fixed)) {
			t.Errorf("%q: %s %q %v %v", tt.in, AppendTimestamp(nil, v), zone, fixed, ok)
		}
	}
}

func TestParseIntervalsAndBools(t *testing.T) {
	for in, want := range map[string]string{"1-2": "1-2", "-1-2": "-1-2", " 0-11 ": "0-11", "1-12": "", "1": "", "x": ""} {
		got := ""
		if v, ok := ParseYearMonth([]byte(in)); ok {
			got = string(AppendYearMonth(nil, v))
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"1 02:03:04.5": "1 02:03:04.500000000", "-1 2:3:4": "-1 02:03:04.000000000", "1 24:00:00": "", "1 02:03": "", "1": "", "5 1:1:1 UTC": "", "-0 00:00:00.000000001": "-0 00:00:00.000000001",
	} {
		got := ""
		if v, ok := ParseDayTime([]byte(in)); ok {
			got = string(AppendDayTime(nil, v))
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]bool{"": false, "false": false, "FALSE": false, "no": false, "Off": false, "0": false, "true": true, " ": true, "F": true, "n": true, "1": true} {
		if got := ParseBoolCast([]byte(in)); got != want {
			t.Errorf("boolean of %q is %v", in, got)
		}
	}
	for in, want := range map[string]string{"true": "true", "FALSE": "false", "1": "extended", "t": "extended", "yes": "none"} {
		_, plain := ParseBool([]byte(in), false)
		_, extended := ParseBool([]byte(in), true)
		if plain != (want == "true" || want == "false") || extended != (want != "none") {
			t.Errorf("%q: %v, %v", in, plain, extended)
		}
	}
}

func TestCivil(t *testing.T) {
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := int32(MinDay); d <= MaxDay; d += 13 {
		y, m, dd := Civil(d)
		want := day.AddDate(0, 0, int(d-MinDay))
		if y != want.Year() || m != int(want.Month()) || dd != want.Day() || DaysOf(y, m, dd) != d {
			t.Fatalf("day %d is %d-%d-%d, want %s", d, y, m, dd, want)
		}
	}
	for _, tt := range []struct {
		from, to string
		months   int
	}{{"2020-01-31", "2020-02-29", 1}, {"2020-03-31", "2019-02-28", -13}, {"2020-12-15", "2021-01-15", 1}} {
		d, _ := ParseDate([]byte(tt.from))
		if got := string(AppendDate(nil, AddMonths(d, tt.months))); got != tt.to {
			t.Errorf("%s %+d months: %s, want %s", tt.from, tt.months, got, tt.to)
		}
	}
}

// TestReadingAllocatesNothing guards the paths that run for every field of a file.
func TestReadingAllocatesNothing(t *testing.T) {
	whole, double, hard := []byte("-12345"), []byte("12.5"), []byte("1.7976931348623157e308")
	dec, date, ts := []byte("12345.678"), []byte("2020-01-05"), []byte("2020-01-05 01:02:03.5")
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		ParseInt(whole, true)
		ParseDouble(double)
		ParseDouble(hard)
		d, _ := ParseDecimal(dec, 20, 2)
		ParseDate(date)
		v, _ := ParseTimestamp(ts)
		ParseTimestampLazy(ts)
		AppendTimestamp(AppendDecimal(AppendDouble(buf, 1.25e-9), d, 2), v)
		RescaleDecimal(d, 2, 10, 0)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestDivision compares QuoRem with big.Int.
func TestDivision(t *testing.T) {
	for i := range MaxPrecision + 1 {
		for j := range MaxPrecision + 1 {
			for _, neg := range []bool{false, true} {
				a, b := Pow10(i).Sub(Pow10(i/3)), Pow10(j).Add(Pow10(j/2))
				if neg {
					a = a.Negate()
				}
				q, r := QuoRem(a, b)
				bq, br := new(big.Int).QuoRem(a.BigInt(), b.BigInt(), new(big.Int))
				if q.BigInt().Cmp(bq) != 0 || r.BigInt().Cmp(br) != 0 {
					t.Errorf("%s / %s: %s rest %s", a.BigInt(), b.BigInt(), q.BigInt(), r.BigInt())
				}
			}
		}
	}
}

// FuzzParse: no text makes a reader panic, and what is read is written so that it reads the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-1.5e3", "0x1p3d", "NaN", "2020-01-05 01:02:03.5+01:00", "1 2:3:4", "-1-2", "999999999999999999999999999999999999999", ".", "e", "0x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ParseInt(b, true)
		ParseInt(b, false)
		ParseFloat(b)
		ParseBool(b, true)
		ParseTimestampLazy(b)
		ParseInstant(b)
		if v, ok := ParseDouble(b); ok && v == v {
			if w, ok := ParseDouble(AppendDouble(nil, v)); !ok || w != v {
				t.Errorf("%q: %v is written as %v", b, v, w)
			}
		}
		if v, ok := ParseDecimal(b, 38, 10); ok {
			if w, ok := ParseDecimal(AppendDecimal(nil, v, 10), 38, 10); !ok || w != v {
				t.Errorf("%q: %s is written as %s", b, v.ToString(10), w.ToString(10))
			}
		}
		if v, ok := ParseDate(b); ok {
			if w, ok := ParseDate(AppendDate(nil, v)); !ok || w != v {
				t.Errorf("%q: day %d becomes %d", b, v, w)
			}
		}
		if v, ok := ParseTimestamp(b); ok {
			if w, ok := ParseTimestamp(AppendTimestamp(nil, v)); !ok || w != v {
				t.Errorf("%q: %s becomes %s", b, AppendTimestamp(nil, v), AppendTimestamp(nil, w))
			}
		}
		if v, ok := ParseDayTime(b); ok {
			if w, ok := ParseDayTime(AppendDayTime(nil, v)); !ok || w != v {
				t.Errorf("%q: %s becomes %s", b, AppendDayTime(nil, v), AppendDayTime(nil, w))
			}
		}
		if v, ok := ParseYearMonth(b); ok {
			if w, ok := ParseYearMonth(AppendYearMonth(nil, v)); !ok || w != v {
				t.Errorf("%q: %d becomes %d", b, v, w)
			}
		}
	})
}

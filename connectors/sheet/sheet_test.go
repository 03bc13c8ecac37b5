package sheet

import (
	"math"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/proto/diag"
)

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name  string
		props map[string]string
		want  string
		kind  diag.Kind
	}{
		{"none", nil, "", ""},
		{"strings", map[string]string{"columns": "a,b"}, "a utf8 a; b utf8 b", ""},
		{"types", map[string]string{"columns": "a,b,c,d", "columns.types": "int:decimal(10,2):varchar(5):timestamp"},
			"a int32 a; b decimal(10, 2) b; c utf8 c; d timestamp[us] d", ""},
		{"mapping", map[string]string{"columns": "a,b", "map": "First, Second ", "map2": "x,y"}, "a utf8 First; b utf8 Second", ""},
		{"second mapping", map[string]string{"columns": "a,b", "map2": "x,y"}, "a utf8 x; b utf8 y", ""},
		{"delimiter", map[string]string{"columns": "a;b,c", "column.name.delimiter": ";"}, "a utf8 a; b,c utf8 b,c", ""},
		{"too few types", map[string]string{"columns": "a,b", "columns.types": "int"}, "", diag.Config},
		{"too few headers", map[string]string{"columns": "a,b", "map": "x"}, "", diag.Config},
		{"nested", map[string]string{"columns": "a", "columns.types": "map<string,int>"}, "", diag.Type},
		{"struct", map[string]string{"columns": "a,b", "columns.types": "int:struct<x:int,y:array<int>>"}, "", diag.Type},
		{"odd decimal", map[string]string{"columns": "a", "columns.types": "decimal(5,9)"}, "", diag.Type},
	} {
		columns, err := Columns(c.props, "map", "map2")
		var got []string
		for _, col := range columns {
			got = append(got, col.Name+" "+col.Type.String()+" "+col.Header)
		}
		if text := strings.Join(got, "; "); text != c.want || diag.KindOf(err) != c.kind {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
	}
}

func TestPositions(t *testing.T) {
	columns := []Column{{Name: "a", Header: "Day"}, {Name: "b", Header: "count"}}
	got, err := Positions(columns, []string{"x", " COUNT ", "", "day", "Day"}, "sheet")
	if err != nil || got[0] != 3 || got[1] != 1 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = Positions(columns, []string{"dai", "count"}, "sheet")
	if diag.KindOf(err) != diag.NotFound || !strings.Contains(err.Error(), `did you mean "dai"?`) {
		t.Errorf("%v", err)
	}
}

// TestRoundTrip encodes values and reads them back as the same type and as text.
func TestRoundTrip(t *testing.T) {
	for _, c := range []struct{ hive, value, cell, text string }{
		{"int", "-5", "n -5", "-5"},
		{"tinyint", "-128", "n -128", "-128"},
		{"bigint", "9007199254740992", "n 9007199254740992", "9.007199254740992e+15"},
		{"bigint", "9007199254740993", "t 9007199254740993", "9007199254740993"},
		{"bigint", "-9223372036854775808", "t -9223372036854775808", "-9223372036854775808"},
		{"boolean", "true", "b 1", "true"},
		{"boolean", "false", "b 0", "false"},
		{"double", "0.1", "n 0.1", "0.1"},
		{"double", "1e+300", "n 1e+300", "1e+300"},
		{"double", "NaN", "t NaN", "NaN"},
		{"double", "-Inf", "t -Infinity", "-Infinity"},
		{"float", "0.1", "n 0.1", "0.1"},
		{"decimal(10,2)", "-1.50", "n -1.50", "-1.5"},
		{"decimal(38,2)", "123456789012345678901234567890.12", "t 123456789012345678901234567890.12", "123456789012345678901234567890.12"},
		{"date", "2011-12-06", "d 40883", "2011-12-06"},
		{"date", "1900-03-01", "d 61", "1900-03-01"},
		{"date", "1899-12-31", "t 1899-12-31", "1899-12-31"},
		{"date", "9999-12-31", "d 2958465", "9999-12-31"},
		{"timestamp", "2011-12-06 01:02:03.123456", "dt", "2011-12-06 01:02:03.123456"},
		{"timestamp", "2011-12-06 00:00:00", "dt", "2011-12-06 00:00:00"},
		{"timestamp", "1803-01-01 01:00:00", "t 1803-01-01 01:00:00", "1803-01-01 01:00:00"},
		{"string", "=1+1", "t =1+1", "=1+1"},
		{"string", "", "t ", ""},
		{"binary", "aGk=", "t aGk=", "aGk="},
	} {
		dt, err := Type(c.hive)
		if err != nil {
			t.Fatal(err)
		}
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		Append(b, Cell{Kind: Text, Text: c.value})
		in := b.NewArray()
		enc, err := Encoder(in, 1000)
		if err != nil {
			t.Fatal(err)
		}
		cell := enc(0)
		kind := map[Kind]string{Empty: "empty", Text: "t " + cell.Text, Number: "n " + cell.Text, Bool: "b 0", Date: "d " + Cell{Kind: Number, Number: cell.Number}.String(), DateTime: "dt"}[cell.Kind]
		if cell.Kind == Bool && cell.Number == 1 {
			kind = "b 1"
		}
		if kind != c.cell || cell.String() != c.text {
			t.Errorf("%s %s: cell %q, text %q, want %q, %q", c.hive, c.value, kind, cell.String(), c.cell, c.text)
		}
		Append(b, cell)
		out := b.NewArray()
		if !array.Equal(in, out) && c.value != "NaN" {
			t.Errorf("%s %s: read back as %v", c.hive, c.value, out)
		}
	}
}

// TestMisfits are cells that are no value of the column: NULL.
func TestMisfits(t *testing.T) {
	num := func(v float64) Cell { return Cell{Kind: Number, Number: v} }
	text := func(s string) Cell { return Cell{Kind: Text, Text: s} }
	for _, c := range []struct {
		hive string
		cell Cell
		want string
	}{
		{"int", num(1.5), "(null)"},
		{"int", num(2147483648), "(null)"},
		{"int", num(math.Inf(1)), "(null)"},
		{"bigint", num(9.3e18), "(null)"},
		{"int", text(" 7 "), "7"},
		{"int", text("7x"), "(null)"},
		{"int", text(""), "(null)"},
		{"int", Cell{Kind: Bool, Number: 1}, "1"},
		{"boolean", text("TRUE"), "true"},
		{"boolean", text("yes"), "(null)"},
		{"boolean", num(0), "false"},
		{"decimal(3,1)", num(1.25), "1.3"},
		{"decimal(3,1)", num(-1.25), "-1.3"},
		{"decimal(3,1)", num(99.95), "(null)"},
		{"decimal(3,1)", num(1e300), "(null)"},
		{"decimal(3,1)", text("1e9"), "(null)"},
		{"decimal(3,1)", text("1/3"), "(null)"},
		{"decimal(3,1)", text(""), "(null)"},
		{"date", num(40883.9), "2011-12-06"},
		{"date", num(-1), "(null)"},
		{"date", num(1), "1900-01-01"},
		{"date", text("2011-12-06 23:00:00"), "2011-12-06"},
		{"date", text("6.12.2011"), "(null)"},
		{"timestamp", text("1969-12-31T23:59:59"), "1969-12-31 23:59:59"},
		{"string", num(1e3), "1000"},
		{"string", num(0.1), "0.1"},
		{"string", Cell{Kind: Bool, Number: 1}, "true"},
		{"string", Cell{}, "(null)"},
	} {
		dt, err := Type(c.hive)
		if err != nil {
			t.Fatal(err)
		}
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		Append(b, c.cell)
		a := b.NewArray()
		got := a.ValueStr(0)
		if dt.ID() == arrow.TIMESTAMP && !a.IsNull(0) {
			got = formatMicros(int64(a.(*array.Timestamp).Value(0)))
		}
		if got != c.want {
			t.Errorf("%s of %+v: %s, want %s", c.hive, c.cell, got, c.want)
		}
	}
}

func TestNested(t *testing.T) {
	b := array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int32)
	if _, err := Encoder(b.NewArray(), 10); diag.KindOf(err) != diag.Type {
		t.Errorf("%v", err)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)}}, nil)
	if err := CheckRows([]Column{{Name: "l"}}, schema); diag.KindOf(err) != diag.Type {
		t.Errorf("%v", err)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"}, {"tab\tnl\ncr\r", "tab\tnl\ncr\r"}, {"a\x00b\x1f", "a\ufffdb\ufffd"}, {"bad\xff", "bad\ufffd"},
		{"0123456789", "0123456789"}, {"0123456789a", "012345678…"}, {"01234567😀", "01234567😀"}, {"012345678😀", "012345678…"},
		{"01234567é\x009", "01234567é…"}, {"日本語日本語日本語日本", "日本語日本語日本語…"},
	} {
		if got := Clean(c.in, 10); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x00😀", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 2 || limit > 1000 {
			return
		}
		got := Clean(s, limit)
		if !utf8.ValidString(got) || len(utf16.Encode([]rune(got))) > limit || strings.ContainsRune(got, 0) {
			t.Errorf("%q cut to %d: %q", s, limit, got)
		}
	})
}

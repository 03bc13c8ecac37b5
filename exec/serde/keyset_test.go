package serde

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// keySetOf is the set of the values that texts are of a type.
func keySetOf(t testing.TB, typ string, texts ...string) *KeySet {
	t.Helper()
	dt, err := datatype.Parse(typ)
	if err != nil {
		t.Fatal(err)
	}
	return NewKeySet(constants(dt, texts...))
}

// has reports what number or text do, which the loops over a column ask.
func (s *KeySet) has(v any) bool {
	switch v := v.(type) {
	case string:
		return s.text([]byte(v))
	case int64:
		one := keepAmong(s, []int64{v}, []uint32{0})
		if s.number(v) != (len(one) == 1) {
			panic("number and keepAmong differ")
		}
		return len(one) == 1
	}
	return false
}

func TestKeySet(t *testing.T) {
	for _, c := range []struct {
		typ    string
		values []string
		others []any // that it must know not to hold
	}{
		{"bigint", nil, []any{int64(0), int64(1), int64(math.MinInt64)}},
		{"bigint", []string{"none"}, []any{int64(0)}},
		{"int", []string{"7"}, []any{int64(6), int64(8)}},
		{"bigint", []string{"100", "130", "none", "-20"}, []any{int64(0), int64(101), int64(-21), int64(131)}},
		{"bigint", []string{"-9223372036854775808", "9223372036854775807", "0"}, nil},
		{"date", []string{"2024-01-31", "2024-01-01"}, []any{int64(19724), int64(0)}},
		{"tinyint", []string{"-128", "127"}, []any{int64(0)}},
		{"smallint", []string{"5"}, []any{int64(4)}},
		{"string", []string{"", "a", "é", strings.Repeat("long", 100)}, nil},
	} {
		s := keySetOf(t, c.typ, c.values...)
		for _, text := range c.values {
			v, ok := any(text), true
			if c.typ != "string" {
				var k int64
				a := constants(s.typ, text)
				if k, ok = literalKeyAny(a); ok {
					v = k
				}
			}
			if ok && !s.has(v) {
				t.Errorf("%s %v lacks %v", c.typ, c.values, v)
			}
		}
		for _, v := range c.others {
			if s.has(v) {
				t.Errorf("%s %v holds %v", c.typ, c.values, v)
			}
		}
	}
	for _, typ := range []string{"double", "decimal(5,2)", "varchar(3)", "boolean"} {
		if keySetOf(t, typ, "1") != nil {
			t.Errorf("a set of %s", typ)
		}
	}
}

// literalKeyAny is the number that a's value is; false for NULL.
func literalKeyAny(a arrow.Array) (int64, bool) {
	if a.IsNull(0) {
		return 0, false
	}
	if k, ok := literalKey(a, 0); ok {
		return k, true
	}
	return a.(*array.Int64).Value(0), true // an end of int64
}

// TestKeySetErrs counts how many values far apart are held wrongly.
func TestKeySetErrs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for range 10_000 {
		texts = append(texts, fmt.Sprint(rnd.Int64()))
	}
	for _, typ := range []string{"bigint", "string"} {
		s, wrong := keySetOf(t, typ, texts...), 0
		for range 100_000 {
			v := rnd.Int64()
			if typ == "string" && s.has(fmt.Sprint(v)) || typ == "bigint" && s.has(v) {
				wrong++
			}
		}
		if wrong > 1000 {
			t.Errorf("%s: %d of 100000 values are held wrongly", typ, wrong)
		}
		if s.Size() > 8*8192 {
			t.Errorf("%s: %d bytes", typ, s.Size())
		}
	}
}

// TestAmong reads rows by a set, record by record and by chunks: no row of a value in it is missing, few others come, and a set
// that spares nothing is not asked for long.
func TestAmong(t *testing.T) {
	var data strings.Builder
	for i := range 3 * askedFirst {
		fmt.Fprintf(&data, "%d,k%d,x%d\n", i%1000, i%1000, i)
	}
	for _, format := range []string{"delimited", "csv"} {
		props := map[string]string{"field.delim": ",", "typed": "true"}
		table, _ := tableOf(t, format, props, "n int", "s string", "x string")
		for _, c := range []struct {
			column   int
			typ      string
			values   []string
			least    int
			most     int
			addsBack bool
		}{
			{0, "int", []string{"5", "17"}, 26, 26, false},
			{1, "string", []string{"k5", "k17"}, 26, 200, false},
			{0, "int", nil, 0, 0, false},
		} {
			need := Need{Columns: []int{0, 1, 2}, Where: []Predicate{{Column: c.column, Op: Among, Keys: keySetOf(t, c.typ, c.values...)}}}
			if !table.Pushes(need.Where[0]) {
				t.Fatalf("%s: not taken", format)
			}
			for _, chunked := range []bool{false, true} {
				rows, _ := rowsOf(t, table, need, chunked, []byte(data.String()))
				if len(rows) < c.least || len(rows) > c.most {
					t.Errorf("%s, %v, chunked %t: %d rows, want %d to %d", format, c.values, chunked, len(rows), c.least, c.most)
				}
			}
		}
		var most []string
		for i := range 900 {
			most = append(most, fmt.Sprint(i))
		}
		need := Need{Columns: []int{0}, Where: []Predicate{{Column: 0, Op: Among, Keys: keySetOf(t, "int", most...)}}}
		rows, _ := rowsOf(t, table, need, false, []byte(data.String()+"bad\n"))
		if want := 3*askedFirst - 400 + 1; len(rows) != want {
			t.Errorf("%s: %d rows of a set that spares a tenth, want %d", format, len(rows), want)
		}
	}
}

func TestAmongAllocs(t *testing.T) {
	s := keySetOf(t, "bigint", "1", "3000000", "9000000000")
	v, sel := make([]int64, 1024), make([]uint32, 1024)
	if n := testing.AllocsPerRun(10, func() {
		for i := range sel {
			sel[i] = uint32(i)
		}
		keepAmong(s, v, sel)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkKeySet(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		most int64
	}{{"exact", 600_000}, {"hashed", math.MaxInt64}} {
		texts := make([]string, 150_000)
		for i := range texts {
			texts[i] = fmt.Sprint(rnd.Int64N(c.most))
		}
		s := keySetOf(b, "bigint", texts...)
		v, sel := make([]int64, 16384), make([]uint32, 16384)
		for i := range v {
			v[i] = rnd.Int64N(c.most)
		}
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(8 * int64(len(v)))
			b.ReportAllocs()
			for range b.N {
				for i := range sel {
					sel[i] = uint32(i)
				}
				keepAmong(s, v, sel)
			}
		})
	}
}

package serde

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// constants are the values that a test compares columns of a type with.
func constants(t arrow.DataType, list ...string) arrow.Array {
	texts := make([]*string, len(list))
	for i := range list {
		texts[i] = &list[i]
	}
	return Values(t, texts)
}

// literals are texts of interesting values of types.
var literals = map[string][]string{
	"string": {"x", "a", "", "é"}, "int": {"1", "2", "-5"}, "bigint": {"3", "9223372036854775807"}, "double": {"2.5", "NaN", "0"},
	"tinyint": {"12", "-128"}, "date": {"2020-01-02"}, "timestamp": {"2020-01-02 03:04:05"}, "decimal(5,2)": {"1.26", "0"}, "float": {"1.5"},
}

// predicates are conditions of every kind on every column; not all are taken.
func predicates(spec Spec) (out []Predicate) {
	for i, c := range spec.Columns {
		out = append(out, Predicate{Column: i, Op: IsNull}, Predicate{Column: i, Op: IsNotNull})
		list := literals[datatype.Name(c.Type)]
		if list == nil {
			continue
		}
		for op := Equal; op <= GreaterEqual; op++ {
			for _, l := range list {
				out = append(out, Predicate{Column: i, Op: op, Values: constants(c.Type, l)})
			}
		}
		out = append(out, Predicate{Column: i, Op: In, Values: constants(c.Type, list...)})
		for op := HasPrefix; op <= Contains && datatype.IsText(c.Type); op++ {
			out = append(out, Predicate{Column: i, Op: op, Values: constants(c.Type, "x")}, Predicate{Column: i, Op: op, Values: constants(c.Type, "")})
		}
	}
	f, _ := Lookup("delimited")
	table, err := f.Open(spec)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(out, func(p Predicate) bool { return !table.Pushes(p) })
}

// predicatesOf takes one condition of each column.
func predicatesOf(spec Spec, columns ...int) (out []Predicate) {
	all := predicates(spec)
	for _, c := range columns {
		i := slices.IndexFunc(all, func(p Predicate) bool { return p.Column == c && p.Op != IsNull })
		if i >= 0 {
			out = append(out, all[i])
		}
	}
	return out
}

// filtered reads all rows without conditions and then applies them as the comparisons of SQL are defined.
func filtered(t testing.TB, table *Table, need Need, data []byte) (rows []string) {
	t.Helper()
	d, err := table.NewDecoder(Need{Columns: need.Columns})
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(Need{Columns: need.Columns})
	for b := data; len(b) > 0; {
		rec, n := table.Framing.Next(b, true)
		if err := d.Decode(rec, cols); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	n, arrays := cols.Rows(), cols.Finish()
	for r := range n {
		row, keep := "", true
		for _, a := range arrays {
			row += datatype.Text(a, r) + "|"
		}
		for _, p := range need.Where {
			keep = keep && isTrue(p, arrays[slices.Index(need.Columns, p.Column)], r)
		}
		if keep {
			rows = append(rows, row)
		}
	}
	return rows
}

func isTrue(p Predicate, a arrow.Array, r int) bool {
	if null := vec.IsNull(a, r); null || p.Op >= IsNull {
		return null == (p.Op == IsNull) && p.Op >= IsNull
	}
	switch p.Op {
	case In:
		for i := range p.Values.Len() {
			if vec.Equal(a, r, p.Values, i) {
				return true
			}
		}
		return false
	case HasPrefix:
		return strings.HasPrefix(a.(*array.String).Value(r), p.Values.(*array.String).Value(0))
	case HasSuffix:
		return strings.HasSuffix(a.(*array.String).Value(r), p.Values.(*array.String).Value(0))
	case Contains:
		return strings.Contains(a.(*array.String).Value(r), p.Values.(*array.String).Value(0))
	}
	c := vec.Compare(a, r, p.Values, 0)
	return [...]bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[p.Op]
}

// TestPushes names what is not taken: what decoders do not compare as SQL does.
func TestPushes(t *testing.T) {
	f, _ := Lookup("delimited")
	var spec Spec
	for _, typ := range []string{"int", "string", "varchar(3)", "array<int>", "bigint", "double"} {
		ty, _ := datatype.Parse(typ)
		spec.Columns = append(spec.Columns, Column{typ, ty})
	}
	table, err := f.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		p    Predicate
		want bool
	}{
		{"int = 1", Predicate{Column: 0, Op: Equal, Values: constants(datatype.Int, "1")}, true},
		{"int = bigint", Predicate{Column: 0, Op: Equal, Values: constants(datatype.BigInt, "1")}, false},
		{"int = NULL", Predicate{Column: 0, Op: Equal, Values: constants(datatype.Int, "none")}, false},
		{"int in ()", Predicate{Column: 0, Op: In, Values: constants(datatype.Int)}, true},
		{"int prefix", Predicate{Column: 0, Op: HasPrefix, Values: constants(datatype.Int, "1")}, false},
		{"string < 'a'", Predicate{Column: 1, Op: Less, Values: constants(datatype.String, "a")}, true},
		{"varchar = 'a'", Predicate{Column: 2, Op: Equal, Values: constants(spec.Columns[2].Type, "a")}, false},
		{"varchar is null", Predicate{Column: 2, Op: IsNull, Values: nil}, true},
		{"array is null", Predicate{Column: 3, Op: IsNull, Values: nil}, false},
		{"the largest bigint", Predicate{Column: 4, Op: Less, Values: constants(datatype.BigInt, "9223372036854775807")}, false},
		{"NaN", Predicate{Column: 5, Op: Less, Values: constants(datatype.Double, "NaN")}, false},
	} {
		if got := table.Pushes(c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	csv, err := Lookup("csv")
	if err != nil {
		t.Fatal(err)
	}
	if table, err = csv.Open(spec); err == nil && table.Pushes(Predicate{Column: 1, Op: Equal, Values: constants(datatype.String, "a")}) != csv.where {
		t.Error("a format takes conditions that it does not know")
	}
}

// TestWantedKeys reads some entries of a map, and all where keys may hold escapes.
func TestWantedKeys(t *testing.T) {
	const rec = "a:1|b:2|a:3|c|\\N:4,x"
	for _, c := range []struct {
		props map[string]string
		keys  []string
		want  string
	}{
		{nil, nil, `{"a":1,"b":2,"c":null}|x|`},
		{nil, []string{"a"}, `{"a":1}|x|`},
		{nil, []string{"c", "b"}, `{"b":2,"c":null}|x|`},
		{nil, []string{"d"}, `{}|x|`},
		{map[string]string{"escape.delim": "^"}, []string{"a"}, `{"a":1,"b":2,"c":null}|x|`},
	} {
		props := map[string]string{"field.delim": ",", "collection.delim": "|", "mapkey.delim": ":"}
		for k, v := range c.props {
			props[k] = v
		}
		table, _ := tableOf(t, "delimited", props, "m map<string,int>", "s string")
		need := Need{Columns: []int{0, 1}, Fields: [][]string{c.keys}}
		for _, chunked := range []bool{false, true} {
			if rows, _ := rowsOf(t, table, need, chunked, []byte(rec+"\n")); len(rows) != 1 || rows[0] != c.want {
				t.Errorf("%v, %v: %q, want %q", c.keys, c.props, rows, c.want)
			}
		}
	}
}

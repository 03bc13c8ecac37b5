package serde

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// TestMapEntries: entries that are read as columns are those of the whole map, in formats that know maps.
func TestMapEntries(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	keys := []string{"a", "ab", "", "k:x", `e,f`, `\N`, "none"}
	delimited := func() string {
		if r.IntN(10) == 0 {
			return "1\t" + pick(`\N`, "", ",", ":", ",,", "a", `a\`)
		}
		var entries []string
		for range r.IntN(6) {
			entries = append(entries, pick("a", "ab", "", `k\:x`, "k:x", `e\,f`, `\N`, "b")+pick(":", "", "::")+pick("1", "", "22", `\N`, "x", `3\,4`, "5:6"))
		}
		return pick("1\t", "\\N\t") + strings.Join(entries, ",")
	}
	json := func() string {
		var entries []string
		for range r.IntN(6) {
			entries = append(entries, pick(`"a"`, `"ab"`, `""`, `"k:x"`, `"e,f"`, `"\u0061"`, `"\\N"`, `"b"`)+":"+pick("1", "null", `"22"`, `"x"`, "{}", "[1,2]"))
		}
		return `{"i":1,"m":` + pick("{"+strings.Join(entries, ", ")+"}", "{"+strings.Join(entries, ",")+"}", "null", "5", "{") + pick("}", "}", "}", "")
	}
	sep := map[string]string{"field.delim": "\t", "collection.delim": ",", "mapkey.delim": ":"}
	escaped := map[string]string{"field.delim": "\t", "collection.delim": ",", "mapkey.delim": ":", "escape.delim": `\`}
	for _, c := range []struct {
		name, format string
		props        map[string]string
		record       func() string
	}{
		{"delimited", "delimited", sep, delimited}, {"escaped", "delimited", escaped, delimited}, {"json", "json", nil, json},
	} {
		for _, typ := range []string{"map<string,string>", "map<string,int>"} {
			t.Run(c.name+" "+typ, func(t *testing.T) {
				mapType, err := datatype.Parse(typ)
				if err != nil {
					t.Fatal(err)
				}
				f, err := Lookup(c.format)
				if err != nil {
					t.Fatal(err)
				}
				table, err := f.Open(Spec{Columns: []Column{{"i", datatype.Int}, {"m", mapType}}, Props: c.props})
				if err != nil {
					t.Fatal(err)
				}
				var data []byte
				for range 2000 {
					data = append(append(data, c.record()...), '\n')
				}
				whole := decodeAs(t, table, Need{Columns: []int{1}}, data).(*array.Map)
				got := decodeAs(t, table, Need{Columns: []int{1}, Fields: [][]string{keys}, Entries: []bool{true}}, data).(*array.Struct)
				if got.Len() != whole.Len() {
					t.Fatalf("%d rows, want %d", got.Len(), whole.Len())
				}
				found := 0
				for i := range whole.Len() {
					for k, key := range keys {
						want := lookUpEntry(whole, i, key)
						if have := got.Field(k).ValueStr(i); have != want {
							t.Errorf("row %d, %s: %q is %s, want %s", i, whole.ValueStr(i), key, have, want)
						} else if want != array.NullValueStr {
							found++
						}
					}
				}
				if found < 100 {
					t.Errorf("only %d entries found", found)
				}
			})
		}
	}
}

func lookUpEntry(m *array.Map, i int, key string) string {
	if m.IsNull(i) {
		return array.NullValueStr
	}
	from, to := m.ValueOffsets(i)
	for j := int(from); j < int(to); j++ {
		if m.Keys().ValueStr(j) == key {
			return m.Items().ValueStr(j)
		}
	}
	return array.NullValueStr
}

// decodeAs decodes data into the one column that need wants, by records and by chunks, which must give the same.
func decodeAs(t *testing.T, table *Table, need Need, data []byte) arrow.Array {
	t.Helper()
	var out []arrow.Array
	for _, chunks := range []bool{false, true} {
		d, err := table.NewDecoder(need)
		if err != nil {
			t.Fatal(err)
		}
		cols := table.NewColumns(need)
		if chunk, ok := d.(ChunkDecoder); ok && chunks {
			err = chunk.DecodeChunk(data, cols)
		} else {
			for b := data; len(b) > 0 && err == nil; {
				rec, n := table.Framing.Next(b, true)
				err = d.Decode(rec, cols)
				b = b[n:]
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, cols.Finish()[0])
	}
	if a, b := fmt.Sprint(out[0]), fmt.Sprint(out[1]); a != b {
		t.Errorf("by records %s, by chunks %s", a, b)
	}
	return out[0]
}

package serde

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// hiveCase is one record of testdata/serde/hive.txt.
type hiveCase struct {
	line   int
	header string
	record string
	want   string
}

// readHive reads the file of what Hive's SerDes answered.
func readHive(t *testing.T) []hiveCase {
	t.Helper()
	data, err := os.ReadFile("../../testdata/serde/hive.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []hiveCase
	header := ""
	for i, line := range strings.Split(string(data), "\n") {
		record, want, ok := strings.Cut(line, "  =>  ")
		switch {
		case strings.HasPrefix(line, "@"):
			header = line[1:]
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "     !>  "):
			out[len(out)-1].want, _, _ = strings.Cut(line[9:], "  -- ")
		case strings.HasPrefix(line, "  INIT ERR "):
			out = append(out, hiveCase{i + 1, header, "", "INIT ERR"})
		case ok && strings.HasPrefix(record, "   "):
			out = append(out, hiveCase{i + 1, header, unhex(t, record[3:]), strings.TrimSuffix(want, " ")})
		case line != "" && len(out) > 0: // a value with a newline
			c := &out[len(out)-1]
			c.want += "\n" + strings.TrimSuffix(line, " ")
		}
	}
	return out
}

func unhex(t *testing.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '~' {
			c, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				t.Fatal(err)
			}
			b.Write(c)
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitTypes splits at the colons that are not within <>.
func splitTypes(s string) (out []string) {
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		case ':':
			if depth == 0 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

func (c hiveCase) table(t *testing.T) (*Format, Spec) {
	t.Helper()
	parts := strings.Split(c.header, ";;")
	f, err := Lookup(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Props: map[string]string{}}
	types := splitTypes(parts[2])
	for i, name := range strings.Split(parts[1], ",") {
		typ, err := datatype.Parse(types[i])
		if err != nil {
			t.Fatal(err)
		}
		spec.Columns = append(spec.Columns, Column{name, typ})
	}
	for _, p := range parts[3:] {
		if k, v, ok := strings.Cut(p, "="); ok {
			spec.Props[k] = unhex(t, v)
		}
	}
	return f, spec
}

// hiveRow prints a row as the file has it.
func hiveRow(spec Spec, cols []arrow.Array, row int) string {
	var b strings.Builder
	for i, a := range cols {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(spec.Columns[i].Name + "=")
		switch v := a.(type) {
		case *array.Binary:
			if v.IsNull(row) {
				b.WriteString("NULL")
				continue
			}
			b.WriteString("<[")
			for j, x := range v.Value(row) {
				if j > 0 {
					b.WriteString(", ")
				}
				fmt.Fprint(&b, int8(x))
			}
			b.WriteString("]>")
		case *array.List, *array.Map, *array.Struct:
			b.WriteString(datatype.Text(a, row))
		case *array.Decimal128:
			if a.IsValid(row) && datatype.IsDecimal(a.DataType()) {
				scale := int(a.DataType().(*arrow.Decimal128Type).Scale)
				b.WriteString("<" + string(datatype.AppendDecimalTrimmed(nil, v.Value(row), scale)) + ">")
				continue
			}
			b.WriteString(angle(a, row))
		default:
			b.WriteString(angle(a, row))
		}
	}
	return b.String()
}

func angle(a arrow.Array, row int) string {
	if a.IsNull(row) {
		return "NULL"
	}
	return "<" + datatype.Text(a, row) + ">"
}

func allColumns(n int) Need {
	var need Need
	for i := range n {
		need.Columns = append(need.Columns, i)
	}
	return need
}

// decodeOne returns the row of one record.
func decodeOne(t *testing.T, f *Format, spec Spec, record string) (string, *Columns) {
	t.Helper()
	table, err := f.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	need := allColumns(len(spec.Columns))
	d, err := table.NewDecoder(need)
	if err != nil {
		t.Fatal(err)
	}
	cols := table.NewColumns(need)
	if err := d.Decode([]byte(record), cols); err != nil {
		t.Fatal(err)
	}
	if cols.Rows() != 1 {
		t.Fatalf("%d rows", cols.Rows())
	}
	arrays := cols.Finish()
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	return hiveRow(spec, arrays, 0), cols
}

func TestHive(t *testing.T) {
	for _, c := range readHive(t) {
		t.Run(fmt.Sprint(c.line), func(t *testing.T) {
			f, spec := c.table(t)
			if c.want == "INIT ERR" {
				if err := f.Check(spec); err == nil {
					t.Errorf("%s: no error", c.header)
				}
				return
			}
			if strings.Contains(c.want, "Number of matching groups") {
				if err := f.Check(spec); err == nil {
					t.Errorf("%s: no error", c.header)
				}
				return
			}
			got, cols := decodeOne(t, f, spec, c.record)
			want := c.want
			if want == "null row" {
				if cols.Counts.BadRows != 1 {
					t.Errorf("%q: %s, want a bad row", c.record, got)
				}
				return
			}
			if got != want {
				t.Errorf("%s\n%q:\n got %s\nwant %s", c.header, c.record, got, want)
			}
		})
	}
}

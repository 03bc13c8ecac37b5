// Package sheet is what the spreadsheet handlers share: the columns of a table out of its
// properties, the columns of a sheet by its header row, and the values of cells to and from Arrow.
// It knows no file format and no service.
//
// Read Column and Cell first.
package sheet

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/proto/diag"
)

// Column is a column of the table and where it is in the sheet.
type Column struct {
	Name   string
	Type   arrow.DataType
	Header string // the text of its header cell
}

// Columns returns the columns that the table's properties name: "columns" holds the names with
// commas between, "columns.types" Hive's types with colons between. mapping are the keys, in order of
// preference, of a list of header texts, one for each column; without one a column's header is
// its name. No "columns" gives no columns.
func Columns(props map[string]string, mapping ...string) ([]Column, error) {
	if props["columns"] == "" {
		return nil, nil
	}
	delimiter := props["column.name.delimiter"]
	if delimiter == "" {
		delimiter = ","
	}
	names := strings.Split(props["columns"], delimiter)
	columns := make([]Column, len(names))
	for i, n := range names {
		columns[i] = Column{Name: strings.TrimSpace(n), Type: arrow.BinaryTypes.String}
		columns[i].Header = columns[i].Name
	}
	if text := props["columns.types"]; text != "" {
		types := splitTypes(text)
		if len(types) != len(columns) {
			return nil, diag.Errorf(diag.Config, "%d columns but %d types in columns.types %q", len(columns), len(types), text)
		}
		for i, t := range types {
			dt, err := Type(t)
			if err != nil {
				return nil, diag.Errorf(diag.Type, "column %q: %w", columns[i].Name, err)
			}
			columns[i].Type = dt
		}
	}
	for _, key := range mapping {
		if text := props[key]; text != "" {
			headers := strings.Split(text, ",")
			if len(headers) != len(columns) {
				return nil, diag.Errorf(diag.Config, "%d columns but %d names in %s %q", len(columns), len(headers), key, text)
			}
			for i, h := range headers {
				columns[i].Header = strings.TrimSpace(h)
			}
			break
		}
	}
	return columns, nil
}

// splitTypes splits Hive's list of types at the colons (or commas) that are outside of brackets.
func splitTypes(text string) []string {
	var types []string
	depth, start := 0, 0
	for i, c := range text {
		switch c {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		case ':', ',', ';':
			if depth == 0 {
				types = append(types, text[start:i])
				start = i + 1
			}
		}
	}
	return append(types, text[start:])
}

// Type returns the plain Arrow type that holds Hive's type name in a spreadsheet.
func Type(name string) (arrow.DataType, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	base, args, _ := strings.Cut(name, "(")
	switch strings.TrimSpace(base) {
	case "string", "varchar", "char":
		return arrow.BinaryTypes.String, nil
	case "boolean":
		return arrow.FixedWidthTypes.Boolean, nil
	case "tinyint":
		return arrow.PrimitiveTypes.Int8, nil
	case "smallint":
		return arrow.PrimitiveTypes.Int16, nil
	case "int", "integer":
		return arrow.PrimitiveTypes.Int32, nil
	case "bigint":
		return arrow.PrimitiveTypes.Int64, nil
	case "float":
		return arrow.PrimitiveTypes.Float32, nil
	case "double", "double precision":
		return arrow.PrimitiveTypes.Float64, nil
	case "date":
		return arrow.FixedWidthTypes.Date32, nil
	case "timestamp":
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	case "binary":
		return arrow.BinaryTypes.Binary, nil
	case "decimal", "numeric":
		return decimalType(strings.TrimSuffix(args, ")"))
	}
	return nil, diag.Errorf(diag.Type, "a spreadsheet cannot hold type %q", name).WithHint("cast it to string")
}

// decimalType reads "p,s"; Hive's plain decimal is decimal(10,0).
func decimalType(args string) (arrow.DataType, error) {
	t := &arrow.Decimal128Type{Precision: 10}
	if args == "" {
		return t, nil
	}
	p, s, _ := strings.Cut(args, ",")
	precision, err := strconv.Atoi(strings.TrimSpace(p))
	scale := 0
	if err == nil && s != "" {
		scale, err = strconv.Atoi(strings.TrimSpace(s))
	}
	if err != nil || precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return nil, diag.Errorf(diag.Type, "decimal(%s) is not a type", args)
	}
	t.Precision, t.Scale = int32(precision), int32(scale)
	return t, nil
}

// Schema returns the Arrow schema of columns.
func Schema(columns []Column) *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// Headers returns a string column for each header text that is not empty, for a table whose
// properties name no columns.
func Headers(headers []string) []Column {
	var columns []Column
	for _, h := range headers {
		if h = strings.TrimSpace(h); h != "" {
			columns = append(columns, Column{Name: strings.ToLower(h), Type: arrow.BinaryTypes.String, Header: h})
		}
	}
	return columns
}

// Positions returns for each column the index of the header cell with its text. Case and blanks at
// the ends do not count; of two equal headers the first is taken. where names the sheet in an error.
func Positions(columns []Column, headers []string, where string) ([]int, error) {
	at := make(map[string]int, len(headers))
	for i, h := range headers {
		key := strings.ToLower(strings.TrimSpace(h))
		if _, ok := at[key]; !ok && key != "" {
			at[key] = i
		}
	}
	positions := make([]int, len(columns))
	for i, c := range columns {
		p, ok := at[strings.ToLower(strings.TrimSpace(c.Header))]
		if !ok {
			e := diag.Errorf(diag.NotFound, "%s has no column headed %q for column %q", where, c.Header, c.Name)
			if near := diag.DidYouMean(c.Header, headers); near != "" {
				return nil, e.WithHint("%s", near)
			}
			return nil, e.WithHint("its first row must hold the names of the columns; it holds %s", quoted(headers))
		}
		positions[i] = p
	}
	return positions, nil
}

func quoted(headers []string) string {
	var list []string
	for _, h := range headers[:min(len(headers), 20)] {
		list = append(list, strconv.Quote(h))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// CheckRows makes sure that rows of schema can be appended to columns, by position.
func CheckRows(columns []Column, schema *arrow.Schema) error {
	if len(columns) != schema.NumFields() {
		return diag.Errorf(diag.Type, "%d columns are written to a spreadsheet table of %d", schema.NumFields(), len(columns))
	}
	for i, f := range schema.Fields() {
		if !holds(f.Type) {
			return diag.Errorf(diag.Type, "column %q: a spreadsheet cannot hold type %s", columns[i].Name, f.Type).
				WithHint("cast it to string")
		}
	}
	return nil
}

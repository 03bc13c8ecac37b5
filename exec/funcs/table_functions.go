package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// tableFunctions makes rows of rows.
var tableFunctions = []Table{
	{Name: "explode", Aliases: []string{"unnest"}, Doc: "explode(x): a row for each element (col) of an array, or pair (key, value) of a map", Bind: bindExplode("explode", false)},
	{Name: "posexplode", Doc: "posexplode(x): explode with the place (pos), from 0, before the element (val), or the key and value of a map", Bind: bindExplode("posexplode", true)},
	{Name: "inline", Doc: "inline(array of structs): a row for each struct, a column for each field", Bind: bindInline},
	{Name: "stack", Doc: "stack(n, a, …): the values in n rows (col0, col1, …)", Bind: bindStack},
	{Name: "json_tuple", Doc: "json_tuple(json, 'key', …): the values of top-level keys of a JSON object (c0, c1, …)", Bind: bindJSONTuple},
	{Name: "parse_url_tuple", Doc: "parse_url_tuple(url, 'part', …): parts of a URL as parse_url gives them, QUERY:key too (c0, c1, …)", Bind: bindURLTuple},
	{Name: "replicate_rows", Doc: "replicate_rows(n, a, …): the values n times (col0: n, col1, …)", Bind: bindReplicate},
	{Name: "get_sql_schema", Doc: "get_sql_schema('query'): a row for each column that the query answers (col_name, col_type)", Bind: bindSchema},
}

func bindExplode(name string, place bool) func([]Arg) (TableBound, error) {
	return func(args []Arg) (TableBound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return TableBound{}, err
		}
		var columns []arrow.Field
		if place {
			columns = append(columns, arrow.Field{Name: "pos", Type: datatype.Int, Nullable: true})
		}
		switch t := args[0].Type.(type) {
		case *arrow.MapType:
			columns = append(columns, arrow.Field{Name: "key", Type: t.KeyType(), Nullable: true}, arrow.Field{Name: "value", Type: t.ItemType(), Nullable: true})
		case *arrow.ListType:
			column := "col"
			if place {
				column = "val"
			}
			columns = append(columns, arrow.Field{Name: column, Type: t.Elem(), Nullable: true})
		default:
			return TableBound{}, badArg(name, 0, "an array or a map", args[0].Type)
		}
		return TableBound{Columns: columns, Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
			return explode(c, args[0], n, place)
		}}, nil
	}
}

func explode(c *Ctx, v Vec, n int, place bool) (row []int32, cols []arrow.Array, err error) {
	row, take := elementsOf(v, n)
	if place {
		pos := make([]int32, len(row))
		for j := range pos {
			if j > 0 && row[j] == row[j-1] {
				pos[j] = pos[j-1] + 1
			}
		}
		cols = append(cols, fixedArray(c.Mem, datatype.Int, pos, allValid(len(pos))))
	}
	if m, ok := v.Array.(*array.Map); ok {
		return row, append(cols, vec.Take(c.Mem, m.Keys(), take), vec.Take(c.Mem, m.Items(), take)), nil
	}
	values, _ := listOf(v.Array)
	return row, append(cols, vec.Take(c.Mem, values, take)), nil
}

// elementsOf returns, for each element of the lists of v, the row that it is in and its place among all elements.
func elementsOf(v Vec, n int) (row, take []int32) {
	_, offset := listOf(v.Array)
	nulls := nullsOf(v)
	for i := range n {
		if nulls.at(i) {
			continue
		}
		from, to := offset(v.At(i))
		for j := from; j < to; j++ {
			row, take = append(row, int32(i)), append(take, int32(j))
		}
	}
	return row, take
}

func bindInline(args []Arg) (TableBound, error) {
	if err := wantArgs("inline", args, 1, 1); err != nil {
		return TableBound{}, err
	}
	l, ok := args[0].Type.(*arrow.ListType)
	var s *arrow.StructType
	if ok {
		s, ok = l.Elem().(*arrow.StructType)
	}
	if !ok {
		return TableBound{}, badArg("inline", 0, "an array of structs", args[0].Type)
	}
	return TableBound{Columns: s.Fields(), Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
		row, take := elementsOf(args[0], n)
		values, _ := listOf(args[0].Array)
		structs := values.(*array.Struct)
		for j, at := range take {
			if structs.IsNull(int(at)) {
				take[j] = -1
			}
		}
		cols := make([]arrow.Array, structs.NumField())
		for k := range cols {
			cols[k] = vec.Take(c.Mem, structs.Field(k), take)
		}
		return row, cols, nil
	}}, nil
}

// bindStack lays the values out row by row; places that are left over are NULL.
// bindSchema takes what the planner puts in the place of the query: the number of its columns, and the name and type of each.
func bindSchema(args []Arg) (TableBound, error) {
	b, err := bindStack(args)
	if err != nil || len(b.Columns) != 2 {
		return b, badArg("get_sql_schema", 0, "a constant query", args[0].Type)
	}
	b.Columns[0].Name, b.Columns[1].Name = "col_name", "col_type"
	return b, nil
}

func bindStack(args []Arg) (TableBound, error) {
	if err := wantArgs("stack", args, 2, -1); err != nil {
		return TableBound{}, err
	}
	rows, err := constInt("stack", args, 0)
	if err != nil {
		return TableBound{}, err
	}
	if rows < 1 {
		return TableBound{}, diag.Errorf(diag.BadValue, "stack takes a number of rows of at least 1, not %d", rows)
	}
	values := len(args) - 1
	width := int((int64(values) + rows - 1) / rows)
	casts := make([]arrow.DataType, len(args))
	columns := make([]arrow.Field, width)
	for k := range width {
		var types []arrow.DataType
		for j := k; j < values; j += width {
			types = append(types, args[1+j].Type)
		}
		t, err := CommonBranch(types...)
		if err != nil {
			return TableBound{}, err
		}
		for j := k; j < values; j += width {
			casts[1+j] = t
		}
		columns[k] = arrow.Field{Name: "col" + itoa(k), Type: t, Nullable: true}
	}
	return TableBound{Casts: casts, Columns: columns, Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
		if int64(n)*rows > 1<<30 {
			return nil, nil, diag.Errorf(diag.Limit, "stack would make %d rows of one batch", int64(n)*rows)
		}
		row := make([]int32, 0, n*int(rows))
		for i := range n {
			for range rows {
				row = append(row, int32(i))
			}
		}
		cols := make([]arrow.Array, width)
		for k := range width {
			cols[k] = stacked(c, columns[k].Type, args[1:], n, int(rows), k, width)
		}
		return row, cols, nil
	}}, nil
}

// stacked returns column k of stack: of each row, values k, k+width, …
func stacked(c *Ctx, t arrow.DataType, values []Vec, n, rows, k, width int) arrow.Array {
	arrays, refs := make([]arrow.Array, len(values)), make([]vec.Ref, 0, n*rows)
	var used []arrow.Array
	for j := k; j < len(values); j += width {
		arrays[j] = values[j].Array
		used = append(used, values[j].Array)
	}
	for i := range n {
		for r := range rows {
			at := r*width + k
			if at >= len(values) {
				refs = append(refs, vec.Ref{Batch: -1})
				continue
			}
			refs = append(refs, vec.Ref{Batch: int32(r), Row: int32(values[at].At(i))})
		}
	}
	if len(used) == 0 {
		return datatype.Nulls(c.Mem, t, len(refs))
	}
	return vec.Interleave(c.Mem, t, used, refs)
}

// textColumns are the columns of a function that gives texts: c0, c1, …
func textColumns(n int) []arrow.Field {
	columns := make([]arrow.Field, n)
	for k := range columns {
		columns[k] = arrow.Field{Name: "c" + itoa(k), Type: datatype.String, Nullable: true}
	}
	return columns
}

// oneToOne returns the input rows of a function that makes one row of each.
func oneToOne(n int) []int32 {
	row := make([]int32, n)
	for i := range row {
		row[i] = int32(i)
	}
	return row
}

func finishAll(c *Ctx, cols []textItems) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(cols))
	for k := range cols {
		a, err := cols[k].finish(c.Mem)
		if err != nil {
			for _, o := range out {
				o.Release()
			}
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// bindJSONTuple scans each text once for all keys.
func bindJSONTuple(args []Arg) (TableBound, error) {
	if err := wantArgs("json_tuple", args, 2, -1); err != nil {
		return TableBound{}, err
	}
	casts, err := takes("json_tuple", args, []param{anyText, anyText.repeated()})
	width := len(args) - 1
	return TableBound{Casts: casts, Columns: textColumns(width), Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
		doc, nulls := bytesOf(args[0]), nullsOf(args[0])
		keys, keyNulls := make([]stringView, width), make([]nullView, width)
		for k := range width {
			keys[k], keyNulls[k] = stringsOf(args[1+k]), nullsOf(args[1+k])
		}
		cols, found := make([]textItems, width), make([]span, width)
		var w jsonWriter
		for i := range n {
			clear(found)
			s := jsonScanner{}
			if !nulls.at(i) {
				s.b = doc.at(i)
				ok := s.members(func(key []byte, escaped bool, v span) bool {
					for k := range width {
						if !keyNulls[k].at(i) && keyIs(key, escaped, keys[k].at(i)) {
							found[k] = v
						}
					}
					return true
				})
				if !ok {
					clear(found)
				}
			}
			for k := range cols {
				ok := found[k].to > 0
				if ok {
					cols[k].data, ok = w.scalarText(cols[k].data, s.b, found[k])
				}
				cols[k].end(ok)
			}
		}
		out, err := finishAll(c, cols)
		return oneToOne(n), out, err
	}}, err
}

func bindURLTuple(args []Arg) (TableBound, error) {
	if err := wantArgs("parse_url_tuple", args, 2, -1); err != nil {
		return TableBound{}, err
	}
	casts, err := takes("parse_url_tuple", args, []param{anyText, anyText.repeated()})
	width := len(args) - 1
	return TableBound{Casts: casts, Columns: textColumns(width), Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
		s, nulls := stringsOf(args[0]), nullsOf(args[0])
		cols := make([]textItems, width)
		var p urlParser
		for i := range n {
			for k := range cols {
				v, ok := "", false
				if part := args[1+k]; !nulls.at(i) && !part.Null(i) {
					name := stringsOf(part).at(i)
					if len(name) > 6 && name[:6] == "QUERY:" {
						v, ok = p.get(s.at(i), "QUERY", name[6:], true)
					} else {
						v, ok = p.get(s.at(i), name, "", false)
					}
				}
				cols[k].data = append(cols[k].data, v...)
				cols[k].end(ok)
			}
		}
		out, err := finishAll(c, cols)
		return oneToOne(n), out, err
	}}, err
}

// bindReplicate gives the count itself as its first column, as Hive does.
func bindReplicate(args []Arg) (TableBound, error) {
	if err := wantArgs("replicate_rows", args, 2, -1); err != nil {
		return TableBound{}, err
	}
	casts := make([]arrow.DataType, len(args))
	if casts[0] = whole.cast(args[0].Type); casts[0] == nil {
		return TableBound{}, badArg("replicate_rows", 0, whole.what, args[0].Type)
	}
	columns := make([]arrow.Field, len(args))
	for k, a := range args {
		columns[k] = arrow.Field{Name: "col" + itoa(k), Type: a.Type, Nullable: true}
	}
	columns[0].Type = casts[0]
	return TableBound{Casts: casts, Columns: columns, Eval: func(c *Ctx, args []Vec, n int) ([]int32, []arrow.Array, error) {
		times := fixedOf[int64](args[0])
		var row []int32
		for i := range n {
			if times.nulls.at(i) {
				continue
			}
			if times.at(i) > 1<<28-int64(len(row)) {
				return nil, nil, diag.Errorf(diag.Limit, "replicate_rows would make more than %d rows of one batch", 1<<28)
			}
			for range times.at(i) {
				row = append(row, int32(i))
			}
		}
		cols := make([]arrow.Array, len(args))
		for k, a := range args {
			take := make([]int32, len(row))
			for j, i := range row {
				take[j] = int32(a.At(int(i)))
			}
			cols[k] = vec.Take(c.Mem, a.Array, take)
		}
		return row, cols, nil
	}}, nil
}

package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// jsonText reads JSON that is kept as text.
var jsonText = []Scalar{
	strict("get_json_object", "get_json_object(json, path): what the path ($.key, [n], [*]) leads to, objects and arrays as JSON, NULL if there is nothing; get_json_object('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b') is 'x'",
		datatype.String, jsonKernel(jsonAny), anyText, anyText),
	strict("json_extract", "json_extract(json, path): get_json_object, but strings in quotes; json_extract('{\"a\":\"x\"}', '$.a') is '\"x\"'", datatype.String, jsonKernel(jsonQuoted), anyText, anyText),
	strict("json_extract_scalar json_extract_string", "json_extract_scalar(json, path): get_json_object, but NULL for objects and arrays; json_extract_scalar('{\"a\":1}', '$.a') is '1'",
		datatype.String, jsonKernel(jsonScalar), anyText, anyText),
	strict("json_array_length", "json_array_length(json[, path]): the number of elements of a JSON array, else NULL; json_array_length('[1,2]') is 2", datatype.Int, jsonLength, anyText, anyText.optional()),
	strict("json_parse", "json_parse(s): s as compact JSON, NULL if it is not JSON; json_parse('{\"a\" : 1 }') is '{\"a\":1}'", datatype.String, jsonParse, anyText),
	{Name: "json_format", Aliases: []string{"to_json"}, Doc: "json_format(x): x as JSON text; json_format(array(1, 2)) is '[1,2]'", Bind: bindJSONFormat},
	{Name: "json_read", Doc: "json_read(json, 'type'): the value of JSON text as a Hive type, NULL if it does not fit", Bind: bindJSONRead},
}

type jsonForm uint8

const (
	jsonAny jsonForm = iota
	jsonQuoted
	jsonScalar
)

// jsonKernel keeps the parsed path of the last row, as paths are mostly constant.
func jsonKernel(form jsonForm) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		doc, path := bytesOf(args[0]), bytesOf(args[1])
		var text string
		var p *jsonPath
		var f jsonFinder
		var w jsonWriter
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			if t := path.at(i); p == nil || string(t) != text {
				text = string(t)
				p = parseJSONPath(text, form != jsonAny)
			}
			if !f.find(doc.at(i), p) {
				return dst, false
			}
			switch nested := f.list || f.doc[f.vals[0].from] == '{' || f.doc[f.vals[0].from] == '['; {
			case form == jsonScalar && nested:
				return dst, false
			case form == jsonQuoted && !nested:
				return w.value(dst, f.doc, f.vals[0]), true
			case !f.list:
				return w.scalarText(dst, f.doc, f.vals[0])
			}
			return w.list(dst, f.doc, f.vals), true
		})
	}
}

// list appends values of doc as a JSON array.
func (w *jsonWriter) list(dst, doc []byte, vals []span) []byte {
	dst = append(dst, '[')
	for k, v := range vals {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = w.value(dst, doc, v)
	}
	return append(dst, ']')
}

func jsonLength(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	doc := bytesOf(args[0])
	path := func(int) []byte { return []byte("$") }
	if len(args) > 1 {
		path = bytesOf(args[1]).at
	}
	o := newFixed[int32](c, datatype.Int, n, args...)
	var f jsonFinder
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		if !f.find(doc.at(i), parseJSONPath(string(path(i)), true)) || !f.list && f.doc[f.vals[0].from] != '[' {
			o.setNull(i)
			continue
		}
		count := len(f.vals)
		if !f.list {
			count = 0
			f.at(f.vals[0]).elements(func(span) bool { count++; return true })
		}
		o.vals[i] = int32(count)
	}
	return o.finish(), nil
}

func jsonParse(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	doc := bytesOf(args[0])
	var w jsonWriter
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		s := jsonScanner{b: doc.at(i)}
		s.blanks()
		from := s.i
		if !s.skip() {
			return dst, false
		}
		end := s.i
		if s.next() != 0 {
			return dst, false
		}
		return w.value(dst, s.b, span{from, end}), true
	})
}

// bindJSONFormat writes nested values as results show them; text is taken for JSON already.
func bindJSONFormat(args []Arg) (Bound, error) {
	if err := wantArgs("json_format", args, 1, 1); err != nil {
		return Bound{}, err
	}
	if datatype.IsText(args[0].Type) {
		return Bound{Type: datatype.String, Kernel: jsonParse}, nil
	}
	return Bound{Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		in := args[0]
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			return datatype.AppendTextIn(dst, in.Array, in.At(i), c.Session.Zone), true
		})
	}}, nil
}

package funcs

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

func bindJSONRead(args []Arg) (Bound, error) {
	casts, err := takes("json_read", args, []param{anyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	name, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "json_read takes a constant type as argument 2")
	}
	t, err := datatype.Parse(name)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		doc, nulls := bytesOf(args[0]), nullsOf(args[0])
		b := datatype.NewBuilder(c.Mem, t)
		defer b.Release()
		var r jsonReader
		for i := range n {
			if nulls.at(i) {
				b.AppendNull()
				continue
			}
			s := jsonScanner{b: doc.at(i)}
			s.blanks()
			from := s.i
			if r.doc = s.b; !s.skip() {
				b.AppendNull()
				continue
			}
			r.value(b, t, span{from, s.i})
		}
		return datatype.Finish(b, t), nil
	}}, nil
}

// jsonReader appends JSON values to builders of Hive types. A value that does not fit its type is NULL.
type jsonReader struct {
	doc  []byte
	w    jsonWriter
	text []byte
}

func (r *jsonReader) value(b array.Builder, t arrow.DataType, v span) {
	kind := r.doc[v.from]
	switch b := b.(type) {
	case *array.StructBuilder:
		if kind == '{' {
			r.object(b, t.(*arrow.StructType), v)
			return
		}
	case *array.MapBuilder:
		if kind == '{' {
			r.pairs(b, t.(*arrow.MapType), v)
			return
		}
	case *array.ListBuilder:
		if kind == '[' {
			b.Append(true)
			s := jsonScanner{b: r.doc[:v.to], i: v.from}
			s.elements(func(e span) bool {
				r.value(b.ValueBuilder(), t.(*arrow.ListType).Elem(), e)
				return true
			})
			return
		}
	default:
		var ok bool
		if r.text, ok = r.w.scalarText(r.text[:0], r.doc, v); ok && appendParsed(b, t, r.text) {
			return
		}
	}
	b.AppendNull()
}

func (r *jsonReader) object(b *array.StructBuilder, t *arrow.StructType, v span) {
	found := make([]span, len(t.Fields()))
	s := jsonScanner{b: r.doc[:v.to], i: v.from}
	s.members(func(key []byte, escaped bool, v span) bool {
		name := string(key)
		if escaped {
			name = string(appendUnescaped(nil, key))
		}
		for k, f := range t.Fields() {
			if strings.EqualFold(f.Name, name) {
				found[k] = v
			}
		}
		return true
	})
	b.Append(true)
	for k, f := range t.Fields() {
		if found[k].to == 0 {
			b.FieldBuilder(k).AppendNull()
		} else {
			r.value(b.FieldBuilder(k), f.Type, found[k])
		}
	}
}

func (r *jsonReader) pairs(b *array.MapBuilder, t *arrow.MapType, v span) {
	b.Append(true)
	base := len(r.w.members)
	s := jsonScanner{b: r.doc[:v.to], i: v.from}
	s.members(func(key []byte, escaped bool, v span) bool {
		r.w.members = append(r.w.members, jsonMember{key, escaped, v})
		return true
	})
	r.w.members = lastOfSame(r.w.members, base)
	for k := base; k < len(r.w.members); k++ {
		m := r.w.members[k]
		if !appendParsed(b.KeyBuilder(), t.KeyType(), appendUnescaped(nil, m.key)) {
			continue
		}
		r.value(b.ItemBuilder(), t.ItemType(), m.value)
	}
	r.w.members = r.w.members[:base]
}

// appendParsed appends text read as a value of t, a primitive type, as CAST reads it; false if it is none.
func appendParsed(b array.Builder, t arrow.DataType, text []byte) bool {
	switch b := b.(type) {
	case *array.StringBuilder:
		switch t := t.(type) {
		case *datatype.Varchar:
			text = fit(text, t.N, false)
		case *datatype.Char:
			text = fit(text, t.N, true)
		}
		b.Append(string(text))
		return true
	case *array.BinaryBuilder:
		b.Append(text)
		return true
	case *array.BooleanBuilder:
		b.Append(datatype.ParseBoolCast(text))
		return true
	case *array.Float64Builder:
		v, ok := datatype.ParseDouble(text)
		if ok {
			b.Append(v)
		}
		return ok
	case *array.Float32Builder:
		v, ok := datatype.ParseFloat(text)
		if ok {
			b.Append(v)
		}
		return ok
	case *array.Date32Builder:
		v, ok := datatype.ParseDate(text)
		if ok {
			b.Append(arrow.Date32(v))
		}
		return ok
	case *array.Decimal128Builder:
		if d, ok := t.(*arrow.Decimal128Type); ok {
			v, ok := datatype.ParseDecimal(text, int(d.Precision), int(d.Scale))
			if ok {
				b.Append(v)
			}
			return ok
		}
		v, ok := datatype.ParseTimestamp(text)
		if ok {
			b.Append(v)
		}
		return ok
	}
	return appendParsedInt(b, text)
}

func appendParsedInt(b array.Builder, text []byte) bool {
	v, ok := datatype.ParseInt(text, false)
	if !ok {
		return false
	}
	switch b := b.(type) {
	case *array.Int8Builder:
		if ok = datatype.FitsInt(v, 8); ok {
			b.Append(int8(v))
		}
	case *array.Int16Builder:
		if ok = datatype.FitsInt(v, 16); ok {
			b.Append(int16(v))
		}
	case *array.Int32Builder:
		if ok = datatype.FitsInt(v, 32); ok {
			b.Append(int32(v))
		}
	case *array.Int64Builder:
		b.Append(v)
	default:
		return false
	}
	return ok
}

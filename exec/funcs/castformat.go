package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// formattedCasts is CAST(x AS t FORMAT 'pattern').
var formattedCasts = []Scalar{
	{Name: "cast_format", Doc: "cast_format(x, pattern, type): CAST(x AS type FORMAT pattern) with a pattern of SQL:2016; cast_format(date '2020-01-05', 'DD/MM/YYYY', 'string') is '05/01/2020'", Bind: bindCastFormat},
}

func bindCastFormat(args []Arg) (Bound, error) {
	if err := wantArgs("cast_format", args, 3, 3); err != nil {
		return Bound{}, err
	}
	name, ok := args[2].Const.(*array.String)
	if !ok || name.IsNull(0) {
		return Bound{}, diag.Errorf(diag.Type, "cast_format takes a constant type name as argument 3")
	}
	to, err := datatype.Parse(name.Value(0))
	if err != nil {
		return Bound{}, err
	}
	from := args[0].Type
	switch {
	case datatype.IsText(to) && (isDate(from) || isTimestamp(from) || isVoid(from)):
		return Bound{Casts: []arrow.DataType{datatype.Timestamp, datatype.String, datatype.String}, Type: datatype.String, Kernel: formatMoments}, nil
	case isDate(to) && (datatype.IsText(from) || isVoid(from)):
		return Bound{Casts: castsTo(datatype.String, 3), Type: to, Kernel: parseMoments(to, func(m fields) int32 { return datatype.DaysOf(m.year, m.month, m.day) })}, nil
	case isTimestamp(to) && (datatype.IsText(from) || isVoid(from)):
		return Bound{Casts: castsTo(datatype.String, 3), Type: to, Kernel: parseMoments(to, func(m fields) decimal128.Num {
			day := int64(datatype.DaysOf(m.year, m.month, m.day))
			return datatype.TimestampOf(day*86400+int64(m.hour*3600+m.minute*60+m.second), m.nano)
		})}, nil
	}
	return Bound{}, diag.Errorf(diag.Type, "FORMAT does not cast %s to %s", datatype.Name(from), datatype.Name(to)).WithHint("it is for text to date or timestamp, and back")
}

// formatCache compiles patterns and keeps the last one.
type formatCache struct {
	text    string
	pattern []element
}

func (c *formatCache) get(text []byte) ([]element, error) {
	if c.pattern != nil && c.text == string(text) {
		return c.pattern, nil
	}
	p, err := compileSQLFormat(string(text))
	if err != nil {
		return nil, err
	}
	c.text, c.pattern = string(text), p
	return p, nil
}

func formatMoments(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	o := newText(c, datatype.String, n, args[0], args[1])
	in, pat := fixedOf[decimal128.Num](args[0]), bytesOf(args[1])
	var cache formatCache
	for i := range n {
		if !o.null(i) {
			p, err := cache.get(pat.at(i))
			if err != nil {
				o.release()
				return nil, err
			}
			sec, nano := datatype.SplitTimestamp(in.at(i))
			o.data = appendSQLFormat(o.data, p, splitMoment(sec, nano))
		}
		o.end()
	}
	return o.finish()
}

// parseMoments makes the kernel that reads text; what does not fit the pattern gives NULL.
func parseMoments[R arrow.FixedWidthType](to arrow.DataType, build func(fields) R) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, to, n, args[0], args[1])
		in, pat := bytesOf(args[0]), bytesOf(args[1])
		year := c.Session.Now.Year()
		var cache formatCache
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			p, err := cache.get(pat.at(i))
			if err != nil {
				o.discard()
				return nil, err
			}
			m, ok := parseSQLFormat(in.at(i), p, year)
			if !ok {
				o.setNull(i)
				continue
			}
			o.vals[i] = build(m)
		}
		return o.finish(), nil
	}
}

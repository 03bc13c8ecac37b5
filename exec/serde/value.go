package serde

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/textscan"
)

// texts reads values from text as LazySimpleSerDe does.
type texts struct {
	null string
	// nullNumber is set if the text of NULL is a number, so that it must be looked for before numbers are read.
	nullNumber bool
	escape     byte
	escaped    bool // escape counts
	extended   bool // T, F, 1 and 0 are booleans too
	formats    []timePattern
	scratch    []byte
	counts     *Counts
}

// isNull reports whether b is the text of NULL.
func (t *texts) isNull(b []byte) bool { return len(b) == len(t.null) && string(b) == t.null }

// append adds b, which is not NULL's text, to a column that is not nested. A text that is no value of the type is
// NULL and counted, unless it is empty: that is how Hive tables write no number.
func (t *texts) append(c *vector, b []byte) {
	switch c.kind {
	case kindString:
		c.appendBytes(t.unescape(b))
	case kindInt8, kindInt16, kindInt32, kindInt64:
		v, ok := textscan.Int(b)
		if !ok {
			v, ok = lazyInt(b)
		}
		if !ok || !c.appendInt(v) {
			c.appendUnread(b)
		}
	default:
		t.appendOther(c, b)
	}
}

// lazyInt reads the forms of a whole number that textscan.Int leaves. Hive looks whether there is a
// digit at all before it reads, which rules out a point alone.
func lazyInt(b []byte) (int64, bool) {
	if len(b) == 1 {
		return 0, false
	}
	return datatype.ParseInt(b, true)
}

// appendUnread adds NULL for a text that is no value of the column's type.
func (c *vector) appendUnread(b []byte) {
	c.appendNull()
	if len(b) > 0 {
		c.bad++
	}
}

func (t *texts) appendOther(c *vector, b []byte) {
	switch c.kind {
	case kindFloat64:
		if v, ok := datatype.ParseDouble(b); ok {
			c.f64 = append(c.f64, v)
			c.added()
			return
		}
	case kindFloat32:
		if v, ok := datatype.ParseFloat(b); ok {
			c.f32 = append(c.f32, v)
			c.added()
			return
		}
	case kindDecimal:
		if v, ok := datatype.ParseDecimal(b, c.prec, c.scale); ok {
			c.appendNum(v)
			return
		}
	case kindBool:
		if v, ok := datatype.ParseBool(b, t.extended); ok {
			c.appendBool(v)
			return
		}
	case kindDate:
		if v, ok := lazyDate(b); ok {
			c.appendInt32(v)
			return
		}
	case kindTimestamp, kindZoned:
		if t.appendTimestamp(c, b) {
			return
		}
	case kindVarchar, kindChar:
		c.appendWidth(t.unescape(b))
		return
	case kindBinary:
		c.appendBase64(t.unescape(b))
		return
	}
	c.appendUnread(b)
}

// lazyDate is datatype.ParseDate and years before 1, which Hive writes with a minus.
func lazyDate(b []byte) (int32, bool) {
	if v, ok := datatype.ParseDate(b); ok {
		return v, true
	}
	if len(b) == 0 || b[0] != '-' {
		return 0, false
	}
	return negativeYear(b[1:])
}

// negativeYear reads yyyy-M-d of a year before 1; year -1 is two before year 1.
func negativeYear(b []byte) (int32, bool) {
	// The same day of a year 4 × 400 later has the same place in the cycle of leap years.
	const cycle = 400 * 25
	y, i := 0, 0
	for ; i < len(b) && i < 4 && b[i] >= '0' && b[i] <= '9'; i++ {
		y = y*10 + int(b[i]-'0')
	}
	if i == 0 || y == 0 || i == len(b) {
		return 0, false
	}
	later := cycle - y
	text := append([]byte{byte('0' + later/1000), byte('0' + later/100%10), byte('0' + later/10%10), byte('0' + later%10)}, b[i:]...)
	days, ok := datatype.ParseDate(text)
	const cycleDays = 146097 * 25
	return days - cycleDays, ok
}

func (t *texts) appendTimestamp(c *vector, b []byte) bool {
	for _, p := range t.formats {
		if v, ok := p.parse(b); ok {
			c.appendNum(v)
			return true
		}
	}
	v, zoned, ok := datatype.ParseTimestampLazy(b)
	if !ok {
		return false
	}
	if zoned && c.kind == kindTimestamp {
		t.counts.Zoned++
	}
	c.appendNum(v)
	return true
}

// appendWidth adds text to a varchar or char column, cut to its length in characters; a char's trailing
// blanks are dropped.
func (c *vector) appendWidth(b []byte) {
	if len(b) > c.width {
		b = firstRunes(b, c.width)
	}
	if c.kind == kindChar {
		for len(b) > 0 && b[len(b)-1] == ' ' {
			b = b[:len(b)-1]
		}
	}
	c.appendBytes(b)
}

func firstRunes(b []byte, n int) []byte {
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, size := utf8.DecodeRune(b[i:])
		i += size
	}
	return b[:i]
}

// appendBase64 adds what b encodes if it is base64 as Java's basic decoder takes it, padding optional;
// otherwise b itself.
func (c *vector) appendBase64(b []byte) {
	enc := base64.RawStdEncoding
	if len(b)%4 == 0 && len(b) > 0 && b[len(b)-1] == '=' {
		enc = base64.StdEncoding
	}
	for _, x := range b {
		if x == '\n' || x == '\r' { // Go's decoder skips them
			c.appendBytes(b)
			return
		}
	}
	start := len(c.data)
	out, err := enc.AppendDecode(c.data, b)
	if err != nil {
		c.data = c.data[:start]
		c.appendBytes(b)
		return
	}
	c.data = out
	c.endBytes()
}

// unescape drops escapes: after one, n and r mean newline and carriage return, any other byte itself. An escape
// at the end is data. The result is b or scratch.
func (t *texts) unescape(b []byte) []byte {
	if !t.escaped {
		return b
	}
	i := indexByte(b, t.escape)
	if i < 0 {
		return b
	}
	out := append(t.scratch[:0], b[:i]...)
	for ; i < len(b); i++ {
		x := b[i]
		if x == t.escape {
			if i+1 == len(b) {
				t.counts.Unclosed++
			} else {
				i++
				switch x = b[i]; x {
				case 'n':
					x = '\n'
				case 'r':
					x = '\r'
				}
			}
		}
		out = append(out, x)
	}
	t.scratch = out
	return out
}

// Values returns an array of type t of the texts of list, such as partition values: text is itself, other types are read as
// from a file, blanks around them dropped. nil, and what is no value of the type, is NULL.
func Values(t arrow.DataType, list []*string) arrow.Array {
	c, counts := newVector(t, memory.DefaultAllocator), Counts{}
	p := texts{counts: &counts}
	for _, s := range list {
		switch {
		case s == nil || datatype.IsNested(t):
			c.appendNull()
		case c.kind == kindString || c.kind == kindVarchar || c.kind == kindChar || c.kind == kindBinary:
			p.append(c, []byte(*s))
		default:
			p.append(c, datatype.TrimBlanks([]byte(*s)))
		}
	}
	return c.finish()
}

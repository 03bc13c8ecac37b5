package serde

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// csvChars are the characters of OpenCSVSerde.
type csvChars struct{ sep, quote, escape byte }

func newCSVChars(p props) (csvChars, error) {
	c := csvChars{',', '"', '\\'}
	for _, prop := range []struct {
		key  string
		byte *byte
	}{{separatorKey, &c.sep}, {quoteKey, &c.quote}, {escapeCharKey, &c.escape}} {
		text, ok := p.first(prop.key)
		if !ok {
			continue
		}
		if b, ok := escapedByte(text); ok {
			*prop.byte = b
			continue
		}
		if text[0] >= 0x80 {
			return c, diag.Errorf(diag.Config, "property %q is %q; only ASCII characters can be it", prop.key, text)
		}
		*prop.byte = text[0]
	}
	// Hive's reader knows '"' as escape character only as "the default", which is the backslash.
	if c.escape == '"' {
		c.escape = '\\'
	}
	if c.sep == c.quote || c.sep == c.escape || c.quote == c.escape {
		return c, diag.Errorf(diag.Config, "separatorChar %q, quoteChar %q and escapeChar %q must be different",
			string([]byte{c.sep}), string([]byte{c.quote}), string([]byte{c.escape}))
	}
	return c, nil
}

func checkCSV(s *spec) error {
	if _, err := newCSVChars(s.props); err != nil {
		return err
	}
	if !csvTyped(s.props) {
		return nil
	}
	for i, t := range s.types {
		if datatype.IsNested(t) {
			return diag.Errorf(diag.Type, "column %q: typed CSV has no %s", s.Columns[i].Name, datatype.Name(t))
		}
	}
	_, err := newTexts(s, texts{})
	return err
}

// csvTyped reports whether the declared types hold: with 'typed'='true', which is winnow's own, and with Athena's
// 'use.null.for.invalid.data'='true'. What does not fit its type is NULL.
func csvTyped(p props) bool { return p.isTrue(typedKey) || p.isTrue(invalidKey) }

// csvTypes makes every column a string, as Hive does whatever the table says, unless the declared types hold.
func csvTypes(s *spec) []arrow.DataType {
	out := make([]arrow.DataType, len(s.Columns))
	for i, c := range s.Columns {
		if out[i] = datatype.String; csvTyped(s.props) {
			out[i] = c.Type
		}
	}
	return out
}

// csvFraming ends records at lines as Hive does, quotes or not; with 'multiline'='true', winnow's own, line ends
// within quotes are data.
func csvFraming(s *spec) (Framing, error) {
	if !s.props.isTrue(multilineKey) {
		return lineFraming(s.props)
	}
	c, err := newCSVChars(s.props)
	return multiline{c}, err
}

// csv decodes as opencsv 2.3 does in Hive's OpenCSVSerde, whose treatment of quotes in the middle of fields depends
// on where in the line they stand (testdata/serde/hive.txt, "OpenCSV").
type csv struct {
	csvChars
	texts   texts
	typed   bool
	place   []int
	where   []condition
	saved   savedCounts
	field   []byte // the field at hand, unquoted
	inField bool   // opencsv's flag: escapes count
}

func newCSV(s *spec, need Need) (Decoder, error) {
	chars, err := newCSVChars(s.props)
	if err != nil {
		return nil, err
	}
	t, err := newTexts(s, texts{})
	if err != nil {
		return nil, err
	}
	return newCSVChunk(s, &csv{csvChars: chars, texts: t, typed: csvTyped(s.props), place: places(len(s.types), need),
		where: newConditions(need)})
}

// Decode implements Decoder. A record without any text is a row of NULLs; so are the fields from one with an
// unclosed quote on.
func (d *csv) Decode(rec []byte, out *Columns) error {
	row := out.rows
	d.decode(rec, out)
	countBadUTF8(out, row)
	return nil
}

// decode is Decode without a look at the bytes of text.
func (d *csv) decode(rec []byte, out *Columns) {
	d.texts.counts = &out.Counts
	d.saved.save(out)
	col := 0
	if len(rec) > 0 {
		col = d.fields(rec, out)
	}
	if col > len(d.place) {
		out.Counts.ExtraFields++
	}
	for ; col < len(d.place); col++ {
		if o := d.place[col]; o >= 0 {
			out.cols[o].appendNull()
		}
	}
	if d.saved.meets(d.where, out) {
		out.rows++
	}
}

// fields adds the fields of rec and returns their number.
func (d *csv) fields(rec []byte, out *Columns) (col int) {
	d.inField = false
	quoted := false
	d.field = d.field[:0]
	for i, line := 0, 0; i < len(rec); i++ {
		if !quoted && !d.inField && len(d.field) == 0 {
			// A field without quotes and escapes is taken as it stands.
			if n := d.plain(rec[i:]); n >= 0 {
				d.add(rec[i:i+n], col, out)
				col++
				if i += n; i == len(rec) {
					return col
				}
				if i+1 == len(rec) {
					break
				}
				continue
			}
		}
		switch c := rec[i]; {
		case c == d.escape:
			if (quoted || d.inField) && i+1 < len(rec) && (rec[i+1] == d.quote || rec[i+1] == d.escape) {
				i++
				d.field = append(d.field, rec[i])
			}
		case c == d.quote:
			if (quoted || d.inField) && i+1 < len(rec) && rec[i+1] == d.quote {
				i++
				d.field = append(d.field, c)
			} else {
				d.keepQuote(rec, i, line)
				quoted = !quoted
			}
			d.inField = !d.inField
		case c == d.sep && !quoted:
			d.add(d.field, col, out)
			col++
			d.field, d.inField = d.field[:0], false
		case c == '\n' || c == '\r':
			// Lines within a record: only quotes join them, and the line end becomes a newline.
			if !quoted {
				d.add(d.field, col, out)
				return col + 1
			}
			if c == '\r' && i+1 < len(rec) && rec[i+1] == '\n' {
				i++
			}
			d.field = append(d.field, '\n')
			line = i + 1
		default:
			d.field, d.inField = append(d.field, c), true
		}
	}
	if quoted {
		out.Counts.Unclosed++
		return col
	}
	d.add(d.field, col, out)
	return col + 1
}

// keepQuote decides whether a quote within a field is data: if it stands beyond the third character of its
// line and touches no separator. Blanks alone before it are dropped.
func (d *csv) keepQuote(rec []byte, i, line int) {
	if i-line <= 2 || rec[i-1] == d.sep || i+1 == len(rec) || rec[i+1] == d.sep || rec[i+1] == '\n' || rec[i+1] == '\r' {
		return
	}
	if len(d.field) > 0 && len(bytes.TrimLeft(d.field, " \t")) == 0 {
		d.field = d.field[:0]
		return
	}
	d.field = append(d.field, rec[i])
}

// plain returns the length of the field at the start of b if nothing in it is special, else -1.
func (d *csv) plain(b []byte) int {
	for i, c := range b {
		switch {
		case c == d.sep:
			return i
		case c == d.quote || c == d.escape || c == '\n' || c == '\r':
			return -1
		}
	}
	return len(b)
}

func (d *csv) add(b []byte, col int, out *Columns) {
	if col >= len(d.place) || d.place[col] < 0 {
		return
	}
	d.value(out.cols[d.place[col]], b)
}

// value adds the text of a field.
func (d *csv) value(c *vector, b []byte) {
	switch {
	case !d.typed:
		c.appendBytes(b)
	case c.kind == kindString || len(b) > 0:
		d.texts.append(c, b)
	default:
		c.appendNull()
	}
}

// multiline ends records at line ends outside of quotes.
type multiline struct{ csvChars }

// Next implements Framing.
func (f multiline) Next(b []byte, final bool) ([]byte, int) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == f.escape:
			if quoted {
				i++
			}
		case c == f.quote:
			quoted = !quoted
		case quoted:
		case c == '\n':
			return b[:i], i + 1
		case c == '\r':
			if i+1 == len(b) && !final {
				return nil, 0
			}
			if i+1 < len(b) && b[i+1] == '\n' {
				return b[:i], i + 2
			}
			return b[:i], i + 1
		}
	}
	return unended(b, final)
}

// Last implements Framing.
func (f multiline) Last(b []byte) int {
	at := 0
	for {
		_, n := f.Next(b[at:], false)
		if n == 0 {
			return at
		}
		at += n
	}
}

// Count implements Framing.
func (f multiline) Count(b []byte) int {
	n := 0
	for len(b) > 0 {
		_, adv := f.Next(b, true)
		b = b[adv:]
		n++
	}
	return n
}

// Overlap implements Framing: whether a line end is data depends on all quotes before it.
func (f multiline) Overlap() int { return -1 }

// End implements Framing.
func (f multiline) End() []byte { return nil }

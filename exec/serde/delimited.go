package serde

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// Numbers of separators: one for fields, then one per level of nesting, two for a map. Two properties
// raise the usual number.
const (
	usualSeparators    = 8
	extendedSeparators = 24
	allSeparators      = 8 + 1 + 13 + 4 + 128
)

// separatorBytes returns the bytes that separate from the outermost level in: the first three are
// defaults; then control characters that are rare in text, then bytes from 0x80 on.
func separatorBytes(p props) []byte {
	seps := make([]byte, 0, allSeparators)
	for _, r := range [][2]int{{1, 8}, {11, 11}, {14, 26}, {28, 31}, {0x80, 0xff}} {
		for b := r[0]; b <= r[1]; b++ {
			seps = append(seps, byte(b))
		}
	}
	switch {
	case p.isTrue(extendMoreKey):
		return seps
	case p.isTrue(extendKey):
		return seps[:extendedSeparators]
	}
	return seps[:usualSeparators]
}

// lazy is what LazySimpleSerDe's properties say.
type lazy struct {
	texts
	seps  []byte
	rest  bool // the last field takes further delimiters
	types []arrow.DataType
}

func newLazy(s *spec) (*lazy, error) {
	l := &lazy{types: s.types, rest: s.props.isTrue(restKey), seps: separatorBytes(s.props)}
	for i, keys := range [][]string{{fieldKey, formatKey}, {itemsKey, itemsTypoKey}, {mapKeysKey}} {
		if text, ok := s.props.first(keys...); ok {
			l.seps[i] = delimiter(text)
		}
	}
	if text, ok := s.props.first(escapeKey); ok {
		l.escape, l.escaped = delimiter(text), true
	}
	var err error
	l.texts, err = newTexts(s, l.texts)
	return l, err
}

// newTexts completes t by the properties that all text formats share.
func newTexts(s *spec, t texts) (texts, error) {
	t.null = `\N`
	if s.props.has(nullKey) {
		t.null = s.props[nullKey]
	}
	_, t.nullNumber = datatype.ParseDouble([]byte(t.null))
	t.extended = props(s.Settings).isTrue(extendedKey)
	var err error
	t.formats, err = timePatterns(s.props[formatsKey])
	return t, err
}

// checkDelimited finds delimiters with two roles, and nesting for which there are no separators left.
func checkDelimited(s *spec) error {
	l, err := newLazy(s)
	if err != nil {
		return err
	}
	if err := checkNesting(s); err != nil {
		return err
	}
	f, err := lineFraming(s.props)
	if err != nil {
		return err
	}
	roles := []struct {
		key   string
		value byte
		used  bool
	}{
		{"field delimiter", l.seps[0], true},
		{"collection delimiter", l.seps[1], s.props.has(itemsKey) || s.props.has(itemsTypoKey)},
		{"map key delimiter", l.seps[2], s.props.has(mapKeysKey)},
		{"escape character", l.escape, l.escaped},
	}
	end := byte('\n')
	if one := f.End(); len(one) == 1 {
		end = one[0]
	}
	for i, a := range roles {
		if !a.used {
			continue
		}
		if a.value == end {
			return diag.Errorf(diag.Config, "the %s is %q, which also ends the line", a.key, string([]byte{a.value}))
		}
		for _, b := range roles[:i] {
			if b.used && a.value == b.value {
				return diag.Errorf(diag.Config, "%s and %s are both %q", b.key, a.key, string([]byte{a.value}))
			}
		}
	}
	return nil
}

func checkNesting(s *spec) error {
	most := len(separatorBytes(s.props))
	for i, c := range s.Columns {
		if n := separators(s.types[i], 1); n > most {
			return diag.Errorf(diag.Unsupported, "column %q of type %s needs %d separators; there are %d", c.Name, datatype.Name(c.Type), n, most).
				WithHint("the property %q makes more, and JsonSerDe needs none", extendMoreKey)
		}
	}
	return nil
}

// separators returns how many separators a value of type t at the given level uses, outer ones included.
func separators(t arrow.DataType, level int) int {
	switch t := t.(type) {
	case *arrow.MapType:
		return max(level+2, separators(t.ItemType(), level+2))
	case *arrow.ListType:
		return max(level+1, separators(t.Elem(), level+1))
	case *arrow.StructType:
		n := level + 1
		for _, f := range t.Fields() {
			n = max(n, separators(f.Type, level+1))
		}
		return n
	}
	return level
}

// delimited decodes one record at a time; chunks of plain tables go through delimitedChunk.
type delimited struct {
	*lazy
	place []int // of each column of the table in the output; -1: not needed
	where []condition
	late  []int    // the needed columns without condition, ascending
	parts [][]byte // the fields of the record at hand
	key   []byte
	seen  map[string]struct{}
}

func newDelimited(s *spec, need Need) (Decoder, error) {
	l, err := newLazy(s)
	if err != nil {
		return nil, err
	}
	framing, err := lineFraming(s.props)
	if err != nil {
		return nil, err
	}
	d := delimitedOf(l, need)
	return newDelimitedChunk(&d, framing), nil
}

func delimitedOf(l *lazy, need Need) delimited {
	d := delimited{lazy: l, place: places(len(l.types), need), where: newConditions(need)}
	d.late = unconditional(d.place, d.where)
	return d
}

// places inverts need: for each column of the table its place in the output, or -1.
func places(columns int, need Need) []int {
	place := make([]int, columns)
	for i := range place {
		place[i] = -1
	}
	for out, c := range need.Columns {
		place[c] = out
	}
	return place
}

// Decode implements Decoder.
func (d *delimited) Decode(rec []byte, out *Columns) error {
	d.counts = &out.Counts
	d.parts = d.parts[:0]
	f := fields{d: d.lazy, b: rec, sep: d.seps[0], left: len(d.place)}
	for range len(d.place) {
		b, ok := f.next()
		if !ok {
			break
		}
		d.parts = append(d.parts, b)
	}
	if len(d.parts) == 1 && f.done && len(d.place) > 1 {
		out.Counts.NoDelimiter++
	}
	if !f.done {
		out.Counts.ExtraFields++
	}
	d.row(out)
	return nil
}

// row adds the row of parts, unless a condition leaves it out.
func (d *delimited) row(out *Columns) {
	for i := range d.where {
		c := &d.where[i]
		d.field(out.cols[c.place], c.column)
		if !c.holds(out.cols[c.place]) {
			out.leaveOut()
			return
		}
	}
	for _, col := range d.late {
		d.field(out.cols[d.place[col]], col)
	}
	countBadUTF8(out, out.rows)
	out.rows++
}

// field adds the value of a column of the table.
func (d *delimited) field(c *vector, col int) {
	if col < len(d.parts) {
		d.value(c, d.parts[col], 1)
	} else {
		c.appendNull()
	}
}

// fields walks over the parts of b between separators, as LazyStruct does: escaped separators do not
// count, and the part after the last separator is a field even if it is empty.
type fields struct {
	d    *lazy
	b    []byte
	sep  byte
	left int // parts that may still come, for the one that takes the rest
	done bool
}

func (f *fields) next() ([]byte, bool) {
	if f.done {
		return nil, false
	}
	f.left--
	n := len(f.b)
	if f.left != 0 || !f.d.rest {
		n = f.d.cut(f.b, f.sep)
	}
	part := f.b[:n]
	if n == len(f.b) {
		f.done = true
	} else {
		f.b = f.b[n+1:]
	}
	return part, true
}

// cut returns the index of the first sep of b that is not escaped, or b's length.
func (l *lazy) cut(b []byte, sep byte) int {
	if !l.escaped || indexByte(b, l.escape) < 0 {
		if i := indexByte(b, sep); i >= 0 {
			return i
		}
		return len(b)
	}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case sep:
			return i
		case l.escape:
			if i+1 < len(b) {
				i++
			}
		}
	}
	return len(b)
}

// value adds one value of any type; level is the number of separators used outside of it.
func (d *delimited) value(c *vector, b []byte, level int) {
	if d.isNull(b) {
		c.appendNull()
		return
	}
	switch c.kind {
	case kindList:
		d.list(c, b, level)
	case kindMap:
		d.mapping(c, b, level)
	case kindStruct:
		f := fields{d: d.lazy, b: b, sep: d.seps[level], left: len(c.kids)}
		for _, k := range c.kids {
			if part, ok := f.next(); ok {
				d.value(k, part, level+1)
			} else {
				k.appendNull()
			}
		}
		c.added()
	default:
		d.append(c, b)
	}
}

// list adds an array. No text at all is an array without items, not one with an empty item.
func (d *delimited) list(c *vector, b []byte, level int) {
	for done := len(b) == 0; !done; {
		n := d.cut(b, d.seps[level])
		d.value(c.kids[0], b[:n], level+1)
		if done = n == len(b); !done {
			b = b[n+1:]
		}
	}
	c.endNested()
}

// mapping adds a map. The first of several entries with the same key counts; one whose key is NULL is
// dropped, one without key separator has the value NULL.
func (d *delimited) mapping(c *vector, b []byte, level int) {
	keys, items := c.kids[0], c.kids[1]
	first := keys.n
	clear(d.seen)
	for done := len(b) == 0; !done; {
		n := d.cut(b, d.seps[level])
		entry := b[:n]
		if done = n == len(b); !done {
			b = b[n+1:]
		}
		if !d.escaped && c.unwanted(entry, d.seps[level+1]) {
			continue
		}
		k := d.cut(entry, d.seps[level+1])
		if d.isNull(entry[:k]) {
			continue
		}
		d.append(keys, entry[:k])
		if keys.isNull(keys.n-1) || d.duplicate(keys, first) {
			keys.truncate(keys.n - 1)
			continue
		}
		if k == len(entry) {
			items.appendNull()
		} else {
			d.value(items, entry[k+1:], level+2)
		}
	}
	c.endNested()
}

// unwanted reports whether the key of an entry, which sep ends, is none of those that are read of the map.
func (c *vector) unwanted(entry []byte, sep byte) bool {
	for _, k := range c.keys {
		if n := len(k); len(entry) >= n && string(entry[:n]) == k && (len(entry) == n || entry[n] == sep) {
			return false
		}
	}
	return c.keys != nil
}

// manyKeys is from how many keys on a map's keys are looked up in a table.
const manyKeys = 16

// duplicate reports whether the last key is equal to an earlier one from first on.
func (d *delimited) duplicate(keys *vector, first int) bool {
	n := keys.n - 1
	if n-first < manyKeys {
		for i := first; i < n; i++ {
			if keys.equal(i, n) {
				return true
			}
		}
		return false
	}
	if d.seen == nil {
		d.seen = map[string]struct{}{}
	}
	if n-first == manyKeys {
		for i := first; i < n; i++ {
			d.key = keys.appendKey(d.key[:0], i)
			d.seen[string(d.key)] = struct{}{}
		}
	}
	d.key = keys.appendKey(d.key[:0], n)
	if _, ok := d.seen[string(d.key)]; ok {
		return true
	}
	d.seen[string(d.key)] = struct{}{}
	return false
}

func (c *vector) isNull(i int) bool { return c.valid != nil && c.valid[i>>3]>>(i&7)&1 == 0 }

// equal compares two values of a primitive column.
func (c *vector) equal(i, j int) bool {
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary:
		return bytes.Equal(c.data[c.offsets[i]:c.offsets[i+1]], c.data[c.offsets[j]:c.offsets[j+1]])
	}
	var a, b [40]byte
	return bytes.Equal(c.appendKey(a[:0], i), c.appendKey(b[:0], j))
}

// appendKey appends bytes that are the same for equal values of a primitive column.
func (c *vector) appendKey(dst []byte, i int) []byte {
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary:
		return append(dst, c.data[c.offsets[i]:c.offsets[i+1]]...)
	case kindBool:
		return append(dst, c.bits[i>>3]>>(i&7)&1)
	case kindInt8:
		return appendUint64(dst, uint64(c.i8[i]))
	case kindInt16:
		return appendUint64(dst, uint64(c.i16[i]))
	case kindInt32, kindDate:
		return appendUint64(dst, uint64(c.i32[i]))
	case kindInt64:
		return appendUint64(dst, uint64(c.i64[i]))
	case kindFloat32:
		return fmt.Append(dst, c.f32[i])
	case kindFloat64:
		return fmt.Append(dst, c.f64[i])
	case kindDecimal, kindTimestamp, kindZoned:
		return appendUint64(appendUint64(dst, uint64(c.dec[i].HighBits())), c.dec[i].LowBits())
	}
	return dst
}

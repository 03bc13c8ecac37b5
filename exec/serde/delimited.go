package serde

import "github.com/winnowdb/winnow/exec/textscan"

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
		if c.keys != nil {
			d.entries(c, b, level)
			return
		}
		if c.union {
			d.union(c, b, level)
			return
		}
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

// union adds a value of a uniontype: its tag, a separator and the member; no tag is 0. What has no separator, or a tag that there is
// not, is NULL and counted: Hive fails at it.
func (d *delimited) union(c *vector, b []byte, level int) {
	n := d.cut(b, d.seps[level])
	tag, ok := textscan.Int(b[:n])
	if !ok {
		tag, ok = lazyInt(b[:n])
	}
	if n == 0 {
		tag, ok = 0, true
	}
	if n == len(b) || !ok || tag < 0 || tag >= int64(len(c.kids)-1) {
		c.appendBad()
		return
	}
	c.kids[0].appendInt(tag)
	for i, k := range c.kids[1:] {
		if int64(i) == tag {
			d.value(k, b[n+1:], level+1)
		} else {
			k.appendNull()
		}
	}
	c.added()
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
		if !d.escaped && c.unwanted(entry, d.seps[level+1], d.seps[level]) {
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

// unwanted reports whether the key of the entry that b begins with is none of those that are read of the map. sep ends a key,
// and end an entry.
func (c *vector) unwanted(b []byte, sep, end byte) bool {
	for _, k := range c.keys {
		if n := len(k); len(b) >= n && string(b[:n]) == k && (len(b) == n || b[n] == sep || b[n] == end) {
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

package serde

import (
	"bytes"
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/textscan"
)

// delimitedChunk decodes many records at once: it lists the positions of the delimiters around the needed fields of a chunk, or, if its
// records differ in their number of fields, of all delimiters; derives from them where each needed field begins and ends, drops the
// records that conditions leave out, and then reads column by column into slices of known length. Chunks with escapes
// or lone CRs go record by record.
type delimitedChunk struct {
	*delimited
	framing Framing
	end     byte // of records
	lines   lineKind
	after   []int // columns to read once it is known which records are rows
	pos     []uint32
	even    bool            // pos are of picks; else all of the chunk
	picks   *textscan.Picks // of records with as many fields as the last ones; nil if those differed
	first   []uint32        // per record, if not even: index in pos of the end of its first field
	sel     []uint32        // the records wanted, unless all of them are
	all     bool
	from    []uint32 // per wanted record: where the field at hand begins; missing if there is none
	to      []uint32
	keep    []uint32
	crlf    bool // some records end with CRLF
}

type lineKind uint8

const (
	lineAny     lineKind = iota // CR, LF or CRLF
	lineNewline                 // LF or CRLF
	lineExact                   // one byte
)

const missing = textscan.Missing

// newDelimitedChunk returns d, with a chunk form if framing ends records with one byte.
func newDelimitedChunk(d *delimited, framing Framing) Decoder {
	c := &delimitedChunk{delimited: d, framing: framing, end: '\n'}
	switch f := framing.(type) {
	case anyLine:
		c.lines = lineAny
	case newline:
		c.lines = lineNewline
	case exactEnd:
		if len(f.end) != 1 {
			return d
		}
		c.lines, c.end = lineExact, f.end[0]
	default:
		return d
	}
	c.after = slices.Clone(d.late)
	for _, cond := range d.where {
		if d.onText(cond) {
			c.after = append(c.after, cond.column)
		}
	}
	c.expect(len(c.place))
	return c
}

// onText reports whether cond is decided on the bytes of a field, which is then read only of the rows.
func (d *delimited) onText(cond condition) bool {
	return datatype.Equal(d.types[cond.column], datatype.String)
}

// DecodeChunk implements ChunkDecoder.
func (d *delimitedChunk) DecodeChunk(b []byte, out *Columns) error {
	if len(b) == 0 {
		return nil
	}
	if b[len(b)-1] != d.end || d.seps[0] == d.end {
		return d.oneByOne(b, out)
	}
	rows, marks := d.delimiters(b)
	ok := false
	if d.crlf, ok = d.lineEnds(b, marks); !ok || (d.escaped && marks.Extra) {
		return d.oneByOne(b, out)
	}
	d.counts = &out.Counts
	d.countFields(rows, out)
	wanted := d.filter(b, rows, out)
	out.Counts.LeftOut += int64(rows - wanted)
	for _, col := range d.after {
		d.spans(b, col, wanted)
		d.column(out.cols[d.place[col]], b)
	}
	row := out.rows
	out.rows += wanted
	if !marks.ASCII {
		countBadUTF8(out, row)
	}
	return nil
}

// delimiters lists the delimiters of b that matter and returns how many records it has.
func (d *delimitedChunk) delimiters(b []byte) (rows int, marks textscan.Marks) {
	extra := d.end
	if d.escaped {
		extra = d.escape
	}
	if d.even = false; d.picks != nil {
		if d.pos, marks, d.even = d.picks.List(d.pos[:0], b, d.seps[0], d.end, extra); d.even {
			return len(d.pos) / d.picks.Each(), marks
		}
	}
	d.pos, marks = textscan.Fields(d.pos[:0], b, d.seps[0], d.end, extra)
	d.ragged(b)
	d.expect(d.stride())
	return len(d.first) - 1, marks
}

// expect prepares for records of so many fields; 0 if the number is not known.
func (d *delimitedChunk) expect(fields int) {
	if d.picks = nil; fields == 0 {
		return
	}
	list, last := make([]bool, fields), fields-1
	for col, place := range d.place[:min(fields, len(d.place))] {
		if place < 0 {
			continue
		}
		before, after := col-1, col
		if col == 0 {
			before = last
		}
		if d.takesRest(col) {
			after = last
		}
		list[before], list[after] = true, true
	}
	// Whatever is needed, records can be counted.
	list[last] = list[last] || !slices.Contains(list, true)
	d.picks = textscan.NewPicks(fields, func(i int) bool { return list[i] })
}

// takesRest reports whether a column's field has the delimiters that follow it.
func (d *delimitedChunk) takesRest(col int) bool { return d.rest && col == len(d.place)-1 }

// filter finds the records that meet all conditions, and returns how many they are. Values that had to be read for it
// are in out already.
func (d *delimitedChunk) filter(b []byte, rows int, out *Columns) int {
	d.all = true
	n := rows
	for i := range d.where {
		cond := &d.where[i]
		c := out.cols[cond.place]
		d.spans(b, cond.column, n)
		d.keep = appendSequence(d.keep[:0], n)
		var keep []uint32
		if d.onText(*cond) {
			keep = d.keepTexts(cond, b, d.keep)
		} else {
			d.column(c, b)
			keep = cond.keep(c, out.rows, d.keep)
		}
		if len(keep) == n {
			continue
		}
		n = len(keep)
		for j := range d.where[:i+1] {
			if c := out.cols[d.where[j].place]; c.n > out.rows {
				c.compact(out.rows, keep)
			}
		}
		if d.all {
			d.sel = append(d.sel[:0], keep...)
			d.all = false
			continue
		}
		for k, at := range keep {
			d.sel[k] = d.sel[at]
		}
		d.sel = d.sel[:n]
	}
	return n
}

// keepTexts narrows keep to the fields, of those that from and to name, that meet cond.
func (d *delimitedChunk) keepTexts(cond *condition, b []byte, keep []uint32) []uint32 {
	for i := range cond.tests {
		t, n := &cond.tests[i], 0
		if t.idle {
			continue
		}
		if t.op == Contains {
			keep = d.keepContaining(t, b, keep)
			continue
		}
		for _, k := range keep {
			from, ok := d.from[k], false
			if from == missing || d.isNull(b[from:d.to[k]]) {
				ok = t.op == IsNull
			} else {
				ok = t.op == IsNotNull || t.text(b[from:d.to[k]])
			}
			if ok {
				keep[n] = k
				n++
			}
		}
		t.note(len(keep), n)
		keep = keep[:n]
	}
	return keep
}

// keepContaining searches the chunk, of which most has no hit, and then finds the fields that hold one.
func (d *delimitedChunk) keepContaining(t *test, b []byte, keep []uint32) []uint32 {
	n, hit, size := 0, t.part.Index(b, 0), len(t.texts[0])
	for _, k := range keep {
		from := d.from[k]
		if from == missing {
			continue
		}
		if hit >= 0 && hit < int(from) {
			hit = t.part.Index(b, int(from))
		}
		if hit < 0 {
			break
		}
		if to := d.to[k]; hit+size <= int(to) && !d.isNull(b[from:to]) {
			keep[n] = k
			n++
		}
	}
	return keep[:n]
}

func appendSequence(dst []uint32, n int) []uint32 {
	for i := range uint32(n) {
		dst = append(dst, i)
	}
	return dst
}

// lineEnds reports whether all records end with d.end, and whether some have a CR before it that is no data.
func (d *delimitedChunk) lineEnds(b []byte, marks textscan.Marks) (crlf, ok bool) {
	if d.lines == lineExact || !marks.CR {
		return false, true
	}
	pairs := bytes.Count(b, []byte("\r\n"))
	return pairs > 0, d.lines == lineNewline || pairs == textscan.Count(b, '\r')
}

func (d *delimitedChunk) oneByOne(b []byte, out *Columns) error {
	for len(b) > 0 {
		rec, n := d.framing.Next(b, true)
		if err := d.Decode(rec, out); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// ragged fills first: it has one entry more than there are records.
func (d *delimitedChunk) ragged(b []byte) {
	d.first = append(d.first[:0], 0)
	for i, p := range d.pos {
		if b[p] == d.end {
			d.first = append(d.first, uint32(i+1))
		}
	}
}

// stride returns the number of fields of every record if it is the same for all, else 0.
func (d *delimitedChunk) stride() int {
	fields := d.first[1]
	for r, i := range d.first {
		if i != uint32(r)*fields {
			return 0
		}
	}
	return int(fields)
}

// countFields counts the records with more fields than columns, and those with only one.
func (d *delimitedChunk) countFields(rows int, out *Columns) {
	columns, extra, single := len(d.place), 0, 0
	switch {
	case !d.even:
		for r := range rows {
			if n := int(d.first[r+1] - d.first[r]); n > columns {
				extra++
			} else if n == 1 {
				single++
			}
		}
	case d.picks.Fields() > columns:
		extra = rows
	case d.picks.Fields() == 1:
		single = rows
	}
	if !d.rest {
		out.Counts.ExtraFields += int64(extra)
	}
	if columns > 1 {
		out.Counts.NoDelimiter += int64(single)
	}
}

// spans sets from and to of a column's fields in the n wanted records.
func (d *delimitedChunk) spans(b []byte, col, n int) {
	d.from, d.to = grow(d.from[:0], n)[:n], grow(d.to[:0], n)[:n]
	if d.even {
		d.spansEven(col)
	} else {
		d.spansRagged(col)
	}
	if d.crlf && (!d.even || col >= d.picks.Fields()-1 || d.takesRest(col)) {
		d.trimCR(b)
	}
}

func (d *delimitedChunk) spansEven(col int) {
	from, to, picks := d.from, d.to[:len(d.from)], d.picks
	last, step := picks.Fields()-1, picks.Each()
	if col > last {
		for r := range from {
			from[r], to[r] = missing, 0
		}
		return
	}
	// Of the first of a record's places: where those of the delimiters before and after the field are. The field before a record's first one ends
	// where the record before it does.
	before, after := picks.Slot(last)-step, picks.Slot(last)
	if col > 0 {
		before = picks.Slot(col - 1)
	}
	if !d.takesRest(col) {
		after = picks.Slot(col)
	}
	if d.all {
		for r, i := 0, 0; r < len(from); r, i = r+1, i+step {
			begin := uint32(0)
			if i+before >= 0 {
				begin = d.pos[i+before] + 1
			}
			from[r], to[r] = begin, d.pos[i+after]
		}
		return
	}
	for k, r := range d.sel[:len(from)] {
		i := int(r) * step
		begin := uint32(0)
		if i+before >= 0 {
			begin = d.pos[i+before] + 1
		}
		from[k], to[k] = begin, d.pos[i+after]
	}
}

func (d *delimitedChunk) spansRagged(col int) {
	rest := d.takesRest(col)
	for k := range d.from {
		r := k
		if !d.all {
			r = int(d.sel[k])
		}
		i := d.first[r] + uint32(col)
		if i >= d.first[r+1] {
			d.from[k], d.to[k] = missing, 0
			continue
		}
		d.from[k] = 0
		if i > 0 {
			d.from[k] = d.pos[i-1] + 1
		}
		if rest {
			i = d.first[r+1] - 1
		}
		d.to[k] = d.pos[i]
	}
}

// trimCR takes the CR of a CRLF off the fields that end a record.
func (d *delimitedChunk) trimCR(b []byte) {
	for r, to := range d.to {
		if d.from[r] != missing && b[to] == d.end && to > d.from[r] && b[to-1] == '\r' {
			d.to[r] = to - 1
		}
	}
}

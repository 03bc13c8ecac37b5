package serde

import "github.com/winnowdb/winnow/exec/textscan"

// Classes of the bytes of CSV, in the blocks of a csvChunk.
const (
	csvSpecial = iota // ends a field, or makes it no plain one
	csvInside         // ends what is between quotes, or makes it no plain text
)

// csvChunk finds the fields of a chunk's records by the classes of their bytes: plain ones, and those that are in quotes as a
// whole with nothing special between them. All other records go to the record form.
type csvChunk struct {
	*csv
	classes *textscan.Classes
	blocks  []textscan.Block
	cutter  cutter
	late    []int // the needed columns without condition
	from    []int // per column of the table: where its field in the record at hand begins
	to      []int
}

// newCSVChunk returns d, with a chunk form if records are lines and all special characters ASCII.
func newCSVChunk(s *spec, d *csv) (Decoder, error) {
	framing, err := csvFraming(s)
	if err != nil {
		return nil, err
	}
	c, ok := newCutter(framing)
	if !ok || d.sep >= 0x80 || d.quote >= 0x80 || d.escape >= 0x80 {
		return d, nil
	}
	inside := func(b byte) bool { return b == d.quote || b == d.escape || b == '\n' || b == '\r' }
	special := func(b byte) bool { return b == d.sep || inside(b) }
	columns := len(d.place)
	return &csvChunk{csv: d, cutter: c, classes: textscan.NewClasses(special, inside), late: unconditional(d.place, d.where),
		from: make([]int, columns), to: make([]int, columns)}, nil
}

// DecodeChunk implements ChunkDecoder.
func (d *csvChunk) DecodeChunk(b []byte, out *Columns) error {
	row := out.rows
	d.texts.counts = &out.Counts
	d.cutter.begin(b)
	for len(b) > 0 {
		n := d.cutter.piece(b)
		d.piece(b[:n], out)
		b = b[n:]
	}
	countBadUTF8(out, row)
	return nil
}

func (d *csvChunk) piece(b []byte, out *Columns) {
	d.blocks = d.classes.Classify(d.blocks, b)
	for from := 0; from < len(b); {
		to, next := d.cutter.next(b, from)
		if n := d.split(b, from, to); n >= 0 {
			d.row(b, n, out)
		} else {
			d.decode(b[from:to], out)
		}
		from = next
	}
}

// split finds the fields of the record from p to end and returns their number, or -1 if the record form must look at it.
func (d *csvChunk) split(b []byte, p, end int) int {
	if p == end {
		return 0
	}
	for n := 0; ; n++ {
		from, to := p, textscan.Find(d.blocks, csvSpecial, p, end)
		if next := to; next < end && b[next] != d.sep {
			if next > p || b[next] != d.quote {
				return -1
			}
			from = p + 1
			to = textscan.Find(d.blocks, csvInside, from, end)
			if to == end || b[to] != d.quote || (to+1 < end && b[to+1] != d.sep) {
				return -1
			}
			p = to + 1
		} else {
			p = to
		}
		if n < len(d.from) {
			d.from[n], d.to[n] = from, to
		}
		if p == end {
			return n + 1
		}
		p++
	}
}

// row adds the row of a record of n fields, unless a condition leaves it out.
func (d *csvChunk) row(b []byte, n int, out *Columns) {
	if n > len(d.place) {
		out.Counts.ExtraFields++
	}
	for i := range d.where {
		cond := &d.where[i]
		c := out.cols[cond.place]
		d.column(c, b, cond.column, n)
		if !cond.holds(c) {
			out.leaveOut()
			return
		}
	}
	for _, col := range d.late {
		d.column(out.cols[d.place[col]], b, col, n)
	}
	out.rows++
}

// column adds the field of a column; n fields are there.
func (d *csvChunk) column(c *vector, b []byte, col, n int) {
	if col >= n {
		c.appendNull()
		return
	}
	d.value(c, b[d.from[col]:d.to[col]])
}

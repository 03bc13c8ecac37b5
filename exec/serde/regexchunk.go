package serde

import "github.com/winnowdb/winnow/exec/javaregex"

// regexChunk matches the records of a chunk where they stand, by the classes of the chunk's bytes. Records that the
// matcher leaves undecided go to the engines of package javaregex.
type regexChunk struct {
	*regex
	matcher *javaregex.Matcher
	cutter  cutter
	groups  []int // buffer
}

// newRegexChunk returns d, with a chunk form if the pattern and the framing allow it.
func newRegexChunk(s *spec, need Need, d *regex) (Decoder, error) {
	d.place, d.where = places(len(s.types), need), newConditions(need)
	d.late = unconditional(d.place, d.where)
	framing, err := lineFraming(s.props)
	if err != nil {
		return nil, err
	}
	r, ok := newCutter(framing)
	if !ok {
		return d, nil
	}
	needed := make([]bool, d.re.NumGroups()+1)
	for col, o := range d.place {
		if o >= 0 {
			needed[d.groupOf(col)] = true
		}
	}
	m := d.re.Matcher(!d.find, func(g int) bool { return needed[g] })
	if m == nil {
		return d, nil
	}
	return &regexChunk{regex: d, matcher: m, cutter: r, groups: make([]int, 2*len(needed))}, nil
}

// DecodeChunk implements ChunkDecoder.
func (d *regexChunk) DecodeChunk(b []byte, out *Columns) error {
	row := out.rows
	d.cutter.begin(b)
	for len(b) > 0 {
		n := d.cutter.piece(b)
		if err := d.piece(b[:n], out); err != nil {
			return err
		}
		b = b[n:]
	}
	countBadUTF8(out, row)
	return nil
}

func (d *regexChunk) piece(b []byte, out *Columns) error {
	d.texts.counts = &out.Counts
	d.matcher.Reset(b)
	for from := 0; from < len(b); {
		to, next := d.cutter.next(b, from)
		switch d.matcher.Match(d.groups, from, to) {
		case javaregex.Matched:
			d.row(b, d.groups, out)
		case javaregex.NotMatched:
			out.AddBadRow()
		default:
			if err := d.decode(b[from:to], out); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

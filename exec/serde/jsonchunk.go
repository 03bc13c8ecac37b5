package serde

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// jsonObject is an object of which some fields are wanted: the record, or a struct in it.
type jsonObject struct {
	fields []jsonField
	// lengths are the distances from the opening quote of a wanted key to the colon after it.
	lengths []int
	fold    bool  // keys match whatever their case
	folds   bool  // and a character beyond ASCII has one of a name as lower case
	hidden  []int // places of columns whose key is another's too, which gets the value
}

// jsonField is a wanted key.
type jsonField struct {
	name   string // in lower case if the object folds
	place  int    // among the columns of the object
	index  int    // among the fields of all objects
	known  int    // jsonName.known of its name
	shape  *jsonShape
	object *jsonObject // of a struct
}

// newObject returns what is wanted by shape, numbering fields from *fields on; nil if the names cannot be found by their bytes.
func newObject(shape *jsonShape, fields *int) *jsonObject {
	o := &jsonObject{fold: shape.fold}
	distances := map[int]bool{}
	for _, name := range slices.Sorted(maps.Keys(shape.fields)) {
		if shape.dots || strings.ContainsAny(name, `"\`) || !isASCII(name) {
			return nil
		}
		f := jsonField{name: name, place: shape.fields[name], index: *fields}
		f.shape = shape.kids[f.place]
		*fields++
		if f.shape.fields != nil {
			if f.object = newObject(f.shape, fields); f.object == nil {
				return nil
			}
		}
		o.fields = append(o.fields, f)
		// Two characters beyond ASCII have an ASCII letter as lower case: the Kelvin sign and I with a dot.
		longest := len(name)
		if shape.fold {
			longest += 2*strings.Count(name, "k") + strings.Count(name, "i")
			o.folds = o.folds || longest > len(name)
		}
		for n := len(name); n <= longest; n++ {
			distances[n+2] = true
		}
	}
	o.lengths = slices.Sorted(maps.Keys(distances))
	for _, place := range shape.order {
		if place >= 0 && !slices.ContainsFunc(o.fields, func(f jsonField) bool { return f.place == place }) {
			o.hidden = append(o.hidden, place)
		}
	}
	return o
}

// distances returns the lengths of o and of the objects in it.
func (o *jsonObject) distances() []int {
	all := slices.Clone(o.lengths)
	for i := range o.fields {
		if in := o.fields[i].object; in != nil {
			all = append(all, in.distances()...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// find returns the field whose key ends b, or nil; name is the key if it is known. It is not ok if the record form must look at the
// key: it does not end where b does, or has characters beyond ASCII that may fold to a name's.
func (o *jsonObject) find(b []byte, name int) (*jsonField, bool) {
	if name != otherName {
		for i := range o.fields {
			if f := &o.fields[i]; f.known == name {
				return f, true
			}
		}
		return nil, true
	}
	end := len(b) - 1
	if end < 0 || b[end] != '"' {
		return nil, false
	}
	for i := range o.fields {
		f := &o.fields[i]
		begin := end - len(f.name)
		if begin < 1 || b[begin-1] != '"' {
			continue
		}
		if key := b[begin:end]; string(key) == f.name || o.fold && equalFold(key, f.name) {
			return f, true
		}
	}
	if o.folds {
		for i := end - 1; i >= 0 && b[i] != '"'; i-- {
			if b[i] >= utf8.RuneSelf {
				return nil, false
			}
		}
	}
	return nil, true
}

// equalFold compares ASCII texts of the same length, of which lower is in lower case.
func equalFold(b []byte, lower string) bool {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// jsonChunk finds the wanted values of the records of a chunk by the classes of their bytes and reads only those; the
// fields of wanted structs are found alike.
type jsonChunk struct {
	*json
	records     *jsonRecords
	cutter      cutter
	conditional []*jsonField // of each condition; nil: no key is the column's
}

// newJSONChunk returns d, with a chunk form if framing and names allow it.
func newJSONChunk(s *spec, d *json) (Decoder, error) {
	framing, err := lineFraming(s.props)
	if err != nil {
		return nil, err
	}
	c, ok := newCutter(framing)
	if !ok || c.end >= ' ' || c.end == '\t' || c.end == '\r' {
		return d, nil
	}
	fields := 0
	root := newObject(d.root, &fields)
	if root == nil {
		return d, nil
	}
	j := &jsonChunk{json: d, cutter: c, records: newJSONRecords(c.end, root, fields)}
	for _, cond := range d.where {
		at := slices.IndexFunc(root.fields, func(f jsonField) bool { return f.place == cond.place })
		if at < 0 {
			j.conditional = append(j.conditional, nil)
		} else {
			j.conditional = append(j.conditional, &root.fields[at])
		}
	}
	return j, nil
}

// DecodeChunk implements ChunkDecoder.
func (d *jsonChunk) DecodeChunk(b []byte, out *Columns) error {
	row := out.rows
	d.texts.counts, d.counts = &out.Counts, &out.Counts
	for len(b) > 0 {
		n := d.cutter.piece(b)
		d.piece(b[:n], out)
		b = b[n:]
	}
	countBadUTF8(out, row)
	return nil
}

func (d *jsonChunk) piece(b []byte, out *Columns) {
	d.records.begin(b)
	d.cutter.hasCR = d.cutter.crEnds && d.records.tokens.CR()
	if d.cutter.otherEnds(b) {
		d.eachRecord(b, 0, len(b), out)
		return
	}
	for from := 0; from < len(b); {
		end, ok := d.records.next()
		if !ok || !d.row(b[:end], out) {
			d.eachRecord(b, from, end+1, out)
		}
		from = end + 1
	}
}

// eachRecord adds the rows of the records from from to to by the record form.
func (d *jsonChunk) eachRecord(b []byte, from, to int, out *Columns) {
	for from < to {
		end, next := d.cutter.next(b, from)
		d.decode(b[from:end], out)
		from = next
	}
}

// row adds the row of the record that ends b, unless a condition leaves it out. It adds nothing and is false if a value
// cannot be read, which the record form then finds too.
func (d *jsonChunk) row(b []byte, out *Columns) bool {
	d.reset(b)
	if len(d.where) > 0 {
		d.saved.save(out)
	}
	for i := range d.where {
		cond := &d.where[i]
		c := out.cols[cond.place]
		if f := d.conditional[i]; f == nil || d.records.at[f.index] < 0 {
			c.appendNull()
		} else if !d.field(f, c, out.rows) {
			out.cut(out.rows)
			return false
		}
		if !cond.holds(c) {
			d.saved.restore(out, d.where[:i+1])
			out.leaveOut()
			return true
		}
	}
	if !d.fields(d.records.root, out.cols, out.rows) {
		out.cut(out.rows)
		return false
	}
	out.rows++
	return true
}

// field reads the value that has been found of f.
func (d *jsonChunk) field(f *jsonField, c *vector, row int) bool {
	d.i = int(d.records.at[f.index])
	switch first := d.b[d.i]; {
	case first == '"' && c.kind == kindString:
		if c.appendQuoted(d.b[d.i+1:]) {
			return true
		}
		t, ok := d.str()
		if ok {
			c.appendBytes(t)
		}
		return ok
	case first != '{' || f.object == nil:
		return d.value(f.shape, c)
	}
	if !d.fields(f.object, c.kids, row) {
		return false
	}
	c.added()
	return true
}

// fields reads the values that have been found into cols, of which each that is not absent gets one, at index row.
func (d *jsonChunk) fields(o *jsonObject, cols []*vector, row int) bool {
	for i := range o.fields {
		f := &o.fields[i]
		switch c := cols[f.place]; {
		case c.n > row: // read for a condition
		case d.records.at[f.index] < 0:
			c.appendNull()
		default:
			if !d.field(f, c, row) {
				return false
			}
		}
	}
	for _, place := range o.hidden {
		if c := cols[place]; c.n == row {
			c.appendNull()
		}
	}
	return true
}

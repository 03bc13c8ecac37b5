package serde

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// jsonShape is what is looked for in a JSON value: the fields of an object, the items of an array or map.
type jsonShape struct {
	fields map[string]int // struct, and the record: key → place
	order  []int          // place by position, for an array in place of an object
	kids   []*jsonShape
	fold   bool // keys match whatever their case
	dots   bool // a dot in a key matches an underscore of a name
}

// json decodes one JSON object per record by walking over it once. Only what the needed columns want is
// read; all else is checked for syntax and skipped.
//
// Where Hive fails the query or makes up a value, the value or the row is NULL and counted: text that is no
// number in a number's place, numbers out of range, objects in a number's place, malformed records.
type json struct {
	jsonScanner
	root  *jsonShape
	texts texts
	fold  []byte // a key in lower case
	where []condition
	saved savedCounts
}

func checkJSON(s *spec) error {
	for i, c := range s.Columns {
		if datatype.HasUnion(s.types[i]) {
			return diag.Errorf(diag.Unsupported, "column %q: JSON has no uniontype", c.Name).WithHint("declare it as a string, and read it with get_json_object")
		}
	}
	_, err := newTexts(s, texts{})
	return err
}

func newJSON(s *spec, need Need) (Decoder, error) {
	t, err := newTexts(s, texts{})
	if err != nil {
		return nil, err
	}
	d := &json{texts: t, root: newRoot(s, need), where: newConditions(need)}
	for _, c := range need.Columns {
		if s.types[c].ID() == arrow.NULL {
			return nil, diag.Errorf(diag.Type, "column %q has no type", s.Columns[c].Name)
		}
	}
	return newJSONChunk(s, d)
}

// newRoot honours the properties of the OpenX reader: mapping.COLUMN = key, case.insensitive, dots.in.keys.
func newRoot(s *spec, need Need) *jsonShape {
	fold := !strings.EqualFold(s.props["case.insensitive"], "false")
	dots := s.props.isTrue("dots.in.keys")
	root := &jsonShape{fields: map[string]int{}, order: places(len(s.types), need), fold: fold, dots: dots}
	for out, c := range need.Columns {
		key := s.Columns[c].Name
		if mapped, ok := s.props["mapping."+strings.ToLower(key)]; ok {
			key = mapped
		}
		if fold {
			key = strings.ToLower(key)
		}
		root.fields[key] = out
		root.kids = append(root.kids, newShape(s.types[c], need.wantedFields(out), fold, dots))
	}
	return root
}

// newShape returns the shape of a type; fields that paths do not name are not looked for.
func newShape(t arrow.DataType, paths []string, fold, dots bool) *jsonShape {
	s := &jsonShape{fold: fold, dots: dots}
	switch t := t.(type) {
	case *arrow.MapType:
		s.kids = []*jsonShape{newShape(t.KeyType(), nil, fold, dots), newShape(t.ItemType(), nil, fold, dots)}
	case *arrow.ListType:
		s.kids = []*jsonShape{newShape(t.Elem(), nil, fold, dots)}
	case *arrow.StructType:
		s.fields = map[string]int{}
		for i, f := range t.Fields() {
			name := f.Name
			if fold {
				name = strings.ToLower(name)
			}
			place := -1
			sub, wanted := below(paths, f.Name)
			if wanted {
				place = i
				s.fields[name] = i
			}
			s.order = append(s.order, place)
			s.kids = append(s.kids, newShape(f.Type, sub, fold, dots))
		}
	}
	return s
}

// Decode implements Decoder. A blank record is a row of NULLs, not counted.
func (d *json) Decode(rec []byte, out *Columns) error {
	row := out.rows
	d.decode(rec, out)
	countBadUTF8(out, row)
	return nil
}

// decode is Decode without a look at the bytes of text.
func (d *json) decode(rec []byte, out *Columns) {
	d.reset(rec)
	d.texts.counts = &out.Counts
	d.counts = &out.Counts
	d.blanks()
	if d.i == len(rec) {
		out.AddNullRow()
		return
	}
	row, bad := out.rows, false
	d.saved.save(out)
	switch rec[d.i] {
	case '{':
		bad = !d.object(d.root, out.cols, row)
	case '[':
		bad = !d.positions(d.root, out.cols, row)
	default:
		bad = true
	}
	if bad {
		d.saved.restore(out, nil)
		out.AddBadRow()
		return
	}
	for _, c := range out.cols {
		if c.n == row {
			c.appendNull()
		}
	}
	if d.blanks(); d.i < len(rec) {
		out.Counts.TrailingText++
	}
	if d.saved.meets(d.where, out) {
		out.rows++
	}
}

// object reads {…} into cols, of which each gets at most one value, at index row: the last of equal keys.
func (d *json) object(s *jsonShape, cols []*vector, row int) bool {
	if !d.enter() {
		return false
	}
	for n := 0; ; n++ {
		d.blanks()
		if d.accept('}') {
			d.depth--
			return n == 0
		}
		key, ok := d.key()
		if !ok {
			return false
		}
		if i, wanted := s.find(key, &d.fold); wanted {
			cols[i].truncate(row)
			ok = d.value(s.kids[i], cols[i])
		} else {
			ok = d.skip()
		}
		if !ok {
			return false
		}
		if d.blanks(); !d.accept(',') {
			d.depth--
			return d.accept('}')
		}
	}
}

// positions reads […] in place of an object: items by the order of the columns, as the OpenX reader does.
func (d *json) positions(s *jsonShape, cols []*vector, row int) bool {
	if !d.enter() {
		return false
	}
	for n := 0; ; n++ {
		d.blanks()
		if d.accept(']') {
			d.depth--
			return n == 0
		}
		ok := false
		if n < len(s.order) && s.order[n] >= 0 {
			i := s.order[n]
			cols[i].truncate(row)
			ok = d.value(s.kids[i], cols[i])
		} else {
			ok = d.skip()
		}
		if !ok {
			return false
		}
		if d.blanks(); !d.accept(',') {
			d.depth--
			return d.accept(']')
		}
	}
}

// find returns the place of key.
func (s *jsonShape) find(key []byte, buf *[]byte) (int, bool) {
	if s.fold || s.dots {
		lower := (*buf)[:0]
		ascii := true
		for _, c := range key {
			switch {
			case s.fold && c >= 'A' && c <= 'Z':
				c |= 0x20
			case s.dots && c == '.':
				c = '_'
			case c >= 0x80:
				ascii = false
			}
			lower = append(lower, c)
		}
		if *buf = lower; s.fold && !ascii {
			lower = []byte(strings.ToLower(string(lower)))
		}
		key = lower
	}
	i, ok := s.fields[string(key)]
	return i, ok
}

// value reads one value into c. It is false if the record is malformed.
func (d *json) value(s *jsonShape, c *vector) bool {
	d.blanks()
	if d.i == len(d.b) {
		return false
	}
	if d.b[d.i] == 'n' {
		if !d.word("null") {
			return false
		}
		c.appendNull()
		return true
	}
	switch c.kind {
	case kindStruct:
		if c.keys != nil {
			return d.entries(s, c)
		}
		return d.structValue(s, c)
	case kindList:
		return d.list(s, c)
	case kindMap:
		return d.mapping(s, c)
	}
	return d.scalar(c)
}

// wrong skips a value that is not of c's kind.
func (d *json) wrong(c *vector) bool {
	c.appendBad()
	return d.skip()
}

func (d *json) structValue(s *jsonShape, c *vector) bool {
	row, ok := c.n, false
	switch d.b[d.i] {
	case '{':
		ok = d.object(s, c.kids, row)
	case '[':
		ok = d.positions(s, c.kids, row)
	default:
		return d.wrong(c)
	}
	for _, k := range c.kids {
		if k.n == row {
			k.appendNull()
		}
	}
	c.added()
	return ok
}

func (d *json) list(s *jsonShape, c *vector) bool {
	if d.b[d.i] != '[' {
		return d.wrong(c)
	}
	ok := d.items(s, c)
	c.endNested()
	return ok
}

func (d *json) items(s *jsonShape, c *vector) bool {
	if !d.enter() {
		return false
	}
	for n := 0; ; n++ {
		d.blanks()
		if d.accept(']') {
			d.depth--
			return n == 0
		}
		if !d.value(s.kids[0], c.kids[0]) {
			return false
		}
		if d.blanks(); !d.accept(',') {
			d.depth--
			return d.accept(']')
		}
	}
}

func (d *json) mapping(s *jsonShape, c *vector) bool {
	if d.b[d.i] != '{' {
		return d.wrong(c)
	}
	keys, values := c.kids[0], c.kids[1]
	first := keys.n
	ok := d.eachEntry(func(key []byte) bool {
		d.texts.append(keys, key)
		if keys.isNull(keys.n - 1) {
			keys.truncate(keys.n - 1)
			return d.skip()
		}
		return d.value(s.kids[1], values)
	})
	if ok {
		keepLast(c, first)
	}
	c.endNested()
	return ok
}

// eachEntry calls value at the value of each entry of an object. It is false if the record is malformed, or value is.
func (d *json) eachEntry(value func(key []byte) bool) bool {
	if !d.enter() {
		return false
	}
	for n := 0; ; n++ {
		d.blanks()
		if d.accept('}') {
			d.depth--
			return n == 0
		}
		key, ok := d.key()
		if !ok || !value(key) {
			return false
		}
		if d.blanks(); !d.accept(',') {
			d.depth--
			return d.accept('}')
		}
	}
}

package serde

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// Predicate is a condition on the value of one column: it is true or not, and of the comparisons only
// IsNull is true of NULL.
//
// A decoder that is given predicates adds only rows for which all are true; the others it counts in
// Counts.LeftOut. It looks at the columns of predicates first, in the order in which predicates first name them, and
// at no value more of a row once one is not true. So a value that does not parse (Columns.BadValues) is counted in the rows
// added, and in rows left out if it was looked at until then: a condition on a column full of bad values still tells of
// them. BadUTF8 is of the rows added; counts of records (BadRows, ExtraFields, LongLines, NoDelimiter) are of all records.
type Predicate struct {
	Column int // index in Spec.Columns
	Op     PredicateOp
	// Values is what is compared with, of the column's type and without NULL: one value, any number for In, none for
	// IsNull and IsNotNull.
	Values arrow.Array
	Keys   *KeySet // of Among, which has no Values
}

// PredicateOp is how a Predicate compares. Values are equal and ordered as in Hive: text by its bytes, NaN is the
// largest number and equal to itself.
type PredicateOp uint8

// The ways to compare.
const (
	Equal PredicateOp = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	In
	HasPrefix
	HasSuffix
	Contains
	// Among is true of the values that Keys may hold. It is there to spare work, and a decoder ceases to ask once it has seen
	// that it does not: what asks for exactly these values asks again.
	Among
	IsNull
	IsNotNull
)

// Pushes reports whether decoders of the table take p in Need.Where.
func (t *Table) Pushes(p Predicate) bool {
	typ := t.Types[p.Column]
	if !t.Format.where || datatype.IsNested(typ) {
		return false
	}
	if p.Op == IsNull || p.Op == IsNotNull {
		return p.Values == nil
	}
	if p.Op == Among {
		return datatype.Equal(p.Keys.typ, typ)
	}
	if p.Values == nil || !datatype.Equal(p.Values.DataType(), typ) || p.Values.NullN() > 0 || (p.Op != In && p.Values.Len() != 1) {
		return false
	}
	_, ok := newTest(p)
	return ok
}

// condition is the predicates of one column.
type condition struct {
	column int // in Spec.Columns
	place  int // among the needed columns
	tests  []test
}

// newConditions groups the predicates of need by column. All columns that they name are needed ones.
func newConditions(need Need) []condition {
	var out []condition
	for _, p := range need.Where {
		i := 0
		for i < len(out) && out[i].column != p.Column {
			i++
		}
		if i == len(out) {
			c := condition{column: p.Column}
			for place, col := range need.Columns {
				if col == p.Column {
					c.place = place
				}
			}
			out = append(out, c)
		}
		t, _ := newTest(p)
		out[i].tests = append(out[i].tests, t)
	}
	return out
}

// unconditional returns the needed columns of the table that no condition reads, ascending.
func unconditional(place []int, where []condition) (columns []int) {
	for col, o := range place {
		if o >= 0 && !slices.ContainsFunc(where, func(c condition) bool { return c.column == col }) {
			columns = append(columns, col)
		}
	}
	return columns
}

// nullPasses reports whether a row of NULLs may meet all predicates.
func nullPasses(where []Predicate) bool {
	for _, p := range where {
		if p.Op != IsNull && p.Op != Among {
			return false
		}
	}
	return true
}

// holds reports whether the last value of c, the condition's column, meets it.
func (cond *condition) holds(c *vector) bool {
	var one [1]uint32
	return len(cond.keep(c, c.n-1, one[:])) == 1
}

// keep narrows sel, ascending places of values of c counted from start, to those that meet all tests.
func (cond *condition) keep(c *vector, start int, sel []uint32) []uint32 {
	for i := range cond.tests {
		t := &cond.tests[i]
		if t.idle {
			continue
		}
		n := len(sel)
		sel = t.keep(c, start, sel)
		t.note(n, len(sel))
	}
	return sel
}

// savedCounts is what was counted of values before a record, for when it turns out to be no row.
type savedCounts struct {
	bad            []int64
	badUTF8, zoned int64
}

func (s *savedCounts) save(out *Columns) {
	s.bad, s.badUTF8, s.zoned = s.bad[:0], out.Counts.BadUTF8, out.Counts.Zoned
	for _, c := range out.cols {
		s.bad = c.saveBad(s.bad)
	}
}

// restore takes back what was counted since save, but for the values that conditions looked at.
func (s *savedCounts) restore(out *Columns, looked []condition) {
	saved := s.bad
	for place, c := range out.cols {
		if slices.ContainsFunc(looked, func(cond condition) bool { return cond.place == place }) {
			saved = saved[1:]
			continue
		}
		saved = c.restoreBad(saved)
	}
	if looked != nil {
		out.Counts.BadUTF8, out.Counts.Zoned = s.badUTF8, s.zoned
	}
}

// meets reports whether the row at hand, whose values have all been added since save, meets the conditions; if not it is left
// out.
func (s *savedCounts) meets(where []condition, out *Columns) bool {
	for i := range where {
		if !where[i].holds(out.cols[where[i].place]) {
			s.restore(out, where[:i+1])
			out.leaveOut()
			return false
		}
	}
	return true
}

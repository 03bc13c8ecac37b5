package serde

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javaregex"
	"github.com/winnowdb/winnow/proto/diag"
)

// regexHint is what to do about a pattern that is refused.
const regexHint = "write it as java.util.regex reads it, and each backslash twice"

// regex is Hive's RegexSerDe: the groups of a pattern that must match the whole record are the columns.
type regex struct {
	re    *javaregex.Regexp
	place []int // of each column of the table in the output; -1: not needed
	where []condition
	late  []int // the needed columns without condition
	texts texts
	group []int // buffer
	// columns gives the group of each column; nil: in order.
	columns []int
	find    bool // the pattern may match a part of the record
}

func compileRegex(s *spec) (*javaregex.Regexp, error) {
	pattern, ok := s.props.first(regexKey)
	if !ok {
		return nil, diag.Errorf(diag.Config, "RegexSerDe wants the property %q", regexKey)
	}
	return compilePattern(regexKey, pattern, s.props.isTrue(regexCaseKey))
}

func compilePattern(key, pattern string, fold bool) (*javaregex.Regexp, error) {
	flags := javaregex.DotAll
	if fold {
		flags |= javaregex.CaseInsensitive
	}
	re, err := javaregex.Compile(pattern, flags)
	if err != nil {
		kind := diag.KindOf(err)
		if kind == diag.Syntax {
			kind = diag.Config
		}
		var d *diag.Error
		if errors.As(err, &d) {
			return nil, &diag.Error{Kind: kind, Msg: "property " + strconv.Quote(key) + ": " + d.Msg, Hint: cmp.Or(d.Hint, regexHint), Err: err}
		}
		return nil, diag.Errorf(kind, "property %q: %w", key, err).WithHint(regexHint)
	}
	return re, nil
}

func checkRegex(s *spec) error {
	re, err := compileRegex(s)
	if err != nil {
		return err
	}
	if n := re.NumGroups(); n != len(s.Columns) {
		return diag.Errorf(diag.Config, "input.regex has %d groups and the table has %d columns", n, len(s.Columns)).
			WithHint("write (?:…) for a group that is no column")
	}
	return checkPrimitive(s, "RegexSerDe")
}

func checkPrimitive(s *spec, name string) error {
	for i, t := range s.types {
		if datatype.IsNested(t) {
			return diag.Errorf(diag.Type, "column %q: %s has no %s", s.Columns[i].Name, name, datatype.Name(t))
		}
	}
	return nil
}

func newRegex(s *spec, need Need) (Decoder, error) {
	re, err := compileRegex(s)
	if err != nil {
		return nil, err
	}
	t, err := newTexts(s, texts{})
	if err != nil {
		return nil, err
	}
	t.null = ""
	return newRegexChunk(s, need, &regex{re: re, texts: t})
}

// Decode implements Decoder. A record that does not match is a row of NULLs; so is one on which the
// pattern takes too long.
func (d *regex) Decode(rec []byte, out *Columns) error {
	row := out.rows
	err := d.decode(rec, out)
	countBadUTF8(out, row)
	return err
}

// decode is Decode without a look at the bytes of text.
func (d *regex) decode(rec []byte, out *Columns) error {
	d.texts.counts = &out.Counts
	match := d.re.FullMatch
	if d.find {
		match = d.re.FindSubmatchIndex
	}
	m, err := match(d.group[:0], text(rec))
	if err != nil || m == nil {
		out.AddBadRow()
		if errors.Is(err, javaregex.ErrTooHard) {
			err = nil
		}
		return err
	}
	d.group = m
	d.row(rec, m, out)
	return nil
}

// row adds the row of groups m of b, unless a condition leaves it out.
func (d *regex) row(b []byte, m []int, out *Columns) {
	for i := range d.where {
		cond := &d.where[i]
		c := out.cols[cond.place]
		d.field(c, b, m, d.groupOf(cond.column))
		if !cond.holds(c) {
			out.leaveOut()
			return
		}
	}
	for _, col := range d.late {
		d.field(out.cols[d.place[col]], b, m, d.groupOf(col))
	}
	out.rows++
}

// field adds group g.
func (d *regex) field(c *vector, b []byte, m []int, g int) {
	from, to := m[2*g], m[2*g+1]
	switch {
	case from < 0:
		c.appendNull()
	case c.kind == kindString:
		c.appendBytes(b[from:to])
	default:
		d.value(c, b[from:to])
	}
}

// groupOf returns the group of a column.
func (d *regex) groupOf(col int) int {
	if d.columns != nil {
		return d.columns[col]
	}
	return col + 1
}

// value adds a group's text. RegexSerDe reads numbers by Java's valueOf, which takes no fraction for
// an integer, and any text but true as a false boolean.
func (d *regex) value(c *vector, b []byte) {
	switch c.kind {
	case kindInt8, kindInt16, kindInt32, kindInt64:
		if indexByte(b, '.') >= 0 {
			c.appendUnread(b)
			return
		}
	case kindBool:
		v, ok := datatype.ParseBool(b, false)
		c.appendBool(v && ok)
		return
	}
	d.texts.append(c, b)
}

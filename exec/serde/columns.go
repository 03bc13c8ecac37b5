package serde

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// Columns gathers the decoded rows of some columns as plain slices, which Finish hands to Arrow without
// a copy; once the arrays are released they are used again. It is used by one goroutine.
type Columns struct {
	cols    []*vector
	rows    int
	noNulls bool // a row of NULLs is left out
	Counts  Counts
}

// Counts is what decoding met besides good rows. BadValues of a column are kept by the Columns.
type Counts struct {
	BadRows      int64 // rows of NULLs for records that the format could not read
	ExtraFields  int64 // records with more fields than the table has columns
	LongLines    int64 // records beyond the limit, also among BadRows
	BadUTF8      int64 // text values that are not UTF-8, kept as they are
	Zoned        int64 // timestamps with a zone, converted to UTC
	TrailingText int64 // JSON records with text after the value
	NoDelimiter  int64 // delimited records of one field in a table of several columns
	Unclosed     int64 // CSV records that end within quotes, delimited ones that end with the escape
	LeftOut      int64 // records that are no rows, by Need.Where
}

// NewColumns returns empty columns of types, one per needed column.
func NewColumns(types []arrow.DataType) *Columns {
	c, mem := &Columns{cols: make([]*vector, len(types))}, vec.NewRecycler(vec.Unzeroed{})
	for i, t := range types {
		c.cols[i] = newVector(t, mem)
	}
	return c
}

// Rows returns the number of rows gathered since the last Finish.
func (c *Columns) Rows() int { return c.rows }

// Bytes estimates the bytes held by variable-length values; a batch is cut when they grow too many.
func (c *Columns) Bytes() int {
	n := 0
	for _, col := range c.cols {
		n += col.bytes()
	}
	return n
}

// AddNullRow adds a row of NULLs, unless conditions leave it out.
func (c *Columns) AddNullRow() {
	if c.noNulls {
		c.leaveOut()
		return
	}
	for _, col := range c.cols {
		col.truncate(c.rows)
		col.appendNull()
	}
	c.rows++
}

// leaveOut drops the values of the row that is being added.
func (c *Columns) leaveOut() {
	c.cut(c.rows)
	c.Counts.LeftOut++
}

// AddBadRow adds a row of NULLs in place of a record that the format cannot read, and counts it.
func (c *Columns) AddBadRow() {
	c.AddNullRow()
	c.Counts.BadRows++
}

// AddRows adds n rows to columns of which none is needed.
func (c *Columns) AddRows(n int) { c.rows += n }

// BadValues returns how many values of needed column i did not parse, since the last ResetCounts.
func (c *Columns) BadValues(i int) int64 { return c.cols[i].badValues() }

// ResetCounts sets all counts to zero.
func (c *Columns) ResetCounts() {
	c.Counts = Counts{}
	for _, col := range c.cols {
		col.resetBad()
	}
}

// cut drops rows n and later.
func (c *Columns) cut(n int) {
	for _, col := range c.cols {
		col.truncate(n)
	}
	c.rows = n
}

// Finish returns the gathered rows as arrays, to be released by the caller, and begins anew.
func (c *Columns) Finish() []arrow.Array {
	out := make([]arrow.Array, len(c.cols))
	for i, col := range c.cols {
		out[i] = col.finish()
	}
	c.rows = 0
	return out
}

package serde

import (
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/textscan"
)

// column reads the fields that from and to name.
func (d *delimitedChunk) column(c *vector, b []byte) {
	k := c.kind
	if k == kindStruct && d.entryKeysPlain(c) {
		d.entries(c, b)
		return
	}
	if d.nullNumber && k != kindString {
		k = kindNull
	}
	switch k {
	case kindInt32:
		readInts(d, c, &c.i32, b)
	case kindInt64:
		readInts(d, c, &c.i64, b)
	case kindFloat64:
		d.doubles(c, b)
	case kindDecimal:
		d.decimals(c, b)
	case kindDate:
		d.dates(c, b)
	case kindString:
		d.strings(c, b)
	default:
		for r, from := range d.from {
			if from == missing {
				c.appendNull()
			} else {
				d.value(c, b[from:d.to[r]], 1)
			}
		}
	}
}

// readInts reads the fields into values, those of c.
func readInts[T int32 | int64](d *delimitedChunk, c *vector, values *[]T, b []byte) {
	*values = roomFor(c, *values, len(d.from))
	for r, start := 0, c.n; r < len(d.from); r++ {
		*values = textscan.Ints(*values, b, d.from[r:], d.to[r:])
		// Values so far are noted at once, so that a column without NULLs costs no bit per value.
		c.addedMany(len(*values) - c.n)
		if r = c.n - start; r == len(d.from) {
			return
		}
		if from := d.from[r]; from != missing {
			if v, ok := textscan.Int(b[from:d.to[r]]); ok && int64(T(v)) == v {
				*values = append(*values, T(v))
				c.addedMany(1)
				continue
			}
		}
		d.slow(c, b, r)
	}
}

func (d *delimitedChunk) doubles(c *vector, b []byte) {
	c.f64 = roomFor(c, c.f64, len(d.from))
	start := c.n
	for r, from := range d.from {
		if from != missing {
			if v, ok := datatype.ParseDouble(b[from:d.to[r]]); ok {
				c.f64 = append(c.f64, v)
				continue
			}
		}
		c.addedMany(len(c.f64) - c.n)
		d.slow(c, b, r)
	}
	c.addedMany(start + len(d.from) - c.n)
}

func (d *delimitedChunk) decimals(c *vector, b []byte) {
	c.dec = roomFor(c, c.dec, len(d.from))
	limit := decimalLimit(c.prec)
	for r, start := 0, c.n; r < len(d.from); r++ {
		c.dec = textscan.Decimals(c.dec, b, d.from[r:], d.to[r:], c.scale, limit)
		c.addedMany(len(c.dec) - c.n)
		if r = c.n - start; r == len(d.from) {
			return
		}
		if from := d.from[r]; from != missing {
			if v, ok := textscan.Decimal(b[from:d.to[r]], c.scale); ok && v < limit && -v < limit {
				c.dec = append(c.dec, decimal128.FromI64(v))
				c.addedMany(1)
				continue
			}
		}
		d.slow(c, b, r)
	}
}

// decimalLimit is the least number of units that a decimal of prec digits does not hold, if int64 does.
func decimalLimit(prec int) int64 {
	limit := int64(1)
	for range min(prec, 18) {
		limit *= 10
	}
	return limit
}

func (d *delimitedChunk) dates(c *vector, b []byte) {
	c.i32 = roomFor(c, c.i32, len(d.from))
	start := c.n
	for r, from := range d.from {
		if from != missing {
			if v, ok := textscan.Date(b[from:d.to[r]]); ok {
				c.i32 = append(c.i32, v)
				continue
			}
		}
		c.addedMany(len(c.i32) - c.n)
		d.slow(c, b, r)
	}
	c.addedMany(start + len(d.from) - c.n)
}

func (d *delimitedChunk) strings(c *vector, b []byte) {
	c.offsets = roomFor(c, c.offsets, len(d.from))
	size := 0
	for r, from := range d.from {
		if from != missing {
			size += int(d.to[r] - from)
		}
	}
	c.data = roomFor(c, c.data, size+textscan.TextSlack)
	for r, start := 0, c.n; r < len(d.from); r++ {
		c.data, c.offsets = textscan.Texts(c.data, c.offsets, b, d.from[r:], d.to[r:], size, d.null)
		c.addedMany(len(c.offsets) - 1 - c.n)
		if r = c.n - start; r == len(d.from) {
			return
		}
		d.slow(c, b, r)
	}
}

// slow adds the field of record r by the general way.
func (d *delimitedChunk) slow(c *vector, b []byte, r int) {
	if d.from[r] == missing {
		c.appendNull()
		return
	}
	d.value(c, b[d.from[r]:d.to[r]], 1)
}

func grow[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return append(make([]T, 0, max(2*cap(s), len(s)+n)), s...)
}

package serde

// pieceBytes is about how much of a chunk is decoded at a time where bits for each of its bytes are kept,
// so that text and bits stay in the first-level cache.
const pieceBytes = 8 << 10

// cutter walks over the records of a chunk.
type cutter struct {
	framing Framing
	end     byte // of records
	crEnds  bool // a CR may be, or belong to, the end of a record
	hasCR   bool // some may have one in the chunk at hand
}

// newCutter returns a cutter for framings whose records end with one byte, or with CR, LF or CRLF.
func newCutter(framing Framing) (c cutter, ok bool) {
	c = cutter{framing: framing, end: '\n', crEnds: true}
	switch f := framing.(type) {
	case anyLine, newline:
		return c, true
	case exactEnd:
		c.end, c.crEnds = f.end[0], false
		return c, len(f.end) == 1
	}
	return c, false
}

// piece returns where to cut b, which holds whole records, so that a piece of some of them is about pieceBytes long.
func (c *cutter) piece(b []byte) int {
	if len(b) <= pieceBytes {
		return len(b)
	}
	if n := c.framing.Last(b[:pieceBytes]); n > 0 {
		return n
	}
	_, n := c.framing.Next(b, true)
	return n
}

// begin prepares for the records of b.
func (c *cutter) begin(b []byte) { c.hasCR = c.crEnds && indexByte(b, '\r') >= 0 }

// next returns where the record of b that begins at from ends, and where the next one begins.
func (c *cutter) next(b []byte, from int) (to, next int) {
	if n := indexByte(b[from:], c.end); n >= 0 && !c.hasCR {
		return from + n, from + n + 1
	}
	rec, n := c.framing.Next(b[from:], true)
	return from + len(rec), from + n
}

// after returns where the record after the one that ends at end begins, if a single byte or CRLF ends it; else 0.
func (c *cutter) after(b []byte, end int) int {
	switch {
	case b[end] == c.end:
		return end + 1
	case c.crEnds && b[end] == '\r' && end+1 < len(b) && b[end+1] == '\n':
		return end + 2
	}
	return 0
}

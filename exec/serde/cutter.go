package serde

import (
	"bytes"

	"github.com/winnowdb/winnow/exec/textscan"
)

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

// piece returns where to cut b, which holds whole records, so that a piece of some of them is about pieceBytes long. It looks
// ahead: bytes are found faster so than backwards.
func (c *cutter) piece(b []byte) int {
	if len(b) <= pieceBytes {
		return len(b)
	}
	_, n := c.framing.Next(b[pieceBytes:], true)
	return pieceBytes + n
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

// otherEnds reports whether some records of b, the chunk at hand, end with something else than the byte end, a CR before it apart.
func (c *cutter) otherEnds(b []byte) bool {
	if b[len(b)-1] != c.end {
		return true
	}
	if _, any := c.framing.(anyLine); !any || !c.hasCR {
		return false
	}
	return bytes.Count(b, []byte("\r\n")) != textscan.Count(b, '\r')
}

package serde

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

func indexByte(b []byte, c byte) int { return bytes.IndexByte(b, c) }

func appendUint64(dst []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(dst, v) }

// countBadUTF8 counts the text values from row on that are not UTF-8. They are kept as they are, so
// that two different ones stay different.
func countBadUTF8(out *Columns, row int) {
	for _, c := range out.cols {
		if c.kind != kindString && c.kind != kindVarchar && c.kind != kindChar || c.n <= row {
			continue
		}
		if utf8.Valid(c.data[c.offsets[row]:]) && c.startsWhole(row) {
			continue
		}
		for i := row; i < c.n; i++ {
			if !utf8.Valid(c.data[c.offsets[i]:c.offsets[i+1]]) {
				out.Counts.BadUTF8++
			}
		}
	}
}

// startsWhole reports whether no value from row on begins within a character: then, if all of them together
// are UTF-8, so is each.
func (c *vector) startsWhole(row int) bool {
	for _, o := range c.offsets[row:] {
		if int(o) < len(c.data) && c.data[o]&0xc0 == 0x80 {
			return false
		}
	}
	return true
}

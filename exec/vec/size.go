package vec

import "github.com/apache/arrow/go/v15/arrow"

// Size is about how many bytes rec holds: the lengths of its buffers, shared ones counted each time.
func Size(rec arrow.Record) int64 {
	var n int64
	for _, c := range rec.Columns() {
		n += dataSize(c.Data())
	}
	return n
}

func dataSize(d arrow.ArrayData) int64 {
	var n int64
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += dataSize(c)
	}
	return n
}

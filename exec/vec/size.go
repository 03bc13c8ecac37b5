package vec

import "github.com/apache/arrow/go/v15/arrow"

// Size is about how many bytes the rows of rec take, without what else the buffers hold that it is a part of.
func Size(rec arrow.Record) int64 {
	n := int64(0)
	for _, c := range rec.Columns() {
		n += dataSize(c.Data())
	}
	return n
}

func dataSize(d arrow.ArrayData) int64 {
	n := int64(d.Len())
	out := n/8 + 64
	switch t := d.DataType(); t.ID() {
	case arrow.NULL:
	case arrow.STRING, arrow.BINARY:
		from, to := offsetRange(d)
		out += 4*n + to - from
	case arrow.LIST, arrow.MAP:
		from, to := offsetRange(d)
		child := d.Children()[0]
		out += 4 * n
		if child.Len() > 0 {
			out += dataSize(child) * (to - from) / int64(child.Len())
		}
	case arrow.STRUCT:
		for _, c := range d.Children() {
			if c.Len() > 0 {
				out += dataSize(c) * n / int64(c.Len())
			}
		}
	default:
		out += n * int64(t.(arrow.FixedWidthDataType).BitWidth()) / 8
	}
	return out
}

// offsetRange returns the first and the last offset of a string or list array.
func offsetRange(d arrow.ArrayData) (from, to int64) {
	if d.Len() == 0 || d.Buffers()[1] == nil || d.Buffers()[1].Len() == 0 {
		return 0, 0
	}
	off := arrow.GetOffsets[int32](d, 1)
	return int64(off[0]), int64(off[len(off)-1])
}

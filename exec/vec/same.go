package vec

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Same reports whether all values of a, of which there is one at least, are known to be the same: it looks at text and at types of
// a fixed width without NULLs, and stops at the first difference.
func Same(a arrow.Array) bool {
	if a.NullN() > 0 {
		return false
	}
	d := a.Data()
	n, off := d.Len(), d.Offset()
	switch t := a.(type) {
	case *array.String:
		return equalTexts(t.ValueOffsets()[:n+1], t.ValueBytes())
	case *array.Int8, *array.Int16, *array.Int32, *array.Int64, *array.Date32, *array.Decimal128:
		width := d.DataType().(arrow.FixedWidthDataType).Bytes()
		return repeats(d.Buffers()[1].Bytes()[off*width:(off+n)*width], width)
	}
	return false
}

// equalTexts is Same of texts that lie in data between offsets, which count from any place on.
func equalTexts(offsets []int32, data []byte) bool {
	size := offsets[1] - offsets[0]
	if !repeats(data, int(size)) {
		return false
	}
	for i, o := range offsets[1:] {
		if o-offsets[i] != size {
			return false
		}
	}
	return true
}

// repeats reports whether data is its first n bytes over and over.
func repeats(data []byte, n int) bool {
	return len(data) <= n || n > 0 && bytes.Equal(data[n:], data[:len(data)-n])
}

package vec

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Field returns field k of s, NULL where s is. The values are those of s, which is not copied. The caller releases it.
func Field(mem memory.Allocator, s *array.Struct, k int) arrow.Array {
	field := s.Field(k)
	if s.NullN() == 0 || field.DataType().ID() == arrow.NULL {
		field.Retain()
		return field
	}
	d := field.Data()
	n, off, above := int64(d.Len()), int64(d.Offset()), int64(s.Data().Offset())
	valid := memory.NewResizableBuffer(mem)
	defer valid.Release()
	valid.Resize(int(bitutil.BytesForBits(off + n)))
	if field.NullN() == 0 {
		bitutil.CopyBitmap(s.NullBitmapBytes(), int(above), int(n), valid.Bytes(), int(off))
	} else {
		bitutil.BitmapAnd(s.NullBitmapBytes(), field.NullBitmapBytes(), above, off, valid.Bytes(), off, n)
	}
	buffers := slices.Clone(d.Buffers())
	buffers[0] = valid
	masked := array.NewData(d.DataType(), d.Len(), buffers, d.Children(), array.UnknownNullCount, d.Offset())
	defer masked.Release()
	return array.MakeFromData(masked)
}

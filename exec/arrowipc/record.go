package arrowipc

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
)

// CheckRecord refuses a record unless every value of it lies inside its buffers. Types that winnow does not send
// are refused.
func CheckRecord(rec arrow.Record) error {
	for i, c := range rec.Columns() {
		if int64(c.Len()) != rec.NumRows() {
			return fmt.Errorf("an Arrow batch of %d rows has a column of %d", rec.NumRows(), c.Len())
		}
		if err := checkArray(c.Data()); err != nil {
			return fmt.Errorf("column %d of an Arrow batch: %w", i, err)
		}
	}
	return nil
}

func checkArray(d arrow.ArrayData) error {
	n := d.Offset() + d.Len()
	if valid := length(d, 0); valid > 0 && valid < bits(n) || d.NullN() > 0 && valid == 0 && d.DataType().ID() != arrow.NULL {
		return fmt.Errorf("%d bytes tell which of %d values are NULL", valid, n)
	}
	switch t := d.DataType().(type) {
	case *arrow.NullType:
		return nil
	case *arrow.StringType, *arrow.BinaryType:
		return checkOffsets(d, arrow.Int32Traits.CastFromBytes, length(d, 2))
	case *arrow.LargeStringType:
		return checkOffsets(d, arrow.Int64Traits.CastFromBytes, length(d, 2))
	case *arrow.ListType, *arrow.MapType:
		child := d.Children()[0]
		if err := checkOffsets(d, arrow.Int32Traits.CastFromBytes, child.Len()); err != nil {
			return err
		}
		return checkArray(child)
	case *arrow.StructType:
		for _, child := range d.Children() {
			if child.Len() < n {
				return fmt.Errorf("%d structs with a field of %d values", n, child.Len())
			}
			if err := checkArray(child); err != nil {
				return err
			}
		}
		return nil
	case *arrow.Decimal128Type:
		if t.Precision < 1 || t.Precision > 38 || t.Scale < 0 || t.Scale > t.Precision {
			return fmt.Errorf("the type %s is not taken", t)
		}
		return checkFixed(d, t)
	case arrow.FixedWidthDataType:
		return checkFixed(d, t)
	}
	return fmt.Errorf("the type %s is not taken", d.DataType())
}

func checkFixed(d arrow.ArrayData, t arrow.FixedWidthDataType) error {
	n := d.Offset() + d.Len()
	if have := length(d, 1); t.ID() == arrow.DICTIONARY || have < bits(n*t.BitWidth()) {
		return fmt.Errorf("%d values of type %s in %d bytes", n, t, have)
	}
	return nil
}

// checkOffsets checks that the offsets of d, which cast reads, rise and end within the bytes or values they point into.
func checkOffsets[T int32 | int64](d arrow.ArrayData, cast func([]byte) []T, within int) error {
	n := d.Offset() + d.Len()
	if n == 0 {
		return nil
	}
	var offsets []T
	if len(d.Buffers()) > 1 && d.Buffers()[1] != nil {
		offsets = cast(d.Buffers()[1].Bytes())
	}
	if len(offsets) <= n {
		return fmt.Errorf("%d values with %d offsets", n, len(offsets))
	}
	offsets = offsets[:n+1]
	if !slices.IsSorted(offsets) || offsets[0] < 0 || int64(offsets[n]) > int64(within) {
		return fmt.Errorf("offsets that do not lie in the %d bytes or values they point into", within)
	}
	return nil
}

// length is the length of buffer i in bytes; 0 where there is none.
func length(d arrow.ArrayData, i int) int {
	if b := d.Buffers(); i < len(b) && b[i] != nil {
		return b[i].Len()
	}
	return 0
}

func bits(n int) int { return (n + 7) / 8 }

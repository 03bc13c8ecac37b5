package expr

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// truth tells for which of n rows a condition is true, neither false nor NULL, 64 rows at a time.
type truth struct {
	vals, valid []byte // bitmaps; valid is nil if no row is NULL
	off, n      int
	all, none   bool // the same for all rows: no bitmaps
}

// truthOf reads v, a condition over n rows.
func truthOf(v funcs.Vec, n int, at diag.Span) (truth, error) {
	if v.DataType().ID() == arrow.NULL {
		return truth{n: n, none: true}, nil
	}
	cond, ok := v.Array.(*array.Boolean)
	if !ok {
		return truth{}, diag.At(at, diag.Type, "a condition must be boolean, not %s", datatype.Name(v.DataType()))
	}
	if v.Const {
		yes := cond.IsValid(0) && cond.Value(0)
		return truth{n: n, all: yes, none: !yes}, nil
	}
	d := cond.Data()
	t := truth{n: n, off: d.Offset()}
	if n > 0 {
		t.vals = d.Buffers()[1].Bytes()
	}
	if cond.NullN() > 0 {
		t.valid = cond.NullBitmapBytes()
	}
	return t, nil
}

// word has the bits of rows i to i+63, those that there are; i is a multiple of 64.
func (t *truth) word(i int) uint64 {
	w := ^uint64(0)
	switch {
	case t.none:
		w = 0
	case !t.all:
		w = bitsFrom(t.vals, t.off+i)
		if t.valid != nil {
			w &= bitsFrom(t.valid, t.off+i)
		}
	}
	if left := t.n - i; left < 64 {
		w &= 1<<left - 1
	}
	return w
}

// bitsFrom returns 64 bits of a bitmap from the given one on; those behind its end are 0.
func bitsFrom(b []byte, from int) uint64 {
	at, shift := from>>3, from&7
	if at+9 <= len(b) {
		return binary.LittleEndian.Uint64(b[at:])>>shift | uint64(b[at+8])<<(64-shift) // 0 for shift 0, as Go shifts by 64
	}
	w := uint64(0)
	for k := range min(len(b)-at, 9) {
		if k == 0 {
			w = uint64(b[at]) >> shift
		} else {
			w |= uint64(b[at+k]) << (8*k - shift)
		}
	}
	return w
}

// count returns the number of rows for which the condition is true.
func (t *truth) count() int {
	n := 0
	for i := 0; i < t.n; i += 64 {
		n += bits.OnesCount64(t.word(i))
	}
	return n
}

// rows lists the rows for which the condition is true or, with not, those for which it is not; n of them.
func (t *truth) rows(n int, not bool) []int32 {
	out := make([]int32, n)
	k := 0
	for i := 0; i < t.n; i += 64 {
		w := t.word(i)
		if not {
			if w = ^w; t.n-i < 64 {
				w &= 1<<(t.n-i) - 1
			}
		}
		for ; w != 0; w &= w - 1 {
			out[k] = int32(i + bits.TrailingZeros64(w))
			k++
		}
	}
	return out
}

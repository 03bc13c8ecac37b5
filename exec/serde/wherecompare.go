package serde

import (
	"bytes"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/textscan"
)

// test is a Predicate in the form that the loops over values want: all types but text compare as int64 keys.
type test struct {
	op PredicateOp
	// A key meets lo ≤ key ≤ lo+width, or does not if not is set.
	lo    int64
	width uint64
	not   bool
	keys  []int64          // of In, ascending
	texts [][]byte         // of comparisons of text
	part  textscan.Literal // of Contains
	among *KeySet          // of Among
	asked int              // of Among: values
	found int              // and those of them that it may hold
	idle  bool             // it is not worth asking
}

// A decoder decides once, after so many values, whether to go on asking a set: it must spare a quarter of them.
const (
	askedFirst = 4096
	spared     = 4
)

// note counts that of n values the test has kept some.
func (t *test) note(n, kept int) {
	if t.op != Among || t.asked >= askedFirst {
		return
	}
	t.asked, t.found = t.asked+n, t.found+kept
	t.idle = t.asked >= askedFirst && t.asked-t.found < t.asked/spared
}

// newTest returns the test of p; false if values of the type are not compared here.
func newTest(p Predicate) (test, bool) {
	t := test{op: p.Op, among: p.Keys}
	if p.Op >= Among {
		return t, true
	}
	if s, ok := p.Values.(*array.String); ok {
		for i := range s.Len() {
			t.texts = append(t.texts, []byte(s.Value(i)))
		}
		slices.SortFunc(t.texts, bytes.Compare)
		if t.op == Contains {
			t.part = textscan.NewLiteral(t.texts[0])
		}
		return t, datatype.Equal(s.DataType(), datatype.String)
	}
	for i := range p.Values.Len() {
		k, ok := literalKey(p.Values, i)
		if !ok {
			return t, false
		}
		t.keys = append(t.keys, k)
	}
	if p.Op == In {
		slices.Sort(t.keys)
		return t, true
	}
	return t, p.Op <= GreaterEqual && t.bounds(t.keys[0])
}

// bounds sets the range of keys that v, which is not the least or the largest of all, asks for.
func (t *test) bounds(v int64) bool {
	lo, hi := v, v
	switch t.op {
	case NotEqual:
		t.not = true
	case Less:
		lo, hi = math.MinInt64, v-1
	case LessEqual:
		lo = math.MinInt64
	case Greater:
		lo, hi = v+1, math.MaxInt64
	case GreaterEqual:
		hi = math.MaxInt64
	}
	t.lo, t.width = lo, uint64(hi)-uint64(lo)
	return true
}

// literalKey returns the key of value i of a. Not ok are types without keys, and values at or beyond the ends of int64, since
// keyOfNum gives its ends to values beyond them.
func literalKey(a arrow.Array, i int) (k int64, ok bool) {
	switch a := a.(type) {
	case *array.Int8:
		k = int64(a.Value(i))
	case *array.Int16:
		k = int64(a.Value(i))
	case *array.Int32:
		k = int64(a.Value(i))
	case *array.Date32:
		k = int64(a.Value(i))
	case *array.Int64:
		k = a.Value(i)
	case *array.Float32:
		k = datatype.FloatKey(float64(a.Value(i)))
	case *array.Float64:
		k = datatype.FloatKey(a.Value(i))
	case *array.Decimal128:
		k = keyOfNum(a.Value(i))
	default:
		return 0, false
	}
	return k, k > math.MinInt64 && k < math.MaxInt64
}

// keyOfNum is v, or the end of int64 that lies on its way.
func keyOfNum(v decimal128.Num) int64 {
	low := int64(v.LowBits())
	switch {
	case v.HighBits() == low>>63:
		return low
	case v.HighBits() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// keep narrows sel, places of values of c counted from start, to those that meet the test. It writes over sel.
func (t *test) keep(c *vector, start int, sel []uint32) []uint32 {
	if t.op == IsNull || t.op == IsNotNull {
		return c.keepNull(t.op == IsNull, start, sel)
	}
	sel = c.keepNull(false, start, sel)
	switch c.kind {
	case kindInt8:
		return keepInts(t, c.i8[start:], sel)
	case kindInt16:
		return keepInts(t, c.i16[start:], sel)
	case kindInt32, kindDate:
		return keepInts(t, c.i32[start:], sel)
	case kindInt64:
		return keepInts(t, c.i64[start:], sel)
	}
	out := sel[:0]
	for _, i := range sel {
		if at := start + int(i); c.kind == kindString {
			if t.text(c.data[c.offsets[at]:c.offsets[at+1]]) {
				out = append(out, i)
			}
		} else if t.key(c.keyAt(at)) {
			out = append(out, i)
		}
	}
	return out
}

// keyAt is the key of value i, which is no integer and no text.
func (c *vector) keyAt(i int) int64 {
	switch c.kind {
	case kindFloat32:
		return datatype.FloatKey(float64(c.f32[i]))
	case kindFloat64:
		return datatype.FloatKey(c.f64[i])
	}
	return keyOfNum(c.dec[i])
}

// keepNull keeps the places of values that are NULL, or of those that are not.
func (c *vector) keepNull(null bool, start int, sel []uint32) []uint32 {
	if c.kind == kindNull {
		if null {
			return sel
		}
		return sel[:0]
	}
	if c.valid == nil {
		if null {
			return sel[:0]
		}
		return sel
	}
	out := sel[:0]
	for _, i := range sel {
		if c.isNull(start+int(i)) == null {
			out = append(out, i)
		}
	}
	return out
}

// keepInts writes every place and then steps past it or not, since a branch would be guessed wrong too often.
func keepInts[T int8 | int16 | int32 | int64](t *test, v []T, sel []uint32) []uint32 {
	n := 0
	if t.op == Among {
		return keepAmong(t.among, v, sel)
	}
	if t.op == In {
		for _, i := range sel {
			if _, ok := slices.BinarySearch(t.keys, int64(v[i])); ok {
				sel[n] = i
				n++
			}
		}
		return sel[:n]
	}
	for _, i := range sel {
		sel[n] = i
		in := 0
		if uint64(v[i])-uint64(t.lo) <= t.width != t.not {
			in = 1
		}
		n += in
	}
	return sel[:n]
}

// key reports whether the value of key k meets the test.
func (t *test) key(k int64) bool {
	if t.op == In {
		_, ok := slices.BinarySearch(t.keys, k)
		return ok
	}
	return uint64(k)-uint64(t.lo) <= t.width != t.not
}

// text reports whether b meets the test.
func (t *test) text(b []byte) bool {
	switch v := t.texts; t.op {
	case Equal:
		return string(b) == string(v[0])
	case NotEqual:
		return string(b) != string(v[0])
	case Less:
		return bytes.Compare(b, v[0]) < 0
	case LessEqual:
		return bytes.Compare(b, v[0]) <= 0
	case Greater:
		return bytes.Compare(b, v[0]) > 0
	case GreaterEqual:
		return bytes.Compare(b, v[0]) >= 0
	case HasPrefix:
		return bytes.HasPrefix(b, v[0])
	case HasSuffix:
		return bytes.HasSuffix(b, v[0])
	case Contains:
		return bytes.Contains(b, v[0])
	case In:
		_, ok := slices.BinarySearchFunc(v, b, bytes.Compare)
		return ok
	case Among:
		return t.among.text(b)
	}
	return false
}

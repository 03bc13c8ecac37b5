package funcs

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// hashes is Hive's two hash functions: they decide the buckets of its tables, so every bit counts.
var hashes = []Scalar{
	{Name: "hash", Doc: "hash(a, …): Hive's old hash of the values; hash('abc', 1) is 2986975", Bind: bindHash("hash", hashValue)},
	{Name: "murmur_hash", Doc: "murmur_hash(a, …): Hive 3's hash of the values, a Murmur3; murmur_hash('abc') is -885266671", Bind: bindHash("murmur_hash", murmurValue)},
}

// hashFunc returns the hash of value i of a, which is not NULL.
type hashFunc func(a arrow.Array, i int) int32

func bindHash(name string, f hashFunc) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, -1); err != nil {
			return Bound{}, err
		}
		return Bound{Type: datatype.Int, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newFixed[int32](c, datatype.Int, n)
			clear(o.vals)
			for _, a := range args {
				for i := range o.vals {
					o.vals[i] = o.vals[i]*31 + orZero(f, a.Array, a.At(i))
				}
			}
			return o.finish(), nil
		}}, nil
	}
}

// HashBucket returns the bucket, from 0, of n that Hive's old hash puts row i of the columns in: TABLESAMPLE (BUCKET …).
func HashBucket(cols []arrow.Array, i, n int) int {
	h := int32(0)
	for _, a := range cols {
		h = h*31 + orZero(hashValue, a, i)
	}
	return int(h&math.MaxInt32) % n
}

// orZero is f with 0 for NULL.
func orZero(f hashFunc, a arrow.Array, i int) int32 {
	if vec.IsNull(a, i) {
		return 0
	}
	return f(a, i)
}

// hashValue is ObjectInspectorUtils.hashCode of Hive.
func hashValue(a arrow.Array, i int) int32 {
	switch a := a.(type) {
	case *array.Boolean:
		return int32(b2i(a.Value(i)))
	case *array.Int8:
		return int32(a.Value(i))
	case *array.Int16:
		return int32(a.Value(i))
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return fold64(uint64(a.Value(i)))
	case *array.Float32:
		return int32(math.Float32bits(a.Value(i) + 0))
	case *array.Float64:
		return fold64(math.Float64bits(a.Value(i) + 0))
	case *array.Date32:
		return int32(a.Value(i))
	case *array.MonthInterval:
		return int32(a.Value(i))
	case *array.String:
		if _, plain := a.DataType().(*arrow.StringType); plain {
			return hashBytes(0, a.Value(i))
		}
		return hashBytes(1, a.Value(i)) // Hadoop's Text begins with 1
	case *array.Binary:
		return hashBytes(1, a.ValueString(i))
	case *array.Decimal128:
		return hashDecimal(a.DataType(), a.Value(i))
	}
	return hashNested(hashValue, a, i)
}

func fold64(v uint64) int32 { return int32(v>>32) ^ int32(v) }

// hashBytes is Java's hash of a string's UTF-8 bytes, which are signed.
func hashBytes(h int32, s string) int32 {
	for i := range len(s) {
		h = h*31 + int32(int8(s[i]))
	}
	return h
}

func hashDecimal(t arrow.DataType, v decimal128.Num) int32 {
	switch t := t.(type) {
	case *datatype.DayTimeType: // Commons' HashCodeBuilder of seconds and nanoseconds
		sec, nano := datatype.SplitTimestamp(v)
		return (17*37+fold64(uint64(sec)))*37 + nano
	case *arrow.Decimal128Type: // BigDecimal.hashCode without trailing zeros
		scale := int(t.Scale)
		v, scale = stripZeros(v, scale)
		h := int32(0)
		m := v.Abs()
		for _, word := range [4]uint32{uint32(m.HighBits() >> 32), uint32(m.HighBits()), uint32(m.LowBits() >> 32), uint32(m.LowBits())} {
			h = h*31 + int32(word)
		}
		if v.Sign() < 0 {
			h = -h
		}
		return h*31 + int32(scale)
	}
	sec, nano := datatype.SplitTimestamp(v) // TimestampWritableV2.hashCode
	return fold64(uint64(sec)<<30 | uint64(nano))
}

// stripZeros drops trailing zeros of the fraction.
func stripZeros(v decimal128.Num, scale int) (decimal128.Num, int) {
	ten := decimal128.FromI64(10)
	for scale > 0 {
		q, r := datatype.QuoRem(v, ten)
		if r != (decimal128.Num{}) {
			break
		}
		v, scale = q, scale-1
	}
	return v, scale
}

// hashNested combines the hashes of an array's, map's or struct's parts.
func hashNested(f hashFunc, a arrow.Array, i int) int32 {
	h := int32(0)
	switch a := a.(type) {
	case *array.Map:
		from, to := a.ValueOffsets(i)
		for j := from; j < to; j++ {
			h += orZero(f, a.Keys(), int(j)) ^ orZero(f, a.Items(), int(j))
		}
	case *array.List:
		from, to := a.ValueOffsets(i)
		for j := from; j < to; j++ {
			h = h*31 + orZero(f, a.ListValues(), int(j))
		}
	case *array.Struct:
		if _, ok := datatype.UnionMembers(a.DataType()); ok { // the member's
			return orZero(f, a.Field(1+int(a.Field(0).(*array.Int8).Value(i))), i)
		}
		for k := range a.NumField() {
			h = h*31 + orZero(f, a.Field(k), i)
		}
	}
	return h
}

// murmurValue is ObjectInspectorUtils.hashCodeMurmur of Hive; decimals are hashed by their text.
func murmurValue(a arrow.Array, i int) int32 {
	var buf [64]byte
	switch a := a.(type) {
	case *array.Boolean:
		return int32(b2i(a.Value(i)))
	case *array.Int8:
		return int32(a.Value(i))
	case *array.Int16:
		return murmur3(binary.BigEndian.AppendUint16(buf[:0], uint16(a.Value(i))))
	case *array.Int32:
		return murmur3(binary.BigEndian.AppendUint32(buf[:0], uint32(a.Value(i))))
	case *array.Date32:
		return murmur3(binary.BigEndian.AppendUint32(buf[:0], uint32(a.Value(i))))
	case *array.MonthInterval:
		return murmur3(binary.BigEndian.AppendUint32(buf[:0], uint32(a.Value(i))))
	case *array.Int64:
		return murmur3(binary.BigEndian.AppendUint64(buf[:0], uint64(a.Value(i))))
	case *array.Float32:
		return murmur3(binary.BigEndian.AppendUint32(buf[:0], math.Float32bits(a.Value(i)+0)))
	case *array.Float64:
		return murmur3(binary.BigEndian.AppendUint64(buf[:0], math.Float64bits(a.Value(i)+0)))
	case *array.String:
		return murmur3([]byte(a.Value(i)))
	case *array.Binary:
		return murmur3(a.Value(i))
	case *array.Decimal128:
		if t, ok := a.DataType().(*arrow.Decimal128Type); ok {
			return murmur3(datatype.AppendDecimalTrimmed(buf[:0], a.Value(i), int(t.Scale)))
		}
		sec, nano := datatype.SplitTimestamp(a.Value(i))
		return murmur3(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(buf[:0], uint64(sec)), uint32(nano)))
	}
	return hashNested(murmurValue, a, i)
}

// murmur3 is the 32-bit Murmur3 of b with Hive's seed.
func murmur3(b []byte) int32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h := uint32(104729)
	size := uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * c1
		h ^= bits.RotateLeft32(k, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(b) - 1; i >= 0; i-- {
		k = k<<8 | uint32(b[i])
	}
	if len(b) > 0 {
		h ^= bits.RotateLeft32(k*c1, 15) * c2
	}
	h ^= size
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return int32(h ^ h>>16)
}

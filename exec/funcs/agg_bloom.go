package funcs

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// blooms is the aggregate that makes Bloom filters, and bloomTests the function that asks them. A filter is the bytes that
// Hive's BloomKFilter is written as, so either program reads the other's: a byte with the number of hashes, the number
// of words in four bytes, then the words, all big-endian. A value has all its bits in one block of eight words.
var (
	blooms = []Aggregate{{
		Name: "bloom_filter", IgnoresDistinct: true,
		Doc:  "bloom_filter(x[, n]): a Bloom filter, as binary, of the x that are not NULL, for n (1000000) different x: of others about one in twenty will be taken for one of them by in_bloom_filter",
		Bind: bindBloom,
	}}
	bloomTests = []Scalar{{
		Name: "in_bloom_filter", Doc: "in_bloom_filter(x, filter): false if x is not among the values of a bloom_filter; true if it is, or seems to be",
		Bind: bindInBloom,
	}}
)

const (
	bloomEntries    = 1_000_000 // Hive's hive.tez.min.bloom.filter.entries
	bloomMaxEntries = 100_000_000
	bloomHeader     = 5 // bytes before the words
	bloomBlock      = 8 // words in a block
)

// newBloom returns an empty filter for n values, of the size that Hive gives it: 5 % of other values pass.
func newBloom(n int64) []byte {
	size := math.Floor(float64(n) * -math.Log(float64(float32(0.05))) / (math.Ln2 * math.Ln2))
	words := int(math.Ceil(size / 64))
	words += bloomBlock - words%bloomBlock
	f := make([]byte, bloomHeader+8*words)
	f[0] = byte(max(1, math.Round(size/float64(n)*math.Ln2)))
	binary.BigEndian.PutUint32(f[1:], uint32(words))
	return f
}

// bloomBits calls f with each bit of a filter that a value of this hash sets: a byte of the filter and a mask; it ends
// when f is false. The filter must be whole: bloomWhole.
func bloomBits(filter []byte, hash uint64, f func(at int, mask byte) bool) {
	h1, h2 := int32(hash), int32(hash>>32)
	blocks := binary.BigEndian.Uint32(filter[1:]) / bloomBlock
	block := uint32(positive(h1+h2)) % blocks
	for i := range int32(filter[0]) {
		h := uint32(positive(h1 + (i+2)*h2))
		word, bit := int(block*bloomBlock+h%bloomBlock), h/bloomBlock%64
		if !f(bloomHeader+8*word+7-int(bit/8), 1<<(bit%8)) {
			return
		}
	}
}

// positive is h, or its complement if it is negative.
func positive(h int32) int32 { return h ^ h>>31 }

// bloomWhole reports whether the bytes are a filter.
func bloomWhole(f []byte) bool {
	if len(f) <= bloomHeader || (len(f)-bloomHeader)%(8*bloomBlock) != 0 {
		return false
	}
	return f[0] > 0 && f[0] < 128 && uint64(binary.BigEndian.Uint32(f[1:])) == uint64(len(f)-bloomHeader)/8
}

// bloomType is what values of type t are hashed as; nil if they are not.
func bloomType(t arrow.DataType) arrow.DataType {
	switch {
	case datatype.IsInteger(t) || t.ID() == arrow.BOOL:
		return datatype.BigInt
	case datatype.IsFloating(t):
		return datatype.Double
	case datatype.IsText(t), datatype.IsDecimal(t), isTimestamp(t), t.ID() == arrow.BINARY, t.ID() == arrow.DATE32, isVoid(t):
		return t
	}
	return nil
}

// bloomHashes returns the hash of row i of v, whose type is one of bloomType: Hive hashes numbers, days and milliseconds as eight
// bytes, decimals as text.
func bloomHashes(v Vec) func(i int) uint64 {
	var buf [64]byte
	word := func(n uint64) uint64 { return murmur64(binary.BigEndian.AppendUint64(buf[:0], n)) }
	switch v.DataType().ID() {
	case arrow.INT64:
		in := fixedOf[int64](v)
		return func(i int) uint64 { return word(uint64(in.at(i))) }
	case arrow.FLOAT64:
		in := fixedOf[float64](v)
		return func(i int) uint64 { return word(math.Float64bits(in.at(i))) }
	case arrow.DATE32:
		in := fixedOf[arrow.Date32](v)
		return func(i int) uint64 { return word(uint64(int64(in.at(i)))) }
	case arrow.DECIMAL128:
		in := fixedOf[decimal128.Num](v)
		if t, ok := v.DataType().(*arrow.Decimal128Type); ok {
			return func(i int) uint64 {
				return murmur64(datatype.AppendDecimalTrimmed(buf[:0], in.at(i), int(t.Scale)))
			}
		}
		return func(i int) uint64 {
			sec, nano := datatype.SplitTimestamp(in.at(i))
			return word(uint64(sec*1000 + int64(nano)/1e6))
		}
	}
	in := bytesOf(v)
	return func(i int) uint64 { return murmur64(in.at(i)) }
}

// murmur64 is Hive's 64-bit hash of b: of Murmur3's two halves only the first is run.
func murmur64(b []byte) uint64 {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	h, size := uint64(104729), uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * c1
		h ^= bits.RotateLeft64(k, 31) * c2
		h = bits.RotateLeft64(h, 27)*5 + 0x52dce729
	}
	var k uint64
	for i := len(b) - 1; i >= 0; i-- {
		k = k<<8 | uint64(b[i])
	}
	h ^= bits.RotateLeft64(k*c1, 31) * c2 // 0 if there is no rest
	h ^= size
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func bindBloom(args []Arg) (AggBound, error) {
	if err := wantArgs("bloom_filter", args, 1, 2); err != nil {
		return AggBound{}, err
	}
	t := bloomType(args[0].Type)
	if t == nil {
		return AggBound{}, badArg("bloom_filter", 0, "a number, text, bytes or a time", args[0].Type)
	}
	n := int64(bloomEntries)
	casts := []arrow.DataType{t}
	if len(args) == 2 {
		var err error
		if n, err = constInt("bloom_filter", args, 1); err != nil {
			return AggBound{}, err
		}
		if n < 1 || n > bloomMaxEntries {
			return AggBound{}, diag.Errorf(diag.Type, "bloom_filter is for 1 to %d values, not %d", bloomMaxEntries, n)
		}
		casts = append(casts, nil)
	}
	return AggBound{Casts: casts, Type: datatype.Binary, Partial: datatype.Binary, New: func(*Ctx) State { return &bloomState{n: n} }}, nil
}

// bloomState is a filter for each group, nil while it has no value.
type bloomState struct {
	n       int64
	filters [][]byte
	held    int64 // bytes of filters
}

func (s *bloomState) Grow(n int) { s.filters = grow(s.filters, n) }

// filter returns the filter of g.
func (s *bloomState) filter(g uint32) []byte {
	if s.filters[g] == nil {
		s.filters[g] = newBloom(s.n)
		s.held += int64(len(s.filters[g]))
	}
	return s.filters[g]
}

func (s *bloomState) Update(groups []uint32, args []Vec) error {
	nulls := nullsOf(args[0])
	if isVoid(args[0].DataType()) {
		return nil
	}
	hash := bloomHashes(args[0])
	for i, g := range groups {
		if nulls.at(i) {
			continue
		}
		filter := s.filter(g)
		bloomBits(filter, hash(i), func(at int, mask byte) bool { filter[at] |= mask; return true })
	}
	return nil
}

func (s *bloomState) Merge(groups []uint32, partial arrow.Array) error {
	in := partial.(*array.Binary)
	for i, g := range groups {
		if in.IsNull(i) {
			continue
		}
		other, filter := in.Value(i), s.filter(g)
		if len(other) != len(filter) {
			return diag.Errorf(diag.Protocol, "a filter of %d bytes of bloom_filter, want %d", len(other), len(filter))
		}
		for j := bloomHeader; j < len(filter); j++ {
			filter[j] |= other[j]
		}
	}
	return nil
}

func (s *bloomState) Partial(mem memory.Allocator) (arrow.Array, error) {
	valid := make([]bool, len(s.filters))
	for g, f := range s.filters {
		valid[g] = f != nil
	}
	return bytesArray(mem, datatype.Binary, s.filters, valid)
}

// Final gives a group without values a filter that nothing is in, as Hive does.
func (s *bloomState) Final(mem memory.Allocator) (arrow.Array, error) {
	for g := range s.filters {
		s.filter(uint32(g))
	}
	return bytesArray(mem, datatype.Binary, s.filters, nil)
}

func (s *bloomState) Size() int64 { return sizeOf(s.filters) + s.held }

func bindInBloom(args []Arg) (Bound, error) {
	if err := wantArgs("in_bloom_filter", args, 2, 2); err != nil {
		return Bound{}, err
	}
	t := bloomType(args[0].Type)
	if t == nil {
		return Bound{}, badArg("in_bloom_filter", 0, "a number, text, bytes or a time", args[0].Type)
	}
	if args[1].Type.ID() != arrow.BINARY && !isVoid(args[1].Type) {
		return Bound{}, badArg("in_bloom_filter", 1, "a bloom_filter", args[1].Type)
	}
	return Bound{Casts: []arrow.DataType{t, datatype.Binary}, Type: datatype.Bool, Kernel: inBloom}, nil
}

func inBloom(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	out := newBools(c, n, args...)
	if isVoid(args[0].DataType()) {
		return out.finish(), nil
	}
	hash, filters := bloomHashes(args[0]), bytesOf(args[1])
	for i := range n {
		if out.null(i) {
			continue
		}
		filter := filters.at(i)
		if !bloomWhole(filter) {
			out.release()
			out.data.Release()
			return nil, diag.Errorf(diag.BadValue, "in_bloom_filter: argument 2 has %d bytes that are not a bloom_filter", len(filter))
		}
		found := true
		bloomBits(filter, hash(i), func(at int, mask byte) bool { found = filter[at]&mask != 0; return found })
		if found {
			out.set(i)
		}
	}
	return out.finish(), nil
}

package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// TestKeysReadBack: the columns that keys are made of come back from them, in both forms of keys.
func TestKeysReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var types []arrow.DataType
	for _, name := range typeNames {
		if typ := parse(t, name); Decodable(typ) {
			types = append(types, typ)
		}
	}
	if len(types) < 10 {
		t.Fatalf("only %d types can be read back", len(types))
	}
	for range 500 {
		n := r.IntN(40)
		var some []arrow.DataType
		var cols []arrow.Array
		for range 1 + r.IntN(4) {
			typ := types[r.IntN(len(types))]
			some, cols = append(some, typ), append(cols, random(r, mem, typ, n))
		}
		same := func(back []arrow.Array) {
			for c, b := range back {
				if !array.Equal(b, cols[c]) {
					t.Errorf("column %d of %v is %v, want %v", c, some, b, cols[c])
				}
				b.Release()
			}
		}
		var buf KeyBuffer
		if AppendKeys(cols, n, &buf); Fixed(some) {
			numbered := numberTexts(&buf)
			same(UnpackKeys(mem, some, buf.Packed, func(column int, code uint32) []byte { return numbered[column][code] }))
		}
		AppendKeyBytes(cols, n, &buf)
		keys := make([][]byte, n)
		for i := range keys {
			keys[i] = buf.Key(i)
		}
		same(DecodeKeys(mem, some, keys))
		for _, c := range cols {
			c.Release()
		}
	}
}

// numberTexts numbers the texts that packed keys do not hold, and returns them by column and number.
func numberTexts(buf *KeyBuffer) (texts [][][]byte) {
	for c := range buf.Texts {
		t := &buf.Texts[c]
		numbers, list := map[string]uint32{}, [][]byte{}
		codes := make([]uint32, t.Len())
		for i := range codes {
			n, ok := numbers[string(t.Key(i))]
			if !ok {
				n = uint32(len(list))
				numbers[string(t.Key(i))], list = n, append(list, t.Key(i))
			}
			codes[i] = n
		}
		t.SetCodes(buf.Packed, make([]uint32, len(codes))) // other codes are in the place of these
		t.SetCodes(buf.Packed, codes)
		texts = append(texts, list)
	}
	return texts
}

// BenchmarkTextColumn makes a column of texts without NULLs.
func BenchmarkTextColumn(b *testing.B) {
	texts, size := make([][]byte, 2<<10), int64(0)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "/articles/%d?page=%d", i*7919, i%7)
		size += int64(len(texts[i]))
	}
	mem := NewRecycler(memory.DefaultAllocator)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		TextColumn(mem, arrow.BinaryTypes.String, len(texts), func(i int) []byte { return texts[i] }).Release()
	}
}

package op

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// keyBatch makes n rows of an int and two text columns, with NULLs, of about different keys. The last column has runs.
func keyBatch(r *rand.Rand, n, different int) []arrow.Array {
	ints, texts := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	runs := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range n {
		runs.Append(fmt.Sprint("run ", i/20%different))
		switch v := r.IntN(different); {
		case v%11 == 0:
			ints.AppendNull()
			texts.Append(strings.Repeat("long ", v%5000))
		case v%13 == 0:
			ints.Append(int64(v))
			texts.AppendNull()
		default:
			ints.Append(int64(v % 100))
			texts.Append(fmt.Sprint(v))
		}
	}
	return []arrow.Array{ints.NewArray(), texts.NewArray(), runs.NewArray()}
}

// TestKeyTable compares the numbers with those of a Go map, and the columns made of the numbers with the rows. What hashed keys of some
// columns and a table that was emptied are like new ones for others: aggregations of one query use the same, one after the other.
func TestKeyTable(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	shared := NewShared()
	cases := []struct {
		name    string
		columns []int
		types   []arrow.DataType
	}{
		{"packed", []int{0}, []arrow.DataType{datatype.BigInt}},
		{"text", []int{1}, []arrow.DataType{datatype.String}},
		{"both", []int{0, 1}, []arrow.DataType{datatype.BigInt, datatype.String}},
		{"texts", []int{1, 2, 1}, []arrow.DataType{datatype.String, datatype.String, datatype.String}},
		{"wide", []int{1, 0, 2, 0}, []arrow.DataType{datatype.String, datatype.BigInt, datatype.String, datatype.BigInt}},
	}
	for range 40 {
		c := cases[r.IntN(len(cases))]
		t.Run(c.name, func(t *testing.T) {
			m := shared.groupMemory()
			table := m.index
			numbers, texts := map[string]uint32{}, map[uint32]string{}
			row := func(cols []arrow.Array, i int) string {
				s := ""
				for _, col := range cols {
					s += "|" + col.ValueStr(i)
				}
				return s
			}
			k := &m.hash
			for _, n := range []int{1, 5, stepRows, 3000, 100} {
				cols := []arrow.Array{}
				all := keyBatch(r, n, 1+2*n)
				for _, at := range c.columns {
					cols = append(cols, all[at])
				}
				k.of(cols, n)
				found := make([]int32, n)
				table.find(k, found)
				ids := make([]uint32, n)
				fresh := map[int32]bool{}
				for _, i := range table.insert(k, ids) {
					fresh[i] = true
				}
				for i := range n {
					key := row(cols, i)
					want, ok := numbers[key]
					if !ok {
						want = ids[i]
						numbers[key], texts[want] = want, key
					}
					if ids[i] != want || fresh[int32(i)] == ok || texts[want] != key {
						t.Fatalf("row %d %q has number %d, want %d, which is of %q; fresh %v", i, key, ids[i], want, texts[want], !ok)
					}
					if found[i] >= 0 && uint32(found[i]) != want {
						t.Fatalf("row %d %q found as %d, want %d", i, key, found[i], want)
					}
				}
				hashes := table.hashes(c.types, ids, nil)
				for i, h := range k.of(cols, n) {
					if hashes[i] != h {
						t.Fatalf("row %d has another hash than its key", i)
					}
				}
				back := table.columns(memory.DefaultAllocator, c.types, ids)
				for j, col := range back {
					if !array.Equal(col, cols[j]) {
						t.Fatalf("column %d is not what was put in", j)
					}
				}
			}
			if table.n != len(numbers) {
				t.Errorf("%d keys, want %d", table.n, len(numbers))
			}
			shared.keep(m, nil)
		})
	}
}

// TestKeyTableAllocs: rows whose keys are known cost no allocation.
func TestKeyTableAllocs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := keyBatch(r, 16384, 5000)
	for c, cols := range [][]arrow.Array{all[:1], all[1:2], all[:2], all} {
		table := newKeyTable()
		var k keyHash
		ids := make([]uint32, all[0].Len())
		k.of(cols, len(ids))
		table.insert(&k, ids)
		if n := testing.AllocsPerRun(10, func() { table.insert(&k, ids) }); n > 0 {
			t.Errorf("columns %d: %v allocations", c, n)
		}
	}
}

func BenchmarkKeyTable(b *testing.B) {
	for _, different := range []int{100, 10_000, 1_000_000} {
		for c, name := range []string{"packed", "text"} {
			b.Run(fmt.Sprintf("%s %d", name, different), func(b *testing.B) {
				const rows = 1 << 20
				var batches []arrow.Array
				for _, rec := range benchRows(rows, different) {
					batches = append(batches, rec.Column(c))
				}
				b.ReportAllocs()
				for b.Loop() {
					table := newKeyTable()
					var k keyHash
					ids := make([]uint32, 16384)
					for _, col := range batches {
						k.of([]arrow.Array{col}, col.Len())
						table.insert(&k, ids[:col.Len()])
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
			})
		}
	}
}

// BenchmarkKeyTableMixed is a table that one task after the other uses, of texts of which every other row's is new.
func BenchmarkKeyTableMixed(b *testing.B) {
	const rows, batchRows = 1 << 17, 1 << 14
	r := rand.New(rand.NewPCG(7, 8))
	zipf := rand.NewZipf(r, 1.1, 50, 1<<22)
	var batches []arrow.Array
	size := int64(0)
	for range rows / batchRows {
		texts := array.NewStringBuilder(memory.DefaultAllocator)
		for range batchRows {
			v := zipf.Uint64() * 0x9e3779b97f4a7c15 >> 20
			text := fmt.Sprintf("/%x/articles/%d?page=%d", v, v%1_000_003, v%7)
			size += int64(len(text))
			texts.Append(text)
		}
		batches = append(batches, texts.NewArray())
	}
	table, ids := newKeyTable(), make([]uint32, batchRows)
	var k keyHash
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		table.reset()
		for _, col := range batches {
			k.of([]arrow.Array{col}, batchRows)
			table.insert(&k, ids)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	b.ReportMetric(float64(table.n)/rows, "keys/row")
}

package op

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// keyTable numbers different keys 0, 1, 2, … in the order in which they first come. It is a table with
// open addressing: a slot holds the upper half of a key's hash and its number plus one. Reading it by
// find is safe from several goroutines once nothing is inserted any more.
type keyTable struct {
	slots []uint64
	shift uint // 64 less the number of bits of a slot's index
	n     int
	// The keys by number: packed ones, or bytes arena[ends[i]:ends[i+1]].
	packed [][2]uint64
	arena  []byte
	ends   []int
}

const firstSlotBits = 8

func newKeyTable() *keyTable {
	return &keyTable{slots: make([]uint64, 1<<firstSlotBits), shift: 64 - firstSlotBits, ends: []int{0}}
}

// slotOf spreads h over the slots anew, since the rows of one task or one spilled part agree in some
// bits of their hash.
func (t *keyTable) slotOf(h uint64) uint64 { return h * 0x9e3779b97f4a7c15 >> t.shift }

// tagOf is the part of a hash that a slot keeps.
func tagOf(h uint64) uint64 { return h &^ 0xffffffff }

// insert sets ids to the number of each row's key, and returns the rows whose key is new.
func (t *keyTable) insert(k *keyHash, ids []uint32) (fresh []int32) {
	for i, h := range k.hashes {
		if 4*t.n >= 3*len(t.slots) {
			t.grow()
		}
		mask := uint64(len(t.slots) - 1)
		at := t.slotOf(h)
		for {
			s := t.slots[at]
			if s == 0 {
				t.slots[at] = tagOf(h) | uint64(t.n+1)
				ids[i] = uint32(t.n)
				t.keep(k, i)
				fresh = append(fresh, int32(i))
				break
			}
			if s&^0xffffffff == tagOf(h) && t.same(uint32(s)-1, k, i) {
				ids[i] = uint32(s) - 1
				break
			}
			at = (at + 1) & mask
		}
	}
	return fresh
}

// find sets ids to the number of each row's key, -1 where the table does not hold it.
func (t *keyTable) find(k *keyHash, ids []int32) {
	mask := uint64(len(t.slots) - 1)
	for i, h := range k.hashes {
		at := t.slotOf(h)
		for {
			s := t.slots[at]
			if s == 0 {
				ids[i] = -1
				break
			}
			if s&^0xffffffff == tagOf(h) && t.same(uint32(s)-1, k, i) {
				ids[i] = int32(uint32(s) - 1)
				break
			}
			at = (at + 1) & mask
		}
	}
}

func (t *keyTable) same(id uint32, k *keyHash, i int) bool {
	if k.buf.Packed != nil {
		return t.packed[id] == k.buf.Packed[i]
	}
	return bytes.Equal(t.arena[t.ends[id]:t.ends[id+1]], k.buf.Key(i))
}

func (t *keyTable) keep(k *keyHash, i int) {
	t.n++
	if k.buf.Packed != nil {
		t.packed = append(t.packed, k.buf.Packed[i])
		return
	}
	t.arena = append(t.arena, k.buf.Key(i)...)
	t.ends = append(t.ends, len(t.arena))
}

// grow makes room for four times as many keys.
func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]uint64, 4*len(old))
	t.shift -= 2
	mask := uint64(len(t.slots) - 1)
	var one keyHash
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := t.slotOf(t.hashOf(&one, uint32(s)-1))
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}

func (t *keyTable) hashOf(k *keyHash, id uint32) uint64 {
	if t.packed != nil {
		return k.packedHash(t.packed[id])
	}
	return bytesHash(t.arena[t.ends[id]:t.ends[id+1]])
}

func (t *keyTable) size() int64 {
	return int64(len(t.slots))*8 + int64(cap(t.packed))*16 + int64(cap(t.arena)) + int64(cap(t.ends))*8
}

// columnStore keeps rows of columns, a batch at a time, without joining them to one large array.
type columnStore struct {
	env    *Env
	schema *arrow.Schema
	recs   []arrow.Record
	rows   int
	bytes  int64
	small  int // how many of the last recs are small
}

// mostSmall small batches are made one.
const mostSmall = 64

// add keeps cols, which become the store's.
func (s *columnStore) add(cols []arrow.Array, n int) error {
	rec, err := newRecord(s.schema, cols, n)
	if err != nil {
		return err
	}
	s.recs, s.rows, s.bytes = append(s.recs, rec), s.rows+n, s.bytes+vec.Size(rec)
	if 4*n >= s.env.BatchRows {
		s.small = 0
		return nil
	}
	if s.small++; s.small < mostSmall {
		return nil
	}
	tail := s.recs[len(s.recs)-s.small:]
	one := vec.ConcatRecords(s.env.Mem, tail)
	releaseRecords(tail)
	s.recs = append(s.recs[:len(s.recs)-s.small], one)
	s.small = 0
	return nil
}

// take returns the rows idx, ascending or not, of column c.
func (s *columnStore) take(c int, refs []vec.Ref) arrow.Array {
	arrays := make([]arrow.Array, len(s.recs))
	for i, r := range s.recs {
		arrays[i] = r.Column(c)
	}
	return vec.Interleave(s.env.Mem, s.schema.Field(c).Type, arrays, refs)
}

// refs returns where each of the rows is.
func (s *columnStore) refs() []vec.Ref {
	out := make([]vec.Ref, 0, s.rows)
	for b, r := range s.recs {
		for i := range int(r.NumRows()) {
			out = append(out, vec.Ref{Batch: int32(b), Row: int32(i)})
		}
	}
	return out
}

func (s *columnStore) release() {
	releaseRecords(s.recs)
	s.recs, s.rows, s.bytes, s.small = nil, 0, 0, 0
}

package op

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/vec"
)

// keyTable numbers different keys 0, 1, 2, …, mostly in the order in which they first come. It is a table with
// open addressing: a slot holds the upper half of a key's hash, and one more than the number of a packed
// key or the place of a byte key. Rows go through it some at a time, a step for all of them after the
// other and without branches that hang on the keys, so that the memory that one row waits for is fetched
// while others are looked at. Reading it by find is safe from several goroutines once nothing is inserted
// any more.
type keyTable struct {
	slots  []uint64
	shift  uint // 32 less the number of bits of a slot's index
	n      int
	packed [][2]uint64 // the packed keys, that of number i at i+1
	texts  []*keyTable // of each text column beside others: the texts by their numbers, which are in packed keys
	// Byte keys: an entry is the key's number and its length, 4 bytes each, its hash, and its bytes. Place 0, which is
	// a free slot's, is no key's.
	arena  arena
	places []uint32 // by number

	fresh []int32  // what insert returns
	bytes [][]byte // of columns
}

const (
	firstSlotBits = 10
	entryHead     = 16
	// stepRows is how many rows take a step together.
	stepRows = 256
	// lengthOfNull is the length of a text key that is NULL.
	lengthOfNull = 1<<32 - 1
)

func newKeyTable() *keyTable {
	t := &keyTable{slots: make([]uint64, 1<<firstSlotBits), shift: 32 - firstSlotBits}
	t.packed = append(t.packed, [2]uint64{})
	t.arena.add(entryHead) // place 0
	return t
}

// reset takes all keys out; the memory stays.
func (t *keyTable) reset() {
	clear(t.slots)
	t.n, t.packed, t.places = 0, t.packed[:1], t.places[:0]
	t.arena.reset()
	t.arena.add(entryHead)
	for _, text := range t.texts {
		text.reset()
	}
}

// slotOf spreads the upper half of a hash over the slots anew, since the rows of one task or one spilled
// part agree in some bits of their hash.
func (t *keyTable) slotOf(h uint64) uint32 { return uint32(h>>32) * 0x9e3779b1 >> t.shift }

// tagOf is the part of a hash that a slot keeps.
func tagOf(h uint64) uint64 { return h &^ 0xffffffff }

// insert sets ids to the number of each row's key, and returns the rows whose key is new, until the next
// insert.
func (t *keyTable) insert(k *keyHash, ids []uint32) []int32 {
	var numbers, others [stepRows]int32
	for c := range k.buf.Texts {
		if c == len(t.texts) {
			t.texts = append(t.texts, newKeyTable())
		}
		if text := &k.texts[c]; len(text.codes) > 0 {
			t.texts[c].insert(&text.keyHash, text.codes)
			k.buf.Texts[c].SetCodes(k.buf.Packed, text.codes)
		}
	}
	t.fresh = t.fresh[:0]
	for from := 0; from < len(k.hashes); from += stepRows {
		to := min(from+stepRows, len(k.hashes))
		for 3*(t.n+to-from) > 2*len(t.slots) {
			t.grow()
		}
		some := numbers[:to-from]
		for _, i := range others[:t.lookUp(k, from, some, &others)] {
			known := t.n
			if some[i] = t.probe(k, from+int(i), true); t.n > known {
				t.fresh = append(t.fresh, int32(from)+i)
			}
		}
		for i, number := range some {
			ids[from+i] = uint32(number)
		}
	}
	return t.fresh
}

// find sets ids to the number of each row's key, -1 where the table does not hold it.
func (t *keyTable) find(k *keyHash, ids []int32) {
	var others [stepRows]int32
	for c := range k.buf.Texts {
		if text := &k.texts[c]; len(text.codes) > 0 {
			found := arrow.GetData[int32](arrow.GetBytes(text.codes)) // -1 where there is no such text
			t.text(c).find(&text.keyHash, found)
			k.buf.Texts[c].SetCodes(k.buf.Packed, text.codes)
		}
	}
	for from := 0; from < len(k.hashes); from += stepRows {
		some := ids[from:min(from+stepRows, len(k.hashes))]
		for _, i := range others[:t.lookUp(k, from, some, &others)] {
			some[i] = t.probe(k, from+int(i), false)
		}
	}
}

// text is the table of the texts of a column.
func (t *keyTable) text(column int) *keyTable {
	if column < len(t.texts) {
		return t.texts[column]
	}
	return newKeyTable() // nothing has been inserted
}

// lookUp sets numbers to the numbers of the keys of the rows from the given one on which are in the slot
// that their hash names, or in the next one. It lists the other rows, counted from the given one, and returns how many they are.
func (t *keyTable) lookUp(k *keyHash, from int, numbers []int32, others *[stepRows]int32) int {
	var slots, heads [stepRows]uint64 // heads are the next slots at first
	hashes, mask := k.hashes[from:from+len(numbers)], uint32(len(t.slots)-1)
	for i, h := range hashes {
		at := t.slotOf(h)
		slots[i], heads[i] = t.slots[at], t.slots[(at+1)&mask]
	}
	for i, h := range hashes {
		s, next := slots[i], heads[i]
		if tagOf(next) != tagOf(h) {
			next = 0
		}
		if tagOf(s) != tagOf(h) {
			s = next
		}
		slots[i] = s
	}
	missed := 0
	if k.buf.Packed != nil {
		keys := k.buf.Packed[from : from+len(numbers)]
		for i, s := range slots[:len(numbers)] {
			have := &t.packed[uint32(s)]
			differ := (have[0] ^ keys[i][0]) | (have[1] ^ keys[i][1])
			numbers[i] = int32(uint32(s) - 1)
			others[missed] = int32(i)
			if differ != 0 || s == 0 {
				missed++
			}
		}
		return missed
	}
	return t.compare(k, from, &slots, numbers, others)
}

// compare is the last step of lookUp for byte keys. It looks at the entries of the rows only whose slot may be their key's.
func (t *keyTable) compare(k *keyHash, from int, slots *[stepRows]uint64, numbers []int32, others *[stepRows]int32) int {
	var some [stepRows]int32
	n, missed := 0, 0
	for i, s := range slots[:len(numbers)] {
		some[n], others[missed] = int32(i), int32(i)
		taken := int((uint64(uint32(s)) + 1<<32 - 1) >> 32) // 1, or 0 for a slot without a key
		n += taken
		missed += 1 - taken
	}
	var heads [stepRows]uint64
	for j, i := range some[:n] {
		heads[j] = binary.LittleEndian.Uint64(t.arena.at(uint32(slots[i])))
	}
	nulls := k.buf.NullTexts()
	for j, i := range some[:n] {
		numbers[i] = int32(uint32(heads[j]))
		var known bool
		if nulls && k.buf.NullText(from+int(i)) {
			known = heads[j]>>32 == lengthOfNull
		} else {
			known = t.holds(uint32(slots[i]), heads[j], k.buf.Key(from+int(i)))
		}
		others[missed] = i
		if !known {
			missed++
		}
	}
	return missed
}

// holds reports whether key is that of the entry at place, which begins with head.
func (t *keyTable) holds(place uint32, head uint64, key []byte) bool {
	n := head >> 32
	return n == uint64(len(key)) && bytes.Equal(t.arena.at(place)[entryHead:entryHead+n], key)
}

// probe returns the number of row i's key. One that the table does not hold has -1, or, with insert, is
// given the next number.
func (t *keyTable) probe(k *keyHash, i int, insert bool) int32 {
	h := k.hashes[i]
	null := k.buf.Packed == nil && k.buf.NullText(i)
	mask := uint32(len(t.slots) - 1)
	for at := t.slotOf(h); ; at = (at + 1) & mask {
		s := t.slots[at]
		switch {
		case s == 0 && insert:
			number := int32(t.n)
			t.slots[at] = tagOf(h) | uint64(t.keep(k, i, null))
			return number
		case s == 0:
			return -1
		case tagOf(s) != tagOf(h):
		case k.buf.Packed != nil:
			if t.packed[uint32(s)] == k.buf.Packed[i] {
				return int32(uint32(s) - 1)
			}
		default:
			head := binary.LittleEndian.Uint64(t.arena.at(uint32(s)))
			if null && head>>32 == lengthOfNull || !null && t.holds(uint32(s), head, k.buf.Key(i)) {
				return int32(uint32(head))
			}
		}
	}
}

// keep stores the key of row i under the next number, and returns what a slot refers to it by.
func (t *keyTable) keep(k *keyHash, i int, null bool) uint32 {
	number := uint32(t.n)
	t.n++
	if k.buf.Packed != nil {
		t.packed = append(t.packed, k.buf.Packed[i])
		return number + 1
	}
	key, length := k.buf.Key(i), uint64(lengthOfNull)
	if null {
		key = nil
	} else {
		length = uint64(len(key))
	}
	place, entry := t.arena.add(entryHead + len(key))
	binary.LittleEndian.PutUint64(entry, length<<32|uint64(number))
	binary.LittleEndian.PutUint64(entry[8:], k.hashes[i])
	copy(entry[entryHead:], key)
	t.places = append(t.places, place)
	return place
}

// grow makes room for twice as many keys.
func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	t.shift--
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := t.slotOf(s)
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}

// keyOf returns the bytes of the number-th key, which is a byte key; nil for a text that is NULL.
func (t *keyTable) keyOf(number uint32) []byte {
	entry := t.arena.at(t.places[number])
	n := binary.LittleEndian.Uint32(entry[4:])
	if n == lengthOfNull {
		return nil
	}
	return entry[entryHead : entryHead+n]
}

// hashOf returns the hash of the number-th key, which is a byte key.
func (t *keyTable) hashOf(number uint32) uint64 {
	return binary.LittleEndian.Uint64(t.arena.at(t.places[number])[8:])
}

// hashes sets to to the hashes of the keys with the given numbers, as keyHash has them, and returns it.
func (t *keyTable) hashes(types []arrow.DataType, numbers []uint32, to []uint64) []uint64 {
	to = vec.Sized(to, len(numbers))
	if !vec.Fixed(types) {
		for i, number := range numbers {
			to[i] = t.hashOf(number)
		}
		return to
	}
	codes := vec.TextCodesOf(types)
	var texts []uint64
	add := func(column int, code uint32) { texts = append(texts, t.texts[column].hashOf(code)) }
	for i, number := range numbers {
		texts = texts[:0]
		h := packedHash(codes.Take(t.packed[number+1], add))
		for _, text := range texts {
			h = joinedHash(h, text)
		}
		to[i] = h
	}
	return to
}

// columns returns the columns of types whose keys have the given numbers; all types are vec.Decodable.
func (t *keyTable) columns(mem memory.Allocator, types []arrow.DataType, numbers []uint32) []arrow.Array {
	if vec.Fixed(types) {
		keys := make([][2]uint64, len(numbers))
		for i, number := range numbers {
			keys[i] = t.packed[number+1]
		}
		return vec.UnpackKeys(mem, types, keys, func(column int, code uint32) []byte { return t.texts[column].keyOf(code) })
	}
	if vec.Text(types) {
		return []arrow.Array{vec.TextColumn(mem, types[0], len(numbers), func(i int) []byte { return t.keyOf(numbers[i]) })}
	}
	t.bytes = t.bytes[:0]
	for _, number := range numbers {
		t.bytes = append(t.bytes, t.keyOf(number))
	}
	return vec.DecodeKeys(mem, types, t.bytes)
}

func (t *keyTable) size() int64 {
	n := int64(len(t.slots))*8 + int64(cap(t.packed))*16 + t.arena.bytes + int64(cap(t.places)+cap(t.fresh))*4 + int64(cap(t.bytes))*24
	for _, text := range t.texts {
		n += text.size()
	}
	return n
}

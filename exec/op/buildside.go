package op

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// buildSide is the right input in memory: its rows, and by key where they are. It is not changed once
// made, so that tasks may share it.
type buildSide struct {
	rec   arrow.Record // all rows, nil if there are none
	rows  int
	near  *nearKeys // numbers the keys; if nil, index does, if the join has keys
	index *keyTable
	// The rows of key k are order[starts[k]:starts[k+1]]; without keys order is nil and all rows count.
	// If no key has two rows, that of key k is order[k], -1 if it has none.
	starts []int32
	order  []int32
	unique bool
	nulls  []int32         // rows with a NULL in a key that = compares; they are in no list of a key
	keys   []arrow.Array   // kept if NULLs must be looked at pair by pair
	sets   []*serde.KeySet // per key: its values, if the left side is reduced by them
	hold   hold
}

// build makes the table of recs, which it takes over.
func (j *join) build(recs []arrow.Record) (*buildSide, error) {
	b := &buildSide{hold: hold{budget: j.env.Budget}, sets: make([]*serde.KeySet, len(j.rkeys))}
	if len(recs) == 0 {
		return b, nil
	}
	defer releaseRecords(recs)
	b.rec = vec.ConcatRecords(j.env.Mem, recs)
	if b.rec.NumRows() > math.MaxInt32 {
		b.release()
		return nil, diag.Errorf(diag.Limit, "the right side of a join has more than %d rows", math.MaxInt32)
	}
	b.rows = int(b.rec.NumRows())
	b.hold.set(vec.Size(b.rec))
	if len(j.rkeys) == 0 {
		return b, nil
	}
	ids, err := b.numberNear(j)
	if err == nil && b.near == nil {
		ids, err = b.number(j, recs)
	}
	if err == nil && j.nullAware() && !j.simpleNulls() {
		b.keys, err = evalAll(j.env, j.rkeys, b.rec)
	}
	if err != nil {
		b.release()
		return nil, err
	}
	b.sortByKey(ids)
	if err := b.findSets(j); err != nil {
		b.release()
		return nil, err
	}
	b.hold.add(4 * int64(len(b.order)+len(b.starts)))
	if b.index != nil {
		b.hold.add(b.index.size())
	}
	return b, nil
}

// noKey is the number of rows with a NULL in a key that = compares.
const noKey = math.MaxUint32

// numberNear sets near and numbers the keys by it, if there is one key and its values allow it.
func (b *buildSide) numberNear(j *join) ([]uint32, error) {
	if len(j.rkeys) != 1 || j.nullSafe[0] {
		return nil, nil
	}
	keys, err := evalAll(j.env, j.rkeys, b.rec)
	if err != nil {
		return nil, err
	}
	defer release(keys)
	if b.near = newNearKeys(keys[0]); b.near == nil {
		return nil, nil
	}
	found := make([]int32, b.rows)
	b.near.find(keys[0], found)
	ids := make([]uint32, b.rows)
	for i, id := range found {
		ids[i] = uint32(id)
	}
	b.leaveOut(ids, nullRows(keys, j.nullSafe, b.rows), 0)
	return ids, nil
}

// leaveOut notes which of the rows from the given one on are in no list of a key.
func (b *buildSide) leaveOut(ids []uint32, nulls []bool, from int) {
	for i, null := range nulls {
		if null {
			ids[i] = noKey
			b.nulls = append(b.nulls, int32(from+i))
		}
	}
}

// number numbers the keys of recs, a batch after the other, and returns the number of each row's key.
func (b *buildSide) number(j *join, recs []arrow.Record) ([]uint32, error) {
	b.index = newKeyTable()
	all := make([]uint32, b.rows)
	var k keyHash
	at := 0
	for _, rec := range recs {
		n := int(rec.NumRows())
		ids := all[at : at+n]
		keys, err := evalAll(j.env, j.rkeys, rec)
		if err != nil {
			return nil, err
		}
		k.of(keys, n)
		b.index.insert(&k, ids)
		b.leaveOut(ids, nullRows(keys, j.nullSafe, n), at)
		release(keys)
		at += n
	}
	return all, nil
}

// numbers is how many numbers the keys have.
func (b *buildSide) numbers() int {
	if b.near != nil {
		return b.near.n
	}
	return b.index.n
}

// find sets ids to the numbers of keys, -1 for those that the table does not hold. hash is room for those of the keys.
func (b *buildSide) find(keys []arrow.Array, hash *keyHash, ids []int32) {
	if b.near != nil {
		b.near.find(keys[0], ids)
		return
	}
	hash.of(keys, len(ids))
	b.index.find(hash, ids)
}

// has reports whether key k has rows.
func (b *buildSide) has(k int32) bool {
	if b.unique {
		return b.order[k] >= 0
	}
	return b.starts[k] < b.starts[k+1]
}

// sortByKey puts the rows in the order of their keys' numbers.
func (b *buildSide) sortByKey(ids []uint32) {
	if b.unique = b.placeByKey(ids); b.unique {
		return
	}
	b.starts = make([]int32, b.numbers()+1)
	for _, id := range ids {
		if id != noKey {
			b.starts[id+1]++
		}
	}
	for k := range b.numbers() {
		b.starts[k+1] += b.starts[k]
	}
	b.order = make([]int32, b.rows-len(b.nulls))
	next := append([]int32{}, b.starts...)
	for i, id := range ids {
		if id != noKey {
			b.order[next[id]] = int32(i)
			next[id]++
		}
	}
}

// placeByKey sets order to each key's row; false if a key has two.
func (b *buildSide) placeByKey(ids []uint32) bool {
	b.order = make([]int32, b.numbers())
	for k := range b.order {
		b.order[k] = -1
	}
	for i, id := range ids {
		if id == noKey {
			continue
		}
		if b.order[id] >= 0 {
			return false
		}
		b.order[id] = int32(i)
	}
	return true
}

func (b *buildSide) release() {
	if b.rec != nil {
		b.rec.Release()
		b.rec = nil
	}
	release(b.keys)
	b.keys = nil
	b.hold.free()
}

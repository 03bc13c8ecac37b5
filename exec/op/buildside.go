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
	index *keyTable // nil if the join has no keys
	// The rows of key k are order[starts[k]:starts[k+1]]; without keys order is nil and all rows count.
	// If every row has another key, key k is that of row order[k].
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
	ids, err := b.number(j, recs)
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
	b.hold.add(b.index.size() + 4*int64(len(b.order)+len(b.starts)))
	return b, nil
}

// noKey is the number of rows with a NULL in a key that = compares.
const noKey = math.MaxUint32

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
		for i, null := range nullRows(keys, j.nullSafe, n) {
			if null {
				ids[i] = noKey
				b.nulls = append(b.nulls, int32(at+i))
			}
		}
		release(keys)
		at += n
	}
	return all, nil
}

// sortByKey puts the rows in the order of their keys' numbers.
func (b *buildSide) sortByKey(ids []uint32) {
	b.starts = make([]int32, b.index.n+1)
	for _, id := range ids {
		if id != noKey {
			b.starts[id+1]++
		}
	}
	for k := range b.index.n {
		b.starts[k+1] += b.starts[k]
	}
	b.order = make([]int32, b.rows-len(b.nulls))
	b.unique = len(b.order) == b.index.n && len(b.nulls) == 0
	next := append([]int32{}, b.starts...)
	for i, id := range ids {
		if id != noKey {
			b.order[next[id]] = int32(i)
			next[id]++
		}
	}
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

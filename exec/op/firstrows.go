package op

import (
	"bytes"
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// firstRows leaves out rows that are not among the first of their partition: those after so many others
// that have come before. It keeps nothing but the sort keys of the first rows, and passes on everything
// once it is seen to leave out too little.
type firstRows struct {
	unary
	partBy []expr.Expr
	order  ordering
	first  int

	index        *keyTable // of partitions; nil: pass on everything
	hash         keyHash
	ids          []uint32
	best         []keyHeap // by partition
	keys         vec.KeyBuffer
	keyBytes     int64
	seen, passed int64
}

const (
	// mostKeyBytes is how many bytes of keys are kept before everything is passed on.
	mostKeyBytes = 16 << 20
	// judgeRows is after how many rows it is seen whether enough is left out.
	judgeRows = 1 << 16
)

func newFirstRows(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	pb := n.GetWindow()
	f := &firstRows{unary: unary{env, in, in.Schema()}, first: int(pb.First), index: newKeyTable()}
	var err error
	if f.partBy, err = expr.AllFromProto(pb.PartitionBy); err != nil {
		return nil, err
	}
	f.order, err = newOrdering(pb.OrderBy)
	return f, err
}

func (f *firstRows) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := f.in.Next(ctx)
		if err != nil || f.index == nil {
			return rec, err
		}
		keep, err := f.among(rec)
		if err != nil {
			rec.Release()
			return nil, err
		}
		f.seen += rec.NumRows()
		f.passed += int64(len(keep))
		if f.keyBytes > mostKeyBytes || f.seen > judgeRows && 2*f.passed > f.seen {
			f.index, f.best = nil, nil
		}
		if int64(len(keep)) == rec.NumRows() {
			return rec, nil
		}
		if len(keep) > 0 {
			out := vec.TakeRecord(f.env.Mem, rec, keep)
			rec.Release()
			return out, nil
		}
		rec.Release()
	}
}

// among returns the rows of rec that are among the first of their partition so far.
func (f *firstRows) among(rec arrow.Record) ([]int32, error) {
	n := int(rec.NumRows())
	f.ids = zeroed(f.ids, n)
	if len(f.partBy) > 0 {
		cols, err := evalAll(f.env, f.partBy, rec)
		if err != nil {
			return nil, err
		}
		f.hash.of(cols, n)
		f.index.insert(&f.hash, f.ids)
		release(cols)
	}
	for len(f.best) < max(1, f.index.n) {
		f.best = append(f.best, nil)
	}
	if err := f.order.keys(f.env, rec, &f.keys); err != nil {
		return nil, err
	}
	var keep []int32
	for i, id := range f.ids {
		key, before := f.keys.Key(i), len(f.best[id])
		if f.best[id].add(key, f.first) {
			keep = append(keep, int32(i))
			f.keyBytes += int64(len(f.best[id])-before) * int64(len(key)+24)
		}
	}
	return keep, nil
}

// keyHeap is the least of the keys added, the greatest of them first.
type keyHeap [][]byte

// add keeps key if it is among the most least ones, and reports whether it is.
func (h *keyHeap) add(key []byte, most int) bool {
	if len(*h) < most {
		*h = append(*h, bytes.Clone(key))
		h.up(len(*h) - 1)
		return true
	}
	top := (*h)[0]
	if bytes.Compare(key, top) >= 0 {
		return false
	}
	(*h)[0] = append(top[:0], key...)
	h.down()
	return true
}

func (h keyHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if bytes.Compare(h[i], h[parent]) <= 0 {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (h keyHeap) down() {
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && bytes.Compare(h[c+1], h[c]) > 0 {
			c++
		}
		if bytes.Compare(h[c], h[i]) <= 0 {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

package op

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// ordering is a list of sort keys.
type ordering struct {
	exprs  []expr.Expr
	orders []vec.Order
}

func newOrdering(keys []*winnowpb.SortKey) (ordering, error) {
	var o ordering
	for _, k := range keys {
		e, err := expr.FromProto(k.Expr)
		if err != nil {
			return o, err
		}
		o.exprs = append(o.exprs, e)
		o.orders = append(o.orders, vec.Order{Desc: k.Descending, NullsFirst: k.NullsFirst})
	}
	return o, nil
}

// keys sets buf to the normalised keys of rec's rows.
func (o ordering) keys(env *Env, rec arrow.Record, buf *vec.KeyBuffer) error {
	cols, err := evalAll(env, o.exprs, rec)
	if err != nil {
		return err
	}
	defer release(cols)
	vec.AppendSortKeys(cols, o.orders, int(rec.NumRows()), buf)
	return nil
}

// sorter orders all rows of its input.
type sorter struct {
	unary
	rows   *rowSorter
	sorted Operator
}

func newSort(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	o, err := newOrdering(n.GetSort().Keys)
	if err != nil {
		return nil, err
	}
	return openSort(env, in, o, n.GetSort().Limit), nil
}

func openSort(env *Env, in Operator, o ordering, limit int64) *sorter {
	s := &sorter{unary: unary{env, in, in.Schema()}, rows: newRowSorter(env, in.Schema(), o, limit)}
	s.tellFirst()
	return s
}

func (s *sorter) Next(ctx context.Context) (arrow.Record, error) {
	if s.sorted == nil {
		err := drain(ctx, s.in, func(rec arrow.Record) error { return s.rows.add(ctx, rec) })
		if err != nil {
			return nil, err
		}
		if s.sorted, err = s.rows.finish(ctx); err != nil {
			return nil, err
		}
	}
	return s.sorted.Next(ctx)
}

func (s *sorter) Close() error {
	errs := []error{s.in.Close(), s.rows.Close()}
	if s.sorted != nil {
		errs = append(errs, s.sorted.Close())
	}
	return errors.Join(errs...)
}

// rowSorter orders the rows added to it, in memory or by merging sorted runs. Rows with equal keys stay in
// the order in which they were added. With a limit it keeps only that many rows.
type rowSorter struct {
	env    *Env
	schema *arrow.Schema
	order  ordering
	limit  int64 // 0: none

	recs  []arrow.Record
	keys  []sortedKeys // per batch
	rows  int64
	bound []byte // with a limit: rows with this key or a greater one are not among the first
	hold  hold
	runs  []*run
	buf   vec.KeyBuffer
}

// sortedKeys is the keys of a batch's rows: key i is data[ends[i]:ends[i+1]].
type sortedKeys struct {
	data []byte
	ends []int
}

func (k *sortedKeys) key(i int32) []byte { return k.data[k.ends[i]:k.ends[i+1]] }

func newRowSorter(env *Env, schema *arrow.Schema, o ordering, limit int64) *rowSorter {
	return &rowSorter{env: env, schema: schema, order: o, limit: limit, hold: hold{budget: env.Budget}}
}

// add keeps the rows of rec, which stays the caller's.
func (s *rowSorter) add(ctx context.Context, rec arrow.Record) error {
	rec.Retain()
	if s.bound != nil {
		var err error
		if rec, err = s.below(rec); rec == nil {
			return err
		}
	}
	if err := s.order.keys(s.env, rec, &s.buf); err != nil {
		rec.Release()
		return err
	}
	s.keep(rec, sortedKeys{slices.Clone(s.buf.Data), slices.Clone(s.buf.Ends)})
	if s.limit > 0 && s.rows > 2*s.limit+int64(min(s.env.BatchRows, spareRows)) {
		if err := s.cut(ctx); err != nil {
			return err
		}
	}
	if s.hold.over() {
		return s.spill(ctx)
	}
	return nil
}

func (s *rowSorter) keep(rec arrow.Record, k sortedKeys) {
	s.recs, s.keys = append(s.recs, rec), append(s.keys, k)
	s.rows += rec.NumRows()
	s.hold.add(vec.Size(rec) + int64(len(k.data)) + 8*int64(len(k.ends)) + 24*rec.NumRows())
}

// below returns the rows of rec, which it takes over, that may still be among the first; nil if none. Most are ruled out by
// their first key.
func (s *rowSorter) below(rec arrow.Record) (arrow.Record, error) {
	first, err := expr.EvalArray(s.env.Funcs, s.order.exprs[0], rec)
	if err != nil {
		rec.Release()
		return nil, err
	}
	rec = only(s.env, rec, s.among(first))
	first.Release()
	if rec == nil || len(s.order.exprs) == 1 {
		return rec, nil
	}
	if err := s.order.keys(s.env, rec, &s.buf); err != nil {
		rec.Release()
		return nil, err
	}
	var keep []int32
	for i := range int(rec.NumRows()) {
		if bytes.Compare(s.buf.Key(i), s.bound) < 0 {
			keep = append(keep, int32(i))
		}
	}
	return only(s.env, rec, keep), nil
}

// among returns the rows that are not ruled out by their first sort key.
func (s *rowSorter) among(first arrow.Array) []int32 {
	vec.AppendSortKeys([]arrow.Array{first}, s.order.orders[:1], first.Len(), &s.buf)
	most := 0 // equal first keys leave it to the others, if there are any
	if len(s.order.exprs) == 1 {
		most = -1
	}
	var rows []int32
	for i := range first.Len() {
		key := s.buf.Key(i)
		if bytes.Compare(key, s.bound[:min(len(key), len(s.bound))]) <= most {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// cut keeps the first limit rows of what is there.
func (s *rowSorter) cut(ctx context.Context) error {
	refs := s.sort()
	if last := refs[len(refs)-1]; int64(len(refs)) == s.limit {
		s.bound = bytes.Clone(s.keys[last.Batch].key(last.Row))
	}
	return drain(ctx, s.take(refs), func(rec arrow.Record) error {
		if err := s.order.keys(s.env, rec, &s.buf); err != nil {
			return err
		}
		rec.Retain()
		s.keep(rec, sortedKeys{slices.Clone(s.buf.Data), slices.Clone(s.buf.Ends)})
		return nil
	})
}

// spareRows is how many rows more than twice its limit a sort gathers before it drops those that are not among the first.
const spareRows = 1024

// sortEntry is a row: the first 8 bytes of its key in which keys differ, and where it is.
type sortEntry struct {
	prefix uint64
	ref    vec.Ref
}

// sort returns the rows in order, no more than the limit.
func (s *rowSorter) sort() []vec.Ref {
	list := make([]sortEntry, 0, s.rows)
	skip := s.commonPrefix()
	for b := range s.keys {
		k := &s.keys[b]
		for i := range int32(len(k.ends) - 1) {
			list = append(list, sortEntry{prefixOf(k.key(i)[skip:]), vec.Ref{Batch: int32(b), Row: i}})
		}
	}
	compare := func(a, b sortEntry) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := bytes.Compare(s.keys[a.ref.Batch].key(a.ref.Row)[skip:], s.keys[b.ref.Batch].key(b.ref.Row)[skip:]); c != 0 {
			return c
		}
		if a.ref.Batch != b.ref.Batch {
			return cmp.Compare(a.ref.Batch, b.ref.Batch)
		}
		return cmp.Compare(a.ref.Row, b.ref.Row)
	}
	if s.limit > 0 && int64(len(list)) > s.limit {
		list = leastOf(list, int(s.limit), compare)
	}
	slices.SortFunc(list, compare)
	refs := make([]vec.Ref, len(list))
	for i, e := range list {
		refs[i] = e.ref
	}
	return refs
}

// leastOf returns the n least of list, which is longer, in any order: a heap with the greatest of them on top takes in what is
// less than that. list is changed.
func leastOf[T any](list []T, n int, compare func(a, b T) int) []T {
	heap := list[:n]
	down := func(i int) {
		for {
			k := 2*i + 1
			if k >= n {
				return
			}
			if k+1 < n && compare(heap[k+1], heap[k]) > 0 {
				k++
			}
			if compare(heap[i], heap[k]) >= 0 {
				return
			}
			heap[i], heap[k] = heap[k], heap[i]
			i = k
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for _, e := range list[n:] {
		if compare(e, heap[0]) < 0 {
			heap[0] = e
			down(0)
		}
	}
	return heap
}

// commonPrefix returns how many bytes all keys begin with.
func (s *rowSorter) commonPrefix() int {
	if s.rows == 0 {
		return 0
	}
	first := s.keys[0].key(0)
	n := len(first)
	for b := range s.keys {
		k := &s.keys[b]
		for i := range int32(len(k.ends) - 1) {
			key := k.key(i)
			if len(key) >= n && bytes.Equal(key[:n], first[:n]) {
				continue
			}
			for n = min(n, len(key)); !bytes.Equal(key[:n], first[:n]); n-- {
			}
		}
	}
	return n
}

// prefixOf returns the first 8 bytes of key as a number of the same order.
func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// take returns the rows that refs name as an operator, which owns what was in memory; nothing is left there.
func (s *rowSorter) take(refs []vec.Ref) *picked {
	p := &picked{env: s.env, schema: s.schema, recs: s.recs, refs: refs, batch: s.env.BatchRows, hold: s.hold}
	s.recs, s.keys, s.rows, s.hold = nil, nil, 0, hold{budget: s.env.Budget}
	return p
}

package op

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"io"
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

// sorter orders all rows, in memory or by merging sorted runs. With a limit it keeps only that many.
type sorter struct {
	unary
	order ordering
	limit int64

	recs    []arrow.Record
	rows    int64
	held    int64
	runs    []*run
	merged  Operator
	started bool
}

func newSort(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	o, err := newOrdering(n.GetSort().Keys)
	if err != nil {
		return nil, err
	}
	return &sorter{unary: unary{env, in, in.Schema()}, order: o, limit: n.GetSort().Limit}, nil
}

func (s *sorter) Next(ctx context.Context) (arrow.Record, error) {
	if !s.started {
		s.started = true
		if err := s.consume(ctx); err != nil {
			return nil, err
		}
	}
	return s.merged.Next(ctx)
}

func (s *sorter) consume(ctx context.Context) error {
	err := drain(ctx, s.in, func(rec arrow.Record) error {
		rec.Retain()
		s.recs = append(s.recs, rec)
		s.rows += rec.NumRows()
		size := vec.Size(rec)
		s.held += size
		fits := s.env.Budget.Grow(size)
		if s.limit > 0 && s.rows > 4*max(s.limit, int64(s.env.BatchRows)) {
			return s.cut()
		}
		if !fits {
			return s.spill()
		}
		return nil
	})
	if err != nil {
		return err
	}
	last, err := s.sorted()
	if err != nil {
		return err
	}
	inputs := []Operator{last}
	for _, r := range s.runs {
		inputs = append(inputs, &runReader{r})
	}
	s.runs = nil
	if len(inputs) == 1 {
		s.merged = last
		return nil
	}
	s.merged = newMerge(s.env, s.schema, s.order, inputs)
	return nil
}

// cut keeps the first limit rows of what is there.
func (s *sorter) cut() error {
	op, err := s.sorted()
	if err != nil {
		return err
	}
	return drain(context.Background(), op, func(rec arrow.Record) error {
		rec.Retain()
		s.recs = append(s.recs, rec)
		s.rows += rec.NumRows()
		s.held += vec.Size(rec)
		s.env.Budget.Grow(vec.Size(rec))
		return nil
	})
}

// sorted orders the rows in memory and gives them as an operator; the memory is then empty.
func (s *sorter) sorted() (Operator, error) {
	type row struct {
		key []byte
		ref vec.Ref
	}
	rows := make([]row, 0, s.rows)
	var buf vec.KeyBuffer
	for b, rec := range s.recs {
		if err := s.order.keys(s.env, rec, &buf); err != nil {
			return nil, err
		}
		data := slices.Clone(buf.Data)
		for i := range int(rec.NumRows()) {
			rows = append(rows, row{data[buf.Ends[i]:buf.Ends[i+1]], vec.Ref{Batch: int32(b), Row: int32(i)}})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return bytes.Compare(a.key, b.key) })
	if s.limit > 0 && int64(len(rows)) > s.limit {
		rows = rows[:s.limit]
	}
	refs := make([]vec.Ref, len(rows))
	for i, r := range rows {
		refs[i] = r.ref
	}
	out := &picked{env: s.env, schema: s.schema, recs: s.recs, refs: refs, held: s.held}
	s.recs, s.rows, s.held = nil, 0, 0
	return out, nil
}

// spill writes the rows in memory as a sorted run.
func (s *sorter) spill() error {
	op, err := s.sorted()
	if err != nil {
		return err
	}
	defer op.Close()
	r, err := newRun(s.env, s.schema)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, r)
	return drain(context.Background(), op, r.add)
}

func (s *sorter) Close() error {
	releaseRecords(s.recs)
	s.env.Budget.Grow(-s.held)
	s.recs, s.held = nil, 0
	errs := []error{s.in.Close()}
	for _, r := range s.runs {
		errs = append(errs, r.close())
	}
	s.runs = nil
	if s.merged != nil {
		errs = append(errs, s.merged.Close())
	}
	return errors.Join(errs...)
}

// picked gives the rows that refs name, batch by batch; it owns recs.
type picked struct {
	env    *Env
	schema *arrow.Schema
	recs   []arrow.Record
	refs   []vec.Ref
	held   int64
}

func (p *picked) Schema() *arrow.Schema { return p.schema }

func (p *picked) Next(context.Context) (arrow.Record, error) {
	if len(p.refs) == 0 {
		p.Close()
		return nil, io.EOF
	}
	n := min(len(p.refs), p.env.BatchRows)
	out := vec.InterleaveRecords(p.env.Mem, p.schema, p.recs, p.refs[:n])
	p.refs = p.refs[n:]
	return out, nil
}

func (p *picked) Close() error {
	releaseRecords(p.recs)
	p.env.Budget.Grow(-p.held)
	p.recs, p.held, p.refs = nil, 0, nil
	return nil
}

// runReader is a run as an operator.
type runReader struct{ *run }

func (r *runReader) Schema() *arrow.Schema                          { return r.schema }
func (r *runReader) Next(ctx context.Context) (arrow.Record, error) { return r.next(ctx) }
func (r *runReader) Close() error                                   { return r.close() }

// merge gives the rows of sorted inputs in order.
type merge struct {
	env    *Env
	schema *arrow.Schema
	order  ordering
	in     []Operator
	heads  headHeap
	begun  bool
}

// head is an input's current batch and row.
type head struct {
	from  int
	rec   arrow.Record
	slot  int32 // in the batches that the output under way refers to
	row   int
	keys  vec.KeyBuffer
	input Operator
}

type headHeap []*head

func (h headHeap) Len() int { return len(h) }
func (h headHeap) Less(i, j int) bool {
	if c := bytes.Compare(h[i].keys.Key(h[i].row), h[j].keys.Key(h[j].row)); c != 0 {
		return c < 0
	}
	return h[i].from < h[j].from
}
func (h headHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *headHeap) Push(x any)   { *h = append(*h, x.(*head)) }
func (h *headHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func newMerge(env *Env, schema *arrow.Schema, order ordering, in []Operator) Operator {
	return &merge{env: env, schema: schema, order: order, in: in}
}

func (m *merge) Schema() *arrow.Schema { return m.schema }

// load reads the next batch of h; false at its end.
func (m *merge) load(ctx context.Context, h *head) (bool, error) {
	rec, err := h.input.Next(ctx)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.rec, h.row, h.slot = rec, 0, -1
	return true, m.order.keys(m.env, rec, &h.keys)
}

func (m *merge) Next(ctx context.Context) (arrow.Record, error) {
	if !m.begun {
		m.begun = true
		for i, in := range m.in {
			h := &head{from: i, input: in}
			ok, err := m.load(ctx, h)
			if err != nil {
				return nil, err
			}
			if ok {
				m.heads = append(m.heads, h)
			}
		}
		heap.Init(&m.heads)
	}
	var recs []arrow.Record
	defer func() { releaseRecords(recs) }()
	var refs []vec.Ref
	for len(m.heads) > 0 && len(refs) < m.env.BatchRows {
		h := m.heads[0]
		if h.slot < 0 || int(h.slot) >= len(recs) || recs[h.slot] != h.rec {
			h.rec.Retain()
			recs = append(recs, h.rec)
			h.slot = int32(len(recs) - 1)
		}
		refs = append(refs, vec.Ref{Batch: h.slot, Row: int32(h.row)})
		h.row++
		if int64(h.row) == h.rec.NumRows() {
			h.rec.Release()
			h.rec = nil
			ok, err := m.load(ctx, h)
			if err != nil {
				return nil, err
			}
			if !ok {
				heap.Pop(&m.heads)
				continue
			}
		}
		heap.Fix(&m.heads, 0)
	}
	if len(refs) == 0 {
		return nil, io.EOF
	}
	return vec.InterleaveRecords(m.env.Mem, m.schema, recs, refs), nil
}

func (m *merge) Close() error {
	var errs []error
	for _, h := range m.heads {
		if h.rec != nil {
			h.rec.Release()
		}
	}
	m.heads = nil
	for _, in := range m.in {
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}

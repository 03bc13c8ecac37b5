package op

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// merge gives the rows of sorted inputs in order; those of earlier inputs first where keys are equal.
type merge struct {
	env    *Env
	schema *arrow.Schema
	order  ordering
	in     []Operator
	heads  []*head // a heap: the least row is that of heads[0]
	begun  bool
}

// head is an input's current batch and row.
type head struct {
	from  int
	input Operator
	rec   arrow.Record
	slot  int32 // in the batches that the output under way refers to
	row   int
	keys  vec.KeyBuffer
}

func newMerge(env *Env, schema *arrow.Schema, order ordering, in []Operator) *merge {
	return &merge{env: env, schema: schema, order: order, in: in}
}

func (m *merge) Schema() *arrow.Schema { return m.schema }

func (h *head) less(o *head) bool {
	if c := bytes.Compare(h.keys.Key(h.row), o.keys.Key(o.row)); c != 0 {
		return c < 0
	}
	return h.from < o.from
}

// down moves heads[i] to its place among those below it.
func (m *merge) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(m.heads) {
			return
		}
		if c+1 < len(m.heads) && m.heads[c+1].less(m.heads[c]) {
			c++
		}
		if !m.heads[c].less(m.heads[i]) {
			return
		}
		m.heads[i], m.heads[c] = m.heads[c], m.heads[i]
		i = c
	}
}

// load reads the next batch of h; false at its end.
func (m *merge) load(ctx context.Context, h *head) (bool, error) {
	if h.rec != nil {
		h.rec.Release()
		h.rec = nil
	}
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

func (m *merge) begin(ctx context.Context) error {
	m.begun = true
	for i, in := range m.in {
		h := &head{from: i, input: in}
		m.heads = append(m.heads, h)
		ok, err := m.load(ctx, h)
		if err != nil {
			return err
		}
		if !ok {
			m.heads = m.heads[:len(m.heads)-1]
		}
	}
	for i := len(m.heads)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return nil
}

func (m *merge) Next(ctx context.Context) (arrow.Record, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !m.begun {
		if err := m.begin(ctx); err != nil {
			return nil, err
		}
	}
	for _, h := range m.heads {
		h.slot = -1
	}
	var recs []arrow.Record
	defer func() { releaseRecords(recs) }()
	refs := make([]vec.Ref, 0, m.env.BatchRows)
	for len(m.heads) > 0 && len(refs) < m.env.BatchRows {
		h := m.heads[0]
		if h.slot < 0 {
			h.rec.Retain()
			recs = append(recs, h.rec)
			h.slot = int32(len(recs) - 1)
		}
		refs = append(refs, vec.Ref{Batch: h.slot, Row: int32(h.row)})
		if h.row++; int64(h.row) == h.rec.NumRows() {
			ok, err := m.load(ctx, h)
			if err != nil {
				return nil, err
			}
			if !ok {
				last := len(m.heads) - 1
				m.heads[0] = m.heads[last]
				m.heads = m.heads[:last]
			}
		}
		if len(m.heads) > 0 {
			m.down(0)
		}
	}
	if len(refs) == 0 {
		return nil, io.EOF
	}
	return vec.InterleaveRecords(m.env.Mem, m.schema, recs, refs), nil
}

func (m *merge) Close() error {
	for _, h := range m.heads {
		if h.rec != nil {
			h.rec.Release()
		}
	}
	m.heads, m.begun = nil, true
	var errs []error
	for _, in := range m.in {
		errs = append(errs, in.Close())
	}
	m.in = nil
	return errors.Join(errs...)
}

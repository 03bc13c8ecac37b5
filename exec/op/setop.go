package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// setOp is INTERSECT and EXCEPT: the rows of the right side are counted, then those of the left one are
// passed or not. A table that outgrows the budget is cut with what is still to be read by row hash.
type setOp struct {
	env         *Env
	schema      *arrow.Schema
	left, right Operator
	except, all bool
	depth       uint

	index  *keyTable
	rows   columnStore // the different rows, in the order of their numbers
	counts []int64     // per different row: how many on the right less those that the left has used; seen
	hash   keyHash
	ids    []uint32
	found  []int32
	hold   hold
	built  bool
	lefts  []*run // once cut: parts still to be computed
	rights []*run
	part   *setOp
}

// seen marks rows that DISTINCT has passed or refused already.
const seen = -1

func newSetOp(env *Env, n *winnowpb.Node, left, right Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	for i, f := range left.Schema().Fields() {
		if i >= len(right.Schema().Fields()) || !stored(f.Type, right.Schema().Field(i).Type) {
			return nil, diag.Errorf(diag.Internal, "plan: INTERSECT or EXCEPT of different columns")
		}
	}
	pb := n.GetSetOp()
	return openSetOp(env, schema, left, right, pb.Except, pb.All, 0), nil
}

func openSetOp(env *Env, schema *arrow.Schema, left, right Operator, except, all bool, depth uint) *setOp {
	return &setOp{
		env: env, schema: schema, left: left, right: right, except: except, all: all, depth: depth,
		index: newKeyTable(), rows: columnStore{env: env, schema: right.Schema()}, hold: hold{budget: env.Budget},
	}
}

func (s *setOp) Schema() *arrow.Schema { return s.schema }

// insert numbers the rows of rec and keeps those that are new.
func (s *setOp) insert(rec arrow.Record) ([]int32, error) {
	n := int(rec.NumRows())
	s.ids = zeroed(s.ids, n)
	s.hash.of(rec.Columns(), n)
	fresh := s.index.insert(&s.hash, s.ids)
	if len(fresh) == 0 {
		return nil, nil
	}
	s.counts = append(s.counts, make([]int64, len(fresh))...)
	return fresh, s.rows.add(takeAll(s.env, rec.Columns(), fresh), len(fresh))
}

// full reports whether the table is to be cut.
func (s *setOp) full() (bool, error) {
	s.hold.set(s.index.size() + s.rows.bytes + 8*int64(cap(s.counts)))
	if !s.hold.over() {
		return false, nil
	}
	if s.depth >= maxSpillDepth {
		return false, s.hold.must("INTERSECT or EXCEPT")
	}
	return true, nil
}

func (s *setOp) build(ctx context.Context) error {
	err := drain(ctx, s.right, func(rec arrow.Record) error {
		if s.rights != nil {
			return s.scatter(rec, s.rights)
		}
		if _, err := s.insert(rec); err != nil {
			return err
		}
		for _, id := range s.ids {
			s.counts[id]++
		}
		if full, err := s.full(); err != nil || !full {
			return err
		}
		return s.cut()
	})
	if err != nil || s.rights == nil {
		return err
	}
	return s.scatterLeft(ctx)
}

// cut spills the table's rows, each as often as it counts.
func (s *setOp) cut() error {
	s.rights = make([]*run, fanOut)
	at := 0
	for _, rec := range s.rows.recs {
		var idx []int32
		for i := range int32(rec.NumRows()) {
			times := int64(1)
			if s.all {
				times = s.counts[at]
			}
			for range times {
				idx = append(idx, i)
			}
			at++
		}
		for len(idx) > 0 {
			n := min(len(idx), s.env.BatchRows)
			some := vec.TakeRecord(s.env.Mem, rec, idx[:n])
			err := s.scatter(some, s.rights)
			some.Release()
			if err != nil {
				return err
			}
			idx = idx[n:]
		}
	}
	s.rows.release()
	s.index, s.counts = newKeyTable(), nil
	s.hold.free()
	return nil
}

func (s *setOp) scatterLeft(ctx context.Context) error {
	s.lefts = make([]*run, fanOut)
	return drain(ctx, s.left, func(rec arrow.Record) error { return s.scatter(rec, s.lefts) })
}

func (s *setOp) scatter(rec arrow.Record, parts []*run) error {
	keys := make([]expr.Expr, rec.NumCols())
	for i := range keys {
		keys[i] = &expr.Column{Index: i, T: rec.Column(i).DataType()}
	}
	return scatterTo(s.env, keys, rec, parts, 16+8*s.depth, rec.Schema())
}

func (s *setOp) Next(ctx context.Context) (arrow.Record, error) {
	if !s.built {
		s.built = true
		if err := s.build(ctx); err != nil {
			return nil, err
		}
	}
	for s.lefts == nil {
		rec, err := s.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := s.pass(ctx, rec)
		rec.Release()
		if out != nil || err != nil {
			return out, err
		}
	}
	return s.nextOfParts(ctx)
}

// pass gives the rows of rec that are in the result; nil if none is.
func (s *setOp) pass(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	var keep []int32
	var err error
	grows := s.except && !s.all // a row that has been passed must not be passed again
	if grows {
		keep, err = s.insert(rec)
	} else {
		n := int(rec.NumRows())
		s.found = zeroed(s.found, n)
		s.hash.of(rec.Columns(), n)
		s.index.find(&s.hash, s.found)
		for i, id := range s.found {
			if s.passes(id) {
				keep = append(keep, int32(i))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	var out arrow.Record
	if len(keep) > 0 {
		if out, err = newRecord(s.schema, takeAll(s.env, rec.Columns(), keep), len(keep)); err != nil {
			return nil, err
		}
	}
	if !grows {
		return out, nil
	}
	full, err := s.full()
	if full {
		if err = s.cut(); err == nil {
			err = s.scatterLeft(ctx)
		}
	}
	if err != nil && out != nil {
		out.Release()
		out = nil
	}
	return out, err
}

// passes decides over a row of the left; id is its number, -1 if the right does not have it.
func (s *setOp) passes(id int32) bool {
	if id < 0 {
		return s.except
	}
	n := s.counts[id]
	switch {
	case !s.all:
		s.counts[id] = seen
		return n > 0 // INTERSECT
	case n > 0:
		s.counts[id] = n - 1
		return !s.except
	}
	return s.except
}

func (s *setOp) nextOfParts(ctx context.Context) (arrow.Record, error) {
	for {
		if s.part == nil {
			if len(s.lefts) == 0 {
				return nil, io.EOF
			}
			left, right := partOf(s.lefts[0], s.left.Schema()), partOf(s.rights[0], s.right.Schema())
			s.lefts, s.rights = s.lefts[1:], s.rights[1:]
			s.part = openSetOp(s.env, s.schema, left, right, s.except, s.all, s.depth+1)
		}
		rec, err := s.part.Next(ctx)
		if !errors.Is(err, io.EOF) {
			return rec, err
		}
		if err := s.part.Close(); err != nil {
			return nil, err
		}
		s.part = nil
	}
}

func (s *setOp) Close() error {
	s.built = true
	s.rows.release()
	s.hold.free()
	errs := []error{s.left.Close(), s.right.Close()}
	if s.part != nil {
		errs = append(errs, s.part.Close())
	}
	for _, r := range append(s.lefts, s.rights...) {
		if r != nil {
			errs = append(errs, r.close())
		}
	}
	s.part, s.lefts, s.rights = nil, nil, nil
	return errors.Join(errs...)
}

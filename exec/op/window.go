package op

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// window sorts its input by partition and order, and computes its calls over blocks of whole partitions:
// at least a batch of rows, so that many small partitions cost no more than a large one.
type window struct {
	unary
	partBy []expr.Expr
	order  ordering
	calls  []*windowCall
	sorted *again

	block  []arrow.Record // being collected
	rows   int            // of block
	starts []int32        // where its partitions begin
	key    []byte         // of the last row's partition
	keys   vec.KeyBuffer
	part   *windowPart // of the block's first partition, if that is computed in parts
	hold   hold
	out    []arrow.Record
	done   bool
}

// windowCall is one call, bound.
type windowCall struct {
	name        string
	args        []expr.Expr
	filter      expr.Expr
	ignoreNulls bool
	distinct    bool
	frame       *winnowpb.Frame
	pure        *funcs.WindowBound
	agg         *funcs.AggBound
	out         arrow.DataType
	sight       sight
}

func newWindow(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetWindow()
	w := &window{unary: unary{env, in, schema}, hold: hold{budget: env.Budget}}
	if w.partBy, err = expr.AllFromProto(pb.PartitionBy); err != nil {
		return nil, err
	}
	if w.order, err = newOrdering(pb.OrderBy); err != nil {
		return nil, err
	}
	base := len(in.Schema().Fields())
	for i, c := range pb.Calls {
		call, err := bindWindow(c)
		if err != nil {
			return nil, err
		}
		if base+i >= len(schema.Fields()) {
			return nil, diag.Errorf(diag.Internal, "plan: a window of %d calls has a schema of %d columns", len(pb.Calls), len(schema.Fields()))
		}
		call.out = schema.Field(base + i).Type
		if call.sight, err = call.see(env, len(pb.OrderBy) > 0); err != nil {
			return nil, err
		}
		w.calls = append(w.calls, call)
	}
	var all ordering
	for _, e := range w.partBy {
		all.exprs, all.orders = append(all.exprs, e), append(all.orders, vec.Order{NullsFirst: true})
	}
	all.exprs, all.orders = append(all.exprs, w.order.exprs...), append(all.orders, w.order.orders...)
	w.sorted = &again{in: in}
	if len(all.exprs) > 0 {
		w.sorted.in = openSort(env, in, all, 0)
	}
	return w, nil
}

func bindWindow(pb *winnowpb.WindowCall) (*windowCall, error) {
	args, err := expr.AllFromProto(pb.Args)
	if err != nil {
		return nil, err
	}
	c := &windowCall{name: pb.Name, args: args, ignoreNulls: pb.IgnoreNulls, distinct: pb.Distinct, frame: pb.Frame}
	if pb.Filter != nil {
		if c.filter, err = expr.FromProto(pb.Filter); err != nil {
			return nil, err
		}
	}
	var casts []arrow.DataType
	switch {
	case isPick(pb.Name):
	case funcs.FindWindow(pb.Name) != nil:
		b, err := funcs.FindWindow(pb.Name).Bind(expr.Args(args))
		if err != nil {
			return nil, err
		}
		c.pure, casts = &b, b.Casts
	case funcs.FindAggregate(pb.Name) != nil:
		b, err := funcs.FindAggregate(pb.Name).Bind(expr.Args(args))
		if err != nil {
			return nil, err
		}
		c.agg, casts = &b, b.Casts
		c.distinct = c.distinct && !funcs.FindAggregate(pb.Name).IgnoresDistinct
	default:
		return nil, diag.Errorf(diag.Internal, "plan: no window function %q", pb.Name)
	}
	c.args, err = expr.CastArgs(args, casts, diag.Span{})
	return c, err
}

// isPick: the value is that of one row of the frame.
func isPick(name string) bool {
	return name == "first_value" || name == "last_value" || name == "nth_value"
}

func (w *window) Next(ctx context.Context) (arrow.Record, error) {
	for len(w.out) == 0 {
		if w.done {
			return nil, io.EOF
		}
		if err := w.step(ctx); err != nil {
			return nil, err
		}
	}
	rec := w.out[0]
	w.out[0] = nil
	w.out = w.out[1:]
	return rec, nil
}

// step collects the next block, or the next part of a partition that does not fit in memory, and computes it.
func (w *window) step(ctx context.Context) error {
	for {
		whole := len(w.starts) - 1 // partitions of the block that are complete
		switch {
		case w.part != nil && whole > 0:
			return w.computePart(ctx, int(w.starts[1]), true)
		case w.part == nil && whole > 0 && (w.rows >= w.env.BatchRows || w.hold.over()):
			return w.compute(ctx, int(w.starts[whole]))
		case whole == 0 && w.hold.over() && w.inParts():
			if done, err := w.nextPart(ctx); done || err != nil {
				return err
			}
		}
		rec, err := w.sorted.Next(ctx)
		if errors.Is(err, io.EOF) {
			w.done = true
			if w.part != nil {
				return w.computePart(ctx, w.rows, true)
			}
			return w.compute(ctx, w.rows)
		}
		if err != nil {
			return err
		}
		w.block = append(w.block, rec)
		if err := w.findStarts(rec); err != nil {
			return err
		}
		w.rows += int(rec.NumRows())
		w.hold.add(2 * vec.Size(rec))
		if err := w.hold.must("a window function's partition"); err != nil {
			return err
		}
	}
}

// findStarts notes where partitions begin in rec, which follows the rows of the block.
func (w *window) findStarts(rec arrow.Record) error {
	if len(w.partBy) == 0 {
		if w.rows == 0 {
			w.starts = append(w.starts[:0], 0)
		}
		return nil
	}
	cols, err := evalAll(w.env, w.partBy, rec)
	if err != nil {
		return err
	}
	defer release(cols)
	vec.AppendKeyBytes(cols, int(rec.NumRows()), &w.keys)
	for i := range int(rec.NumRows()) {
		if k := w.keys.Key(i); len(w.starts) == 0 || !bytes.Equal(k, w.key) {
			w.starts = append(w.starts, int32(w.rows+i))
			w.key = append(w.key[:0], k...)
		}
	}
	return nil
}

// take removes the first n rows, whole partitions, from the block, and returns them and where their
// partitions begin and the last one ends.
func (w *window) take(n int) (arrow.Record, []int32) {
	var mine, rest []arrow.Record
	left := n
	for _, rec := range w.block {
		rows := int(rec.NumRows())
		switch {
		case rows <= left:
			mine = append(mine, rec)
		case left == 0:
			rest = append(rest, rec)
		default:
			mine = append(mine, rec.NewSlice(0, int64(left)))
			rest = append(rest, rec.NewSlice(int64(left), int64(rows)))
			rec.Release()
		}
		left -= min(left, rows)
	}
	cut, _ := slices.BinarySearch(w.starts, int32(n))
	starts := slices.Clone(w.starts[:cut])
	w.block, w.rows, w.starts = rest, w.rows-n, w.starts[cut:]
	for i := range w.starts {
		w.starts[i] -= int32(n)
	}
	held := int64(0)
	for _, rec := range rest {
		held += 2 * vec.Size(rec)
	}
	w.hold.set(held)
	whole := vec.ConcatRecords(w.env.Mem, mine)
	releaseRecords(mine)
	return whole, append(starts, int32(n))
}

// compute evaluates all calls over the first n rows of the block.
func (w *window) compute(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	rec, starts := w.take(n)
	defer rec.Release()
	p := &windowBlock{ctx: ctx, env: w.env, rec: rec, n: n, starts: starts}
	defer p.release()
	if err := p.findPeers(w.order); err != nil {
		return err
	}
	return w.evaluate(p)
}

// evaluate puts out p's rows with the values of all calls.
func (w *window) evaluate(p *windowBlock) error {
	cols := retained(p.rec.Columns())
	for _, c := range w.calls {
		a, err := p.call(c)
		if err == nil && p.part != nil {
			a = p.part.count(w.env.Mem, c.sight, a)
		}
		if err == nil && !stored(a.DataType(), c.out) {
			a.Release()
			err = diag.Errorf(diag.Internal, "%s gave values of type %s, want %s", c.name, datatype.Name(a.DataType()), datatype.Name(c.out))
		}
		if err != nil {
			release(cols)
			return err
		}
		cols = append(cols, a)
	}
	whole, err := newRecord(w.schema, cols, p.n)
	if err != nil {
		return err
	}
	defer whole.Release()
	first, end := int64(0), whole.NumRows()
	if p.part != nil {
		first, end = int64(p.part.from), int64(p.part.to)
	}
	for from := first; from < end; from += int64(w.env.BatchRows) {
		w.out = append(w.out, whole.NewSlice(from, min(end, from+int64(w.env.BatchRows))))
	}
	return nil
}

func (w *window) Close() error {
	releaseRecords(w.block)
	releaseRecords(w.out)
	w.block, w.out, w.done = nil, nil, true
	w.part.release()
	w.part = nil
	w.hold.free()
	return w.sorted.Close()
}

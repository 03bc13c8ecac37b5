package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// window sorts its input by partition and order, and computes its calls partition by partition.
type window struct {
	unary
	partBy  []expr.Expr
	order   ordering
	calls   []*windowCall
	sorted  Operator
	started bool

	batch   []arrow.Record // of the partition being collected
	key     []byte
	pending arrow.Record // rest of a batch that begins the next partition
	out     []arrow.Record
	done    bool
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
	schema      arrow.DataType
}

func newWindow(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetWindow()
	w := &window{unary: unary{env, in, schema}}
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
		call.schema = schema.Field(base + i).Type
		w.calls = append(w.calls, call)
	}
	var all ordering
	for _, e := range w.partBy {
		all.exprs, all.orders = append(all.exprs, e), append(all.orders, vec.Order{NullsFirst: true})
	}
	all.exprs, all.orders = append(all.exprs, w.order.exprs...), append(all.orders, w.order.orders...)
	w.sorted = in
	if len(all.exprs) > 0 {
		w.sorted = &sorter{unary: unary{env, in, in.Schema()}, order: all}
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
		if err := w.partition(ctx); err != nil {
			return nil, err
		}
	}
	rec := w.out[0]
	w.out = w.out[1:]
	return rec, nil
}

// partition collects the next partition and computes it.
func (w *window) partition(ctx context.Context) error {
	for {
		rec := w.pending
		w.pending = nil
		if rec == nil {
			var err error
			if rec, err = w.sorted.Next(ctx); errors.Is(err, io.EOF) {
				w.done = true
				return w.compute()
			} else if err != nil {
				return err
			}
		}
		cut, err := w.boundary(rec)
		if err != nil {
			rec.Release()
			return err
		}
		if cut < 0 {
			w.batch = append(w.batch, rec)
			continue
		}
		if cut > 0 {
			w.batch = append(w.batch, rec.NewSlice(0, int64(cut)))
		}
		w.pending = rec.NewSlice(int64(cut), rec.NumRows())
		rec.Release()
		w.key = nil
		return w.compute()
	}
}

// boundary returns the first row of rec that is not of the partition under way, -1 if all are.
func (w *window) boundary(rec arrow.Record) (int, error) {
	if len(w.partBy) == 0 {
		return -1, nil
	}
	keys, err := evalAll(w.env, w.partBy, rec)
	if err != nil {
		return 0, err
	}
	defer release(keys)
	var buf vec.KeyBuffer
	vec.AppendKeyBytes(keys, int(rec.NumRows()), &buf)
	for i := range int(rec.NumRows()) {
		k := buf.Key(i)
		if w.key == nil {
			w.key = append([]byte{}, k...)
		} else if string(k) != string(w.key) {
			return i, nil
		}
	}
	return -1, nil
}

// compute evaluates all calls over the collected partition.
func (w *window) compute() error {
	if len(w.batch) == 0 {
		return nil
	}
	rec := vec.ConcatRecords(w.env.Mem, w.batch)
	defer rec.Release()
	releaseRecords(w.batch)
	w.batch = nil
	p := &windowPart{env: w.env, rec: rec, n: int(rec.NumRows())}
	if err := p.findPeers(w.order); err != nil {
		return err
	}
	defer p.release()
	cols := append([]arrow.Array{}, rec.Columns()...)
	var made []arrow.Array
	defer func() { release(made) }()
	for _, c := range w.calls {
		a, err := p.call(c)
		if err != nil {
			return err
		}
		made = append(made, a)
	}
	whole := array.NewRecord(w.schema, append(cols, made...), int64(p.n))
	defer whole.Release()
	for start := int64(0); start < whole.NumRows(); start += int64(w.env.BatchRows) {
		w.out = append(w.out, whole.NewSlice(start, min(whole.NumRows(), start+int64(w.env.BatchRows))))
	}
	return nil
}

func (w *window) Close() error {
	releaseRecords(w.batch)
	releaseRecords(w.out)
	w.batch, w.out = nil, nil
	if w.pending != nil {
		w.pending.Release()
		w.pending = nil
	}
	return w.sorted.Close()
}

package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// aggregate groups rows by keys. A table that outgrows the budget is put aside as partial states, cut by
// key hash, and merged part by part (aggspill.go); a PARTIAL or MERGE aggregate, whose reader merges in
// any case, passes its table on instead and begins anew.
type aggregate struct {
	unary
	aggSpec
	depth uint // how often the rows have been cut by key hash

	table *groups // nil: it was given out, and no row has come since
	hold  hold
	fresh int          // rows since the table was last measured
	out   *groupsOut   // being given out
	parts []*run       // by key hash; nil until something was put aside
	sorts []*rowSorter // per DISTINCT call: what was put aside of its arguments
	part  *aggregate   // merges the part under way
	first *firstKey    // what a sort above still wants; nil: all
	ended bool         // the input has
	any   bool         // a row has come
}

// aggSpec is what is computed.
type aggSpec struct {
	keys       []expr.Expr
	calls      []*aggCall
	merges     bool          // the input holds partial states
	passes     bool          // so does the output
	partial    *arrow.Schema // keys and partial states
	always     []expr.Expr   // key values of a group that is there even if no row is; nil for none
	partitions uint32        // by key hash, one a task, of which one has that group; 0: there is one task
	common     *expr.Common  // evaluates the arguments of calls
}

// aggCall is one call, bound.
type aggCall struct {
	bound    funcs.AggBound
	args     []expr.Expr
	filter   expr.Expr
	distinct bool
	same     int // the first call with the same state: its own place if it is the first
}

func newAggregate(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetAggregate()
	spec := aggSpec{
		merges: pb.Phase == winnowpb.Aggregate_FINAL || pb.Phase == winnowpb.Aggregate_MERGE,
		passes: pb.Phase == winnowpb.Aggregate_PARTIAL || pb.Phase == winnowpb.Aggregate_MERGE,
	}
	if spec.keys, err = expr.AllFromProto(pb.Keys); err != nil {
		return nil, err
	}
	for i, c := range pb.Calls {
		call, err := bindCall(c, spec.merges)
		if err != nil {
			return nil, err
		}
		call.same = i
		for k, first := range spec.calls {
			if call.shares(first) && proto.Equal(c.Args[0], pb.Calls[k].Args[0]) && proto.Equal(c.Filter, pb.Calls[k].Filter) {
				call.same = k
				break
			}
		}
		spec.calls = append(spec.calls, call)
	}
	if spec.always, err = expr.AllFromProto(pb.Always); err != nil {
		return nil, err
	}
	spec.partitions = pb.Partitions
	if want := len(spec.keys) + len(spec.calls); want != len(schema.Fields()) {
		return nil, diag.Errorf(diag.Internal, "plan: an aggregate of %d columns has a schema of %d", want, len(schema.Fields()))
	}
	var fields []arrow.Field
	for i, k := range spec.keys {
		fields = append(fields, arrow.Field{Name: schema.Field(i).Name, Type: k.Type(), Nullable: true})
	}
	for i, c := range spec.calls {
		fields = append(fields, arrow.Field{Name: schema.Field(len(spec.keys) + i).Name, Type: c.bound.Partial, Nullable: true})
	}
	spec.partial = arrow.NewSchema(fields, nil)
	var args [][]expr.Expr
	for i, c := range spec.calls {
		if c.same == i {
			args = append(args, c.args)
		}
	}
	spec.common = expr.NewCommon(args...)
	return openAggregate(env, schema, spec, in, 0), nil
}

func openAggregate(env *Env, schema *arrow.Schema, spec aggSpec, in Operator, depth uint) *aggregate {
	a := &aggregate{unary: unary{env, in, schema}, aggSpec: spec, depth: depth, hold: hold{budget: env.Budget}}
	a.table = newGroups(env, &a.aggSpec)
	return a
}

func bindCall(c *winnowpb.AggCall, merges bool) (*aggCall, error) {
	agg := funcs.FindAggregate(c.Name)
	if agg == nil {
		return nil, diag.Errorf(diag.Internal, "plan: no aggregate %q", c.Name)
	}
	args, err := expr.AllFromProto(c.Args)
	if err != nil {
		return nil, err
	}
	call := &aggCall{args: args, distinct: c.Distinct && !agg.IgnoresDistinct}
	if c.Filter != nil {
		if call.filter, err = expr.FromProto(c.Filter); err != nil {
			return nil, err
		}
	}
	in := expr.Args(args)
	if merges {
		if len(args) != 1 {
			return nil, diag.Errorf(diag.Internal, "plan: %s merges %d columns", c.Name, len(args))
		}
		if in, err = mergeArgs(c); err != nil {
			return nil, err
		}
	}
	if call.bound, err = agg.Bind(in); err != nil {
		return nil, err
	}
	if !merges {
		call.args, err = expr.CastArgs(args, call.bound.Casts, diag.Span{})
	}
	return call, err
}

// shares reports whether the states of c and first hold the same, if their rows and first arguments are.
func (c *aggCall) shares(first *aggCall) bool {
	return c.bound.Core != "" && c.bound.Core == first.bound.Core && !c.distinct && !first.distinct && !expr.IsVolatile(c.args[0])
}

// mergeArgs are the arguments that a call was bound with before its rows became partial states.
func mergeArgs(c *winnowpb.AggCall) ([]funcs.Arg, error) {
	out := make([]funcs.Arg, len(c.ArgTypes))
	for i, name := range c.ArgTypes {
		t, err := datatype.Parse(name)
		if err != nil {
			return nil, err
		}
		out[i].Type = t
		if i >= len(c.ConstArgs) || c.ConstArgs[i].GetLiteral() == nil {
			continue
		}
		e, err := expr.FromProto(c.ConstArgs[i])
		if err != nil {
			return nil, err
		}
		if lit, ok := e.(*expr.Literal); ok {
			out[i].Const = lit.Value
		}
	}
	return out, nil
}

func (a *aggregate) Next(ctx context.Context) (arrow.Record, error) {
	for {
		if a.out != nil {
			rec, err := a.out.next()
			if rec != nil || err != nil {
				return rec, err
			}
			a.out.release()
			a.out = nil
		}
		var err error
		switch {
		case !a.ended:
			err = a.read(ctx)
		case a.part != nil || len(a.parts) > 0:
			rec, err := a.nextOfParts(ctx)
			if rec != nil || err != nil {
				return rec, err
			}
		default:
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
	}
}

// read takes input until there is something to give out.
func (a *aggregate) read(ctx context.Context) error {
	for a.out == nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := a.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			a.ended = true
			return a.finish(ctx)
		}
		if err != nil {
			return err
		}
		a.any = true
		if a.table == nil {
			a.table = newGroups(a.env, &a.aggSpec)
		}
		err = a.table.add(rec)
		rows := int(rec.NumRows())
		rec.Release()
		if err != nil {
			return err
		}
		if err := a.measure(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// measure makes room if the table has outgrown the budget. rows have been added.
func (a *aggregate) measure(ctx context.Context, rows int) error {
	if a.fresh += rows; 2*a.fresh < a.env.BatchRows {
		return nil
	}
	a.fresh = 0
	a.hold.set(a.table.size())
	if !a.hold.over() {
		return nil
	}
	switch {
	case a.passes && len(a.keys) > 0:
		return a.give(partialOf)
	case a.depth < maxSpillDepth && (len(a.keys) > 0 || a.table.hasSets()):
		return a.putAside(ctx)
	}
	return a.hold.must("an aggregation")
}

// give puts the table out.
func (a *aggregate) give(f stateOut) (err error) {
	a.out, err = a.table.output(a.schema, f)
	if err == nil && a.passes {
		a.out.byPartition(a.env.Task.GetStage().GetOutput())
	}
	if err == nil {
		a.out.first = a.first
	}
	a.table = nil
	a.hold.free()
	return err
}

func (a *aggregate) finish(ctx context.Context) error {
	if a.parts != nil || a.sorts != nil {
		return a.finishAside(ctx)
	}
	if a.passes {
		if a.table == nil || len(a.keys) == 0 && !a.any {
			return nil // the final phase makes the one row of nothing
		}
		return a.give(partialOf)
	}
	if !a.any && len(a.always) > 0 {
		if err := a.table.addAlways(); err != nil {
			return err
		}
	}
	if err := a.table.applySets(); err != nil {
		return err
	}
	return a.give(finalOf)
}

func (a *aggregate) Close() error {
	if a.out != nil {
		a.out.release()
		a.out = nil
	}
	a.ended = true
	if a.table != nil {
		a.table.release()
	}
	a.hold.free()
	errs := []error{a.in.Close()}
	for _, p := range a.parts {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	for _, s := range a.sorts {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if a.part != nil {
		errs = append(errs, a.part.Close())
	}
	a.parts, a.sorts, a.part = nil, nil, nil
	return errors.Join(errs...)
}

package fragment

import (
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// aggregate runs whole where the rows already are together; else each task aggregates what it has, and
// the partial states meet at an exchange. DISTINCT needs the rows themselves to meet.
func (c *cutter) aggregate(n *logical.Aggregate) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	keys, err := placeAll(n.Keys, in.fields)
	if err != nil {
		return nil, err
	}
	distinct := false
	for _, call := range n.Calls {
		distinct = distinct || call.Distinct
	}
	if in.spread != single && distinct {
		switch {
		case len(keys) == 0:
			in = c.gather(in, nil)
		case len(n.Always) > 0:
			in = c.deal(in, keys)
		default:
			in = c.hash(in, keys)
		}
	}
	// Which task has a group that is there without rows is told by the hash of its keys.
	if in.spread == single || distinct || len(keys) > 0 && in.lies(keys) && len(n.Always) == 0 {
		return c.complete(n, in, keys)
	}
	return c.twoPhase(n, in, keys)
}

func (c *cutter) complete(n *logical.Aggregate, in *piece, keys []*winnowpb.Expr) (*piece, error) {
	agg := &winnowpb.Aggregate{Phase: winnowpb.Aggregate_COMPLETE, Keys: keys}
	for _, call := range n.Calls {
		pb, err := aggCall(call, in.fields)
		if err != nil {
			return nil, err
		}
		agg.Calls = append(agg.Calls, pb)
	}
	p, node := c.on(in, n.Fields())
	p.by = in.by.renamed(n.Keys, n.Out)
	node.Op = &winnowpb.Node_Aggregate{Aggregate: agg}
	return p, c.always(n, in, agg)
}

// always tells agg, whose input is in, of the group that n has even without rows.
func (c *cutter) always(n *logical.Aggregate, in *piece, agg *winnowpb.Aggregate) (err error) {
	if agg.Always, err = placeAll(n.Always, nil); err == nil && in.spread != single {
		agg.Partitions = uint32(c.cfg.Partitions)
	}
	return err
}

func (c *cutter) twoPhase(n *logical.Aggregate, in *piece, keys []*winnowpb.Expr) (*piece, error) {
	partial := &winnowpb.Aggregate{Phase: winnowpb.Aggregate_PARTIAL, Keys: keys}
	final := &winnowpb.Aggregate{Phase: winnowpb.Aggregate_FINAL}
	fields := append([]logical.Field{}, n.Out...)
	for i, f := range n.Out {
		final.Keys = append(final.Keys, column(i, f))
	}
	var states []partialState
	for _, call := range n.Calls {
		pb, err := aggCall(call, in.fields)
		if err != nil {
			return nil, err
		}
		bound, err := bindAggregate(call)
		if err != nil {
			return nil, err
		}
		state := partialState{call, bound.Core, column(len(fields), logical.Field{Name: call.Out.Name, T: bound.Partial})}
		if k := slices.IndexFunc(states, state.same); k >= 0 {
			state.column = states[k].column
		} else {
			f := call.Out
			f.T = bound.Partial
			fields = append(fields, f)
			partial.Calls = append(partial.Calls, pb)
		}
		states = append(states, state)
		merge := &winnowpb.AggCall{Name: pb.Name, Type: pb.Type, Args: []*winnowpb.Expr{state.column}}
		for i, a := range call.Args {
			merge.ArgTypes = append(merge.ArgTypes, datatype.Name(a.Type()))
			constant := &winnowpb.Expr{}
			if _, ok := a.(*expr.Literal); ok {
				constant = pb.Args[i]
			}
			merge.ConstArgs = append(merge.ConstArgs, constant)
		}
		final.Calls = append(final.Calls, merge)
	}
	p, node := c.on(in, fields)
	node.Op = &winnowpb.Node_Aggregate{Aggregate: partial}
	if len(n.Keys) > 0 {
		p = c.deal(p, final.Keys)
	} else {
		p = c.gather(p, nil)
	}
	if err := c.always(n, p, final); err != nil {
		return nil, err
	}
	p, node = c.on(p, n.Fields())
	node.Op = &winnowpb.Node_Aggregate{Aggregate: final}
	return p, nil
}

// partialState is where the partial state of a call is among the columns of the exchange.
type partialState struct {
	call   logical.AggCall
	core   string
	column *winnowpb.Expr
}

// same reports whether s and o are one state, which then travels once.
func (s partialState) same(o partialState) bool {
	if s.core == "" || s.core != o.core || !expr.Equal(s.call.Args[0], o.call.Args[0]) || expr.IsVolatile(s.call.Args[0]) {
		return false
	}
	a, b := s.call.Filter, o.call.Filter
	return a == nil && b == nil || a != nil && b != nil && expr.Equal(a, b)
}

func aggCall(call logical.AggCall, fields []logical.Field) (*winnowpb.AggCall, error) {
	args, err := placeAll(call.Args, fields)
	if err != nil {
		return nil, err
	}
	pb := &winnowpb.AggCall{Name: call.Name, Args: args, Distinct: call.Distinct, Type: typeName(call.Out)}
	if call.Filter != nil {
		if pb.Filter, err = place(call.Filter, fields); err != nil {
			return nil, err
		}
	}
	return pb, nil
}

// bindAggregate binds call to the types of its arguments.
func bindAggregate(call logical.AggCall) (funcs.AggBound, error) {
	agg := funcs.FindAggregate(call.Name)
	if agg == nil {
		return funcs.AggBound{}, diag.At(call.At, diag.Unknown, "no aggregate %q", call.Name)
	}
	args := make([]funcs.Arg, len(call.Args))
	for i, a := range call.Args {
		args[i].Type = a.Type()
		if lit, ok := a.(*expr.Literal); ok {
			args[i].Const = lit.Value
		}
	}
	return agg.Bind(args)
}

func typeName(f logical.Field) string { return datatype.Name(f.T) }

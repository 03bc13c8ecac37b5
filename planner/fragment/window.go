package fragment

import (
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// window brings the rows of a partition together. If only the first rows of each partition are asked for
// (0: all are), tasks leave out before the exchange what is not among these.
func (c *cutter) window(n *logical.Window, first int64) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	parts, err := placeAll(n.PartitionBy, in.fields)
	if err != nil {
		return nil, err
	}
	order, err := placeKeys(n.OrderBy, in.fields)
	if err != nil {
		return nil, err
	}
	if first > 0 {
		var node *winnowpb.Node
		in, node = c.on(in, in.fields)
		node.Op = &winnowpb.Node_Window{Window: &winnowpb.Window{PartitionBy: parts, OrderBy: order, First: first}}
	}
	if in.spread != single {
		if len(parts) > 0 {
			in = c.hash(in, parts)
		} else {
			in = c.gather(in, nil)
		}
	}
	w := &winnowpb.Window{PartitionBy: parts, OrderBy: order}
	fields := append([]logical.Field{}, in.fields...)
	for _, call := range n.Calls {
		pb, err := windowCall(call, in.fields)
		if err != nil {
			return nil, err
		}
		w.Calls = append(w.Calls, pb)
		fields = append(fields, call.Out)
	}
	p, node := c.on(in, fields)
	node.Op = &winnowpb.Node_Window{Window: w}
	return p, nil
}

// firstRows returns how many rows of each partition of n at most conds let through, 0 if they do not tell:
// row_number() is all that n computes, and it is compared with a constant.
func firstRows(n *logical.Window, conds []expr.Expr) int64 {
	if len(n.Calls) != 1 || n.Calls[0].Name != "row_number" {
		return 0
	}
	first := int64(0)
	for _, cond := range conds {
		c, ok := cond.(*expr.Call)
		if !ok || len(c.Args) != 2 {
			continue
		}
		col, ok := c.Args[0].(*expr.Column)
		if !ok || col.ID != n.Calls[0].Out.ID {
			continue
		}
		most, ok := expr.IntOf(c.Args[1])
		switch {
		case !ok:
			continue
		case c.Name == "<":
			most--
		case c.Name != "<=" && c.Name != "=":
			continue
		}
		if most > 0 && (first == 0 || most < first) {
			first = most
		}
	}
	return first
}

func windowCall(call logical.WindowCall, fields []logical.Field) (*winnowpb.WindowCall, error) {
	args, err := placeAll(call.Args, fields)
	if err != nil {
		return nil, err
	}
	start, err := frameBound(call.Frame.Start)
	if err != nil {
		return nil, err
	}
	end, err := frameBound(call.Frame.End)
	if err != nil {
		return nil, err
	}
	pb := &winnowpb.WindowCall{
		Name: call.Name, Args: args, Distinct: call.Distinct, IgnoreNulls: call.IgnoreNulls,
		Type:  typeName(call.Out),
		Frame: &winnowpb.Frame{Unit: winnowpb.Frame_Unit(call.Frame.Unit), Start: start, End: end},
	}
	if call.Filter != nil {
		if pb.Filter, err = place(call.Filter, fields); err != nil {
			return nil, err
		}
	}
	return pb, nil
}

func frameBound(b logical.FrameBound) (*winnowpb.Frame_Bound, error) {
	pb := &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_Kind(b.Kind)}
	if b.Offset != nil {
		e, err := place(expr.Expr(b.Offset), nil)
		if err != nil {
			return nil, err
		}
		pb.Offset = e
	}
	return pb, nil
}

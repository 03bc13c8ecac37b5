package fragment

import (
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// join broadcasts the right side where that is allowed and chosen, else brings rows with equal keys of
// both sides together, else runs in one task.
func (c *cutter) join(n *logical.Join) (*piece, error) {
	left, err := c.cut(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := c.cut(n.Right)
	if err != nil {
		return nil, err
	}
	pb, err := c.joinKeys(n, left.fields, right.fields)
	if err != nil {
		return nil, err
	}
	// Rows of the left side that lie by its keys stay, and the right side, however small, is dealt out to them.
	_, dealt := left.dealt(pb.LeftKeys)
	inPlace := dealt && !slices.Contains(pb.Reduce, true)
	switch {
	case left.spread == single && right.spread == single:
	case broadcastable(n.Kind) && left.spread != single && (n.Broadcast && !inPlace || len(pb.LeftKeys) == 0 || needsWholeRight(n.Kind)):
		right = c.exchange(right, &winnowpb.Output{Kind: winnowpb.Output_BROADCAST}, nil, left.spread)
		pb.BroadcastRight = true
	case needsWholeRight(n.Kind):
		left, right = c.one(left), c.one(right)
	case slices.Contains(pb.Reduce, true) && left.spread != single && (right.spread != single || c.cfg.Partitions > 1):
		left, right = c.reduced(n, pb, left, right)
	default:
		left, right = c.together(left, right, pb.LeftKeys, pb.RightKeys)
	}
	if n.Keep != nil {
		pb.Output = placesOf(n)
	}
	out := c.over(n.Fields(), &winnowpb.Node{Op: &winnowpb.Node_Join{Join: pb}}, left, right)
	out.by = joined(n, pb, left, right)
	return out, nil
}

// reduced brings rows with equal keys of both sides together, the right side first: its keys go to every task that reads the
// left one, so that rows without a match do not travel.
func (c *cutter) reduced(n *logical.Join, pb *winnowpb.Join, left, right *piece) (*piece, *piece) {
	right = c.deal(right, pb.RightKeys)
	semi := &winnowpb.Join{Kind: winnowpb.Join_SEMI, BroadcastRight: true}
	distinct := &winnowpb.Aggregate{Phase: winnowpb.Aggregate_COMPLETE}
	var fields []logical.Field
	for i, wanted := range pb.Reduce {
		if !wanted {
			continue
		}
		f := logical.Field{Name: "key", T: n.Reduces[len(fields)].T}
		semi.LeftKeys, semi.RightKeys = append(semi.LeftKeys, pb.LeftKeys[i]), append(semi.RightKeys, column(len(fields), f))
		semi.NullSafe, semi.Reduce = append(semi.NullSafe, false), append(semi.Reduce, true)
		distinct.Keys, fields = append(distinct.Keys, pb.RightKeys[i]), append(fields, f)
	}
	pb.Reduce = nil // the scan is below the semi-join now
	again := c.node(right.fields)
	again.Op = right.root.Op
	keys, node := c.on(&piece{root: again, fields: right.fields, spread: hashed}, fields)
	node.Op = &winnowpb.Node_Aggregate{Aggregate: distinct}
	keys = c.exchange(keys, &winnowpb.Output{Kind: winnowpb.Output_BROADCAST}, nil, left.spread)
	left = c.over(left.fields, &winnowpb.Node{Op: &winnowpb.Node_Join{Join: semi}}, left, keys)
	return c.hash(left, pb.LeftKeys), right
}

// placesOf lists which of all columns of n it gives out.
func placesOf(n *logical.Join) (places []uint32) {
	all := *n
	all.Keep = nil
	kept := n.Fields()
	for i, f := range all.Fields() {
		if len(places) < len(kept) && kept[len(places)].ID == f.ID {
			places = append(places, uint32(i))
		}
	}
	return places
}

// broadcastable: every row of the left is decided by itself.
func broadcastable(k logical.JoinKind) bool { return k != logical.Right && k != logical.Full }

// needsWholeRight: one NULL on the right decides every row of the left.
func needsWholeRight(k logical.JoinKind) bool { return k == logical.NullAwareAnti || k == logical.Mark }

// joinKeys splits ON into equalities between the sides, which become keys, and the rest.
func (c *cutter) joinKeys(n *logical.Join, left, right []logical.Field) (*winnowpb.Join, error) {
	pb := &winnowpb.Join{Kind: winnowpb.Join_Kind(n.Kind)}
	var rest []expr.Expr
	for _, cond := range n.On {
		l, r, nullSafe, ok := equality(cond, left, right)
		if !ok {
			rest = append(rest, cond)
			continue
		}
		if l.Type().ID() != r.Type().ID() { // bigint = string compares digits: the keys bring candidates together
			var err error
			if l, r, err = commonKeys(l, r); err != nil {
				return nil, err
			}
			rest = append(rest, cond)
		}
		lk, err := place(l, left)
		if err != nil {
			return nil, err
		}
		rk, err := place(r, right)
		if err != nil {
			return nil, err
		}
		pb.LeftKeys, pb.RightKeys = append(pb.LeftKeys, lk), append(pb.RightKeys, rk)
		pb.NullSafe = append(pb.NullSafe, nullSafe)
		pb.Reduce = append(pb.Reduce, slices.ContainsFunc(n.Reduces, func(c *expr.Column) bool { return expr.Equal(c, l) }))
	}
	cond, err := and(rest)
	if err != nil || cond == nil {
		return pb, err
	}
	pb.Residual, err = place(cond, slices.Concat(left, right))
	return pb, err
}

// commonKeys casts two sides that = compares without a cast to the type that they have in common. Rows that are
// equal by = have equal keys then, and some that are not: big numbers that are one double.
func commonKeys(l, r expr.Expr) (expr.Expr, expr.Expr, error) {
	t, err := funcs.CommonCompare(l.Type(), r.Type())
	if err != nil {
		return nil, nil, err
	}
	if l, err = expr.NewCast(l, t, l.Span()); err != nil {
		return nil, nil, err
	}
	r, err = expr.NewCast(r, t, r.Span())
	return l, r, err
}

// equality takes cond apart if it is l = r or l <=> r with l over left columns only and r over right
// ones only, or the other way round.
func equality(cond expr.Expr, left, right []logical.Field) (l, r expr.Expr, nullSafe, ok bool) {
	call, isCall := cond.(*expr.Call)
	if !isCall || (call.Name != "=" && call.Name != "<=>") || len(call.Args) != 2 {
		return nil, nil, false, false
	}
	nullSafe = call.Name == "<=>"
	a, b := call.Args[0], call.Args[1]
	switch {
	case within(a, left) && within(b, right):
		return a, b, nullSafe, true
	case within(a, right) && within(b, left):
		return b, a, nullSafe, true
	}
	return nil, nil, false, false
}

// within reports whether e reads at least one column and all are among fields.
func within(e expr.Expr, fields []logical.Field) bool {
	ids := expr.Columns(e)
	for _, id := range ids {
		if !slices.ContainsFunc(fields, func(f logical.Field) bool { return f.ID == id }) {
			return false
		}
	}
	return len(ids) > 0
}

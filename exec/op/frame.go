package op

import (
	"bytes"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// windowPart is one partition, in order.
type windowPart struct {
	env    *Env
	rec    arrow.Record
	n      int
	peers  []int32 // first row that ties with each row
	ends   []int32 // row after the last one that ties
	order  ordering
	orders []arrow.Array // values of ORDER BY
	keys   vec.KeyBuffer // sort keys of the rows
}

func (p *windowPart) findPeers(o ordering) error {
	p.order = o
	p.peers, p.ends = make([]int32, p.n), make([]int32, p.n)
	if len(o.exprs) == 0 {
		for i := range p.ends {
			p.ends[i] = int32(p.n)
		}
		return nil
	}
	var err error
	if p.orders, err = evalAll(p.env, o.exprs, p.rec); err != nil {
		return err
	}
	vec.AppendSortKeys(p.orders, o.orders, p.n, &p.keys)
	for i := 1; i < p.n; i++ {
		p.peers[i] = int32(i)
		if bytes.Equal(p.keys.Key(i), p.keys.Key(i-1)) {
			p.peers[i] = p.peers[i-1]
		}
	}
	for i := p.n - 1; i >= 0; i-- {
		p.ends[i] = int32(i + 1)
		if i+1 < p.n && p.peers[i+1] == p.peers[i] {
			p.ends[i] = p.ends[i+1]
		}
	}
	return nil
}

func (p *windowPart) release() { release(p.orders) }

// call computes one call for all rows.
func (p *windowPart) call(c *windowCall) (arrow.Array, error) {
	args := make([]funcs.Vec, len(c.args))
	for i, e := range c.args {
		a, err := expr.EvalArray(p.env.Funcs, e, p.rec)
		if err != nil {
			return nil, err
		}
		defer a.Release()
		args[i] = funcs.Vec{Array: a}
		if lit, ok := e.(*expr.Literal); ok {
			args[i] = funcs.Vec{Array: lit.Value, Const: true}
		}
	}
	if c.pure != nil {
		return c.pure.New(p.env.Funcs).Eval(args, p.peers, p.n)
	}
	from, to, err := p.bounds(c.frame)
	if err != nil {
		return nil, err
	}
	if c.agg == nil {
		return p.pick(c, args, from, to)
	}
	var skip []bool
	if c.filter != nil {
		if skip, err = p.skipped(c.filter); err != nil {
			return nil, err
		}
	}
	return p.aggregate(c, args, from, to, skip)
}

func (p *windowPart) skipped(filter expr.Expr) ([]bool, error) {
	sel, err := expr.EvalBool(p.env.Funcs, filter, p.rec)
	if err != nil {
		return nil, err
	}
	skip := make([]bool, p.n)
	for i := range skip {
		skip[i] = true
	}
	for _, i := range sel {
		skip[i] = false
	}
	return skip, nil
}

// bounds returns the frame of each row as [from, to).
func (p *windowPart) bounds(f *winnowpb.Frame) (from, to []int32, err error) {
	from, to = make([]int32, p.n), make([]int32, p.n)
	if err := p.bound(f.Unit, f.Start, true, from); err != nil {
		return nil, nil, err
	}
	if err := p.bound(f.Unit, f.End, false, to); err != nil {
		return nil, nil, err
	}
	for i := range from {
		from[i] = max(0, min(from[i], int32(p.n)))
		to[i] = max(from[i], min(to[i], int32(p.n)))
	}
	return from, to, nil
}

func (p *windowPart) bound(unit winnowpb.Frame_Unit, b *winnowpb.Frame_Bound, start bool, out []int32) error {
	switch b.Kind {
	case winnowpb.Frame_Bound_UNBOUNDED_PRECEDING:
		return nil
	case winnowpb.Frame_Bound_UNBOUNDED_FOLLOWING:
		for i := range out {
			out[i] = int32(p.n)
		}
		return nil
	case winnowpb.Frame_Bound_CURRENT_ROW:
		for i := range out {
			switch {
			case unit == winnowpb.Frame_ROWS && start:
				out[i] = int32(i)
			case unit == winnowpb.Frame_ROWS:
				out[i] = int32(i + 1)
			case start:
				out[i] = p.peers[i]
			default:
				out[i] = p.ends[i]
			}
		}
		return nil
	}
	offset, err := expr.FromProto(b.Offset)
	if err != nil {
		return err
	}
	if unit == winnowpb.Frame_RANGE {
		return p.rangeBound(b.Kind, offset, start, out)
	}
	k, err := p.rowOffset(offset)
	if err != nil {
		return err
	}
	if b.Kind == winnowpb.Frame_Bound_PRECEDING {
		k = -k
	}
	if unit == winnowpb.Frame_GROUPS {
		p.groupBound(k, start, out)
		return nil
	}
	for i := range out {
		at := int64(i) + k
		if !start {
			at++
		}
		out[i] = int32(max(0, min(at, int64(p.n))))
	}
	return nil
}

func (p *windowPart) rowOffset(e expr.Expr) (int64, error) {
	a, err := expr.EvalConst(p.env.Funcs, e)
	if err != nil {
		return 0, err
	}
	defer a.Release()
	switch a := a.(type) {
	case *array.Int8:
		return int64(a.Value(0)), nil
	case *array.Int16:
		return int64(a.Value(0)), nil
	case *array.Int32:
		return int64(a.Value(0)), nil
	case *array.Int64:
		return a.Value(0), nil
	}
	return 0, diag.At(e.Span(), diag.Type, "a frame of rows takes a whole number")
}

// groupBound counts groups of rows that tie.
func (p *windowPart) groupBound(k int64, start bool, out []int32) {
	var firsts []int32
	for i, f := range p.peers {
		if int(f) == i {
			firsts = append(firsts, f)
		}
	}
	group := -1
	for i := range out {
		if int(p.peers[i]) == i {
			group++
		}
		g := int64(group) + k
		if !start {
			g++
		}
		switch {
		case g < 0:
			out[i] = 0
		case g >= int64(len(firsts)):
			out[i] = int32(p.n)
		default:
			out[i] = firsts[g]
		}
	}
}

// rangeBound finds the first row whose ORDER BY value lies at or past (start), or past (end), the row's
// own value plus or minus the offset. Rows with NULL frame the NULLs.
func (p *windowPart) rangeBound(kind winnowpb.Frame_Bound_Kind, offset expr.Expr, start bool, out []int32) error {
	if len(p.order.exprs) != 1 {
		return diag.At(offset.Span(), diag.Type, "RANGE with an offset needs one ORDER BY column")
	}
	op := "+"
	if (kind == winnowpb.Frame_Bound_PRECEDING) != p.order.orders[0].Desc {
		op = "-"
	}
	at, err := expr.NewCall(op, []expr.Expr{p.order.exprs[0], offset}, offset.Span())
	if err != nil {
		return err
	}
	key := p.order.exprs[0]
	if key, err = expr.NewCast(key, at.Type(), offset.Span()); err != nil {
		return err
	}
	cols, err := evalAll(p.env, []expr.Expr{at, key}, p.rec)
	if err != nil {
		return err
	}
	defer release(cols)
	var want, have vec.KeyBuffer
	vec.AppendSortKeys(cols[:1], p.order.orders, p.n, &want)
	vec.AppendSortKeys(cols[1:], p.order.orders, p.n, &have)
	for i := range out {
		if vec.IsNull(p.orders[0], i) {
			out[i] = p.peers[i]
			if !start {
				out[i] = p.ends[i]
			}
			continue
		}
		target := want.Key(i)
		out[i] = int32(sort.Search(p.n, func(j int) bool {
			c := bytes.Compare(have.Key(j), target)
			return c > 0 || start && c == 0
		}))
	}
	return nil
}

// pick computes first_value, last_value and nth_value.
func (p *windowPart) pick(c *windowCall, args []funcs.Vec, from, to []int32) (arrow.Array, error) {
	ignore := c.ignoreNulls
	nth := int64(1)
	if len(args) > 1 {
		if b, ok := args[1].Array.(*array.Boolean); ok {
			ignore = ignore || b.Len() > 0 && !b.IsNull(0) && b.Value(0)
		} else {
			var err error
			if nth, err = p.rowOffset(c.args[1]); err != nil {
				return nil, err
			}
		}
	}
	x := args[0]
	idx := make([]int32, p.n)
	for i := range idx {
		idx[i] = -1
		left := nth
		step, at, stop := int32(1), from[i], to[i]
		if c.name == "last_value" {
			step, at, stop = -1, to[i]-1, from[i]-1
		}
		for ; at != stop; at += step {
			if ignore && x.Null(int(at)) {
				continue
			}
			if left--; left == 0 {
				idx[i] = int32(x.At(int(at)))
				break
			}
		}
	}
	return vec.Take(p.env.Mem, x.Array, idx), nil
}

package op

import (
	"bytes"
	"context"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// windowBlock is some whole partitions, in order.
type windowBlock struct {
	ctx    context.Context
	env    *Env
	rec    arrow.Record
	n      int
	starts []int32 // partition k is the rows starts[k] to starts[k+1]
	peers  []int32 // first row that ties with each row
	ends   []int32 // row after the last one that ties
	order  ordering
	orders []arrow.Array // values of ORDER BY
	part   *windowPart   // nil: all partitions are whole
}

// partitions calls f for the rows [from, to) of each partition.
func (p *windowBlock) partitions(f func(from, to int32)) {
	for k := range len(p.starts) - 1 {
		f(p.starts[k], p.starts[k+1])
	}
}

func (p *windowBlock) findPeers(o ordering) error {
	p.order = o
	p.peers, p.ends = make([]int32, p.n), make([]int32, p.n)
	var err error
	if p.orders, err = evalAll(p.env, o.exprs, p.rec); err != nil {
		return err
	}
	var keys vec.KeyBuffer
	if len(p.orders) > 0 {
		vec.AppendSortKeys(p.orders, o.orders, p.n, &keys)
	}
	p.partitions(func(from, to int32) {
		first := from
		for i := from; i < to; i++ {
			if i > from && len(p.orders) > 0 && !bytes.Equal(keys.Key(int(i)), keys.Key(int(i-1))) {
				first = i
			}
			p.peers[i] = first
		}
		end := to
		for i := to - 1; i >= from; i-- {
			p.ends[i] = end
			if p.peers[i] == i {
				end = i
			}
		}
	})
	return nil
}

func (p *windowBlock) release() { release(p.orders) }

// args evaluates the arguments of a call; done releases them.
func (p *windowBlock) args(c *windowCall) (args []funcs.Vec, done func(), err error) {
	args = make([]funcs.Vec, len(c.args))
	var owned []arrow.Array
	done = func() { release(owned) }
	for i, e := range c.args {
		if lit, ok := e.(*expr.Literal); ok {
			args[i] = funcs.Vec{Array: lit.Value, Const: true}
			continue
		}
		a, err := expr.EvalArray(p.env.Funcs, e, p.rec)
		if err != nil {
			done()
			return nil, nil, err
		}
		owned = append(owned, a)
		args[i] = funcs.Vec{Array: a}
	}
	return args, done, nil
}

// call computes one call for all rows.
func (p *windowBlock) call(c *windowCall) (arrow.Array, error) {
	args, done, err := p.args(c)
	if err != nil {
		return nil, err
	}
	defer done()
	if c.pure != nil {
		return p.pure(c, args)
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
	if p.part != nil && c.sight.state() {
		return p.carried(c, args, from, to, skip)
	}
	return p.aggregate(c, args, from, to, skip)
}

// pure computes a window function, which sees one partition at a time.
func (p *windowBlock) pure(c *windowCall, args []funcs.Vec) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() { release(parts) }()
	for k := range len(p.starts) - 1 {
		if p.ctx.Err() != nil {
			return nil, context.Cause(p.ctx)
		}
		from, to := p.starts[k], p.starts[k+1]
		peers := make([]int32, to-from)
		for i := range peers {
			peers[i] = p.peers[from+int32(i)] - from
		}
		mine := make([]funcs.Vec, len(args))
		for i, a := range args {
			mine[i] = a
			if !a.Const {
				mine[i].Array = array.NewSlice(a.Array, int64(from), int64(to))
			}
		}
		a, err := c.pure.New(p.env.Funcs).Eval(mine, peers, len(peers))
		for i, v := range mine {
			if !args[i].Const {
				v.Release()
			}
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, a)
	}
	return vec.Concat(p.env.Mem, parts), nil
}

func (p *windowBlock) skipped(filter expr.Expr) ([]bool, error) {
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

// wholeSoFar is the frame of a call without one: RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, which
// is the whole partition if there is no ORDER BY.
func wholeSoFar() *winnowpb.Frame {
	return &winnowpb.Frame{
		Unit:  winnowpb.Frame_RANGE,
		Start: &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_UNBOUNDED_PRECEDING},
		End:   &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_CURRENT_ROW},
	}
}

// bounds returns the frame of each row as [from, to).
func (p *windowBlock) bounds(f *winnowpb.Frame) (from, to []int32, err error) {
	if f == nil {
		f = wholeSoFar()
	}
	from, to = make([]int32, p.n), make([]int32, p.n)
	if err := p.bound(f.GetUnit(), f.GetStart(), true, from); err != nil {
		return nil, nil, err
	}
	if err := p.bound(f.GetUnit(), f.GetEnd(), false, to); err != nil {
		return nil, nil, err
	}
	p.partitions(func(first, last int32) {
		for i := first; i < last; i++ {
			from[i] = max(first, min(from[i], last))
			to[i] = max(from[i], min(to[i], last))
		}
	})
	return from, to, nil
}

func (p *windowBlock) bound(unit winnowpb.Frame_Unit, b *winnowpb.Frame_Bound, start bool, out []int32) error {
	switch b.GetKind() {
	case winnowpb.Frame_Bound_UNBOUNDED_PRECEDING:
		return nil // 0: cut to the partition
	case winnowpb.Frame_Bound_UNBOUNDED_FOLLOWING:
		for i := range out {
			out[i] = int32(p.n)
		}
		return nil
	case winnowpb.Frame_Bound_CURRENT_ROW:
		p.currentRow(unit, start, out)
		return nil
	}
	offset, err := expr.FromProto(b.Offset)
	if err != nil {
		return err
	}
	if unit == winnowpb.Frame_RANGE {
		return p.rangeBound(b.Kind, offset, start, out)
	}
	k, err := rowOffset(p.env, offset)
	if err != nil {
		return err
	}
	if b.Kind == winnowpb.Frame_Bound_PRECEDING {
		k = -k
	}
	if unit == winnowpb.Frame_GROUPS {
		p.partitions(func(from, to int32) { p.groupBound(k, start, out, from, to) })
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

func (p *windowBlock) currentRow(unit winnowpb.Frame_Unit, start bool, out []int32) {
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
}

// mostOffset is more rows than a block has.
const mostOffset = 1 << 32

func rowOffset(env *Env, e expr.Expr) (int64, error) {
	a, err := expr.EvalConst(env.Funcs, e)
	if err != nil {
		return 0, err
	}
	defer a.Release()
	if vec.IsNull(a, 0) || !datatype.IsInteger(a.DataType()) {
		return 0, diag.At(e.Span(), diag.Type, "a number of rows must be a whole number, not %s", datatype.Text(a, 0))
	}
	var k int64
	switch a := a.(type) {
	case *array.Int8:
		k = int64(a.Value(0))
	case *array.Int16:
		k = int64(a.Value(0))
	case *array.Int32:
		k = int64(a.Value(0))
	case *array.Int64:
		k = a.Value(0)
	}
	return max(-mostOffset, min(k, mostOffset)), nil
}

// groupBound counts groups of rows that tie, within the partition [from, to).
func (p *windowBlock) groupBound(k int64, start bool, out []int32, from, to int32) {
	var firsts []int32
	for i := from; i < to; i++ {
		if p.peers[i] == i {
			firsts = append(firsts, i)
		}
	}
	group := int64(-1)
	for i := from; i < to; i++ {
		if p.peers[i] == i {
			group++
		}
		g := group + k
		if !start {
			g++
		}
		switch {
		case g < 0:
			out[i] = from
		case g >= int64(len(firsts)):
			out[i] = to
		default:
			out[i] = firsts[g]
		}
	}
}

// shiftedBy returns the ORDER BY value moved by offset, and the value itself in the same type. Integers
// are widened, so that a sum at the end of their range does not wrap.
func (p *windowBlock) shiftedBy(kind winnowpb.Frame_Bound_Kind, offset expr.Expr) (at, key expr.Expr, err error) {
	if len(p.order.exprs) != 1 {
		return nil, nil, diag.At(offset.Span(), diag.Type, "RANGE with an offset needs one ORDER BY column")
	}
	key = p.order.exprs[0]
	if datatype.IsInteger(key.Type()) && datatype.IsInteger(offset.Type()) {
		wide := datatype.Decimal(20, 0)
		if key, err = expr.NewCast(key, wide, offset.Span()); err != nil {
			return nil, nil, err
		}
		if offset, err = expr.NewCast(offset, wide, offset.Span()); err != nil {
			return nil, nil, err
		}
	}
	op := "+"
	if (kind == winnowpb.Frame_Bound_PRECEDING) != p.order.orders[0].Desc {
		op = "-"
	}
	if at, err = expr.NewCall(op, []expr.Expr{key, offset}, offset.Span()); err != nil {
		return nil, nil, err
	}
	key, err = expr.NewCast(key, at.Type(), offset.Span())
	return at, key, err
}

// rangeBound finds the first row whose ORDER BY value lies at or past (start), or past (end), the row's
// own value plus or minus the offset. Rows with NULL frame the NULLs.
func (p *windowBlock) rangeBound(kind winnowpb.Frame_Bound_Kind, offset expr.Expr, start bool, out []int32) error {
	at, key, err := p.shiftedBy(kind, offset)
	if err != nil {
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
	p.partitions(func(from, to int32) {
		for i := from; i < to; i++ {
			switch {
			case !vec.IsNull(p.orders[0], int(i)):
				target := want.Key(int(i))
				out[i] = from + int32(sort.Search(int(to-from), func(j int) bool {
					c := bytes.Compare(have.Key(int(from)+j), target)
					return c > 0 || start && c == 0
				}))
			case start:
				out[i] = p.peers[i]
			default:
				out[i] = p.ends[i]
			}
		}
	})
	return nil
}

// pick computes first_value, last_value and nth_value.
func (p *windowBlock) pick(c *windowCall, args []funcs.Vec, from, to []int32) (arrow.Array, error) {
	if len(args) == 0 {
		return nil, diag.Errorf(diag.Type, "%s takes an argument", c.name)
	}
	ignore, nth := c.ignoreNulls, int64(1)
	if len(args) > 1 {
		if b, ok := args[1].Array.(*array.Boolean); ok {
			ignore = ignore || b.Len() > 0 && b.IsValid(0) && b.Value(0)
		} else {
			var err error
			if nth, err = rowOffset(p.env, c.args[1]); err != nil {
				return nil, err
			}
		}
	}
	x := args[0]
	// The rows that may be picked, and for each row how many of them are before it.
	rows := make([]int32, 0, p.n)
	before := make([]int32, p.n+1)
	for i := range p.n {
		before[i] = int32(len(rows))
		if !ignore || !vec.IsNull(x.Array, x.At(i)) {
			rows = append(rows, int32(i))
		}
	}
	before[p.n] = int32(len(rows))
	idx := make([]int32, p.n)
	for i := range idx {
		lo, hi := int64(before[from[i]]), int64(before[to[i]])
		at := lo + nth - 1
		if c.name == "last_value" {
			at = hi - 1
		}
		idx[i] = -1
		if at >= lo && at < hi {
			idx[i] = int32(x.At(int(rows[at])))
		}
	}
	return vec.Take(p.env.Mem, x.Array, idx), nil
}

package expr

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// piece is the value of one branch for the rows that took it.
type piece struct {
	v    funcs.Vec
	rows []int32 // of the input, or nil: all of them
}

func evalCase(c *funcs.Ctx, e *Case, in *input) (funcs.Vec, error) {
	if in.n == 0 {
		return funcs.Vec{Array: datatype.Nulls(c.Mem, e.T, 0)}, nil
	}
	var pieces []piece
	defer func() {
		for _, p := range pieces {
			p.v.Release()
		}
	}()
	branch := func(x Expr, rows []int32) error {
		v, err := evalRows(c, x, in, rows)
		if err == nil {
			pieces = append(pieces, piece{v, rows})
		}
		return err
	}
	var rest []int32 // rows that no condition has taken; nil: all
	open := true
	for _, w := range e.Whens {
		yes, no, every, err := evalCond(c, w.Cond, in, rest)
		if err != nil {
			return funcs.Vec{}, err
		}
		if every {
			yes, no = rest, nil
		}
		if every || len(yes) > 0 {
			if err := branch(w.Then, yes); err != nil {
				return funcs.Vec{}, err
			}
		}
		if every {
			open = false
			break
		}
		if rest != nil || len(yes) > 0 {
			rest = no
		}
	}
	if open {
		if err := branch(e.Else, rest); err != nil {
			return funcs.Vec{}, err
		}
	}
	return merge(c, pieces, in.n)
}

// evalCond splits rows of in (nil: all) by whether x is true; the lists are rows of in. If it is for all,
// every is set and both lists are nil.
func evalCond(c *funcs.Ctx, x Expr, in *input, rows []int32) (yes, no []int32, every bool, err error) {
	v, err := evalRows(c, x, in, rows)
	if err != nil {
		return nil, nil, false, err
	}
	defer v.Release()
	n := in.n
	if rows != nil {
		n = len(rows)
	}
	t, err := truthOf(v, n, x.Span())
	if err != nil {
		return nil, nil, false, err
	}
	count := t.count()
	if count == n {
		return nil, nil, true, nil
	}
	yes, no = t.rows(count, false), t.rows(n-count, true)
	if rows != nil {
		for _, list := range [][]int32{yes, no} {
			for i, r := range list {
				list[i] = rows[r]
			}
		}
	}
	return yes, no, false, nil
}

// evalRows computes x over rows of in; nil means all.
func evalRows(c *funcs.Ctx, x Expr, in *input, rows []int32) (funcs.Vec, error) {
	if rows == nil {
		return eval(c, x, in)
	}
	sub := in.sub(rows)
	defer sub.release()
	return eval(c, x, sub)
}

// merge puts the values of the pieces, which together cover n rows, in row order.
func merge(c *funcs.Ctx, pieces []piece, n int) (funcs.Vec, error) {
	if len(pieces) == 1 && pieces[0].rows == nil {
		v := pieces[0].v
		v.Retain()
		return v, nil
	}
	parts := make([]arrow.Array, len(pieces))
	index := make([]int32, n)
	base := int32(0)
	for k, p := range pieces {
		parts[k] = p.v.Array
		for i, r := range p.rows {
			index[r] = base + int32(p.v.At(i))
		}
		base += int32(p.v.Len())
	}
	whole := vec.Concat(c.Mem, parts)
	defer whole.Release()
	return funcs.Vec{Array: vec.Take(c.Mem, whole, index)}, nil
}

package expr

import (
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
)

// Common evaluates several expressions over the same batches and computes a call that occurs in them more than once only once
// a batch. It is not for several goroutines at a time.
type Common struct {
	values map[*Call]*funcs.Vec // of those calls, over the batch at hand; nil: not yet computed
}

// NewCommon makes equal calls in the expressions of lists one, in place, and returns what evaluates them. Columns are the same if
// their Index is. Calls whose value may be another each time, and those with lambdas, stay as they are.
func NewCommon(lists ...[]Expr) *Common {
	u := unifier{first: map[string]Expr{}, key: map[Expr]string{}}
	c := &Common{values: map[*Call]*funcs.Vec{}}
	for _, list := range lists {
		for i, e := range list {
			list[i] = Rewrite(e, func(x Expr) Expr {
				one := u.unify(x)
				if call, ok := one.(*Call); ok && one != x {
					c.values[call] = nil
				}
				return one
			})
		}
	}
	return c
}

// unifier finds equal expressions whose parts are unified already.
type unifier struct {
	first map[string]Expr // by what tells them apart
	key   map[Expr]string // a short name of each
}

// unify returns the first expression like e.
func (u *unifier) unify(e Expr) Expr {
	id := u.describe(e)
	if one, ok := u.first[id]; ok {
		return one
	}
	u.key[e] = strconv.Itoa(len(u.key))
	if id != "" {
		u.first[id] = e
	}
	return e
}

// describe tells e from all expressions that are not like it; it is empty if only e itself is.
func (u *unifier) describe(e Expr) string {
	switch e := e.(type) {
	case *Column:
		return fmt.Sprintf("column %d", e.Index)
	case *Literal:
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(ToProto(e))
		if err != nil {
			return ""
		}
		return "literal " + string(b)
	case *Call:
		if e.Volatile || len(e.Lambdas) > 0 {
			return ""
		}
		id := fmt.Sprintf("call %s %s", e.Name, datatype.Name(e.T))
		for _, a := range e.Args {
			id += " " + u.key[a]
		}
		return id
	}
	return ""
}

// Eval is the function Eval, over a batch that is the same until Done.
func (c *Common) Eval(ctx *funcs.Ctx, e Expr, b arrow.Record) (funcs.Vec, error) {
	in := wholeBatch(b)
	in.common = c
	return eval(ctx, e, in)
}

// Done lets go of the values of a batch.
func (c *Common) Done() {
	for call, v := range c.values {
		if v != nil {
			v.Release()
			c.values[call] = nil
		}
	}
}

// call is evalCall, over all rows of a batch.
func (c *Common) call(ctx *funcs.Ctx, e *Call, in *input) (funcs.Vec, error) {
	known, shared := c.values[e]
	if !shared {
		return computeCall(ctx, e, in)
	}
	if known == nil {
		v, err := computeCall(ctx, e, in)
		if err != nil {
			return funcs.Vec{}, err
		}
		known = &v
		c.values[e] = known
	}
	known.Retain()
	return *known, nil
}

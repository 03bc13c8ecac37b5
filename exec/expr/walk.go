package expr

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/datatype"
)

// Walk calls f for e and, while f returns true, for what is below it, from the top down.
func Walk(e Expr, f func(Expr) bool) {
	if !f(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, f)
	}
}

// Children returns the expressions directly below e: a Call's arguments; a Case's conditions and values
// in turn, then Else.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Case:
		list := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			list = append(list, w.Cond, w.Then)
		}
		return append(list, e.Else)
	}
	return nil
}

// Rewrite returns e with f applied to every expression, from the bottom up. f must keep the type. What f
// leaves as it is stays shared with e.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	switch x := e.(type) {
	case *Call:
		if args, changed := rewriteAll(x.Args, f); changed {
			c := *x
			c.Args = args
			e = &c
		}
	case *Case:
		if parts, changed := rewriteAll(Children(x), f); changed {
			c := *x
			c.Whens = make([]When, len(x.Whens))
			for i := range c.Whens {
				c.Whens[i] = When{Cond: parts[2*i], Then: parts[2*i+1]}
			}
			c.Else = parts[len(parts)-1]
			e = &c
		}
	}
	return f(e)
}

func rewriteAll(list []Expr, f func(Expr) Expr) ([]Expr, bool) {
	out := make([]Expr, len(list))
	changed := false
	for i, x := range list {
		out[i] = Rewrite(x, f)
		changed = changed || out[i] != x
	}
	return out, changed
}

// Columns returns the IDs of the columns that e reads, ascending, each once.
func Columns(e Expr) []uint32 {
	var ids []uint32
	Walk(e, func(x Expr) bool {
		if c, ok := x.(*Column); ok {
			ids = append(ids, c.ID)
		}
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// IsVolatile reports whether e may give another value each time: it holds rand(), uuid() or their like.
func IsVolatile(e Expr) bool {
	found := false
	Walk(e, func(x Expr) bool {
		if c, ok := x.(*Call); ok && c.Volatile {
			found = true
		}
		return !found
	})
	return found
}

// Equal reports whether a and b are the same expression, places in the statement aside. Columns are the
// same if their IDs are; rand() is the same expression as rand().
func Equal(a, b Expr) bool {
	if a == b {
		return true
	}
	switch a := a.(type) {
	case *Column:
		b, ok := b.(*Column)
		return ok && a.ID == b.ID
	case *Literal:
		b, ok := b.(*Literal)
		return ok && datatype.Equal(a.Type(), b.Type()) && proto.Equal(ToProto(a), ToProto(b))
	case *Call:
		b, ok := b.(*Call)
		return ok && a.Name == b.Name && datatype.Equal(a.T, b.T) && slices.EqualFunc(a.Args, b.Args, Equal) &&
			slices.EqualFunc(a.Lambdas, b.Lambdas, equalLambdas)
	case *Case:
		b, ok := b.(*Case)
		return ok && datatype.Equal(a.T, b.T) && slices.EqualFunc(Children(a), Children(b), Equal)
	}
	return false
}

package expr

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/funcs"
)

// Fold replaces calls of literals by their values, and cases whose conditions are literals by the branch
// that they choose. Volatile calls stay, and so does a call that fails: its error belongs to the rows that reach it.
func Fold(e Expr, s *funcs.Session) Expr {
	c := sessionCtx(s)
	return Rewrite(e, func(x Expr) Expr {
		switch x := x.(type) {
		case *Call:
			return foldCall(x, c)
		case *Case:
			return foldCase(x)
		}
		return x
	})
}

func sessionCtx(s *funcs.Session) *funcs.Ctx {
	return &funcs.Ctx{Context: context.Background(), Mem: memory.DefaultAllocator, Session: s, Warn: func(string) {}}
}

// timeless is a context for calls that no session changes.
func timeless() *funcs.Ctx { return sessionCtx(&funcs.Session{Zone: time.UTC}) }

func foldCall(x *Call, c *funcs.Ctx) Expr {
	if x.Volatile {
		return x
	}
	for _, a := range x.Args {
		if _, ok := a.(*Literal); !ok {
			return x
		}
	}
	a, err := EvalConst(c, x)
	if err != nil {
		return x
	}
	return &Literal{Value: a, At: x.At}
}

func foldCase(x *Case) Expr {
	for i, w := range x.Whens {
		switch {
		case IsTrue(w.Cond):
			if i == 0 {
				return w.Then
			}
			return &Case{Whens: x.Whens[:i], Else: w.Then, T: x.T, At: x.At}
		case IsFalse(w.Cond) || IsNull(w.Cond):
			rest := append(append([]When{}, x.Whens[:i]...), x.Whens[i+1:]...)
			if len(rest) == 0 {
				return x.Else
			}
			return foldCase(&Case{Whens: rest, Else: x.Else, T: x.T, At: x.At})
		}
	}
	return x
}

// Package expr holds bound expressions: every name is a column, every type is known, every cast is a
// call. The planner builds and rewrites them, their wire form travels to workers, and Eval computes them
// over a batch.
//
// Read Expr first.
package expr

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// Expr is a bound expression: *Column, *Literal, *Call or *Case and no fifth. Expressions are
// immutable once built and may be shared.
type Expr interface {
	Type() arrow.DataType
	Span() diag.Span
	sealed()
}

// Column is a column of the input. In the planner ID names it, unique in the whole statement; in a
// plan message and in Eval, Index is its place in the input batch.
type Column struct {
	ID    uint32
	Index int
	Name  string // for people
	T     arrow.DataType
	At    diag.Span
}

// Literal is a constant: an array of one value.
type Literal struct {
	Value arrow.Array
	At    diag.Span
	// OnCast, if set, is told the type that the literal is cast to while an expression is built: so a
	// parameter without a value learns what its place wants. It is no part of the value.
	OnCast func(arrow.DataType)
}

// Call is a scalar function, operator or cast with bound arguments. Cast's name is CastName, and its
// T tells what it casts to.
type Call struct {
	Name     string // as in funcs' tables
	Args     []Expr
	T        arrow.DataType
	Kernel   funcs.Kernel
	Volatile bool
	At       diag.Span
	// Lambdas are the last arguments of a function that takes any. Captured is how many of Args, at their
	// end, are values of the row that only they read.
	Lambdas  []Lambda
	Captured int
}

// Lambda is x -> Body. Body is closed: the Index of its columns counts the parameters and then the captured
// arguments of its call, so that what walks or rewrites an expression need not look into it.
type Lambda struct {
	Params []Param
	Body   Expr
}

// Param is a parameter of a Lambda.
type Param struct {
	Name string // for people
	T    arrow.DataType
}

// CastName is the Name of a Call that casts its one argument to T. The user's CAST and implicit
// conversions are the same.
const CastName = "cast"

// When is one branch of a Case.
type When struct{ Cond, Then Expr }

// Case is CASE WHEN …: the Then of the first Cond that is true, else Else. All Then and Else have type
// T. Else is never nil: a missing ELSE is a NULL literal. A branch is evaluated only for the rows that reach it.
type Case struct {
	Whens []When
	Else  Expr
	T     arrow.DataType
	At    diag.Span
}

// Type returns the type of the expression's values.
func (e *Column) Type() arrow.DataType { return e.T }

// Type returns the type of the expression's values.
func (e *Literal) Type() arrow.DataType { return e.Value.DataType() }

// Type returns the type of the expression's values.
func (e *Call) Type() arrow.DataType { return e.T }

// Type returns the type of the expression's values.
func (e *Case) Type() arrow.DataType { return e.T }

// Span returns the place in the statement.
func (e *Column) Span() diag.Span { return e.At }

// Span returns the place in the statement.
func (e *Literal) Span() diag.Span { return e.At }

// Span returns the place in the statement.
func (e *Call) Span() diag.Span { return e.At }

// Span returns the place in the statement.
func (e *Case) Span() diag.Span { return e.At }

func (*Column) sealed()  {}
func (*Literal) sealed() {}
func (*Call) sealed()    {}
func (*Case) sealed()    {}

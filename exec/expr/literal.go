package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// Null returns a NULL of type t.
func Null(t arrow.DataType) *Literal {
	return &Literal{Value: datatype.Nulls(memory.DefaultAllocator, t, 1)}
}

// Bool returns a boolean literal.
func Bool(v bool) *Literal { return literal(datatype.Bool, v) }

// Int returns an int literal.
func Int(v int32) *Literal { return literal(datatype.Int, v) }

// BigInt returns a bigint literal.
func BigInt(v int64) *Literal { return literal(datatype.BigInt, v) }

// Double returns a double literal.
func Double(v float64) *Literal { return literal(datatype.Double, v) }

// String returns a string literal.
func String(v string) *Literal { return literal(datatype.String, v) }

// NewLiteral returns a constant of type t at at. v is nil for NULL, an arrow.Array of one value of type t
// (which is retained), or the Go value that stores one value of a primitive type t: bool, int8 … int64, float32,
// float64, string, []byte, arrow.Date32, arrow.MonthInterval, and decimal128.Num for decimal, timestamp and
// day-time interval. Another v is an error of kind Internal.
func NewLiteral(v any, t arrow.DataType, at diag.Span) (*Literal, error) {
	if a, ok := v.(arrow.Array); ok {
		if a.Len() != 1 || !datatype.Equal(a.DataType(), t) {
			return nil, diag.At(at, diag.Internal, "an array of %d %s is no literal of type %s", a.Len(), datatype.Name(a.DataType()), datatype.Name(t))
		}
		a.Retain()
		return &Literal{Value: a, At: at}, nil
	}
	b := datatype.NewBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	if !appendGo(b, v) {
		return nil, diag.At(at, diag.Internal, "a Go %T is no literal of type %s", v, datatype.Name(t))
	}
	return &Literal{Value: datatype.Finish(b, t), At: at}, nil
}

// literal is NewLiteral of a value that is known to fit.
func literal(t arrow.DataType, v any) *Literal {
	l, err := NewLiteral(v, t, diag.Span{})
	if err != nil {
		panic(fmt.Sprintf("literal of type %s: %v", datatype.Name(t), err))
	}
	return l
}

func appendGo(b array.Builder, v any) bool {
	if v == nil {
		b.AppendNull()
		return true
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return appendAs(b.Append, v)
	case *array.Int8Builder:
		return appendAs(b.Append, v)
	case *array.Int16Builder:
		return appendAs(b.Append, v)
	case *array.Int32Builder:
		return appendAs(b.Append, v)
	case *array.Int64Builder:
		return appendAs(b.Append, v)
	case *array.Float32Builder:
		return appendAs(b.Append, v)
	case *array.Float64Builder:
		return appendAs(b.Append, v)
	case *array.StringBuilder:
		return appendAs(b.Append, v)
	case *array.BinaryBuilder:
		return appendAs(b.Append, v)
	case *array.Date32Builder:
		return appendAs(b.Append, v)
	case *array.MonthIntervalBuilder:
		return appendAs(b.Append, v)
	case *array.Decimal128Builder:
		return appendAs[decimal128.Num](b.Append, v)
	}
	return false
}

func appendAs[T any](app func(T), v any) bool {
	x, ok := v.(T)
	if ok {
		app(x)
	}
	return ok
}

// IsNull reports whether e is a NULL literal.
func IsNull(e Expr) bool {
	l, ok := e.(*Literal)
	return ok && (l.Value.DataType().ID() == arrow.NULL || l.Value.IsNull(0)) // a void array has no bitmap
}

// IntOf returns the value of an integer literal; false if e is none, or NULL.
func IntOf(e Expr) (int64, bool) {
	l, ok := e.(*Literal)
	if !ok || l.Value.IsNull(0) {
		return 0, false
	}
	switch a := l.Value.(type) {
	case *array.Int8:
		return int64(a.Value(0)), true
	case *array.Int16:
		return int64(a.Value(0)), true
	case *array.Int32:
		return int64(a.Value(0)), true
	case *array.Int64:
		return a.Value(0), true
	}
	return 0, false
}

// IsTrue reports whether e is the literal TRUE.
func IsTrue(e Expr) bool { v, ok := boolOf(e); return ok && v }

// IsFalse reports whether e is the literal FALSE.
func IsFalse(e Expr) bool { v, ok := boolOf(e); return ok && !v }

func boolOf(e Expr) (v, ok bool) {
	l, isLit := e.(*Literal)
	if !isLit || l.Value.IsNull(0) {
		return false, false
	}
	b, ok := l.Value.(*array.Boolean)
	return ok && b.Value(0), ok
}

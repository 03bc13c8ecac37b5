package expr

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// maxNesting is how deep an expression of a message may nest.
const maxNesting = 2000

// ToProto returns the wire form of e. Columns are written by Index; IDs and places in the statement
// stay behind.
func ToProto(e Expr) *winnowpb.Expr {
	out := &winnowpb.Expr{Type: datatype.Name(e.Type())}
	switch e := e.(type) {
	case *Column:
		out.Kind = &winnowpb.Expr_Column{Column: uint32(e.Index)}
		out.Name = e.Name
	case *Literal:
		out.Kind = &winnowpb.Expr_Literal{Literal: literalToProto(e.Value)}
	case *Call:
		call := &winnowpb.Call{Name: e.Name, Args: make([]*winnowpb.Expr, len(e.Args))}
		for i, a := range e.Args {
			call.Args[i] = ToProto(a)
		}
		lambdasToProto(e, call)
		out.Kind = &winnowpb.Expr_Call{Call: call}
	case *Case:
		c := &winnowpb.Case{Whens: make([]*winnowpb.When, len(e.Whens)), Else: ToProto(e.Else)}
		for i, w := range e.Whens {
			c.Whens[i] = &winnowpb.When{Cond: ToProto(w.Cond), Then: ToProto(w.Then)}
		}
		out.Kind = &winnowpb.Expr_Case{Case: c}
	}
	return out
}

// FromProto returns the expression of a message, its kernels bound anew by the types of the arguments. A
// message that no ToProto of the same version writes is a *diag.Error of kind Protocol.
func FromProto(p *winnowpb.Expr) (Expr, error) { return fromProto(p, 0) }

// AllFromProto is FromProto for each of list.
func AllFromProto(list []*winnowpb.Expr) ([]Expr, error) { return allFromProto(list, 0) }

func allFromProto(list []*winnowpb.Expr, depth int) ([]Expr, error) {
	out := make([]Expr, len(list))
	for i, p := range list {
		var err error
		if out[i], err = fromProto(p, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fromProto(p *winnowpb.Expr, depth int) (Expr, error) {
	if depth > maxNesting {
		return nil, diag.Errorf(diag.Limit, "expressions nest deeper than %d", maxNesting)
	}
	t, err := datatype.Parse(p.GetType())
	if err != nil {
		return nil, diag.Errorf(diag.Protocol, "expression of type %q: %w", p.GetType(), err)
	}
	switch k := p.GetKind().(type) {
	case *winnowpb.Expr_Column:
		return &Column{Index: int(k.Column), Name: p.GetName(), T: t}, nil
	case *winnowpb.Expr_Literal:
		v, err := literalFromProto(k.Literal, t)
		if err != nil {
			return nil, err
		}
		return &Literal{Value: v}, nil
	case *winnowpb.Expr_Call:
		return callFromProto(k.Call, t, depth)
	case *winnowpb.Expr_Case:
		return caseFromProto(k.Case, t, depth)
	}
	return nil, diag.Errorf(diag.Protocol, "expression without a kind")
}

func callFromProto(p *winnowpb.Call, t arrow.DataType, depth int) (Expr, error) {
	args, err := allFromProto(p.GetArgs(), depth+1)
	if err != nil {
		return nil, err
	}
	call := &Call{Name: p.GetName(), Args: args, T: t}
	if call.Name == CastName {
		if len(args) != 1 {
			return nil, diag.Errorf(diag.Protocol, "cast of %d arguments", len(args))
		}
		call.Kernel, err = funcs.CastKernel(args[0].Type(), t)
		return call, err
	}
	f := funcs.FindScalar(call.Name)
	if f == nil {
		return nil, diag.Errorf(diag.Protocol, "no function %q: is this worker of another version?", call.Name)
	}
	known, err := lambdasFromProto(call, p, depth)
	if err != nil {
		return nil, err
	}
	bound, err := f.Bind(known)
	if err != nil {
		return nil, err
	}
	for i, want := range bound.Casts {
		if want != nil && i < len(args)-call.Captured && !datatype.Equal(want, args[i].Type()) {
			return nil, diag.Errorf(diag.Protocol, "argument %d of %s is %s and should be %s", i+1, call.Name, datatype.Name(args[i].Type()), datatype.Name(want))
		}
	}
	if !datatype.Equal(bound.Type, t) {
		return nil, diag.Errorf(diag.Protocol, "%s gives %s and should give %s", call.Name, datatype.Name(bound.Type), datatype.Name(t))
	}
	call.Kernel, call.Volatile = bound.Kernel, f.Volatile || call.Volatile
	return call, nil
}

func caseFromProto(p *winnowpb.Case, t arrow.DataType, depth int) (Expr, error) {
	els, err := fromProto(p.GetElse(), depth+1)
	if err != nil {
		return nil, err
	}
	out := &Case{Else: els, T: t, Whens: make([]When, len(p.GetWhens()))}
	values := []Expr{els}
	for i, w := range p.GetWhens() {
		if out.Whens[i].Cond, err = fromProto(w.GetCond(), depth+1); err != nil {
			return nil, err
		}
		if out.Whens[i].Then, err = fromProto(w.GetThen(), depth+1); err != nil {
			return nil, err
		}
		if c := out.Whens[i].Cond.Type(); c.ID() != arrow.BOOL {
			return nil, diag.Errorf(diag.Protocol, "condition of type %s", datatype.Name(c))
		}
		values = append(values, out.Whens[i].Then)
	}
	for _, v := range values {
		if !datatype.Equal(v.Type(), t) {
			return nil, diag.Errorf(diag.Protocol, "a branch of type %s in a case of type %s", datatype.Name(v.Type()), datatype.Name(t))
		}
	}
	return out, nil
}

func literalToProto(a arrow.Array) *winnowpb.Literal {
	if a.DataType().ID() == arrow.NULL || a.IsNull(0) {
		return &winnowpb.Literal{Value: &winnowpb.Literal_Null{Null: true}}
	}
	integer := func(v int64) *winnowpb.Literal {
		return &winnowpb.Literal{Value: &winnowpb.Literal_Integer{Integer: v}}
	}
	raw := func(b []byte) *winnowpb.Literal { return &winnowpb.Literal{Value: &winnowpb.Literal_Bytes{Bytes: b}} }
	switch a := a.(type) {
	case *array.Boolean:
		return &winnowpb.Literal{Value: &winnowpb.Literal_Boolean{Boolean: a.Value(0)}}
	case *array.Int8:
		return integer(int64(a.Value(0)))
	case *array.Int16:
		return integer(int64(a.Value(0)))
	case *array.Int32:
		return integer(int64(a.Value(0)))
	case *array.Int64:
		return integer(a.Value(0))
	case *array.Date32:
		return integer(int64(a.Value(0)))
	case *array.MonthInterval:
		return integer(int64(a.Value(0)))
	case *array.Float32:
		return &winnowpb.Literal{Value: &winnowpb.Literal_Floating{Floating: float64(a.Value(0))}}
	case *array.Float64:
		return &winnowpb.Literal{Value: &winnowpb.Literal_Floating{Floating: a.Value(0)}}
	case *array.String:
		return raw([]byte(a.Value(0)))
	case *array.Binary:
		return raw(a.Value(0))
	case *array.Decimal128:
		v := a.Value(0)
		b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(v.HighBits()))
		return raw(binary.BigEndian.AppendUint64(b, v.LowBits()))
	}
	return &winnowpb.Literal{Value: &winnowpb.Literal_Ipc{Ipc: nestedToIPC(a)}}
}

func literalFromProto(p *winnowpb.Literal, t arrow.DataType) (arrow.Array, error) {
	var v any
	fits := false
	switch k := p.GetValue().(type) {
	case *winnowpb.Literal_Null:
		fits = true
	case *winnowpb.Literal_Boolean:
		v, fits = k.Boolean, true
	case *winnowpb.Literal_Integer:
		v, fits = integerAs(k.Integer, t)
	case *winnowpb.Literal_Floating:
		v, fits = k.Floating, true
		if t.ID() == arrow.FLOAT32 {
			v = float32(k.Floating)
		}
	case *winnowpb.Literal_Bytes:
		v, fits = bytesAs(k.Bytes, t)
	case *winnowpb.Literal_Ipc:
		return nestedFromIPC(k.Ipc, t)
	}
	if fits {
		if l, err := NewLiteral(v, t, diag.Span{}); err == nil {
			return l.Value, nil
		}
	}
	return nil, diag.Errorf(diag.Protocol, "literal of type %s holds another value", datatype.Name(t))
}

// integerAs returns v as the Go value that stores one value of t.
func integerAs(v int64, t arrow.DataType) (any, bool) {
	switch t.ID() {
	case arrow.INT8:
		return int8(v), int64(int8(v)) == v
	case arrow.INT16:
		return int16(v), int64(int16(v)) == v
	case arrow.INT32:
		return int32(v), int64(int32(v)) == v
	case arrow.DATE32:
		return arrow.Date32(v), int64(int32(v)) == v
	case arrow.INTERVAL_MONTHS:
		return arrow.MonthInterval(v), int64(int32(v)) == v
	}
	return v, t.ID() == arrow.INT64
}

func bytesAs(b []byte, t arrow.DataType) (any, bool) {
	switch t.ID() {
	case arrow.STRING:
		return string(b), true
	case arrow.DECIMAL128:
		if len(b) != 16 {
			return nil, false
		}
		return decimal128.New(int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint64(b[8:])), true
	}
	return b, t.ID() == arrow.BINARY
}

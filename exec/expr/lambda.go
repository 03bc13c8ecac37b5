package expr

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// LambdaSource is a lambda that is not bound yet, because its parameters get their types from the function.
type LambdaSource struct {
	Params []string
	// Body binds the body with params, columns of the wanted types, in the place of the parameters. It gives
	// them IDs first.
	Body func(params []*Column) (Expr, error)
	At   diag.Span
}

// NewLambdaCall is NewCall for a function that takes lambdas: args, then lambdas. What a body reads of the row,
// or computes of the row alone, becomes a further argument of the call.
func NewLambdaCall(name string, args []Expr, lambdas []LambdaSource, at diag.Span) (Expr, error) {
	f := funcs.FindScalar(name)
	if f == nil || f.Params == nil {
		return nil, diag.At(lambdas[0].At, diag.Type, "%s takes no lambda (->)", name).
			WithHint("%s do", strings.Join(lambdaFunctions(), ", "))
	}
	known := Args(args)
	var bound []Lambda
	var captures []Expr
	volatile := f.Volatile
	for _, src := range lambdas {
		l, err := bindLambda(f, known, src)
		if err != nil {
			return nil, err
		}
		l.Body = capture(l.Body, l.params, &captures)
		volatile = volatile || IsVolatile(l.Body)
		bound = append(bound, l.Lambda)
		known = append(known, lambdaArg(l.Lambda))
	}
	b, err := f.Bind(known)
	if err != nil {
		return nil, located(err, at)
	}
	cast, err := CastArgs(args, b.Casts, at)
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Args: append(slices.Clip(cast), captures...), T: b.Type, Kernel: b.Kernel, Volatile: volatile,
		At: at, Lambdas: bound, Captured: len(captures)}, nil
}

func lambdaFunctions() []string {
	var names []string
	for d := range funcs.Docs() {
		if f := funcs.FindScalar(d.Name); d.Kind == "scalar" && f != nil && f.Params != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

// openLambda is a lambda whose body names its parameters by ID.
type openLambda struct {
	Lambda
	params []*Column
}

func bindLambda(f *funcs.Scalar, args []funcs.Arg, src LambdaSource) (openLambda, error) {
	types, err := f.Params(args, len(args), len(src.Params))
	if err != nil {
		return openLambda{}, located(err, src.At)
	}
	l, err := openWith(types, f.Name, src)
	if err != nil {
		return l, err
	}
	again, err := f.Params(append(slices.Clip(args), funcs.Arg{Type: l.Body.Type(), Lambda: &funcs.Lambda{}}), len(args), len(src.Params))
	if err != nil {
		return l, located(err, src.At)
	}
	if !slices.EqualFunc(types, again, datatype.Equal) {
		return openWith(again, f.Name, src)
	}
	return l, nil
}

func openWith(types []arrow.DataType, name string, src LambdaSource) (openLambda, error) {
	if len(types) != len(src.Params) {
		return openLambda{}, diag.At(src.At, diag.Type, "%s gives its lambda %d values, not %d", name, len(types), len(src.Params))
	}
	var l openLambda
	for i, t := range types {
		l.params = append(l.params, &Column{Index: i, Name: src.Params[i], T: t, At: src.At})
		l.Params = append(l.Params, Param{Name: src.Params[i], T: t})
	}
	var err error
	l.Body, err = src.Body(l.params)
	return l, err
}

// capture returns body with its parameters numbered and all that does not depend on them moved to captures.
func capture(body Expr, params []*Column, captures *[]Expr) Expr {
	isParam := func(e Expr) bool {
		c, ok := e.(*Column)
		return ok && slices.ContainsFunc(params, func(p *Column) bool { return p.ID == c.ID })
	}
	outer := func(e Expr) bool {
		free, columns := true, false
		Walk(e, func(x Expr) bool {
			free = free && !isParam(x)
			_, column := x.(*Column)
			columns = columns || column
			return free
		})
		return free && columns && !IsVolatile(e)
	}
	var close func(e Expr, always bool) Expr
	close = func(e Expr, always bool) Expr {
		switch x := e.(type) {
		case *Column:
			if isParam(x) {
				c := *x
				c.ID = 0
				c.Index = slices.IndexFunc(params, func(p *Column) bool { return p.ID == x.ID })
				return &c
			}
			return captured(x, len(params), captures)
		case *Call:
			// A branch that may not be reached is computed where it stands: its errors are of the rows that reach it.
			if always && outer(x) {
				return captured(x, len(params), captures)
			}
			c := *x
			c.Args = make([]Expr, len(x.Args))
			for i, a := range x.Args {
				c.Args[i] = close(a, always)
			}
			return &c
		case *Case:
			c := *x
			c.Whens = make([]When, len(x.Whens))
			for i, w := range x.Whens {
				c.Whens[i] = When{Cond: close(w.Cond, always && i == 0), Then: close(w.Then, false)}
			}
			c.Else = close(x.Else, false)
			return &c
		}
		return e
	}
	return close(body, true)
}

// captured returns the column of a body with params parameters that holds e, which it adds to captures.
func captured(e Expr, params int, captures *[]Expr) Expr {
	at := slices.IndexFunc(*captures, func(x Expr) bool { return Equal(x, e) })
	if at < 0 {
		at = len(*captures)
		*captures = append(*captures, e)
	}
	return &Column{Index: params + at, Name: Print(e), T: e.Type(), At: e.Span()}
}

// lambdaArg is what a function's Bind is to know of a lambda.
func lambdaArg(l Lambda) funcs.Arg {
	types := make([]arrow.DataType, len(l.Params))
	for i, p := range l.Params {
		types[i] = p.T
	}
	return funcs.Arg{Type: l.Body.Type(), Lambda: &funcs.Lambda{Params: types, Body: bodyKernel(l.Body)}}
}

// bodyKernel computes body over columns that are the arguments of the kernel.
func bodyKernel(body Expr) funcs.Kernel {
	return func(c *funcs.Ctx, args []funcs.Vec, n int) (arrow.Array, error) {
		in := &input{n: n, base: make([]arrow.Array, len(args))}
		for i, a := range args {
			var err error
			if in.base[i], err = Expand(c, a, n); err != nil {
				return nil, err
			}
			defer in.base[i].Release()
		}
		v, err := eval(c, body, in)
		if err != nil {
			return nil, err
		}
		defer v.Release()
		return Expand(c, v, n)
	}
}

func equalLambdas(a, b Lambda) bool {
	// Columns of a closed body are told apart by Index, which Equal does not look at.
	return len(a.Params) == len(b.Params) && proto.Equal(ToProto(a.Body), ToProto(b.Body))
}

// writeLambda appends l, whose call captured captures.
func writeLambda(b *strings.Builder, l Lambda, captures []Expr) {
	names := make([]string, len(l.Params))
	for i, p := range l.Params {
		names[i] = p.Name
	}
	if len(names) == 1 {
		b.WriteString(names[0] + " -> ")
	} else {
		b.WriteString("(" + strings.Join(names, ", ") + ") -> ")
	}
	write(b, Rewrite(l.Body, func(e Expr) Expr {
		if c, ok := e.(*Column); ok && c.Index >= len(names) && c.Index-len(names) < len(captures) {
			return captures[c.Index-len(names)]
		}
		return e
	}), false)
}

func lambdasToProto(e *Call, out *winnowpb.Call) {
	out.Captured = uint32(e.Captured)
	for _, l := range e.Lambdas {
		p := &winnowpb.Lambda{Body: ToProto(l.Body)}
		for _, x := range l.Params {
			p.Params = append(p.Params, &winnowpb.Field{Name: x.Name, Type: datatype.Name(x.T)})
		}
		out.Lambdas = append(out.Lambdas, p)
	}
}

// lambdasFromProto reads the lambdas of call and returns what its function's Bind is to know.
func lambdasFromProto(call *Call, p *winnowpb.Call, depth int) ([]funcs.Arg, error) {
	call.Captured = int(p.GetCaptured())
	if call.Captured > len(call.Args) {
		return nil, diag.Errorf(diag.Protocol, "%s captures %d of %d arguments", call.Name, call.Captured, len(call.Args))
	}
	known := Args(call.Args[:len(call.Args)-call.Captured])
	for _, l := range p.GetLambdas() {
		var lambda Lambda
		for _, x := range l.GetParams() {
			t, err := datatype.Parse(x.GetType())
			if err != nil {
				return nil, diag.Errorf(diag.Protocol, "parameter of type %q: %w", x.GetType(), err)
			}
			lambda.Params = append(lambda.Params, Param{Name: x.GetName(), T: t})
		}
		var err error
		if lambda.Body, err = fromProto(l.GetBody(), depth+1); err != nil {
			return nil, err
		}
		call.Volatile = call.Volatile || IsVolatile(lambda.Body)
		call.Lambdas = append(call.Lambdas, lambda)
		known = append(known, lambdaArg(lambda))
	}
	return known, nil
}

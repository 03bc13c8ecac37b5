package funcs_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// This file holds what every scalar function must do whatever it is called with: answer or fail with a *diag.Error
// that names it, never panic, keep nothing allocated, and give each row the value that it has alone.

// argTypes are the types of random arguments, with texts that are cast to them.
var argTypes = []struct {
	name  string
	texts []string
}{
	{"string", []string{"", "a", "héllo😀 wörld", "%", "a.b.c", "1.5", "-7", "2020-02-29 12:34:56.789", "{\"a\":[1,{\"b\":null}]}", "$.a[0]", "http://u@h.com:8/p?k=v#r", "(a+)(b)?", "MM", "UTF-8", "10.1.2.3", "<a>1</a>", "yyyy-MM-dd", "a=1,b", "\\", "\x00\t\n"}},
	{"int", []string{"0", "1", "2", "-1", "7", "64", "2147483647", "-2147483648"}},
	{"bigint", []string{"0", "3", "-2", "16", "9223372036854775807", "-9223372036854775808"}},
	{"tinyint", []string{"0", "5", "-128"}},
	{"double", []string{"0", "1.5", "-2.5", "NaN", "Infinity", "1e300", "-0.0"}},
	{"float", []string{"0.5", "-3"}},
	{"decimal(10,2)", []string{"0", "1.25", "-99999999.99"}},
	{"decimal(38,10)", []string{"1", "9999999999999999999999999999.9999999999"}},
	{"boolean", []string{"true", "no"}},
	{"date", []string{"2020-02-29", "1970-01-01", "0001-01-01", "9999-12-31"}},
	{"timestamp", []string{"2020-02-29 12:34:56.789", "1969-12-31 23:59:59.5"}},
	{"binary", []string{"", "ab", "\xff\xfe"}},
	{"varchar(5)", []string{"ab", "abcdef"}},
	{"char(4)", []string{"ab", "abcd"}},
	{"interval_day_time", []string{"1 02:03:04.5", "-0 00:00:01"}},
	{"interval_year_month", []string{"1-2", "-0-1"}},
	{"void", []string{""}},
}

type caller struct {
	t   *testing.T
	r   *rand.Rand
	c   *funcs.Ctx
	mem memory.Allocator
}

// column returns n random values of one type, some NULL.
func (x *caller) column(n int) arrow.Array {
	kind := argTypes[x.r.IntN(len(argTypes))]
	if x.r.IntN(3) == 0 {
		kind = argTypes[x.r.IntN(2)] // text and int fit most functions
	}
	t, err := datatype.Parse(kind.name)
	if err != nil {
		x.t.Fatal(err)
	}
	if t.ID() == arrow.NULL {
		return datatype.Nulls(x.mem, t, n)
	}
	b := array.NewStringBuilder(x.mem)
	defer b.Release()
	for range n {
		if x.r.IntN(5) == 0 {
			b.AppendNull()
		} else {
			b.Append(kind.texts[x.r.IntN(len(kind.texts))])
		}
	}
	text := b.NewArray()
	if t.ID() == arrow.STRING && kind.name == "string" {
		return text
	}
	defer text.Release()
	k, err := funcs.CastKernel(datatype.String, t)
	if err != nil {
		x.t.Fatal(err)
	}
	out, err := k(x.c, []funcs.Vec{{Array: text}}, n)
	if err != nil {
		x.t.Fatal(err)
	}
	return out
}

// value returns n random values, nested ones too, or one that stands for all.
func (x *caller) value(n int) funcs.Vec {
	constant := x.r.IntN(3) == 0
	if constant {
		n = 1
	}
	// An array is a slice of a longer one.
	pad := x.r.IntN(3)
	whole := x.nested(n+2*pad, 2)
	defer whole.Release()
	return funcs.Vec{Array: array.NewSlice(whole, int64(pad), int64(pad+n)), Const: constant}
}

func (x *caller) nested(n, depth int) arrow.Array {
	if depth == 0 || x.r.IntN(3) > 0 {
		return x.column(n)
	}
	name := []string{"array", "map", "struct"}[x.r.IntN(3)]
	a := x.nested(n, depth-1)
	defer a.Release()
	parts := []funcs.Vec{{Array: a}, {Array: a}}
	if name == "map" {
		b := x.nested(n, depth-1)
		defer b.Release()
		parts[1] = funcs.Vec{Array: b}
	}
	f := funcs.FindScalar(name)
	bound, err := f.Bind([]funcs.Arg{{Type: parts[0].DataType()}, {Type: parts[1].DataType()}})
	if err != nil {
		return x.column(n)
	}
	out, err := x.call(bound, parts, n)
	if err != nil {
		x.t.Fatal(err)
	}
	defer out.Release()
	idx := make([]int32, n)
	for i := range idx {
		if idx[i] = int32(i); x.r.IntN(6) == 0 {
			idx[i] = -1
		}
	}
	return vec.Take(x.mem, out, idx)
}

// call casts args as bound wants them and computes it.
func (x *caller) call(bound funcs.Bound, args []funcs.Vec, n int) (arrow.Array, error) {
	cast := slices.Clone(args)
	for i, want := range bound.Casts {
		if i >= len(args) || want == nil || datatype.Equal(want, args[i].DataType()) {
			continue
		}
		k, err := funcs.CastKernel(args[i].DataType(), want)
		if err != nil {
			return nil, err
		}
		rows := n
		if args[i].Const {
			rows = 1
		}
		out, err := k(x.c, []funcs.Vec{{Array: args[i].Array}}, rows)
		if err != nil {
			return nil, err
		}
		defer out.Release()
		cast[i].Array = out
	}
	return bound.Kernel(x.c, cast, n)
}

// firstParam is a lambda that gives its first parameter, or whether that is NULL.
func firstParam(params []arrow.DataType, test bool) funcs.Arg {
	a := funcs.Arg{Type: params[0], Lambda: &funcs.Lambda{Params: params, Body: func(_ *funcs.Ctx, args []funcs.Vec, _ int) (arrow.Array, error) {
		args[0].Retain()
		return args[0].Array, nil
	}}}
	if test {
		isnull, err := funcs.FindScalar("isnull").Bind([]funcs.Arg{{Type: params[0]}})
		if err == nil {
			a.Type, a.Lambda.Body = isnull.Type, func(c *funcs.Ctx, args []funcs.Vec, n int) (arrow.Array, error) { return isnull.Kernel(c, args[:1], n) }
		}
	}
	return a
}

// try calls f with random arguments.
func (x *caller) try(f *funcs.Scalar) {
	n := 5
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	x.mem, x.c.Mem = mem, mem
	args := make([]funcs.Vec, x.r.IntN(5))
	var known []funcs.Arg
	for i := range args {
		args[i] = x.value(n)
		defer args[i].Release()
		a := funcs.Arg{Type: args[i].DataType()}
		if args[i].Const {
			a.Const = args[i].Array
		}
		known = append(known, a)
	}
	if !slices.ContainsFunc(args, func(a funcs.Vec) bool { return !a.Const }) && !f.Volatile {
		n = 1 // what has only constant arguments is computed once
	}
	what := describeCall(f.Name, args)
	defer func() {
		if p := recover(); p != nil {
			x.t.Fatalf("%s panics: %v", what, p)
		}
	}()
	if f.Params != nil {
		params, err := f.Params(known, len(known), 1)
		if err != nil {
			x.failed(what, err)
			return
		}
		known = append(known, firstParam(params, x.r.IntN(2) == 0))
	}
	bound, err := f.Bind(known)
	if err != nil {
		x.failed(what, err)
		// An operator is where the caret of its error stands.
		if diag.KindOf(err) == diag.Type && f.Name[0] >= 'a' && f.Name != "index" && f.Name != "getfield" && f.Name != "in" && !strings.Contains(err.Error(), f.Name) {
			x.t.Errorf("%s: %q does not name the function", what, err)
		}
		return
	}
	before := mem.CurrentAlloc()
	whole, err := x.call(bound, args, n)
	if err != nil {
		x.failed(what, err)
		if mem.CurrentAlloc() != before {
			x.t.Errorf("%s: %v leaves %d bytes", what, err, mem.CurrentAlloc()-before)
		}
		return
	}
	if whole.Len() != n || !datatype.Equal(whole.DataType(), bound.Type) {
		x.t.Errorf("%s gives %d rows of %s, wants %d of %s", what, whole.Len(), datatype.Name(whole.DataType()), n, datatype.Name(bound.Type))
	}
	if !f.Volatile && whole.Len() == n {
		x.alone(what, bound, args, whole, n)
	}
	whole.Release()
	if mem.CurrentAlloc() != before {
		x.t.Errorf("%s keeps %d bytes", what, mem.CurrentAlloc()-before)
	}
	if n == 1 {
		return
	}
	none, err := x.call(bound, sliceAll(args, 0, 0), 0)
	if err != nil {
		x.t.Errorf("%s of no rows: %v", what, err)
		return
	}
	if none.Len() != 0 {
		x.t.Errorf("%s of no rows gives %d", what, none.Len())
	}
	none.Release()
}

// alone computes each row by itself and compares.
func (x *caller) alone(what string, bound funcs.Bound, args []funcs.Vec, whole arrow.Array, n int) {
	for i := range n {
		one := sliceAll(args, i, i+1)
		got, err := x.call(bound, one, 1)
		if err != nil {
			x.t.Errorf("%s: row %d alone: %v", what, i, err)
			return
		}
		if g, w := datatype.Text(got, 0), datatype.Text(whole, i); g != w {
			x.t.Errorf("%s: row %d is %q, alone %q", what, i, w, g)
		}
		got.Release()
	}
}

func sliceAll(args []funcs.Vec, from, to int) []funcs.Vec {
	out := make([]funcs.Vec, len(args))
	for i, a := range args {
		if out[i] = a; !a.Const {
			out[i].Array = array.NewSlice(a.Array, int64(from), int64(to))
		}
	}
	return out
}

// failed wants a *diag.Error that is the caller's fault.
func (x *caller) failed(what string, err error) {
	d, ok := err.(*diag.Error)
	switch {
	case !ok:
		x.t.Errorf("%s: %T %v is no *diag.Error", what, err, err)
	case d.Kind == diag.Internal:
		x.t.Errorf("%s: %v", what, err)
	}
}

func describeCall(name string, args []funcs.Vec) string {
	var b strings.Builder
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s:", datatype.Name(a.DataType()))
		if a.Const {
			fmt.Fprintf(&b, "const %.60s", datatype.Text(a.Array, 0))
			continue
		}
		for k := range a.Len() {
			fmt.Fprintf(&b, " %.30q", datatype.Text(a.Array, k))
		}
	}
	return b.String() + ")"
}

// callAll calls every scalar function times times.
func callAll(t *testing.T, seed uint64, times int) {
	x := &caller{t: t, r: rand.New(rand.NewPCG(seed, 1)), c: testCtx(t)}
	for d := range funcs.Docs() {
		if f := funcs.FindScalar(d.Name); d.Kind == "scalar" && f != nil {
			for range times {
				x.try(f)
			}
		}
	}
}

func TestRandomCalls(t *testing.T) { callAll(t, 1, 12) }

package funcs

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// This file holds how functions of several arguments with fixed types are declared (strict, params)
// and computed row by row (textRows, intRows, …).

// maxCell is the longest text that a function makes, in bytes.
const maxCell = 256 << 20

func tooLong(name string) *diag.Error {
	return diag.Errorf(diag.Limit, "%s would make a text of more than %d bytes", name, maxCell).
		WithHint("ask for a shorter one")
}

// param is what a function takes as one argument.
type param struct {
	what string // for the error: "a string"
	// cast returns the type that an argument of type t is cast to; nil if the function does not take t.
	cast func(t arrow.DataType) arrow.DataType
	opt  bool // may be left out, with all after it
	rest bool // may come any number of times, also none
}

func (p param) optional() param { p.opt = true; return p }
func (p param) repeated() param { p.rest, p.opt = true, true; return p }

var (
	// anyText takes every primitive type and reads it as text.
	anyText = param{what: "a string", cast: func(t arrow.DataType) arrow.DataType {
		if datatype.IsNested(t) {
			return nil
		}
		return textType(t)
	}}
	// onlyText takes text and nothing that would have to be converted.
	onlyText = param{what: "a string", cast: func(t arrow.DataType) arrow.DataType {
		if datatype.IsText(t) || isVoid(t) {
			return textType(t)
		}
		return nil
	}}
	// textOrBinary takes text, binary as it is, and other primitive types as text.
	textOrBinary = param{what: "a string or binary", cast: bytesType}
	// onlyBytes takes text or binary and nothing that would have to be converted.
	onlyBytes = param{what: "a string or binary", cast: func(t arrow.DataType) arrow.DataType {
		if t.ID() == arrow.BINARY {
			return t
		}
		return onlyText.cast(t)
	}}
	// whole takes integers, as bigint.
	whole = param{what: "an integer", cast: func(t arrow.DataType) arrow.DataType {
		if datatype.IsInteger(t) || isVoid(t) {
			return datatype.BigInt
		}
		return nil
	}}
	// numeric takes numbers and text that is read as one, as double.
	numeric = param{what: "a number", cast: func(t arrow.DataType) arrow.DataType {
		if datatype.IsNumeric(t) || datatype.IsText(t) || isVoid(t) {
			return datatype.Double
		}
		return nil
	}}
)

// strict makes the entry of a function with fixed parameters whose result has type t. names is its name
// and its aliases, separated by blanks.
func strict(names, doc string, t arrow.DataType, k Kernel, params ...param) Scalar {
	all := strings.Fields(names)
	return Scalar{Name: all[0], Aliases: all[1:], Doc: doc, Bind: func(args []Arg) (Bound, error) {
		casts, err := takes(all[0], args, params)
		return Bound{Casts: casts, Type: t, Kernel: k}, err
	}}
}

// bytesLike is strict for a function whose result is binary if its first argument is, else text.
func bytesLike(names, doc string, k func(t arrow.DataType) Kernel, params ...param) Scalar {
	f := strict(names, doc, datatype.String, nil, params...)
	bind := f.Bind
	f.Bind = func(args []Arg) (Bound, error) {
		b, err := bind(args)
		if err != nil {
			return b, err
		}
		if b.Casts[0].ID() == arrow.BINARY {
			b.Type = datatype.Binary
		}
		b.Kernel = k(b.Type)
		return b, nil
	}
	return f
}

// takes checks args against params and returns what they are to be cast to.
func takes(name string, args []Arg, params []param) ([]arrow.DataType, error) {
	least, most := 0, len(params)
	for _, p := range params {
		if !p.opt {
			least++
		}
		if p.rest {
			most = -1
		}
	}
	if err := wantArgs(name, args, least, most); err != nil {
		return nil, err
	}
	casts := make([]arrow.DataType, len(args))
	for i, a := range args {
		p := params[min(i, len(params)-1)]
		if casts[i] = p.cast(a.Type); casts[i] == nil {
			return nil, badArg(name, i, p.what, a.Type)
		}
	}
	return casts, nil
}

// constText returns the constant text argument i; ok is false if it is not constant or NULL.
func constText(args []Arg, i int) (s string, ok bool) {
	if i >= len(args) || args[i].Const == nil || !datatype.IsText(args[i].Type) || args[i].Const.IsNull(0) {
		return "", false
	}
	return string(bytesOf(Vec{Array: args[i].Const, Const: true}).at(0)), true
}

// textRows makes a column of t, text or binary: f appends row i to dst; not ok gives NULL. f is not
// called for rows with a NULL argument.
func textRows(c *Ctx, t arrow.DataType, args []Vec, n int, f func(dst []byte, i int) ([]byte, bool)) (arrow.Array, error) {
	return tryTextRows(c, t, args, n, func(dst []byte, i int) ([]byte, bool, error) {
		dst, ok := f(dst, i)
		return dst, ok, nil
	})
}

// tryTextRows is textRows for an f that may fail.
func tryTextRows(c *Ctx, t arrow.DataType, args []Vec, n int, f func(dst []byte, i int) ([]byte, bool, error)) (arrow.Array, error) {
	o := newText(c, t, n, args...)
	for i := range n {
		if o.null(i) {
			o.end()
			continue
		}
		start := len(o.data)
		data, ok, err := f(o.data, i)
		if err == nil && len(data) > 1<<31-1 {
			err = diag.Errorf(diag.Limit, "one column of a batch would take %d bytes of text", len(data))
		}
		if err != nil {
			o.release()
			return nil, err
		}
		if o.data = data; !ok {
			o.data = o.data[:start]
			o.addNull()
			continue
		}
		o.end()
	}
	return o.finish()
}

// intRows makes an int column of f, which is not called for rows with a NULL argument.
func intRows(c *Ctx, args []Vec, n int, f func(i int) int32) (arrow.Array, error) {
	o := newFixed[int32](c, datatype.Int, n, args...)
	for i := range o.vals {
		if !o.null(i) {
			o.vals[i] = f(i)
		}
	}
	return o.finish(), nil
}

// boolRows makes a boolean column of f, which is not called for rows with a NULL argument.
func boolRows(c *Ctx, args []Vec, n int, f func(i int) bool) (arrow.Array, error) {
	o := newBools(c, n, args...)
	for i := range n {
		if !o.null(i) && f(i) {
			o.set(i)
		}
	}
	return o.finish(), nil
}

// runeOffset returns the byte offset of character k of s, at most len(s).
func runeOffset(s []byte, k int) int {
	if k >= len(s) {
		return len(s)
	}
	for i := range s {
		if s[i]&0xC0 == 0x80 {
			continue
		}
		if k == 0 {
			return i
		}
		k--
	}
	return len(s)
}

func isASCIIBytes(s []byte) bool {
	for _, b := range s {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func itoa(n int) string { return strconv.Itoa(n) }

// foldName is the form in which names of fields are compared.
func foldName(s string) string { return strings.ToLower(s) }

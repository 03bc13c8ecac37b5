package funcs

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// textSearch finds plain text in text.
var textSearch = []Scalar{
	strict("instr", "instr(s, sub[, pos[, nth]]): where the nth sub begins in s, searched from pos on, backwards if pos is negative; 0 if it is not there; instr('aXbXc', 'X', 3) is 4",
		datatype.Int, instrKernel, anyText, anyText, whole.optional(), whole.optional()),
	strict("locate", "locate(sub, s[, pos]): where sub begins in s at or after pos, else 0; locate('b', 'abcb', 3) is 4", datatype.Int, locateKernel, anyText, anyText, whole.optional()),
	strict("position", "position(sub, s): where sub begins in s, else 0; position('b', 'abc') is 2", datatype.Int, locateKernel, anyText, anyText),
	strict("strpos", "strpos(s, sub): where sub begins in s, else 0; strpos('abc', 'c') is 3", datatype.Int,
		func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			return locateKernel(c, []Vec{args[1], args[0]}, n)
		}, anyText, anyText),
	strict("starts_with startswith", "starts_with(s, prefix): whether s begins with prefix; starts_with('abc', 'ab') is true", datatype.Bool, textTest(bytes.HasPrefix), anyText, anyText),
	strict("ends_with endswith", "ends_with(s, suffix): whether s ends with suffix; ends_with('abc', 'bc') is true", datatype.Bool, textTest(bytes.HasSuffix), anyText, anyText),
	{Name: "contains", Doc: "contains(s, sub): whether sub is in s; of an array, whether it has the element; contains('abc', 'b') is true", Bind: bindContains},
	strict("find_in_set", "find_in_set(s, list): the place of s in a list separated by commas, else 0; find_in_set('b', 'a,b,c') is 2", datatype.Int, findInSet, anyText, anyText),
	{Name: "field", Doc: "field(v, a, …): the place of v among the arguments after it, else 0; field('b', 'a', 'b') is 2", Bind: bindField},
	{Name: "elt", Doc: "elt(n, a, …): argument n after n, NULL if there is none; elt(2, 'a', 'b') is 'b'", Bind: bindElt},
}

func textTest(f func(s, t []byte) bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		a, b := bytesOf(args[0]), bytesOf(args[1])
		return boolRows(c, args, n, func(i int) bool { return f(a.at(i), b.at(i)) })
	}
}

func bindContains(args []Arg) (Bound, error) {
	if len(args) == 2 && args[0].Type.ID() == arrow.LIST {
		return bindArrayContains("contains", args)
	}
	casts, err := takes("contains", args, []param{anyText, anyText})
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: textTest(bytes.Contains)}, err
}

func instrKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, sub := bytesOf(args[0]), bytesOf(args[1])
	pos, nth := func(int) int64 { return 1 }, func(int) int64 { return 1 }
	if len(args) > 2 {
		pos = fixedOf[int64](args[2]).at
	}
	if len(args) > 3 {
		nth = fixedOf[int64](args[3]).at
		for i := range args[3].Len() {
			if args[3].IsValid(i) && fixedOf[int64](args[3]).at(i) < 1 {
				return nil, diag.Errorf(diag.BadValue, "instr takes an occurrence of at least 1, not %s", datatype.Text(args[3].Array, i))
			}
		}
	}
	return intRows(c, args, n, func(i int) int32 { return int32(instr(s.at(i), sub.at(i), pos(i), nth(i))) })
}

// instr returns the place, from 1, of the nth sub in s that begins at or after character pos; if pos is
// not positive, at or before character length+1+pos, searched backwards. Occurrences may overlap.
func instr(s, sub []byte, pos, nth int64) int {
	length := int64(utf8.RuneCount(s))
	if pos > length || length+pos < 0 {
		return 0
	}
	at := -1
	if pos > 0 {
		at = runeOffset(s, int(pos-1))
		for ; ; at++ {
			next := bytes.Index(s[at:], sub)
			if next < 0 {
				return 0
			}
			if at += next; nth == 1 {
				break
			}
			if nth--; at >= len(s) {
				return 0
			}
		}
	} else {
		at = runeOffset(s, int(length+pos))
		for ; ; at-- {
			if at = bytes.LastIndex(s[:min(len(s), at+len(sub))], sub); at < 0 {
				return 0
			}
			if nth == 1 {
				break
			}
			if nth--; at == 0 {
				return 0
			}
		}
	}
	return 1 + utf8.RuneCount(s[:at])
}

func locateKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	sub, s := bytesOf(args[0]), bytesOf(args[1])
	pos := func(int) int64 { return 1 }
	if len(args) > 2 {
		pos = fixedOf[int64](args[2]).at
	}
	return intRows(c, args, n, func(i int) int32 {
		v, p := s.at(i), pos(i)
		if p < 1 || p > int64(len(v))+1 {
			return 0
		}
		from := runeOffset(v, int(p-1))
		if len(sub.at(i)) == 0 {
			return 1
		}
		at := bytes.Index(v[from:], sub.at(i))
		if at < 0 {
			return 0
		}
		return int32(1 + utf8.RuneCount(v[:from+at]))
	})
}

func findInSet(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, list := bytesOf(args[0]), bytesOf(args[1])
	return intRows(c, args, n, func(i int) int32 {
		v, rest := s.at(i), list.at(i)
		if bytes.IndexByte(v, ',') >= 0 {
			return 0
		}
		for k := int32(1); ; k++ {
			item, more, found := bytes.Cut(rest, []byte(","))
			if bytes.Equal(item, v) {
				return k
			}
			if !found {
				return 0
			}
			rest = more
		}
	})
}

// bindField compares only values of one type, as Hive does: field(1, '1') is 0.
func bindField(args []Arg) (Bound, error) {
	if err := wantArgs("field", args, 2, -1); err != nil {
		return Bound{}, err
	}
	for i, a := range args {
		if datatype.IsNested(a.Type) {
			return Bound{}, badArg("field", i, "a primitive value", a.Type)
		}
	}
	return Bound{Type: datatype.Int, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		v := args[0]
		return intRows(c, nil, n, func(i int) int32 {
			if vec.IsNull(v.Array, v.At(i)) {
				return 0
			}
			for k, a := range args[1:] {
				same := datatype.Equal(a.DataType(), v.DataType()) || datatype.IsText(a.DataType()) && datatype.IsText(v.DataType())
				if same && !a.Null(i) && vec.Equal(v.Array, v.At(i), a.Array, a.At(i)) {
					return int32(k + 1)
				}
			}
			return 0
		})
	}}, nil
}

func bindElt(args []Arg) (Bound, error) {
	if err := wantArgs("elt", args, 2, -1); err != nil {
		return Bound{}, err
	}
	casts := castsTo(datatype.String, len(args))
	casts[0] = datatype.Int
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		which := fixedOf[int32](args[0])
		return choose(c, datatype.String, args[1:], n, func(i int) int {
			if which.nulls.at(i) || which.at(i) < 1 || int(which.at(i)) >= len(args) {
				return -1
			}
			return int(which.at(i)) - 1
		}), nil
	}}, nil
}

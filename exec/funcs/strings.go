package funcs

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/winnowdb/winnow/exec/datatype"
)

// strs makes text of text. Positions and lengths count characters (code points), from 1.
var strs = []Scalar{
	{Name: "concat", Aliases: []string{"||"}, Doc: "concat(a, …): the texts one after the other, NULL if one is NULL; concat('a', 1, true) is 'a1TRUE'", Bind: bindConcat},
	{Name: "concat_ws", Doc: "concat_ws(sep, s, …): texts and the elements of arrays of texts with sep between them, NULLs left out; concat_ws(',', 'a', NULL, 'b') is 'a,b'", Bind: bindConcatWS},
	strict("length char_length character_length len", "length(s): the number of characters, of bytes if s is binary; length('héllo') is 5", datatype.Int, lengthKernel, onlyBytes),
	strict("octet_length", "octet_length(s): the number of bytes; octet_length('é') is 2", datatype.Int,
		textToFixed(datatype.Int, func(v []byte) (int32, bool) { return int32(len(v)), true }), textOrBinary),
	bytesLike("substr substring mid", "substr(s, pos[, len]): the part of s from pos on, from the end if pos is negative; substr('Facebook', -3, 2) is 'oo'", substrKernel, textOrBinary, whole, whole.optional()),
	strict("substring_index", "substring_index(s, delim, n): s before the nth delim, after the nth from the end if n is negative; substring_index('a.b.c', '.', 2) is 'a.b'",
		datatype.String, substringIndex, anyText, anyText, whole),
	strict("upper ucase", "upper(s): s in upper case; upper('get') is 'GET'", datatype.String, caseKernel(true), anyText),
	strict("lower lcase", "lower(s): s in lower case; lower('GET') is 'get'", datatype.String, caseKernel(false), anyText),
	strict("initcap", "initcap(s): every word with one capital letter, words being separated by blanks; initcap('foo-bar x') is 'Foo-bar X'", datatype.String,
		mapText(datatype.String, appendInitcap), anyText),
	strict("trim", "trim(s[, chars]): s without blanks, or characters of chars, at both ends; trim('  a ') is 'a'", datatype.String, trimKernel(true, true), anyText, anyText.optional()),
	strict("ltrim", "ltrim(s[, chars]): s without blanks, or characters of chars, at its start; ltrim('xxabc', 'x') is 'abc'", datatype.String, trimKernel(true, false), anyText, anyText.optional()),
	strict("rtrim", "rtrim(s[, chars]): s without blanks, or characters of chars, at its end; rtrim('aba', 'a') is 'ab'", datatype.String, trimKernel(false, true), anyText, anyText.optional()),
	strict("lpad", "lpad(s, n[, pad]): s filled with pad on the left to n characters, or cut to n; lpad('hi', 5, 'xy') is 'xyxhi'", datatype.String, padKernel(true), anyText, whole, anyText.optional()),
	strict("rpad", "rpad(s, n[, pad]): s filled with pad on the right to n characters, or cut to n; rpad('hi', 4, '-') is 'hi--'", datatype.String, padKernel(false), anyText, whole, anyText.optional()),
	strict("repeat", "repeat(s, n): s n times; repeat('ab', 2) is 'abab'", datatype.String, repeatKernel, anyText, whole),
	strict("space", "space(n): n blanks; space(2) is '  '", datatype.String, spaceKernel, whole),
	strict("reverse", "reverse(s): the characters of s from last to first; reverse('abc') is 'cba'", datatype.String, mapText(datatype.String, appendReverse), anyText),
	strict("replace", "replace(s, from, to): s with every from replaced by to; replace('aaa', 'aa', 'b') is 'ba'", datatype.String, replaceKernel, anyText, anyText, anyText),
	strict("translate", "translate(s, from, to): each character of from in s replaced by that at its place in to, or dropped; translate('abcab', 'ab', 'x') is 'xcx'",
		datatype.String, translateKernel, anyText, anyText, anyText),
	strict("split_part", "split_part(s, delim, n): piece n of s between delims, from the end if n is negative, '' if there is none; split_part('a,b,c', ',', 2) is 'b'",
		datatype.String, splitPart, anyText, anyText, whole),
}

func bindConcat(args []Arg) (Bound, error) {
	casts := make([]arrow.DataType, len(args))
	for i, a := range args {
		if casts[i] = bytesType(a.Type); casts[i] == nil {
			return Bound{}, badArg("concat", i, "a string or binary", a.Type)
		}
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		views := viewsOf(args)
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			for k := range views {
				dst = append(dst, views[k].at(i)...)
			}
			return dst, true
		})
	}}, nil
}

func viewsOf(args []Vec) []byteView {
	views := make([]byteView, len(args))
	for k, a := range args {
		if a.DataType().ID() != arrow.LIST {
			views[k] = bytesOf(a)
		}
	}
	return views
}

func bindConcatWS(args []Arg) (Bound, error) {
	if err := wantArgs("concat_ws", args, 2, -1); err != nil {
		return Bound{}, err
	}
	casts := make([]arrow.DataType, len(args))
	for i, a := range args {
		list, isList := a.Type.(*arrow.ListType)
		switch {
		case isList && i > 0 && datatype.IsText(list.Elem()):
			casts[i] = a.Type
		case isList && i > 0 && isVoid(list.Elem()):
			casts[i] = datatype.Array(datatype.String)
		default:
			if casts[i] = onlyText.cast(a.Type); casts[i] == nil {
				return Bound{}, badArg("concat_ws", i, "a string or an array of strings", a.Type)
			}
		}
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: concatWS}, nil
}

func concatWS(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	views := viewsOf(args)
	lists := make([]textLists, len(args))
	nulls := make([]nullView, len(args))
	for k, a := range args {
		nulls[k] = nullsOf(a)
		if a.DataType().ID() == arrow.LIST {
			lists[k] = textListsOf(a)
		}
	}
	return textRows(c, datatype.String, args[:1], n, func(dst []byte, i int) ([]byte, bool) {
		sep := views[0].at(i)
		first := true
		put := func(s []byte) {
			if !first {
				dst = append(dst, sep...)
			}
			dst, first = append(dst, s...), false
		}
		for k := 1; k < len(args); k++ {
			switch {
			case nulls[k].at(i):
			case lists[k].offset == nil:
				put(views[k].at(i))
			default:
				from, to := lists[k].offset(args[k].At(i))
				for j := from; j < to; j++ {
					if !lists[k].nulls.at(j) { // Hive writes null here; left out as elsewhere
						put(lists[k].items.at(j))
					}
				}
			}
		}
		return dst, true
	})
}

// textLists is a view of an array<string> argument.
type textLists struct {
	items  byteView
	nulls  nullView
	offset func(i int) (from, to int)
}

func textListsOf(v Vec) textLists {
	values, offset := listOf(v.Array)
	items := Vec{Array: values}
	return textLists{items: bytesOf(items), nulls: nullsOf(items), offset: offset}
}

func lengthKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s := bytesOf(args[0])
	if args[0].DataType().ID() == arrow.BINARY {
		return intRows(c, args, n, func(i int) int32 { return int32(len(s.at(i))) })
	}
	return intRows(c, args, n, func(i int) int32 { return int32(utf8.RuneCount(s.at(i))) })
}

// slice returns the part of s, of length characters, that pos and count name, as byte offsets given by at.
func slice(length, pos, count int64) (from, to int64) {
	if pos > length || -pos > length || count < 1 {
		return 0, 0
	}
	switch {
	case pos > 0:
		from = pos - 1
	case pos < 0:
		from = length + pos
	}
	return from, from + min(count, length-from)
}

func substrKernel(t arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, pos := bytesOf(args[0]), fixedOf[int64](args[1])
		var count fixed[int64]
		if len(args) > 2 {
			count = fixedOf[int64](args[2])
		}
		return textRows(c, t, args, n, func(dst []byte, i int) ([]byte, bool) {
			v, want := s.at(i), int64(1)<<62
			if len(args) > 2 {
				want = count.at(i)
			}
			if t.ID() == arrow.BINARY || isASCIIBytes(v) {
				from, to := slice(int64(len(v)), max(pos.at(i), -1<<62), want)
				return append(dst, v[from:to]...), true
			}
			from, to := slice(int64(utf8.RuneCount(v)), max(pos.at(i), -1<<62), want)
			v = v[runeOffset(v, int(from)):]
			return append(dst, v[:runeOffset(v, int(to-from))]...), true
		})
	}
}

// substringIndex counts delimiters that overlap from the left, and none that overlap from the right, as Hive does.
func substringIndex(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, delim, count := bytesOf(args[0]), bytesOf(args[1]), fixedOf[int64](args[2])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		v, d, k := s.at(i), delim.at(i), count.at(i)
		if len(d) == 0 || k == 0 {
			return dst, true
		}
		if k > 0 {
			at := -1
			for ; k > 0; k-- {
				next := bytes.Index(v[at+1:], d)
				if next < 0 {
					return append(dst, v...), true
				}
				at += 1 + next
			}
			return append(dst, v[:at]...), true
		}
		end := len(v)
		for ; k < 0; k++ {
			if end = bytes.LastIndex(v[:end], d); end < 0 {
				return append(dst, v...), true
			}
		}
		return append(dst, v[end+len(d):]...), true
	})
}

// caseKernel gives the upper or lower case by Unicode's full mapping; ASCII goes byte by byte.
func caseKernel(up bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := bytesOf(args[0])
		full := cases.Lower(language.Und)
		if up {
			full = cases.Upper(language.Und)
		}
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			v := s.at(i)
			if !isASCIIBytes(v) {
				return append(dst, full.Bytes(v)...), true
			}
			start := len(dst)
			dst = append(dst, v...)
			for j, b := range dst[start:] {
				switch {
				case up && 'a' <= b && b <= 'z', !up && 'A' <= b && b <= 'Z':
					dst[start+j] = b ^ 0x20
				}
			}
			return dst, true
		})
	}
}

func appendInitcap(dst, v []byte) []byte {
	start := true
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		v = v[n:]
		if start {
			dst = utf8.AppendRune(dst, unicode.ToTitle(r))
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		start = unicode.IsSpace(r)
	}
	return dst
}

func trimKernel(left, right bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := bytesOf(args[0])
		cut := func(int) []byte { return []byte(" ") }
		if len(args) > 1 {
			cut = bytesOf(args[1]).at
		}
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			v, chars := s.at(i), cut(i)
			for left && len(v) > 0 {
				_, k := utf8.DecodeRune(v)
				if !bytes.Contains(chars, v[:k]) {
					break
				}
				v = v[k:]
			}
			for right && len(v) > 0 {
				_, k := utf8.DecodeLastRune(v)
				if !bytes.Contains(chars, v[len(v)-k:]) {
					break
				}
				v = v[:len(v)-k]
			}
			return append(dst, v...), true
		})
	}
}

func padKernel(left bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, length := bytesOf(args[0]), fixedOf[int64](args[1])
		pad := func(int) []byte { return []byte(" ") }
		if len(args) > 2 {
			pad = bytesOf(args[2]).at
		}
		return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
			v, want, fill := s.at(i), length.at(i), pad(i)
			if len(fill) == 0 {
				return dst, false, nil
			}
			if want > maxCell {
				return nil, false, tooLong("pad")
			}
			have := utf8.RuneCount(v)
			if int(want) <= have {
				return append(dst, v[:runeOffset(v, int(max(want, 0)))]...), true, nil
			}
			if !left {
				dst = append(dst, v...)
			}
			more := int(want) - have
			for width := utf8.RuneCount(fill); more >= width; more -= width {
				dst = append(dst, fill...)
			}
			dst = append(dst, fill[:runeOffset(fill, more)]...)
			if left {
				dst = append(dst, v...)
			}
			return dst, true, nil
		})
	}
}

func repeatKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, times := bytesOf(args[0]), fixedOf[int64](args[1])
	return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
		v, k := s.at(i), max(times.at(i), 0)
		if len(v) > 0 && k > int64(maxCell/len(v)) {
			return nil, false, tooLong("repeat")
		}
		if len(v) == 0 {
			k = 0
		}
		for ; k > 0; k-- {
			dst = append(dst, v...)
		}
		return dst, true, nil
	})
}

func spaceKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	times := fixedOf[int64](args[0])
	return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
		k := times.at(i)
		if k > maxCell {
			return nil, false, tooLong("space")
		}
		for ; k > 0; k-- {
			dst = append(dst, ' ')
		}
		return dst, true, nil
	})
}

func appendReverse(dst, v []byte) []byte {
	for len(v) > 0 {
		_, n := utf8.DecodeLastRune(v)
		dst = append(dst, v[len(v)-n:]...)
		v = v[:len(v)-n]
	}
	return dst
}

// replaceKernel is Java's String.replace: an empty from is found before every character and at the end.
func replaceKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, from, to := bytesOf(args[0]), bytesOf(args[1]), bytesOf(args[2])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		v, f, t := s.at(i), from.at(i), to.at(i)
		if len(f) == 0 {
			for len(v) > 0 {
				_, k := utf8.DecodeRune(v)
				dst = append(append(dst, t...), v[:k]...)
				v = v[k:]
			}
			return append(dst, t...), true
		}
		for {
			at := bytes.Index(v, f)
			if at < 0 {
				return append(dst, v...), true
			}
			dst = append(append(dst, v[:at]...), t...)
			v = v[at+len(f):]
		}
	})
}

// translateKernel keeps the map of the last from and to, which are mostly constant.
func translateKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, from, to := bytesOf(args[0]), bytesOf(args[1]), bytesOf(args[2])
	var lastFrom, lastTo []byte
	var table map[rune]rune
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		f, t := from.at(i), to.at(i)
		if table == nil || !bytes.Equal(f, lastFrom) || !bytes.Equal(t, lastTo) {
			table, lastFrom, lastTo = translation(f, t), f, t
		}
		for _, r := range string(s.at(i)) {
			if x, ok := table[r]; ok {
				if r = x; r < 0 {
					continue
				}
			}
			dst = utf8.AppendRune(dst, r)
		}
		return dst, true
	})
}

// translation maps each character of from to that at its place in to, or to -1; the first of a double counts.
func translation(from, to []byte) map[rune]rune {
	table := map[rune]rune{}
	out := []rune(string(to))
	for k, r := range []rune(string(from)) {
		if _, ok := table[r]; ok {
			continue
		}
		table[r] = -1
		if k < len(out) {
			table[r] = out[k]
		}
	}
	return table
}

func splitPart(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, delim, count := bytesOf(args[0]), bytesOf(args[1]), fixedOf[int64](args[2])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		v, d, k := s.at(i), delim.at(i), count.at(i)
		if len(d) == 0 {
			if k == 1 || k == -1 {
				dst = append(dst, v...)
			}
			return dst, true
		}
		for ; k > 1; k-- {
			at := bytes.Index(v, d)
			if at < 0 {
				return dst, true
			}
			v = v[at+len(d):]
		}
		for ; k < -1; k++ {
			at := bytes.LastIndex(v, d)
			if at < 0 {
				return dst, true
			}
			v = v[:at]
		}
		switch k {
		case 1:
			v, _, _ = bytes.Cut(v, d)
		case -1:
			if at := bytes.LastIndex(v, d); at >= 0 {
				v = v[at+len(d):]
			}
		default:
			return dst, true
		}
		return append(dst, v...), true
	})
}

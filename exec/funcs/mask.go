package funcs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// masks hide what text, integers and dates say and keep their shape.
var masks = []Scalar{
	{Name: "mask", Doc: "mask(s[, upper, lower, digit, other, number, day, month, year]): capital letters as X, small as x, digits as n, dates as 0000-01-01; mask('abCD-123') is 'xxXX-nnn'", Bind: bindMask("mask", false, maskAll)},
	{Name: "mask_first_n", Doc: "mask_first_n(s[, n = 4, …]): mask of the first n characters; mask_first_n('abCD-123', 3) is 'xxXD-123'", Bind: bindMask("mask_first_n", true, maskFirst)},
	{Name: "mask_last_n", Doc: "mask_last_n(s[, n = 4, …]): mask of the last n characters; mask_last_n('abCD-123', 3) is 'abCD-nnn'", Bind: bindMask("mask_last_n", true, maskLast)},
	{Name: "mask_show_first_n", Doc: "mask_show_first_n(s[, n = 4, …]): mask of all but the first n characters; mask_show_first_n('abCD-123', 3) is 'abCX-nnn'", Bind: bindMask("mask_show_first_n", true, maskShowFirst)},
	{Name: "mask_show_last_n", Doc: "mask_show_last_n(s[, n = 4, …]): mask of all but the last n characters; mask_show_last_n('abCD-123', 3) is 'xxXX-123'", Bind: bindMask("mask_show_last_n", true, maskShowLast)},
	strict("mask_hash", "mask_hash(s): the SHA-256 of s in hexadecimal; mask_hash('') is 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'", datatype.String,
		mapText(datatype.String, func(dst, v []byte) []byte { s := sha256.Sum256(v); return hex.AppendEncode(dst, s[:]) }), onlyText),
}

// maskRange returns which of length characters are masked: [from, to).
type maskRange func(length, n int) (from, to int)

func maskAll(length, _ int) (int, int)       { return 0, length }
func maskFirst(length, n int) (int, int)     { return 0, min(n, length) }
func maskLast(length, n int) (int, int)      { return max(length-n, 0), length }
func maskShowFirst(length, n int) (int, int) { return min(n, length), length }
func maskShowLast(length, n int) (int, int)  { return 0, max(length-n, 0) }

// masker is what characters become; -1 leaves them.
type masker struct {
	upper, lower, digit, other rune
	number                     int64 // the digit that integers' digits become; -1 leaves them
	day, month, year           int64 // what the parts of dates become, January as 0; -1 leaves them
	n                          int
}

func bindMask(name string, counted bool, shown maskRange) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		most := 9
		if counted {
			most++
		}
		if err := wantArgs(name, args, 1, most); err != nil {
			return Bound{}, err
		}
		m, err := readMasker(name, args, counted)
		if err != nil {
			return Bound{}, err
		}
		t := args[0].Type
		switch {
		case datatype.IsText(t) || isVoid(t):
			to, width := maskedText(t)
			return Bound{Casts: []arrow.DataType{textType(t)}, Type: to, Kernel: mapText(to, func(dst, v []byte) []byte {
				return m.appendText(dst, v, width, shown)
			})}, nil
		case t.ID() == arrow.DATE32:
			return Bound{Casts: []arrow.DataType{t}, Type: t, Kernel: tryFixed(t, m.date)}, nil
		case datatype.IsInteger(t):
			mask := mapFixed(datatype.BigInt, func(v int64) int64 { return m.integer(v, shown) })
			back := castKernel(datatype.BigInt, t)
			return Bound{Casts: []arrow.DataType{datatype.BigInt}, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
				big, err := mask(c, args, n)
				if err != nil {
					return nil, err
				}
				defer big.Release()
				return back(c, []Vec{{Array: big}}, n)
			}}, nil
		}
		return Bound{}, badArg(name, 0, "a string, an integer or a date", t)
	}
}

// maskedText returns the type of masked text of type t, and how many characters its values have at least: the blanks at the
// end of a char are masked too.
func maskedText(t arrow.DataType) (masked arrow.DataType, width int) {
	switch t := t.(type) {
	case *datatype.Char:
		return &datatype.Char{N: 255}, t.N
	case *datatype.Varchar:
		return &datatype.Varchar{N: 65535}, 0
	}
	return datatype.String, 0
}

// readMasker reads the constant arguments after the first.
func readMasker(name string, args []Arg, counted bool) (masker, error) {
	m := masker{upper: 'X', lower: 'x', digit: 'n', other: -1, number: 1, day: 1, n: 4}
	i := 1
	if counted && len(args) > 1 {
		n, err := constInt(name, args, 1)
		if err != nil {
			return m, err
		}
		m.n = int(max(n, 0))
		i++
	}
	for _, r := range []*rune{&m.upper, &m.lower, &m.digit, &m.other} {
		if i >= len(args) {
			return m, nil
		}
		if args[i].Const == nil {
			return m, diag.Errorf(diag.Type, "%s takes a constant as argument %d", name, i+1)
		}
		if text, ok := constText(args, i); ok && text != "" {
			*r, _ = utf8.DecodeRuneInString(text)
		} else if datatype.IsInteger(args[i].Type) && !args[i].Const.IsNull(0) {
			*r = -1
		}
		i++
	}
	for _, part := range []struct {
		to          *int64
		least, most int64
	}{{&m.number, 0, 9}, {&m.day, 1, 31}, {&m.month, 0, 11}, {&m.year, 0, 9999}} {
		if i < len(args) && args[i].Const != nil && !args[i].Const.IsNull(0) {
			v, ok := datatype.ParseInt([]byte(datatype.Text(args[i].Const, 0)), false)
			if ok && (v == -1 || v >= part.least && v <= part.most) {
				*part.to = v
			}
		}
		i++
	}
	return m, nil
}

// appendText masks v, which blanks fill up to width characters; those that are left at the end are not kept.
func (m *masker) appendText(dst, v []byte, width int, shown maskRange) []byte {
	length := utf8.RuneCount(v)
	from, to := shown(max(length, width), m.n)
	for k := 0; k < max(length, width); k++ {
		r, n := ' ', 0
		if k < length {
			r, n = utf8.DecodeRune(v)
		}
		if masked := m.char(r); k >= from && k < to && masked >= 0 {
			dst = utf8.AppendRune(dst, masked)
		} else if n > 0 {
			dst = append(dst, v[:n]...)
		} else {
			dst = append(dst, ' ')
		}
		v = v[n:]
	}
	if width > 0 {
		dst = bytes.TrimRight(dst, " ")
	}
	return dst
}

// char returns what r becomes, or -1.
func (m *masker) char(r rune) rune {
	switch {
	case unicode.IsUpper(r):
		return m.upper
	case unicode.IsLower(r):
		return m.lower
	case unicode.Is(unicode.Nd, r):
		return m.digit
	}
	return m.other
}

// date masks the parts of a date; parts that together are no date give none.
func (m *masker) date(v arrow.Date32) (arrow.Date32, bool) {
	year, month, day := datatype.Civil(int32(v))
	if m.year >= 0 {
		year = int(m.year)
	}
	if m.month >= 0 {
		month = int(m.month) + 1
	}
	if m.day >= 0 {
		day = int(m.day)
	}
	return arrow.Date32(datatype.DaysOf(year, month, day)), day <= datatype.DaysIn(year, month)
}

// integer masks the digits of v.
func (m *masker) integer(v int64, shown maskRange) int64 {
	if m.number < 0 {
		return v
	}
	length := 1
	for rest := v / 10; rest != 0; rest /= 10 {
		length++
	}
	from, to := shown(length, m.n)
	out, place := int64(0), int64(1)
	negative := v < 0
	for k := length - 1; k >= 0; k-- {
		digit := v % 10
		if negative {
			digit = -digit
		}
		v /= 10
		if k >= from && k < to {
			digit = m.number
		}
		out += digit * place
		place *= 10
	}
	if negative {
		return -out
	}
	return out
}

package funcs

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// masks hide what text and integers say and keep their shape.
var masks = []Scalar{
	{Name: "mask", Doc: "mask(s[, upper, lower, digit, other, number]): capital letters as X, small as x, digits as n; mask('abCD-123') is 'xxXX-nnn'", Bind: bindMask("mask", false, maskAll)},
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
	n                          int
}

func bindMask(name string, counted bool, shown maskRange) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 9); err != nil {
			return Bound{}, err
		}
		m, err := readMasker(name, args, counted)
		if err != nil {
			return Bound{}, err
		}
		t := args[0].Type
		switch {
		case datatype.IsText(t) || isVoid(t):
			return Bound{Casts: []arrow.DataType{textType(t)}, Type: datatype.String, Kernel: mapText(datatype.String, func(dst, v []byte) []byte {
				from, to := shown(utf8.RuneCount(v), m.n)
				return m.appendText(dst, v, from, to)
			})}, nil
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
		return Bound{}, badArg(name, 0, "a string or an integer", t)
	}
}

// readMasker reads the constant arguments after the first.
func readMasker(name string, args []Arg, counted bool) (masker, error) {
	m := masker{upper: 'X', lower: 'x', digit: 'n', other: -1, number: 1, n: 4}
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
	if i < len(args) && args[i].Const != nil && !args[i].Const.IsNull(0) {
		if v, ok := datatype.ParseInt([]byte(datatype.Text(args[i].Const, 0)), false); ok && v >= -1 && v <= 9 {
			m.number = v
		}
	}
	return m, nil
}

func (m *masker) appendText(dst, v []byte, from, to int) []byte {
	k := 0
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		if masked := m.char(r); k >= from && k < to && masked >= 0 {
			dst = utf8.AppendRune(dst, masked)
		} else {
			dst = append(dst, v[:n]...)
		}
		v = v[n:]
		k++
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

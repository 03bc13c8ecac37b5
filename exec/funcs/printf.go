package funcs

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// formatSpec is one % of a format, after the literal text before it.
type formatSpec struct {
	literal                                       string
	arg                                           int  // index among the arguments; -1 for %% and %n
	verb                                          byte // lower case; 0: only the literal
	upper                                         bool
	width                                         int
	precision                                     int // -1: none
	minus, plus, space, zero, comma, paren, sharp bool
}

// maxFormatWidth bounds the width and precision of one value.
const maxFormatWidth = 1 << 20

// parseFormat reads a format of java.util.Formatter.
func parseFormat(format string) ([]formatSpec, error) {
	var specs []formatSpec
	next, last := 0, 0
	for {
		at := strings.IndexByte(format, '%')
		if at < 0 {
			return append(specs, formatSpec{literal: format, arg: -1}), nil
		}
		s := formatSpec{literal: format[:at], precision: -1}
		rest := format[at+1:]
		explicit := -1
		if n, after, ok := leadingInt(rest); ok && strings.HasPrefix(after, "$") && n > 0 {
			explicit, rest = n-1, after[1:]
		} else if strings.HasPrefix(rest, "<") {
			explicit, rest = last, rest[1:]
		}
		rest = s.flags(rest)
		if n, after, ok := leadingInt(rest); ok {
			s.width, rest = n, after
		}
		if strings.HasPrefix(rest, ".") {
			n, after, ok := leadingInt(rest[1:])
			if !ok {
				return nil, diag.Errorf(diag.BadValue, "format %q: a precision without digits", format)
			}
			s.precision, rest = n, after
		}
		if rest == "" {
			return nil, diag.Errorf(diag.BadValue, "format %q: %% at the end", format).WithHint("write %%%% for a percent sign")
		}
		s.verb = rest[0] | 0x20
		s.upper = rest[0] != s.verb
		switch {
		case rest[0] == '%' || rest[0] == 'n':
			s.verb, s.arg, s.upper = rest[0], -1, false
		case strings.IndexByte("bhscdoxefga", s.verb) < 0 || s.upper && strings.IndexByte("dof", s.verb) >= 0:
			return nil, diag.Errorf(diag.BadValue, "format %q: no conversion %%%s", format, rest[:1])
		case explicit >= 0:
			s.arg, last = explicit, explicit
		default:
			s.arg, last = next, next
			next++
		}
		if s.width > maxFormatWidth || s.precision > maxFormatWidth {
			return nil, diag.Errorf(diag.Limit, "format %q: a width beyond %d", format, maxFormatWidth)
		}
		specs = append(specs, s)
		format = rest[1:]
	}
}

func (s *formatSpec) flags(rest string) string {
	for rest != "" {
		switch rest[0] {
		case '-':
			s.minus = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '0':
			s.zero = true
		case ',':
			s.comma = true
		case '(':
			s.paren = true
		case '#':
			s.sharp = true
		default:
			return rest
		}
		rest = rest[1:]
	}
	return rest
}

func leadingInt(s string) (n int, rest string, ok bool) {
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	if end == 0 || s[0] == '0' && end > 1 {
		return 0, s, false
	}
	n, err := strconv.Atoi(s[:end])
	return n, s[end:], err == nil && s[0] != '0' || s[:end] == "0" && end == 1
}

func bindPrintf(args []Arg) (Bound, error) {
	if err := wantArgs("printf", args, 1, -1); err != nil {
		return Bound{}, err
	}
	casts := make([]arrow.DataType, len(args))
	for i, a := range args {
		if datatype.IsNested(a.Type) {
			return Bound{}, badArg("printf", i, "a primitive value", a.Type)
		}
	}
	casts[0] = textType(args[0].Type)
	if text, ok := constText(args, 0); ok {
		specs, err := parseFormat(text)
		if err != nil {
			return Bound{}, err
		}
		for _, s := range specs {
			if err := s.check(typesOf(args[1:])); err != nil {
				return Bound{}, err
			}
		}
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: printfKernel}, nil
}

// check reports an argument that is missing or that the conversion does not take.
func (s *formatSpec) check(types []arrow.DataType) error {
	if s.arg < 0 {
		return nil
	}
	if s.arg >= len(types) {
		return diag.Errorf(diag.Type, "printf: %%%c has no argument", s.verb)
	}
	t, ok := types[s.arg], true
	switch s.verb {
	case 'd', 'o', 'x':
		ok = datatype.IsInteger(t)
	case 'e', 'f', 'g', 'a':
		ok = datatype.IsFloating(t) || datatype.IsDecimal(t)
	case 'c':
		ok = datatype.IsInteger(t)
	}
	if !ok && !isVoid(t) {
		return diag.Errorf(diag.Type, "printf: %%%c does not take %s", s.verb, datatype.Name(t)).WithHint("cast the argument, or use %%s")
	}
	return nil
}

func printfKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	format := stringsOf(args[0])
	var specs []formatSpec
	last := ""
	p := printer{c: c, args: args[1:]}
	types := make([]arrow.DataType, len(args)-1)
	for k, a := range args[1:] {
		types[k] = a.DataType()
	}
	return tryTextRows(c, datatype.String, args[:1], n, func(dst []byte, i int) ([]byte, bool, error) {
		if specs == nil || format.at(i) != last {
			var err error
			if specs, err = parseFormat(format.at(i)); err != nil {
				return nil, false, err
			}
			for _, s := range specs {
				if err := s.check(types); err != nil {
					return nil, false, err
				}
			}
			last = format.at(i)
		}
		for k := range specs {
			dst = p.append(dst, &specs[k], i)
		}
		return dst, true, nil
	})
}

// printer writes the arguments of one call; text and digits are scratch.
type printer struct {
	c    *Ctx
	args []Vec
	text []byte
	num  digitText
}

func (p *printer) append(dst []byte, s *formatSpec, i int) []byte {
	dst = append(dst, s.literal...)
	switch {
	case s.verb == 0:
		return dst
	case s.verb == '%':
		return s.pad(dst, []byte("%"))
	case s.verb == 'n':
		return append(dst, '\n')
	}
	v := p.args[s.arg]
	null := isVoid(v.DataType()) || v.Null(i)
	switch {
	case s.verb == 'b':
		b, isBool := v.Array.(*array.Boolean)
		p.text = strconv.AppendBool(p.text[:0], !null && (!isBool || b.Value(v.At(i))))
		return p.words(dst, s)
	case null:
		p.text = append(p.text[:0], "null"...)
		return p.words(dst, s)
	case s.verb == 'd':
		p.num.setText(strconv.AppendInt(p.text[:0], int64At(v.Array, v.At(i)), 10))
		return p.number(dst, s, 0)
	case s.verb == 'o' || s.verb == 'x':
		return p.bits(dst, s, v, i)
	case s.verb == 'c':
		p.text = utf8.AppendRune(p.text[:0], rune(int64At(v.Array, v.At(i))))
		return p.words(dst, s)
	case s.verb == 's':
		if b, ok := v.Array.(*array.Binary); ok {
			p.text = appendSpacedHex(p.text[:0], b.Value(v.At(i)))
		} else {
			p.text = datatype.AppendTextIn(p.text[:0], v.Array, v.At(i), p.c.Session.Zone)
		}
		return p.words(dst, s)
	case s.verb == 'h':
		p.text = strconv.AppendUint(p.text[:0], uint64(uint32(valueHash(v.Array, v.At(i)))), 16)
		return p.words(dst, s)
	}
	return p.float(dst, s, v, i)
}

// appendSpacedHex writes bytes as Hive's binary values show themselves to a format: in hexadecimal with blanks between.
func appendSpacedHex(dst, v []byte) []byte {
	for k, b := range v {
		if k > 0 {
			dst = append(dst, ' ')
		}
		dst = hex.AppendEncode(dst, []byte{b})
	}
	return dst
}

// valueHash is the hash code of the Java object that Hive hands to a format for value i of a.
func valueHash(a arrow.Array, i int) int32 {
	switch v := a.(type) {
	case *array.Boolean:
		if v.Value(i) {
			return 1231
		}
		return 1237
	case *array.Int8, *array.Int16, *array.Int32:
		return int32(int64At(a, i))
	case *array.Int64:
		return foldHash(uint64(v.Value(i)))
	case *array.Float32:
		return int32(math.Float32bits(v.Value(i)))
	case *array.Float64:
		return foldHash(math.Float64bits(v.Value(i)))
	case *array.Date32:
		return int32(v.Value(i))
	case *array.Binary:
		h := int32(1)
		for _, b := range v.Value(i) {
			h = 31*h + int32(int8(b))
		}
		return h
	}
	return javaHash(datatype.Text(a, i))
}

func foldHash(bits uint64) int32 { return int32(bits ^ bits>>32) }

// javaHash is String.hashCode for text without surrogate pairs.
func javaHash(s string) int32 {
	h := int32(0)
	for _, r := range s {
		h = 31*h + r
	}
	return h
}

// words pads p.text, cut to the precision.
func (p *printer) words(dst []byte, s *formatSpec) []byte {
	text := p.text
	if s.precision >= 0 {
		text = text[:runeOffset(text, s.precision)]
	}
	if s.upper {
		text = []byte(strings.ToUpper(string(text)))
	}
	return s.pad(dst, text)
}

func (s *formatSpec) pad(dst, text []byte) []byte {
	more := s.width - utf8.RuneCount(text)
	if s.minus {
		dst = append(dst, text...)
	}
	for ; more > 0; more-- {
		dst = append(dst, ' ')
	}
	if !s.minus {
		dst = append(dst, text...)
	}
	return dst
}

// bits writes an integer's two's complement.
func (p *printer) bits(dst []byte, s *formatSpec, v Vec, i int) []byte {
	bits := uint64(int64At(v.Array, v.At(i)))
	if w := v.DataType().(arrow.FixedWidthDataType).BitWidth(); w < 64 {
		bits &= 1<<w - 1
	}
	base, prefix := 8, "0"
	if s.verb == 'x' {
		base, prefix = 16, "0x"
	}
	p.text = p.text[:0]
	if s.sharp {
		p.text = append(p.text, prefix...)
	}
	head := len(p.text)
	p.text = strconv.AppendUint(p.text, bits, base)
	for s.zero && len(p.text) < s.width {
		p.text = append(p.text[:head], append([]byte("0"), p.text[head:]...)...)
	}
	return p.words(dst, &formatSpec{width: s.width, precision: -1, minus: s.minus, upper: s.upper})
}

// number writes p.num with places decimals, sign, commas and padding.
func (p *printer) number(dst []byte, s *formatSpec, places int) []byte {
	d := &p.num
	head, tail := s.sign(d.negative)
	digits := d.point
	for digits > 1 && d.at(digits-1) == '0' {
		digits--
	}
	digits = max(digits, 1)
	var body []byte
	for k := digits - 1; k >= 0; k-- {
		body = append(body, d.at(k))
		if s.comma && k > 0 && k%3 == 0 {
			body = append(body, ',')
		}
	}
	if places > 0 || s.sharp && s.verb != 'd' {
		body = append(body, '.')
	}
	for k := 1; k <= places; k++ {
		body = append(body, d.at(-k))
	}
	return s.signed(dst, head, body, tail)
}

// sign returns what stands before and after a number.
func (s *formatSpec) sign(negative bool) (head, tail string) {
	switch {
	case negative && s.paren:
		return "(", ")"
	case negative:
		return "-", ""
	case s.plus:
		return "+", ""
	case s.space:
		return " ", ""
	}
	return "", ""
}

// signed writes a number's parts, zeros between sign and digits if the flag 0 is set.
func (s *formatSpec) signed(dst []byte, head string, body []byte, tail string) []byte {
	out := []byte(head)
	if s.zero {
		for k := len(head) + len(body) + len(tail); k < s.width; k++ {
			out = append(out, '0')
		}
	}
	return s.pad(dst, append(append(out, body...), tail...))
}

// float writes a floating number or decimal by %f, %e, %g or %a, rounding half up, as Java does.
func (p *printer) float(dst []byte, s *formatSpec, v Vec, i int) []byte {
	switch a := v.Array.(type) {
	case *array.Float64:
		p.text = floatDigits(p.text[:0], a.Value(v.At(i)), 64)
	case *array.Float32:
		p.text = floatDigits(p.text[:0], float64(a.Value(v.At(i))), 32)
	default:
		p.text = datatype.AppendText(p.text[:0], v.Array, v.At(i))
	}
	if c := p.text[len(p.text)-1]; c < '0' || c > '9' { // NaN, Infinity
		if s.paren && p.text[0] == '-' {
			p.text = append(append([]byte("("), p.text[1:]...), ')')
		} else if s.plus && p.text[0] == 'I' {
			p.text = append([]byte("+"), p.text...)
		}
		return p.words(dst, &formatSpec{width: s.width, precision: -1, minus: s.minus, upper: s.upper})
	}
	if s.verb == 'a' {
		f, _ := numberAt(v.Array, v.At(i))
		return p.hexadecimal(dst, s, f)
	}
	p.num.setText(p.text)
	places := s.precision
	if places < 0 {
		places = 6
	}
	switch s.verb {
	case 'f':
		p.num.round(places, false)
		return p.number(dst, s, places)
	case 'g':
		return p.general(dst, s, max(places, 1))
	}
	return p.scientific(dst, s, places)
}

func floatDigits(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, bits)
}

// scientific writes d.ddde+xx.
func (p *printer) scientific(dst []byte, s *formatSpec, places int) []byte {
	d := &p.num
	f := decimalFormat{minInt: 1}
	exponent := f.normalize(d)
	d.round(places, false)
	if d.at(1) != '0' { // 9.99 rounded to 10.0
		d.point--
		exponent++
	}
	negative := d.negative
	d.negative = false
	body := p.number(nil, &formatSpec{verb: 'e', sharp: s.sharp}, places)
	body = append(body, 'e', '+')
	if exponent < 0 {
		body[len(body)-1], exponent = '-', -exponent
	}
	if exponent < 10 {
		body = append(body, '0')
	}
	body = strconv.AppendInt(body, int64(exponent), 10)
	if s.upper {
		body = []byte(strings.ToUpper(string(body)))
	}
	head, tail := s.sign(negative)
	return s.signed(dst, head, body, tail)
}

// hexadecimal writes %a: 0x1.8p-3, and what is below the normal numbers as 0x0.8p-1022 unless a precision rounds it.
func (p *printer) hexadecimal(dst []byte, s *formatSpec, v float64) []byte {
	head, tail := s.sign(math.Signbit(v))
	v = math.Abs(v)
	precision := s.precision
	if precision == 0 {
		precision = 1
	}
	var mantissa, exponent string
	if bits := math.Float64bits(v); precision < 0 && bits != 0 && bits < 1<<52 {
		mantissa, exponent = strings.TrimRight(fmt.Sprintf("0.%013x", bits), "0"), "-1022"
	} else {
		mantissa, exponent, _ = strings.Cut(strconv.FormatFloat(v, 'x', precision, 64)[len("0x"):], "p")
		n, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		exponent = strconv.Itoa(n)
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
	}
	body := mantissa + "p" + exponent
	head += "0x"
	if s.upper {
		head, body = strings.ToUpper(head), strings.ToUpper(body)
	}
	return s.signed(dst, head, []byte(body), tail)
}

// general writes %g: fixed for 0.0001 ≤ x < 10^precision, else scientific, with precision digits in all.
func (p *printer) general(dst []byte, s *formatSpec, precision int) []byte {
	d := &p.num
	f := decimalFormat{minInt: 1}
	probe := digitText{digits: append([]byte(nil), d.digits...), point: d.point}
	exponent := f.normalize(&probe)
	probe.round(precision-1, false)
	if probe.at(1) != '0' {
		exponent++
	}
	if exponent < -4 || exponent >= precision {
		return p.scientific(dst, s, precision-1)
	}
	places := precision - 1 - exponent
	d.round(places, false)
	return p.number(dst, s, places)
}

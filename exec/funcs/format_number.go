package funcs

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// formatting writes numbers and texts by a format.
var formatting = []Scalar{
	{Name: "format_number", Doc: "format_number(x, d): x with commas and d decimals, rounded half to even, or by a pattern of java.text.DecimalFormat; format_number(12332.123456, 4) is '12,332.1235'", Bind: bindFormatNumber},
	{Name: "printf", Aliases: []string{"format"}, Doc: "printf(format, a, …): the arguments by a format of java.util.Formatter; printf('%05d|%s', 42, 'x') is '00042|x'", Bind: bindPrintf},
}

// digitText is a number as sign, digits and the place of the point, which is before digits[point].
type digitText struct {
	negative bool
	digits   []byte
	point    int
}

// setText reads plain decimal text.
func (d *digitText) setText(text []byte) {
	d.negative = len(text) > 0 && text[0] == '-'
	text = bytes.TrimLeft(text, "-")
	d.digits = d.digits[:0]
	d.point = len(text)
	for i, c := range text {
		if c == '.' {
			d.point = i
			continue
		}
		d.digits = append(d.digits, c)
	}
}

// round cuts d after places decimals; half goes away from zero, or to even.
func (d *digitText) round(places int, toEven bool) {
	keep := d.point + places
	if keep >= len(d.digits) {
		return
	}
	if keep < 0 {
		d.digits, d.point = d.digits[:0], 0
		return
	}
	up := d.digits[keep] > '5' || d.digits[keep] == '5' && (!toEven || len(bytes.TrimRight(d.digits[keep+1:], "0")) > 0 || keep > 0 && d.digits[keep-1]%2 == 1)
	d.digits = d.digits[:keep]
	if !up {
		return
	}
	for i := keep - 1; i >= 0; i-- {
		if d.digits[i]++; d.digits[i] <= '9' {
			return
		}
		d.digits[i] = '0'
	}
	d.digits = slices.Insert(d.digits, 0, '1')
	d.point++
}

// at returns the digit of 10^k.
func (d *digitText) at(k int) byte {
	if i := d.point - 1 - k; i >= 0 && i < len(d.digits) {
		return d.digits[i]
	}
	return '0'
}

// decimalFormat is a pattern of java.text.DecimalFormat.
type decimalFormat struct {
	prefix, suffix       string
	negPrefix, negSuffix string
	group                int // digits between commas; 0: none
	minInt               int
	minFrac, maxFrac     int
	shift                int // 2 for %, 3 for ‰
	minExp               int // digits of the exponent; 0: no exponent
}

// placesFormat is the format of format_number(x, d).
func placesFormat(places int) *decimalFormat {
	return &decimalFormat{negPrefix: "-", group: 3, minInt: 1, minFrac: places, maxFrac: places}
}

// parseDecimalFormat reads a pattern; what follows the first ; only gives prefix and suffix of negative numbers.
func parseDecimalFormat(pattern string) (*decimalFormat, error) {
	f := &decimalFormat{}
	rest, err := f.part(pattern, &f.prefix, &f.suffix)
	if err != nil {
		return nil, err
	}
	f.negPrefix, f.negSuffix = "-"+f.prefix, f.suffix
	if rest != "" {
		var neg decimalFormat
		if _, err := neg.part(rest[1:], &f.negPrefix, &f.negSuffix); err != nil {
			return nil, err
		}
		if f.negPrefix == f.prefix && f.negSuffix == f.suffix {
			f.negPrefix = "-" + f.prefix
		}
	}
	return f, nil
}

// part reads one half of a pattern and returns the rest, from its semicolon on.
func (f *decimalFormat) part(s string, prefix, suffix *string) (rest string, err error) {
	bad := func(why string) (string, error) {
		return "", diag.Errorf(diag.BadValue, "number format %q: %s", s, why)
	}
	var fix [2]strings.Builder
	side, quoted := 0, false
	hashes, zeros, after := 0, 0, 0 // # before zeros, zeros, # after them
	point, comma := -1, -1
	i := 0
loop:
	for ; i < len(s); i++ {
		c := s[i]
		number := side == 0 || (fix[1].Len() == 0 && f.minExp == 0)
		switch {
		case c == '\'':
			if i+1 < len(s) && s[i+1] == '\'' {
				fix[side].WriteByte('\'')
				i++
				continue
			}
			quoted = !quoted
		case quoted:
			fix[side].WriteByte(c)
		case c == ';':
			break loop
		case strings.IndexByte("#0,.", c) >= 0 && number:
			side = 1
			switch c {
			case '#':
				if zeros > 0 {
					after++
				} else {
					hashes++
				}
			case '0':
				if after > 0 {
					return bad("a 0 after a #")
				}
				zeros++
			case ',':
				comma = hashes + zeros + after
			case '.':
				if point >= 0 {
					return bad("two points")
				}
				point = hashes + zeros + after
			}
			if c != ',' && comma < 0 {
				f.group = 0
			}
		case c == 'E' && number && side == 1:
			for i+1 < len(s) && s[i+1] == '0' {
				f.minExp++
				i++
			}
			if f.minExp == 0 {
				return bad("an E without 0")
			}
		case c == '%':
			f.shift = 2
			fix[max(side, 0)].WriteByte(c)
		case strings.HasPrefix(s[i:], "‰"):
			f.shift = 3
			fix[side].WriteString("‰")
			i += len("‰") - 1
		default:
			fix[side].WriteByte(c)
		}
	}
	total := hashes + zeros + after
	if zeros == 0 && hashes > 0 && point >= 0 { // Java takes #.## for 0.## and .## for .0#
		n := max(point, 1)
		hashes, zeros = n-1, 1
	}
	intEnd := total
	if point >= 0 {
		intEnd = point
		f.minFrac = max(hashes+zeros-point, 0)
		f.maxFrac = total - point
	}
	f.minInt = max(intEnd-hashes, 0)
	if comma >= 0 {
		f.group = intEnd - comma
	}
	*prefix, *suffix = fix[0].String(), fix[1].String()
	return s[i:], nil
}

// append appends d by f and may change d.
func (f *decimalFormat) append(dst []byte, d *digitText) []byte {
	d.point += f.shift
	exponent := 0
	if f.minExp > 0 {
		exponent = f.normalize(d)
	}
	d.round(f.maxFrac, true)
	if d.negative {
		dst = append(dst, f.negPrefix...)
	} else {
		dst = append(dst, f.prefix...)
	}
	digits := d.point
	for digits > 0 && d.at(digits-1) == '0' {
		digits--
	}
	frac := f.maxFrac
	for frac > f.minFrac && d.at(-frac) == '0' {
		frac--
	}
	digits = max(digits, f.minInt)
	if digits == 0 && frac == 0 {
		digits = 1
	}
	for k := digits - 1; k >= 0; k-- {
		dst = append(dst, d.at(k))
		if f.group > 0 && k > 0 && k%f.group == 0 {
			dst = append(dst, ',')
		}
	}
	if frac > 0 {
		dst = append(dst, '.')
	}
	for k := 1; k <= frac; k++ {
		dst = append(dst, d.at(-k))
	}
	if f.minExp > 0 {
		dst = append(dst, 'E')
		if exponent < 0 {
			dst, exponent = append(dst, '-'), -exponent
		}
		text := strconv.Itoa(exponent)
		for range f.minExp - len(text) {
			dst = append(dst, '0')
		}
		dst = append(dst, text...)
	}
	if d.negative {
		return append(dst, f.negSuffix...)
	}
	return append(dst, f.suffix...)
}

// normalize moves the point so that minInt digits are before it and returns the exponent.
func (f *decimalFormat) normalize(d *digitText) int {
	first := 0
	for first < len(d.digits) && d.digits[first] == '0' {
		first++
	}
	if first == len(d.digits) {
		return 0
	}
	want := max(f.minInt, 1)
	exponent := d.point - first - want
	d.digits = d.digits[first:]
	d.point = want
	return exponent
}

func bindFormatNumber(args []Arg) (Bound, error) {
	if err := wantArgs("format_number", args, 2, 2); err != nil {
		return Bound{}, err
	}
	t := args[0].Type
	casts := []arrow.DataType{nil, nil}
	switch {
	case datatype.IsInteger(t):
		casts[0] = datatype.Decimal(19, 0)
	case datatype.IsDecimal(t):
	case datatype.IsFloating(t), isVoid(t):
		casts[0] = datatype.Double
	default:
		return Bound{}, badArg("format_number", 0, "a number", t)
	}
	pattern := datatype.IsText(args[1].Type)
	if !pattern {
		if casts[1] = whole.cast(args[1].Type); casts[1] == nil {
			return Bound{}, badArg("format_number", 1, "an integer or a pattern", args[1].Type)
		}
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		format := formatsOf(args[1], pattern)
		var d digitText
		var text []byte
		return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
			f, err := format(i)
			if err != nil {
				return nil, false, err
			}
			switch in := args[0].Array.(type) {
			case *array.Float64:
				v := in.Value(args[0].At(i))
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return appendNotFinite(dst, v), true, nil
				}
				text = strconv.AppendFloat(text[:0], v, 'f', -1, 64)
				if f.minExp == 0 && len(text)-1 > f.maxFrac { // round the exact binary value, as Java does
					text = strconv.AppendFloat(text[:0], v, 'f', f.maxFrac+f.shift, 64)
				}
			case *array.Decimal128:
				scale := int(in.DataType().(*arrow.Decimal128Type).Scale)
				text = datatype.AppendDecimal(text[:0], decimal128.Num(in.Value(args[0].At(i))), scale)
			}
			d.setText(text)
			return f.append(dst, &d), true, nil
		})
	}}, nil
}

func appendNotFinite(dst []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "∞"...)
	case math.IsInf(v, -1):
		return append(dst, "-∞"...)
	}
	return append(dst, "NaN"...)
}

// formatsOf returns the format of each row; the last one is kept.
func formatsOf(v Vec, pattern bool) func(i int) (*decimalFormat, error) {
	var f *decimalFormat
	if pattern {
		text := stringsOf(v)
		last := ""
		return func(i int) (*decimalFormat, error) {
			if f != nil && last == text.at(i) {
				return f, nil
			}
			var err error
			last = text.at(i)
			f, err = parseDecimalFormat(last)
			return f, err
		}
	}
	places := fixedOf[int64](v)
	return func(i int) (*decimalFormat, error) {
		p := places.at(i)
		if p < 0 || p > 400 {
			return nil, diag.Errorf(diag.BadValue, "format_number takes 0 to 400 decimals, not %d", p)
		}
		if f == nil || f.maxFrac != int(p) {
			f = placesFormat(int(p))
		}
		return f, nil
	}
}

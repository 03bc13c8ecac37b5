package funcs

import (
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// numerals writes and reads numbers in other bases.
var numerals = []Scalar{
	{Name: "bin", Doc: "bin(n): n in binary digits; bin(5) is '101'", Bind: bindBin},
	{Name: "hex", Doc: "hex(x): a whole number, or the bytes of text or binary, in hexadecimal; hex(17) is '11'", Bind: bindHex},
	{Name: "unhex", Doc: "unhex(s): the bytes that hexadecimal digits write, NULL if s has others; hex(unhex('4D7')) is '04D7'",
		Bind: oneText("unhex", datatype.Binary, tryText(datatype.Binary, appendUnhex))},
	{Name: "conv", Doc: "conv(num, from, to): a number of one base, 2 to 36, in another; a negative base to writes it signed; conv('ff', 16, 10) is '255'", Bind: bindConv},
}

func bindBin(args []Arg) (Bound, error) {
	if err := wantArgs("bin", args, 1, 1); err != nil {
		return Bound{}, err
	}
	if _, err := intArgs("bin", args); err != nil {
		return Bound{}, err
	}
	return Bound{Casts: castsTo(datatype.BigInt, 1), Type: datatype.String, Kernel: fixedToText(datatype.String, func(dst []byte, v int64) []byte {
		return strconv.AppendUint(dst, uint64(v), 2)
	})}, nil
}

func bindHex(args []Arg) (Bound, error) {
	if err := wantArgs("hex", args, 1, 1); err != nil {
		return Bound{}, err
	}
	t := args[0].Type
	switch {
	case datatype.IsInteger(t) || isVoid(t):
		return Bound{Casts: castsTo(datatype.BigInt, 1), Type: datatype.String, Kernel: fixedToText(datatype.String, appendHexInt)}, nil
	case datatype.IsNested(t):
		return Bound{}, badArg("hex", 0, "a whole number, a string or binary", t)
	}
	casts := []arrow.DataType{textType(t)}
	if t.ID() == arrow.BINARY {
		casts = nil
	}
	return Bound{Casts: casts, Type: datatype.String, Kernel: mapText(datatype.String, appendHexBytes)}, nil
}

const upperHex = "0123456789ABCDEF"

func appendHexInt(dst []byte, v int64) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, uint64(v), 16)
	upper(dst[start:])
	return dst
}

func appendHexBytes(dst, v []byte) []byte {
	for _, b := range v {
		dst = append(dst, upperHex[b>>4], upperHex[b&15])
	}
	return dst
}

// upper turns ASCII letters to upper case in place.
func upper(b []byte) {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
}

// appendUnhex reads hexadecimal digits; an odd number of them gets a leading 0.
func appendUnhex(dst, v []byte) ([]byte, bool) {
	var high byte
	half := len(v)%2 == 1
	for _, c := range v {
		d := digitOf(c)
		if d > 15 {
			return dst, false
		}
		if half {
			dst = append(dst, high<<4|d)
		}
		high, half = d, !half
		if !half {
			high = 0
		}
	}
	return dst, true
}

// digitOf returns the value of a digit of a base up to 36, 255 for other bytes.
func digitOf(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'z':
		return c - 'a' + 10
	case c >= 'A' && c <= 'Z':
		return c - 'A' + 10
	}
	return 255
}

func bindConv(args []Arg) (Bound, error) {
	if err := wantArgs("conv", args, 3, 3); err != nil {
		return Bound{}, err
	}
	if datatype.IsNested(args[0].Type) {
		return Bound{}, badArg("conv", 0, "a number or string", args[0].Type)
	}
	for i := 1; i < 3; i++ {
		if !datatype.IsInteger(args[i].Type) && !isVoid(args[i].Type) {
			return Bound{}, badArg("conv", i, "an integer", args[i].Type)
		}
	}
	casts := []arrow.DataType{textType(args[0].Type), datatype.Int, datatype.Int}
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		o := newText(c, datatype.String, n, args...)
		in, from, to := bytesOf(args[0]), fixedOf[int32](args[1]), fixedOf[int32](args[2])
		for i := range n {
			if o.null(i) {
				o.end()
				continue
			}
			data, ok := appendConv(o.data, in.at(i), int(from.at(i)), int(to.at(i)))
			if o.data = data; !ok {
				o.addNull()
				continue
			}
			o.end()
		}
		return o.finish()
	}}, nil
}

// appendConv follows Hive's UDFConv: digits end at the first that is none; the number has 64 bits, unsigned
// unless to is negative, and stays at its largest on overflow.
func appendConv(dst, num []byte, from, to int) ([]byte, bool) {
	base := to
	if base < 0 {
		base = -base
	}
	if from < 2 || from > 36 || base < 2 || base > 36 || len(num) == 0 {
		return dst, false
	}
	neg := num[0] == '-'
	if neg {
		num = num[1:]
	}
	var v uint64
	for _, c := range num {
		d := uint64(digitOf(c))
		if d >= uint64(from) {
			break
		}
		if v > (^uint64(0)-d)/uint64(from) {
			v = ^uint64(0)
			break
		}
		v = v*uint64(from) + d
	}
	if neg && to > 0 {
		if int64(v) < 0 {
			v = ^uint64(0)
		} else {
			v = -v
		}
	}
	start := len(dst)
	if to < 0 {
		s := int64(v)
		if neg {
			s = -s
		}
		dst = strconv.AppendInt(dst, s, base)
	} else {
		dst = strconv.AppendUint(dst, v, base)
	}
	upper(dst[start:])
	return dst, true
}

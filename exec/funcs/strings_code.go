package funcs

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// textCodes turns text into codes, numbers and bytes, and back.
var textCodes = []Scalar{
	strict("ascii", "ascii(s): the code point of the first character, 0 of ''; ascii('A') is 65", datatype.Int, textToFixed(datatype.Int, func(v []byte) (int32, bool) {
		r, n := utf8.DecodeRune(v)
		return r * int32(min(n, 1)), true
	}), anyText),
	strict("chr", "chr(n): the character with code n modulo 256, '' if n is negative; chr(65) is 'A'", datatype.String, fixedToText(datatype.String, func(dst []byte, v float64) []byte {
		if v < 0 || v != v {
			return dst
		}
		return utf8.AppendRune(dst, rune(uint8(uint64(v))))
	}), numeric),
	strict("base64", "base64(x): text or binary in base64; base64('abc') is 'YWJj'", datatype.String,
		mapText(datatype.String, func(dst, v []byte) []byte { return base64.StdEncoding.AppendEncode(dst, v) }), textOrBinary),
	strict("unbase64", "unbase64(s): the bytes of base64 text, other characters left out; string(unbase64('YWJj')) is 'abc'", datatype.Binary, mapText(datatype.Binary, appendUnbase64), anyText),
	strict("encode", "encode(s, charset): s as bytes in US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE or UTF-16LE; hex(encode('é', 'ISO-8859-1')) is 'E9'", datatype.Binary, encodeKernel, anyText, onlyText),
	strict("decode", "decode(bytes, charset): the text of bytes; decode(encode('é', 'UTF-16'), 'UTF-16') is 'é'", datatype.String, decodeKernel, textOrBinary, onlyText),
	strict("levenshtein", "levenshtein(a, b): how many characters must be put in, taken out or changed to make a into b; levenshtein('kitten', 'sitting') is 3", datatype.Int, levenshteinKernel, anyText, anyText),
	strict("soundex", "soundex(s): the Soundex code of an English word; soundex('Miller') is 'M460'", datatype.String, tryText(datatype.String, appendSoundex), anyText),
	strict("quote", "quote(s): s in single quotes, inner ones after a backslash; quote('a') is '\\'a\\''", datatype.String, mapText(datatype.String, func(dst, v []byte) []byte {
		dst = append(dst, '\'')
		for _, b := range v {
			if b == '\'' {
				dst = append(dst, '\\')
			}
			dst = append(dst, b)
		}
		return append(dst, '\'')
	}), anyText),
}

// appendUnbase64 takes both alphabets of RFC 4648 and passes over other characters, as Hive's decoder does.
func appendUnbase64(dst, v []byte) []byte {
	acc, bits := uint32(0), 0
	for _, c := range v {
		d := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
		switch c {
		case '=':
			return dst
		case '-':
			d = 62
		case '_':
			d = 63
		}
		if d < 0 {
			continue
		}
		acc, bits = acc<<6|uint32(d), bits+6
		if bits >= 8 {
			bits -= 8
			dst = append(dst, byte(acc>>bits))
		}
	}
	return dst
}

type charset uint8

const (
	utf8Set charset = iota
	asciiSet
	latin1Set
	utf16Set
	utf16BE
	utf16LE
)

func charsetOf(name string) (charset, error) {
	switch strings.ToUpper(name) {
	case "UTF-8", "UTF8":
		return utf8Set, nil
	case "US-ASCII", "ASCII":
		return asciiSet, nil
	case "ISO-8859-1", "LATIN1", "ISO8859_1":
		return latin1Set, nil
	case "UTF-16", "UTF16":
		return utf16Set, nil
	case "UTF-16BE":
		return utf16BE, nil
	case "UTF-16LE":
		return utf16LE, nil
	}
	return 0, diag.Errorf(diag.BadValue, "no charset %q", name).WithHint("US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE and UTF-16LE are known")
}

// encodeKernel gives NULL for text with characters that the charset lacks.
func encodeKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, name := bytesOf(args[0]), bytesOf(args[1])
	return tryTextRows(c, datatype.Binary, args, n, func(dst []byte, i int) ([]byte, bool, error) {
		set, err := charsetOf(string(name.at(i)))
		if err != nil {
			return nil, false, err
		}
		v := s.at(i)
		var order binary.AppendByteOrder = binary.BigEndian
		switch set {
		case utf8Set:
			return append(dst, v...), true, nil
		case asciiSet, latin1Set:
			for _, r := range string(v) {
				if r > 0xFF || set == asciiSet && r > 0x7F {
					return dst, false, nil
				}
				dst = append(dst, byte(r))
			}
			return dst, true, nil
		case utf16Set:
			dst = append(dst, 0xFE, 0xFF)
		case utf16LE:
			order = binary.LittleEndian
		}
		for _, u := range utf16.Encode([]rune(string(v))) {
			dst = order.AppendUint16(dst, u)
		}
		return dst, true, nil
	})
}

// decodeKernel gives NULL for bytes that are no text in the charset.
func decodeKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, name := bytesOf(args[0]), bytesOf(args[1])
	return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
		set, err := charsetOf(string(name.at(i)))
		if err != nil {
			return nil, false, err
		}
		v := s.at(i)
		switch set {
		case utf8Set:
			return append(dst, v...), utf8.Valid(v), nil
		case asciiSet:
			return append(dst, v...), isASCIIBytes(v), nil
		case latin1Set:
			for _, b := range v {
				dst = utf8.AppendRune(dst, rune(b))
			}
			return dst, true, nil
		}
		dst, ok := appendUTF16(dst, v, set)
		return dst, ok, nil
	})
}

func appendUTF16(dst, v []byte, set charset) ([]byte, bool) {
	if len(v)%2 != 0 {
		return dst, false
	}
	little := set == utf16LE
	if set == utf16Set && len(v) > 1 && (v[0] == 0xFE && v[1] == 0xFF || v[0] == 0xFF && v[1] == 0xFE) {
		little = v[0] == 0xFF
		v = v[2:]
	}
	units := make([]uint16, 0, len(v)/2)
	for ; len(v) > 0; v = v[2:] {
		if little {
			units = append(units, binary.LittleEndian.Uint16(v))
		} else {
			units = append(units, binary.BigEndian.Uint16(v))
		}
	}
	for _, r := range utf16.Decode(units) {
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}

// maxLevenshtein bounds the work on one pair: the product of the lengths.
const maxLevenshtein = 1 << 28

func levenshteinKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	a, b := bytesOf(args[0]), bytesOf(args[1])
	var row []int32
	o := newFixed[int32](c, datatype.Int, n, args...)
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		x, y := []rune(string(a.at(i))), []rune(string(b.at(i)))
		if len(x)*len(y) > maxLevenshtein {
			o.release()
			o.data.Release()
			return nil, diag.Errorf(diag.Limit, "levenshtein of texts of %d and %d characters takes too long", len(x), len(y))
		}
		row = grow(row, len(y)+1)
		for j := range len(y) + 1 {
			row[j] = int32(j)
		}
		for k, r := range x {
			diagonal := row[0]
			row[0] = int32(k + 1)
			for j, s := range y {
				cost := diagonal
				if r != s {
					cost = 1 + min(diagonal, row[j], row[j+1])
				}
				diagonal, row[j+1] = row[j+1], cost
			}
		}
		o.vals[i] = row[len(y)]
	}
	return o.finish(), nil
}

// appendSoundex codes the letters of v; a letter beyond A to Z has no code and makes the result NULL.
func appendSoundex(dst, v []byte) ([]byte, bool) {
	const codes = "01230120022455012623010202" // of A to Z
	start, last := len(dst), byte(0)
	for _, r := range string(v) {
		if r >= utf8.RuneSelf {
			return dst, false
		}
		c := byte(r) &^ 0x20
		if c < 'A' || c > 'Z' {
			continue
		}
		code := codes[c-'A']
		switch {
		case len(dst) == start:
			dst = append(dst, c)
		case c == 'H' || c == 'W': // do not separate equal codes
			continue
		case code != '0' && code != last && len(dst) < start+4:
			dst = append(dst, code)
		}
		last = code
	}
	for len(dst) > start && len(dst) < start+4 {
		dst = append(dst, '0')
	}
	return dst, true
}

//go:build purego || !amd64

package textscan

import "github.com/apache/arrow/go/v15/arrow/decimal128"

func shortDecimals(out []decimal128.Num, b []byte, from, to []uint32, f *decimalForm) int {
	return shortDecimalsPortable(out, b, from, to, f)
}

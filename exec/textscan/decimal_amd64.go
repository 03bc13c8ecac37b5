//go:build !purego

package textscan

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"golang.org/x/sys/cpu"
)

// shortDecimals is shortDecimalsPortable, four numbers at a time; it may stop earlier.
func shortDecimals(out []decimal128.Num, b []byte, from, to []uint32, f *decimalForm) int {
	n := 0
	if cpu.X86.HasAVX2 {
		n = decimalsAVX2(unsafe.SliceData(out), unsafe.SliceData(b), len(b), unsafe.SliceData(from), unsafe.SliceData(to), len(from)/4, f)
	}
	rest := min(n+4, len(from))
	return n + shortDecimalsPortable(out[n:rest], b, from[n:rest], to[n:rest], f)
}

// decimalsAVX2 reads up to fours times four fields of b, which has size bytes, up to the first four of which one is not short. It
// returns how many it has read.
//
//go:noescape
func decimalsAVX2(out *decimal128.Num, b *byte, size int, from, to *uint32, fours int, f *decimalForm) int

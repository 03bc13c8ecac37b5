// Package textscan holds the byte kernels under the text formats: positions of delimiters in a chunk,
// literal search, small integers. Each is a pure function over bytes. Loops over whole chunks come in several forms
// (kernel) of which the best for the processor is chosen at start; the plain Go form works on eight bytes at a time, and
// the build tag purego leaves no other.
//
// Read Fields first.
package textscan

import "bytes"

// Marks is what a chunk holds besides fields.
type Marks struct {
	Ends  int  // how many bytes end a record
	CR    bool // whether a carriage return is among the bytes
	Extra bool // whether the extra byte is
	ASCII bool // whether all bytes are below 0x80
}

// Fields appends to dst the index of every byte of b that separates fields or ends records, in ascending order,
// and tells what else b holds. b is shorter than 4 GiB; sep and end may be the same.
func Fields(dst []uint32, b []byte, sep, end, extra byte) ([]uint32, Marks) {
	dst, ends, s := fields(dst, b, needles{sep, sep, end, extra})
	return dst, Marks{Ends: ends, CR: s&seenCR != 0, Extra: s&seenExtra != 0, ASCII: s&seenHigh == 0}
}

// fields runs the kernel until all of b is looked at. Room is made for a place per eight bytes at first, and then for twice as
// many: chunks are much alike, and memory that is never written to costs nothing.
func fields(dst []uint32, b []byte, n needles) ([]uint32, int, seen) {
	dst = room(dst, len(b)/8+block+slack)
	ends, all := 0, seen(0)
	for at := 0; ; {
		k, done, e, s := chosen.fields(dst[len(dst):cap(dst)], b[at:], n)
		if at > 0 {
			for i := len(dst); i < len(dst)+k; i++ {
				dst[:cap(dst)][i] += uint32(at)
			}
		}
		dst, ends, all = dst[:len(dst)+k], ends+e, all|s
		if at += done; at == len(b) {
			return dst, ends, all
		}
		dst = room(dst, cap(dst)+block+slack)
	}
}

// Lines counts the bytes of b that are end, and tells whether a carriage return is among b.
func Lines(b []byte, end byte) (ends int, cr bool) { return chosen.lines(b, end) }

// Positions appends to dst the index of every byte of b that is one of needles, in ascending order.
// There are one to eight needles, and b is shorter than 4 GiB.
func Positions(dst []uint32, b []byte, list []byte) []uint32 {
	if len(list) > 3 {
		return positionsAny(dst, b, list)
	}
	n := needles{list[0], list[len(list)/2], list[len(list)-1], list[0]}
	dst, _, _ = fields(dst, b, n)
	return dst
}

// Count returns the number of bytes of b that are c.
func Count(b []byte, c byte) int { return bytes.Count(b, []byte{c}) }

// room makes space for n more values, so that kernels store without a check.
func room[T any](dst []T, n int) []T {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]T, len(dst), len(dst)+n)
	copy(grown, dst)
	return grown
}

func positionsAny(dst []uint32, b []byte, needles []byte) []uint32 {
	var in [256]bool
	for _, c := range needles {
		in[c] = true
	}
	dst = room(dst, len(b))
	for i, c := range b {
		if in[c] {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

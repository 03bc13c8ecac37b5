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
	CR    bool // whether a carriage return is among the bytes
	Extra bool // whether the extra byte is
	ASCII bool // whether all bytes are below 0x80
}

// Fields appends to dst the index of every byte of b that separates fields or ends records, in ascending order,
// and tells what else b holds. b is shorter than 4 GiB.
func Fields(dst []uint32, b []byte, sep, end, extra byte) ([]uint32, Marks) {
	dst, marks, _ := fields(dst, b, needles{sep, end, extra}, every)
	return dst, marks
}

// fields runs the kernel until all of b is looked at, or a record is found to be unlike the others. Room is made for a place per
// eight bytes at first, and then for twice as many: chunks are much alike, and memory that is never written to costs nothing.
func fields(dst []uint32, b []byte, n needles, w windows) ([]uint32, Marks, bool) {
	dst = room(dst, len(b)/8+block+slack)
	var all progress
	for {
		p := chosen.fields(dst[len(dst):cap(dst)], b[all.done:], n, w, all.at)
		from := len(dst)
		dst = dst[:from+p.places]
		all = all.and(p, dst[from:])
		if all.done == len(b) || all.at < 0 {
			return dst, all.seen.marks(), all.at >= 0
		}
		dst = room(dst, cap(dst)-len(dst)+block+slack)
	}
}

// Lines counts the bytes of b that are end, and tells whether a carriage return is among b.
func Lines(b []byte, end byte) (ends int, cr bool) { return chosen.lines(b, end) }

// Count returns the number of bytes of b that are c.
func Count(b []byte, c byte) int { return bytes.Count(b, []byte{c}) }

// room makes space for n more values, so that kernels store without a check, and for as many as there are, so that little is copied.
func room[T any](dst []T, n int) []T {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]T, len(dst), 2*len(dst)+n)
	copy(grown, dst)
	return grown
}

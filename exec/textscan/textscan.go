// Package textscan holds the byte kernels under the text formats: positions of delimiters in a chunk,
// literal search, small integers. Each is a pure function over bytes, so that an assembly form can take
// its place without a change elsewhere; the forms here are plain Go and work on eight bytes at a time.
//
// Read Positions first.
package textscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Positions appends to dst the index of every byte of b that is one of needles, in ascending order.
// There are one to eight needles, and b is shorter than 4 GiB.
func Positions(dst []uint32, b []byte, needles []byte) []uint32 {
	switch len(needles) {
	case 1:
		return positions1(dst, b, needles[0])
	case 2:
		return positions2(dst, b, needles[0], needles[1])
	case 3:
		return positions3(dst, b, needles[0], needles[1], needles[2])
	}
	return positionsAny(dst, b, needles)
}

// Count returns the number of bytes of b that are c.
func Count(b []byte, c byte) int { return bytes.Count(b, []byte{c}) }

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = 0x7f7f7f7f7f7f7f7f
	// gather multiplies one bit per byte (the lowest) to the top byte, the first byte's bit lowest.
	gather = 0x0102040810204080
)

// room makes space for n more values, so that the loops below store without a check.
func room(dst []uint32, n int) []uint32 {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]uint32, len(dst), len(dst)+n)
	copy(grown, dst)
	return grown
}

// unroll is how many positions flatten writes per round; that many places past the last one may be
// written with what is no position.
const unroll = 4

// flatten writes the positions of the bits of mask, which begins at byte base, to out from k on, and
// returns the new k. Writing four at a time costs less than the branch that each bit would.
func flatten(out []uint32, k int, base int, mask uint64) int {
	for left := bits.OnesCount64(mask); left > 0; left -= unroll {
		o := out[k : k+unroll : k+unroll]
		o[0] = uint32(base + bits.TrailingZeros64(mask))
		mask &= mask - 1
		o[1] = uint32(base + bits.TrailingZeros64(mask))
		mask &= mask - 1
		o[2] = uint32(base + bits.TrailingZeros64(mask))
		mask &= mask - 1
		o[3] = uint32(base + bits.TrailingZeros64(mask))
		mask &= mask - 1
		k += min(left, unroll)
	}
	return k
}

func positions1(dst []uint32, b []byte, a byte) []uint32 {
	dst = room(dst, len(b)+unroll)
	out, k := dst[len(dst):cap(dst)], 0
	wa := uint64(a) * ones
	i := 0
	for ; i+64 <= len(b); i += 64 {
		block := b[i : i+64 : i+64]
		var mask uint64
		for j := 0; j < 64; j += 8 {
			x := binary.LittleEndian.Uint64(block[j:]) ^ wa
			// The high bit of each byte of x that is zero, and no other: unlike the shorter
			// (x-ones)&^x&highs this is exact above a match.
			m := ^((x&lows + lows) | x | lows)
			mask |= m >> 7 * gather >> 56 << j
		}
		k = flatten(out, k, i, mask)
	}
	for ; i < len(b); i++ {
		if b[i] == a {
			out[k] = uint32(i)
			k++
		}
	}
	return dst[:len(dst)+k]
}

func positions2(dst []uint32, b []byte, a, c byte) []uint32 {
	dst = room(dst, len(b)+unroll)
	out, k := dst[len(dst):cap(dst)], 0
	wa, wc := uint64(a)*ones, uint64(c)*ones
	i := 0
	for ; i+64 <= len(b); i += 64 {
		block := b[i : i+64 : i+64]
		var mask uint64
		for j := 0; j < 64; j += 8 {
			w := binary.LittleEndian.Uint64(block[j:])
			x, y := w^wa, w^wc
			m := ^(((x&lows + lows) | x) & ((y&lows + lows) | y)) & highs
			mask |= m >> 7 * gather >> 56 << j
		}
		k = flatten(out, k, i, mask)
	}
	for ; i < len(b); i++ {
		if b[i] == a || b[i] == c {
			out[k] = uint32(i)
			k++
		}
	}
	return dst[:len(dst)+k]
}

func positions3(dst []uint32, b []byte, a, c, d byte) []uint32 {
	dst = room(dst, len(b)+unroll)
	out, k := dst[len(dst):cap(dst)], 0
	wa, wc, wd := uint64(a)*ones, uint64(c)*ones, uint64(d)*ones
	i := 0
	for ; i+64 <= len(b); i += 64 {
		block := b[i : i+64 : i+64]
		var mask uint64
		for j := 0; j < 64; j += 8 {
			w := binary.LittleEndian.Uint64(block[j:])
			x, y, z := w^wa, w^wc, w^wd
			m := ^(((x&lows + lows) | x) & ((y&lows + lows) | y) & ((z&lows + lows) | z)) & highs
			mask |= m >> 7 * gather >> 56 << j
		}
		k = flatten(out, k, i, mask)
	}
	for ; i < len(b); i++ {
		if b[i] == a || b[i] == c || b[i] == d {
			out[k] = uint32(i)
			k++
		}
	}
	return dst[:len(dst)+k]
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

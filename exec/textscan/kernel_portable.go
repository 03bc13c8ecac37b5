package textscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = 0x7f7f7f7f7f7f7f7f
	// gather multiplies one bit per byte (the lowest) to the top byte, the first byte's bit lowest.
	gather = 0x0102040810204080
)

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

func fieldsPortable(dst []uint32, b []byte, n needles) (k, done, ends int, s seen) {
	wa, wb, we := uint64(n.a)*ones, uint64(n.b)*ones, uint64(n.end)*ones
	var high uint64
	i := 0
	for ; i+block <= len(b) && len(dst)-k >= block+slack; i += block {
		part := b[i : i+block : i+block]
		var mask uint64
		for j := 0; j < block; j += 8 {
			w := binary.LittleEndian.Uint64(part[j:])
			high |= w
			x, y, z := w^wa, w^wb, w^we
			// The high bit of each byte that is zero in one of the three, and no other: unlike the shorter
			// (x-ones)&^x&highs this is exact above a match.
			m := ^(((x&lows + lows) | x) & ((y&lows + lows) | y) & ((z&lows + lows) | z)) & highs
			mask |= m >> 7 * gather >> 56 << j
		}
		k = flatten(dst, k, i, mask)
	}
	for ; i < len(b) && len(dst)-k >= block+slack; i++ {
		c := b[i]
		high |= uint64(c)
		if c == n.a || c == n.b || c == n.end {
			dst[k] = uint32(i)
			k++
		}
	}
	b = b[:i]
	if bytes.IndexByte(b, '\r') >= 0 {
		s |= seenCR
	}
	if bytes.IndexByte(b, n.extra) >= 0 {
		s |= seenExtra
	}
	if high&highs != 0 {
		s |= seenHigh
	}
	return k, i, Count(b, n.end), s
}

func linesPortable(b []byte, end byte) (int, bool) {
	return Count(b, end), bytes.IndexByte(b, '\r') >= 0
}

func pairPortable(b []byte, dist int, first, second byte) int {
	for i := 0; i+dist < len(b); i++ {
		j := bytes.IndexByte(b[i:len(b)-dist], first)
		if j < 0 {
			return -1
		}
		if i += j; b[i+dist] == second {
			return i
		}
	}
	return -1
}

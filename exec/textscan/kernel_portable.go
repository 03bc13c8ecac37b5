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

func fieldsPortable(dst []uint32, b []byte, n needles, w windows, at int) progress {
	ws, we := uint64(n.sep)*ones, uint64(n.end)*ones
	p := progress{at: at}
	var high uint64
	for p.done < len(b) && p.at >= 0 && len(dst)-p.places >= block+slack {
		var mask uint64
		size := min(block, len(b)-p.done)
		if size == block {
			part := b[p.done : p.done+block : p.done+block]
			for j := 0; j < block; j += 8 {
				w := binary.LittleEndian.Uint64(part[j:])
				high |= w
				x, y := w^ws, w^we
				// The high bit of each byte that is zero in one of the two, and no other: unlike the shorter
				// (x-ones)&^x&highs this is exact above a match.
				m := ^(((x&lows + lows) | x) & ((y&lows + lows) | y)) & highs
				mask |= m >> 7 * gather >> 56 << j
			}
		} else {
			for j, c := range b[p.done:] {
				high |= uint64(c)
				if c == n.sep || c == n.end {
					mask |= 1 << j
				}
			}
		}
		p.pick(dst, b, mask, n.end, w)
		p.done += size
	}
	b = b[:p.done]
	if bytes.IndexByte(b, '\r') >= 0 {
		p.seen |= seenCR
	}
	if bytes.IndexByte(b, n.extra) >= 0 {
		p.seen |= seenExtra
	}
	if high&highs != 0 {
		p.seen |= seenHigh
	}
	return p
}

// then goes on with the bytes after those that p has looked at.
func (p progress) then(dst []uint32, b []byte, n needles, w windows) progress {
	places := dst[p.places:]
	rest := fieldsPortable(places, b[p.done:], n, w, p.at)
	return p.and(rest, places[:rest.places])
}

// pick writes the places of the wanted delimiters of mask, whose lowest bit is of byte done.
func (p *progress) pick(dst []uint32, b []byte, mask uint64, end byte, w windows) {
	k, at, wrong := p.places, p.at, uint64(0)
	for ; mask != 0; mask &= mask - 1 {
		i := p.done + bits.TrailingZeros64(mask)
		dst[k] = uint32(i)
		k += int(w.wanted[at] & 1)
		isEnd := uint64(0)
		if b[i] == end {
			isEnd = 1
		}
		wrong |= (w.ends[at] ^ isEnd) & w.check & 1
		if at++; at == len(w.wanted) {
			at = 0
		}
	}
	if p.places, p.at = k, at; wrong != 0 {
		p.at = -1
	}
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

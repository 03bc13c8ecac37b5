//go:build !purego

package textscan

import "unsafe"

// kernels returns what this processor can run, the best first: each of this architecture has NEON. bytes.Count and
// bytes.IndexByte use it already.
func kernels() []kernel {
	return []kernel{{"neon", fieldsNEON, linesPortable, pairPortable, jsonPortable}, portable}
}

// masksNEON sets the bits of dst of those bytes of b, of which it looks at so many blocks, that are one of the first two needles.
//
//go:noescape
func masksNEON(dst *uint64, b *byte, blocks int, needles uint64) (s seen)

// fieldsNEON leaves the bytes after the last 64 to the portable form.
func fieldsNEON(dst []uint32, b []byte, n needles, w windows, at int) progress {
	p := progress{at: at}
	var masks [32]uint64
	for p.at >= 0 {
		blocks := min(len(masks), (len(b)-p.done)/block, (len(dst)-p.places)/(block+slack))
		if blocks == 0 {
			break
		}
		p.seen |= masksNEON(&masks[0], unsafe.SliceData(b[p.done:]), blocks, n.packed())
		for _, mask := range masks[:blocks] {
			p.pick(dst, b, mask, n.end, w)
			if p.done += block; p.at < 0 {
				break
			}
		}
	}
	if p.at < 0 || len(b)-p.done >= block {
		return p
	}
	return p.then(dst, b, n, w)
}

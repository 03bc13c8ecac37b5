package textscan

import "math/bits"

// BlockSize is how many bytes one Block describes.
const BlockSize = 64

// Block tells of 64 bytes which are in which class: bit i of word k is set if byte i is in class k.
type Block [8]uint64

// Classes are up to eight classes of bytes. A byte may be in several. Of the bytes from 0x80 on, a
// class has all or none: what they mean depends on the bytes around them.
type Classes struct {
	n      int
	of     [256]uint8   // bit k: in class k
	invert [8]uint64    // all ones: the class has the bytes from 0x80 on
	rows   [8][32]uint8 // bit h of rows[k][l]: byte h<<4|l is in class k, or is not if inverted; two equal halves
}

// NewClasses returns the classes whose members the sets tell; there are one to eight.
func NewClasses(sets ...func(byte) bool) *Classes {
	c := &Classes{n: len(sets)}
	for k, in := range sets {
		high := in(0x80)
		if high {
			c.invert[k] = ^uint64(0)
		}
		for b := range 256 {
			member := high
			if b < 0x80 {
				member = in(byte(b))
			}
			if member {
				c.of[b] |= 1 << k
			}
			if member != high {
				c.rows[k][b&15] |= 1 << (b >> 4)
				c.rows[k][b&15|16] |= 1 << (b >> 4)
			}
		}
	}
	return c
}

// Has reports whether byte b is in class k.
func (c *Classes) Has(k int, b byte) bool { return c.of[b]>>k&1 == 1 }

// Classify returns the blocks of b, in dst if it has the capacity, and one empty block after them.
// Words of classes that c does not have, and bits past the end of b, are zero.
func (c *Classes) Classify(dst []Block, b []byte) []Block {
	whole := len(b) / BlockSize
	n := (len(b) + BlockSize - 1) / BlockSize
	if cap(dst) < n+1 {
		dst = make([]Block, n+1)
	}
	dst = dst[:n+1]
	c.classify(dst[:whole], b)
	if whole < n {
		var tail [BlockSize]byte
		left := copy(tail[:], b[whole*BlockSize:])
		c.classify(dst[whole:n], tail[:])
		for k := range dst[whole] {
			dst[whole][k] &= 1<<left - 1
		}
	}
	dst[n] = Block{}
	return dst
}

// classifyGo fills dst from the 64*len(dst) bytes of b.
func classifyGo(dst []Block, b []byte, c *Classes) {
	for i := range dst {
		block := b[i*BlockSize:][:BlockSize]
		var out Block
		for j := 0; j < BlockSize; j += 8 {
			eight := block[j : j+8 : j+8]
			x := uint64(c.of[eight[0]]) | uint64(c.of[eight[1]])<<8 | uint64(c.of[eight[2]])<<16 | uint64(c.of[eight[3]])<<24 |
				uint64(c.of[eight[4]])<<32 | uint64(c.of[eight[5]])<<40 | uint64(c.of[eight[6]])<<48 | uint64(c.of[eight[7]])<<56
			x = transpose(x)
			for k := range out {
				out[k] |= x >> (8 * k) & 0xff << j
			}
		}
		dst[i] = out
	}
}

// transpose exchanges bit j of byte k with bit k of byte j.
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// Run returns the first position from p on whose byte is not in class k, or end if that comes first.
func Run(blocks []Block, k, p, end int) int {
	for i := p / BlockSize; p < end; i++ {
		if out := ^blocks[i][k&7] >> (p % BlockSize); out != 0 {
			return min(p+bits.TrailingZeros64(out), end)
		}
		p = (i + 1) * BlockSize
	}
	return end
}

// Find returns the first position from p on whose byte is in class k, or end if that comes first.
func Find(blocks []Block, k, p, end int) int {
	for i := p / BlockSize; p < end; i++ {
		if in := blocks[i][k&7] >> (p % BlockSize); in != 0 {
			return min(p+bits.TrailingZeros64(in), end)
		}
		p = (i + 1) * BlockSize
	}
	return end
}

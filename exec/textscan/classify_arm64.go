//go:build !purego

package textscan

// classifyNEON fills dst, of blocks blocks, at least one, from b.
//
//go:noescape
func classifyNEON(dst *Block, b *byte, blocks int, c *Classes)

func (c *Classes) classify(dst []Block, b []byte) {
	if len(dst) == 0 {
		return
	}
	_ = b[len(dst)*BlockSize-1]
	classifyNEON(&dst[0], &b[0], len(dst), c)
}

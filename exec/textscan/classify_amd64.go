//go:build !purego

package textscan

import "golang.org/x/sys/cpu"

// classifyAVX2 fills dst, of blocks blocks, from b.
//
//go:noescape
func classifyAVX2(dst *Block, b *byte, blocks int, c *Classes)

func (c *Classes) classify(dst []Block, b []byte) {
	if !cpu.X86.HasAVX2 || len(dst) == 0 {
		classifyGo(dst, b, c)
		return
	}
	_ = b[len(dst)*BlockSize-1]
	classifyAVX2(&dst[0], &b[0], len(dst), c)
}

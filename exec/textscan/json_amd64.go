//go:build !purego

package textscan

import "golang.org/x/sys/cpu"

// scanJSON looks at the bytes of blocks, of which there is at least one; there is room for a place of each byte and slack in events and in words.
// It returns how many of both it found.
func scanJSON(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds [][3]uint64) (n, w int) {
	if x := &cpu.X86; !x.HasAVX2 || !x.HasBMI1 || !x.HasBMI2 || !x.HasPOPCNT || !x.HasPCLMULQDQ {
		return scanJSONPortable(s, b, blocks, events, words, kinds)
	}
	_ = b[len(blocks)*BlockSize-1]
	return jsonAVX2(s, &b[0], &blocks[0], len(blocks), &events[0], &kinds[s.tokens/64], &words[0])
}

//go:noescape
func jsonAVX2(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *[3]uint64, words *uint32) (k, w int)

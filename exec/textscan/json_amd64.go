//go:build !purego

package textscan

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// scanJSON looks at the bytes of blocks, as long as there is room for 64 places and slack in events and in words. It returns how
// many of both it found, and how many blocks are left.
func scanJSON(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds [][3]uint64) (n, w, left int) {
	if x := &cpu.X86; !x.HasAVX2 || !x.HasBMI1 || !x.HasBMI2 || !x.HasPOPCNT || !x.HasPCLMULQDQ || len(blocks) == 0 {
		return scanJSONPortable(s, b, blocks, events, words, kinds)
	}
	_ = b[len(blocks)*BlockSize-1]
	return jsonAVX2(s, &b[0], &blocks[0], len(blocks), unsafe.SliceData(events), len(events), &kinds[s.tokens/64],
		unsafe.SliceData(words), len(words))
}

//go:noescape
func jsonAVX2(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, room int, kinds *[3]uint64, words *uint32, wordRoom int) (k, w, left int)

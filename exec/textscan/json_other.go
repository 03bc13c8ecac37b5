//go:build purego || !amd64

package textscan

func scanJSON(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds [][3]uint64) (n, w int) {
	return scanJSONPortable(s, b, blocks, events, words, kinds)
}

//go:build purego || !amd64

package textscan

func scanJSON(s *jsonState, b []byte, blocks []jsonBlock, events []uint32, kinds [][3]uint64) (n, left int) {
	return scanJSONPortable(s, b, blocks, events, kinds)
}

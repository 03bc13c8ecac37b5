//go:build !linux || !(amd64 || arm64)

package local

func readCached(*file, []byte, int64) int { return 0 }

//go:build !linux || !(amd64 || arm64)

package local

import "os"

func readCached(*os.File, []byte, int64) int { return 0 }

//go:build unix

package local

import (
	"io/fs"
	"syscall"
)

// inode returns the number that the file system knows a file by.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}

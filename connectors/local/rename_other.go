//go:build !linux

package local

// renameNew renames src to dst, or fails with fs.ErrExist if dst is there.
func renameNew(src, dst string) error { return renameByLook(src, dst) }

package local

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames src to dst in one step that fails with fs.ErrExist if dst is there.
func renameNew(src, dst string) error {
	err := unix.Renameat2(unix.AT_FDCWD, src, unix.AT_FDCWD, dst, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return renameByLook(src, dst) // a file system without the flag
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: src, New: dst, Err: err}
	}
	return nil
}

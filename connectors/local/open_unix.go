//go:build unix

package local

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openFile is os.Open for a regular file. That one would first ask whether reads of it can be waited for, in five system calls.
func openFile(name string) (*os.File, error) {
	for {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), name), nil
		case err != unix.EINTR:
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

//go:build unix

package local

import (
	"io"
	"io/fs"

	"golang.org/x/sys/unix"
)

// file is an open file that is read at offsets. An os.File would first ask, in system calls, whether reads of it can be waited for, and
// allocates at each look at it.
type file struct {
	fd   int
	name string
}

// openFile opens a file. It does not wait for the writer of a FIFO.
func openFile(name string) (*file, error) {
	for {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
		switch {
		case err == nil:
			return &file{fd, name}, nil
		case err != unix.EINTR:
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

// version returns what the file is now.
func (f *file) version() (version, error) {
	var st unix.Stat_t
	for {
		switch err := unix.Fstat(f.fd, &st); err {
		case nil:
			return version{st.Size, st.Mtim.Nano(), uint64(st.Ino), st.Mode&unix.S_IFMT == unix.S_IFREG}, nil
		case unix.EINTR:
		default:
			return version{}, &fs.PathError{Op: "stat", Path: f.name, Err: err}
		}
	}
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(f.fd, p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, &fs.PathError{Op: "read", Path: f.name, Err: err}
		case m == 0:
			return n, io.EOF
		default:
			n += m
		}
	}
	return n, nil
}

// Close closes the file, once: its number may be another file's then.
func (f *file) Close() error {
	if f.fd < 0 {
		return fs.ErrClosed
	}
	err := unix.Close(f.fd)
	if f.fd = -1; err != nil {
		return &fs.PathError{Op: "close", Path: f.name, Err: err}
	}
	return nil
}

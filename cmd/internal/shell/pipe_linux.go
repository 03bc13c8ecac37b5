package shell

import (
	"os"

	"golang.org/x/sys/unix"
)

// growPipe lets f hold size bytes that nobody has read yet, if it is a pipe and the system allows so much.
func growPipe(f *os.File, size int) {
	// A refusal costs speed only: the pipe stays as it is.
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, size)
}

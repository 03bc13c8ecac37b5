//go:build unix

package shell

import (
	"os"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// reportWait is how long a terminal may take to tell where its cursor is.
const reportWait = 500 * time.Millisecond

var cursorReport = regexp.MustCompile(`\x1b\[\d+;\d+R`)

// reportsCursor asks the terminal on standard input where its cursor is and tells whether it has answered. What
// was typed meanwhile comes back as it came.
func reportsCursor() (answers bool, typed []byte) {
	fd := int(os.Stdin.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return false, nil
	}
	defer term.Restore(fd, before)
	if _, err := os.Stdout.WriteString("\x1b[6n"); err != nil {
		return false, nil
	}
	buf := make([]byte, 256)
	for end := time.Now().Add(reportWait); ; {
		left := int(time.Until(end).Milliseconds())
		if left <= 0 {
			return false, typed
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, left)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return false, typed
		}
		if n, err = unix.Read(fd, buf); err != nil || n == 0 {
			return false, typed
		}
		typed = append(typed, buf[:n]...)
		if at := cursorReport.FindIndex(typed); at != nil {
			return true, append(typed[:at[0]], typed[at[1]:]...)
		}
	}
}

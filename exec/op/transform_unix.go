//go:build unix

package op

import (
	"os/exec"
	"syscall"
)

var errPipe error = syscall.EPIPE

// ownGroup makes the command and its children one process group, which is killed whole.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

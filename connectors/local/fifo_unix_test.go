//go:build unix

package local

import (
	"syscall"
	"testing"
)

func fifo(t *testing.T, file string) {
	t.Helper()
	if err := syscall.Mkfifo(file, 0o666); err != nil {
		t.Fatal(err)
	}
}

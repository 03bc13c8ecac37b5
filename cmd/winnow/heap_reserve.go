//go:build linux || darwin

package main

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// reservable reports whether the system lets memory be taken that is never touched without counting it.
func reservable() bool {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || uint64(limit.Cur) < 1<<40 {
		return false
	}
	policy, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	return err != nil || !bytes.HasPrefix(policy, []byte("2"))
}

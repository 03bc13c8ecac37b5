package main

import (
	"errors"
	"os"
	"runtime/pprof"

	"github.com/winnowdb/winnow/proto/diag"
)

// startProfile begins to write a CPU profile of this process to a file; stop completes it.
func startProfile(name string) (stop func() error, err error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "--cpuprofile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(diag.Errorf(diag.Config, "--cpuprofile: %w", err), file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

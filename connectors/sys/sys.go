// Package sys is the machine as a struct of functions that a test may replace: clock, dice,
// dialling, spill files and named fault points. Product code takes a *Machine and calls none of
// time.Now, rand, net.Dial or os.CreateTemp itself.
//
// Read Machine first.
package sys

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"
)

// File is a spill file: written once from the start, then read at any offset, then closed,
// which deletes it.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Name() string
}

// Machine is what a process uses of its host.
type Machine struct {
	Now   func() time.Time
	Rand  func() uint64
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	Spill func() (File, error) // a new spill file
	// Fault is called at every named fault point with the point's name (such as "scan.read"); an
	// error that it returns is the fault. In production it returns nil.
	Fault func(point string) error
}

// Host returns the real machine. Spill files go to dir ("" for the system's temporary folder).
func Host(dir string) *Machine {
	var d net.Dialer
	if dir == "" {
		dir = os.TempDir()
	}
	return &Machine{
		Now:   time.Now,
		Rand:  rand.Uint64,
		Dial:  d.DialContext,
		Spill: func() (File, error) { return newSpill(dir) },
		Fault: func(string) error { return nil },
	}
}

// spillPrefix begins the names of spill files while they have one.
const spillPrefix = "winnow-spill-"

// spillFile has no name, so that a killed process leaves nothing behind.
type spillFile struct{ *os.File }

func newSpill(dir string) (File, error) {
	if f := unnamed(dir); f != nil {
		return spillFile{f}, nil
	}
	f, err := os.CreateTemp(dir, spillPrefix+"*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) { // another's Sweep may be first
		f.Close()
		return nil, err
	}
	return spillFile{f}, nil
}

// Name returns where the file was made.
func (f spillFile) Name() string { return filepath.Clean(f.File.Name()) }

// Sweep removes from dir ("" for the system's temporary folder) the spill files of processes that were
// killed between making a file and taking its name away. Files in use have no name.
func Sweep(dir string) error {
	if dir == "" {
		dir = os.TempDir()
	}
	left, err := filepath.Glob(filepath.Join(dir, spillPrefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range left {
		err := os.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) { // another user's
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

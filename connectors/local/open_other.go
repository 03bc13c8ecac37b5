//go:build !unix

package local

import "os"

func openFile(name string) (*os.File, error) { return os.Open(name) }

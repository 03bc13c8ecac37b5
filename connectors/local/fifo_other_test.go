//go:build !unix

package local

import "testing"

func fifo(*testing.T, string) {}

//go:build !unix

package local

import "os"

// file is an open file that is read at offsets.
type file struct{ *os.File }

func openFile(name string) (*file, error) {
	f, err := os.Open(name)
	return &file{f}, err
}

// version returns what the file is now.
func (f *file) version() (version, error) {
	info, err := f.Stat()
	if err != nil {
		return version{}, err
	}
	return versionOf(info), nil
}

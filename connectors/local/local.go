// Package local is the Store of the machine's own files: plain paths, file:/path and file:///path.
// It knows no host but this one and decodes nothing: the name in a path is the name on disk.
//
// Read Store first.
package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// Store reads and writes local files. It is also a connectors.DirLister, Mover, Remover and DirMaker.
// Its fault points are "local.list", "local.read" and "local.write".
type Store struct {
	machine *sys.Machine
}

// New returns the Store of m's file system; m also names temporary files and holds the fault points.
func New(m *sys.Machine) *Store { return &Store{machine: m} }

// name returns the file name of path: without the scheme, with the system's separators.
func name(path string) (string, error) {
	rest := path
	if connectors.Scheme(path) == "file" {
		rest = path[len("file:"):]
		if after, ok := strings.CutPrefix(rest, "//"); ok {
			host, _, _ := strings.Cut(after, "/")
			if host != "" && !strings.EqualFold(host, "localhost") {
				return "", diag.Errorf(diag.Denied, "%q names the host %q, not this machine", path, host).
					WithHint("write file:///path or a plain path")
			}
			rest = after[len(host):]
		}
	}
	if strings.IndexByte(rest, 0) >= 0 {
		return "", diag.Errorf(diag.Denied, "path %q holds a NUL byte", path)
	}
	if rest == "" {
		return "", diag.Errorf(diag.NotFound, "empty path")
	}
	return filepath.FromSlash(rest), nil
}

// fault makes err a *diag.Error where its kind is known; err's own text names the file.
func fault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return diag.Errorf(diag.Denied, "%w", err)
	case errors.Is(err, syscall.ENOTDIR):
		return diag.Errorf(diag.Conflict, "%w", err).WithHint("a part of the path is a file; name another location")
	case errors.Is(err, syscall.ENOSPC):
		return diag.Errorf(diag.Limit, "%w", err).WithHint("make room, or name a folder on another disk")
	}
	return err
}

// Move renames from to to, making the folders above it; see connectors.Mover.
func (s *Store) Move(ctx context.Context, from, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	src, err := name(from)
	if err != nil {
		return err
	}
	dst, err := name(to)
	if err != nil {
		return err
	}
	src, dst = filepath.Clean(src), filepath.Clean(dst)
	if _, err := os.Lstat(src); err != nil {
		return fault(err)
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
		return fault(err)
	}
	if err := renameNew(src, dst); err != nil {
		return fault(err)
	}
	return errors.Join(syncDir(filepath.Dir(dst)), syncDir(filepath.Dir(src)))
}

// renameByLook renames src to dst unless dst is there. Another process can still put dst there
// between the look and the rename; renameNew closes that gap where the system can.
func renameByLook(src, dst string) error {
	if _, err := os.Lstat(dst); err == nil {
		return &os.LinkError{Op: "rename", Old: src, New: dst, Err: fs.ErrExist}
	}
	return os.Rename(src, dst)
}

// Remove deletes the file, or the folder and all below it; a symbolic link is deleted, not what
// it points to. Nothing there is no error.
func (s *Store) Remove(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := name(path)
	if err != nil {
		return err
	}
	file = filepath.Clean(file)
	if file == "." || file == filepath.Dir(file) {
		return diag.Errorf(diag.Denied, "%q is not removed as a whole", path)
	}
	return fault(os.RemoveAll(file))
}

// MakeDir makes the folder and those above it. A folder that is there already is no error.
func (s *Store) MakeDir(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := name(path)
	if err != nil {
		return err
	}
	return fault(os.MkdirAll(file, 0o777))
}

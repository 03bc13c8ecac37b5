package local

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/winnowdb/winnow/connectors"
)

// List yields the files below prefix, or the file that prefix names; see connectors.Store.
// Paths begin with prefix as it was given. Symbolic links are followed, but not in a circle;
// dangling links, FIFOs, sockets and devices are passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		if err := s.enter(ctx); err != nil {
			yield(connectors.Object{}, err)
			return
		}
		file, err := name(prefix)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		entries, err := readDir(file)
		if err == nil {
			s.walk(ctx, withSlash(file), withSlash(prefix), entries, nil, yield)
			return
		}
		if info, noFile := os.Stat(file); noFile == nil && info.Mode().IsRegular() && !strings.HasSuffix(prefix, "/") {
			yield(object(prefix, info), nil)
			return
		}
		if !absent(err) {
			yield(connectors.Object{}, fault(err))
		}
	}
}

// walk yields the files below the folder file, which has entries and whose path is path; both end in a slash. above holds
// the folders from the listed one down to this one; it is empty for the listed one, which is asked for when there is a folder below it.
// It reports whether to go on.
func (s *Store) walk(ctx context.Context, file, path string, entries []entry, above []fs.FileInfo, yield func(connectors.Object, error) bool) bool {
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			yield(connectors.Object{}, err)
			return false
		}
		if e.dir == nil {
			// Size and time are asked for now, not when the folder was read, so that a long
			// listing names the newest version of each file.
			info, err := os.Stat(file + e.name)
			if err != nil && !absent(err) {
				yield(connectors.Object{}, fault(err))
				return false
			}
			if err == nil && info.Mode().IsRegular() && !yield(object(path+e.name, info), nil) {
				return false
			}
			continue
		}
		info, err := e.dir()
		if err == nil && len(above) == 0 {
			var listed fs.FileInfo
			if listed, err = os.Stat(file); err == nil {
				above = []fs.FileInfo{listed}
			}
		}
		if err != nil || slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
			continue
		}
		below, err := readDir(file + e.name)
		if err != nil && !absent(err) {
			yield(connectors.Object{}, fault(err))
			return false
		}
		if !s.walk(ctx, file+e.name+"/", path+e.name+"/", below, append(above[:len(above):len(above)], info), yield) {
			return false
		}
	}
	return true
}

// ListDir yields what lies directly in dir; see connectors.DirLister.
func (s *Store) ListDir(ctx context.Context, dir string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		if err := s.enter(ctx); err != nil {
			yield(connectors.Object{}, err)
			return
		}
		file, err := name(dir)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		file, path := withSlash(file), withSlash(dir)
		entries, err := readDir(file)
		if err != nil {
			if !absent(err) {
				yield(connectors.Object{}, fault(err))
			}
			return
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(connectors.Object{}, err)
				return
			}
			if e.dir != nil {
				if !yield(connectors.Object{Path: path + e.name + "/"}, nil) {
					return
				}
				continue
			}
			info, err := os.Stat(file + e.name)
			if err != nil && !absent(err) {
				yield(connectors.Object{}, fault(err))
				return
			}
			if err == nil && info.Mode().IsRegular() && !yield(object(path+e.name, info), nil) {
				return
			}
		}
	}
}

func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.machine.Fault("local.list")
}

// entry is a name in a folder; dir is nil unless it is a folder or a link to one.
type entry struct {
	name string
	dir  func() (fs.FileInfo, error)
}

// sortName is what a path of e, or of a file below e, goes on with: "a.gz" comes before "a/x".
func (e entry) sortName() string {
	if e.dir != nil {
		return e.name + "/"
	}
	return e.name
}

// readDir returns the regular files and folders of folder dir, and the links to such, in the byte
// order of the paths that they and what is below them make.
func readDir(dir string) ([]entry, error) {
	dirents, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(dirents))
	for _, d := range dirents {
		e := entry{name: d.Name()}
		switch typ := d.Type(); {
		case typ.IsRegular():
		case typ.IsDir():
			e.dir = d.Info
		case typ&fs.ModeSymlink != 0:
			info, err := os.Stat(withSlash(dir) + e.name)
			if err != nil {
				continue // dangling, or a circle of links
			}
			if info.IsDir() {
				e.dir = func() (fs.FileInfo, error) { return info, nil }
			}
		default:
			continue
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.dir == nil && b.dir == nil {
			return strings.Compare(a.name, b.name)
		}
		return cmp.Compare(a.sortName(), b.sortName())
	})
	return entries, nil
}

func object(path string, info fs.FileInfo) connectors.Object {
	return connectors.Object{Path: path, Size: info.Size(), ETag: versionOf(info).etag(), ModTime: info.ModTime()}
}

func withSlash(path string) string {
	if strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}

// absent reports whether err means that no such file is there, which is an empty listing: also
// "a/b" below a file "a", a circle of links, and a file where a folder was asked for.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/colinmarc/hdfs/v2"

	"github.com/winnowdb/winnow/connectors"
)

// List yields the files below prefix, or the file that prefix names; see connectors.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		c, name, _, err := s.locate(prefix)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		info, err := c.stat(ctx, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			yield(connectors.Object{}, c.explain(err, prefix))
		case info.IsDir():
			c.walk(ctx, name, withSlash(prefix), yield)
		case isFile(info) && !strings.HasSuffix(prefix, "/"):
			yield(object(prefix, info), nil)
		}
	}
}

// walk yields the files below the folder dir, whose path is location. It reports whether to go on.
func (c *cluster) walk(ctx context.Context, dir, location string, yield func(connectors.Object, error) bool) bool {
	infos, err := c.readDir(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		yield(connectors.Object{}, c.explain(err, location))
		return false
	}
	for _, info := range infos {
		if err := ctx.Err(); err != nil {
			yield(connectors.Object{}, err)
			return false
		}
		name := info.Name()
		switch {
		case info.IsDir():
			if !c.walk(ctx, path.Join(dir, name), location+name+"/", yield) {
				return false
			}
		case isFile(info):
			if !yield(object(location+name, info), nil) {
				return false
			}
		}
	}
	return true
}

// ListDir yields what lies directly in dir; see connectors.DirLister.
func (s *Store) ListDir(ctx context.Context, dir string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		c, name, _, err := s.locate(dir)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		infos, err := c.readDir(ctx, name)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				yield(connectors.Object{}, c.explain(err, dir))
			}
			return
		}
		location := withSlash(dir)
		for _, info := range infos {
			o := connectors.Object{Path: location + info.Name() + "/"}
			if !info.IsDir() {
				o = object(location+info.Name(), info)
			}
			if err := ctx.Err(); err != nil {
				yield(connectors.Object{}, err)
				return
			}
			if (info.IsDir() || isFile(info)) && !yield(o, nil) {
				return
			}
		}
	}
}

// stat returns what is known of name; its error is fs.ErrNotExist if nothing is there, also below a file.
func (c *cluster) stat(ctx context.Context, name string) (os.FileInfo, error) {
	return get(ctx, c, func(u *session) (os.FileInfo, error) {
		info, err := u.client.Stat(name)
		var remote hdfs.Error
		// A path below a file.
		if errors.As(err, &remote) && strings.HasSuffix(remote.Exception(), "ParentNotDirectoryException") {
			err = fs.ErrNotExist
		}
		return info, err
	})
}

// readDir returns what is in a folder, in the byte order of the paths that are made of it: "a.gz" comes
// before "a/x". A file is a folder that is not there.
func (c *cluster) readDir(ctx context.Context, dir string) ([]os.FileInfo, error) {
	infos, err := get(ctx, c, func(u *session) ([]os.FileInfo, error) {
		info, err := u.client.Stat(dir)
		if err == nil && !info.IsDir() {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, err
		}
		return u.client.ReadDir(dir)
	})
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return strings.Compare(sortName(a), sortName(b)) })
	return infos, err
}

func sortName(info os.FileInfo) string {
	if info.IsDir() {
		return info.Name() + "/"
	}
	return info.Name()
}

// get is do for a call with a result.
func get[T any](ctx context.Context, c *cluster, call func(*session) (T, error)) (T, error) {
	// By a channel: a call that was left at the end of ctx must not write to what is returned.
	results := make(chan T, 1)
	err := c.do(ctx, func(u *session) error {
		v, err := call(u)
		if err == nil {
			select {
			case results <- v:
			default:
			}
		}
		return err
	})
	var v T
	if err == nil {
		v = <-results
	}
	return v, err
}

// mkdir makes a folder and those above it.
func (c *cluster) mkdir(ctx context.Context, name string) error {
	return c.do(ctx, func(u *session) error { return u.client.MkdirAll(name, 0o755) })
}

// rename renames src, which is the file or folder of info, over a file dst that may be there. When
// the answer of an attempt was lost, the file's number tells whether that attempt has done it.
func (c *cluster) rename(ctx context.Context, src, dst string, info os.FileInfo) error {
	return c.do(ctx, func(u *session) error {
		err := u.client.Rename(src, dst)
		if errors.Is(err, fs.ErrNotExist) {
			if now, statErr := u.client.Stat(dst); statErr == nil && fileID(now) == fileID(info) {
				return nil
			}
		}
		return err
	})
}

func object(location string, info os.FileInfo) connectors.Object {
	return connectors.Object{Path: location, Size: info.Size(), ETag: etag(info), ModTime: info.ModTime().UTC()}
}

// etag names the version of a file by its size, time and number.
func etag(info os.FileInfo) string {
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano()/int64(time.Millisecond), fileID(info))
}

// sameFile reports whether tag, made by etag, is of the file of info, whatever its size and time.
func sameFile(tag string, info os.FileInfo) bool {
	return fileID(info) != 0 && strings.HasSuffix(tag, fmt.Sprintf("-%x", fileID(info)))
}

// fileID is the number that the name node knows a file by; an overwritten file has a new one.
func fileID(info os.FileInfo) uint64 {
	if st, ok := info.Sys().(*hdfs.FileStatus); ok {
		return st.GetFileId()
	}
	return 0
}

// isFile is false for folders and symbolic links.
func isFile(info os.FileInfo) bool {
	st, ok := info.Sys().(*hdfs.FileStatus)
	return !info.IsDir() && (!ok || st.GetFileType().String() == "IS_FILE")
}

func withSlash(location string) string {
	if strings.HasSuffix(location, "/") {
		return location
	}
	return location + "/"
}

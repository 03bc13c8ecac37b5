// Package connectors defines what winnow needs of the world outside: a Store holds objects (files),
// a Handler holds rows (spreadsheets). Each kind of store or handler is one folder below this one;
// a Set is the list of those that a program was built with.
//
// Read Store first.
package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/proto/diag"
)

// ErrChanged means that an object is no longer the version that was listed.
var ErrChanged = errors.New("object has changed since it was listed")

// Object is one version of one object.
type Object struct {
	Path    string // with scheme, as List gave it; escaped nowhere
	Size    int64  // bytes
	ETag    string // names the version; "" if the store has none
	ModTime time.Time
}

// Store holds objects under paths such as s3://bucket/key, hdfs://host/path or /path.
// Its methods may be called at once from several goroutines.
type Store interface {
	// List yields the objects whose path begins with prefix, in the order of their paths' bytes,
	// hidden ones too. A prefix that ends in "/" lists below that folder; one that does not lists
	// the object of that name, if there is one, and what is below the folder of that name.
	// Nothing there is an empty sequence; an error ends the sequence.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// OpenRange returns a reader of n bytes of o from offset off (both in bytes; off+n ≤ o.Size).
	// It reads exactly the version o names: if the object has changed since it was listed, the
	// error is ErrChanged, at open or at any later Read. The caller closes the reader.
	OpenRange(ctx context.Context, o Object, off, n int64) (io.ReadCloser, error)
	// Create returns a writer of a new object, which appears whole when Close succeeds and not before.
	// A writer that is an Aborter can be given up instead.
	Create(ctx context.Context, path string) (io.WriteCloser, error)
}

// Aborter is a writer of Store.Create that can be given up: nothing appears.
type Aborter interface{ Abort() error }

// DirLister is a Store that can list one level of a folder without walking what is below it.
// Partition discovery uses it.
type DirLister interface {
	// ListDir yields what lies directly in folder dir: objects, and folders as Objects whose Path ends in "/".
	ListDir(ctx context.Context, dir string) iter.Seq2[Object, error]
}

// Mover is a Store that can rename a file or a folder within itself; stores without it (S3) get new
// locations in the catalog instead.
type Mover interface {
	// Move renames from to to, making the folders above it. Its error is fs.ErrExist if to exists,
	// fs.ErrNotExist if from does not.
	Move(ctx context.Context, from, to string) error
}

// Remover deletes. Only `winnow vacuum` and the cleaning of a failed write's own files hold one.
type Remover interface {
	// Remove deletes the object, or the folder and all below it. Nothing there is no error.
	Remove(ctx context.Context, path string) error
}

// DirMaker is a Store with real folders (local, HDFS).
type DirMaker interface {
	MakeDir(ctx context.Context, path string) error
}

// Handler reads and appends rows of a STORED BY table. props holds the table's and the SerDe's
// properties and "location", keys in lower case.
type Handler interface {
	Schema(ctx context.Context, props map[string]string) (*arrow.Schema, error)
	Read(ctx context.Context, props map[string]string) (array.RecordReader, error)
	Append(ctx context.Context, props map[string]string, rows array.RecordReader) (int64, error)
}

// Set is the list of stores, by URL scheme ("" and "file" for local paths), and handlers, by lower-case name.
type Set struct {
	Stores   map[string]Store
	Handlers map[string]Handler
}

// Store returns the store of path's scheme.
func (s *Set) Store(path string) (Store, error) {
	scheme := Scheme(path)
	if st, ok := s.Stores[scheme]; ok {
		return st, nil
	}
	known := make([]string, 0, len(s.Stores))
	for k := range s.Stores {
		if k != "" {
			known = append(known, k+"://")
		}
	}
	slices.Sort(known)
	return nil, diag.Errorf(diag.Denied, "no connector reads %q locations", scheme+"://").
		WithHint("known are %s and plain paths", strings.Join(known, ", "))
}

// Open returns a reader of all of the object at path, in the version that is there now, and its size in bytes. Nothing
// there is an error of kind NotFound. The caller closes the reader.
func (s *Set) Open(ctx context.Context, path string) (io.ReadCloser, int64, error) {
	path = strings.TrimPrefix(path, "file://")
	store, err := s.Store(path)
	if err != nil {
		return nil, 0, err
	}
	for o, err := range store.List(ctx, path) {
		if err != nil {
			return nil, 0, fmt.Errorf("list %s: %w", path, err)
		}
		if o.Path != path {
			break // what is below a folder of that name
		}
		r, err := store.OpenRange(ctx, o, 0, o.Size)
		return r, o.Size, err
	}
	return nil, 0, diag.Errorf(diag.NotFound, "no file is at %s", path)
}

// Handler returns the handler called name.
func (s *Set) Handler(name string) (Handler, error) {
	if h, ok := s.Handlers[strings.ToLower(name)]; ok {
		return h, nil
	}
	known := make([]string, 0, len(s.Handlers))
	for k := range s.Handlers {
		known = append(known, k)
	}
	slices.Sort(known)
	return nil, diag.Errorf(diag.Unsupported, "no storage handler %q", name).WithHint("known are %s", strings.Join(known, ", "))
}

// Scheme returns the lower-case scheme of path without "://", or "" for a plain path. Hive's
// "file:/x" (one slash) counts as scheme file.
func Scheme(path string) string {
	i := strings.Index(path, ":/")
	if i <= 0 {
		return ""
	}
	for _, c := range path[:i] {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return ""
		}
	}
	return strings.ToLower(path[:i])
}

// SplitBucket splits scheme://host/rest into host and rest without its leading slash.
func SplitBucket(path string) (host, rest string, err error) {
	_, after, ok := strings.Cut(path, "://")
	if !ok {
		return "", "", fmt.Errorf("%q has no scheme", path)
	}
	host, rest, _ = strings.Cut(after, "/")
	if host != "" {
		if _, err := url.Parse("x://" + host); err != nil {
			return "", "", fmt.Errorf("%q: %w", path, err)
		}
	}
	return host, rest, nil
}

// Hidden reports whether a file or folder name is not data: it begins with "_" or ".", or is a copy
// in flight (x._COPYING_) or an empty marker (x_$folder$).
func Hidden(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") ||
		strings.HasSuffix(name, "._COPYING_") || strings.HasSuffix(name, "_$folder$")
}

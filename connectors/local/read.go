package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
)

// OpenRange returns a reader of n bytes of o from off; see connectors.Store. A file that has only
// grown since it was listed (a log that is still written) is read up to the listed length.
func (s *Store) OpenRange(ctx context.Context, o connectors.Object, off, n int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if off < 0 || n < 0 || off+n > o.Size {
		return nil, fmt.Errorf("open %s: range %d+%d is not within its %d bytes", o.Path, off, n, o.Size)
	}
	if err := s.machine.Fault("local.read"); err != nil {
		return nil, err
	}
	path, err := name(o.Path)
	if err != nil {
		return nil, err
	}
	f, err := openFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w (%w)", o.Path, connectors.ErrChanged, fs.ErrNotExist)
		}
		return nil, fault(err)
	}
	r := &reader{ctx: ctx, machine: s.machine, f: f, o: o, off: off, end: off + n}
	if err := r.check(); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// reader reads one range of one version of a file. The context is kept because Read has none.
type reader struct {
	ctx      context.Context
	machine  *sys.Machine
	f        *file
	o        connectors.Object
	off, end int64
	known    version // of the open file, as it was when it was the listed version
}

// Read fills p, then makes sure that the bytes are those of the listed version.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.off >= r.end {
		return 0, io.EOF
	}
	if err := r.machine.Fault("local.read"); err != nil {
		return 0, err
	}
	p = p[:min(int64(len(p)), r.end-r.off)]
	n := readCached(r.f, p, r.off)
	m, err := r.f.ReadAt(p[n:], r.off+int64(n))
	n += m
	if err != nil && err != io.EOF {
		return 0, fault(err)
	}
	if n < len(p) {
		return 0, fmt.Errorf("%s: %w: it has become shorter", r.o.Path, connectors.ErrChanged)
	}
	if err := r.check(); err != nil {
		return 0, err
	}
	r.off += int64(n)
	return n, nil
}

// Close closes the file.
func (r *reader) Close() error { return r.f.Close() }

// check compares the open file with the version that was listed.
func (r *reader) check() error {
	v, err := r.f.version()
	switch {
	case err != nil:
		return fault(err)
	case v == r.known:
		return nil
	case v.regular && (r.o.ETag == "" || v.etag() == r.o.ETag || v.size > r.o.Size && v.sameInode(r.o.ETag)):
		r.known = v
		return nil
	}
	return fmt.Errorf("%s: %w", r.o.Path, connectors.ErrChanged)
}

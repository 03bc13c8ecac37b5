package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/colinmarc/hdfs/v2"

	"github.com/winnowdb/winnow/connectors"
)

const (
	// readBuffer is how many bytes a reader fetches at once, and holds twice.
	readBuffer = 512 << 10
	// maxIdleFaults is how many times in a row a reader opens a file anew without getting a byte.
	maxIdleFaults = 5
)

// OpenRange returns a reader of n bytes of o from off; see connectors.Store. A file that has only
// been appended to since it was listed is read up to the listed length.
func (s *Store) OpenRange(ctx context.Context, o connectors.Object, off, n int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if off < 0 || n < 0 || off+n > o.Size {
		return nil, fmt.Errorf("open %s: range %d+%d is not within its %d bytes", o.Path, off, n, o.Size)
	}
	c, name, err := s.file(o.Path)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, s: s, stop: make(chan struct{}), full: make(chan chunk, 1), free: make(chan []byte, 2)}
	f := &fetch{ctx: ctx, s: s, c: c, name: name, o: o, pos: off, end: off + n}
	if n > 0 {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	r.free <- nil
	r.free <- nil
	// Ends when the range is read, has failed, or stop is closed. A read of a data node that does not
	// answer is waited for by nobody: it ends when the connection has stalled.
	go r.run(f)
	return r, nil
}

// reader gives out what a goroutine fetches ahead of it, so that a Read ends with its context
// though the library's reads do not.
type reader struct {
	ctx  context.Context // kept because Read has none
	s    *Store
	stop chan struct{}
	once sync.Once
	full chan chunk
	free chan []byte
	now  chunk // being given out
	used int
}

// chunk is a piece of the range, or the error that ended it (io.EOF at its end).
type chunk struct {
	buf []byte
	err error
}

// run fetches the range chunk by chunk.
func (r *reader) run(f *fetch) {
	defer f.drop()
	for {
		var c chunk
		select {
		case c.buf = <-r.free:
		case <-r.stop:
			return
		}
		if c.buf == nil {
			c.buf = make([]byte, min(readBuffer, max(1, f.end-f.pos)))
		}
		var n int
		n, c.err = f.read(c.buf[:cap(c.buf)])
		c.buf = c.buf[:n]
		select {
		case r.full <- c:
		case <-r.stop:
			return
		}
		if c.err != nil {
			return
		}
	}
}

// Read gives out fetched bytes, or waits for them.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	for r.used == len(r.now.buf) {
		if r.now.err != nil {
			return 0, r.now.err
		}
		if r.now.buf != nil {
			r.free <- r.now.buf // never waits: there are two buffers
		}
		select {
		case r.now = <-r.full:
			r.used = 0
		case <-r.stop:
			return 0, fs.ErrClosed
		case <-r.ctx.Done():
			r.now, r.used = chunk{}, 0
			return 0, r.ctx.Err()
		}
	}
	n := copy(p, r.now.buf[r.used:])
	r.used += n
	return n, nil
}

// Close ends the fetching.
func (r *reader) Close() error {
	r.once.Do(func() { close(r.stop) })
	return nil
}

// fetch reads one range of one version of a file, and opens it anew where that breaks.
type fetch struct {
	ctx      context.Context
	s        *Store
	c        *cluster
	name     string
	o        connectors.Object
	pos, end int64

	file    *hdfs.FileReader // nil: not open
	session *session
	pinned  bool // the blocks of the open file are known to be those of the version
}

// check compares the file that is there with the version that was listed.
func (f *fetch) check() error {
	if f.o.ETag == "" {
		return nil
	}
	info, err := f.c.stat(f.ctx, f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w (%w)", f.o.Path, connectors.ErrChanged, fs.ErrNotExist)
	}
	if err != nil {
		return f.c.explain(err, f.o.Path)
	}
	if etag(info) != f.o.ETag && !(info.Size() > f.o.Size && sameFile(f.o.ETag, info)) {
		return fmt.Errorf("%s: %w", f.o.Path, connectors.ErrChanged)
	}
	return nil
}

// read fills b as far as the range goes; io.EOF comes with its last bytes or after them.
func (f *fetch) read(b []byte) (int, error) {
	b = b[:min(int64(len(b)), f.end-f.pos)]
	n, faults := 0, 0
	for n < len(b) {
		if err := f.ctx.Err(); err != nil {
			return n, err
		}
		k, err := f.some(b[n:])
		n += k
		f.pos += int64(k)
		if k > 0 {
			faults = 0
		}
		if err == nil {
			continue
		}
		f.drop()
		// A block that is gone, or a connection that has broken: which of the two the name node tells.
		if changed := f.check(); changed != nil {
			return n, changed
		}
		if faults++; faults > maxIdleFaults {
			return n, f.c.explain(&lost{err: err}, f.o.Path)
		}
	}
	if f.pos == f.end {
		return n, io.EOF
	}
	return n, nil
}

// some reads at least one byte, or fails.
func (f *fetch) some(b []byte) (int, error) {
	if err := f.s.machine.Fault("hdfs.read"); err != nil {
		return 0, err
	}
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Read(b)
	if n == 0 && err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if n > 0 && !f.pinned {
		// The library learns the blocks by name at the first read. The version was there before and is
		// there now, so they are its blocks.
		if changed := f.check(); changed != nil {
			return 0, changed
		}
		f.pinned = true
	}
	if n > 0 {
		return n, nil
	}
	return 0, err
}

func (f *fetch) open() error {
	u, err := f.c.acquire()
	if err != nil {
		return err
	}
	file, err := u.client.Open(f.name)
	if err == nil {
		f.file, f.session, f.pinned = file, u, false
		_, err = file.Seek(f.pos, io.SeekStart)
	} else {
		if !isAnswer(err) {
			u.discard()
		}
		u.release()
	}
	return err
}

// drop closes the open file.
func (f *fetch) drop() {
	if f.file != nil {
		f.file.Close()
		f.session.release()
		f.file, f.session = nil, nil
	}
}

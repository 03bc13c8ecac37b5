package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"
	"unicode/utf8"

	"github.com/colinmarc/hdfs/v2"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// closeFor is how long Close waits for the data nodes to report the last block.
const closeFor = time.Minute

// Create returns a writer of a new file, which takes the place of one that is there; see
// connectors.Store. Until Close the bytes are in a hidden file beside it (.winnow-…). The folders
// above are made. The writer is a connectors.Aborter.
func (s *Store) Create(ctx context.Context, location string) (io.WriteCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, name, err := s.file(location)
	if err != nil {
		return nil, err
	}
	if !utf8.ValidString(name) {
		return nil, diag.Errorf(diag.BadValue, "%q is not UTF-8, as the names of HDFS must be", location)
	}
	info, err := c.stat(ctx, name)
	if err == nil && info.IsDir() {
		return nil, diag.Errorf(diag.Exists, "%q is a folder", location)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, c.explain(err, location)
	}
	if err := c.mkdir(ctx, path.Dir(name)); err != nil {
		return nil, c.explain(err, location)
	}
	w := &writer{ctx: ctx, machine: s.machine, c: c, location: location, to: name}
	made, err := get(ctx, c, func(u *session) (opened, error) {
		// A new name for each attempt: one whose answer was lost may have made its file.
		o := opened{tmp: path.Join(path.Dir(name), fmt.Sprintf(".winnow-%016x", s.machine.Rand())), session: u}
		var err error
		o.file, err = u.client.Create(o.tmp)
		if err == nil {
			u.retain()
		}
		return o, err
	})
	if err != nil {
		return nil, c.explain(err, location)
	}
	w.opened = made
	return w, nil
}

// opened is the hidden file of a writer and the session that holds its lease.
type opened struct {
	tmp     string
	file    *hdfs.FileWriter
	session *session
}

// writer is a file in the making. The context is kept because Write and Close have none.
type writer struct {
	opened
	ctx      context.Context
	machine  *sys.Machine
	c        *cluster
	location string
	to       string
	closed   bool
	err      error // of the first Close
}

func (u *session) retain() {
	u.c.mu.Lock()
	defer u.c.mu.Unlock()
	u.users++
}

// Write appends p.
func (w *writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, fs.ErrClosed
	}
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if err := w.machine.Fault("hdfs.write"); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil // the library would begin a block, which no data node ever reports
	}
	n, err := w.file.Write(p)
	return n, w.explain(err)
}

func (w *writer) explain(err error) error {
	if err != nil && !isAnswer(err) {
		err = &lost{err: err}
	}
	return w.c.explain(err, w.location)
}

// Close puts the file in its place. On an error nothing has appeared.
func (w *writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	w.err = w.finish()
	w.session.release()
	if w.err != nil {
		w.clean()
	}
	return w.err
}

func (w *writer) finish() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if err := w.machine.Fault("hdfs.write"); err != nil {
		return err
	}
	if err := w.complete(w.ctx); err != nil {
		return w.explain(err)
	}
	info, err := w.c.stat(w.ctx, w.tmp)
	if err == nil {
		err = w.c.rename(w.ctx, w.tmp, w.to, info)
	}
	return w.c.explain(err, w.location)
}

// complete closes the hidden file. The name node refuses while the data nodes have not reported the
// last block; the Java client asks again with growing pauses, too.
func (w *writer) complete(ctx context.Context) error {
	end := w.machine.Now().Add(closeFor)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := w.file.Close()
		if !hdfs.IsErrReplicating(err) || w.machine.Now().After(end) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Abort gives the file up. After Close it does nothing.
func (w *writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed, w.err = true, fs.ErrClosed
	err := w.clean()
	w.session.release()
	return err
}

// clean deletes the hidden file; that it is still open for writing does not matter. The writer's
// context may have ended.
func (w *writer) clean() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), closeFor)
	defer cancel()
	return w.c.explain(w.c.do(ctx, func(u *session) error {
		err := u.client.Remove(w.tmp)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}), w.location)
}

package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// writeBuffer is how many bytes a writer gathers before it calls the system.
const writeBuffer = 256 << 10

// Create returns a writer of a new file, which takes the place of one that is there; see
// connectors.Store. Until Close the bytes are in a hidden file beside it (.winnow-…). The folders
// above are made. The writer is a connectors.Aborter.
func (s *Store) Create(ctx context.Context, path string) (io.WriteCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := name(path)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, "/") {
		return nil, diag.Errorf(diag.NotFound, "%q names a folder, not a file", path)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return nil, diag.Errorf(diag.Exists, "%q is a folder", path)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return nil, fault(err)
	}
	for {
		tmp := filepath.Join(filepath.Dir(file), fmt.Sprintf(".winnow-%016x", s.machine.Rand()))
		f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fault(err)
		}
		return &writer{ctx: ctx, machine: s.machine, f: f, buf: bufio.NewWriterSize(f, writeBuffer), to: file}, nil
	}
}

// writer is a file in the making. The context is kept because Write and Close have none.
type writer struct {
	ctx     context.Context
	machine *sys.Machine
	f       *os.File
	buf     *bufio.Writer
	to      string
	closed  bool
	err     error // of the first Close
}

// Write appends p.
func (w *writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, fs.ErrClosed
	}
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if err := w.machine.Fault("local.write"); err != nil {
		return 0, err
	}
	n, err := w.buf.Write(p)
	return n, fault(err)
}

// Close puts the file in its place. On an error nothing has appeared, and the hidden file is gone.
func (w *writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	w.err = w.finish()
	if w.err != nil {
		os.Remove(w.f.Name())
	}
	return w.err
}

func (w *writer) finish() error {
	err := w.ctx.Err()
	if err == nil {
		err = w.machine.Fault("local.write")
	}
	if err == nil {
		err = w.buf.Flush()
	}
	if err == nil {
		err = w.f.Sync()
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		return fault(err)
	}
	if err := os.Rename(w.f.Name(), w.to); err != nil {
		return fault(err)
	}
	return syncDir(filepath.Dir(w.to))
}

// Abort gives the file up. After Close it does nothing.
func (w *writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed, w.err = true, fs.ErrClosed
	return errors.Join(w.f.Close(), os.Remove(w.f.Name()))
}

// syncDir makes the names in a folder durable. Windows has no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fault(err)
	}
	return errors.Join(d.Sync(), d.Close())
}

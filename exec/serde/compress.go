package serde

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/winnowdb/winnow/exec/inflate"
	"github.com/winnowdb/winnow/proto/diag"
)

// codec is a way of compressing whole files.
type codec struct {
	name  string
	exts  []string
	magic string // how files begin; "" if nothing tells
	open  func(t *Table, path string, raw io.Reader, warn func(string)) (unpacker, error)
}

// codecs are known by their first bytes, and files without any by their names. Those without open are
// named in the error.
var codecs = []codec{
	{"gzip", []string{".gz", ".gzip"}, "\x1f\x8b", openGzip},
	{"bzip2", []string{".bz2"}, "BZh", openBzip2},
	{"zstd", []string{".zst", ".zstd"}, "\x28\xb5\x2f\xfd", openZstd},
	{"deflate", []string{".deflate"}, "", openDeflate},
	{"xz", []string{".xz"}, "\xfd7zXZ\x00", nil},
	{"lz4", []string{".lz4"}, "\x04\x22\x4d\x18", nil},
	{"snappy", []string{".snappy"}, "\xff\x06\x00\x00sNaPpY", nil},
	{"lzo", []string{".lzo", ".lzo_deflate"}, "\x89LZO", nil},
	{"zip", []string{".zip"}, "PK\x03\x04", nil},
	{"7z", []string{".7z"}, "7z\xbc\xaf\x27\x1c", nil},
}

// byMagic returns the codec of a file that begins with head.
func byMagic(head []byte) (codec, bool) {
	for _, c := range codecs {
		if c.magic != "" && bytes.HasPrefix(head, []byte(c.magic)) {
			if c.name == "bzip2" && !bzip2Header(head) {
				continue
			}
			return c, true
		}
	}
	return codec{}, false
}

// bzip2Header tells a bzip2 file from text that begins with "BZh".
func bzip2Header(head []byte) bool {
	return len(head) >= 10 && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90")
}

// byName returns the codec that path's ending names.
func byName(path string) (codec, bool) {
	lower := strings.ToLower(path)
	for _, c := range codecs {
		for _, e := range c.exts {
			if strings.HasSuffix(lower, e) {
				return c, true
			}
		}
	}
	return codec{}, false
}

// Compressed reports whether a file that begins with head is compressed: then only a whole file can be
// read, whatever its name.
func Compressed(head []byte) bool {
	_, ok := byMagic(head)
	return ok
}

// MagicBytes is how many bytes of a file's start Compressed looks at.
const MagicBytes = 16

// DamagedError is the error of a file whose bytes are not what its format demands. What was read before is right.
type DamagedError struct {
	What   string // "gzip ends early"
	Offset int64  // in the file as stored
	Err    error
}

// Error implements error.
func (e *DamagedError) Error() string { return fmt.Sprintf("%s at byte %d", e.What, e.Offset) }

// Unwrap returns the codec's own error.
func (e *DamagedError) Unwrap() error { return e.Err }

// unpacker is the text of a compressed file. Its errors are DamagedErrors, or the store's.
type unpacker interface {
	io.Reader
	// Peek returns what comes next without taking it: n bytes, or fewer at the end or before an error, which Read
	// then gives. It is called before the first Read only, and valid until then.
	Peek(n int) []byte
	// Close frees what is held; the file itself is the caller's.
	Close()
}

// gunzip reads gzip. Bytes after the last member are passed over with a warning.
type gunzip struct {
	z    *inflate.Reader
	t    *Table
	path string
	warn func(string)
}

func openGzip(t *Table, path string, raw io.Reader, warn func(string)) (unpacker, error) {
	z := t.gunzip
	if t.gunzip = nil; z == nil {
		z = inflate.NewReader(raw)
	} else {
		z.Reset(raw)
	}
	return &gunzip{z: z, t: t, path: path, warn: warn}, nil
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err == io.EOF {
		g.warnTrailing()
	} else if err != nil {
		err = g.fault(err)
	}
	return n, err
}

func (g *gunzip) warnTrailing() {
	n, nuls := g.z.Trailing()
	if n == 0 || g.warn == nil {
		return
	}
	what := "other bytes"
	if nuls {
		what = "NUL bytes"
	}
	g.warn(fmt.Sprintf("%d %s after the end of the gzip data in %s", n, what, g.path))
	g.warn = nil
}

func (g *gunzip) fault(err error) error {
	for _, known := range []error{inflate.ErrTruncated, inflate.ErrHeader, inflate.ErrCorrupt, inflate.ErrChecksum, inflate.ErrLength} {
		if err == known {
			return &DamagedError{What: err.Error(), Offset: g.z.Offset(), Err: err}
		}
	}
	return err
}

// Peek implements unpacker.
func (g *gunzip) Peek(n int) []byte { return g.z.Peek(n) }

// Close implements unpacker. The decompressor is kept for the table's next file.
func (g *gunzip) Close() {
	if g.z != nil {
		g.t.gunzip, g.z = g.z, nil
	}
}

// library reads by a decompressor of a library, whose errors it turns into DamagedErrors.
type library struct {
	name string
	raw  *countingReader
	in   *bufio.Reader // of raw, for the decompressor
	out  *bufio.Reader // of the decompressor
	done func()
}

func newLibrary(name string, raw io.Reader) *library {
	counted := &countingReader{r: raw}
	return &library{name: name, raw: counted, in: bufio.NewReaderSize(counted, 64<<10), done: func() {}}
}

func (l *library) reads(r io.Reader) *library {
	l.out = bufio.NewReaderSize(r, headSize)
	return l
}

// Read implements io.Reader.
func (l *library) Read(p []byte) (int, error) {
	n, err := l.out.Read(p)
	if err != nil && err != io.EOF {
		err = l.fault(err)
	}
	return n, err
}

func (l *library) fault(err error) error {
	if l.raw.err != nil {
		return l.raw.err // of the store, not of the bytes
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return diag.Errorf(diag.Limit, "zstd window is larger than %d MiB", maxZstdWindow>>20)
	}
	what := l.name + " is damaged"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = l.name + " ends early"
	case errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch):
		what = l.name + " has a wrong checksum"
	}
	return &DamagedError{What: what, Offset: l.raw.n - int64(l.in.Buffered()), Err: err}
}

// Peek implements unpacker.
func (l *library) Peek(n int) []byte {
	head, _ := l.out.Peek(n) // Read gives the error again
	return head
}

// Close implements unpacker.
func (l *library) Close() { l.done() }

// countingReader counts what was read and keeps the first error that is not the end.
type countingReader struct {
	r   io.Reader
	n   int64
	err error
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

func openBzip2(_ *Table, _ string, raw io.Reader, _ func(string)) (unpacker, error) {
	l := newLibrary("bzip2", raw)
	return l.reads(bzip2.NewReader(l.in)), nil
}

// maxZstdWindow bounds the memory of one file; zstd --long=27 needs half of it.
const maxZstdWindow = 256 << 20

func openZstd(_ *Table, _ string, raw io.Reader, _ func(string)) (unpacker, error) {
	l := newLibrary("zstd", raw)
	// One goroutine: the task is the unit of parallelism.
	z, err := zstd.NewReader(l.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, err
	}
	l.done = z.Close
	return l.reads(z), nil
}

func openDeflate(_ *Table, _ string, raw io.Reader, _ func(string)) (unpacker, error) {
	l := newLibrary("deflate", raw)
	z, err := zlib.NewReader(l.in)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // a header that is cut is as any other cut
	}
	if err != nil {
		return nil, l.fault(err)
	}
	return l.reads(z), nil
}

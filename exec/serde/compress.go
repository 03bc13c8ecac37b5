package serde

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/winnowdb/winnow/proto/diag"
)

// codec is a way of compressing whole files.
type codec struct {
	name  string
	exts  []string
	magic string // how files begin; "" if nothing tells
	open  func(path string, r *bufio.Reader, warn func(string)) (io.ReadCloser, error)
}

// codecs are known by their first bytes, and files without any by their names. Those without open are
// named in the error.
func codecs() []codec {
	return []codec{
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
}

// byMagic returns the codec of a file that begins with head.
func byMagic(head []byte) (codec, bool) {
	for _, c := range codecs() {
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
	for _, c := range codecs() {
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

// decompressor turns the errors of a codec into DamagedErrors.
type decompressor struct {
	name string
	r    io.Reader
	raw  *countingReader
	buf  *bufio.Reader
	done func()
}

func newDecompressor(name string, r io.Reader, buf *bufio.Reader, done func()) *decompressor {
	return &decompressor{name: name, r: r, buf: buf, done: done}
}

// Read implements io.Reader.
func (d *decompressor) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = d.fault(err)
	}
	return n, err
}

func (d *decompressor) fault(err error) error {
	if d.raw != nil && d.raw.err != nil {
		return d.raw.err // of the store, not of the bytes
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return diag.Errorf(diag.Limit, "zstd window is larger than %d MiB", maxZstdWindow>>20)
	}
	what := d.name + " is damaged"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = d.name + " ends early"
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch):
		what = d.name + " has a wrong checksum"
	}
	at := int64(0)
	if d.raw != nil {
		at = d.raw.n - int64(d.buf.Buffered())
	}
	return &DamagedError{What: what, Offset: at, Err: err}
}

// Close implements io.Closer.
func (d *decompressor) Close() error {
	if d.done != nil {
		d.done()
	}
	return nil
}

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

// members reads the members of a gzip file one after the other. NULs and other bytes after the last one
// are passed over with a warning.
type members struct {
	z    *gzip.Reader
	buf  *bufio.Reader
	path string
	warn func(string)
}

func openGzip(path string, r *bufio.Reader, warn func(string)) (io.ReadCloser, error) {
	m := &members{buf: r, path: path, warn: warn}
	d := newDecompressor("gzip", m, r, nil)
	if err := checkGzipFlags(r); err != nil {
		return nil, d.fault(err)
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, d.fault(early(err))
	}
	z.Multistream(false)
	m.z = z
	return d, nil
}

// early makes the end of a header that is cut the same error as any other cut.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func checkGzipFlags(r *bufio.Reader) error {
	head, err := r.Peek(4)
	if err != nil {
		return early(err)
	}
	if head[2] != 8 || head[3]&0xe0 != 0 {
		return gzip.ErrHeader
	}
	return nil
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if n > 0 || err != io.EOF {
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		more, err := m.next()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, io.EOF
		}
	}
}

// next opens the next member, if there is one.
func (m *members) next() (bool, error) {
	head, err := m.buf.Peek(2)
	if err != nil && len(head) == 0 {
		return false, nil
	}
	if string(head) == "\x1f\x8b" {
		if err := checkGzipFlags(m.buf); err != nil {
			return false, err
		}
		if err := m.z.Reset(m.buf); err != nil {
			return false, early(err)
		}
		m.z.Multistream(false)
		return true, nil
	}
	return false, m.tail()
}

// tail reads what follows the last member.
func (m *members) tail() error {
	n, nuls := 0, true
	var block [4096]byte
	for {
		k, err := m.buf.Read(block[:])
		n += k
		for _, c := range block[:k] {
			nuls = nuls && c == 0
		}
		if err != nil {
			if err != io.EOF {
				return err
			}
			break
		}
	}
	what := "other bytes"
	if nuls {
		what = "NUL bytes"
	}
	m.warn(fmt.Sprintf("%d %s after the end of the gzip data in %s", n, what, m.path))
	return nil
}

func openBzip2(_ string, r *bufio.Reader, _ func(string)) (io.ReadCloser, error) {
	return newDecompressor("bzip2", bzip2.NewReader(r), r, nil), nil
}

// maxZstdWindow bounds the memory of one file; zstd --long=27 needs half of it.
const maxZstdWindow = 256 << 20

func openZstd(_ string, r *bufio.Reader, _ func(string)) (io.ReadCloser, error) {
	// One goroutine: the task is the unit of parallelism.
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, err
	}
	return newDecompressor("zstd", z, r, z.Close), nil
}

func openDeflate(_ string, r *bufio.Reader, _ func(string)) (io.ReadCloser, error) {
	d := newDecompressor("deflate", nil, r, nil)
	z, err := zlib.NewReader(r)
	if err != nil {
		return nil, d.fault(early(err))
	}
	d.r = z
	return d, nil
}

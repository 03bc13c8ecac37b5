package serde

import (
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"

	"github.com/winnowdb/winnow/proto/diag"
)

// CompressedName returns the ending of the names of files that are written in a compression: "" (none), gzip,
// zstd or deflate. Others are an error of kind UNSUPPORTED.
func CompressedName(compression string) (string, error) {
	switch strings.ToLower(compression) {
	case "", "none", "uncompressed":
		return "", nil
	case "gzip", "gz":
		return ".gz", nil
	case "zstd", "zst":
		return ".zst", nil
	case "deflate":
		return ".deflate", nil
	}
	return "", diag.Errorf(diag.Unsupported, "files are not written in compression %q", compression).
		WithHint("written are gzip, zstd, deflate and none")
}

// Writer writes the rows of one file.
type Writer struct {
	enc     Encoder
	w       io.Writer
	closers []io.Closer // from the outside in
	skipped int         // records of each file that readers of the table skip
}

// NewWriter returns a writer of a file of the table to w, which the caller closes after the Writer. As in
// Hive, no header or footer is written, also where readers of the table skip them: then Warnings says that rows are lost.
func (t *Table) NewWriter(w io.Writer, compression string) (*Writer, error) {
	enc, err := t.NewEncoder()
	if err != nil {
		return nil, err
	}
	out := &Writer{enc: enc, w: w, skipped: t.Header + t.Footer}
	if err := out.compress(compression); err != nil {
		return nil, err
	}
	if e := t.Charset.encoding(); e != nil {
		tw := transform.NewWriter(out.w, encoding.ReplaceUnsupported(e.NewEncoder()))
		out.w, out.closers = tw, append([]io.Closer{tw}, out.closers...)
	}
	return out, nil
}

func (c Charset) encoding() encoding.Encoding {
	if c.latin1 {
		return charmap.ISO8859_1
	}
	return c.enc
}

func (w *Writer) compress(compression string) error {
	var c io.WriteCloser
	ext, err := CompressedName(compression)
	switch ext {
	case ".gz":
		c = gzip.NewWriter(w.w)
	case ".zst":
		// One goroutine: the task is the unit of parallelism.
		c, err = zstd.NewWriter(w.w, zstd.WithEncoderConcurrency(1))
	case ".deflate":
		c = zlib.NewWriter(w.w)
	}
	if err == nil && c != nil {
		w.w, w.closers = c, []io.Closer{c}
	}
	return err
}

// Write writes the rows of rec.
func (w *Writer) Write(rec arrow.Record) error { return w.enc.Encode(w.w, rec) }

// Close writes what ends the file.
func (w *Writer) Close() error {
	var err error
	for _, c := range w.closers {
		if cerr := c.Close(); err == nil {
			err = cerr
		}
	}
	return err
}

// Warnings returns what was odd in the rows.
func (w *Writer) Warnings() (out []string) {
	if e, ok := w.enc.(*delimitedEncoder); ok && e.broken > 0 {
		out = append(out, fmt.Sprintf("%d text values hold a delimiter or line end; without ESCAPED BY they are read back as something else", e.broken))
	}
	if w.skipped > 0 {
		out = append(out, fmt.Sprintf("%s and %s make readers skip %d of the rows of each file that is written", headerKey, footerKey, w.skipped))
	}
	return out
}

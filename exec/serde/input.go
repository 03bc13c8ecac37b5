package serde

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/winnowdb/winnow/proto/diag"
)

// headSize is how much of a file's start is looked at.
const headSize = 4096

// Input is the text of one whole file, or of one from its start on.
type Input struct {
	io.Reader
	Compression string   // "" if there is none
	unpacker    unpacker // nil if there is none
}

// Close frees the decompressor. The file itself is the caller's.
func (in *Input) Close() {
	if in.unpacker != nil {
		in.unpacker.Close()
		in.unpacker = nil
	}
}

// OpenInput returns the text of raw, a file from its first byte on: decompressed by what the bytes say, not
// the name, and converted to UTF-8 if the table's charset is UTF-16. A file that holds no text is an error of kind
// BAD_FILE, one in a compression that is not built in of kind UNSUPPORTED. What is odd goes to warn, until the
// Input is closed. It is called by one goroutine at a time, which closes each Input.
func (t *Table) OpenInput(path string, raw io.Reader, warn func(string)) (*Input, error) {
	head, rest, err := t.peek(raw)
	if err != nil {
		return nil, err
	}
	in := &Input{Reader: rest}
	named, hasName := byName(path)
	c, packed := byMagic(head)
	if !packed && hasName && named.magic == "" && len(head) > 0 {
		c, packed = named, true
	}
	switch {
	case packed && c.open == nil:
		return nil, diag.Errorf(diag.Unsupported, "%s: %s compression is not supported", path, c.name).
			WithHint("supported are gzip, bzip2, zstd and deflate")
	case packed:
		if in.unpacker, err = c.open(t, path, rest, warn); err != nil {
			return nil, err
		}
		in.Reader, in.Compression = in.unpacker, c.name
		if !hasName || named.name != c.name {
			warn(fmt.Sprintf("%s is %s-compressed, whatever its name", path, c.name))
		}
		head = in.unpacker.Peek(headSize)
	case hasName && len(head) == 0:
		warn(fmt.Sprintf("%s is empty, though its name says %s", path, named.name))
	case hasName && named.open == nil:
		return nil, diag.Errorf(diag.Unsupported, "%s: %s compression is not supported", path, named.name).
			WithHint("supported are gzip, bzip2, zstd and deflate")
	case hasName:
		warn(fmt.Sprintf("%s is plain text, though its name says %s", path, named.name))
	}
	if err := t.sniff(path, head, warn); err != nil {
		in.Close()
		return nil, err
	}
	if t.Charset.wide() {
		in.Reader = transform.NewReader(in.Reader, unicode.BOMOverride(t.Charset.enc.NewDecoder()))
	}
	if t.Format.unwrap != nil {
		in.Reader = t.Format.unwrap(path, in.Reader)
	}
	return in, nil
}

// peek reads the start of r and returns it with a reader of all of r. Both are valid until the next call.
func (t *Table) peek(r io.Reader) (head []byte, all io.Reader, err error) {
	if t.head == nil {
		t.head = make([]byte, headSize)
	}
	n, err := io.ReadFull(r, t.head)
	head = t.head[:n]
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return head, bytes.NewReader(head), nil
	}
	return head, &prefixed{head: head, rest: r}, err
}

// prefixed gives head, then rest.
type prefixed struct {
	head []byte
	rest io.Reader
}

// Read implements io.Reader.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) == 0 {
		return p.rest.Read(b)
	}
	n := copy(b, p.head)
	p.head = p.head[n:]
	return n, nil
}

// magics are the first bytes of files that are no text.
var magics = []struct{ magic, name string }{
	{"PAR1", "a Parquet file"}, {"ORC", "an ORC file"}, {"Obj\x01", "an Avro file"}, {"SEQ\x06", "a SequenceFile"},
	{"RCF\x01", "an RCFile"}, {"\x89PNG", "a PNG image"}, {"GIF8", "a GIF image"}, {"\xff\xd8\xff", "a JPEG image"},
	{"%PDF-", "a PDF file"}, {"\x7fELF", "a program"}, {"\xca\xfe\xba\xbe", "a Java class"}, {"SQLite format 3\x00", "an SQLite database"},
	{"\xd0\xcf\x11\xe0", "an Office document"}, {"ARROW1", "an Arrow file"},
}

// sniff refuses files that are not text and warns of what is likely not the text that was meant.
func (t *Table) sniff(path string, head []byte, warn func(string)) error {
	bad := func(format string, args ...any) error {
		return diag.Errorf(diag.BadFile, "%s: "+format, append([]any{path}, args...)...).
			WithHint("the table property 'on_bad_file'='skip' leaves such files out")
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			if strings.IndexFunc(m.magic, func(r rune) bool { return r < ' ' || r > '~' }) < 0 && !binaryTail(head) {
				continue // the letters alone may be text
			}
			return bad("not text, but %s", m.name)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return bad("a tar archive, not text")
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		if !t.Charset.wide() {
			return diag.Errorf(diag.BadFile, "%s: looks like UTF-16", path).WithHint("set 'serialization.encoding'='UTF-16'")
		}
		return nil
	}
	sum := uint64(0)
	for _, c := range head {
		sum += uint64(oddBytes[c])
	}
	nuls, control := int(sum/oddNul), int(sum%oddNul)
	if control*10 >= len(head)*3 && control > 0 {
		return bad("not text")
	}
	if nuls*10 >= len(head) && nuls > 0 && !t.Charset.wide() {
		warn(fmt.Sprintf("many NUL bytes in %s; if it is UTF-16, set 'serialization.encoding'", path))
	}
	return nil
}

// What oddBytes tells of a byte; as many as a head has can be added up.
const (
	oddControl = 1
	oddNul     = 2 * headSize
)

// oddBytes tells which bytes text hardly has. Other control characters are Hive's delimiters, or blanks.
var oddBytes = func() (table [256]uint16) {
	table[0], table[0x0b], table[0x7f] = oddNul, oddControl, oddControl
	for c := 0x0e; c < ' '; c++ {
		table[c] = oddControl
	}
	table[0x1b] = 0
	return table
}()

// binaryTail reports whether bytes that text does not have follow early.
func binaryTail(head []byte) bool {
	return bytes.IndexFunc(head[:min(len(head), 64)], func(r rune) bool { return r < 9 || r == '\ufffd' }) >= 0
}

// NamedPacked reports whether a file is named as a compressed one.
func NamedPacked(path string) bool {
	_, packed := byName(path)
	return packed
}

// Splittable reports whether files of a table may be cut at byte ranges that are read apart: not if they are
// named as compressed ones, if their format is no lines, if more than a header line or any footer is to be skipped, or if where
// records end depends on all bytes before.
func Splittable(format string, properties map[string]string, path string) bool {
	if NamedPacked(path) {
		return false
	}
	f, err := Lookup(format)
	if err != nil || f.unwrap != nil {
		return false
	}
	s := &spec{props: newProps(properties)}
	framing, err := s.framing(f)
	if err != nil || framing.Overlap() < 0 {
		return false
	}
	if c, err := s.charset(); err != nil || c.wide() {
		return false
	}
	header, err1 := s.props.count(headerKey, maxSkip)
	footer, err2 := s.props.count(footerKey, maxSkip)
	return err1 == nil && err2 == nil && header <= 1 && footer == 0
}

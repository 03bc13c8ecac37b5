package serde

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/winnowdb/winnow/proto/diag"
)

// Charset is the encoding of a table's files (serialization.encoding). The zero Charset is UTF-8.
type Charset struct {
	name   string
	enc    encoding.Encoding
	latin1 bool
	is16   bool
}

func (c Charset) isUTF8() bool { return c.enc == nil && !c.latin1 }

// wide reports whether a newline is not the one byte 0x0A, so that a file must be converted before its
// records are found.
func (c Charset) wide() bool { return c.is16 }

func (s *spec) charset() (Charset, error) {
	name := strings.ToLower(strings.TrimSpace(s.props[encodingKey]))
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return Charset{}, nil
	case "iso-8859-1", "latin1", "iso8859_1", "iso8859-1", "l1":
		return Charset{name: name, latin1: true}, nil
	case "utf-16", "utf16":
		return Charset{name: name, is16: true, enc: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	case "utf-16le":
		return Charset{name: name, is16: true, enc: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, nil
	case "utf-16be":
		return Charset{name: name, is16: true, enc: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	}
	// Java writes cp1252 and Cp1252 for windows-1252.
	enc, err := htmlindex.Get(strings.Replace(name, "cp12", "windows-12", 1))
	if err != nil {
		return Charset{}, diag.Errorf(diag.Config, "property %q names the unknown charset %q", encodingKey, s.props[encodingKey])
	}
	return Charset{name: name, enc: enc}, nil
}

// recoder converts each record to UTF-8 before next sees it, as Hive 4 does: delimiters are looked for
// in the converted text.
type recoder struct {
	charset Charset
	next    Decoder
	dec     *encoding.Decoder
	buf     []byte
}

// Decode implements Decoder.
func (r *recoder) Decode(rec []byte, out *Columns) error {
	if r.charset.latin1 {
		r.buf = r.buf[:0]
		for _, c := range rec {
			if c < 0x80 {
				r.buf = append(r.buf, c)
			} else {
				r.buf = append(r.buf, 0xc0|c>>6, 0x80|c&0x3f)
			}
		}
		return r.next.Decode(r.buf, out)
	}
	if r.dec == nil {
		r.dec = r.charset.enc.NewDecoder()
	}
	r.buf = r.buf[:0]
	for len(rec) > 0 || len(r.buf) == 0 {
		need := len(rec)*3 + 16
		if cap(r.buf)-len(r.buf) < need {
			r.buf = append(make([]byte, 0, len(r.buf)+need), r.buf...)
		}
		nd, ns, err := r.dec.Transform(r.buf[len(r.buf):cap(r.buf)], rec, true)
		r.buf = r.buf[:len(r.buf)+nd]
		if rec = rec[ns:]; len(rec) > 0 && err != nil {
			r.buf = append(r.buf, "\ufffd"...)
			rec = rec[1:]
			out.Counts.BadUTF8++
		}
		if len(rec) == 0 {
			break
		}
	}
	r.dec.Reset()
	return r.next.Decode(r.buf, out)
}

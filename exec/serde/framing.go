package serde

import (
	"bytes"

	"github.com/winnowdb/winnow/exec/textscan"
	"github.com/winnowdb/winnow/proto/diag"
)

// Framing tells where records end in a run of bytes that begins with a record.
type Framing interface {
	// Next returns the first record of b without its end, and how far on the next one begins. If that cannot
	// be told without the bytes that follow b, advance is 0; with final, none follow, and what is left is a record.
	Next(b []byte, final bool) (rec []byte, advance int)
	// Last returns where the last whole record of b ends, its end included; 0 if there is none.
	Last(b []byte) int
	// Count returns the number of records of b, which holds whole records.
	Count(b []byte) int
	// Overlap is how many bytes before a split a reader must see to know whether a record begins where
	// the split does; negative if files cannot be split.
	Overlap() int
	// End returns what Reader adds to a last record that lacks its end, so that chunks end alike; nil if the
	// last record is to be given alone.
	End() []byte
}

// lineFraming returns the framing that the properties ask for.
func lineFraming(p props) (Framing, error) {
	// Hive's reader looks at the record delimiter only; then CR is data even before a newline.
	if text, ok := p.first(recordKey); ok {
		return delimiterFraming(recordKey, unescapeDelimiter(text))
	}
	// LINES TERMINATED BY '\n' is nothing to Hive's reader. Here it makes a lone CR data, while CRLF still ends a line.
	text, ok := p.first(lineKey)
	if !ok {
		return anyLine{}, nil
	}
	if end := unescapeDelimiter(text); end != "\n" {
		return delimiterFraming(lineKey, end)
	}
	return newline{}, nil
}

func unescapeDelimiter(text string) string {
	if c, ok := escapedByte(text); ok {
		return string([]byte{c})
	}
	switch text {
	case "10": // Hive's form of a byte's number
		return "\n"
	case `\r\n`:
		return "\r\n"
	}
	return text
}

func delimiterFraming(key, end string) (Framing, error) {
	if end == "\r\n" && key == lineKey {
		return newline{}, nil
	}
	if len(end) > 1024 {
		return nil, diag.Errorf(diag.Config, "property %q is longer than 1024 bytes", key)
	}
	return exactEnd{[]byte(end)}, nil
}

// anyLine is Hive's default: newline, CR newline and a lone CR all end a record.
type anyLine struct{}

// Next implements Framing.
func (anyLine) Next(b []byte, final bool) ([]byte, int) {
	nl := bytes.IndexByte(b, '\n')
	line := b
	if nl >= 0 {
		line = b[:nl]
	}
	cr := bytes.IndexByte(line, '\r')
	switch {
	case cr < 0 && nl < 0:
		return unended(b, final)
	case cr < 0:
		return line, nl + 1
	case cr+1 == len(b) && !final: // a newline may follow
		return nil, 0
	case cr+1 == nl:
		return b[:cr], nl + 1
	}
	return b[:cr], cr + 1
}

// unended is the Next of bytes without an end.
func unended(b []byte, final bool) ([]byte, int) {
	if final {
		return b, len(b)
	}
	return nil, 0
}

// Last implements Framing.
func (anyLine) Last(b []byte) int {
	end := bytes.LastIndexByte(b, '\n') + 1
	rest := b[end:]
	if len(rest) > 0 {
		// The last byte is left out: it may be the CR of a CRLF.
		if cr := bytes.LastIndexByte(rest[:len(rest)-1], '\r'); cr >= 0 {
			end += cr + 1
		}
	}
	return end
}

// Count implements Framing.
func (anyLine) Count(b []byte) int {
	n, cr := textscan.Lines(b, '\n')
	if cr {
		n += textscan.Count(b, '\r') - bytes.Count(b, []byte("\r\n"))
	}
	return n
}

// Overlap implements Framing.
func (anyLine) Overlap() int { return 1 }

// End implements Framing: after a CR it completes a CRLF.
func (anyLine) End() []byte { return []byte{'\n'} }

// newline ends records at newlines; one CR before is dropped, others are data.
type newline struct{}

// Next implements Framing.
func (newline) Next(b []byte, final bool) ([]byte, int) {
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 {
		return unended(b, final)
	}
	if nl > 0 && b[nl-1] == '\r' {
		return b[:nl-1], nl + 1
	}
	return b[:nl], nl + 1
}

// Last implements Framing.
func (newline) Last(b []byte) int { return bytes.LastIndexByte(b, '\n') + 1 }

// Count implements Framing.
func (newline) Count(b []byte) int {
	n, _ := textscan.Lines(b, '\n')
	return n
}

// Overlap implements Framing.
func (newline) Overlap() int { return 1 }

// End implements Framing.
func (newline) End() []byte { return []byte{'\n'} }

// exactEnd ends records at a text of one or more bytes; nothing else is special.
type exactEnd struct{ end []byte }

// Next implements Framing.
func (f exactEnd) Next(b []byte, final bool) ([]byte, int) {
	i := bytes.Index(b, f.end)
	if i < 0 {
		return unended(b, final)
	}
	return b[:i], i + len(f.end)
}

// Last implements Framing.
func (f exactEnd) Last(b []byte) int {
	if !f.overlapsItself() {
		if i := bytes.LastIndex(b, f.end); i >= 0 {
			return i + len(f.end)
		}
		return 0
	}
	at := 0
	for {
		_, n := f.Next(b[at:], false)
		if n == 0 {
			return at
		}
		at += n
	}
}

// Count implements Framing.
func (f exactEnd) Count(b []byte) int { return bytes.Count(b, f.end) }

// Overlap implements Framing. In a run of "aa" ends, where one begins depends on all bytes before it.
func (f exactEnd) Overlap() int {
	if f.overlapsItself() {
		return -1
	}
	return len(f.end)
}

// End implements Framing. A longer end could join with the last bytes of the record to an earlier one.
func (f exactEnd) End() []byte {
	if len(f.end) > 1 {
		return nil
	}
	return f.end
}

// overlapsItself reports whether a proper beginning of the end is also how it ends.
func (f exactEnd) overlapsItself() bool {
	for n := 1; n < len(f.end); n++ {
		if bytes.HasSuffix(f.end, f.end[:n]) {
			return true
		}
	}
	return false
}

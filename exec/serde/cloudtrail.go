package serde

import (
	"io"

	"github.com/winnowdb/winnow/proto/diag"
)

// recordsKey is the key of the array of events in a file of AWS CloudTrail, which is one object.
const recordsKey = "Records"

// eventLines gives the events of a CloudTrail file as JSON lines, a line each, so that all that reads those reads it. It follows
// strings and brackets only: whether an event is good JSON is its line's matter.
type eventLines struct {
	path string
	src  io.Reader
	in   []byte // read and not looked at
	out  []byte // to be given
	buf  []byte // of in
	err  error  // of src

	depth    int    // of brackets: 1 in the file's object, 2 in the array, 3 and more in an event
	inString bool   // else between tokens
	escaped  bool   // after a backslash in a string
	key      []byte // the last string in the file's object
	array    bool   // at depth 2: this is the array of events
	found    bool   // it was there
}

func newEventLines(path string, src io.Reader) io.Reader {
	return &eventLines{path: path, src: src, buf: make([]byte, 64<<10)}
}

// Read implements io.Reader.
func (e *eventLines) Read(b []byte) (int, error) {
	for len(e.out) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		var n int
		n, e.err = e.src.Read(e.buf)
		e.in, e.out = e.buf[:n], e.out[:0]
		if err := e.cut(); err != nil {
			e.err = err
		}
	}
	n := copy(b, e.out)
	e.out = e.out[n:]
	return n, nil
}

// cut appends what in has of events to out.
func (e *eventLines) cut() error {
	for _, c := range e.in {
		if e.inString {
			e.inside(c)
			continue
		}
		switch c {
		case '"':
			e.inString, e.key = true, e.key[:0]
		case '{', '[':
			if e.depth++; e.depth == 2 {
				e.array = c == '[' && string(e.key) == recordsKey
				e.found = e.found || e.array
			}
		case '}', ']':
			e.depth = max(0, e.depth-1)
			switch {
			case e.depth == 2 && e.array:
				e.out = append(e.out, c, '\n')
				continue
			case e.depth == 0 && !e.found:
				return diag.Errorf(diag.BadFile, "%s: the object has no array %q, as files of CloudTrail have", e.path, recordsKey).
					WithHint("the table property 'on_bad_file'='skip' leaves such files out")
			}
		case '\n', '\r':
			c = ' '
		}
		e.give(c)
	}
	return nil
}

// inside takes a byte of a string.
func (e *eventLines) inside(c byte) {
	switch {
	case e.escaped:
		e.escaped = false
	case c == '\\':
		e.escaped = true
	case c == '"':
		e.inString = false
	}
	if e.inString && e.depth == 1 && len(e.key) <= len(recordsKey) {
		e.key = append(e.key, c)
	}
	if c == '\n' { // which JSON does not allow: the event is bad, and stays one line
		c = ' '
	}
	e.give(c)
}

// give puts a byte of an event out.
func (e *eventLines) give(c byte) {
	if e.depth > 2 && e.array {
		e.out = append(e.out, c)
	}
}

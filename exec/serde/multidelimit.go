package serde

import (
	"bytes"

	"github.com/winnowdb/winnow/proto/diag"
)

// multiDelimit is LazySimpleSerDe with a field delimiter of several bytes. Below the fields the
// separators are LazySimpleSerDe's; there are no escapes.
type multiDelimit struct {
	delimited
	sep []byte
}

func multiSeparator(s *spec) (string, error) {
	sep, ok := s.props.first(fieldKey)
	if !ok {
		return "", diag.Errorf(diag.Config, "MultiDelimitSerDe wants the property %q", fieldKey)
	}
	return sep, nil
}

func checkMultiDelimit(s *spec) error {
	if _, err := multiSeparator(s); err != nil {
		return err
	}
	if _, err := newLazy(s); err != nil {
		return err
	}
	return checkNesting(s)
}

func newMultiDelimit(s *spec, need Need) (Decoder, error) {
	sep, err := multiSeparator(s)
	if err != nil {
		return nil, err
	}
	l, err := newLazy(s)
	if err != nil {
		return nil, err
	}
	l.escaped = false
	d := &multiDelimit{sep: []byte(sep)}
	d.lazy, d.place = l, places(len(s.types), need)
	return d, nil
}

// Decode implements Decoder.
func (d *multiDelimit) Decode(rec []byte, out *Columns) error {
	d.counts = &out.Counts
	done := false
	for c, o := range d.place {
		if done {
			if o >= 0 {
				out.cols[o].appendNull()
			}
			continue
		}
		n := bytes.Index(rec, d.sep)
		if n < 0 || (d.rest && c == len(d.place)-1) {
			n, done = len(rec), true
		}
		if o >= 0 {
			d.value(out.cols[o], rec[:n], 1)
		}
		if !done {
			rec = rec[n+len(d.sep):]
		}
	}
	if !done {
		out.Counts.ExtraFields++
	}
	countBadUTF8(out, out.rows)
	out.rows++
	return nil
}

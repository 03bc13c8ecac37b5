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
	d := &multiDelimit{delimited: delimitedOf(l, need), sep: []byte(sep)}
	return d, nil
}

// Decode implements Decoder.
func (d *multiDelimit) Decode(rec []byte, out *Columns) error {
	d.counts = &out.Counts
	d.parts = d.parts[:0]
	for len(d.parts) < len(d.place) {
		n := bytes.Index(rec, d.sep)
		if n < 0 || (d.rest && len(d.parts) == len(d.place)-1) {
			d.parts = append(d.parts, rec)
			d.row(out)
			return nil
		}
		d.parts = append(d.parts, rec[:n])
		rec = rec[n+len(d.sep):]
	}
	out.Counts.ExtraFields++
	d.row(out)
	return nil
}

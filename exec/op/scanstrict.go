package op

import (
	"fmt"

	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/proto/diag"
)

// checkStrict makes the first bad row or value of a chunk an error that names its place.
func (s *scan) checkStrict(c serde.Chunk) error {
	what := s.fault(s.cols)
	if what == "" {
		return nil
	}
	if c.Single {
		return s.strictError(c.Offset, c.Data, what)
	}
	again := s.table.NewColumns(s.need)
	err := s.eachRecord(c, func(off int64, rec []byte) error {
		if err := s.decoder.Decode(rec, again); err != nil {
			return err
		}
		if what := s.fault(again); what != "" {
			return s.strictError(off, rec, what)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.strictError(c.Offset, c.Data, what)
}

// fault says what cols counted that the table refuses: a strict one whatever is odd, others bad records.
func (s *scan) fault(cols *serde.Columns) string {
	if !s.spec.Strict {
		if cols.Counts.BadRows > 0 {
			return "record does not have the table's format"
		}
		return ""
	}
	for i, name := range s.names {
		if cols.BadValues(i) > 0 {
			return fmt.Sprintf("no value of column %s", name)
		}
	}
	switch c := cols.Counts; {
	case c.LongLines > 0:
		return "record is too long"
	case c.BadRows > 0:
		return "record does not have the table's format"
	case c.BadUTF8 > 0:
		return "text is not UTF-8"
	case c.Unclosed > 0:
		return "record ends within quotes or after an escape character"
	case c.TrailingText > 0:
		return "text after the JSON value"
	}
	return ""
}

func (s *scan) strictError(off int64, rec []byte, what string) error {
	return diag.Errorf(diag.BadValue, "%s at byte %d: %s: %q", s.file.rng.Path, off, what, rec[:min(len(rec), 80)]).
		WithHint("without the table properties 'strict' and 'bad.rows' such values are NULL and counted")
}

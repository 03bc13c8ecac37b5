package op

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
)

// columnStore keeps rows of columns, a batch at a time, without joining them to one large array.
type columnStore struct {
	env    *Env
	schema *arrow.Schema
	recs   []arrow.Record
	rows   int
	bytes  int64
	small  int // how many of the last recs are small
}

// mostSmall small batches are made one.
const mostSmall = 64

// add keeps cols, which become the store's.
func (s *columnStore) add(cols []arrow.Array, n int) error {
	rec, err := newRecord(s.schema, cols, n)
	if err != nil {
		return err
	}
	s.recs, s.rows, s.bytes = append(s.recs, rec), s.rows+n, s.bytes+vec.Size(rec)
	if 4*n >= s.env.BatchRows {
		s.small = 0
		return nil
	}
	if s.small++; s.small < mostSmall {
		return nil
	}
	tail := s.recs[len(s.recs)-s.small:]
	one := vec.ConcatRecords(s.env.Mem, tail)
	releaseRecords(tail)
	s.recs = append(s.recs[:len(s.recs)-s.small], one)
	s.small = 0
	return nil
}

// take returns the rows idx, ascending or not, of column c.
func (s *columnStore) take(c int, refs []vec.Ref) arrow.Array {
	arrays := make([]arrow.Array, len(s.recs))
	for i, r := range s.recs {
		arrays[i] = r.Column(c)
	}
	return vec.Interleave(s.env.Mem, s.schema.Field(c).Type, arrays, refs)
}

// refs returns where each of the rows is.
func (s *columnStore) refs() []vec.Ref {
	out := make([]vec.Ref, 0, s.rows)
	for b, r := range s.recs {
		for i := range int(r.NumRows()) {
			out = append(out, vec.Ref{Batch: int32(b), Row: int32(i)})
		}
	}
	return out
}

func (s *columnStore) release() {
	releaseRecords(s.recs)
	s.recs, s.rows, s.bytes, s.small = nil, 0, 0, 0
}

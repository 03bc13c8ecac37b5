package op

import (
	"slices"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// reading is what a scan reads with. It goes from a task of a query that has ended to one that begins: its buffers are as large as a
// small file, and making them anew costs as much as reading one.
type reading struct {
	spec    *winnowpb.Scan
	schema  *arrow.Schema
	table   *serde.Table
	decoder serde.Decoder
	cols    *serde.Columns
	reader  *serde.Reader
}

// readingKey is the key of a scan's idle readings in Env.Shared.
type readingKey struct{ scanID uint32 }

// idleReadings returns those of the scan in this query, or nil where tasks share nothing.
func (s *scan) idleReadings() *sync.Pool {
	if s.env.Shared == nil {
		return nil
	}
	pool, err := s.env.Shared.Do(readingKey{s.spec.ScanId}, func() (any, error) { return new(sync.Pool), nil })
	if err != nil {
		return nil
	}
	return pool.(*sync.Pool)
}

// takeReading reports whether there is an idle reading, and uses it.
func (s *scan) takeReading() bool {
	idle := s.idleReadings()
	if idle == nil {
		return false
	}
	r, ok := idle.Get().(*reading)
	if !ok || !r.schema.Equal(s.schema) || !proto.Equal(r.spec, s.spec) {
		return false
	}
	s.table, s.decoder, s.cols, s.reader = r.table, r.decoder, r.cols, r.reader
	s.findChunks()
	return true
}

// giveReading hands on what the scan, which has come to its end, read with, unless it was made for keys that joins want.
func (s *scan) giveReading() {
	idle := s.idleReadings()
	joined := slices.ContainsFunc(s.need.Where, func(p serde.Predicate) bool { return p.Op == serde.Among })
	if idle == nil || joined || s.file != nil || s.cols == nil || s.cols.Rows() > 0 {
		return
	}
	idle.Put(&reading{s.spec, s.schema, s.table, s.decoder, s.cols, s.reader})
	s.cols = nil
}

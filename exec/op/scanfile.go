package op

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// scanFile is a range of a file that is being read.
type scanFile struct {
	rng   *winnowpb.FileRange
	raw   *rangeReader
	input *serde.Input // nil for the later ranges of a file
	ahead *readAhead   // of input, if a core was idle
	stop  context.CancelFunc
	stats *winnowpb.Stats
	told  sync.Mutex // of stats.Warnings: the source of ahead warns too
	nuls  bool
	whole int64 // records without a delimiter
}

// openNext opens the next range that has records of its own; false if there is none.
func (s *scan) openNext(ctx context.Context) (bool, error) {
	for s.next < len(s.ranges) {
		rng := s.ranges[s.next]
		s.next++
		if rng.Length == 0 && rng.Size > 0 {
			continue
		}
		if wanted, err := s.wants(rng); err != nil {
			return false, err
		} else if !wanted {
			continue
		}
		err := s.open(ctx, rng)
		if err == nil && s.file == nil {
			continue
		}
		if err != nil {
			if err = s.damage(rng.Path, err, "it is skipped"); err != nil {
				return false, err
			}
			continue
		}
		return true, nil
	}
	return false, nil
}

// open opens rng. It leaves file nil if another range of the file has its records.
func (s *scan) open(ctx context.Context, rng *winnowpb.FileRange) error {
	if err := s.env.Machine.Fault("scan.open"); err != nil {
		return fmt.Errorf("%s: %w", rng.Path, err)
	}
	store, err := s.env.Set.Store(rng.Path)
	if err != nil {
		return err
	}
	f := &scanFile{rng: rng, stats: &winnowpb.Stats{}}
	ctx, f.stop = context.WithCancel(ctx)
	f.raw = &rangeReader{ctx: ctx, env: s.env, store: store, object: object(rng)}
	end := rng.Offset + rng.Length
	if rng.Offset > 0 {
		if packed, err := s.magic.compressed(f.raw); err != nil || packed {
			f.close(s.env.Cores)
			return f.located(err)
		}
		// The bytes before tell whether a record begins where the range does.
		start := max(0, rng.Offset-int64(max(0, s.table.Framing.Overlap())))
		f.raw.seek(start, end)
		return s.begin(f, f.raw, serde.Range{Start: rng.Offset, Offset: start, End: end})
	}
	f.raw.seek(0, end)
	if err := s.openWhole(f); err != nil {
		f.close(s.env.Cores)
		return f.located(err)
	}
	f.stats.Files = 1
	if f.input.Compression != "" || end >= rng.Size {
		end = math.MaxInt64
	}
	return s.begin(f, f.text(s.env.Cores), serde.Range{End: end, Header: s.table.Header, Footer: s.table.Footer})
}

// openWhole opens the text of a file from its start on.
func (s *scan) openWhole(f *scanFile) (err error) {
	if f.input, err = s.table.OpenInput(f.rng.Path, f.raw, f.warn); err != nil {
		return err
	}
	if f.input.Compression == "" || s.onBadFile != "skip" {
		return nil
	}
	// To give no record of a damaged file, it is read to its end first.
	_, err = io.Copy(io.Discard, f.input)
	if err == nil {
		f.input.Close()
		f.raw.seek(0, f.rng.Size)
		f.input, err = s.table.OpenInput(f.rng.Path, f.raw, func(string) {})
	}
	return err
}

// minAhead is how long a compressed file is that is worth a goroutine.
const minAhead = 1 << 20

// text returns the source of the file's text: if it is compressed, long and a core has nothing to do, one that
// is decompressed there.
func (f *scanFile) text(cores *Cores) io.Reader {
	cores.enter()
	defer cores.leave()
	if f.input.Compression == "" || f.rng.Size < minAhead || !cores.take() {
		return f.input
	}
	f.ahead = newReadAhead(f.input)
	return f.ahead
}

func (s *scan) begin(f *scanFile, src io.Reader, rng serde.Range) error {
	s.env.Cores.enter()
	s.file = f
	s.reader.Reset(src, rng)
	return nil
}

// closeFile closes the open file and adds up what was counted.
func (s *scan) closeFile() {
	if s.file == nil {
		return
	}
	s.flushCounts()
	f := s.file
	s.file = nil
	f.close(s.env.Cores)
	s.env.Cores.leave()
	f.stats.BytesRead = f.raw.total
	if f.whole > 0 && f.whole == f.stats.RowsRead {
		f.warn(fmt.Sprintf("no delimiter found in %d records of %s", f.whole, f.rng.Path))
	}
	if s.json && f.stats.RowsRead > 1 && f.stats.BadRows == f.stats.RowsRead {
		f.warn(fmt.Sprintf("no record of %s is JSON: it looks like JSON over several lines, and each has to be on one", f.rng.Path))
	}
	if line := s.reader.HeaderLine(); string(line) != s.header {
		s.header, s.mixed = string(line), !s.inOrder(line)
	}
	if s.mixed {
		f.warn(fmt.Sprintf("the header of %s has the columns of %s in another order; fields are taken by their place", f.rng.Path, s.spec.Table))
	}
	if s.reader.BOM() {
		f.warn("a byte order mark at the start of " + f.rng.Path + " is dropped")
	}
	s.env.Counters.Add(f.stats)
}

// inOrder reports whether a header line does not hold the names of all columns in another order. Columns of other names
// than the header's are the user's choice.
func (s *scan) inOrder(line []byte) bool {
	names := strings.FieldsFunc(strings.ToLower(string(line)), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(names) != len(s.spec.DataColumns) {
		return true
	}
	columns := make([]string, len(names))
	for i, c := range s.spec.DataColumns {
		columns[i] = strings.ToLower(c.Name)
	}
	return slices.Equal(names, columns) || !slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(columns)))
}

// close ends what reads the file; after it nobody does.
func (f *scanFile) close(cores *Cores) {
	f.stop()
	if f.ahead != nil {
		f.ahead.close()
		cores.leave()
	}
	if f.input != nil {
		f.input.Close() // a decompressor; it holds no more than memory
	}
	f.raw.Close()
}

func (f *scanFile) warn(text string) {
	f.told.Lock()
	defer f.told.Unlock()
	f.stats.Warnings = append(f.stats.Warnings, text)
}

// nulRun is how many NULs in a row are no data but a block that was never written.
const nulRun = 512

// noteChunk warns once of a block of NULs.
func (f *scanFile) noteChunk(c serde.Chunk) {
	if f.nuls {
		return
	}
	// Such a run covers one of these bytes, so no other has to be looked at first.
	for i := nulRun - 1; i < len(c.Data); i += nulRun {
		if c.Data[i] != 0 {
			continue
		}
		around := c.Data[i+1-nulRun : min(len(c.Data), i+nulRun)]
		if at := bytes.Index(around, make([]byte, nulRun)); at >= 0 {
			f.nuls = true
			f.warn(fmt.Sprintf("%s has a block of NUL bytes near byte %d", f.rng.Path, c.Offset+int64(i+1-nulRun+at)))
			return
		}
	}
}

// flushCounts adds what the decoder counted since the last call, all of it of the open file.
func (s *scan) flushCounts() {
	if s.file == nil {
		return
	}
	c, st := &s.cols.Counts, s.file.stats
	st.BadRows += c.BadRows
	st.ExtraFields += c.ExtraFields
	st.LongLines += c.LongLines
	st.BadUtf8 += c.BadUTF8
	s.file.whole += c.NoDelimiter
	for i, name := range s.names {
		if n := s.cols.BadValues(i); n > 0 {
			st.BadValues += n
			st.Bad = append(st.Bad, &winnowpb.BadValues{Table: s.spec.Table, Column: name, File: s.file.rng.Path, Count: n})
		}
	}
	for _, w := range []struct {
		n    int64
		text string
	}{
		{c.Zoned, "timestamps with a zone in %s are converted to UTC"},
		{c.TrailingText, "text after the JSON value in records of %s is ignored"},
		{c.Unclosed, "records of %s end within quotes or after an escape character"},
	} {
		if w.n > 0 {
			s.file.warn(fmt.Sprintf(w.text, s.file.rng.Path))
		}
	}
	s.cols.ResetCounts()
}

// damage returns err, or nil if it is of a damaged file that the table wants passed over; kept says what
// then becomes of the file.
func (s *scan) damage(path string, err error, kept string) error {
	if diag.KindOf(err) != diag.BadFile {
		return err
	}
	switch s.onBadFile {
	case "salvage", "skip":
		s.env.Counters.Add(&winnowpb.Stats{Warnings: []string{fmt.Sprintf("%s; %s", strings.TrimPrefix(err.Error(), "BAD_FILE: "), kept)}})
		return nil
	}
	return err
}

// alsoDamaged returns err with, if it is of a damaged file, a line for each other damaged file of the task: they are
// all named at once.
func (s *scan) alsoDamaged(ctx context.Context, err error) error {
	var first, next *diag.Error
	if !errors.As(err, &first) || first.Kind != diag.BadFile {
		return err
	}
	all := *first
	for ctx.Err() == nil {
		more, err := s.openNext(ctx)
		if err == nil && more {
			err = s.readThrough()
		}
		switch {
		case errors.As(err, &next) && next.Kind == diag.BadFile:
			all.Msg += "\n" + next.Msg
		case err != nil || !more:
			return &all
		}
	}
	return &all
}

// readThrough reads the open file to its end, if there can be damage that its start does not show, and closes it.
func (s *scan) readThrough() (err error) {
	f := s.file
	for f.input != nil && f.input.Compression != "" && err == nil {
		_, err = s.reader.Next()
	}
	s.closeFile()
	if err == io.EOF {
		return nil
	}
	return f.located(err)
}

// located makes err one that tells the user which file it is of.
func (f *scanFile) located(err error) error {
	var damaged *serde.DamagedError
	var known *diag.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.As(err, &damaged):
		return diag.Errorf(diag.BadFile, "%s: %w", f.rng.Path, damaged).
			WithHint("the table property 'on_bad_file'='salvage' keeps the records before the damage, 'skip' leaves such files out")
	case errors.Is(err, connectors.ErrChanged):
		return diag.Errorf(diag.Changed, "%s has changed since it was listed", f.rng.Path).WithHint("run the statement again")
	}
	return fmt.Errorf("read %s: %w", f.rng.Path, err)
}

func object(f *winnowpb.FileRange) connectors.Object {
	return connectors.Object{Path: f.Path, Size: f.Size, ETag: f.Etag, ModTime: time.Unix(0, f.ModTimeUnixNanos)}
}

// magicCache remembers of the last file whether it is compressed: the ranges of one file come together.
type magicCache struct {
	path, etag string
	packed     bool
}

// compressed reports whether a file is compressed whatever its name: then its first range reads all of it.
func (m *magicCache) compressed(r *rangeReader) (bool, error) {
	if m.path == r.object.Path && m.etag == r.object.ETag {
		return m.packed, nil
	}
	head := make([]byte, min(serde.MagicBytes, r.object.Size))
	r.seek(0, int64(len(head)))
	if _, err := io.ReadFull(r, head); err != nil {
		return false, err
	}
	m.path, m.etag, m.packed = r.object.Path, r.object.ETag, serde.Compressed(head)
	return m.packed, nil
}

// Bytes asked for at once beyond the end of a range: first a little, for the last record, then more.
const (
	beyondRange = 64 << 10
	stepBytes   = 4 << 20
)

// rangeReader reads an object from some offset on, asking for no more than is needed. The context is
// kept because Read has none.
type rangeReader struct {
	ctx    context.Context
	env    *Env
	store  connectors.Store
	object connectors.Object
	cur    io.ReadCloser
	off    int64 // where the next request begins
	want   int64 // where it ends
	total  int64
}

// seek begins at start; up to end is read at once.
func (r *rangeReader) seek(start, end int64) {
	r.Close()
	r.off, r.want = start, min(r.object.Size, end+beyondRange)
}

// Read implements io.Reader.
func (r *rangeReader) Read(p []byte) (int, error) {
	if err := r.env.Machine.Fault("scan.read"); err != nil {
		return 0, err
	}
	for {
		if r.cur == nil {
			if r.off >= r.object.Size {
				return 0, io.EOF
			}
			if r.want <= r.off {
				r.want = min(r.object.Size, r.off+stepBytes)
			}
			cur, err := r.store.OpenRange(r.ctx, r.object, r.off, r.want-r.off)
			if err != nil {
				return 0, err
			}
			r.cur = cur
		}
		n, err := r.cur.Read(p)
		r.off += int64(n)
		r.total += int64(n)
		if err == io.EOF {
			short := r.off < r.want
			if err = r.Close(); err == nil && short {
				err = io.ErrUnexpectedEOF
			}
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes the open request.
func (r *rangeReader) Close() error {
	if r.cur == nil {
		return nil
	}
	err := r.cur.Close()
	r.cur = nil
	return err
}

package serde

import (
	"bytes"
	"errors"
	"io"
)

// Sizes of Reader. Chunks are small enough to stay in the second-level cache while their columns are
// picked out one after the other, and what is read at once is not thrown out of it before it is looked at.
const (
	chunkSize = 128 << 10
	bodySize  = 512 << 10
	minRead   = 128 << 10
)

// Range says what part of a file a Reader reads.
type Range struct {
	// Start is where the range begins: records that begin before it are not given.
	Start int64
	// Offset is where in the file the source begins: Framing.Overlap bytes before Start, but not before 0.
	Offset int64
	// End is where the range ends: records that begin there or later are not given.
	End    int64
	Header int // records to drop at the start of the file
	Footer int // records to drop at its end
}

// Chunk is a run of records.
type Chunk struct {
	Data   []byte // valid until the next call
	Offset int64  // of Data in the file
	Single bool   // Data is one record without its end; else whole records with their ends
	Long   bool   // Data is the beginning of a record that is longer than the limit
}

// Reader cuts a file, or a range of one, into chunks of whole records. Its buffer is used again by Reset.
type Reader struct {
	framing Framing
	maxLine int
	src     io.Reader
	rng     Range
	buf     []byte
	start   int // of the unread bytes in buf
	end     int
	pos     int64 // of start in the file
	srcErr  error // why src has no more bytes; io.EOF is the good end
	synced  bool  // at the start of a record
	header  int
	names   []byte       // the last record of the header
	held    []heldRecord // the last Footer records, not yet known to be followed by as many
	bom     bool
}

type heldRecord struct {
	data   []byte
	offset int64
	long   bool
}

// NewReader returns a reader of records that framing ends, of at most maxLine bytes each.
func NewReader(framing Framing, maxLine int) *Reader {
	return &Reader{framing: framing, maxLine: max(1, maxLine)}
}

// Reset begins to read another file or range.
func (r *Reader) Reset(src io.Reader, rng Range) {
	r.src, r.rng, r.srcErr = src, rng, nil
	r.start, r.end, r.pos = 0, 0, rng.Offset
	r.synced, r.header, r.bom = false, 0, false
	if rng.Start == 0 {
		r.header = rng.Header
	}
	r.held, r.names = r.held[:0], r.names[:0]
	if len(r.buf) > 4*bodySize {
		r.buf = nil
	}
}

// HeaderLine returns the last record of the header that was dropped; empty if there was none. It is valid until Reset.
func (r *Reader) HeaderLine() []byte { return r.names }

// BOM reports whether a byte order mark was dropped at the start of the file.
func (r *Reader) BOM() bool { return r.bom }

// Next returns the next chunk. io.EOF is the end of the range. Another error is the source's, and comes
// after all whole records before it; a record that it cuts is not given.
func (r *Reader) Next() (Chunk, error) {
	if err := r.begin(); err != nil {
		return Chunk{}, err
	}
	if r.rng.Footer > 0 {
		return r.nextHeld()
	}
	// More is read only when no whole record is left, so that little has to be moved to make room; and beyond the range no more
	// than the last record needs.
	avail, n := r.whole()
	if n == 0 {
		if err := r.want(int(max(1, min(chunkSize, r.rng.End-r.pos)))); err != nil {
			return Chunk{}, err
		}
		if avail, n = r.whole(); n == 0 {
			return r.one()
		}
	}
	if left := r.rng.End - r.pos; int64(n) > left {
		// The range ends within the chunk: the record that holds its last byte is the last one. It ends in
		// the chunk too, since the chunk has whole records.
		from := max(0, int(left)-r.framing.Overlap())
		if _, adv := r.framing.Next(avail[from:], false); adv > 0 {
			n = min(n, from+adv)
		}
	}
	return r.take(n), nil
}

// whole returns the unread bytes, and how many of them are the whole records of the next chunk.
func (r *Reader) whole() (avail []byte, n int) {
	avail = r.buf[r.start:r.end]
	return avail, r.framing.Last(avail[:min(len(avail), r.window())])
}

// window is how many bytes are looked at for whole records; none in it can be too long.
func (r *Reader) window() int { return min(chunkSize, r.maxLine+1) }

func (r *Reader) take(n int) Chunk {
	c := Chunk{Data: r.buf[r.start : r.start+n], Offset: r.pos}
	r.skip(n)
	return c
}

func (r *Reader) skip(n int) {
	r.start += n
	r.pos += int64(n)
}

// begin finds the first record of the range.
func (r *Reader) begin() error {
	if !r.synced {
		if err := r.sync(); err != nil {
			return err
		}
		r.synced = true
	}
	for ; r.header > 0; r.header-- {
		rec, err := r.one()
		if err != nil {
			return err
		}
		r.names = append(r.names[:0], rec.Data...)
	}
	if r.pos >= r.rng.End && len(r.held) == 0 {
		return io.EOF
	}
	return nil
}

// sync goes to the first record that begins in the range.
func (r *Reader) sync() error {
	if r.rng.Offset > 0 {
		return r.dropRecord(r.framing)
	}
	if err := r.want(3); err != nil {
		return err
	}
	if bytes.HasPrefix(r.buf[r.start:r.end], []byte("\xef\xbb\xbf")) {
		r.bom = true
		r.skip(3)
	}
	if r.rng.Start == 0 {
		if r.rng.End > 0 {
			// The first record is this range's, wherever the range may end.
			r.rng.End = max(r.rng.End, r.pos+1)
		}
		return nil
	}
	for first := true; first || r.pos < r.rng.Start; first = false {
		if _, err := r.one(); err != nil {
			return err
		}
	}
	return nil
}

// want reads until n bytes are there or the source ends. io.EOF means that no byte is left.
func (r *Reader) want(n int) error {
	for r.end-r.start < n && r.srcErr == nil {
		r.fill(n)
	}
	if r.end == r.start && r.srcErr != nil {
		return r.srcErr
	}
	return nil
}

// fill reads once, making room for a record of n bytes.
func (r *Reader) fill(n int) {
	if len(r.buf)-r.end < minRead {
		if size := max(bodySize, n+minRead+1); len(r.buf) < size {
			grown := make([]byte, size)
			r.end = copy(grown, r.buf[r.start:r.end])
			r.buf = grown
		} else {
			r.end = copy(r.buf, r.buf[r.start:r.end])
		}
		r.start = 0
	}
	for range 100 {
		// One byte is kept free for the end of a last record that has none.
		m, err := r.src.Read(r.buf[r.end : len(r.buf)-1])
		r.end += m
		if err != nil {
			r.finish(err)
			return
		}
		if m > 0 {
			return
		}
	}
	r.srcErr = io.ErrNoProgress
}

// finish notes the end of the source and gives the last record an end if it lacks one.
func (r *Reader) finish(err error) {
	r.srcErr = err
	rest := r.buf[r.start:r.end]
	if !errors.Is(err, io.EOF) || len(rest) == 0 {
		return
	}
	r.srcErr = io.EOF
	if end := r.framing.End(); len(end) == 1 && rest[len(rest)-1] != end[0] {
		r.buf[r.end] = end[0]
		r.end++
	}
}

// one returns the next record, whatever its length.
func (r *Reader) one() (Chunk, error) {
	seen := 0
	for {
		if err := r.want(1); err != nil {
			return Chunk{}, err
		}
		avail := r.buf[r.start:r.end]
		// What has been looked at before is not looked at again, but for an end that begins in it.
		if rec, adv := r.nextFrom(avail, seen); adv > 0 {
			if len(rec) > r.maxLine {
				return r.long(avail[:adv], adv), nil
			}
			return r.take(adv), nil
		}
		if r.srcErr != nil {
			if !errors.Is(r.srcErr, io.EOF) {
				return Chunk{}, r.srcErr
			}
			if len(avail) > r.maxLine {
				return r.long(avail, len(avail)), nil
			}
			c := r.take(len(avail))
			c.Single = true
			return c, nil
		}
		if len(avail) > r.maxLine+maxEnd {
			c := r.long(avail, 0)
			line := Framing(anyLine{})
			if r.framing.Overlap() >= 0 {
				line = r.framing
			}
			// An error is met again by the next call.
			_ = r.dropRecord(line)
			return c, nil
		}
		seen = len(avail)
		_ = r.want(max(len(avail)*2, chunkSize/2)) // an error is met above
	}
}

// maxEnd bounds the length of what ends a record.
const maxEnd = 1024

// nextFrom is Next on b, of whose first seen bytes it is known that no record ends in them.
func (r *Reader) nextFrom(b []byte, seen int) (rec []byte, advance int) {
	overlap := r.framing.Overlap()
	if overlap < 0 || seen < overlap {
		return r.framing.Next(b, false)
	}
	from := seen - overlap
	rec, advance = r.framing.Next(b[from:], false)
	if advance == 0 {
		return nil, 0
	}
	return b[:from+len(rec)], from + advance
}

// long returns the chunk that stands for a record beyond the limit and drops n bytes.
func (r *Reader) long(b []byte, n int) Chunk {
	c := Chunk{Data: bytes.Clone(b[:min(len(b), 80)]), Offset: r.pos, Single: true, Long: true}
	r.skip(n)
	return c
}

// dropRecord drops the bytes up to the next end of a record. io.EOF means that no record of the range follows.
func (r *Reader) dropRecord(framing Framing) error {
	for {
		if err := r.want(1); err != nil {
			return err
		}
		avail := r.buf[r.start:r.end]
		if _, adv := framing.Next(avail, false); adv > 0 {
			r.skip(adv)
			return nil
		}
		if r.srcErr != nil {
			r.skip(len(avail))
			return r.srcErr
		}
		// An end may begin in the last bytes.
		r.skip(max(0, len(avail)-max(1, r.framing.Overlap())))
		if r.pos-maxEnd >= r.rng.End {
			r.skip(r.end - r.start)
			return io.EOF
		}
		r.fill(chunkSize)
	}
}

// nextHeld returns the next record that is followed by at least Footer others. Footers are rare, so
// records are copied.
func (r *Reader) nextHeld() (Chunk, error) {
	for {
		c, err := r.one()
		if err != nil {
			return Chunk{}, err
		}
		data := bytes.Clone(c.Data)
		if !c.Single {
			data, _ = r.framing.Next(data, true)
		}
		r.held = append(r.held, heldRecord{data, c.Offset, c.Long})
		if len(r.held) > r.rng.Footer {
			h := r.held[0]
			r.held = r.held[1:]
			return Chunk{Data: h.data, Offset: h.offset, Single: true, Long: h.long}, nil
		}
	}
}

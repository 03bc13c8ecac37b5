// Package inflate decompresses gzip: several members in a row, whatever is padded behind, and exact about
// where and how a file is damaged. It accepts and refuses the same streams as the standard library, except for
// names in headers, which may be long, and is about three times as fast. It does not write.
//
// Read Reader first.
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// What Reader finds wrong with a file. All that was given before is as it was compressed.
var (
	ErrTruncated = errors.New("gzip ends early")
	ErrHeader    = errors.New("gzip has a header that is not right, or of a kind that is not known")
	ErrCorrupt   = errors.New("gzip is damaged")
	ErrChecksum  = errors.New("gzip has a wrong checksum")
	ErrLength    = errors.New("gzip has a wrong length")
)

// Sizes of the buffers. The window holds the history that matches may lie in, and before it is full what was
// decompressed and not yet given; it stays in the second-level cache.
const (
	history  = 32 << 10
	bodySize = 128 << 10
	inSize   = 64 << 10
)

// Reader decompresses one gzip file after the other. Its buffers are used again by Reset.
type Reader struct {
	bitReader
	tables

	fast  func(*Reader) stop
	out   []byte // history, then what is decompressed
	w     int    // where the next byte goes
	start int    // where the member begins, or 0 once more than the history is behind
	given int    // in out: what is before has been given
	sum   int    // in out: what is before is in crc

	state  state
	stored int // bytes left of a stored block
	last   bool
	crc    uint32
	size   uint32 // of the member, as far as it is in crc
	err    error

	trailing int64
	nuls     bool
	rest     []byte // lent by Next, not yet taken by Read
}

// state is what comes next in the file.
type state int

const (
	atHeader state = iota
	atNextMember
	atBlock
	inStored
	inCodes
	atTrailer
	atTrailing
)

// NewReader returns a reader of r, of which it reads ahead.
func NewReader(r io.Reader) *Reader {
	z := &Reader{fast: fastest(), out: make([]byte, history+bodySize+outMargin)}
	z.in = make([]byte, inSize)
	z.symbols = newSymbolEntries()
	z.Reset(r)
	return z
}

// Reset begins to read another file.
func (z *Reader) Reset(r io.Reader) {
	z.bitReader.reset(r)
	z.w, z.start, z.given, z.sum = 0, 0, 0, 0
	z.state, z.err, z.rest = atHeader, nil, nil
	z.trailing, z.nuls = 0, true
}

// Offset returns the offset in the file of the first byte that has not been used; after an error, of where it
// was met.
func (z *Reader) Offset() int64 { return z.offset() }

// Trailing returns how many bytes follow the last member, and whether all of them are NUL; it is known once
// io.EOF has been returned.
func (z *Reader) Trailing() (n int64, nuls bool) { return z.trailing, z.nuls }

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	for len(z.rest) == 0 {
		var err error
		if z.rest, err = z.Next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, z.rest)
	z.rest = z.rest[n:]
	return n, nil
}

// Peek returns what Read gives next without taking it: at least n bytes if n is small, or fewer at the end or
// before an error. It is valid until the next call.
func (z *Reader) Peek(n int) []byte {
	if len(z.rest) == 0 {
		z.rest, _ = z.Next() // the error is met again
	}
	return z.rest[:min(n, len(z.rest))]
}

// Next returns the bytes that follow, at least one, in the Reader's own buffer: they are valid until the next
// call. io.EOF is the good end; another error is one of this package or of the source.
func (z *Reader) Next() ([]byte, error) {
	if z.w > z.limit() {
		z.slide()
	}
	for z.err == nil && z.w <= z.limit() {
		z.err = z.step()
	}
	z.addSum()
	if b := z.out[z.given:z.w]; len(b) > 0 {
		z.given = z.w
		return b, nil
	}
	return nil, z.err
}

// limit is how far out may be filled when a step begins.
func (z *Reader) limit() int { return len(z.out) - outMargin }

// slide moves the history to the front.
func (z *Reader) slide() {
	from := z.w - history
	copy(z.out, z.out[from:z.w])
	z.w, z.given, z.sum = history, history, history
	z.start = max(0, z.start-from)
}

func (z *Reader) addSum() {
	b := z.out[z.sum:z.w]
	z.crc = crc32.Update(z.crc, crc32.IEEETable, b)
	z.size += uint32(len(b))
	z.sum = z.w
}

func (z *Reader) step() error {
	switch z.state {
	case atHeader:
		return z.header()
	case atNextMember:
		return z.nextMember()
	case atBlock:
		return z.block()
	case inStored:
		return z.copyStored()
	case inCodes:
		return z.decode()
	case atTrailer:
		return z.trailer()
	}
	return z.skipTrailing()
}

// Flags of a header (RFC 1952, 2.3.1).
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagsReserved = 0xe0
)

func (z *Reader) header() error {
	h, err := z.take(10)
	if err != nil {
		return err
	}
	if string(h[:3]) != "\x1f\x8b\x08" || h[3]&flagsReserved != 0 {
		return ErrHeader
	}
	flags, sum := h[3], crc32.ChecksumIEEE(h)
	if flags&flagExtra != 0 {
		if h, err = z.take(2); err != nil {
			return err
		}
		sum = crc32.Update(sum, crc32.IEEETable, h)
		if err := z.skip(int(binary.LittleEndian.Uint16(h)), &sum); err != nil {
			return err
		}
	}
	for _, f := range []byte{flagName, flagComment} {
		if flags&f != 0 {
			if err := z.skipString(&sum); err != nil {
				return err
			}
		}
	}
	if flags&flagHeaderSum != 0 {
		if h, err = z.take(2); err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(h) != uint16(sum) {
			return ErrHeader
		}
	}
	z.crc, z.size, z.start, z.sum = 0, 0, z.w, z.w
	z.state = atBlock
	return nil
}

func (z *Reader) trailer() error {
	z.addSum()
	h, err := z.take(8)
	if err != nil {
		return err
	}
	switch {
	case binary.LittleEndian.Uint32(h) != z.crc:
		z.back(8)
		return ErrChecksum
	case binary.LittleEndian.Uint32(h[4:]) != z.size:
		z.back(4)
		return ErrLength
	}
	z.state = atNextMember
	return nil
}

func (z *Reader) nextMember() error {
	if h := z.peek(2); string(h) == "\x1f\x8b" {
		z.state = atHeader
	} else {
		z.state = atTrailing
	}
	return nil
}

func (z *Reader) skipTrailing() error {
	for {
		b := z.peek(1)
		if len(b) == 0 {
			return z.sourceError(io.EOF)
		}
		b = z.buffered()
		for _, c := range b {
			z.nuls = z.nuls && c == 0
		}
		z.trailing += int64(len(b))
		z.pos += len(b)
	}
}

func (z *Reader) block() error {
	h, err := z.bits(3)
	if err != nil {
		return err
	}
	z.last = h&1 != 0
	switch h >> 1 {
	case 0:
		return z.beginStored()
	case 1:
		z.fixed()
	case 2:
		if err := z.dynamic(); err != nil {
			return err
		}
	default:
		return ErrCorrupt
	}
	z.state = inCodes
	return nil
}

func (z *Reader) endBlock() {
	z.state = atBlock
	if z.last {
		z.align()
		z.state = atTrailer
	}
}

func (z *Reader) beginStored() error {
	z.align()
	h, err := z.take(4)
	if err != nil {
		return err
	}
	n := binary.LittleEndian.Uint16(h)
	if binary.LittleEndian.Uint16(h[2:]) != ^n {
		return ErrCorrupt
	}
	z.state, z.stored = inStored, int(n)
	return nil
}

func (z *Reader) copyStored() error {
	for z.stored > 0 && z.w <= z.limit() {
		if len(z.peek(1)) == 0 {
			return z.sourceError(ErrTruncated)
		}
		b := z.buffered()
		n := copy(z.out[z.w:z.limit()+1], b[:min(len(b), z.stored)])
		z.w += n
		z.pos += n
		z.stored -= n
	}
	if z.stored == 0 {
		z.endBlock()
	}
	return nil
}

// decode goes on in a block of codes until it ends or the window is full.
func (z *Reader) decode() error {
	for z.w <= z.limit() {
		z.want(inMargin)
		var why stop
		if z.end-z.pos >= inMargin {
			why = z.fast(z)
		} else {
			why = z.decodeOne()
		}
		switch why {
		case stopCorrupt:
			return ErrCorrupt
		case stopShort:
			return z.sourceError(ErrTruncated)
		case stopEnd:
			z.endBlock()
			return nil
		}
	}
	return nil
}

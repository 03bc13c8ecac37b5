package inflate

import (
	"hash/crc32"
	"io"
)

// bitReader reads a file by bits and by bytes.
type bitReader struct {
	src    io.Reader
	srcErr error  // why src has no more bytes
	in     []byte // in[pos:end] is not in acc yet
	pos    int
	end    int
	base   int64  // offset in the file of in
	acc    uint64 // bits to come, the next one lowest; what is above the bits it has is zero or right
	have   uint   // how many bits acc has
}

func (b *bitReader) reset(r io.Reader) {
	b.src, b.srcErr = r, nil
	b.pos, b.end, b.base, b.acc, b.have = 0, 0, 0, 0, 0
}

func (b *bitReader) offset() int64 { return b.base + int64(b.pos) - int64(b.have>>3) }

// sourceError returns what ended the source, or atEnd if that was the end.
func (b *bitReader) sourceError(atEnd error) error {
	if b.srcErr != io.EOF {
		return b.srcErr
	}
	return atEnd
}

// want reads until n bytes are there or the source ends; n is small.
func (b *bitReader) want(n int) {
	for b.end-b.pos < n && b.srcErr == nil {
		// Bytes that are in acc may be given back, so they are kept.
		if keep := max(0, b.pos-8); len(b.in)-b.end < len(b.in)/2 && keep > 0 {
			b.base += int64(keep)
			b.end = copy(b.in, b.in[keep:b.end])
			b.pos -= keep
		}
		b.fill()
	}
}

// fill reads once.
func (b *bitReader) fill() {
	for range 100 {
		n, err := b.src.Read(b.in[b.end:])
		b.end += n
		b.srcErr = err
		if n > 0 || err != nil {
			return
		}
	}
	b.srcErr = io.ErrNoProgress
}

// refill fills acc as far as there is input.
func (b *bitReader) refill() {
	b.want(8)
	for b.have < 56 && b.pos < b.end {
		b.acc |= uint64(b.in[b.pos]) << b.have
		b.pos++
		b.have += 8
	}
}

// drop takes n bits off acc, which has them.
func (b *bitReader) drop(n uint) {
	b.acc >>= n & 63
	b.have -= n
}

// bits returns the next n bits, at most 16.
func (b *bitReader) bits(n uint) (uint, error) {
	if b.have < n {
		if b.refill(); b.have < n {
			return 0, b.sourceError(ErrTruncated)
		}
	}
	v := uint(b.acc & (1<<n - 1))
	b.drop(n)
	return v, nil
}

// align drops the rest of a byte and leaves acc empty.
func (b *bitReader) align() {
	b.pos -= int(b.have >> 3)
	b.acc, b.have = 0, 0
}

// The methods below are for when acc is empty.

// buffered returns the input that is there.
func (b *bitReader) buffered() []byte { return b.in[b.pos:b.end] }

// peek returns the next n bytes, or fewer at the end of the source.
func (b *bitReader) peek(n int) []byte {
	b.want(n)
	return b.in[b.pos:min(b.pos+n, b.end)]
}

// take returns the next n bytes, valid until the next call.
func (b *bitReader) take(n int) ([]byte, error) {
	h := b.peek(n)
	b.pos += len(h)
	if len(h) < n {
		return nil, b.sourceError(ErrTruncated)
	}
	return h, nil
}

// back gives back n bytes that were just taken.
func (b *bitReader) back(n int) { b.pos -= n }

// skip passes over n bytes and adds them to sum.
func (b *bitReader) skip(n int, sum *uint32) error {
	for n > 0 {
		if len(b.peek(1)) == 0 {
			return b.sourceError(ErrTruncated)
		}
		part := b.buffered()
		part = part[:min(len(part), n)]
		*sum = crc32.Update(*sum, crc32.IEEETable, part)
		b.pos += len(part)
		n -= len(part)
	}
	return nil
}

// skipString passes over bytes up to a NUL and adds them to sum.
func (b *bitReader) skipString(sum *uint32) error {
	for {
		c, err := b.take(1)
		if err != nil {
			return err
		}
		*sum = crc32.Update(*sum, crc32.IEEETable, c)
		if c[0] == 0 {
			return nil
		}
	}
}

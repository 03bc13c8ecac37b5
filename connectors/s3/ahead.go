package s3

import (
	"context"
	"io"
	"sync"

	"github.com/winnowdb/winnow/connectors"
)

const (
	partSize   = 8 << 20 // bytes of one request of a long range
	partsAhead = 4       // requests at once of one reader, which holds so many parts at most
	longRange  = 2 * partSize
)

// ahead reads a long range by several requests at once and gives the bytes out in order. It begins
// with one request and has one more under way after each part that the caller has used up, so
// that a caller who stops soon (LIMIT) has asked for little.
type ahead struct {
	ctx      context.Context
	cancel   context.CancelFunc
	b        *bucket
	key      string
	o        connectors.Object
	pos, end int64 // of the next part to ask for

	width int     // parts that may be under way
	parts []*part // under way or done, in order; the first is being given out
	free  [][]byte
	wg    sync.WaitGroup
}

// part is a stretch of the object that a goroutine fills and the caller empties at once.
type part struct {
	buf  []byte
	used int // by the caller

	mu     sync.Mutex
	filled int
	err    error
	more   chan struct{} // holds a token when filled or err has changed
}

func newAhead(ctx context.Context, b *bucket, key string, o connectors.Object, off, n int64) *ahead {
	r := &ahead{b: b, key: key, o: o, pos: off, end: off + n, width: 1}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.start()
	return r
}

// start asks for parts until width are under way.
func (r *ahead) start() {
	for len(r.parts) < r.width && r.pos < r.end {
		n := min(partSize, r.end-r.pos)
		p := &part{buf: r.buffer()[:n], more: make(chan struct{}, 1)}
		r.parts = append(r.parts, p)
		src := newStream(r.ctx, r.b, r.key, r.o, r.pos, n)
		r.pos += n
		// Ends when the part is full or has failed; Close cancels it.
		r.wg.Go(func() { p.fill(src) })
	}
}

func (r *ahead) buffer() []byte {
	if k := len(r.free); k > 0 {
		b := r.free[k-1]
		r.free = r.free[:k-1]
		return b[:partSize]
	}
	return make([]byte, partSize)
}

// fill reads src to the end of the part.
func (p *part) fill(src *stream) {
	defer src.Close()
	for at := 0; at < len(p.buf); {
		n, err := src.Read(p.buf[at:])
		at += n
		p.mu.Lock()
		p.filled, p.err = at, err
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Read gives out what the first part holds, or waits for it.
func (r *ahead) Read(b []byte) (int, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if len(r.parts) == 0 {
			return 0, io.EOF
		}
		p := r.parts[0]
		p.mu.Lock()
		ready, err := p.buf[p.used:p.filled], p.err
		p.mu.Unlock()
		if len(ready) > 0 {
			n := copy(b, ready)
			if p.used += n; p.used == len(p.buf) {
				r.next()
			}
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		select {
		case <-p.more:
		case <-r.ctx.Done():
		}
	}
}

// next leaves the first part, whose goroutine has ended or is about to without touching its buffer.
func (r *ahead) next() {
	r.free = append(r.free, r.parts[0].buf[:0])
	r.parts = r.parts[1:]
	r.width = min(r.width+1, partsAhead)
	r.start()
}

// Close ends all requests and waits for their goroutines.
func (r *ahead) Close() error {
	r.cancel()
	r.wg.Wait()
	r.parts, r.free = nil, nil
	return nil
}

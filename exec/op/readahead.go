package op

import (
	"io"
	"runtime"
	"sync/atomic"
)

// Cores counts the scans of a process that are reading, and what helps them. The zero value is ready; nil
// means that no scan is helped.
type Cores struct{ busy atomic.Int32 }

// enter counts a scan, whether there is a core for it or not.
func (c *Cores) enter() {
	if c != nil {
		c.busy.Add(1)
	}
}

// leave ends enter and take.
func (c *Cores) leave() {
	if c != nil {
		c.busy.Add(-1)
	}
}

// take reports whether a core is idle and, if so, counts it as busy.
func (c *Cores) take() bool {
	if c == nil {
		return false
	}
	if c.busy.Add(1) <= int32(runtime.GOMAXPROCS(0)) {
		return true
	}
	c.busy.Add(-1)
	return false
}

// Buffers that readAhead has in flight, and their size.
const (
	aheadBuffers = 4
	aheadSize    = 256 << 10
)

// readAhead reads a source in a goroutine of its own, a few buffers ahead of Read: a file is decompressed
// while what came before is parsed. close ends it.
type readAhead struct {
	full chan aheadBuffer // closed when the source has no more
	free chan []byte
	quit chan struct{}
	cur  aheadBuffer
	rest []byte // of cur, still to be read
}

// aheadBuffer is what one buffer was filled with, and why it was not filled further.
type aheadBuffer struct {
	data   []byte
	err    error
	caught any // what the source panicked with
}

func newReadAhead(src io.Reader) *readAhead {
	r := &readAhead{full: make(chan aheadBuffer, aheadBuffers), free: make(chan []byte, aheadBuffers), quit: make(chan struct{})}
	for range aheadBuffers {
		r.free <- nil
	}
	go r.run(src) // ends at the end of src, or with close
	return r
}

func (r *readAhead) run(src io.Reader) {
	defer close(r.full)
	for {
		select {
		case <-r.quit:
			return
		case b := <-r.free:
			if b == nil {
				b = make([]byte, aheadSize)
			}
			filled := fillBuffer(src, b)
			r.full <- filled // there is room for all buffers
			if filled.err != nil || filled.caught != nil {
				return
			}
		}
	}
}

// fillBuffer reads until b is full or src has no more.
func fillBuffer(src io.Reader, b []byte) (out aheadBuffer) {
	n := 0
	defer func() {
		out.data = b[:n]
		out.caught = recover() // goes on in the goroutine of the task, where it is told of
	}()
	for n < len(b) && out.err == nil {
		var m int
		m, out.err = src.Read(b[n:])
		n += m
	}
	return out
}

// Read implements io.Reader.
func (r *readAhead) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.cur.caught != nil {
			panic(r.cur.caught)
		}
		if r.cur.err != nil {
			return 0, r.cur.err
		}
		if r.cur.data != nil {
			r.free <- r.cur.data[:aheadSize]
		}
		r.cur = <-r.full
		r.rest = r.cur.data
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// close waits until the source is no longer read.
func (r *readAhead) close() {
	close(r.quit)
	for range r.full {
	}
}

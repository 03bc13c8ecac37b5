// Package arrowipc reads Arrow IPC that another process has sent. Arrow's own reader trusts every length and
// offset it finds: a few wrong bytes make it take gigabytes, or leave an array that panics when it is read.
//
// Read ReadRecord first.
package arrowipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// ReadRecord reads a stream of a schema and one batch. Whatever b holds, the record can be read to its last
// value without a panic. The caller releases it.
func ReadRecord(b []byte) (rec arrow.Record, err error) {
	if err := checkStream(b); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil { // what the lengths do not show, such as types that do not fit the buffers
			rec, err = nil, fmt.Errorf("an Arrow stream that cannot be read: %v", r)
		}
	}()
	r, err := ipc.NewReader(bytes.NewReader(b), ipc.WithAllocator(memory.DefaultAllocator))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	if !r.Next() {
		if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, fmt.Errorf("an Arrow stream without a batch")
	}
	rec = r.Record()
	if err := CheckRecord(rec); err != nil {
		return nil, err
	}
	rec.Retain()
	return rec, nil
}

// continuation begins each message of a stream; the length of its header follows.
const continuation = 0xffffffff

// checkStream checks each message of an IPC stream up to its end mark.
func checkStream(b []byte) error {
	var k Checker
	for len(b) > 0 {
		if len(b) < 8 || binary.LittleEndian.Uint32(b) != continuation {
			return fmt.Errorf("an Arrow stream with a message that does not begin as one")
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if size == 0 {
			return nil
		}
		if size > int64(len(b)) {
			return fmt.Errorf("an Arrow stream announces a header of %d bytes in %d", size, len(b))
		}
		header := b[:size]
		b = b[size:]
		body, err := bodyLength(header)
		if err != nil {
			return err
		}
		if body < 0 || body > int64(len(b)) {
			return fmt.Errorf("an Arrow stream announces a body of %d bytes in %d", body, len(b))
		}
		if err := k.Message(header, b[:body]); err != nil {
			return err
		}
		b = b[body:]
	}
	return nil
}

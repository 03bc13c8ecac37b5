package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/winnowdb/winnow/connectors"
)

// OpenRange returns a reader of n bytes of o from off; see connectors.Store. An answer that is cut
// or stalls is gone on with from the last good byte of the same version. A long range is read by
// several requests ahead of the caller (see ahead).
func (s *Store) OpenRange(ctx context.Context, o connectors.Object, off, n int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if off < 0 || n < 0 || off+n > o.Size {
		return nil, fmt.Errorf("open %s: range %d+%d is not within its %d bytes", o.Path, off, n, o.Size)
	}
	b, key, err := s.object(o.Path)
	if err != nil {
		return nil, err
	}
	if n > longRange {
		return newAhead(ctx, b, key, o, off, n), nil
	}
	r := newStream(ctx, b, key, o, off, n)
	if n > 0 {
		if err := r.reopen(); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// stream reads one range by one request, and by another from where that one broke. The context is
// kept because Read has none.
type stream struct {
	ctx      context.Context
	b        *bucket
	key      string
	o        connectors.Object
	pos, end int64

	body   io.ReadCloser // nil: not open
	cancel context.CancelFunc
	watch  *time.Timer // ends the request when no byte comes
}

func newStream(ctx context.Context, b *bucket, key string, o connectors.Object, off, n int64) *stream {
	return &stream{ctx: ctx, b: b, key: key, o: o, pos: off, end: off + n}
}

// Read reads what has come, or goes on with a new request if the last has broken.
func (r *stream) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.pos >= r.end {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.body != nil {
		if n, err := r.fromBody(p); err == nil {
			return n, nil
		}
		r.drop()
	}
	n := 0
	err := r.b.do(r.ctx, "s3.get", 0, func(_ context.Context, region func(*s3.Options)) (err error) {
		if err = r.open(region); err == nil {
			n, err = r.fromBody(p)
		}
		if err != nil {
			r.drop()
		}
		return err
	})
	return n, r.explain(err)
}

// reopen sends the first request.
func (r *stream) reopen() error {
	return r.explain(r.b.do(r.ctx, "s3.get", 0, func(_ context.Context, region func(*s3.Options)) error {
		err := r.open(region)
		if err != nil {
			r.drop()
		}
		return err
	}))
}

// open asks for the rest of the range and checks that it is what is answered.
func (r *stream) open(region func(*s3.Options)) error {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel = cancel
	in := &s3.GetObjectInput{Bucket: &r.b.name, Key: &r.key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", r.pos, r.end-1))}
	if r.o.ETag != "" {
		in.IfMatch = &r.o.ETag
	}
	out, err := r.b.conn.client.GetObject(ctx, in, region)
	if err != nil {
		return err
	}
	r.body = out.Body
	r.watch = time.AfterFunc(time.Hour, cancel)
	r.watch.Stop()
	return r.check(out)
}

// check compares the headers of an answer with what was asked for. A server that ignores the range
// or the condition, or that answers with an error document and status 200, is found out here.
func (r *stream) check(out *s3.GetObjectOutput) error {
	var first, last, size int64
	if _, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &first, &last, &size); err != nil {
		return fmt.Errorf("%w: no range", errAnswer)
	}
	switch etag := version(out.ETag); {
	case r.o.ETag != "" && etag != "" && etag != r.o.ETag, size != r.o.Size:
		return connectors.ErrChanged
	case r.o.ETag == "" && out.LastModified != nil && !r.o.ModTime.IsZero() && !sameTime(*out.LastModified, r.o.ModTime):
		return connectors.ErrChanged
	case first != r.pos || last != r.end-1 || out.ContentLength != nil && *out.ContentLength != r.end-r.pos:
		return fmt.Errorf("%w: bytes %s", errAnswer, *out.ContentRange)
	}
	return nil
}

// fromBody reads at least one byte of the open body, or says how it broke.
func (r *stream) fromBody(p []byte) (int, error) {
	if err := r.b.s.machine.Fault("s3.body"); err != nil {
		return 0, &failure{class: broken, err: err}
	}
	p = p[:min(int64(len(p)), r.end-r.pos)]
	for {
		r.watch.Reset(r.b.s.cfg.Stall)
		n, err := r.body.Read(p)
		stalled := !r.watch.Stop()
		if n > 0 {
			r.pos += int64(n)
			return n, nil
		}
		switch {
		case err == nil:
		case err == io.EOF:
			return 0, errCut
		case stalled && r.ctx.Err() == nil:
			return 0, fmt.Errorf("%w for %v", errStall, r.b.s.cfg.Stall)
		default:
			return 0, fmt.Errorf("%w: %w", errCut, err)
		}
	}
}

// explain makes err the reader's: ErrChanged when the version that was listed is not there any more.
func (r *stream) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, connectors.ErrChanged) {
		return fmt.Errorf("%s: %w", r.o.Path, connectors.ErrChanged)
	}
	if re := response(err); re != nil && apiCode(err) != "NoSuchBucket" {
		switch re.StatusCode {
		case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
			return fmt.Errorf("%s: %w", r.o.Path, connectors.ErrChanged)
		case http.StatusNotFound:
			return fmt.Errorf("%s: %w (%w)", r.o.Path, connectors.ErrChanged, fs.ErrNotExist)
		}
	}
	return r.b.explain(err, r.o.Path)
}

// drop ends the open request.
func (r *stream) drop() {
	if r.cancel != nil {
		r.cancel()
		r.cancel = nil
	}
	if r.body != nil {
		r.body.Close()
		r.body = nil
	}
}

// Close ends the request.
func (r *stream) Close() error {
	r.drop()
	r.end = r.pos
	return nil
}

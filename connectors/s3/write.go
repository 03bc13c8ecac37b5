package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/winnowdb/winnow/proto/diag"
)

const (
	uploadsAtOnce = 3
	abortTimeout  = 30 * time.Second
	// The slowest link that an upload must still come through, in bytes a second.
	slowestUpload = 50 << 10
	// writerKey is the metadata key that tells our own upload from another's when an answer was lost.
	writerKey = "winnow-write"
)

// Create returns a writer of a new object, which takes the place of one that is there; see
// connectors.Store. Nothing appears before Close: a small object is sent by it as one request,
// a large one as parts that Close puts together. The writer is a connectors.Aborter.
func (s *Store) Create(ctx context.Context, path string) (io.WriteCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, key, err := s.object(path)
	if err != nil {
		return nil, err
	}
	if !utf8.ValidString(key) {
		return nil, diag.Errorf(diag.BadValue, "%q is not UTF-8, as the keys of S3 must be", path)
	}
	w := &writer{b: b, path: path, done: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(ctx)
	var body *io.PipeReader
	body, w.pipe = io.Pipe()
	// Ends when the pipe is closed, by Close or Abort, or the upload has failed.
	go func() {
		defer close(w.done)
		w.err = b.upload(w.ctx, key, fmt.Sprintf("%016x", s.machine.Rand()), body)
		body.CloseWithError(fs.ErrClosed)
	}()
	return w, nil
}

// writer is an object in the making. The context is kept because Write and Close have none.
type writer struct {
	ctx    context.Context
	cancel context.CancelFunc
	b      *bucket
	path   string
	pipe   *io.PipeWriter
	done   chan struct{} // closed when the upload has ended
	err    error         // of the upload; valid once done is closed
	closed bool
}

var errAborted = errors.New("the write was given up")

// Write hands p to the upload.
func (w *writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, fs.ErrClosed
	}
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.pipe.Write(p)
	if err != nil {
		<-w.done
		return n, w.b.explain(w.err, w.path)
	}
	return n, nil
}

// Close completes the upload.
func (w *writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	err := w.ctx.Err()
	w.pipe.CloseWithError(err) // nil is the end of the data
	<-w.done
	w.cancel()
	if err == nil {
		err = w.b.explain(w.err, w.path)
	}
	w.err = err
	return err
}

// Abort gives the object up and deletes the parts that were sent. After Close it does nothing.
func (w *writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.pipe.CloseWithError(errAborted)
	w.cancel() // requests under way end; the manager deletes the parts by a context of its own
	<-w.done
	w.err = fs.ErrClosed
	return nil
}

// upload sends body as the object key.
func (b *bucket) upload(ctx context.Context, key, id string, body io.Reader) error {
	manager := transfermanager.New(&uploader{S3APIClient: b.conn.client, b: b, key: key, id: id}, func(o *transfermanager.Options) {
		o.PartSizeBytes = partSize
		o.Concurrency = uploadsAtOnce
		o.FailTimeout = abortTimeout
		o.RequestChecksumCalculation = b.conn.client.Options().RequestChecksumCalculation
	})
	_, err := manager.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &b.name, Key: &key, Body: body, Metadata: map[string]string{writerKey: id},
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// uploader sends the manager's requests through the bucket's retry loop.
type uploader struct {
	transfermanager.S3APIClient
	b       *bucket
	key, id string
}

// send does one request. body, if there is one, is sent anew by each attempt.
func (u *uploader) send(ctx context.Context, body io.Reader, call func(context.Context, func(*s3.Options)) error) error {
	limit := 3 * u.b.s.cfg.Stall
	seeker, ok := body.(io.ReadSeeker)
	if ok {
		size, err := seeker.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		limit += time.Duration(size) * time.Second / slowestUpload
	}
	return u.b.do(ctx, "s3.put", limit, func(ctx context.Context, region func(*s3.Options)) error {
		if ok {
			if _, err := seeker.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		return call(ctx, region)
	})
}

// PutObject sends a whole small object.
func (u *uploader) PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (out *s3.PutObjectOutput, err error) {
	err = u.send(ctx, in.Body, func(ctx context.Context, region func(*s3.Options)) (err error) {
		out, err = u.b.conn.client.PutObject(ctx, in, with(opts, region)...)
		return err
	})
	return out, err
}

// UploadPart sends one part.
func (u *uploader) UploadPart(ctx context.Context, in *s3.UploadPartInput, opts ...func(*s3.Options)) (out *s3.UploadPartOutput, err error) {
	err = u.send(ctx, in.Body, func(ctx context.Context, region func(*s3.Options)) (err error) {
		out, err = u.b.conn.client.UploadPart(ctx, in, with(opts, region)...)
		return err
	})
	return out, err
}

// CreateMultipartUpload begins a large object.
func (u *uploader) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (out *s3.CreateMultipartUploadOutput, err error) {
	err = u.send(ctx, nil, func(ctx context.Context, region func(*s3.Options)) (err error) {
		out, err = u.b.conn.client.CreateMultipartUpload(ctx, in, with(opts, region)...)
		if err == nil && out.UploadId == nil {
			err = errAnswer
		}
		return err
	})
	return out, err
}

// CompleteMultipartUpload makes the object appear. When an answer was lost and the upload is not
// known any more, the object itself tells whether that attempt had done it.
func (u *uploader) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (out *s3.CompleteMultipartUploadOutput, err error) {
	attempts := 0
	err = u.send(ctx, nil, func(ctx context.Context, region func(*s3.Options)) (err error) {
		attempts++
		out, err = u.b.conn.client.CompleteMultipartUpload(ctx, in, with(opts, region)...)
		var gone *types.NoSuchUpload
		if attempts == 1 || !errors.As(err, &gone) && apiCode(err) != "NoSuchUpload" {
			return err
		}
		head, headErr := u.b.conn.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key}, with(opts, region)...)
		if headErr != nil || head.Metadata[writerKey] != u.id {
			return err
		}
		out = &s3.CompleteMultipartUploadOutput{Bucket: in.Bucket, Key: in.Key, ETag: head.ETag}
		return nil
	})
	return out, err
}

// AbortMultipartUpload deletes the parts of an object that is given up.
func (u *uploader) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, opts ...func(*s3.Options)) (out *s3.AbortMultipartUploadOutput, err error) {
	err = u.send(ctx, nil, func(ctx context.Context, region func(*s3.Options)) (err error) {
		out, err = u.b.conn.client.AbortMultipartUpload(ctx, in, with(opts, region)...)
		if apiCode(err) == "NoSuchUpload" {
			err = nil
		}
		return err
	})
	return out, err
}

// with returns opts and one more, in a new slice: several parts share opts.
func with(opts []func(*s3.Options), one func(*s3.Options)) []func(*s3.Options) {
	return append(opts[:len(opts):len(opts)], one)
}

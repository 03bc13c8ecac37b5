package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/winnowdb/winnow/proto/diag"
)

// deleteBatch is the most keys that one request deletes.
const deleteBatch = 1000

// Remove deletes the object path, or all below the folder path; see connectors.Remover. A whole
// bucket is refused.
func (s *Store) Remove(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, key, base, err := s.locate(path)
	if err != nil {
		return err
	}
	if strings.Trim(key, "/") == "" {
		return diag.Errorf(diag.Denied, "%q is not removed as a whole", path)
	}
	var keys []string
	flush := func(least int) error {
		if len(keys) < least {
			return nil
		}
		err := b.remove(ctx, keys)
		keys = keys[:0]
		return b.explain(err, path)
	}
	if !strings.HasSuffix(key, "/") {
		keys = append(keys, key) // deleting what is not there is no error
	}
	// Deleting while listing is safe: a page that was read stays, and its token names a key, not a count.
	for o, err := range b.objects(ctx, listing{base: base, prefix: strings.TrimSuffix(key, "/") + "/", markers: true}) {
		if err != nil {
			return err
		}
		keys = append(keys, o.Path[len(base):])
		if err := flush(deleteBatch); err != nil {
			return err
		}
	}
	return flush(1)
}

// remove deletes keys; those that the server could not just now are sent again.
func (b *bucket) remove(ctx context.Context, keys []string) error {
	left := append([]string(nil), keys...)
	return b.do(ctx, "s3.put", 3*b.s.cfg.Stall, func(ctx context.Context, region func(*s3.Options)) error {
		batch := make([]types.ObjectIdentifier, len(left))
		for i := range left {
			batch[i].Key = &left[i]
		}
		out, err := b.conn.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &b.name, Delete: &types.Delete{Objects: batch, Quiet: aws.Bool(true)},
		}, region)
		if err != nil {
			return err
		}
		var failed []string
		for _, e := range out.Errors {
			code := aws.ToString(e.Code)
			if code == "NoSuchKey" {
				continue
			}
			failed = append(failed, aws.ToString(e.Key))
			f := &failure{class: classOfAnswer(0, code), err: fmt.Errorf("%s: %s: %s", aws.ToString(e.Key), code, aws.ToString(e.Message))}
			if f.class == final {
				return diag.Errorf(diag.Denied, "s3://%s/%w", b.name, f.err)
			}
			err = f
		}
		left = failed
		return err
	})
}

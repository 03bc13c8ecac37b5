package s3

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/proto/diag"
)

// List yields the objects below prefix, and the object of that name; see connectors.Store. The
// empty markers "folder/" that some tools make are no objects.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		b, key, base, err := s.locate(prefix)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		if key != "" && !strings.HasSuffix(key, "/") {
			// The object itself is the first key that begins with its name. What is below the folder is
			// asked for apart: between the two can be any number of others, such as key-old.
			for o, err := range b.objects(ctx, listing{base: base, prefix: key, max: 1}) {
				if err != nil || o.Path == base+key {
					if !yield(o, err) || err != nil {
						return
					}
				}
			}
			key += "/"
		}
		for o, err := range b.objects(ctx, listing{base: base, prefix: key}) {
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// ListDir yields one level of a folder; see connectors.DirLister.
func (s *Store) ListDir(ctx context.Context, dir string) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		b, key, base, err := s.locate(dir)
		if err != nil {
			yield(connectors.Object{}, err)
			return
		}
		if key != "" && !strings.HasSuffix(key, "/") {
			key += "/"
		}
		for o, err := range b.objects(ctx, listing{base: base, prefix: key, delimiter: "/"}) {
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// listing is what to list.
type listing struct {
	base      string // of the paths, "s3://bucket/"
	prefix    string // of the keys
	delimiter string // "" or "/"
	max       int32  // objects in all; 0 is all
	markers   bool   // also the empty markers "folder/"
}

// objects yields a listing page by page.
func (b *bucket) objects(ctx context.Context, l listing) iter.Seq2[connectors.Object, error] {
	return func(yield func(connectors.Object, error) bool) {
		pages := pager{b: b, listing: l}
		last := ""
		for {
			page, more, err := pages.next(ctx)
			if err != nil {
				yield(connectors.Object{}, b.explain(err, l.base+l.prefix))
				return
			}
			for _, o := range page {
				if err := ctx.Err(); err != nil {
					yield(connectors.Object{}, err)
					return
				}
				if o.Path == last {
					continue // some stores repeat a key at the edge of a page
				}
				last = o.Path
				if !yield(o, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// pager asks for one page after the other. It goes by IsTruncated, never by the size of a page:
// a page can be empty in the middle of a listing.
type pager struct {
	b *bucket
	listing
	token *string
	seen  map[string]bool // tokens that were used
}

// next returns the entries of the next page in the order of their bytes, and whether there are more.
func (p *pager) next(ctx context.Context) ([]connectors.Object, bool, error) {
	in := &s3.ListObjectsV2Input{
		Bucket: &p.b.name, Prefix: &p.prefix, ContinuationToken: p.token,
		EncodingType: types.EncodingTypeUrl, // XML cannot hold every character of a key
	}
	if p.delimiter != "" {
		in.Delimiter = &p.delimiter
	}
	if p.max > 0 {
		in.MaxKeys = &p.max
	}
	var out *s3.ListObjectsV2Output
	err := p.b.do(ctx, "s3.list", 3*p.b.s.cfg.Stall, func(ctx context.Context, region func(*s3.Options)) (err error) {
		out, err = p.b.conn.client.ListObjectsV2(ctx, in, region)
		// The SDK reads any document, also <Error>, as a listing with nothing in it.
		if err == nil && out.Name == nil && out.IsTruncated == nil {
			err = errAnswer
		}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	page, err := p.entries(out)
	if err != nil || p.max > 0 || !aws.ToBool(out.IsTruncated) {
		return page, false, err
	}
	token := aws.ToString(out.NextContinuationToken)
	if token == "" || p.seen[token] {
		return nil, false, diag.Errorf(diag.Unavailable, "%s%s: %s repeats or lacks the continuation token of its listing",
			p.base, p.prefix, p.b.conn.where())
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[token], p.token = true, &token
	return page, true, nil
}

// entries merges the objects and the folders of a page, both of which come in order.
func (p *pager) entries(out *s3.ListObjectsV2Output) ([]connectors.Object, error) {
	text := func(s *string) (string, error) { return aws.ToString(s), nil }
	if out.EncodingType == types.EncodingTypeUrl {
		text = func(s *string) (string, error) { return url.QueryUnescape(aws.ToString(s)) }
	}
	page := make([]connectors.Object, 0, len(out.Contents)+len(out.CommonPrefixes))
	dirs := out.CommonPrefixes
	nextDir := func(before string) error {
		for len(dirs) > 0 {
			name, err := text(dirs[0].Prefix)
			if err != nil {
				return err
			}
			if before != "" && name > before {
				return nil
			}
			page = append(page, connectors.Object{Path: p.base + name})
			dirs = dirs[1:]
		}
		return nil
	}
	for _, c := range out.Contents {
		key, err := text(c.Key)
		if err != nil {
			return nil, err
		}
		if err := nextDir(key); err != nil {
			return nil, err
		}
		size := aws.ToInt64(c.Size)
		marker := strings.HasSuffix(key, "/") && (size == 0 || p.delimiter != "")
		if marker && !p.markers {
			continue
		}
		page = append(page, connectors.Object{
			Path: p.base + key, Size: size, ETag: version(c.ETag), ModTime: aws.ToTime(c.LastModified).UTC(),
		})
	}
	return page, nextDir("")
}

// version returns an ETag as it is sent, or "" for one that names nothing (`""`).
func version(etag *string) string {
	if v := aws.ToString(etag); v != `""` {
		return v
	}
	return ""
}

// sameTime compares two times of an object; a header has no fractions of a second.
func sameTime(a, b time.Time) bool { return a.Truncate(time.Second).Equal(b.Truncate(time.Second)) }

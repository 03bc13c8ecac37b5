package s3

import (
	"cmp"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winnowdb/winnow/connectors/sys"
)

// fake is an S3 server of one bucket, "b", in memory. before sees each request first and answers it
// itself by returning true; after sees what the fake has answered.
type fake struct {
	URL      string
	pageSize int
	before   func(w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	objects map[string]fakeObject
	uploads map[string]map[int][]byte
	meta    map[string]string // of an upload
	log     []string          // method and path with query
	clock   time.Time
}

type fakeObject struct {
	data []byte
	etag string
	meta string
	time time.Time
}

func newFake(t *testing.T) *fake {
	f := &fake{
		pageSize: 1000, objects: map[string]fakeObject{}, uploads: map[string]map[int][]byte{}, meta: map[string]string{},
		clock: time.Date(2011, 12, 6, 0, 0, 0, 0, time.UTC),
	}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	f.URL = srv.URL
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true") // no test asks beyond loopback
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	return f
}

func (f *fake) store() *Store { return New(Config{Endpoint: f.URL}, sys.Host("")) }

// requests returns how many requests had a log line with this beginning.
func (f *fake) requests(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.log {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.log = append(f.log, r.Method+" "+r.URL.RequestURI())
	f.mu.Unlock()
	if f.before != nil && f.before(w, r) {
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != "b" {
		fail(w, 404, "NoSuchBucket")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	switch {
	case r.Method == "GET" && key == "":
		f.list(w, q)
	case r.Method == "GET", r.Method == "HEAD":
		f.get(w, r, key)
	case r.Method == "POST" && q.Has("delete"):
		f.delete(w, body)
	case r.Method == "POST" && q.Has("uploads"):
		id := strconv.Itoa(len(f.meta) + 1)
		f.uploads[id], f.meta[id] = map[int][]byte{}, r.Header.Get("X-Amz-Meta-Winnow-Write")
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case r.Method == "PUT" && !q.Has("uploadId"):
		w.Header().Set("ETag", f.put(key, body, r.Header.Get("X-Amz-Meta-Winnow-Write")))
	default:
		f.multipart(w, r.Method, key, q, body)
	}
}

func (f *fake) multipart(w http.ResponseWriter, method, key string, q url.Values, body []byte) {
	parts, ok := f.uploads[q.Get("uploadId")]
	if !ok {
		fail(w, 404, "NoSuchUpload")
		return
	}
	switch method {
	case "PUT":
		n, _ := strconv.Atoi(q.Get("partNumber"))
		parts[n] = body
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(body)))
	case "POST":
		var all []byte
		for _, n := range slices.Sorted(maps.Keys(parts)) {
			all = append(all, parts[n]...)
		}
		etag := f.put(key, all, f.meta[q.Get("uploadId")])
		delete(f.uploads, q.Get("uploadId"))
		fmt.Fprintf(w, "<CompleteMultipartUploadResult><ETag>%s</ETag></CompleteMultipartUploadResult>", etag)
	case "DELETE":
		delete(f.uploads, q.Get("uploadId"))
		w.WriteHeader(204)
	}
}

func (f *fake) put(key string, data []byte, meta string) string {
	f.clock = f.clock.Add(time.Second)
	o := fakeObject{data, fmt.Sprintf(`"%x"`, md5.Sum(data)), meta, f.clock}
	f.objects[key] = o
	return o.etag
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>made by the fake</Message></Error>", code)
}

func (f *fake) get(w http.ResponseWriter, r *http.Request, key string) {
	o, ok := f.objects[key]
	if !ok {
		fail(w, 404, "NoSuchKey")
		return
	}
	h := w.Header()
	h.Set("ETag", o.etag)
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	if o.meta != "" {
		h.Set("X-Amz-Meta-Winnow-Write", o.meta)
	}
	if m := r.Header.Get("If-Match"); m != "" && m != o.etag {
		fail(w, 412, "PreconditionFailed")
		return
	}
	if r.Method == "HEAD" {
		h.Set("Content-Length", strconv.Itoa(len(o.data)))
		return
	}
	var first, last int
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); err != nil {
		w.Write(o.data)
		return
	}
	if first >= len(o.data) {
		fail(w, 416, "InvalidRange")
		return
	}
	last = min(last, len(o.data)-1)
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.data)))
	h.Set("Content-Length", strconv.Itoa(last-first+1))
	w.WriteHeader(206)
	w.Write(o.data[first : last+1])
}

func (f *fake) delete(w http.ResponseWriter, body []byte) {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		fail(w, 400, "MalformedXML")
		return
	}
	for _, o := range in.Object {
		delete(f.objects, o.Key)
	}
	fmt.Fprint(w, "<DeleteResult></DeleteResult>")
}

func (f *fake) list(w http.ResponseWriter, q url.Values) {
	type entry struct{ name, xml string }
	var all []entry
	prefix, dirs := q.Get("prefix"), map[string]bool{}
	for key, o := range f.objects {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, "/"); i >= 0 && q.Get("delimiter") == "/" {
			dir := prefix + rest[:i+1]
			if !dirs[dir] {
				dirs[dir] = true
				all = append(all, entry{dir, "<CommonPrefixes><Prefix>" + url.QueryEscape(dir) + "</Prefix></CommonPrefixes>"})
			}
			continue
		}
		all = append(all, entry{key, fmt.Sprintf("<Contents><Key>%s</Key><Size>%d</Size><ETag>%s</ETag><LastModified>%s</LastModified></Contents>",
			url.QueryEscape(key), len(o.data), o.etag, o.time.Format(time.RFC3339))})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	from, _ := strconv.Atoi(q.Get("continuation-token"))
	size := f.pageSize
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		size = min(size, n)
	}
	page := all[min(from, len(all)):min(from+size, len(all))]
	fmt.Fprint(w, "<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType>")
	for _, e := range page {
		fmt.Fprint(w, e.xml)
	}
	if from+size < len(all) {
		fmt.Fprintf(w, "<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", from+size)
	} else {
		fmt.Fprint(w, "<IsTruncated>false</IsTruncated>")
	}
	fmt.Fprint(w, "</ListBucketResult>")
}

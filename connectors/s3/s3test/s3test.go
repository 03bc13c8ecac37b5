// Package s3test is an S3 server of one bucket, "b", in memory, for tests: what it has answered can be
// looked up, and a script may answer in its place. It knows what winnow asks of S3 and no more.
//
// Read Server first.
package s3test

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
	"time"
)

// Server is the server. Before, if set, sees each request first and answers it itself by returning true.
type Server struct {
	URL      string
	PageSize int // keys in a page of a listing
	Before   func(w http.ResponseWriter, r *http.Request) bool

	http    *httptest.Server
	mu      sync.Mutex
	objects map[string]object
	uploads map[string]map[int][]byte
	meta    map[string]string // of an upload
	log     []string          // method and path with query
	clock   time.Time
}

type object struct {
	data []byte
	etag string
	meta string
	time time.Time
}

// New starts a server on loopback. The caller closes it.
func New() *Server {
	f := &Server{
		PageSize: 1000, objects: map[string]object{}, uploads: map[string]map[int][]byte{}, meta: map[string]string{},
		clock: time.Date(2011, 12, 6, 0, 0, 0, 0, time.UTC),
	}
	f.http = httptest.NewServer(f)
	f.URL = f.http.URL
	return f
}

// Close breaks all connections and waits until no request is being answered.
func (f *Server) Close() {
	f.http.CloseClientConnections()
	f.http.Close()
}

// Requests returns how many requests had a line of method, blank, path and query with this beginning.
func (f *Server) Requests(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.log {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

// Put stores an object, a new version if there is one of this key.
func (f *Server) Put(key string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(key, data, "")
}

// Object returns the bytes of an object; nil if there is none.
func (f *Server) Object(key string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.objects[key].data
}

// Uploads returns how many large uploads were begun and how many of them are neither completed nor given up.
func (f *Server) Uploads() (begun, left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.meta), len(f.uploads)
}

// ServeHTTP answers one request.
func (f *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.log = append(f.log, r.Method+" "+r.URL.RequestURI())
	f.mu.Unlock()
	if f.Before == nil || !f.Before(w, r) {
		f.Answer(w, r)
	}
}

// Answer answers one request as it should be.
func (f *Server) Answer(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != "b" {
		Fail(w, 404, "NoSuchBucket")
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

func (f *Server) multipart(w http.ResponseWriter, method, key string, q url.Values, body []byte) {
	parts, ok := f.uploads[q.Get("uploadId")]
	if !ok {
		Fail(w, 404, "NoSuchUpload")
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

func (f *Server) put(key string, data []byte, meta string) string {
	f.clock = f.clock.Add(time.Second)
	o := object{data, fmt.Sprintf(`"%x"`, md5.Sum(data)), meta, f.clock}
	f.objects[key] = o
	return o.etag
}

// Fail answers with an error document.
func Fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>made by the test</Message></Error>", code)
}

func (f *Server) get(w http.ResponseWriter, r *http.Request, key string) {
	o, ok := f.objects[key]
	if !ok {
		Fail(w, 404, "NoSuchKey")
		return
	}
	h := w.Header()
	h.Set("ETag", o.etag)
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	if o.meta != "" {
		h.Set("X-Amz-Meta-Winnow-Write", o.meta)
	}
	if m := r.Header.Get("If-Match"); m != "" && m != o.etag {
		Fail(w, 412, "PreconditionFailed")
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
		Fail(w, 416, "InvalidRange")
		return
	}
	last = min(last, len(o.data)-1)
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.data)))
	h.Set("Content-Length", strconv.Itoa(last-first+1))
	w.WriteHeader(206)
	w.Write(o.data[first : last+1])
}

func (f *Server) delete(w http.ResponseWriter, body []byte) {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		Fail(w, 400, "MalformedXML")
		return
	}
	for _, o := range in.Object {
		delete(f.objects, o.Key)
	}
	fmt.Fprint(w, "<DeleteResult></DeleteResult>")
}

func (f *Server) list(w http.ResponseWriter, q url.Values) {
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
	size := f.PageSize
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

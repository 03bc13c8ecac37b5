package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/s3/s3test"
	"github.com/winnowdb/winnow/connectors/storetest"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// fake is an S3 server for one test.
type fake struct{ *s3test.Server }

func newFake(t *testing.T) fake {
	f := fake{s3test.New()}
	t.Cleanup(f.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true") // no test asks beyond loopback
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	return f
}

func (f fake) store() *Store { return New(Config{Endpoint: f.URL}, sys.Host("")) }

func TestContract(t *testing.T) {
	for _, scheme := range []string{"s3", "s3a"} {
		t.Run(scheme, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) (connectors.Store, string) {
				f := newFake(t)
				f.PageSize = 7
				return f.store(), scheme + "://b/root/"
			})
		})
	}
}

// paths lists prefix and returns the paths, and the error that ended the listing.
func paths(t *testing.T, s *Store, prefix string) (got []string, err error) {
	t.Helper()
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			return got, err
		}
		got = append(got, o.Path)
	}
	return got, nil
}

// TestPaths lists by every way to write a location.
func TestPaths(t *testing.T) {
	f := newFake(t)
	for _, key := range []string{"a", "a/b", "a//c", "dir/", "dir/x", "x/../y", "%41", "_$folder$"} {
		f.Put(key, []byte("1"))
	}
	f.Put("dir/", nil)
	s := f.store()
	for _, c := range []struct{ prefix, want string }{
		{"s3://b", "s3://b/%41 s3://b/_$folder$ s3://b/a s3://b/a//c s3://b/a/b s3://b/dir/x s3://b/x/../y"},
		{"S3n://b/", "S3n://b/%41 S3n://b/_$folder$ S3n://b/a S3n://b/a//c S3n://b/a/b S3n://b/dir/x S3n://b/x/../y"},
		{"s3://b/a", "s3://b/a s3://b/a//c s3://b/a/b"},
		{"s3://b/a/", "s3://b/a//c s3://b/a/b"},
		{"s3://b/a//", "s3://b/a//c"},
		{"s3://b/dir", "s3://b/dir/x"},
		{"s3://b/x/..", "s3://b/x/../y"},
		{"s3://b/%41", "s3://b/%41"},
	} {
		got, err := paths(t, s, c.prefix)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v", c.prefix, got, err)
		}
	}
	for _, prefix := range []string{"s3://", "s3:///x", "s3://../x", "s3://a..b/x", "s3://-a/x", "s3://a b/x", "s3:/b/x"} {
		if _, err := paths(t, s, prefix); diag.KindOf(err) != diag.Denied {
			t.Errorf("%s: %v", prefix, err)
		}
	}
	_, err := paths(t, s, "s3://key:hush@b/x")
	if diag.KindOf(err) != diag.Denied || strings.Contains(err.Error(), "hush") {
		t.Errorf("credentials in a location: %v", err)
	}
	for _, path := range []string{"s3://b", "s3://b/", "s3://b//"} {
		if err := s.Remove(t.Context(), path); diag.KindOf(err) != diag.Denied {
			t.Errorf("remove %s: %v", path, err)
		}
	}
}

// once makes the first n requests that match go to answer.
func once(n int, match func(*http.Request) bool, answer http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if n == 0 || !match(r) {
			return false
		}
		n--
		answer(w, r)
		return true
	}
}

func gets(r *http.Request) bool  { return r.Method == "GET" && strings.Count(r.URL.Path, "/") > 1 }
func lists(r *http.Request) bool { return r.URL.Query().Has("list-type") }

const errorDocument = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"

// TestLies are answers with status 200 or 206 that are not what was asked for: never data.
func TestLies(t *testing.T) {
	header := func(key, value string, status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if key != "" {
				w.Header().Set(key, value)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name   string
		match  func(*http.Request) bool
		answer http.HandlerFunc
	}{
		{"error document for an object", gets, header("", "", 200, errorDocument)},
		{"error document as a range", gets, header("Content-Range", "bytes 0-9/10", 206, errorDocument)},
		{"range ignored", gets, header("", "", 200, "0123456789")},
		{"fewer bytes", gets, header("Content-Range", "bytes 0-4/10", 206, "01234")},
		{"another range", gets, header("Content-Range", "bytes 1-10/10", 206, "123456789x")},
		{"error document for a listing", lists, header("", "", 200, errorDocument)},
		{"cut listing", lists, header("", "", 200, "<ListBucketResult><Name>b</Name><Contents><Key>x</Ke")},
		{"no listing", lists, header("", "", 200, "")},
		{"page of a portal", lists, header("Content-Type", "text/html", 200, "<html><body>log in</body></html>")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			s := f.store()
			put(t, s, "s3://b/x", []byte("0123456789"))
			f.Before = once(2, c.match, c.answer)
			wantBytes(t, s, only(t, s, "s3://b/x"), []byte("0123456789"))
			f.Before = once(-1, c.match, c.answer)
			s = New(Config{Endpoint: f.URL, RetryFor: time.Millisecond}, sys.Host(""))
			o := connectors.Object{Path: "s3://b/x", Size: 10}
			_, err := paths(t, s, "s3://b/")
			if err == nil {
				_, err = s.OpenRange(t.Context(), o, 0, 10)
			}
			if diag.KindOf(err) != diag.Unavailable {
				t.Errorf("for ever: %v", err)
			}
		})
	}
}

// TestListings are odd but possible pages (P16).
func TestListings(t *testing.T) {
	page := func(keys string, more string) string {
		var b strings.Builder
		b.WriteString("<ListBucketResult><Name>b</Name>")
		for _, k := range strings.Fields(keys) {
			fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>1</Size></Contents>", k)
		}
		return b.String() + more + "</ListBucketResult>"
	}
	const end = "<IsTruncated>false</IsTruncated>"
	token := func(s string) string {
		return "<IsTruncated>true</IsTruncated><NextContinuationToken>" + s + "</NextContinuationToken>"
	}
	for _, c := range []struct {
		name  string
		pages []string
		want  string
		kind  diag.Kind
	}{
		{"empty page in the middle", []string{page("a", token("1")), page("", token("2")), page("b", end)}, "a b", ""},
		{"empty last page", []string{page("a", token("1")), page("", end)}, "a", ""},
		{"key repeated at the edge", []string{page("a b", token("1")), page("b c", end)}, "a b c", ""},
		{"not url-encoded", []string{page("a+b c%20d", end)}, "a+b c%20d", ""},
		{"repeated token", []string{page("a", token("1")), page("b", token("1")), page("c", token("1"))}, "a", diag.Unavailable},
		{"no token", []string{page("a", "<IsTruncated>true</IsTruncated>")}, "", diag.Unavailable},
		{"token without more", []string{page("a", "<IsTruncated>false</IsTruncated><NextContinuationToken>1</NextContinuationToken>")}, "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			n := 0
			f.Before = func(w http.ResponseWriter, r *http.Request) bool {
				io.WriteString(w, c.pages[min(n, len(c.pages)-1)])
				n++
				return true
			}
			got, err := paths(t, f.store(), "s3://b/")
			if text := strings.ReplaceAll(strings.Join(got, " "), "s3://b/", ""); text != c.want || diag.KindOf(err) != c.kind {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}

// TestRegion finds the region of a bucket that is elsewhere, once for all requests (G20).
func TestRegion(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"301": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			s3test.Fail(w, 301, "PermanentRedirect")
		},
		"400": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message></Error>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			t.Setenv("AWS_REGION", "us-east-1")
			wrong := 0
			f.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
					return false
				}
				wrong++
				refuse(w, r)
				return true
			}
			s := f.store()
			put(t, s, "s3://b/x", []byte("data"))
			wantBytes(t, s, only(t, s, "s3://b/x"), []byte("data"))
			if wrong != 1 {
				t.Errorf("%d requests went to the wrong region, want 1", wrong)
			}
		})
	}
}

// TestRedirect is never followed, whoever sends it (P43).
func TestRedirect(t *testing.T) {
	other := newFake(t)
	for _, status := range []int{301, 302, 307, 308} {
		f := newFake(t)
		f.Before = func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", other.URL+r.URL.Path)
			w.WriteHeader(status)
			return true
		}
		_, err := paths(t, f.store(), "s3://b/x/")
		if diag.KindOf(err) != diag.Denied || !strings.Contains(err.Error(), other.URL) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := other.Requests(""); n != 0 {
		t.Errorf("%d requests went to the other host", n)
	}
}

// TestLostAnswers loses the answer of each step of an upload after it was done.
func TestLostAnswers(t *testing.T) {
	data := noise(20 << 20)
	for _, step := range []string{"PUT /b/small", "POST /b/big?uploads", "PUT /b/big?partNumber=2", "POST /b/big?uploadId"} {
		t.Run(step, func(t *testing.T) {
			f := newFake(t)
			s := f.store()
			lost := false
			f.Before = func(w http.ResponseWriter, r *http.Request) bool {
				line := r.Method + " " + r.URL.RequestURI()
				if lost || !strings.HasPrefix(strings.ReplaceAll(line, "?partNumber=2&", "?partNumber=2"), step) {
					return false
				}
				lost = true
				f.Answer(&discard{}, r)
				panic(http.ErrAbortHandler)
			}
			put(t, s, "s3://b/small", data[:100])
			put(t, s, "s3://b/big", data)
			if !lost {
				t.Fatal("the step was not reached")
			}
			if !bytes.Equal(f.Object("big"), data) || !bytes.Equal(f.Object("small"), data[:100]) {
				t.Error("other bytes than were written")
			}
		})
	}
}

// discard is a response that nobody gets.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (*discard) Write(p []byte) (int, error) { return len(p), nil }
func (*discard) WriteHeader(int)             {}

// TestAbortCleans leaves no parts on the server when a large write is given up or fails.
func TestAbortCleans(t *testing.T) {
	f := newFake(t)
	for name, end := range map[string]func(io.WriteCloser, context.CancelFunc) error{
		"abort":  func(w io.WriteCloser, _ context.CancelFunc) error { return w.(connectors.Aborter).Abort() },
		"cancel": func(w io.WriteCloser, cancel context.CancelFunc) error { cancel(); w.Close(); return nil },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := f.store().Create(ctx, "s3://b/x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 40<<20)); err != nil {
			t.Fatal(err)
		}
		if err := end(w, cancel); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		if begun, left := f.Uploads(); begun == 0 || left > 0 || f.Object("x") != nil {
			t.Errorf("%s: %d uploads begun, %d left, %d bytes", name, begun, left, len(f.Object("x")))
		}
	}
	f.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" {
			s3test.Fail(w, 403, "AccessDenied")
			return true
		}
		return false
	}
	w, err := f.store().Create(t.Context(), "s3://b/x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(make([]byte, 100<<20))
	if err == nil {
		err = w.Close()
	} else {
		w.(connectors.Aborter).Abort()
	}
	if diag.KindOf(err) != diag.Denied {
		t.Errorf("a write that is denied: %v", err)
	}
	if _, left := f.Uploads(); left > 0 {
		t.Errorf("%d uploads left", left)
	}
}

// TestErrors is what the user is told.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		kind   diag.Kind
		text   string
	}{
		{403, "AccessDenied", diag.Denied, "s3://b/dir/: AccessDenied: made by the test"},
		{403, "InvalidAccessKeyId", diag.Auth, "credentials"},
		{400, "ExpiredToken", diag.Auth, "ExpiredToken"},
		{403, "RequestTimeTooSkewed", diag.Auth, "clock"},
		{403, "InvalidObjectState", diag.Denied, "InvalidObjectState"},
		{404, "NoSuchBucket", diag.NotFound, `no bucket "b" at http://127.0.0.1`},
		{503, "SlowDown", diag.Throttled, "slow down"},
		{500, "InternalError", diag.Unavailable, "InternalError"},
		{501, "NotImplemented", diag.Protocol, "NotImplemented"},
	} {
		f := newFake(t)
		f.Before = func(w http.ResponseWriter, r *http.Request) bool { s3test.Fail(w, c.status, c.code); return true }
		s := New(Config{Endpoint: f.URL, RetryFor: time.Millisecond}, sys.Host(""))
		_, err := paths(t, s, "s3://b/dir/")
		if diag.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	newFake(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	l.Close()
	s := New(Config{Endpoint: endpoint, RetryFor: 100 * time.Millisecond}, sys.Host(""))
	_, err = paths(t, s, "s3://b/x/")
	if diag.KindOf(err) != diag.Unavailable || !strings.Contains(err.Error(), endpoint) {
		t.Errorf("got %v", err)
	}
}

// TestNoCredentials is K9: said at once, with the sources that were tried.
func TestNoCredentials(t *testing.T) {
	f := newFake(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	m := sys.Host("")
	m.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !strings.HasPrefix(addr, "127.0.0.1:") {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	start := time.Now()
	_, err := paths(t, New(Config{Endpoint: f.URL}, m), "s3://b/x/")
	if diag.KindOf(err) != diag.Auth || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || !strings.Contains(err.Error(), "machine's role") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	t.Log(err)
	if n := f.Requests(""); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	put(t, New(Config{Endpoint: f.URL, Anonymous: true}, m), "s3://b/x", []byte("public"))
}

// TestFaultPoints fails each call of each fault point in turn; the answer is right all the same.
func TestFaultPoints(t *testing.T) {
	data := noise(100_000)
	for n := 1; ; n++ {
		f := newFake(t)
		m := sys.Host("")
		calls := 0
		m.Fault = func(string) error {
			if calls++; calls == n {
				return errors.New("boom")
			}
			return nil
		}
		s := New(Config{Endpoint: f.URL}, m)
		put(t, s, "s3://b/x", data)
		wantBytes(t, s, only(t, s, "s3://b/x"), data)
		if calls < n {
			return
		}
		if n > 1000 {
			t.Fatal("no end")
		}
	}
}

// TestNoETag pins by size and time where the store names no versions.
func TestNoETag(t *testing.T) {
	f := newFake(t)
	s := f.store()
	put(t, s, "s3://b/x", []byte("old"))
	o := only(t, s, "s3://b/x")
	o.ETag = ""
	wantBytes(t, s, o, []byte("old"))
	put(t, s, "s3://b/x", []byte("new"))
	if _, err := s.OpenRange(t.Context(), o, 0, 3); !errors.Is(err, connectors.ErrChanged) {
		t.Errorf("got %v", err)
	}
}

package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/storetest"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// The tests of this file need a real S3 server, and some of them a fault-making proxy before it:
//
//	WINNOW_REAL=1             run them, and fail if a server is missing
//	WINNOW_S3_ENDPOINT        URL of the server
//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION    for it
//	WINNOW_S3_FAULTS          URL of the proxy; it takes its rules as JSON at /-/rules
const realHint = "set WINNOW_REAL and start the S3 server"

func realEnv(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	switch {
	case os.Getenv("WINNOW_REAL") == "":
		t.Skip("needs a real server: " + realHint)
	case v == "":
		t.Fatalf("WINNOW_REAL is set but %s is not: %s", name, realHint)
	}
	return v
}

// realStore returns a store at the endpoint that env names, and a folder of a new bucket.
func realStore(t *testing.T, env string, cfg Config) (*Store, string) {
	t.Helper()
	cfg.Endpoint = realEnv(t, env)
	s := New(cfg, sys.Host(""))
	direct := New(Config{Endpoint: realEnv(t, "WINNOW_S3_ENDPOINT")}, sys.Host(""))
	conn, err := direct.connect()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t-%016x", rand.Uint64())
	if _, err := conn.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	t.Cleanup(func() {
		if err := direct.Remove(context.Background(), "s3://"+name+"/root"); err != nil {
			t.Error(err)
		}
		conn.client.DeleteBucket(context.Background(), &s3.DeleteBucketInput{Bucket: aws.String(name)})
	})
	return s, "s3://" + name + "/root/"
}

func TestRealContract(t *testing.T) {
	realEnv(t, "WINNOW_S3_ENDPOINT")
	storetest.Run(t, func(t *testing.T) (connectors.Store, string) {
		return realStore(t, "WINNOW_S3_ENDPOINT", Config{})
	})
}

// faults sets the proxy's rules, and clears them when the test ends.
func faults(t *testing.T, rules string) {
	t.Helper()
	set := func(rules string) error {
		resp, err := http.Post(realEnv(t, "WINNOW_S3_FAULTS")+"/-/rules", "application/json", strings.NewReader(rules))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	if err := set(rules); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set("[]"); err != nil {
			t.Error(err)
		}
	})
}

// counts asks the proxy how many requests it has seen and faults it has made.
func counts(t *testing.T) (requests int, made map[string]int) {
	t.Helper()
	resp, err := http.Get(realEnv(t, "WINNOW_S3_FAULTS") + "/-/counts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var c struct {
		Requests int
		Faults   map[string]int
	}
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c.Requests, c.Faults
}

func put(t *testing.T, s connectors.Store, path string, data []byte) {
	t.Helper()
	w, err := s.Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func only(t *testing.T, s connectors.Store, path string) connectors.Object {
	t.Helper()
	for o, err := range s.List(t.Context(), path) {
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	t.Fatalf("no %s", path)
	return connectors.Object{}
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

// TestRealFaults reads, lists and writes through the proxy under each kind of fault: the bytes are
// right, and the fault was really made.
func TestRealFaults(t *testing.T) {
	realEnv(t, "WINNOW_S3_FAULTS")
	data := noise(40<<20 + 12345) // a long range: several parts at once
	small := data[:300_000]
	for _, c := range []struct{ name, fault, rules string }{
		{"none", "", `[]`},
		{"slowdown", "slowdown", `[{"fault":"slowdown","every":3}]`},
		{"slowdown retry-after", "slowdown", `[{"fault":"slowdown","every":5,"times":6,"retry_after":1}]`},
		{"slowdown by dice", "slowdown", `[{"fault":"slowdown","p":0.3,"seed":7}]`},
		{"internal", "internal", `[{"fault":"internal","every":3}]`},
		{"reset", "reset", `[{"fault":"reset","every":3}]`},
		{"truncate", "truncate", `[{"fault":"truncate","method":"GET","every":2,"bytes":100000}]`},
		{"truncate at once", "truncate", `[{"fault":"truncate","method":"GET","every":2,"bytes":0}]`},
		{"stall", "stall", `[{"fault":"stall","method":"GET","every":4,"bytes":70000,"seconds":30}]`},
		{"delay", "delay", `[{"fault":"delay","ms":50,"every":2}]`},
		{"mixed", "reset", `[{"fault":"reset","p":0.1,"seed":1},{"fault":"truncate","method":"GET","p":0.2,"bytes":1000000},{"fault":"internal","p":0.1,"seed":3},{"fault":"slowdown","p":0.1,"seed":4}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, root := realStore(t, "WINNOW_S3_FAULTS", Config{Stall: 2 * time.Second})
			faults(t, c.rules)
			start := time.Now()
			put(t, s, root+"big", data)
			put(t, s, root+"small", small)
			for i := range 10 {
				put(t, s, fmt.Sprintf("%sd/%d", root, i), small[:i])
			}
			for range 5 {
				n := 0
				for _, err := range s.List(t.Context(), root) {
					if err != nil {
						t.Fatal(err)
					}
					n++
				}
				if n != 12 {
					t.Errorf("%d objects listed, want 12", n)
				}
			}
			wantBytes(t, s, only(t, s, root+"big"), data)
			for range 10 {
				wantBytes(t, s, only(t, s, root+"small"), small)
			}
			requests, made := counts(t)
			t.Logf("%d requests, faults %v, %v", requests, made, time.Since(start).Round(time.Millisecond))
			if c.fault != "" && made[c.fault] == 0 {
				t.Errorf("no %s was made", c.fault)
			}
		})
	}
}

func wantBytes(t *testing.T, s connectors.Store, o connectors.Object, want []byte) {
	t.Helper()
	r, err := s.OpenRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	if wantSum := sha256.Sum256(want); !bytes.Equal(h.Sum(nil), wantSum[:]) {
		t.Errorf("%s: other bytes than were written", o.Path)
	}
}

// TestRealControl shows that the faults hurt: without retries almost every read breaks.
func TestRealControl(t *testing.T) {
	s, root := realStore(t, "WINNOW_S3_FAULTS", Config{RetryFor: time.Nanosecond})
	data := noise(300_000)
	put(t, s, root+"x", data)
	o := only(t, s, root+"x")
	for _, rules := range []string{`[{"fault":"slowdown"}]`, `[{"fault":"internal"}]`, `[{"fault":"reset"}]`, `[{"fault":"truncate","bytes":0}]`} {
		faults(t, rules)
		r, err := s.OpenRange(t.Context(), o, 0, o.Size)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		if kind := diag.KindOf(err); kind != diag.Throttled && kind != diag.Unavailable {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

// TestRealStorm refuses every request for a while, with many readers at once (P13): all end right,
// few requests are wasted, and the speed comes back.
func TestRealStorm(t *testing.T) {
	const readers, objects, storm = 32, 500, 5 * time.Second
	s, root := realStore(t, "WINNOW_S3_FAULTS", Config{})
	data := noise(10_000)
	for i := range objects {
		put(t, s, fmt.Sprintf("%s%04d", root, i), data)
	}
	var all []connectors.Object
	for o, err := range s.List(t.Context(), root) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	pass := func() time.Duration {
		start := time.Now()
		var wg sync.WaitGroup
		for g := range readers {
			wg.Go(func() {
				for i := g; i < len(all); i += readers {
					wantBytes(t, s, all[i], data)
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	healthy := pass()
	faults(t, `[{"fault":"slowdown"}]`)
	wasted := make(chan int, 1)
	time.AfterFunc(storm, func() {
		requests, _ := counts(t)
		faultsNow(t, "[]")
		wasted <- requests
	})
	took := pass()
	refused := <-wasted
	t.Logf("healthy %v, with a storm of %v: %v; %d requests refused", healthy, storm, took, refused)
	if refused > objects*3/10 {
		t.Errorf("%d requests were refused, for %d needed", refused, objects)
	}
	if took > storm+10*time.Second {
		t.Errorf("took %v with a storm of %v", took, storm)
	}
	if after := pass(); after > 2*healthy+time.Second {
		t.Errorf("a pass after the storm took %v, before it %v", after, healthy)
	}
}

func faultsNow(t *testing.T, rules string) {
	resp, err := http.Post(os.Getenv("WINNOW_S3_FAULTS")+"/-/rules", "application/json", strings.NewReader(rules))
	if err != nil {
		t.Error(err)
		return
	}
	resp.Body.Close()
}

// TestRealChanged replaces an object in the middle of reads that break (P15): never mixed.
func TestRealChanged(t *testing.T) {
	s, root := realStore(t, "WINNOW_S3_FAULTS", Config{})
	before, after := noise(2<<20), noise(4 << 20)[2<<20:]
	for round := range 10 {
		put(t, s, root+"x", before)
		o := only(t, s, root+"x")
		faults(t, `[{"fault":"truncate","method":"GET","every":2,"bytes":200000}]`)
		r, err := s.OpenRange(t.Context(), o, 0, o.Size)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100_000*round)
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatal(err)
		}
		put(t, s, root+"x", after)
		rest, err := io.ReadAll(r)
		r.Close()
		if err == nil && !bytes.Equal(append(got, rest...), before) {
			t.Errorf("round %d: two versions mixed", round)
		}
		if err != nil && !errors.Is(err, connectors.ErrChanged) {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

func TestRealDenied(t *testing.T) {
	s, root := realStore(t, "WINNOW_S3_FAULTS", Config{})
	put(t, s, root+"secret", []byte("x"))
	o := only(t, s, root+"secret")
	faults(t, `[{"fault":"error","status":403,"code":"AccessDenied","method":"GET"}]`)
	_, err := s.OpenRange(t.Context(), o, 0, 1)
	if diag.KindOf(err) != diag.Denied || !strings.Contains(err.Error(), o.Path) || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("got %v", err)
	}
	faults(t, `[]`)
	for _, err := range s.List(t.Context(), "s3://no-such-bucket-here/x/") {
		if diag.KindOf(err) != diag.NotFound || !strings.Contains(err.Error(), "no-such-bucket-here") {
			t.Errorf("got %v", err)
		}
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	bad := New(Config{Endpoint: os.Getenv("WINNOW_S3_ENDPOINT")}, sys.Host(""))
	for _, err := range bad.List(t.Context(), root) {
		if diag.KindOf(err) != diag.Auth {
			t.Errorf("wrong secret: %v", err)
		}
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/s3"
	"github.com/winnowdb/winnow/connectors/s3/s3test"
	"github.com/winnowdb/winnow/connectors/sys"
)

// stall is what the proofs call too long without a byte, to get done before the product's own 20 s.
const stall = 100 * time.Millisecond

// storesOf returns the product's store of srv's bucket, or one without its defences.
func storesOf(srv *s3test.Server, defended bool) map[string]connectors.Store {
	var store connectors.Store = s3.New(s3.Config{Endpoint: srv.URL, Anonymous: true, Stall: stall}, sys.Host(""))
	if !defended {
		store = naive{store, srv.URL}
	}
	return map[string]connectors.Store{"s3": store}
}

// naive reads as a client without defences does: one request for a range of whatever is there, and what
// comes is the data.
type naive struct {
	connectors.Store
	url string
}

// OpenRange implements connectors.Store.
func (s naive) OpenRange(ctx context.Context, o connectors.Object, off, n int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/"+strings.TrimPrefix(o.Path, "s3://"), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// script breaks the answers to reads as its dice say.
type script struct {
	srv *s3test.Server

	mu       sync.Mutex
	rnd      *rand.Rand // nil: nothing breaks
	faults   int
	asked    map[string]int // how often for each range
	lost     map[string]int // how often it was broken before a byte was sure to have come
	unpinned string         // a request that named no version
}

// isRead reports whether r is for the bytes of an object.
func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") > 1
}

// before is the server's Before. A fault after some bytes is one of the whole answer's middle.
func (s *script) before(w http.ResponseWriter, r *http.Request) bool {
	if !isRead(r) {
		return false
	}
	answer := httptest.NewRecorder()
	s.srv.Answer(answer, r)
	kind, at := s.roll(r, answer.Body.Len())
	if kind >= len(breaks) {
		return false
	}
	breaks[kind].do(w, r, answer, at)
	return true
}

// roll notes a request and draws the way in which it breaks, if it does, and where.
func (s *script) roll(r *http.Request, length int) (kind, at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := r.URL.Path + " " + r.Header.Get("Range")
	s.asked[asked]++
	if r.Header.Get("If-Match") == "" {
		s.unpinned = asked
	}
	if s.rnd == nil {
		return len(breaks), 0
	}
	kind, at = s.rnd.IntN(4*len(breaks)), s.rnd.IntN(max(1, length))
	if kind < len(breaks) {
		s.faults++
		if !breaks[kind].midway || at == 0 {
			s.lost[asked]++
		}
	}
	return kind, at
}

// again returns a range that was asked for from its start more often than a run without faults does and more than
// was lost: one that did not go on from the last good byte.
func (s *script) again(healthy *script) string {
	for asked, n := range s.asked {
		if before, ok := healthy.asked[asked]; ok && n > before+s.lost[asked] {
			return asked
		}
	}
	return ""
}

// breaks are the ways in which a read breaks; at is a place in the body.
var breaks = []struct {
	midway bool // the bytes before at are sure to come
	do     func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder, at int)
}{
	{false, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder, at int) { // reset
		send(w, answer, at)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			if t, ok := conn.(*net.TCPConn); ok {
				t.SetLinger(0)
			}
			conn.Close()
		}
	}},
	{true, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder, at int) { // cut
		send(w, answer, at)
		panic(http.ErrAbortHandler)
	}},
	{true, func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder, at int) { // stall
		send(w, answer, at)
		select {
		case <-r.Context().Done():
		case <-time.After(10 * stall):
		}
		panic(http.ErrAbortHandler)
	}},
	{false, func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder, _ int) {
		s3test.Fail(w, http.StatusInternalServerError, "InternalError")
	}},
	{false, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder, at int) { // wrong length
		for k, v := range answer.Header() {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Length", fmt.Sprint(at))
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes()[:at])
	}},
	{false, func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder, _ int) {
		io.WriteString(w, "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>")
	}},
}

// send sends the head of an answer and the first n bytes of its body.
func send(w http.ResponseWriter, answer *httptest.ResponseRecorder, n int) {
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes()[:n])
	http.NewResponseController(w).Flush()
}

// brokenReads asks one question a seed of tables in a bucket whose reads break, one in four; each fault is
// a run. Then the same without defences.
func brokenReads(dir string, first, seeds uint64) (r result) {
	all, err := archive(dir)
	srv := s3test.New()
	defer srv.Close()
	if err == nil {
		err = upload(srv, dir, "t", "d")
	}
	if err != nil {
		r.Failed++
		r.say("set up: %v", err)
		return r
	}
	st := &stage{dir: dir, want: answers(all), r: r}
	hurt, tried := 0, 0
	for seed := first; seed < first+seeds; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 14))
		i, workers := rnd.IntN(len(questions)), pick(rnd, 0, 3)
		ask := func(dice *rand.Rand, defended bool) (*script, []string, error) {
			s := &script{srv: srv, rnd: dice, asked: map[string]int{}, lost: map[string]int{}}
			got, err := askBucket(filepath.Join(dir, "world"), bucket{srv, defended, s.before, workers}, ddl("s3://b"), questions[i].sql)
			return s, got, err
		}
		healthy, _, err := ask(nil, true)
		if err != nil {
			st.r.Failed++
			st.r.say("seed %d: without faults: %v", seed, err)
			continue
		}
		begun := time.Now()
		s, got, err := ask(rnd, true)
		st.r.took = append(st.r.took, time.Since(begun))
		st.judge(i, got, err, seed, never)
		st.r.Runs += s.faults - 1 // judge has counted one
		// With workers, a slow task is run a second time from its start.
		if again := s.again(healthy); s.unpinned != "" || again != "" && workers == 0 {
			st.r.Wrong++
			st.r.say("seed %d: %s: read without a version %q, from its start again %q", seed, questions[i].sql, s.unpinned, again)
		}
		if s, got, err = ask(rnd, false); s.faults > 0 {
			if tried++; err != nil || !slices.Equal(got, st.want[i]) {
				hurt++
			}
		}
	}
	st.r.control(hurt, tried)
	return st.r
}

// upload puts the files of folders below dir under the same names.
func upload(srv *s3test.Server, dir string, folders ...string) error {
	for _, folder := range folders {
		files, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			return err
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(dir, folder, f.Name()))
			if err != nil {
				return err
			}
			srv.Put(folder+"/"+f.Name(), data)
		}
	}
	return nil
}

// bucket is how a world sees the bucket of srv.
type bucket struct {
	srv      *s3test.Server
	defended bool
	before   func(http.ResponseWriter, *http.Request) bool // while the question is asked
	workers  int
}

// askBucket asks one question in a new world with the tables of ddl.
func askBucket(dir string, b bucket, ddl, sql string) ([]string, error) {
	b.srv.Before = nil
	w, err := newWorld(dir, settings{workers: b.workers, splitSize: 1 << 10, stores: storesOf(b.srv, b.defended)})
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	defer w.close()
	if err := w.do(ddl); err != nil {
		return nil, err
	}
	b.srv.Before = b.before
	return w.ask(context.Background(), sql)
}

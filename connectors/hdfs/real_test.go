package hdfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/storetest"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// The tests of this file need a real HDFS:
//
//	WINNOW_REAL=1    run them, and fail if the server is missing
//	WINNOW_HDFS      host:port of its name node
func realAddr(t *testing.T) string {
	t.Helper()
	addr := os.Getenv("WINNOW_HDFS")
	switch {
	case os.Getenv("WINNOW_REAL") == "":
		t.Skip("needs a real HDFS: set WINNOW_REAL and start it")
	case addr == "":
		t.Fatal("WINNOW_REAL is set but WINNOW_HDFS is not: start the HDFS")
	}
	return addr
}

// realRoot returns an empty folder.
func realRoot(t *testing.T, s *Store) string {
	t.Helper()
	root := fmt.Sprintf("hdfs://%s/winnow-test/%016x", realAddr(t), rand.Uint64())
	t.Cleanup(func() {
		if err := s.Remove(context.Background(), root); err != nil {
			t.Error(err)
		}
	})
	return root + "/root/"
}

func TestRealContract(t *testing.T) {
	realAddr(t)
	s := New(Config{}, sys.Host(""))
	storetest.Run(t, func(t *testing.T) (connectors.Store, string) { return s, realRoot(t, s) })
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func put(t *testing.T, s *Store, path string, data []byte) {
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

func only(t *testing.T, s *Store, path string) connectors.Object {
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

// breaker is a machine whose connections can be broken.
type breaker struct {
	mu    sync.Mutex
	conns []net.Conn
	after atomic.Int64 // bytes that each connection still reads before it breaks; 0 is no limit
}

type brittle struct {
	net.Conn
	b    *breaker
	read int64
}

func (c *brittle) Read(p []byte) (int, error) {
	if limit := c.b.after.Load(); limit > 0 && c.read > limit {
		c.Conn.Close()
	}
	n, err := c.Conn.Read(p)
	c.read += int64(n)
	return n, err
}

func (b *breaker) machine() *sys.Machine {
	m := sys.Host("")
	dial := m.Dial
	m.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.conns = append(b.conns, conn)
		return &brittle{Conn: conn, b: b}, nil
	}
	return m
}

// cut breaks all connections.
func (b *breaker) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		c.Close()
	}
	b.conns = nil
}

// TestRealBroken breaks every connection, to the name node and the data nodes, again and again
// while a file of several blocks is read and folders are listed.
func TestRealBroken(t *testing.T) {
	b := &breaker{}
	s := New(Config{}, b.machine())
	root := realRoot(t, s)
	data := noise(9<<20 + 17)
	put(t, s, root+"x", data)
	o := only(t, s, root+"x")
	r, err := s.OpenRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []byte
	buf := make([]byte, 100_000)
	for i := 0; ; i++ {
		n, err := r.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			b.cut()
			only(t, s, root)
		}
	}
	if !bytes.Equal(got, data) {
		t.Error("other bytes than were written")
	}
	b.after.Store(700_000) // each connection breaks after so much
	r2, err := s.OpenRange(t.Context(), o, 5, o.Size-5)
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	if got, err := io.ReadAll(r2); err != nil || !bytes.Equal(got, data[5:]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestRealAppended reads a file that grows after it was listed, up to the listed length.
func TestRealAppended(t *testing.T) {
	s := New(Config{}, sys.Host(""))
	root := realRoot(t, s)
	put(t, s, root+"log", []byte("one\n"))
	o := only(t, s, root+"log")
	c, name, err := s.file(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	u, err := c.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer u.release()
	w, err := u.client.Append(name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "two\n")
	if err := (&writer{opened: opened{file: w}, machine: s.machine}).complete(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "one\n" {
		t.Errorf("%q, %v", got, err)
	}
	if now := only(t, s, root+"log"); now.Size != 8 || now.ETag == o.ETag {
		t.Errorf("after the append: %+v, before: %+v", now, o)
	}
}

// TestRealFaultPoints fails each call of each fault point in turn: the bytes are right, or the write
// says so and has left nothing.
func TestRealFaultPoints(t *testing.T) {
	boom := errors.New("boom")
	data := noise(100_000)
	for n := 1; ; n++ {
		m := sys.Host("")
		var calls atomic.Int64
		m.Fault = func(string) error {
			if calls.Add(1) == int64(n) {
				return boom
			}
			return nil
		}
		s := New(Config{}, m)
		root := realRoot(t, s)
		w, err := s.Create(t.Context(), root+"x")
		if err != nil {
			t.Fatalf("fault %d: %v", n, err)
		}
		if _, err = w.Write(data); err == nil {
			err = w.Close()
		} else {
			w.(connectors.Aborter).Abort()
		}
		if err != nil {
			for o := range s.List(t.Context(), root) {
				t.Errorf("fault %d left %s", n, o.Path)
			}
			continue
		}
		o := only(t, s, root+"x")
		r, err := s.OpenRange(t.Context(), o, 0, o.Size)
		if err != nil {
			t.Fatalf("fault %d: %v", n, err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("fault %d: %d bytes, %v", n, len(got), err)
		}
		if calls.Load() < int64(n) {
			return
		}
	}
}

func TestRealDenied(t *testing.T) {
	s := New(Config{}, sys.Host(""))
	root := realRoot(t, s)
	if err := s.MakeDir(t.Context(), root+"d"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := s.Create(t.Context(), root+"d"); diag.KindOf(err) != diag.Exists {
		t.Errorf("create over a folder: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

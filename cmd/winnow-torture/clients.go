package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	front "github.com/winnowdb/winnow/cmd/internal/flightsql"
)

// What P27 promises.
const (
	keptPerClient = 16 << 20        // bytes
	slowWithin    = 5 * time.Second // a client is seen to be slow
	goneWithin    = 5 * time.Second // a lost client's statement is gone
	busy          = 2               // times as long on a machine that does other work beside
)

// manyRows is what the clients of P27 ask: far more rows than the connection and the statement hold.
const manyRows = "select a.id, b.id, b.s from t a cross join t b"

// fates are what becomes of a client of P27 after its first batch.
var fates = []struct {
	name  string
	asks  bool // only: it never fetches a row
	stays bool // it was only slow, and reads on
	end   func(*client)
}{
	{name: "slow", stays: true, end: func(*client) {}},
	{name: "closes the result", end: func(c *client) { c.cancel() }},
	{name: "is reset", end: func(c *client) { c.link.reset() }},
	{name: "is silent", end: func(c *client) { c.link.silent.Store(true) }},
	{name: "never fetches", asks: true, end: func(*client) {}},
}

// slowClients has seeds clients ask for many rows at once and take one batch of them. Others are answered meanwhile, little
// is kept for each, those that go have their work stopped, and those that stay get their next rows.
func slowClients(dir string, first, seeds uint64) result {
	st := newStage(dir)
	if st.want == nil {
		return st.r
	}
	before := runtime.NumGoroutine()
	if err := st.serveSlow(first, seeds); err != nil {
		st.r.Failed++
		st.r.say("%v", err)
	}
	if n := settle(before + slack); n > before+slack {
		st.r.Hung++
		st.r.say("%d goroutines at the start, %d at the end", before, n)
	}
	return st.r
}

func (st *stage) serveSlow(first, seeds uint64) error {
	w, err := newWorld(st.dir, settings{workers: 2, splitSize: 4 << 10})
	if err != nil {
		return err
	}
	defer w.close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.serve(front.NewServer(w.coord, "torture"), l)
	before := liveHeap()
	var clients []*client
	defer func() {
		for _, c := range clients {
			c.close()
		}
	}()
	reading := int64(0)
	for seed := first; seed < first+seeds; seed++ {
		c, err := newClient(l.Addr().String(), rand.New(rand.NewPCG(seed, 27)).IntN(len(fates)))
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		clients = append(clients, c)
		if c.rows != nil {
			reading++
		}
	}
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		kept := (liveHeap() - before) / max(1, reading)
		if kept <= keptPerClient {
			break
		}
		if time.Since(begun) > busy*slowWithin {
			st.r.Failed++
			st.r.say("%d MiB are kept for each client", kept>>20)
			break
		}
	}
	for i, q := range questions {
		begun := time.Now()
		got, err := w.ask(context.Background(), q.sql)
		st.judge(i, got, err, first, never)
		st.r.took = append(st.r.took, time.Since(begun))
	}
	st.partWays(w, clients)
	return nil
}

// partWays ends those clients that go, and has the others read on.
func (st *stage) partWays(w *world, clients []*client) {
	stay := 0
	for _, c := range clients {
		if fates[c.fate].stays {
			stay++
		}
		fates[c.fate].end(c)
	}
	for begun := time.Now(); len(w.coord.Queries()) > stay; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > busy*goneWithin {
			st.r.Hung++
			st.r.say("%d statements of clients that are gone go on", len(w.coord.Queries())-stay)
			break
		}
	}
	for i, c := range clients {
		st.r.Runs++
		if fates[c.fate].stays && !c.rows.Next() {
			st.r.Failed++
			st.r.say("client %d: %s: %v", i, fates[c.fate].name, c.rows.Err())
		}
	}
}

// liveHeap is how many bytes are in use after a collection.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// client is a client of Flight SQL behind a link that can break.
type client struct {
	fate   int
	link   *link
	sql    *flightsql.Client
	rows   *flight.Reader // nil: never fetched
	cancel context.CancelFunc
}

func newClient(server string, fate int) (_ *client, err error) {
	c := &client{fate: fate}
	if c.link, err = newLink(server); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.sql, err = flightsql.NewClient(c.link.Addr().String(), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	asked, err := c.sql.Execute(ctx, manyRows)
	if err != nil || fates[fate].asks {
		return c, err
	}
	if c.rows, err = c.sql.DoGet(ctx, asked.Endpoint[0].Ticket); err != nil {
		return nil, err
	}
	if !c.rows.Next() {
		return nil, errors.Join(errors.New("no rows"), c.rows.Err())
	}
	return c, nil
}

func (c *client) close() {
	c.cancel()
	if c.rows != nil {
		c.rows.Release()
	}
	if c.sql != nil {
		c.sql.Close() // the link may be broken
	}
	c.link.reset()
}

// link hands the bytes of one client's connections on to the server and back.
type link struct {
	net.Listener
	silent atomic.Bool // what comes is swallowed, as by a network that is gone
	mu     sync.Mutex
	conns  []net.Conn
}

func newLink(server string) (*link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &link{Listener: l}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			k.mu.Lock()
			k.conns = append(k.conns, near, far)
			k.mu.Unlock()
			go k.hand(near, far)
			go k.hand(far, near)
		}
	}()
	return k, nil
}

// hand copies until one side ends, and ends both.
func (k *link) hand(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	io.Copy(writerFunc(func(b []byte) (int, error) {
		if k.silent.Load() {
			return len(b), nil
		}
		return to.Write(b)
	}), from)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// reset breaks all connections as a process that is gone does, and takes no more.
func (k *link) reset() {
	k.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	breakOff(k.conns)
}

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/cluster/member"
	front "github.com/winnowdb/winnow/cmd/internal/flightsql"
)

// heapGrowth is how much the heap may grow under hostile messages.
const heapGrowth = 64 << 20

// hostileBytes sends one broken message a seed to one of the ports: Flight SQL, the RPC of workers and coordinator, gossip.
// The process must live and answer all the same, and not take more memory than heapGrowth.
func hostileBytes(dir string, first, seeds uint64) result {
	st := newStage(dir)
	if st.want == nil {
		return st.r
	}
	p, err := newPorts(st)
	if err != nil {
		st.r.Failed++
		st.r.say("set up: %v", err)
		return st.r
	}
	defer p.close()
	before := heap()
	for seed := first; seed < first+seeds; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 34))
		begun := time.Now()
		what := p.attack(rnd)
		st.r.Runs++
		st.r.took = append(st.r.took, time.Since(begun))
		if grown := heap() - before; grown > heapGrowth {
			st.r.Failed++
			st.r.say("seed %d: %s: the heap has grown by %d MiB", seed, what, grown>>20)
			before = heap()
		}
		if (seed-first)%500 == 499 || seed == first+seeds-1 {
			p.well(st, seed)
		}
	}
	return st.r
}

func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}

// ports are a cluster with all its ports open.
type ports struct {
	w       *world
	flight  *grpc.Server
	gossip  *member.Gossip
	conns   map[string]*grpc.ClientConn // by address
	targets []target
	addrs   []string // to be sent anything; the last one is that of gossip
	gossips [][]byte // messages that gossip takes
}

// target is a method with messages that it takes.
type target struct {
	address, method string
	good            []proto.Message
}

func newPorts(st *stage) (*ports, error) {
	seen := &tap{good: map[string][]proto.Message{}}
	w, err := newWorld(st.dir, settings{workers: 1, splitSize: 4 << 10, tap: seen.stream})
	if err != nil {
		return nil, err
	}
	p := &ports{w: w, conns: map[string]*grpc.ClientConn{}}
	for _, q := range questions {
		if _, err := w.ask(context.Background(), q.sql); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.flight = front.NewServer(w.coord, "torture")
	go p.flight.Serve(l)
	p.gossip, err = member.Join(member.GossipConfig{
		Name: "a", Bind: "127.0.0.1:0", Role: member.RoleBoth, RPC: w.exchange, Slots: 1, Version: "torture", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	worker := w.workers[0].Addr().String()
	p.gossips = gossipMessages("a", p.gossip.Address())
	p.addrs = []string{l.Addr().String(), worker, w.exchange, p.gossip.Address()}
	for method, good := range seen.take() {
		address := worker
		if strings.Contains(method, "Exchange") {
			address = w.exchange
		}
		p.targets = append(p.targets, target{address, method, good})
	}
	for _, address := range p.addrs[:3] {
		c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(either{})))
		if err != nil {
			return nil, err
		}
		p.conns[address] = c
	}
	good, err := flightMessages(p.conns[p.addrs[0]])
	for method, messages := range good {
		p.targets = append(p.targets, target{p.addrs[0], "/arrow.flight.protocol.FlightService/" + method, messages})
	}
	slices.SortFunc(p.targets, func(a, b target) int { return strings.Compare(a.method, b.method) })
	return p, err
}

func (p *ports) close() {
	for _, c := range p.conns {
		c.Close()
	}
	p.gossip.Leave()
	p.flight.Stop()
	p.w.close()
}

// answerTime is how long an attacker waits for an answer.
const answerTime = 2 * time.Second

// attack sends one broken message and says to whom.
func (p *ports) attack(r *rand.Rand) string {
	switch gossip := p.addrs[3]; r.IntN(4) {
	case 0:
		address := pick(r, p.addrs...)
		noise(r, "tcp", address, garbage(r))
		return "noise to " + address
	case 1:
		network := pick(r, "tcp", "udp")
		noise(r, network, gossip, pick(r, broken(r, pick(r, p.gossips...)), garbage(r)))
		return "gossip by " + network
	}
	t := p.targets[r.IntN(len(p.targets))]
	at, n := r.IntN(len(t.good)), 1
	if strings.HasSuffix(t.method, "DoPut") { // a schema and its rows follow each other
		at, n = at&^1, 2
	}
	p.call(t, at, n, r)
	return t.method
}

// call sends n messages of t from at on, broken, and reads what comes back.
func (p *ports) call(t target, at, n int, r *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	s, err := p.conns[t.address].NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, t.method)
	if err != nil {
		return // the port may have closed the connection; well finds out whether it lives
	}
	hit := r.IntN(n)
	for i := range n {
		var m any = t.good[at+i]
		if i == hit {
			m = brokenMessage(r, t.good[at+i])
		}
		if s.SendMsg(m) != nil {
			break
		}
	}
	s.CloseSend()
	for range 100 {
		var answer []byte
		if s.RecvMsg(&answer) != nil {
			break
		}
	}
}

// garbage is a hello of another protocol, or nothing, and random bytes.
func garbage(r *rand.Rand) []byte {
	hello := pick(r, "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x7f\xff\xff\x00\x00\x00\x00\x00\x00", "", "")
	b := []byte(hello)
	for range 1 + r.IntN(600) {
		b = append(b, byte(r.IntN(256)))
	}
	return b
}

// noise sends bytes as they are and waits shortly for an answer.
func noise(r *rand.Rand, network, address string, b []byte) {
	c, err := net.DialTimeout(network, address, answerTime)
	if err != nil {
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.Write(b); err == nil && network == "tcp" && r.IntN(8) == 0 {
		io.Copy(io.Discard, io.LimitReader(c, 1<<16))
	}
}

// well checks that every port still does its work.
func (p *ports) well(st *stage, seed uint64) {
	got, err := p.w.ask(context.Background(), questions[1].sql)
	st.judge(1, got, err, seed, never)
	st.r.Runs--
	if !slices.ContainsFunc(p.gossip.Nodes(), func(n member.Node) bool { return n.Name == "a" }) {
		st.r.Wrong++
		st.r.say("seed %d: the node has lost itself", seed)
	}
	c, err := flightsql.NewClient(p.addrs[0], nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		_, err = c.Execute(context.Background(), "select 1 as one")
		err = errors.Join(err, c.Close())
	}
	if err != nil {
		st.r.Failed++
		st.r.say("seed %d: Flight SQL: %v", seed, err)
	}
}

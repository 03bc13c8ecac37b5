package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/grpc"

	"github.com/winnowdb/winnow/catalog/store"
	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/local"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// deadline is how long a statement may take before it counts as hung.
const deadline = 60 * time.Second

// settings are what a world is made with; the zero value is one process with the defaults.
type settings struct {
	workers   int // 0: no cluster, tasks run in the coordinator
	splitSize int64
	batchRows int64
	memory    int64
	tap       grpc.StreamServerInterceptor // sees what workers and coordinator are sent
	stores    map[string]connectors.Store  // besides the local files, by scheme
	// fault sees every named fault point; node is 0 for the coordinator, then the workers from 1.
	fault func(node int, point string) error
}

// world is an engine, or a coordinator and its workers, in this process.
type world struct {
	coord *coord.Coordinator
	conn  *coord.Conn
	// exchange is the address at which workers fetch outputs, if there are any.
	exchange string
	workers  []*node
	peers    []*worker.Peers
	serving  []*grpc.Server
	spills   string
	memory   *op.Budget // of all queries on all nodes
}

// node is a worker that can be killed as SIGKILL does: its connections break and nothing answers.
type node struct {
	server *grpc.Server
	mu     sync.Mutex
	dead   bool
	conns  []net.Conn
	net.Listener
}

// Accept keeps the connection, to break it later.
func (n *node) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dead {
		c.Close()
		return nil, net.ErrClosed
	}
	n.conns = append(n.conns, c)
	return c, nil
}

func (n *node) kill() {
	n.mu.Lock()
	n.dead = true
	conns := n.conns
	n.mu.Unlock()
	n.Listener.Close()
	breakOff(conns)
}

// breakOff ends connections as a process does that is gone: by a reset.
func breakOff(conns []net.Conn) {
	for _, c := range conns {
		if t, ok := c.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		c.Close()
	}
}

func (s settings) machine(dir string, number int) *sys.Machine {
	m := sys.Host(dir)
	if s.fault != nil {
		m.Fault = func(point string) error { return s.fault(number, point) }
	}
	return m
}

func newWorld(dir string, s settings) (*world, error) {
	w := &world{spills: filepath.Join(dir, "spill"), memory: op.NewBudget(2 * s.memory)}
	warehouse := filepath.Join(dir, "warehouse")
	for _, d := range []string{w.spills, warehouse} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	source, err := store.Open(warehouse)
	if err != nil {
		return nil, err
	}
	m := s.machine(w.spills, 0)
	set := s.set(m)
	here := dispatch.InProcess{Base: w.base(m, set)}
	cfg := coord.Config{
		Set: set, Source: source, Warehouse: warehouse, Machine: m, MemoryBytes: s.memory, Memory: w.memory, Version: "torture",
		AnswerBytes: -1, // a question is asked to be worked out
		Runner:      here, Members: member.Fixed{{Name: "here", Slots: 2}}, BatchRows: s.batchRows, NoWorkers: 5 * time.Second,
		Splits: splits.Config{TargetBytes: s.splitSize, MaxFiles: 512, Listings: 4}, BroadcastBytes: 4 << 10,
	}
	var exchange net.Listener
	if s.workers > 0 {
		if exchange, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		if cfg.Members, err = w.start(s); err != nil {
			return nil, err
		}
		w.exchange = exchange.Addr().String()
		cfg.Runner, cfg.ExchangeAddress = dispatch.Remote{Here: here, Peers: w.newPeers(m)}, w.exchange
	}
	w.coord = coord.New(cfg)
	if exchange != nil {
		rpc := s.rpc()
		winnowpb.RegisterExchangeServiceServer(rpc, coord.ExchangeServer{Coordinator: w.coord})
		w.serve(rpc, exchange)
	}
	w.conn = w.coord.Connect("torture")
	return w, nil
}

// start starts the workers and returns them as members. A dead one stays listed: gossip is slow to tell.
func (w *world) start(s settings) (member.Fixed, error) {
	var members member.Fixed
	for i := range s.workers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		m := s.machine(w.spills, i+1)
		n := &node{Listener: l, server: s.rpc()}
		name := fmt.Sprintf("w%d", i+1)
		winnowpb.RegisterWorkerServiceServer(n.server, worker.NewServer(w.base(m, s.set(m)), name, "torture", 1, w.newPeers(m)))
		w.serve(n.server, n)
		w.workers = append(w.workers, n)
		members = append(members, member.Worker{Name: name, Address: l.Addr().String(), Slots: 1})
	}
	return members, nil
}

func (s settings) rpc() *grpc.Server {
	opts := append(wire.Guard(), grpc.MaxRecvMsgSize(wire.MaxMessage), grpc.MaxSendMsgSize(wire.MaxMessage))
	if s.tap != nil {
		opts = append(opts, grpc.ChainStreamInterceptor(s.tap))
	}
	return grpc.NewServer(opts...)
}

func (w *world) newPeers(m *sys.Machine) *worker.Peers {
	p := worker.NewPeers(m)
	w.peers = append(w.peers, p)
	return p
}

// serve serves until close; a listener that was broken is no error here.
func (w *world) serve(s *grpc.Server, l net.Listener) {
	w.serving = append(w.serving, s)
	go s.Serve(l)
}

func (s settings) set(m *sys.Machine) *connectors.Set {
	files := local.New(m)
	set := &connectors.Set{Stores: map[string]connectors.Store{"": files, "file": files}, Handlers: map[string]connectors.Handler{}}
	maps.Copy(set.Stores, s.stores)
	return set
}

func (w *world) base(m *sys.Machine, set *connectors.Set) op.Env {
	return op.Env{Mem: vec.Unzeroed{}, Machine: m, Set: set, BatchRows: 4 << 10, Memory: w.memory}
}

func (w *world) close() {
	for _, p := range w.peers {
		p.Close()
	}
	for _, s := range w.serving {
		s.Stop()
	}
}

// do carries out statements without rows.
func (w *world) do(sql string) error {
	statements, rest := parse.Split(sql)
	for _, s := range append(statements, rest) {
		if _, err := w.ask(context.Background(), s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// ask returns the rows of a statement as text, sorted.
func (w *world) ask(ctx context.Context, sql string) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, errHung)
	defer cancel()
	res, err := w.conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	var rows []string
	for {
		rec, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.Sort(rows)
			return rows, res.Close()
		}
		if err != nil {
			return nil, errors.Join(err, res.Close())
		}
		for i := range int(rec.NumRows()) {
			rows = append(rows, line(rec, i))
		}
		rec.Release()
	}
}

var errHung = errors.New("the deadline has passed")

// firstRow is the first row of a batch as text.
func firstRow(rec arrow.Record, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rec.Release()
	return line(rec, 0), nil
}

func line(rec arrow.Record, i int) string {
	cells := make([]string, rec.NumCols())
	for j, c := range rec.Columns() {
		if cells[j] = "NULL"; !c.IsNull(i) {
			cells[j] = datatype.Text(c, i)
		}
	}
	return strings.Join(cells, "|")
}

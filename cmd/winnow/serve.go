package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/cmd/internal/flightsql"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// serveFlags are the flags of winnow serve besides the engine's.
type serveFlags struct {
	engine                    engineFlags
	role, name                string
	flight, http, gossip, rpc string
	join                      []string
	readyFile                 string
	drain                     time.Duration
	running, queued           int
}

func serveCommand() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run a node of a cluster: coordinator, worker or both",
		Example: "  winnow serve\n" +
			"  winnow serve --role worker --join 10.0.0.1:7946 --gossip 10.0.0.2:7946 --rpc 10.0.0.2:7947\n" +
			"  winnow serve --flight 127.0.0.1:0 --ready-file node.json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context()) },
	}
	fs := cmd.Flags()
	f.engine.register(fs)
	fs.StringVar(&f.role, "role", member.RoleBoth, "coordinator, worker or both")
	fs.StringVar(&f.name, "name", "", "name of this node, unique in the cluster (default: host and RPC port)")
	fs.StringVar(&f.flight, "flight", envOr("WINNOW_FLIGHT", "127.0.0.1:32010"), "Arrow Flight SQL address")
	fs.StringVar(&f.http, "http", envOr("WINNOW_HTTP", "127.0.0.1:8080"), "HTTP address: health, running queries, profiles")
	fs.StringVar(&f.gossip, "gossip", envOr("WINNOW_GOSSIP", "127.0.0.1:7946"), "gossip address")
	fs.StringVar(&f.rpc, "rpc", envOr("WINNOW_RPC", "127.0.0.1:7947"), "worker RPC address")
	fs.StringSliceVar(&f.join, "join", nil, "gossip address of any node of the cluster")
	fs.StringVar(&f.readyFile, "ready-file", "", "write the addresses as JSON here once the node serves")
	fs.IntVar(&f.running, "max-running", 64, "statements that read or write rows at once")
	fs.IntVar(&f.queued, "max-queued", 1000, "statements that may wait for their turn; more are refused")
	fs.DurationVar(&f.drain, "drain-timeout", 30*time.Second, "how long SIGTERM waits for tasks under way")
	return cmd
}

// node is a running node.
type node struct {
	flags    *serveFlags
	log      *slog.Logger
	engine   *engine
	gossip   *member.Gossip
	peers    *worker.Peers
	worker   *worker.Server
	rpc      *grpc.Server
	flight   *grpc.Server
	http     *http.Server
	ready    ready
	failures chan error
}

// ready is the content of --ready-file.
type ready struct {
	Role   string `json:"role"`
	Name   string `json:"name"`
	Flight string `json:"flight,omitempty"`
	HTTP   string `json:"http,omitempty"`
	Gossip string `json:"gossip"`
	RPC    string `json:"rpc"`
}

func (f *serveFlags) run(ctx context.Context) error {
	if f.role != member.RoleBoth && f.role != member.RoleCoordinator && f.role != member.RoleWorker {
		return &usageError{fmt.Errorf("--role is coordinator, worker or both, not %q", f.role)}
	}
	n := &node{flags: f, log: slog.New(slog.NewTextHandler(os.Stderr, nil)), failures: make(chan error, 4)}
	defer n.close()
	if err := n.start(); err != nil {
		return err
	}
	if err := n.announce(); err != nil {
		return err
	}
	n.log.Info("serving", "role", f.role, "flight", n.ready.Flight, "http", n.ready.HTTP, "gossip", n.ready.Gossip, "rpc", n.ready.RPC)
	select {
	case err := <-n.failures:
		return err
	case <-ctx.Done():
	}
	n.shutdown()
	return nil
}

// listen opens address; what says whose it is in an error.
func listen(what, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "--%s: %w", what, err).WithHint("another process may hold the port; port 0 picks a free one")
	}
	return l, nil
}

func (n *node) start() error {
	rpc, err := listen("rpc", n.flags.rpc)
	if err != nil {
		return err
	}
	n.ready = ready{Role: n.flags.role, RPC: rpc.Addr().String(), Name: n.flags.name}
	if n.ready.Name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "node"
		}
		_, port, err := net.SplitHostPort(n.ready.RPC)
		if err != nil {
			return diag.Errorf(diag.Config, "--rpc: %w", err)
		}
		n.ready.Name = host + "-" + port
	}
	machine, err := n.flags.engine.machine()
	if err != nil {
		return err
	}
	if err := n.flags.engine.boundHeap(false); err != nil {
		return err
	}
	if text := n.flags.engine.tooMuch(); text != "" {
		n.log.Warn(text)
	}
	n.peers = worker.NewPeers(machine)
	n.rpc = grpc.NewServer(append(wire.Guard(), grpc.MaxRecvMsgSize(wire.MaxMessage), grpc.MaxSendMsgSize(wire.MaxMessage),
		wire.Pings())...)
	healthpb.RegisterHealthServer(n.rpc, health.NewServer())
	var flight net.Listener
	if n.flags.role != member.RoleWorker {
		if flight, err = listen("flight", n.flags.flight); err != nil {
			return err
		}
		n.ready.Flight = flight.Addr().String()
	}
	n.gossip, err = member.Join(member.GossipConfig{
		Name: n.ready.Name, Bind: n.flags.gossip, Join: n.flags.join, Role: n.flags.role, RPC: n.ready.RPC,
		Flight: n.ready.Flight, Slots: max(1, n.flags.engine.slots), Version: version, Protocol: worker.Protocol, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.ready.Gossip = n.gossip.Address()
	if err := n.services(flight); err != nil {
		return err
	}
	go n.watch("rpc", func() error { return n.rpc.Serve(rpc) })
	return n.startHTTP()
}

// services registers what the node's role asks for.
func (n *node) services(flight net.Listener) error {
	f := n.flags
	var err error
	n.engine, err = f.engine.engine(cluster{
		members:  n.gossip,
		runner:   func(here dispatch.InProcess) dispatch.Runner { return dispatch.Remote{Here: here, Peers: n.peers} },
		exchange: n.ready.RPC, running: f.running, queued: f.queued,
	})
	if err != nil {
		return err
	}
	if f.role != member.RoleCoordinator {
		n.worker = worker.NewServer(n.engine.base, n.ready.Name, version, max(1, f.engine.slots), n.peers)
		winnowpb.RegisterWorkerServiceServer(n.rpc, n.worker)
	}
	if f.role == member.RoleWorker {
		return nil
	}
	winnowpb.RegisterExchangeServiceServer(n.rpc, coord.ExchangeServer{Coordinator: n.engine.coord})
	n.flight = flightsql.NewServer(n.engine.coord, version)
	go n.watch("flight", func() error { return n.flight.Serve(flight) })
	return nil
}

// watch runs a server and reports its failure; the ordinary end is none.
func (n *node) watch(what string, serve func() error) {
	if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, grpc.ErrServerStopped) {
		n.failures <- fmt.Errorf("%s server: %w", what, err)
	}
}

func (n *node) startHTTP() error {
	l, err := listen("http", n.flags.http)
	if err != nil {
		return err
	}
	n.ready.HTTP = l.Addr().String()
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", ok)
	mux.HandleFunc("GET /v1/nodes", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, n.gossip.Nodes()) })
	mux.HandleFunc("GET /v1/queries", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, n.running()) })
	mux.HandleFunc("/debug/pprof/", loopbackOnly(pprof.Index))
	mux.HandleFunc("/debug/pprof/profile", loopbackOnly(pprof.Profile))
	mux.HandleFunc("/debug/pprof/trace", loopbackOnly(pprof.Trace))
	n.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go n.watch("http", func() error { return n.http.Serve(l) })
	return nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// loopbackOnly refuses callers from other machines.
func loopbackOnly(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "profiles are served to this machine only", http.StatusForbidden)
			return
		}
		h(w, r)
	}
}

// runningQuery is one line of /v1/queries.
type runningQuery struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	SQL       string    `json:"sql"`
	Started   time.Time `json:"started"`
	Splits    int       `json:"splits"`
	Done      int       `json:"splits_done"`
	BytesRead int64     `json:"bytes_read"`
}

func (n *node) running() []runningQuery {
	out := []runningQuery{}
	if n.engine == nil {
		return out
	}
	for _, r := range n.engine.coord.Queries() {
		p := r.Progress()
		q := runningQuery{ID: r.ID, User: r.User, SQL: r.SQL, Started: r.Started, Splits: p.SplitsTotal, Done: p.SplitsDone}
		if p.Stats != nil {
			q.BytesRead = p.Stats.BytesRead
		}
		out = append(out, q)
	}
	return out
}

// announce writes the ready file whole: scripts wait for its appearance.
func (n *node) announce() error {
	if n.flags.readyFile == "" {
		return nil
	}
	b, err := json.Marshal(n.ready)
	if err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	tmp := filepath.Join(filepath.Dir(n.flags.readyFile), "."+filepath.Base(n.flags.readyFile)+".tmp")
	if err := os.WriteFile(tmp, append(b, '\n'), 0o644); err != nil {
		return diag.Errorf(diag.Config, "--ready-file: %w", err)
	}
	return os.Rename(tmp, n.flags.readyFile)
}

// shutdown drains: no new task is taken, those under way end, then the node leaves.
func (n *node) shutdown() {
	n.log.Info("draining")
	if err := n.gossip.Drain(); err != nil {
		n.log.Warn("tell the others of draining", "err", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), n.flags.drain)
	defer cancel()
	if n.worker != nil {
		n.worker.Drain(ctx)
	}
	if n.flight != nil {
		stopped := make(chan struct{})
		go func() {
			n.flight.GracefulStop()
			close(stopped)
		}()
		select {
		case <-stopped:
		case <-ctx.Done():
		}
	}
}

func (n *node) close() {
	if n.gossip != nil {
		if err := n.gossip.Leave(); err != nil {
			n.log.Warn("leave the cluster", "err", err)
		}
	}
	if n.flight != nil {
		n.flight.Stop()
	}
	if n.rpc != nil {
		n.rpc.Stop()
	}
	if n.http != nil {
		n.http.Close()
	}
	if n.peers != nil {
		n.peers.Close()
	}
}

// Package flightsql speaks Arrow Flight SQL over a coordinator: statements, prepared statements with
// parameters, and the metadata that JDBC and ADBC clients browse. It only encodes.
//
// Read NewServer first; Dial is the client that winnow's own shell uses.
package flightsql

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/wire"
)

// NewServer returns a gRPC server that answers Flight SQL for c.
func NewServer(c *coord.Coordinator, version string) *grpc.Server {
	s := &server{coord: c, sessions: map[string]*session{}}
	s.registerInfo(version)
	g := grpc.NewServer(append(wire.Guard(), grpc.StatsHandler(s), grpc.MaxRecvMsgSize(maxClientMessage), grpc.MaxSendMsgSize(wire.MaxMessage),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingEvery, Timeout: pingTimeout}), wire.Pings())...)
	flight.RegisterFlightServiceServer(g, &front{FlightServer: flightsql.NewFlightServer(s), server: s})
	return g
}

// A client that is silent for pingEvery is asked whether it lives. One that does not answer within pingTimeout is
// gone, though its connection was never closed, and its statements are ended.
const (
	pingEvery   = time.Second
	pingTimeout = 3 * time.Second
)

// maxClientMessage is the largest message a client may send, in bytes.
const maxClientMessage = 16 << 20

// server is the Flight SQL service. A client's gRPC connection is its session.
type server struct {
	flightsql.BaseServer
	coord *coord.Coordinator

	mu       sync.Mutex
	sessions map[string]*session // by the client's address
}

// session is what one client connection holds.
type session struct {
	conn *coord.Conn

	mu       sync.Mutex
	prepared map[string]*prepared
	pending  map[string]string // statement handle → SQL
	last     *coord.Summary    // of the last statement, for our own shell
}

// session returns the session of the caller's connection.
func (s *server) session(ctx context.Context) *session {
	key := "unknown"
	if p, ok := peer.FromContext(ctx); ok {
		key = p.Addr.String()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ss := s.sessions[key]
	if ss == nil {
		user, err := userOf(ctx)
		if err != nil {
			user = anonymous
		}
		ss = &session{conn: s.coord.Connect(user), prepared: map[string]*prepared{}, pending: map[string]string{}}
		s.sessions[key] = ss
	}
	return ss
}

// connKey carries a connection's address from its begin to its end.
type connKey struct{}

// TagConn, HandleConn, TagRPC and HandleRPC implement stats.Handler: the end of a connection ends its session.
func (s *server) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connKey{}, info.RemoteAddr.String())
}

// HandleConn closes the session of a connection that has ended.
func (s *server) HandleConn(ctx context.Context, st stats.ConnStats) {
	if _, ended := st.(*stats.ConnEnd); !ended {
		return
	}
	key, _ := ctx.Value(connKey{}).(string)
	s.mu.Lock()
	ss := s.sessions[key]
	delete(s.sessions, key)
	s.mu.Unlock()
	if ss != nil {
		ss.conn.Close(context.Background()) // nobody is left to tell of an error
	}
}

// TagRPC does nothing.
func (s *server) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC does nothing.
func (s *server) HandleRPC(context.Context, stats.RPCStats) {}

// handle makes a name that cannot be guessed.
func handle() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

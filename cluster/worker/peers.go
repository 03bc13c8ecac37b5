package worker

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Peers are the connections to other nodes, one per address, made when first used.
type Peers struct {
	machine *sys.Machine
	mu      sync.Mutex
	conns   map[string]*grpc.ClientConn
}

// NewPeers returns no connections yet.
func NewPeers(machine *sys.Machine) *Peers {
	return &Peers{machine: machine, conns: map[string]*grpc.ClientConn{}}
}

// A peer that answers no ping for so long is lost.
const (
	pingEvery   = 10 * time.Second
	pingTimeout = 3 * time.Second
)

// Conn returns the connection to address.
func (p *Peers) Conn(address string) (*grpc.ClientConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.conns[address]; c != nil {
		return c, nil
	}
	c, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) { return p.machine.Dial(ctx, "tcp", addr) }),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingEvery, Timeout: pingTimeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage)))
	if err != nil {
		return nil, diag.Errorf(diag.Unavailable, "connect to %s: %w", address, err)
	}
	p.conns[address] = c
	return c, nil
}

// Close closes all connections.
func (p *Peers) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, c := range p.conns {
		errs = append(errs, c.Close())
	}
	p.conns = map[string]*grpc.ClientConn{}
	return errors.Join(errs...)
}

// Inputs returns the stage outputs that task's coordinator holds.
func (p *Peers) Inputs(task *winnowpb.Task) op.Inputs {
	return &remoteInputs{peers: p, query: task.QueryId, address: task.ExchangeAddress}
}

type remoteInputs struct {
	peers          *Peers
	query, address string
}

// Open fetches the outputs; the stage is complete when a task that reads it runs elsewhere than in the
// coordinator. One operator per task of the stage.
func (r *remoteInputs) Open(ctx context.Context, stage, partition uint32, schema *arrow.Schema, _ bool) ([]op.Operator, error) {
	conn, err := r.peers.Conn(r.address)
	if err != nil {
		return nil, err
	}
	stream, err := winnowpb.NewExchangeServiceClient(conn).Fetch(ctx, &winnowpb.FetchRequest{QueryId: r.query, Stage: stage, Partition: partition})
	if err != nil {
		return nil, diag.Errorf(diag.Lost, "fetch stage %d from %s: %w", stage, r.address, err)
	}
	byTask := map[uint32]*fetched{}
	var out []op.Operator
	for {
		b, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, diag.Errorf(diag.Lost, "fetch stage %d from %s: %w", stage, r.address, err)
		}
		rec, err := wire.Decode(b)
		if err != nil {
			return nil, err
		}
		f := byTask[b.Partition]
		if f == nil {
			f = &fetched{schema: schema}
			byTask[b.Partition] = f
			out = append(out, f)
		}
		f.recs = append(f.recs, typed(rec, schema))
		rec.Release()
	}
}

func typed(rec arrow.Record, schema *arrow.Schema) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	for i := range cols {
		cols[i] = datatype.Relabel(rec.Column(i), schema.Field(i).Type)
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

// fetched gives the batches of one task's output.
type fetched struct {
	schema *arrow.Schema
	recs   []arrow.Record
}

func (f *fetched) Schema() *arrow.Schema { return f.schema }

func (f *fetched) Next(context.Context) (arrow.Record, error) {
	if len(f.recs) == 0 {
		return nil, io.EOF
	}
	rec := f.recs[0]
	f.recs = f.recs[1:]
	return rec, nil
}

func (f *fetched) Close() error {
	for _, r := range f.recs {
		r.Release()
	}
	f.recs = nil
	return nil
}

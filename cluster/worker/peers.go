package worker

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

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
		wire.Pinging(),
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
func (p *Peers) Inputs(task *winnowpb.Task) op.Inputs { return &remoteInputs{peers: p, task: task} }

type remoteInputs struct {
	peers *Peers
	task  *winnowpb.Task
}

// Open returns operators that fetch the outputs; the stage is complete when a task that reads it runs
// elsewhere than in the coordinator.
func (r *remoteInputs) Open(_ context.Context, stage, partition uint32, schema *arrow.Schema, whole bool) ([]op.Operator, error) {
	conn, err := r.peers.Conn(r.task.ExchangeAddress)
	if err != nil {
		return nil, err
	}
	fetch := func(task *uint32) op.Operator {
		return &fetched{
			conn: conn, address: r.task.ExchangeAddress, schema: schema,
			request: &winnowpb.FetchRequest{QueryId: r.task.QueryId, Stage: stage, Partition: partition, Task: task},
		}
	}
	if !whole {
		return []op.Operator{fetch(nil)}, nil
	}
	out := make([]op.Operator, r.task.InputTasks[stage])
	for i := range out {
		out[i] = fetch(proto.Uint32(uint32(i)))
	}
	return out, nil
}

// fetched gives the batches of a stream, which begins at the first Next. The flow control of the
// stream bounds what lies here unread.
type fetched struct {
	conn    *grpc.ClientConn
	address string
	request *winnowpb.FetchRequest
	schema  *arrow.Schema
	stream  winnowpb.ExchangeService_FetchClient
	cancel  context.CancelFunc
}

func (f *fetched) Schema() *arrow.Schema { return f.schema }

func (f *fetched) Next(ctx context.Context) (arrow.Record, error) {
	if f.stream == nil {
		ctx, cancel := context.WithCancel(ctx)
		stream, err := winnowpb.NewExchangeServiceClient(f.conn).Fetch(ctx, f.request)
		if err != nil {
			cancel()
			return nil, f.lost(ctx, err)
		}
		f.stream, f.cancel = stream, cancel
	}
	b, err := f.stream.Recv()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, f.lost(ctx, err)
	}
	rec, err := wire.Decode(b)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	return typed(rec, f.schema), nil
}

// lost tells what the coordinator has said from a coordinator that is gone.
func (f *fetched) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if told := wire.FromStatus(err); told != nil {
		return told
	}
	return diag.Errorf(diag.Lost, "fetch stage %d from %s: %w", f.request.Stage, f.address, err)
}

// Close ends the stream.
func (f *fetched) Close() error {
	if f.cancel != nil {
		f.cancel()
	}
	return nil
}

func typed(rec arrow.Record, schema *arrow.Schema) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	for i := range cols {
		cols[i] = datatype.Relabel(rec.Column(i), schema.Field(i).Type)
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

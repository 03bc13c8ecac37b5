package worker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Protocol is the version of the service; nodes of different ones do not work together.
const Protocol = 5

// Server is the gRPC service that runs tasks of coordinators elsewhere.
type Server struct {
	winnowpb.UnimplementedWorkerServiceServer
	base    op.Env
	name    string
	version string
	slots   int
	peers   *Peers

	draining atomic.Bool
	running  sync.WaitGroup
	mu       sync.Mutex
	queries  map[string]*query
}

// query is what the tasks of one query share on this worker.
type query struct {
	shared *op.Shared
	budget *op.Budget
	tasks  int
	timer  *time.Timer
}

// keepShared is how long a query's shared state outlives its last task: the next one may come.
const keepShared = 10 * time.Second

// NewServer returns the service of the worker called name.
func NewServer(base op.Env, name, version string, slots int, peers *Peers) *Server {
	return &Server{base: base, name: name, version: version, slots: slots, peers: peers, queries: map[string]*query{}}
}

// Info tells who this worker is.
func (s *Server) Info(context.Context, *winnowpb.InfoRequest) (*winnowpb.InfoReply, error) {
	return &winnowpb.InfoReply{
		Name: s.name, Version: s.version, Protocol: Protocol, Slots: uint32(s.slots), Draining: s.draining.Load(),
	}, nil
}

// Drain refuses new tasks and waits until those under way have ended or ctx does.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Bounds of what a task may ask for at once; plans stay far below them.
const (
	maxPartitions = 1 << 16
	maxBatchRows  = 1 << 20
)

// check refuses a task that no planner has made.
func check(t *winnowpb.Task) error {
	switch {
	case t.Stage == nil || t.Stage.Root == nil || t.Stage.Output == nil || t.Session == nil:
		return diag.Errorf(diag.Protocol, "a task without a stage, its root, its output or a session")
	case t.Stage.Output.Partitions > maxPartitions:
		return diag.Errorf(diag.Protocol, "a task with %d output partitions, at most %d are taken", t.Stage.Output.Partitions, maxPartitions)
	case t.BatchRows < 0 || t.BatchRows > maxBatchRows:
		return diag.Errorf(diag.Protocol, "a task with batches of %d rows, at most %d are taken", t.BatchRows, maxBatchRows)
	}
	return nil
}

// Run runs one task; see the service's definition.
func (s *Server) Run(task *winnowpb.Task, stream winnowpb.WorkerService_RunServer) error {
	s.running.Add(1)
	defer s.running.Done()
	if s.draining.Load() {
		return status.Error(codes.Unavailable, "the worker is draining")
	}
	if err := check(task); err != nil {
		return wire.Status(err)
	}
	ctx := stream.Context()
	q := s.enter(task)
	defer s.leave(task.QueryId)
	env, err := NewEnv(ctx, s.base, task, s.peers.Inputs(task), q.shared, q.budget)
	if err != nil {
		return stream.Send(done(0, nil, err))
	}
	start := time.Now()
	var sent int64
	err = Run(ctx, env, func(partition uint32, rec arrow.Record) error {
		return wire.Encode(rec, partition, func(b *winnowpb.Batch) error {
			sent++
			return stream.Send(&winnowpb.RunReply{Kind: &winnowpb.RunReply_Batch{Batch: b}})
		})
	})
	env.Counters.Add(&winnowpb.Stats{CpuNanos: int64(time.Since(start)), Splits: int64(len(task.Splits))})
	return stream.Send(done(sent, env.Counters.Snapshot(), err))
}

func done(batches int64, stats *winnowpb.Stats, err error) *winnowpb.RunReply {
	return &winnowpb.RunReply{Kind: &winnowpb.RunReply_Done{Done: &winnowpb.Done{
		Stats: stats, Fault: wire.Fault(err), Batches: batches,
	}}}
}

func (s *Server) enter(task *winnowpb.Task) *query {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[task.QueryId]
	if q == nil {
		q = &query{shared: op.NewShared(), budget: s.base.Memory.Query(task.MemoryBytes)}
		s.queries[task.QueryId] = q
	}
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
	q.tasks++
	return q
}

func (s *Server) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[id]
	if q.tasks--; q.tasks > 0 {
		return
	}
	q.timer = time.AfterFunc(keepShared, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if q.tasks == 0 && s.queries[id] == q {
			delete(s.queries, id)
			q.budget.Close()
		}
	})
}

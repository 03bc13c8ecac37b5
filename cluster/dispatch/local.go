package dispatch

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// InProcess is a Runner that runs every task here. The message is encoded and decoded all the same, so
// that one node is not another program.
type InProcess struct{ Base op.Env }

// Run runs the task; w does not matter.
func (r InProcess) Run(ctx context.Context, _ member.Worker, t *winnowpb.Task, q *Local, emit worker.Emit) (*winnowpb.Stats, error) {
	b, err := proto.Marshal(t)
	if err != nil {
		return nil, diag.Errorf(diag.Internal, "encode task: %w", err)
	}
	task := &winnowpb.Task{}
	if err := proto.Unmarshal(b, task); err != nil {
		return nil, diag.Errorf(diag.Internal, "decode task: %w", err)
	}
	env, err := worker.NewEnv(ctx, r.Base, task, q.Inputs, q.Shared, q.Budget)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	err = worker.Run(ctx, env, emit)
	env.Counters.Add(&winnowpb.Stats{CpuNanos: int64(time.Since(start)), Splits: int64(len(task.Splits))})
	return env.Counters.Snapshot(), err
}

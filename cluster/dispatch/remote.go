package dispatch

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Remote is a Runner that sends tasks to the worker they are for; those for no address run here.
type Remote struct {
	Here  InProcess
	Peers *worker.Peers
}

// Run runs the task on w.
func (r Remote) Run(ctx context.Context, w member.Worker, t *winnowpb.Task, q *Local, emit worker.Emit) (*winnowpb.Stats, error) {
	if w.Address == "" {
		return r.Here.Run(ctx, w, t, q, emit)
	}
	conn, err := r.Peers.Conn(w.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := winnowpb.NewWorkerServiceClient(conn).Run(ctx, t)
	if err != nil {
		return nil, lost(ctx, w, err)
	}
	var batches int64
	for {
		reply, err := stream.Recv()
		if err != nil {
			return nil, lost(ctx, w, err)
		}
		switch {
		case reply.GetBatch() != nil:
			batches++
			rec, err := wire.Decode(reply.GetBatch())
			if err != nil {
				return nil, err
			}
			err = emit(reply.GetBatch().Partition, rec)
			rec.Release()
			if err != nil {
				return nil, err
			}
		case reply.GetDone() != nil:
			d := reply.GetDone()
			if d.Fault == nil && d.Batches != batches {
				return nil, diag.Errorf(diag.Lost, "worker %s sent %d batches and %d came", w.Name, d.Batches, batches)
			}
			return d.Stats, wire.Error(d.Fault)
		}
	}
}

// lost tells a worker that is gone from a task that was cancelled and from a refusal of the protocol.
func lost(ctx context.Context, w member.Worker, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) {
		return diag.Errorf(diag.Lost, "worker %s ended a task without an answer", w.Name)
	}
	switch status.Code(err) {
	case codes.Unimplemented, codes.InvalidArgument, codes.ResourceExhausted:
		return diag.Errorf(diag.Protocol, "worker %s: %w", w.Name, err)
	}
	return diag.Errorf(diag.Lost, "worker %s: %w", w.Name, err)
}

// Package worker runs tasks: in the same process for the coordinator, and as a gRPC service for
// coordinators elsewhere. It knows no planner and no catalog: everything a task needs is in its message.
//
// Read Run first.
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Emit takes one batch of a task's output for a partition. It keeps what it needs by Retain.
type Emit func(partition uint32, rec arrow.Record) error

// Run runs env.Task to its end and hands its output to emit. A panic becomes an INTERNAL error.
func Run(ctx context.Context, env *op.Env, emit Emit) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = diag.Errorf(diag.Internal, "task %d of stage %d: %v\n%s", env.Task.Index, env.Task.Stage.Id, r, debug.Stack())
		}
	}()
	if err := env.Machine.Fault("task.start"); err != nil {
		return err
	}
	root, err := exec.Open(ctx, env, env.Task.Stage.Root)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := root.Close(); err == nil {
			err = cerr
		}
	}()
	for {
		rec, err := root.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := emitParts(ctx, env, op.PartitionOf(root), rec, emit); err != nil {
			return err
		}
	}
}

// emitParts hands rec, which it releases, to emit by partition. All of it is of the given one, unless that is -1.
func emitParts(ctx context.Context, env *op.Env, partition int, rec arrow.Record, emit Emit) error {
	defer rec.Release()
	out := env.Task.Stage.Output
	switch {
	case out.Kind != winnowpb.Output_HASH:
		return emit(0, rec)
	case partition >= 0:
		return emit(uint32(partition), rec)
	}
	parts, err := op.Partition(ctx, env, out, rec)
	if err != nil {
		return err
	}
	for i, part := range parts {
		if part == nil {
			continue
		}
		if err == nil && part.NumRows() > 0 {
			err = emit(uint32(i), part)
		}
		part.Release()
	}
	return err
}

// Session is the wire form's inverse; an unknown time zone is a CONFIG error.
func Session(s *winnowpb.Session) (*funcs.Session, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "time zone %q: %w", s.TimeZone, err)
	}
	return &funcs.Session{
		Now: time.Unix(0, s.NowUnixNanos).In(zone), Zone: zone, User: s.User, Database: s.Database, Settings: s.Settings,
	}, nil
}

// SessionProto is s as plans carry it.
func SessionProto(s *funcs.Session) *winnowpb.Session {
	return &winnowpb.Session{
		NowUnixNanos: s.Now.UnixNano(), TimeZone: s.Zone.String(), User: s.User, Database: s.Database, Settings: s.Settings,
	}
}

// NewEnv returns what task needs to run here. base holds what is the same for all tasks of a process;
// inputs and shared are those of the task's query.
func NewEnv(ctx context.Context, base op.Env, task *winnowpb.Task, inputs op.Inputs, shared *op.Shared, budget *op.Budget) (*op.Env, error) {
	session, err := Session(task.Session)
	if err != nil {
		return nil, err
	}
	env := base
	env.Task, env.Inputs, env.Shared, env.Budget = task, inputs, shared, budget
	env.Counters = op.NewCounters()
	if task.BatchRows > 0 {
		env.BatchRows = int(task.BatchRows)
	}
	if !task.AllowTransform {
		env.AllowTransform = nil
	}
	// What functions compute is mostly gone once its batch is; nothing of one task's goes to another's.
	env.Funcs = &funcs.Ctx{
		Context: ctx, Mem: vec.NewRecycler(env.Mem), Session: session, Task: int(task.Index), Open: env.Set.Open,
		Warn: func(text string) { env.Counters.Add(&winnowpb.Stats{Warnings: []string{text}}) },
	}
	return &env, nil
}

// Name identifies a task in messages and logs.
func Name(t *winnowpb.Task) string {
	return fmt.Sprintf("%s.%d.%d.%d", t.QueryId, t.Stage.Id, t.Index, t.Attempt)
}

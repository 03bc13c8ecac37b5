// Package op holds the operators of a task: each reads arrow.Record batches from its inputs and gives
// batches on. A task's operators form a tree that is pulled from the top by one goroutine; tasks are
// the unit of parallelism.
//
// Read Operator first.
package op

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Operator makes batches. It is used by one goroutine at a time.
type Operator interface {
	// Schema is the schema of every batch; types are those of exec/datatype.
	Schema() *arrow.Schema
	// Next returns the next batch, which is not empty; io.EOF ends. The caller releases it.
	Next(ctx context.Context) (arrow.Record, error)
	// Close frees what the operator and its inputs hold; it may be called at any time, also twice.
	Close() error
}

// EOF is what Next returns at the end.
var EOF = io.EOF

// Inputs gives access to the outputs of earlier stages.
type Inputs interface {
	// Open returns operators that give the batches put out by the committed tasks of stage for partition, in
	// the types of schema. With whole, it waits until all tasks are committed and returns one operator per
	// task, so that sorted outputs can be merged; else it may return a single operator at once, which gives
	// the outputs of tasks as they are committed.
	Open(ctx context.Context, stage, partition uint32, schema *arrow.Schema, whole bool) ([]Operator, error)
}

// Env is what the operators of one task may use.
type Env struct {
	Mem      memory.Allocator
	Machine  *sys.Machine
	Set      *connectors.Set
	Inputs   Inputs
	Task     *winnowpb.Task
	Funcs    *funcs.Ctx
	Budget   *Budget
	Memory   *Budget // of all queries in this process; nil: no limit
	Counters *Counters
	// Shared holds what the tasks of one query in one process make once and read together, such as the
	// hash table of a broadcast join.
	Shared *Shared
	// Cores counts what keeps the cores of this process busy, over all its tasks.
	Cores *Cores
	// BatchRows is the number of rows aimed at per batch.
	BatchRows int
	// AllowTransform lists the commands that TRANSFORM may run; nil: none, "*" among them: any.
	AllowTransform []string
}

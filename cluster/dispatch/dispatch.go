// Package dispatch runs the stages of one plan on the workers that are there. Free slots pull tasks; a
// task lost with its worker runs again elsewhere, a slow one is copied; the first whole attempt of a
// task is committed and no other counts, so no row is lost or doubled.
//
// Read Run first.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Runner runs one attempt of a task on worker w and hands its output to emit. inputs serves tasks that
// run in this process. It returns when the attempt has ended; its error is of kind Lost or Unavailable
// if the fault is the worker's and not the task's.
type Runner interface {
	Run(ctx context.Context, w member.Worker, t *winnowpb.Task, q *Local, emit worker.Emit) (*winnowpb.Stats, error)
}

// Local is what tasks in this process share during one query.
type Local struct {
	Inputs op.Inputs
	Shared *op.Shared
	Budget *op.Budget
}

// Config is what a query runs with.
type Config struct {
	QueryID         string
	MemoryBytes     int64
	Memory          *op.Budget // of all queries in this process; nil: no limit
	AllowTransform  bool
	ExchangeAddress string // where workers elsewhere fetch stage outputs
	BatchRows       int64
	Splits          splits.Config
	Set             *connectors.Set
	Machine         *sys.Machine
	Members         member.Members
	Runner          Runner
	// NoWorkers is how long a query waits when no worker is alive.
	NoWorkers time.Duration
	// MaxAttempts bounds the runs of one task that are lost with their workers.
	MaxAttempts uint32
	// MaxScanBytes is how many bytes of text all tasks may read; 0 for any number.
	MaxScanBytes int64
	// Listed has, by ID, the scans that have been listed already; the others are listed as they are read.
	Listed map[uint32]*splits.Listing
}

// Query is a plan under way.
type Query struct {
	cfg    Config
	plan   *winnowpb.Plan
	x      *exchange
	q      *queue
	local  *Local
	pinned *versions
	damage damage
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	progress Progress
	listed   map[uint32]*splits.Listing // the scans whose listing is whole
	seen     []string                   // workers seen, for the error when none is left
}

// Progress is how far a query is.
type Progress struct {
	SplitsTotal, SplitsDone int
	Listing                 bool // more splits may come
	Stats                   *winnowpb.Stats
}

// Run runs plan and hands the root's batches to emit, from one goroutine. It returns when all is done
// and everything that the query had started has ended.
func (q *Query) Run(ctx context.Context, emit worker.Emit) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q.cancel = cancel
	defer func() {
		if err == nil {
			err = q.damage.err()
		}
		if rerr := q.x.release(); err == nil {
			err = rerr
		}
		q.local.Budget.Close()
	}()
	g, gctx := errgroup.WithContext(ctx)
	slots, stopSlots := context.WithCancel(gctx)
	defer stopSlots()
	g.Go(func() error { return q.manage(slots) })
	last := len(q.plan.Stages) - 1
	for _, s := range q.plan.Stages[:last] {
		g.Go(func() error {
			err := q.stage(slots, s)
			q.x.finish(s.Id, err)
			if slots.Err() != nil {
				return nil // stopped, since the root has enough or another stage failed
			}
			return err
		})
	}
	rootErr := q.root(gctx, q.plan.Stages[last], emit)
	stopSlots()
	err = g.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if rootErr != nil && !(errors.Is(rootErr, context.Canceled) && ctx.Err() != nil) {
		return rootErr
	}
	return context.Cause(ctx)
}

// New prepares a run of plan.
func New(plan *winnowpb.Plan, cfg Config) *Query {
	budget := cfg.Memory.Query(cfg.MemoryBytes)
	x := newExchange(len(plan.Stages), &keeper{machine: cfg.Machine, budget: budget})
	for stage, by := range readers(plan) {
		x.stages[stage].once = len(by) == 1 && int(by[0]) == len(plan.Stages)-1
	}
	q := newQueue(len(plan.Stages), cfg.Machine.Now, x.full)
	x.drained = q.signal
	return &Query{
		cfg: cfg, plan: plan, x: x, q: q,
		local:    &Local{Inputs: x, Shared: op.NewShared(), Budget: budget},
		pinned:   newVersions(plan),
		damage:   damage{now: cfg.Machine.Now},
		progress: Progress{Stats: &winnowpb.Stats{}},
		listed:   map[uint32]*splits.Listing{},
	}
}

// readers returns for each stage the stages that read it, one entry per reading operator.
func readers(plan *winnowpb.Plan) map[uint32][]uint32 {
	out := map[uint32][]uint32{}
	for _, s := range plan.Stages {
		for _, in := range inputs(s.Root) {
			out[in] = append(out[in], s.Id)
		}
	}
	return out
}

// Slow tells that the rows which Run hands out are taken slowly: what waits for it goes from memory to disk.
func (q *Query) Slow() error { return q.x.slow() }

// Progress returns a copy of the counters.
func (q *Query) Progress() Progress {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.progress
	p.Stats = &winnowpb.Stats{}
	op.MergeStats(p.Stats, q.progress.Stats)
	p.Stats.SpilledBytes += q.x.kept.spilled()
	return p
}

// Output gives a worker elsewhere what the tasks of a stage have put out for a partition, as it was put
// out: that of the task at place *task in the order of commits, or of all if task is nil.
func (q *Query) Output(ctx context.Context, stage, partition uint32, task *uint32) (op.Operator, error) {
	if int(stage) >= len(q.plan.Stages) {
		return nil, diag.Errorf(diag.Protocol, "query %s has no stage %d", q.cfg.QueryID, stage)
	}
	if task != nil {
		return q.x.task(stage, partition, int(*task), nil), nil
	}
	out, err := q.x.Open(ctx, stage, partition, nil, false)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// ID is the name under which workers know the query.
func (q *Query) ID() string { return q.cfg.QueryID }

func (q *Query) note(f func(*Progress)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(&q.progress)
}

// root runs the last stage here, while its inputs are still being made.
func (q *Query) root(ctx context.Context, s *winnowpb.Stage, emit worker.Emit) error {
	if len(s.Scans) > 0 {
		return diag.Errorf(diag.Internal, "the root stage reads files")
	}
	t := q.task(&item{stage: s}, 0)
	stats, err := q.cfg.Runner.Run(ctx, member.Worker{}, t, q.local, emit)
	if stats != nil {
		q.note(func(p *Progress) { op.MergeStats(p.Stats, stats) })
	}
	return err
}

func (q *Query) task(it *item, number uint32) *winnowpb.Task {
	return &winnowpb.Task{
		QueryId: q.cfg.QueryID, Stage: withoutScans(it.stage), Index: it.index, Attempt: number, Splits: it.splits,
		Session: q.plan.Session, MemoryBytes: q.cfg.MemoryBytes, ExchangeAddress: q.cfg.ExchangeAddress,
		BatchRows: q.cfg.BatchRows, AllowTransform: q.cfg.AllowTransform,
		AttemptId:  fmt.Sprintf("%s-%d-%d-%d", q.cfg.QueryID, it.stage.Id, it.index, number),
		InputTasks: it.inputs,
	}
}

// withoutScans is s as tasks need it: what was to be listed is in their splits, and would be in each message else.
func withoutScans(s *winnowpb.Stage) *winnowpb.Stage {
	return &winnowpb.Stage{Id: s.Id, Root: s.Root, Schema: s.Schema, Output: s.Output, Tasks: s.Tasks, Limited: s.Limited}
}

// stage waits for the stages that s reads, queues its tasks and waits for them.
func (q *Query) stage(ctx context.Context, s *winnowpb.Stage) error {
	pending := pending{inputs: map[uint32]uint32{}}
	for _, in := range inputs(s.Root) {
		n, err := q.x.count(ctx, in)
		if err != nil {
			return err
		}
		pending.inputs[in] = uint32(n)
	}
	if s.Tasks == 0 {
		if err := q.scanTasks(ctx, s, &pending); err != nil {
			return err
		}
	} else {
		for i := range s.Tasks {
			pending.add(q, ctx, s, i, nil)
		}
	}
	return pending.wait(ctx, q, s.Id)
}

// scanTasks makes one task per split while the listing goes on.
func (q *Query) scanTasks(ctx context.Context, s *winnowpb.Stage, pending *pending) error {
	var index uint32
	scans := scanNodes(s.Root, map[uint32]*winnowpb.Scan{})
	for _, src := range s.Scans {
		q.note(func(p *Progress) { p.Listing = true })
		out := make(chan *winnowpb.Split, 64)
		l := &splits.Listing{}
		g, gctx := errgroup.WithContext(ctx)
		g.Go(func() error { return q.list(gctx, src, scans[src.ScanId], l.Warn, out) })
		g.Go(func() error { // ends with the listing
			for split := range out {
				if err := q.pinned.pin(src.Table, split); err != nil {
					return err
				}
				l.Splits = append(l.Splits, split)
				pending.add(q, ctx, s, index, []*winnowpb.Split{split})
				index++
				q.note(func(p *Progress) { p.SplitsTotal++ })
			}
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
		q.note(func(p *Progress) {
			p.Listing = false
			q.listed[src.ScanId] = l
		})
	}
	return nil
}

// list sends the splits of src to out and closes it. warn hears what the query is warned of.
func (q *Query) list(ctx context.Context, src *winnowpb.ScanSource, scan *winnowpb.Scan, warn func(string), out chan<- *winnowpb.Split) error {
	both := func(text string) {
		warn(text)
		q.warn(text)
	}
	known := q.cfg.Listed[src.ScanId]
	if known == nil {
		return splits.Of(ctx, q.cfg.Set, src, scan, q.cfg.Splits, both, out)
	}
	defer close(out)
	for _, text := range known.Warnings() {
		both(text)
	}
	for _, split := range known.Splits {
		select {
		case out <- split:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Listed returns the listings of all scans of the plan by ID, as they were read; nil if one is not whole, since the query ended
// before.
func (q *Query) Listed() map[uint32]*splits.Listing {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.plan.Stages {
		for _, src := range s.Scans {
			if q.listed[src.ScanId] == nil {
				return nil
			}
		}
	}
	return maps.Clone(q.listed)
}

// ScanNodes returns the scans of a plan's stages by ID.
func ScanNodes(plan *winnowpb.Plan) map[uint32]*winnowpb.Scan {
	into := map[uint32]*winnowpb.Scan{}
	for _, s := range plan.Stages {
		scanNodes(s.Root, into)
	}
	return into
}

func (q *Query) warn(text string) {
	q.note(func(p *Progress) { op.MergeStats(p.Stats, &winnowpb.Stats{Warnings: []string{text}}) })
}

func inputs(n *winnowpb.Node) []uint32 {
	var out []uint32
	if x := n.GetExchange(); x != nil {
		out = append(out, x.Stage)
	}
	for _, in := range n.Inputs {
		out = append(out, inputs(in)...)
	}
	return out
}

func scanNodes(n *winnowpb.Node, into map[uint32]*winnowpb.Scan) map[uint32]*winnowpb.Scan {
	if s := n.GetScan(); s != nil {
		into[s.ScanId] = s
	}
	for _, in := range n.Inputs {
		scanNodes(in, into)
	}
	return into
}

// pending counts a stage's tasks.
type pending struct {
	items  []*item
	inputs map[uint32]uint32 // the stages that the tasks read, with their numbers of tasks
}

func (p *pending) add(q *Query, ctx context.Context, s *winnowpb.Stage, index uint32, splits []*winnowpb.Split) {
	it := &item{stage: s, index: index, splits: splits, inputs: p.inputs}
	it.ctx, it.cancel = context.WithCancel(ctx)
	p.items = append(p.items, it)
	q.q.add(it)
}

// wait waits until each item's output is committed.
func (p *pending) wait(ctx context.Context, q *Query, stage uint32) error {
	for i := range p.items {
		if _, err := q.x.at(ctx, stage, i); err != nil {
			return err
		}
	}
	return nil
}

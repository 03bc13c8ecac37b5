package coord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/planner"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/planner/optimize"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// statement is one statement being carried out.
type statement struct {
	c       *Coordinator
	conn    *Conn
	run     *Running
	session *funcs.Session
	params  []expr.Expr
	warned  []string
	changed int64           // rows written
	stats   *winnowpb.Stats // of the plans that an INSERT has run
	// found are the scans, by ID, which were listed to make the last plan.
	found map[uint32]*splits.Found
	// more: the statement goes on after its plan has run, so the end of the plan is not its own.
	more bool
}

// bindEnv is what the statement's names mean now.
func (s *statement) bindEnv(ctx context.Context) (*bind.Env, error) {
	snap, err := s.conn.source.Load(ctx)
	if err != nil {
		return nil, err
	}
	return &bind.Env{
		Snapshot: snap, Session: s.session, Params: s.params, Parse: parseOne,
		Virtual: func(db, table string) (*logical.Values, error) {
			if name, ok := strings.CutSuffix(table, "$partitions"); ok && snap.Table(db, name) != nil {
				return s.partitionsTable(ctx, snap.Table(db, name))
			}
			return virtual(snap, db, table), nil
		},
		Warn: func(text string) { s.warned = append(s.warned, text) },
	}, nil
}

func parseOne(sql string) (ast.Statement, error) {
	list, err := parse.Parse(sql)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, diag.Errorf(diag.Syntax, "want one statement, not %d", len(list))
	}
	return list[0], nil
}

// query answers a SELECT.
func (s *statement) query(ctx context.Context, q *ast.Query) (*Result, error) {
	env, err := s.bindEnv(ctx)
	if err != nil {
		return nil, err
	}
	n, err := bind.Query(env, q)
	if err != nil {
		return nil, err
	}
	p, err := s.admitted(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, p)
}

// plan optimizes and cuts n.
func (s *statement) plan(ctx context.Context, n logical.Node, each func(optimize.Step)) (*planner.Planned, error) {
	s.found = map[uint32]*splits.Found{}
	slots := s.slots()
	p, err := planner.Plan(ctx, n, s.session, planner.Config{
		Source: s.conn.source, Size: s.size(), Sizes: s.sizes, Slots: slots, Partitions: partitions(slots),
		Workers: len(s.c.cfg.Members.Workers()), BroadcastBytes: s.c.cfg.BroadcastBytes,
		RulesOff: splitList(s.conn.setting("winnow.rules.off", "")), EachRule: each,
	})
	if err != nil {
		return nil, err
	}
	p.Plan.Session = worker.SessionProto(s.session)
	return p, nil
}

// leastPartitions is how many parts the rows of a hash exchange are cut into at least: what one task then groups,
// joins or sorts at a time is a small part of all rows, so its tables stay near the cores and memory low.
const leastPartitions = 8

// partitions is how many readers a hash exchange gets: one per slot, but not too few.
func partitions(slots int) int { return min(max(slots, leastPartitions), 64) }

// slots is how many tasks run at once.
func (s *statement) slots() (n int) {
	for _, w := range s.c.cfg.Members.Workers() {
		n += w.Slots
	}
	return n
}

// execute plans n and starts it; its rows come out of the Result.
func (s *statement) execute(ctx context.Context, n logical.Node) (*Result, error) {
	p, err := s.admitted(ctx, n)
	if err != nil {
		return nil, err
	}
	listed, err := s.packed(p.Plan)
	if err != nil {
		return nil, err
	}
	return s.start(ctx, p, listed), nil
}

// admitted plans n and waits until it may run.
func (s *statement) admitted(ctx context.Context, n logical.Node) (*planner.Planned, error) {
	p, err := s.plan(ctx, n, nil)
	if err != nil {
		return nil, err
	}
	return p, s.admit(ctx, p)
}

// admit refuses what can be seen to be wrong before anything is read, then waits for the statement's turn.
func (s *statement) admit(ctx context.Context, p *planner.Planned) error {
	if !s.c.cfg.AllowTransform && hasTransform(p.Logical) {
		return diag.Errorf(diag.Denied, "TRANSFORM runs commands and is off").WithHint("start winnow with --allow-transform")
	}
	most := s.conn.number(readSetting, 0)
	for _, scan := range optimize.Partitions(p.Logical) {
		if scan.Pruned != nil && most > 0 && int64(len(scan.Pruned.Partitions)) > most {
			return diag.Errorf(diag.Limit, "%d partitions of %s would be read, at most %d may be", len(scan.Pruned.Partitions), scan.Table.FullName(), most).
				WithHint("write a condition on %s, or raise %s", scan.Table.Partition[0].Name, readSetting)
		}
		s.warnTwice(scan)
		if scan.Table.Handler != "" || scan.Table.IsPartitioned() {
			continue
		}
		if scan.Table.Kind == "EXTERNAL_TABLE" {
			if err := splits.Missing(ctx, s.c.cfg.Set, scan.Table.FullName(), scan.Table.Location); err != nil {
				return err
			}
		}
	}
	if s.run.admitted {
		return nil
	}
	if err := s.c.gate.enter(ctx, s.conn.user); err != nil {
		return err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.run.admitted = true
	return nil
}

// warnTwice warns of two partitions that a scan reads from one folder.
func (s *statement) warnTwice(scan *logical.Scan) {
	if scan.Pruned == nil {
		return
	}
	root := strings.TrimSuffix(scan.Table.Location, "/") + "/"
	folder := func(p logical.Partition) string { return strings.TrimSuffix(p.Location, "/") }
	if !slices.ContainsFunc(scan.Pruned.Partitions, func(p logical.Partition) bool { return folder(p) != root+p.Name }) {
		return // as nearly always
	}
	seen := map[string]string{}
	for _, p := range scan.Pruned.Partitions {
		at := folder(p)
		if other, ok := seen[at]; ok {
			s.warned = append(s.warned, fmt.Sprintf("partitions %s and %s of %s lie in one folder, whose rows are read twice: %s",
				other, p.Name, scan.Table.FullName(), at))
		}
		seen[at] = p.Name
	}
}

func hasTransform(n logical.Node) bool {
	if _, ok := n.(*logical.Transform); ok {
		return true
	}
	for _, in := range n.Inputs() {
		if hasTransform(in) {
			return true
		}
	}
	return false
}

// buffered is how many batches wait for a slow client. A statement that has waited for its client for patience
// makes way for others, as it does nothing; so does one that has only its last batches to give.
const (
	buffered = 4
	patience = time.Second
)

// start runs p in a goroutine of its own, which ends when the Result is closed or all rows are out. listed are the scans that have
// been listed already.
func (s *statement) start(ctx context.Context, p *planner.Planned, listed map[uint32]*splits.Listing) *Result {
	var q atomic.Pointer[dispatch.Query]
	q.Store(s.newQuery(p, listed))
	ctx, cancel := context.WithCancelCause(ctx)
	rows := make(chan arrow.Record, buffered)
	ended := make(chan error, 1)
	go func() {
		begun := false
		emit := func(_ uint32, rec arrow.Record) error {
			begun = true
			rec.Retain()
			var slow <-chan time.Time
			if !s.more {
				slow = time.After(patience)
			}
			for {
				var err error
				select {
				case rows <- rec:
					return nil
				case <-slow: // once
					err = s.makeWay(q.Load())
				case <-ctx.Done():
					err = context.Cause(ctx)
				}
				if err != nil {
					rec.Release()
					return err
				}
			}
		}
		err := q.Load().Run(ctx, emit)
		// Files were replaced after they were listed: list them again, once, if no row is out. A statement that
		// writes is left to its user.
		if diag.KindOf(err) == diag.Changed && !begun && !s.more {
			q.Store(s.newQuery(p, nil))
			err = q.Load().Run(ctx, emit)
		}
		if !s.more {
			s.c.giveWay(s.run)
		}
		close(rows)
		ended <- err
	}()
	var failed error
	waited := false
	wait := func() error {
		if !waited {
			failed, waited = <-ended, true
			if !s.more {
				s.c.leave(s.run)
			}
		}
		return failed
	}
	out := schemaOf(p.Logical)
	r := &Result{
		Schema: out, ID: s.run.ID, now: s.c.cfg.Machine.Now, run: &q,
		progress: func() dispatch.Progress { return s.withWarnings(q.Load()) },
		summary:  Summary{started: s.run.Started},
		next: func(rctx context.Context) (arrow.Record, error) {
			select {
			case rec, ok := <-rows:
				if ok {
					defer rec.Release()
					return dispatch.Relabel(rec, out), nil
				}
				if err := wait(); err != nil {
					return nil, err
				}
				return nil, io.EOF
			case <-rctx.Done():
				cancel(context.Cause(rctx))
				return nil, context.Cause(rctx)
			}
		},
		close: func() error {
			cancel(errClosed)
			for rec := range rows {
				rec.Release()
			}
			if err := wait(); err != nil && !errors.Is(err, errClosed) && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	r.summary.count(p)
	return r
}

// count tells of how many partitions p reads.
func (s *Summary) count(p *planner.Planned) {
	for _, scan := range optimize.Partitions(p.Logical) {
		s.Scans++
		if scan.Pruned == nil {
			continue
		}
		s.PartitionsKept += len(scan.Pruned.Partitions)
		if scan.Pruned.Total < 0 || s.PartitionsTotal < 0 {
			s.PartitionsTotal = -1
		} else {
			s.PartitionsTotal += scan.Pruned.Total
		}
	}
}

// makeWay leaves others the place at the gate and the memory of a statement whose client takes its rows slowly.
func (s *statement) makeWay(q *dispatch.Query) error {
	s.c.giveWay(s.run)
	return q.Slow()
}

// errClosed is the cause of a query's end when its reader wants no more.
var errClosed = errors.New("the result was closed")

// cut is how the statement's files are cut into splits.
func (s *statement) cut() splits.Config {
	cut := s.c.cfg.Splits
	cut.TargetBytes = s.conn.number(splitSetting, cut.TargetBytes)
	return cut
}

func (s *statement) newQuery(p *planner.Planned, listed map[uint32]*splits.Listing) *dispatch.Query {
	q := dispatch.New(p.Plan, dispatch.Config{
		QueryID: s.c.planID(s.run), MemoryBytes: s.c.cfg.MemoryBytes, Memory: s.c.cfg.Memory, AllowTransform: s.c.cfg.AllowTransform,
		ExchangeAddress: s.c.cfg.ExchangeAddress, BatchRows: s.c.cfg.BatchRows, Splits: s.cut(), Listed: listed,
		Set: s.c.cfg.Set, Machine: s.c.cfg.Machine, Members: s.c.cfg.Members, Runner: s.c.cfg.Runner,
		NoWorkers: s.c.cfg.NoWorkers, MaxAttempts: uint32(min(s.conn.number(attemptsSetting, defaultAttempts), math.MaxUint32)),
		MaxScanBytes: s.conn.number(op.MaxScanBytes, 0),
	})
	s.c.observe(s.run, q)
	return q
}

// withWarnings is q's progress with the planner's warnings before the query's own.
func (s *statement) withWarnings(q *dispatch.Query) dispatch.Progress {
	p := q.Progress()
	p.Stats.Warnings = append(append([]string{}, s.warned...), p.Stats.Warnings...)
	return p
}

// schemaOf is the schema of n's rows.
func schemaOf(n logical.Node) *arrow.Schema {
	fields := n.Fields()
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		out[i] = arrow.Field{Name: f.Name, Type: f.T, Nullable: true}
	}
	return arrow.NewSchema(out, nil)
}

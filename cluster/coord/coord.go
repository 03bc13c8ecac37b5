// Package coord takes one statement and gives its rows: it parses, plans or changes the catalog, runs
// the plan on the workers, and keeps the list of what is running. Every front end calls it and only encodes.
//
// Read Coordinator first, then Conn and Result.
package coord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/catalog/discover"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
)

// Config is what a coordinator is made of.
type Config struct {
	Set             *connectors.Set
	Source          catalog.Source // without discovery; New adds it
	Warehouse       string         // folder of managed tables, or a URL
	Machine         *sys.Machine
	Members         member.Members
	Runner          dispatch.Runner
	ExchangeAddress string     // where workers elsewhere fetch stage outputs; "" if all are in this process
	MemoryBytes     int64      // of one query in one process; 0: no limit
	Memory          *op.Budget // of all queries in this process; nil: no limit
	AllowTransform  bool       // whether TRANSFORM may be planned; workers hold the list of commands
	NoWorkers       time.Duration
	Splits          splits.Config
	BroadcastBytes  int64
	Version         string
	Zone            *time.Location // of new connections; nil: UTC
	BatchRows       int64          // 0: default
	Running         int            // statements that read or write rows at once; 0: 64
	Queued          int            // statements that may wait for that; 0: 1000
	AnswerBytes     int64          // memory of the answers that are kept; 0: 64 MiB, negative: none are
}

// Coordinator runs statements. Its methods may be called at once from several goroutines.
type Coordinator struct {
	cfg    Config
	source catalog.Source
	ids    atomic.Uint64
	start  time.Time
	gate   *gate
	kept   *answers

	mu      sync.Mutex
	queries map[string]*Running
}

// Running is a statement under way.
type Running struct {
	ID       string
	SQL      string
	User     string
	Started  time.Time
	Progress func() dispatch.Progress
	cancel   context.CancelCauseFunc
	query    *dispatch.Query
	plans    int  // that were started for it
	admitted bool // it has a place of the gate
}

// broadcastPart is the part of a query's memory that the guessed size of a broadcast table may take: guesses err.
const broadcastPart = 8

// New returns a coordinator.
func New(cfg Config) *Coordinator {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Splits.TargetBytes == 0 {
		cfg.Splits = splits.DefaultConfig
	}
	if cfg.BroadcastBytes == 0 {
		cfg.BroadcastBytes = 64 << 20
		if cfg.MemoryBytes > 0 {
			cfg.BroadcastBytes = min(cfg.BroadcastBytes, cfg.MemoryBytes/broadcastPart)
		}
	}
	if cfg.NoWorkers == 0 {
		cfg.NoWorkers = 10 * time.Second
	}
	if cfg.Running <= 0 {
		cfg.Running = defaultRunning
	}
	if cfg.Queued <= 0 {
		cfg.Queued = defaultQueued
	}
	if cfg.AnswerBytes == 0 {
		cfg.AnswerBytes = defaultAnswers
	}
	return &Coordinator{
		cfg: cfg, kept: newAnswers(cfg.AnswerBytes), source: discover.Source{Source: cfg.Source, Set: cfg.Set},
		start: cfg.Machine.Now(), gate: newGate(cfg.Running, cfg.Queued), queries: map[string]*Running{},
	}
}

// Workers returns the workers that are alive.
func (c *Coordinator) Workers() []member.Worker { return c.cfg.Members.Workers() }

// Queries returns the statements under way, oldest first.
func (c *Coordinator) Queries() []*Running {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*Running
	for _, r := range c.queries {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Running) int { return a.Started.Compare(b.Started) })
	return out
}

// Kill cancels the statement with this ID; UNKNOWN if there is none.
func (c *Coordinator) Kill(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.queries[id]
	if r == nil {
		return diag.Errorf(diag.Unknown, "no query %q is running", id)
	}
	r.cancel(diag.Errorf(diag.Cancelled, "query %s was killed", id))
	return nil
}

// running returns the run of a plan; nil if there is none of this ID now.
func (c *Coordinator) running(planID string) *dispatch.Query {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _, _ := strings.Cut(planID, planMark)
	if r := c.queries[id]; r != nil && r.query != nil && r.query.ID() == planID {
		return r.query
	}
	return nil
}

// planMark parts the ID of a statement from the number of its plan.
const planMark = "."

// planID names the next plan of r for the workers: what they keep of one plan is not another's.
func (c *Coordinator) planID(r *Running) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.plans++
	return fmt.Sprint(r.ID, planMark, r.plans)
}

// enter registers a statement; the context it returns ends when leave is called or the query is killed.
func (c *Coordinator) enter(ctx context.Context, conn *Conn, sql string) (context.Context, *Running) {
	ctx, cancel := context.WithCancelCause(ctx)
	now := c.cfg.Machine.Now()
	r := &Running{
		ID:  fmt.Sprintf("%s_%05d", now.UTC().Format("20060102_150405"), c.ids.Add(1)),
		SQL: sql, User: conn.user, Started: now, cancel: cancel,
		Progress: func() dispatch.Progress { return dispatch.Progress{} },
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queries[r.ID] = r
	return ctx, r
}

func (c *Coordinator) leave(r *Running) {
	c.giveWay(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.queries, r.ID)
	r.cancel(nil)
}

// giveWay gives r's place at the gate, if it has one, to the next statement.
func (c *Coordinator) giveWay(r *Running) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.admitted {
		r.admitted = false
		c.gate.leave()
	}
}

// observe tells the list of queries about the run of r.
func (c *Coordinator) observe(r *Running, q *dispatch.Query) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.query, r.Progress = q, q.Progress
}

// location joins the folder of a warehouse or database with name.
func location(base, name string) string { return strings.TrimSuffix(base, "/") + "/" + name }

// MembersChanged returns a channel that is closed when the list of workers next changes.
func (c *Coordinator) MembersChanged() <-chan struct{} { return c.cfg.Members.Changed() }

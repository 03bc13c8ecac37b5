// Package planner turns a bound logical plan into the message that workers run: optimize, then cut. The
// steps before, parse and bind, are called by the coordinator, which also keeps what they need.
//
// Read Plan first.
package planner

import (
	"context"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/fragment"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/planner/optimize"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Config is what planning depends on besides the statement.
type Config struct {
	Source         catalog.Source
	Size           func(ctx context.Context, s *logical.Scan) (int64, bool)   // optimize.Env.Size
	Sizes          func(ctx context.Context, s *logical.Scan) ([]int64, bool) // optimize.Env.Sizes
	Slots          int                                                        // tasks at once
	Partitions     int                                                        // readers of a hash exchange
	Workers        int                                                        // that run the plan
	BroadcastBytes int64
	RulesOff       []string
	EachRule       func(optimize.Step) // for EXPLAIN RULES; may be nil
}

// Planned is a plan at its last two stations.
type Planned struct {
	Logical logical.Node
	Plan    *winnowpb.Plan
}

// Plan optimizes n and cuts it into stages.
func Plan(ctx context.Context, n logical.Node, session *funcs.Session, cfg Config) (*Planned, error) {
	last := maxID(n)
	env := &optimize.Env{
		Source: cfg.Source, Session: session, Size: cfg.Size, Sizes: cfg.Sizes, Slots: cfg.Slots, BroadcastBytes: cfg.BroadcastBytes, Workers: cfg.Workers,
		NewID: func() uint32 { last++; return last },
	}
	n, err := optimize.Run(ctx, env, n, cfg.RulesOff, cfg.EachRule)
	if err != nil {
		return nil, err
	}
	plan, err := fragment.Cut(n, fragment.Config{Partitions: max(1, cfg.Partitions)})
	if err != nil {
		return nil, err
	}
	return &Planned{Logical: n, Plan: plan}, nil
}

// maxID returns the largest column ID in n.
func maxID(n logical.Node) uint32 {
	var id uint32
	for _, f := range n.Fields() {
		id = max(id, f.ID)
	}
	for _, in := range n.Inputs() {
		id = max(id, maxID(in))
	}
	return id
}

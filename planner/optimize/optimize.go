// Package optimize makes a logical plan faster without changing its rows: an ordered list of rules,
// each a function from plan to plan, each in a file of its own, run once in list order. The binder has
// made the plan correct; with any one rule left out the answer stays the same.
//
// Read Rule first.
package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
)

// Env is what rules may ask of the outside.
type Env struct {
	Source  catalog.Source
	Session *funcs.Session
	// Size estimates the bytes stored under a scan's pruned partitions; ok is false if it is not known.
	Size func(ctx context.Context, s *logical.Scan) (bytes int64, ok bool)
	// Sizes returns the bytes stored under each of a scan's pruned partitions, in their order; ok is false if it would take too long to
	// look. nil: nothing is known.
	Sizes func(ctx context.Context, s *logical.Scan) (bytes []int64, ok bool)
	// Slots is how many tasks run at once; 0: not known.
	Slots int
	// BroadcastBytes is the largest right side of a join that goes to every task.
	BroadcastBytes int64
	// Workers is how many workers run the plan.
	Workers int
	// NewID gives a column ID that the plan does not use yet.
	NewID func() uint32
}

// Rule rewrites a plan. It is idempotent.
type Rule struct {
	Name  string
	Doc   string // one line for people
	Apply func(ctx context.Context, env *Env, n logical.Node) (logical.Node, error)
	// Off, if there is one, runs in the place of Apply where the rule is left out.
	Off func(ctx context.Context, env *Env, n logical.Node) (logical.Node, error)
}

// Rules returns the rules in the order they run.
func Rules() []Rule {
	return []Rule{
		{Name: "fold", Doc: "compute constant expressions once", Apply: fold},
		{Name: "factor", Doc: "take what all branches of an OR say out of it", Apply: factor},
		{Name: "pushdown", Doc: "filter as near to the files as possible", Apply: pushDown},
		{Name: "infer", Doc: "filter each side of a join by what the other says", Apply: infer},
		{Name: "pushdown", Doc: "the same for the filters that infer found", Apply: pushDown},
		{Name: "distinct", Doc: "count(distinct x) by grouping twice", Apply: splitDistinct},
		{Name: "prunepartitions", Doc: "read only the partitions that can match", Apply: prunePartitions, Off: keepPartitions},
		{Name: "semijoin", Doc: "apply IN (SELECT …) to the table that it reads, before that is joined", Apply: sinkSemiJoins},
		{Name: "joinorder", Doc: "join along conditions, few rows first", Apply: orderJoins},
		{Name: "prunecolumns", Doc: "read only the columns that are used", Apply: pruneColumns},
		{Name: "prunefields", Doc: "read only the fields of structs that are used", Apply: pruneFields},
		{Name: "mapentries", Doc: "read m['k'] as a column where nothing else is read of the map", Apply: readEntries},
		{Name: "joinside", Doc: "build the hash table of a join from its smaller side", Apply: chooseSides},
		{Name: "reduce", Doc: "leave rows out where they are read if a join finds no match for them", Apply: reduce},
		{Name: "together", Doc: "read partitions together where rows are grouped by them", Apply: readTogether},
		{Name: "limit", Doc: "read no more than a limit needs", Apply: pushLimit},
		{Name: "topn", Doc: "keep only the first rows of an order with a limit", Apply: topN},
	}
}

// Step is the plan after a rule, for EXPLAIN RULES.
type Step struct {
	Rule string
	Plan logical.Node
}

// Run applies all rules but those named in off. each, if not nil, hears of every step.
func Run(ctx context.Context, env *Env, n logical.Node, off []string, each func(Step)) (logical.Node, error) {
	for _, r := range Rules() {
		if slices.Contains(off, r.Name) {
			if r.Off == nil {
				continue
			}
			r.Apply = r.Off
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if n, err = r.Apply(ctx, env, n); err != nil {
			return nil, err
		}
		if each != nil {
			each(Step{r.Name, n})
		}
	}
	return n, nil
}

// rewrite applies f to every node, inputs first. Shared subtrees with one ID are rewritten once, so
// that all readers keep seeing the same plan.
func rewrite(n logical.Node, f func(logical.Node) (logical.Node, error)) (logical.Node, error) {
	return (&rewriter{f: f, shared: map[uint32]logical.Node{}}).node(n)
}

type rewriter struct {
	f      func(logical.Node) (logical.Node, error)
	shared map[uint32]logical.Node
}

func (r *rewriter) node(n logical.Node) (logical.Node, error) {
	if s, ok := n.(*logical.Shared); ok {
		if done := r.shared[s.ID]; done != nil {
			return s.With(done), nil
		}
	}
	in := n.Inputs()
	if len(in) > 0 {
		out := make([]logical.Node, len(in))
		for i, c := range in {
			m, err := r.node(c)
			if err != nil {
				return nil, err
			}
			out[i] = m
		}
		n = n.With(out...)
	}
	if s, ok := n.(*logical.Shared); ok {
		r.shared[s.ID] = s.Input
	}
	return r.f(n)
}

// overInputs returns n with f applied to each of its inputs.
func overInputs(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	in := n.Inputs()
	if len(in) == 0 {
		return n
	}
	out := make([]logical.Node, len(in))
	for i, c := range in {
		out[i] = f(c)
	}
	return n.With(out...)
}

// covers reports whether fields has every column that e reads.
func covers(fields []logical.Field, e expr.Expr) bool {
	for _, id := range expr.Columns(e) {
		if !has(fields, id) {
			return false
		}
	}
	return true
}

func has(fields []logical.Field, id uint32) bool {
	return slices.ContainsFunc(fields, func(f logical.Field) bool { return f.ID == id })
}

// substitute puts values[i] in the place of the column fields[i].
func substitute(e expr.Expr, fields []logical.Field, values []expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if col, ok := e.(*expr.Column); ok {
			for i, f := range fields {
				if f.ID == col.ID {
					return values[i]
				}
			}
		}
		return e
	})
}

// filtered puts a Filter on n if there is anything to filter by.
func filtered(n logical.Node, conds []expr.Expr) logical.Node {
	if len(conds) == 0 {
		return n
	}
	return &logical.Filter{Input: n, Conds: conds}
}

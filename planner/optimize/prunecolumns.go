package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// pruneColumns drops what nobody reads: columns of scans, projections, aggregate and window calls.
func pruneColumns(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	p := &pruner{shared: map[uint32]set{}, done: map[uint32]logical.Node{}}
	want := set{}
	for _, f := range n.Fields() {
		want[f.ID] = true
	}
	p.readers(n)
	return p.prune(n, want), nil
}

type set map[uint32]bool

func (s set) add(es ...expr.Expr) set {
	out := set{}
	for id := range s {
		out[id] = true
	}
	for _, e := range es {
		if e != nil {
			for _, id := range expr.Columns(e) {
				out[id] = true
			}
		}
	}
	return out
}

func (s set) keep(fields []logical.Field) []logical.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f logical.Field) bool { return !s[f.ID] })
}

type pruner struct {
	shared map[uint32]set          // Shared ID → the input's columns, all of them
	done   map[uint32]logical.Node // Shared ID → pruned input
}

// readers notes the columns of shared subtrees; all are kept, since readers differ.
func (p *pruner) readers(n logical.Node) {
	if s, ok := n.(*logical.Shared); ok && p.shared[s.ID] == nil {
		want := set{}
		for _, f := range s.Input.Fields() {
			want[f.ID] = true
		}
		p.shared[s.ID] = want
	}
	for _, in := range n.Inputs() {
		p.readers(in)
	}
}

// prune returns n with at least the columns in want. The order of those that stay does not change.
func (p *pruner) prune(n logical.Node, want set) logical.Node {
	switch n := n.(type) {
	case *logical.Scan:
		return pruneScan(n, want)
	case *logical.Values:
		return pruneValues(n, want)
	case *logical.Filter:
		return n.With(p.prune(n.Input, want.add(n.Conds...)))
	case *logical.Project:
		return p.project(n, want)
	case *logical.Aggregate:
		return p.aggregate(n, want)
	case *logical.GroupingSets:
		below := want.add()
		for i, k := range n.Keys {
			below[k] = true
			below[n.Out[i].ID] = true
		}
		return n.With(p.prune(n.Input, below))
	case *logical.Join:
		both := want.add(n.On...)
		return n.With(p.prune(n.Left, both), p.prune(n.Right, both))
	case *logical.Sort:
		return n.With(p.prune(n.Input, want.add(keyExprs(n.Keys)...)))
	case *logical.Window:
		return p.window(n, want)
	case *logical.Generate:
		return n.With(p.prune(n.Input, want.add(n.Args...)))
	case *logical.Transform:
		return n.With(p.prune(n.Input, set{}.add(n.Args...)))
	case *logical.Union:
		return p.union(n, want)
	case *logical.SampleRows:
		return n.With(p.prune(n.Input, want.add(n.Sample.On...)))
	case *logical.Limit, *logical.AssertSingle:
		return n.With(p.prune(n.Inputs()[0], want))
	case *logical.Shared:
		if p.done[n.ID] == nil {
			p.done[n.ID] = p.prune(n.Input, p.shared[n.ID])
		}
		return n.With(p.done[n.ID])
	}
	return p.whole(n)
}

// whole keeps every column of n's inputs: set operations and writes see them by position.
func (p *pruner) whole(n logical.Node) logical.Node {
	var in []logical.Node
	for _, c := range n.Inputs() {
		all := set{}
		for _, f := range c.Fields() {
			all[f.ID] = true
		}
		in = append(in, p.prune(c, all))
	}
	return n.With(in...)
}

func pruneScan(n *logical.Scan, want set) logical.Node {
	need := want.add(n.Filters...)
	if n.Sample != nil {
		need = need.add(n.Sample.On...)
	}
	c := *n
	c.Columns = slices.DeleteFunc(slices.Clone(n.Columns), func(col logical.ScanColumn) bool { return !need[col.Field.ID] })
	return &c
}

func pruneValues(n *logical.Values, want set) logical.Node {
	out := &logical.Values{Rows: make([][]expr.Expr, len(n.Rows)), Out: want.keep(n.Out)}
	for i, row := range n.Rows {
		out.Rows[i] = keepExprs(row, n.Out, want)
	}
	return out
}

func keepExprs(es []expr.Expr, fields []logical.Field, want set) []expr.Expr {
	var out []expr.Expr
	for i, e := range es {
		if want[fields[i].ID] {
			out = append(out, e)
		}
	}
	return out
}

func (p *pruner) project(n *logical.Project, want set) logical.Node {
	exprs := keepExprs(n.Exprs, n.Out, want)
	return &logical.Project{Input: p.prune(n.Input, set{}.add(exprs...)), Exprs: exprs, Out: want.keep(n.Out)}
}

// aggregate keeps all keys: they decide the groups.
func (p *pruner) aggregate(n *logical.Aggregate, want set) logical.Node {
	c := *n
	c.Calls = slices.DeleteFunc(slices.Clone(n.Calls), func(call logical.AggCall) bool { return !want[call.Out.ID] })
	need := set{}.add(n.Keys...)
	for _, call := range c.Calls {
		need = need.add(call.Args...).add(call.Filter)
	}
	c.Input = p.prune(n.Input, need)
	return &c
}

func (p *pruner) window(n *logical.Window, want set) logical.Node {
	c := *n
	c.Calls = slices.DeleteFunc(slices.Clone(n.Calls), func(call logical.WindowCall) bool { return !want[call.Out.ID] })
	if len(c.Calls) == 0 {
		return p.prune(n.Input, want)
	}
	need := want.add(n.PartitionBy...).add(keyExprs(n.OrderBy)...)
	for _, call := range c.Calls {
		need = need.add(call.Args...).add(call.Filter)
	}
	c.Input = p.prune(n.Input, need)
	return &c
}

// union cuts every input down to the wanted positions, by a projection where the input keeps more.
func (p *pruner) union(n *logical.Union, want set) logical.Node {
	c := *n
	c.Out = want.keep(n.Out)
	c.In = make([]logical.Node, len(n.In))
	for i, in := range n.In {
		fields := in.Fields()
		var keep []logical.Field
		var exprs []expr.Expr
		mine := set{}
		for j, f := range n.Out {
			if want[f.ID] {
				keep = append(keep, fields[j])
				col := fields[j].Column(diag.Span{})
				exprs = append(exprs, col)
				mine[col.ID] = true
			}
		}
		pruned := p.prune(in, mine)
		if !slices.EqualFunc(pruned.Fields(), keep, func(a, b logical.Field) bool { return a.ID == b.ID }) {
			pruned = &logical.Project{Input: pruned, Exprs: exprs, Out: keep}
		}
		c.In[i] = pruned
	}
	return &c
}

func keyExprs(keys []logical.SortKey) []expr.Expr {
	out := make([]expr.Expr, len(keys))
	for i, k := range keys {
		out[i] = k.Expr
	}
	return out
}

package optimize

import (
	"context"
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// pruneColumns drops what nobody reads: columns of scans, projections, aggregate and window calls. A subtree
// with several readers keeps what any of them wants.
func pruneColumns(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	shared := findShared(n)
	p := &pruner{wanted: map[uint32]set{}, kept: map[uint32]set{}}
	want := set{}
	for _, f := range n.Fields() {
		want[f.ID] = true
	}
	n = p.prune(n, want)
	for _, id := range shared.order {
		shared.inputs[id] = p.prune(shared.inputs[id], p.wanted[id])
		p.kept[id] = set{}
		for _, f := range shared.inputs[id].Fields() {
			p.kept[id][f.ID] = true
		}
	}
	for id, in := range shared.inputs {
		shared.inputs[id] = p.narrow(in)
	}
	return shared.put(p.narrow(n)), nil
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

// pruner keeps, by the ID of a shared subtree, which of its columns the readers want and which it has kept.
type pruner struct{ wanted, kept map[uint32]set }

// narrow takes the columns that are gone out of the readers in n.
func (p *pruner) narrow(n logical.Node) logical.Node {
	if s, ok := n.(*logical.Shared); ok {
		c := *s
		c.Out = nil
		for i, f := range s.Input.Fields() {
			if p.kept[s.ID][f.ID] {
				c.Out = append(c.Out, s.Out[i])
			}
		}
		return &c
	}
	return overInputs(n, p.narrow)
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
		return p.join(n, want)
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
		wanted := p.wanted[n.ID].add()
		for i, f := range n.Input.Fields() {
			if want[n.Out[i].ID] {
				wanted[f.ID] = true
			}
		}
		p.wanted[n.ID] = wanted
		return n
	}
	return p.whole(n)
}

// join gives out what is wanted, and a column at least, since the rows of none are no batch.
func (p *pruner) join(n *logical.Join, want set) logical.Node {
	both := want.add(n.On...)
	c := *n
	c.Left, c.Right, c.Keep = p.prune(n.Left, both), p.prune(n.Right, both), nil
	all := c.Fields()
	keep := want.keep(all)
	if len(keep) == len(all) {
		return &c
	}
	if len(keep) == 0 {
		keep = all[:1]
	}
	for _, f := range keep {
		c.Keep = append(c.Keep, f.ID)
	}
	return &c
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

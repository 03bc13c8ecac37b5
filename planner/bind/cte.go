package bind

import (
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// ctes are the names of one WITH, and those around it.
type ctes struct {
	list  []*cte
	outer *ctes
	whole *ctes // for the query of a name: its WITH, later names included
}

// cte is a name of WITH. Its query is bound when it is first read, once for all readers.
type cte struct {
	def  *ast.CTE
	with *ctes // what its query sees: the names before it
	id   uint32
	node logical.Node
	busy bool // being bound
}

// find returns the nearest name, or nil. Case does not count: names of the tree are in lower case.
func (w *ctes) find(name string) *cte {
	for ; w != nil; w = w.outer {
		for i := len(w.list) - 1; i >= 0; i-- {
			if w.list[i].def.Name.Name == name {
				return w.list[i]
			}
		}
	}
	return nil
}

// later returns a name that is declared behind the one whose query is bound, or nil. Hive knows it where there is
// no table of that name.
func (w *ctes) later(name string) *cte {
	for ; w != nil; w = w.outer {
		if w.whole == nil {
			continue
		}
		for _, c := range w.whole.list {
			if c.def.Name.Name == name && !c.busy {
				return c
			}
		}
	}
	return nil
}

// declare adds the names of WITH to those around.
func (b *binder) declare(defs []ast.CTE, outer *ctes) (*ctes, error) {
	if len(defs) == 0 {
		return outer, nil
	}
	w := &ctes{outer: outer}
	for i := range defs {
		def := &defs[i]
		for _, other := range w.list {
			if other.def.Name.Name == def.Name.Name {
				return nil, diag.At(def.Name.Span(), diag.Exists, "WITH names %q twice", def.Name.Name)
			}
		}
		w.list = append(w.list, &cte{def: def, with: &ctes{list: w.list[:i:i], outer: outer, whole: w}, id: b.id()})
	}
	return w, nil
}

// readCTE returns the rows of c under columns of this reader's own.
func (b *binder) readCTE(c *cte, alias string) (relation, error) {
	if c.node == nil {
		c.busy = true
		defer func() { c.busy = false }()
		n, err := b.query(c.def.Query, queryCtx{with: c.with})
		if err != nil {
			return relation{}, err
		}
		c.node = n
	}
	s := b.share(c.node, c.id)
	cols := columnsOf(s, alias)
	// Hive: columns without a name in the list keep their own.
	if err := b.rename(cols[:min(len(cols), len(c.def.Columns))], c.def.Columns, c.def.Span()); err != nil {
		return relation{}, err
	}
	unlike(cols)
	return relation{node: s, cols: cols}, nil
}

// share returns one more reader of n.
func (b *binder) share(n logical.Node, id uint32) *logical.Shared {
	s := &logical.Shared{Input: n, ID: id}
	for _, f := range n.Fields() {
		f.ID = b.id()
		s.Out = append(s.Out, f)
	}
	return s
}

// maxExpanded is how many nodes a plan may have, a shared subtree counted once per reader. WITH can double
// that number with each name; it is counted without following every path.
const maxExpanded = 100_000

// finish puts shared subtrees that have one reader in its place.
func (b *binder) finish(n logical.Node) (logical.Node, error) {
	plans, err := b.finishAll([]logical.Node{n})
	if err != nil {
		return nil, err
	}
	return plans[0], nil
}

// finishAll is finish for several plans that share subtrees.
func (b *binder) finishAll(plans []logical.Node) ([]logical.Node, error) {
	readers := map[uint32]int{}
	for _, n := range plans {
		countReaders(n, readers)
	}
	in := inliner{readers: readers, done: map[uint32]logical.Node{}}
	sizes := map[uint32]int{}
	out := make([]logical.Node, len(plans))
	for i, n := range plans {
		out[i] = in.rewrite(n)
		if expandedSize(out[i], sizes) > maxExpanded {
			return nil, diag.Errorf(diag.Limit, "the plan has more than %d nodes", maxExpanded).
				WithHint("the names of WITH read each other too often")
		}
	}
	return out, nil
}

func countReaders(n logical.Node, readers map[uint32]int) {
	if s, ok := n.(*logical.Shared); ok {
		if readers[s.ID]++; readers[s.ID] > 1 {
			return
		}
	}
	for _, in := range n.Inputs() {
		countReaders(in, readers)
	}
}

func expandedSize(n logical.Node, sizes map[uint32]int) int {
	s, shared := n.(*logical.Shared)
	if shared && sizes[s.ID] > 0 {
		return sizes[s.ID]
	}
	total := 1
	for _, in := range n.Inputs() {
		if total += expandedSize(in, sizes); total > maxExpanded {
			total = maxExpanded + 1
		}
	}
	if shared {
		sizes[s.ID] = total
	}
	return total
}

// inliner replaces Shared nodes that have one reader.
type inliner struct {
	readers map[uint32]int
	done    map[uint32]logical.Node // rewritten inputs of the others
}

func (in *inliner) rewrite(n logical.Node) logical.Node {
	s, ok := n.(*logical.Shared)
	if !ok {
		inputs := n.Inputs()
		if len(inputs) == 0 {
			return n
		}
		out := make([]logical.Node, len(inputs))
		changed := false
		for i, x := range inputs {
			out[i] = in.rewrite(x)
			changed = changed || out[i] != x
		}
		if !changed {
			return n
		}
		return n.With(out...)
	}
	input, known := in.done[s.ID]
	if !known {
		input = in.rewrite(s.Input)
		in.done[s.ID] = input
	}
	if in.readers[s.ID] > 1 {
		return s.With(input)
	}
	p := &logical.Project{Input: input, Out: s.Out}
	for _, f := range input.Fields() {
		p.Exprs = append(p.Exprs, f.Column(diag.Span{}))
	}
	return p
}

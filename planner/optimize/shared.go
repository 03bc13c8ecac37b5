package optimize

import "github.com/winnowdb/winnow/planner/logical"

// sharedTrees are the subtrees of a plan that have several readers, for rules that must hear all readers before they
// touch the subtree.
type sharedTrees struct {
	order  []uint32 // of IDs; a reader stands outside of all subtrees or in one of an ID further in front
	inputs map[uint32]logical.Node
}

func findShared(n logical.Node) *sharedTrees {
	t := &sharedTrees{inputs: map[uint32]logical.Node{}}
	var last []uint32
	var walk func(logical.Node)
	walk = func(n logical.Node) {
		s, ok := n.(*logical.Shared)
		if ok && t.inputs[s.ID] != nil {
			return
		}
		if ok {
			t.inputs[s.ID] = s.Input
		}
		for _, in := range n.Inputs() {
			walk(in)
		}
		if ok {
			last = append(last, s.ID)
		}
	}
	walk(n)
	for i := range last {
		t.order = append(t.order, last[len(last)-1-i])
	}
	return t
}

// put returns n with the inputs of t under its readers.
func (t *sharedTrees) put(n logical.Node) logical.Node {
	done := map[uint32]logical.Node{}
	var walk func(logical.Node) logical.Node
	walk = func(n logical.Node) logical.Node {
		if s, ok := n.(*logical.Shared); ok {
			if done[s.ID] == nil {
				done[s.ID] = walk(t.inputs[s.ID])
			}
			return s.With(done[s.ID])
		}
		return overInputs(n, walk)
	}
	return walk(n)
}

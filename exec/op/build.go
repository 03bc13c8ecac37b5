package op

import (
	"fmt"
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// maxDepth bounds how deep operators nest.
const maxDepth = 2000

// Build makes the operator tree of n.
func Build(env *Env, n *winnowpb.Node) (Operator, error) { return build(env, n, &meter{}, 0) }

func build(env *Env, n *winnowpb.Node, m *meter, depth int) (Operator, error) {
	if depth > maxDepth {
		return nil, diag.Errorf(diag.Limit, "the plan nests deeper than %d operators", maxDepth)
	}
	in := make([]Operator, len(n.Inputs))
	closeAll := func() {
		for _, o := range in {
			if o != nil {
				o.Close() // the error that led here is the one to tell
			}
		}
	}
	below := m
	if _, ok := n.Op.(*winnowpb.Node_Transform); ok {
		below = &meter{} // its input is pulled by a goroutine of its own
	}
	for i, c := range n.Inputs {
		o, err := build(env, c, below, depth+1)
		if err != nil {
			closeAll()
			return nil, err
		}
		in[i] = o
	}
	o, err := operator(env, n, in)
	if err != nil {
		closeAll()
		return nil, err
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", n.Op), "*winnowpb.Node_")
	return &counted{Operator: o, env: env, meter: m, stats: winnowpb.NodeStats{Node: n.Id, Name: name}}, nil
}

// operator makes the operator of one node over its inputs.
func operator(env *Env, n *winnowpb.Node, in []Operator) (Operator, error) {
	if want := arity(n); want >= 0 && len(in) != want {
		return nil, diag.Errorf(diag.Internal, "plan: %T has %d inputs", n.Op, len(in))
	}
	switch n.Op.(type) {
	case *winnowpb.Node_Scan:
		return newScan(env, n)
	case *winnowpb.Node_HandlerScan:
		return newHandlerScan(env, n)
	case *winnowpb.Node_Values:
		return newValues(env, n)
	case *winnowpb.Node_Exchange:
		return newExchange(env, n)
	case *winnowpb.Node_Filter:
		return newFilter(env, n, in[0])
	case *winnowpb.Node_Project:
		return newProject(env, n, in[0])
	case *winnowpb.Node_Aggregate:
		return newAggregate(env, n, in[0])
	case *winnowpb.Node_GroupingSets:
		return newGroupingSets(env, n, in[0])
	case *winnowpb.Node_Join:
		return newJoin(env, n, in[0], in[1])
	case *winnowpb.Node_Sort:
		return newSort(env, n, in[0])
	case *winnowpb.Node_Limit:
		return newLimit(env, n, in[0])
	case *winnowpb.Node_Window:
		if len(n.GetWindow().Calls) == 0 {
			return newFirstRows(env, n, in[0])
		}
		return newWindow(env, n, in[0])
	case *winnowpb.Node_Union:
		return newUnion(n, in)
	case *winnowpb.Node_SetOp:
		return newSetOp(env, n, in[0], in[1])
	case *winnowpb.Node_Generate:
		return newGenerate(env, n, in[0])
	case *winnowpb.Node_Transform:
		return newTransform(env, n, in[0])
	case *winnowpb.Node_Write:
		return newWrite(env, n, in[0])
	case *winnowpb.Node_AssertSingle:
		return &assertSingle{unary: unary{env, in[0], in[0].Schema()}}, nil
	case *winnowpb.Node_Sample:
		return newSample(env, n, in[0])
	}
	return nil, diag.Errorf(diag.Internal, "plan: no operator for %T", n.Op)
}

// arity is how many inputs a node has; -1: any number.
func arity(n *winnowpb.Node) int {
	switch n.Op.(type) {
	case *winnowpb.Node_Scan, *winnowpb.Node_HandlerScan, *winnowpb.Node_Values, *winnowpb.Node_Exchange:
		return 0
	case *winnowpb.Node_Join, *winnowpb.Node_SetOp:
		return 2
	case *winnowpb.Node_Union:
		return -1
	}
	return 1
}

package logical

import (
	"fmt"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
)

// Check reports the first fault in the structure of a plan: an expression that reads a column which its input
// does not have or has with another type, a list of expressions and fields of different length, a condition that is
// not boolean, sides of a set operation of different types. Binder and rules are tested with it.
func Check(n Node) error {
	c := checker{seen: map[Node]bool{}}
	return c.node(n)
}

type checker struct{ seen map[Node]bool }

func (c *checker) node(n Node) error {
	if c.seen[n] {
		return nil
	}
	c.seen[n] = true
	for _, in := range n.Inputs() {
		if err := c.node(in); err != nil {
			return err
		}
	}
	if err := checkNode(n); err != nil {
		return fmt.Errorf("%s: %w", Describe(n), err)
	}
	return nil
}

// columns are the types of the columns that expressions of a node may read.
type columns map[uint32]Field

func inputOf(n Node) columns {
	cols := columns{}
	for _, in := range n.Inputs() {
		for _, f := range in.Fields() {
			cols[f.ID] = f
		}
	}
	return cols
}

func (cols columns) check(exprs ...expr.Expr) error {
	var err error
	for _, e := range exprs {
		if e == nil {
			continue
		}
		expr.Walk(e, func(x expr.Expr) bool {
			col, ok := x.(*expr.Column)
			if !ok || err != nil {
				return err == nil
			}
			f, known := cols[col.ID]
			switch {
			case !known:
				err = fmt.Errorf("%s reads column #%d %s, which the input does not have", expr.Print(e), col.ID, col.Name)
			case !datatype.Equal(f.T, col.T):
				err = fmt.Errorf("column #%d %s is %s, read as %s", col.ID, col.Name, datatype.Name(f.T), datatype.Name(col.T))
			}
			return err == nil
		})
	}
	return err
}

func (cols columns) conditions(exprs []expr.Expr) error {
	for _, e := range exprs {
		if !datatype.Equal(e.Type(), datatype.Bool) {
			return fmt.Errorf("condition %s is %s", expr.Print(e), datatype.Name(e.Type()))
		}
	}
	return cols.check(exprs...)
}

// produces checks that exprs make the columns of out.
func (cols columns) produces(exprs []expr.Expr, out []Field) error {
	if len(exprs) != len(out) {
		return fmt.Errorf("%d expressions for %d columns", len(exprs), len(out))
	}
	for i, e := range exprs {
		if !datatype.Equal(e.Type(), out[i].T) {
			return fmt.Errorf("%s is %s, its column %s", expr.Print(e), datatype.Name(e.Type()), datatype.Name(out[i].T))
		}
	}
	return cols.check(exprs...)
}

func (cols columns) sorts(keys []SortKey) error {
	for _, k := range keys {
		if err := cols.check(k.Expr); err != nil {
			return err
		}
	}
	return nil
}

func checkNode(n Node) error {
	cols := inputOf(n)
	switch n := n.(type) {
	case *Scan:
		for _, f := range n.Fields() {
			cols[f.ID] = f
		}
		if n.Sample != nil {
			if err := cols.check(n.Sample.On...); err != nil {
				return err
			}
		}
		return cols.conditions(n.Filters)
	case *Values:
		for _, row := range n.Rows {
			if err := cols.produces(row, n.Out); err != nil {
				return err
			}
		}
	case *Filter:
		return cols.conditions(n.Conds)
	case *Project:
		return cols.produces(n.Exprs, n.Out)
	case *Aggregate:
		return cols.aggregate(n)
	case *GroupingSets:
		return checkSets(n, cols)
	case *Join:
		return cols.conditions(n.On)
	case *Sort:
		return cols.sorts(n.Keys)
	case *Window:
		return cols.window(n)
	case *Union:
		return sameTypes(n.In, n.Out)
	case *SetOp:
		return sameTypes(n.Inputs(), n.Out)
	case *Shared:
		return sameTypes(n.Inputs(), n.Out)
	case *Generate:
		return cols.check(n.Args...)
	case *Transform:
		return cols.check(n.Args...)
	case *SampleRows:
		return cols.check(n.Sample.On...)
	}
	return nil
}

func (cols columns) aggregate(n *Aggregate) error {
	for _, c := range n.Calls {
		if err := cols.check(append(c.Args[:len(c.Args):len(c.Args)], c.Filter)...); err != nil {
			return err
		}
	}
	return cols.produces(n.Keys, n.Out)
}

func checkSets(n *GroupingSets, cols columns) error {
	if len(n.Keys) != len(n.Out) || len(n.Sets) != len(n.GID) {
		return fmt.Errorf("%d keys for %d columns, %d sets with %d numbers", len(n.Keys), len(n.Out), len(n.Sets), len(n.GID))
	}
	for _, id := range n.Keys {
		if _, ok := cols[id]; !ok {
			return fmt.Errorf("key #%d is not in the input", id)
		}
	}
	for _, set := range n.Sets {
		for _, k := range set {
			if k < 0 || k >= len(n.Keys) {
				return fmt.Errorf("a set names key %d of %d", k, len(n.Keys))
			}
		}
	}
	return nil
}

func (cols columns) window(n *Window) error {
	for _, c := range n.Calls {
		if err := cols.check(append(c.Args[:len(c.Args):len(c.Args)], c.Filter)...); err != nil {
			return err
		}
	}
	if err := cols.sorts(n.OrderBy); err != nil {
		return err
	}
	return cols.check(n.PartitionBy...)
}

func sameTypes(in []Node, out []Field) error {
	for _, n := range in {
		fields := n.Fields()
		if len(fields) != len(out) {
			return fmt.Errorf("an input has %d columns, the node %d", len(fields), len(out))
		}
		for i, f := range fields {
			if !datatype.Equal(f.T, out[i].T) {
				return fmt.Errorf("column %s is %s in an input, %s in the node", out[i].Name, datatype.Name(f.T), datatype.Name(out[i].T))
			}
		}
	}
	return nil
}

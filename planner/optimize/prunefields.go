package optimize

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
)

// pruneFields notes at scans which fields of struct columns, and which entries of maps, are read, for formats that can leave
// out the rest. The type of the column stays; fields that nobody reads are NULL.
func pruneFields(_ context.Context, _ *Env, n logical.Node) (logical.Node, error) {
	u := usesOf(n)
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		scan, ok := n.(*logical.Scan)
		if !ok {
			return n, nil
		}
		c := *scan
		c.Columns = slices.Clone(scan.Columns)
		for i := range c.Columns {
			col := &c.Columns[i]
			if col.Source != logical.Data {
				continue
			}
			switch col.Field.T.(type) {
			case *arrow.StructType:
				col.Path = u.fields(col.Field.ID)
			case *arrow.MapType:
				col.Path = u.keys(col.Field.ID)
			}
		}
		return &c, nil
	})
}

// uses tells which fields of a column are read: paths of names joined by dots, or keys of a map. The column as a whole
// is the path "".
type uses map[uint32]map[string]bool

// usesOf is what n and the nodes below it read; what n gives out is read whole.
func usesOf(n logical.Node) uses {
	u := uses{}
	for _, f := range n.Fields() {
		u.whole(f.ID)
	}
	u.node(n)
	return u
}

func (u uses) add(id uint32, path string) {
	if u[id] == nil {
		u[id] = map[string]bool{}
	}
	u[id][path] = true
}

func (u uses) whole(id uint32) { u.add(id, "") }

// fields returns the paths read of a column, none of which is within another; nil if all of it is.
func (u uses) fields(id uint32) []string {
	var out []string
	for path := range u[id] {
		if path == "" {
			return nil
		}
		within := false
		for other := range u[id] {
			within = within || strings.HasPrefix(path, other+".")
		}
		if !within {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// keys returns the keys by which a map is looked into; nil if it is read in any other way too.
func (u uses) keys(id uint32) []string {
	if u[id][""] {
		return nil
	}
	return slices.Sorted(maps.Keys(u[id]))
}

// node notes what n and the nodes below it read. What is read by position, or by a node that is not known here, is read whole.
func (u uses) node(n logical.Node) {
	switch n := n.(type) {
	case *logical.Scan:
		u.exprs(n.Filters...)
		u.sample(n.Sample)
	case *logical.Filter:
		u.exprs(n.Conds...)
	case *logical.Project:
		u.exprs(n.Exprs...)
	case *logical.Aggregate:
		u.exprs(n.Keys...)
		for _, c := range n.Calls {
			u.exprs(append(slices.Clone(c.Args), c.Filter)...)
		}
	case *logical.Join:
		u.exprs(n.On...)
	case *logical.Sort:
		u.exprs(keyExprs(n.Keys)...)
	case *logical.Window:
		u.exprs(append(keyExprs(n.OrderBy), n.PartitionBy...)...)
		for _, c := range n.Calls {
			u.exprs(append(slices.Clone(c.Args), c.Filter)...)
		}
	case *logical.Generate:
		u.exprs(n.Args...)
	case *logical.Limit, *logical.AssertSingle:
	default:
		for _, in := range n.Inputs() {
			for _, f := range in.Fields() {
				u.whole(f.ID)
			}
		}
	}
	for _, in := range n.Inputs() {
		u.node(in)
	}
}

func (u uses) sample(s *logical.Sample) {
	if s != nil {
		u.exprs(s.On...)
	}
}

func (u uses) exprs(es ...expr.Expr) {
	for _, e := range es {
		if e != nil {
			expr.Walk(e, u.visit)
		}
	}
}

// visit notes a column, a chain of fields of one, or an entry of one.
func (u uses) visit(e expr.Expr) bool {
	if col, key, ok := entry(e); ok {
		u.add(col.ID, key)
		return false
	}
	path := ""
	for {
		switch x := e.(type) {
		case *expr.Column:
			u.add(x.ID, path)
			return false
		case *expr.Call:
			name, ok := fieldName(x)
			if !ok {
				// What a field is taken of may be anything; only a chain down to a column has a path.
				return true
			}
			if path != "" {
				name += "." + path
			}
			e, path = x.Args[0], name
			continue
		}
		return true
	}
}

// entry returns the column and the constant key of m['k'].
func entry(e expr.Expr) (col *expr.Column, key string, ok bool) {
	call, ok := e.(*expr.Call)
	if !ok || call.Name != "index" || len(call.Args) != 2 {
		return nil, "", false
	}
	col, isColumn := call.Args[0].(*expr.Column)
	literal, isLiteral := call.Args[1].(*expr.Literal)
	if !isColumn || !isLiteral || col.T.ID() != arrow.MAP {
		return nil, "", false
	}
	text, isText := literal.Value.(*array.String)
	if !isText || text.IsNull(0) {
		return nil, "", false
	}
	return col, text.Value(0), true
}

// fieldName returns the field that call takes of a struct.
func fieldName(call *expr.Call) (string, bool) {
	if call.Name != "getfield" || len(call.Args) != 2 {
		return "", false
	}
	if _, ok := call.Args[0].Type().(*arrow.StructType); !ok {
		return "", false
	}
	literal, ok := call.Args[1].(*expr.Literal)
	if !ok {
		return "", false
	}
	text, ok := literal.Value.(*array.String)
	if !ok || text.Len() != 1 || text.IsNull(0) || strings.Contains(text.Value(0), ".") {
		return "", false
	}
	return strings.ToLower(text.Value(0)), true
}

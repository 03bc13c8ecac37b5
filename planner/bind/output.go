package bind

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// project computes the items, makes them distinct, and orders and limits them.
func (s *block) project(order []orderKey) (logical.Node, error) {
	n := &logical.Project{Input: s.node}
	used := map[uint32]bool{}
	for _, it := range s.items {
		n.Exprs = append(n.Exprs, it.raw)
		n.Out = append(n.Out, s.outField(it.raw, it.table, it.name, used))
	}
	shown := len(n.Out)
	var out logical.Node = n
	if s.sel.Distinct {
		out = s.distinct(n)
	}
	keys, err := s.sortKeys(order, n, out.Fields(), used)
	if err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		out = &logical.Sort{Input: out, Keys: keys}
	}
	if out, err = s.limited(out, s.order, s.ctx); err != nil {
		return nil, err
	}
	if len(n.Out) > shown {
		out = keepFirst(out, shown)
	}
	return out, nil
}

// outField is the output column of e. A column keeps its ID, unless it is there already or is one of an
// enclosing query.
func (s *block) outField(e expr.Expr, table, name string, used map[uint32]bool) logical.Field {
	f := logical.Field{Qualifier: table, Name: name, T: e.Type()}
	if c, ok := e.(*expr.Column); ok && !used[c.ID] && !s.isOuter(c.ID) {
		f.ID = c.ID
	} else {
		f.ID = s.id()
	}
	used[f.ID] = true
	return f
}

// isOuter reports whether id is a column of an enclosing query.
func (s *block) isOuter(id uint32) bool {
	for o := s.ctx.outer; o != nil; o = o.outer {
		if slices.ContainsFunc(o.cols, func(c column) bool { return c.ID == id }) {
			return true
		}
	}
	return false
}

// keepFirst leaves the first n columns of in.
func keepFirst(in logical.Node, n int) logical.Node {
	p := &logical.Project{Input: in, Out: in.Fields()[:n:n]}
	for _, f := range p.Out {
		p.Exprs = append(p.Exprs, f.Column(diag.Span{}))
	}
	return p
}

// distinct is in without rows that occur twice.
func (b *binder) distinct(in logical.Node) logical.Node {
	n := &logical.Aggregate{Input: in}
	for _, f := range in.Fields() {
		key := f.Column(diag.Span{})
		f.ID = b.id()
		n.Keys, n.Out = append(n.Keys, key), append(n.Out, f)
	}
	return n
}

// sortKeys makes keys of the order: columns of the output out, or else columns that n computes besides.
func (s *block) sortKeys(order []orderKey, n *logical.Project, out []logical.Field, used map[uint32]bool) ([]logical.SortKey, error) {
	shown := len(s.items)
	var keys []logical.SortKey
	for _, o := range order {
		k := o.SortKey
		if _, constant := k.Expr.(*expr.Literal); constant {
			continue
		}
		i := slices.IndexFunc(n.Exprs, func(e expr.Expr) bool { return expr.Equal(e, k.Expr) })
		switch {
		case o.item >= 0:
			k.Expr = out[o.item].Column(k.Expr.Span())
		case i >= 0 && i < shown:
			k.Expr = out[i].Column(k.Expr.Span())
		case s.sel.Distinct:
			if x := overOutput(k.Expr, n.Exprs[:shown], out); x != nil {
				k.Expr = x
				break
			}
			return nil, diag.At(k.Expr.Span(), diag.Type, "with DISTINCT, ORDER BY takes columns of the select list only: not %s", expr.Print(k.Expr))
		case i >= 0:
			k.Expr = n.Out[i].Column(k.Expr.Span())
		default:
			f := s.outField(k.Expr, "", "_order"+strconv.Itoa(len(n.Out)-shown), used)
			if c, ok := k.Expr.(*expr.Column); ok {
				f.Name = c.Name
			}
			n.Exprs, n.Out = append(n.Exprs, k.Expr), append(n.Out, f)
			k.Expr = f.Column(k.Expr.Span())
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// overOutput makes e read the output columns out of exprs, or returns nil if they do not tell its value.
func overOutput(e expr.Expr, exprs []expr.Expr, out []logical.Field) expr.Expr {
	var rewrite func(e expr.Expr) (expr.Expr, error)
	rewrite = func(e expr.Expr) (expr.Expr, error) {
		if i := slices.IndexFunc(exprs, func(x expr.Expr) bool { return expr.Equal(x, e) }); i >= 0 {
			return out[i].Column(e.Span()), nil
		}
		if c, ok := e.(*expr.Column); ok {
			return nil, diag.At(c.At, diag.Type, "not in the output")
		}
		return mapChildren(e, rewrite)
	}
	x, err := rewrite(e)
	if err != nil {
		return nil
	}
	return x
}

// uniqueNames gives result columns of one name their table's name in front, or, where that does not tell them
// apart, a number behind.
func (b *binder) uniqueNames(n logical.Node) logical.Node {
	fields := slices.Clone(n.Fields())
	count := map[string]int{}
	for _, f := range fields {
		count[f.Name]++
	}
	taken := map[string]bool{}
	changed := false
	for i, f := range fields {
		name := f.Name
		if count[name] > 1 && f.Qualifier != "" {
			name = f.Qualifier + "." + name
		}
		base := name
		for k := 1; taken[name]; k++ {
			name = base + "_" + strconv.Itoa(k)
		}
		taken[name] = true
		if name != f.Name {
			b.warn("the result has more than one column \"" + f.Name + "\": one is named \"" + name + "\"")
			fields[i].Name, changed = name, true
		}
	}
	if !changed {
		return n
	}
	p := &logical.Project{Input: n, Out: fields}
	for _, f := range n.Fields() {
		p.Exprs = append(p.Exprs, f.Column(diag.Span{}))
	}
	return p
}

// structFields returns the names of the fields of a struct.
func structFields(t arrow.DataType) ([]string, bool) {
	st, ok := t.(*arrow.StructType)
	if !ok {
		return nil, false
	}
	names := make([]string, len(st.Fields()))
	for i, f := range st.Fields() {
		names[i] = strings.ToLower(f.Name)
	}
	return names, true
}

// missingTable is the error for t.* without a table t.
func (s *scope) missingTable(name []ast.Ident) error {
	err := diag.At(spanOf(name), diag.Unknown, "no table or alias %q here", text(name))
	var tables []string
	for _, c := range s.cols {
		tables = append(tables, c.Qualifier)
	}
	err.Hint = diag.DidYouMean(text(name), tables)
	return err
}

var broadcastHint = regexp.MustCompile(`(?i)(?:mapjoin|broadcast|broadcastjoin)\s*\(([^)]*)\)`)

// broadcastHints returns the aliases that hints such as MAPJOIN(a, b) name, in lower case.
func broadcastHints(hint string) []string {
	var tables []string
	for _, m := range broadcastHint.FindAllStringSubmatch(hint, -1) {
		for _, t := range strings.Split(m[1], ",") {
			tables = append(tables, strings.ToLower(strings.TrimSpace(t)))
		}
	}
	return tables
}

// broadcast marks the joins of n whose right side is one of tables.
func broadcast(n logical.Node, tables []string) logical.Node {
	switch n := n.(type) {
	case *logical.Generate:
		return n.With(broadcast(n.Input, tables))
	case *logical.Join:
		j := *n
		j.Left = broadcast(n.Left, tables)
		for _, f := range n.Right.Fields() {
			if slices.Contains(tables, f.Qualifier) && n.Kind != logical.Right && n.Kind != logical.Full {
				j.Broadcast = true
			}
		}
		return &j
	}
	return n
}

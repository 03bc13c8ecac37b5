package optimize

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// prunePartitions evaluates the filters that read only partition columns on the list of partitions, with
// the same evaluator as for rows, and leaves the other filters to the scan.
func prunePartitions(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	return listPartitions(ctx, env, n, true)
}

// keepPartitions lists all partitions, and leaves every filter to the scan.
func keepPartitions(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	return listPartitions(ctx, env, n, false)
}

func listPartitions(ctx context.Context, env *Env, n logical.Node, prune bool) (logical.Node, error) {
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		s, ok := n.(*logical.Scan)
		if !ok || s.Pruned != nil || s.Table.Handler != "" {
			return n, nil
		}
		c := *s
		if !s.Table.IsPartitioned() {
			c.Pruned = &logical.Pruned{Partitions: []logical.Partition{{Location: s.Table.Location}}, Total: 1}
			return &c, nil
		}
		keys := &keyFilter{env: env, scan: s}
		c.Filters = nil
		filtered := false
		for _, f := range s.Filters {
			takes := keys.takes(f)
			filtered = filtered || takes
			if prune && takes {
				keys.conds = append(keys.conds, f)
			} else {
				c.Filters = append(c.Filters, f)
			}
		}
		if !filtered && wantsFilter(env.Session, s.Table) {
			return nil, diag.At(s.At, diag.Denied, "%s is read without a condition on its partition columns", s.Table.FullName()).
				WithHint("write one, such as %s = …, or set %s=false", s.Table.Partition[0].Name, requireFilter)
		}
		pruned, err := keys.run(ctx)
		if err != nil {
			return nil, err
		}
		c.Pruned = pruned
		return &c, nil
	})
}

// requireFilter is the setting, and the property of a table, that wants a condition on the partitions that are read.
const requireFilter = "winnow.require.partition.filter"

// wantsFilter reports whether t may only be read with a condition on its partition columns. What the session sets rules; Hive's
// own setting counts too.
func wantsFilter(s *funcs.Session, t *catalog.Table) bool {
	if v, ok := s.Settings[requireFilter]; ok {
		return strings.EqualFold(v, "true")
	}
	return strings.EqualFold(t.Props[requireFilter], "true") || strings.EqualFold(s.Settings["hive.strict.checks.no.partition.filter"], "true")
}

// keyFilter is the partition filters of one scan.
type keyFilter struct {
	env   *Env
	scan  *logical.Scan
	conds []expr.Expr
}

// takes reports whether e reads partition columns and nothing else.
func (k *keyFilter) takes(e expr.Expr) bool {
	ids := expr.Columns(e)
	for _, id := range ids {
		if k.key(id) < 0 {
			return false
		}
	}
	return len(ids) > 0 && !expr.IsVolatile(e)
}

// key returns the index of the partition column with this ID, or -1.
func (k *keyFilter) key(id uint32) int {
	for _, c := range k.scan.Columns {
		if c.Field.ID == id && c.Source == logical.PartitionKey {
			return c.Index
		}
	}
	return -1
}

func (k *keyFilter) run(ctx context.Context) (*logical.Pruned, error) {
	t := k.scan.Table
	rec, total, err := k.env.Source.Partitions(ctx, t, k.keep)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	keep, err := k.keep(ctx, rec)
	if err != nil {
		return nil, err
	}
	out := &logical.Pruned{Total: total}
	loc := rec.Column(len(t.Partition)).(*array.String)
	for i, ok := range keep {
		if ok {
			out.Partitions = append(out.Partitions, partition(t, rec, i, loc.Value(i)))
		}
	}
	return out, nil
}

// keep is the catalog.Pruner of the scan's conditions: those whose columns are all in keys count.
func (k *keyFilter) keep(ctx context.Context, keys arrow.Record) ([]bool, error) {
	have := min(int(keys.NumCols()), len(k.scan.Table.Partition))
	n := int(keys.NumRows())
	keep := make([]bool, n)
	for i := range keep {
		keep[i] = true
	}
	typed, err := TypedKeys(k.context(ctx), k.scan.Table, keys, have)
	if err != nil {
		return nil, err
	}
	defer typed.Release()
	c := k.context(ctx)
	for _, cond := range k.conds {
		placed, ok := k.place(cond, have)
		if !ok {
			continue
		}
		rows, err := expr.EvalBool(c, placed, typed)
		if err != nil {
			return nil, err
		}
		next := 0
		for i := range keep {
			if next < len(rows) && int(rows[next]) == i {
				next++
			} else {
				keep[i] = false
			}
		}
	}
	return keep, nil
}

func (k *keyFilter) context(ctx context.Context) *funcs.Ctx {
	return &funcs.Ctx{Context: ctx, Mem: memory.DefaultAllocator, Session: k.env.Session, Warn: func(string) {}}
}

// place gives e's columns the index of their partition column; false if one of them is not among the first have.
func (k *keyFilter) place(e expr.Expr, have int) (expr.Expr, bool) {
	ok := true
	placed := expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		col, is := e.(*expr.Column)
		if !is {
			return e
		}
		moved := *col
		moved.Index = k.key(col.ID)
		ok = ok && moved.Index < have
		return &moved
	})
	return placed, ok
}

// partition reads row i of a partition record.
func partition(t *catalog.Table, rec arrow.Record, i int, location string) logical.Partition {
	p := logical.Partition{Location: location, Values: make([]catalog.Value, len(t.Partition))}
	var name strings.Builder
	for j, col := range t.Partition {
		v := catalog.Value{Null: rec.Column(j).IsNull(i)}
		if !v.Null {
			v.Text = strings.Clone(rec.Column(j).(*array.String).Value(i))
		}
		p.Values[j] = v
		if j > 0 {
			name.WriteByte('/')
		}
		fmt.Fprintf(&name, "%s=%s", col.Name, v.Text)
		if v.Null {
			name.WriteString("__HIVE_DEFAULT_PARTITION__")
		}
	}
	p.Name, p.Location = name.String(), strings.Clone(location)
	return p
}

// Partitions returns all scans' pruned partitions in n, for EXPLAIN.
func Partitions(n logical.Node) []*logical.Scan {
	var out []*logical.Scan
	seen := map[uint32]bool{}
	var walk func(logical.Node)
	walk = func(n logical.Node) {
		if s, ok := n.(*logical.Scan); ok && !seen[s.ID] {
			seen[s.ID] = true
			out = append(out, s)
		}
		for _, in := range n.Inputs() {
			walk(in)
		}
	}
	walk(n)
	return slices.Clip(out)
}

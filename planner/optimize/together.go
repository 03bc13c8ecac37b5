package optimize

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/planner/logical"
)

// readTogether finds the scans whose partitions can be read in groups, each by one task, so that what is grouped by partition
// columns and others, or a window over partition columns, has its rows together where they are read: they do not travel. It does
// so where groups are so small beside all that the tasks still end at about the same time.
func readTogether(ctx context.Context, env *Env, n logical.Node) (logical.Node, error) {
	if env.Sizes == nil || env.Slots == 0 {
		return n, nil
	}
	wanted := map[uint32][]uint32{}
	wantTogether(n, wanted)
	return rewrite(n, func(n logical.Node) (logical.Node, error) {
		s, ok := n.(*logical.Scan)
		if !ok || s.Together != nil || len(wanted[s.ID]) == 0 {
			return n, nil
		}
		groups := groupPartitions(s, wanted[s.ID])
		sizes, ok := env.Sizes(ctx, s)
		if !ok || !balanced(groups, sizes, env.Slots) {
			return n, nil
		}
		out, pruned := *s, *s.Pruned
		pruned.Partitions = slices.Clone(s.Pruned.Partitions)
		for i, g := range groups {
			pruned.Partitions[i].Group = g
		}
		slices.SortStableFunc(pruned.Partitions, func(a, b logical.Partition) int { return cmp.Compare(a.Group, b.Group) })
		out.Pruned, out.Together = &pruned, wanted[s.ID]
		return &out, nil
	})
}

// Bounds of a group: how many there are at least for a slot, and the bytes of one, which is lost with its worker.
const (
	groupsPerSlot = 8
	mostOfGroup   = 2 << 30
)

// balanced reports whether slots tasks at a time that read a group each have about the same to do. groups are the partitions'.
func balanced(groups []int, sizes []int64, slots int) bool {
	of := make([]int64, len(groups)+1)
	var all int64
	for i, g := range groups {
		of[g] += sizes[i]
		all += sizes[i]
	}
	largest := slices.Max(of)
	return largest <= mostOfGroup && largest*int64(slots)*groupsPerSlot <= all
}

// groupPartitions numbers the different values of columns among the partitions of s, in their order, from 1 on.
func groupPartitions(s *logical.Scan, columns []uint32) []int {
	parts := s.Pruned.Partitions
	keys := make([]strings.Builder, len(parts))
	for _, c := range s.Columns {
		if !slices.Contains(columns, c.Field.ID) {
			continue
		}
		texts := make([]*string, len(parts))
		for i := range parts {
			if v := &parts[i].Values[c.Index]; !v.Null {
				texts[i] = &v.Text
			}
		}
		values := serde.Values(c.Field.T, texts) // as the scan makes them
		for i := range parts {
			if values.IsNull(i) {
				keys[i].WriteString("n")
			} else {
				keys[i].WriteString("v" + values.ValueStr(i))
			}
			keys[i].WriteByte(0)
		}
		values.Release()
	}
	groups, known := make([]int, len(parts)), map[string]int{}
	for i := range keys {
		key := keys[i].String()
		if known[key] == 0 {
			known[key] = len(known) + 1
		}
		groups[i] = known[key]
	}
	return groups
}

// wantTogether sets, per scan, the partition columns by which operators of n would have rows together. The lowest operator
// tells: others that have its columns among their keys find them so too.
func wantTogether(n logical.Node, wanted map[uint32][]uint32) {
	for _, in := range n.Inputs() {
		wantTogether(in, wanted)
	}
	var keys []expr.Expr
	travel := true // all rows would, and not one a group
	switch n := n.(type) {
	case *logical.Aggregate:
		if len(n.Always) > 0 {
			return
		}
		keys, travel = n.Keys, slices.ContainsFunc(n.Calls, func(c logical.AggCall) bool { return c.Distinct })
	case *logical.Window:
		keys = n.PartitionBy
	default:
		return
	}
	scan, columns := partitionColumns(n.Inputs()[0], keys)
	if scan != nil && wanted[scan.ID] == nil && (travel || len(columns) < len(keys)) { // groups by partitions alone are few
		wanted[scan.ID] = columns
	}
}

// partitionColumns returns the scan of which keys over n are partition columns, and these; nil if none is.
func partitionColumns(n logical.Node, keys []expr.Expr) (scan *logical.Scan, columns []uint32) {
	for _, k := range keys {
		col, ok := k.(*expr.Column)
		if !ok {
			continue
		}
		s, id := partitionColumn(n, col.ID)
		if s != nil && (scan == nil || scan == s) {
			scan, columns = s, append(columns, id)
		}
	}
	return scan, columns
}

// partitionColumn returns the scan of whose partition columns one is the column id of n, and its ID there, if the rows of n lie
// in the tasks that read the scan; nil else.
func partitionColumn(n logical.Node, id uint32) (*logical.Scan, uint32) {
	switch n := n.(type) {
	case *logical.Filter:
		return partitionColumn(n.Input, id)
	case *logical.Generate:
		return partitionColumn(n.Input, id)
	case *logical.Project:
		i := slices.IndexFunc(n.Out, func(f logical.Field) bool { return f.ID == id })
		if i < 0 {
			return nil, 0
		}
		if col, ok := n.Exprs[i].(*expr.Column); ok {
			return partitionColumn(n.Input, col.ID)
		}
	case *logical.Join:
		if n.Broadcast && has(n.Left.Fields(), id) {
			return partitionColumn(n.Left, id)
		}
	case *logical.Scan:
		if n.Pruned == nil || n.Table.Handler != "" || n.Table.Format.Links() || n.Sample != nil || n.Limit > 0 {
			return nil, 0
		}
		for _, c := range n.Columns {
			if c.Field.ID == id && c.Source == logical.PartitionKey && groupable(c.Field.T) {
				return n, id
			}
		}
	}
	return nil, 0
}

// groupable: values of the type are equal if and only if their texts are.
func groupable(t arrow.DataType) bool {
	return datatype.IsInteger(t) || t.ID() == arrow.DATE32 || datatype.Equal(t, datatype.String)
}

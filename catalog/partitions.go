package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// PartitionRecord makes the record that Source.Partitions returns of parts, in their order.
func PartitionRecord(t *Table, parts []PartitionSpec) arrow.Record {
	keys := len(t.Partition)
	b := newRecordBuilder(t, keys, arrow.Field{Name: "location", Type: datatype.String})
	defer b.Release()
	location := b.Field(keys).(*array.StringBuilder)
	for _, p := range parts {
		appendKeys(b, p, keys)
		location.Append(p.Location)
	}
	return b.NewRecord()
}

// Prune returns those of level that prune keeps, all of them if it is nil. Each of level has values for
// the first keys of t's partition columns.
func Prune(ctx context.Context, prune Pruner, t *Table, level []PartitionSpec, keys int) ([]PartitionSpec, error) {
	if prune == nil || len(level) == 0 {
		return level, nil
	}
	b := newRecordBuilder(t, keys)
	defer b.Release()
	for _, p := range level {
		appendKeys(b, p, keys)
	}
	rec := b.NewRecord()
	defer rec.Release()
	keep, err := prune(ctx, rec)
	if err != nil {
		return nil, err
	}
	out := make([]PartitionSpec, 0, len(level))
	for i, p := range level {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out, nil
}

func newRecordBuilder(t *Table, keys int, more ...arrow.Field) *array.RecordBuilder {
	fields := make([]arrow.Field, 0, keys+len(more))
	for _, c := range t.Partition[:keys] {
		fields = append(fields, arrow.Field{Name: c.Name, Type: datatype.String, Nullable: true})
	}
	return array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(append(fields, more...), nil))
}

func appendKeys(b *array.RecordBuilder, p PartitionSpec, keys int) {
	for i := range keys {
		col := b.Field(i).(*array.StringBuilder)
		if i >= len(p.Values) || p.Values[i].Null {
			col.AppendNull()
		} else {
			col.Append(p.Values[i].Text)
		}
	}
}

// Specs reads a record of Source.Partitions back.
func Specs(t *Table, rec arrow.Record) []PartitionSpec {
	out := make([]PartitionSpec, rec.NumRows())
	loc := rec.Column(len(t.Partition)).(*array.String)
	for i := range out {
		out[i].Location = strings.Clone(loc.Value(i))
		for j := range t.Partition {
			v := Value{Null: rec.Column(j).IsNull(i)}
			if !v.Null {
				v.Text = strings.Clone(rec.Column(j).(*array.String).Value(i))
			}
			out[i].Values = append(out[i].Values, v)
		}
	}
	return out
}

// EscapeValue returns v as it stands in a partition path.
func EscapeValue(v Value) string {
	if v.Null {
		return datatype.DefaultPartition
	}
	return datatype.EscapePartition(v.Text)
}

// UnescapeValue is the inverse of EscapeValue.
func UnescapeValue(s string) Value {
	text, null := datatype.UnescapePartition(s)
	return Value{Text: text, Null: null}
}

// PartitionName returns year=2011/month=12 for the values, escaped as in paths.
func (t *Table) PartitionName(values []Value) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(datatype.EscapePartition(t.Partition[i].Name) + "=" + EscapeValue(v))
	}
	return b.String()
}

// PartitionLocation returns where the partition of values lies by the table's layout.
func (t *Table) PartitionLocation(values []Value) string {
	return strings.TrimSuffix(t.Location, "/") + "/" + t.PartitionName(values)
}

// Registry is an ordered set of partitions of one table.
type Registry struct{ parts []PartitionSpec }

// NewRegistry returns a registry of parts.
func NewRegistry(parts []PartitionSpec) *Registry {
	r := &Registry{parts: slices.Clone(parts)}
	slices.SortFunc(r.parts, func(a, b PartitionSpec) int { return CompareValues(a.Values, b.Values) })
	return r
}

// Parts returns the partitions in order; the caller does not change them.
func (r *Registry) Parts() []PartitionSpec { return r.parts }

// CompareValues orders partition values by their text, NULL as its text in paths.
func CompareValues(a, b []Value) int {
	return slices.CompareFunc(a, b, func(x, y Value) int { return strings.Compare(x.key(), y.key()) })
}

func (v Value) key() string {
	if v.Null {
		return datatype.DefaultPartition
	}
	return v.Text
}

func (r *Registry) find(values []Value) (int, bool) {
	return slices.BinarySearchFunc(r.parts, values, func(p PartitionSpec, v []Value) int { return CompareValues(p.Values, v) })
}

// Change returns the registry after c, which must concern this table t, and what to store and forget;
// errors are EXISTS, CONFLICT and UNKNOWN.
func (r *Registry) Change(t *Table, c Change) (next *Registry, put []PartitionSpec, drop [][]Value, err error) {
	next = &Registry{parts: r.parts}
	switch c := c.(type) {
	case AddPartitions:
		put, err = r.added(t, c)
	case DropPartitions:
		for _, v := range c.Values {
			if _, ok := r.find(v); ok {
				drop = append(drop, v)
			}
		}
	case ReplacePartition:
		if _, ok := r.find(c.Old); !ok {
			return nil, nil, nil, diag.Errorf(diag.Unknown, "no partition %s in %s", t.PartitionName(c.Old), t.FullName())
		}
		if _, ok := r.find(c.New.Values); ok && CompareValues(c.Old, c.New.Values) != 0 {
			return nil, nil, nil, diag.Errorf(diag.Exists, "partition %s of %s exists", t.PartitionName(c.New.Values), t.FullName()).
				WithHint("drop it first, or choose other values")
		}
		drop, put = [][]Value{c.Old}, []PartitionSpec{c.New}
	}
	if err != nil || len(put)+len(drop) == 0 {
		return next, nil, nil, err
	}
	gone := NewRegistry(nil)
	for _, v := range drop {
		gone.parts = append(gone.parts, PartitionSpec{Values: v})
	}
	slices.SortFunc(gone.parts, func(a, b PartitionSpec) int { return CompareValues(a.Values, b.Values) })
	parts := slices.DeleteFunc(slices.Clone(r.parts), func(p PartitionSpec) bool { _, ok := gone.find(p.Values); return ok })
	return NewRegistry(append(parts, put...)), put, drop, nil
}

func (r *Registry) added(t *Table, c AddPartitions) ([]PartitionSpec, error) {
	var put []PartitionSpec
	for _, p := range c.Partitions {
		i, ok := r.find(p.Values)
		if !ok {
			put = append(put, p)
			continue
		}
		if have := r.parts[i].Location; have != p.Location && p.Location != t.PartitionLocation(p.Values) {
			return nil, diag.Errorf(diag.Conflict, "partition %s of %s exists at %s", t.PartitionName(p.Values), t.FullName(), have)
		}
		if !c.IfNotExists {
			return nil, diag.Errorf(diag.Exists, "partition %s of %s exists", t.PartitionName(p.Values), t.FullName()).
				WithHint("add IF NOT EXISTS to pass over it")
		}
	}
	return put, nil
}

package op

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// newRecord returns a batch of schema s with n rows. It takes over cols, also when it fails. Columns that
// are stored as the schema wants but labelled otherwise (a string for a varchar) get the schema's label.
func newRecord(s *arrow.Schema, cols []arrow.Array, n int) (arrow.Record, error) {
	defer release(cols)
	if len(cols) != len(s.Fields()) {
		return nil, diag.Errorf(diag.Internal, "a batch has %d columns, its schema %d", len(cols), len(s.Fields()))
	}
	for i, c := range cols {
		want := s.Field(i).Type
		if c.DataType() == want || arrow.TypeEqual(c.DataType(), want) {
			continue
		}
		if !stored(c.DataType(), want) {
			return nil, diag.Errorf(diag.Internal, "column %q has values of type %s, want %s", s.Field(i).Name, datatype.Name(c.DataType()), datatype.Name(want))
		}
		cols[i] = datatype.Relabel(c, want)
		c.Release()
	}
	return array.NewRecord(s, cols, int64(n)), nil
}

// stored reports whether values of type a are stored as those of type b are; the names of struct fields
// and the sizes of decimals do not change how they are stored.
func stored(a, b arrow.DataType) bool {
	if a.ID() != b.ID() {
		return false
	}
	switch a := a.(type) {
	case *arrow.ListType:
		return stored(a.Elem(), b.(*arrow.ListType).Elem())
	case *arrow.MapType:
		b := b.(*arrow.MapType)
		return stored(a.KeyType(), b.KeyType()) && stored(a.ItemType(), b.ItemType())
	case *arrow.StructType:
		b := b.(*arrow.StructType)
		if len(a.Fields()) != len(b.Fields()) {
			return false
		}
		for i, f := range a.Fields() {
			if !stored(f.Type, b.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// retained returns cols with a reference more each, for newRecord to take over.
func retained(cols []arrow.Array) []arrow.Array {
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		c.Retain()
		out[i] = c
	}
	return out
}

// inSequence reports whether idx is 0, 1, 2, …
func inSequence(idx []int32) bool {
	for i, k := range idx {
		if int(k) != i {
			return false
		}
	}
	return true
}

// only returns the given rows of rec, which it takes over; nil if there are none.
func only(env *Env, rec arrow.Record, rows []int32) arrow.Record {
	if len(rows) == int(rec.NumRows()) {
		return rec
	}
	defer rec.Release()
	if len(rows) == 0 {
		return nil
	}
	return vec.TakeRecord(env.Mem, rec, rows)
}

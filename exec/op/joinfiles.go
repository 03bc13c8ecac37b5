package op

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// fileKeys are the values that a join wants of a column of which each file has one, such as a partition column.
type fileKeys struct {
	column int // of the scan
	wanted *keyTable
	nulls  bool // NULL may match
}

// mostFileKeys is how many rows of a right side are looked through for values of a partition column.
const mostFileKeys = 1 << 20

// leaveOutFiles tells the scan from which the left rows come which values of its partition columns the right
// side has: files with other values are not opened. It is called once the right side is known and before the
// first row of the left one is asked for.
func (j *join) leaveOutFiles() error {
	switch j.kind {
	case winnowpb.Join_INNER, winnowpb.Join_RIGHT, winnowpb.Join_SEMI:
	default:
		return nil // rows without a match count
	}
	if j.table.rows > mostFileKeys {
		return nil
	}
	for i, key := range j.lkeys {
		s, column := sourceOf(j.left, key)
		if s == nil {
			continue
		}
		k := fileKeys{column: column, wanted: newKeyTable(), nulls: j.nullSafe[i]}
		if j.table.rows > 0 {
			values, err := expr.EvalArray(j.env.Funcs, j.rkeys[i], j.table.rec)
			if err != nil {
				return err
			}
			var h keyHash
			h.of([]arrow.Array{values}, j.table.rows)
			k.wanted.insert(&h, make([]uint32, j.table.rows))
			values.Release()
		}
		s.keys = append(s.keys, k)
	}
	return nil
}

// sourceOf returns the scan that gives e as a column with one value per file, and the column; nil if there is none
// or if more hangs on a row of the scan than the rows that are made of it.
func sourceOf(o Operator, e expr.Expr) (*scan, int) {
	for {
		col, ok := e.(*expr.Column)
		if !ok {
			return nil, 0
		}
		switch x := o.(type) {
		case *counted:
			o = x.Operator
		case *filter:
			o = x.in
		case *project:
			o, e = x.in, x.exprs[col.Index]
		case *join:
			if x.kind == winnowpb.Join_RIGHT || x.kind == winnowpb.Join_FULL || col.Index >= len(x.left.Schema().Fields()) {
				return nil, 0
			}
			o = x.left
		case *scan:
			if x.spec.Limit > 0 || x.spec.Columns[col.Index].Source != winnowpb.ScanColumn_PARTITION {
				return nil, 0
			}
			return x, col.Index
		default:
			return nil, 0
		}
	}
}

// wants reports whether the joins above may want rows of a file.
func (s *scan) wants(f *winnowpb.FileRange) (bool, error) {
	for _, k := range s.keys {
		t := s.schema.Field(k.column).Type
		text, err := fileValue(s.spec.Columns[k.column], f, t)
		if err != nil {
			return false, err
		}
		value := serde.Values(t, []*string{text})
		found := []int32{-1}
		if k.nulls || !vec.IsNull(value, 0) {
			var h keyHash
			h.of([]arrow.Array{value}, 1)
			k.wanted.find(&h, found)
		}
		value.Release()
		if found[0] < 0 {
			return false, nil
		}
	}
	return true, nil
}

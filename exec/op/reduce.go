package op

import (
	"slices"

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

// reduceLeft tells the scans from which the left rows come what the right side has: files with other values of a
// partition column are not opened, and where the plan asks for it rows with other keys are left out as they are read. It is
// called once the right side is known and before the first row of the left one is asked for.
func (j *join) reduceLeft() error {
	if !j.matchesOnly() {
		return nil
	}
	for i, key := range j.lkeys {
		s, column := sourceOf(j.left, key)
		if s == nil {
			continue
		}
		switch s.spec.Columns[column].Source {
		case winnowpb.ScanColumn_PARTITION:
			if err := j.leaveOutFiles(s, column, i); err != nil {
				return err
			}
		case winnowpb.ScanColumn_DATA:
			if keys := j.table.sets[i]; keys != nil {
				if err := s.leaveOutRows(column, keys); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// matchesOnly: a left row without a match is in no row of the result.
func (j *join) matchesOnly() bool {
	return j.kind == winnowpb.Join_INNER || j.kind == winnowpb.Join_RIGHT || j.kind == winnowpb.Join_SEMI
}

// leaveOutFiles hands the values of key i to a scan whose files have one value each of it.
func (j *join) leaveOutFiles(s *scan, column, i int) error {
	if j.table.rows > mostFileKeys {
		return nil
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
	return nil
}

// findSets sets b.sets for the keys by which the plan wants the left side reduced.
func (b *buildSide) findSets(j *join) error {
	for i, want := range j.reduce {
		if !want || j.nullSafe[i] || !j.matchesOnly() {
			continue
		}
		values, err := expr.EvalArray(j.env.Funcs, j.rkeys[i], b.rec)
		if err != nil {
			return err
		}
		if b.sets[i] = serde.NewKeySet(values); b.sets[i] != nil {
			b.hold.add(b.sets[i].Size())
		}
		values.Release()
	}
	return nil
}

// sourceOf returns the scan that gives e as a column of its own, and the column; nil if there is none
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
			at := x.output[col.Index]
			if x.kind == winnowpb.Join_RIGHT || x.kind == winnowpb.Join_FULL || at >= len(x.left.Schema().Fields()) {
				return nil, 0
			}
			o, e = x.left, &expr.Column{Index: at}
		case *scan:
			if x.spec.Limit > 0 {
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

// leaveOutRows makes the decoder ask whether keys may hold the value of an output column, if it can and nothing has been
// read yet. Joins further down tell of theirs later and are asked first: they come first since they leave fewer rows.
func (s *scan) leaveOutRows(column int, keys *serde.KeySet) error {
	if s.entry[column] >= 0 {
		return nil
	}
	p := serde.Predicate{Column: s.need.Columns[s.place[column]], Op: serde.Among, Keys: keys}
	if s.strict() || !s.table.Pushes(p) {
		return nil
	}
	at := slices.IndexFunc(s.need.Where, func(p serde.Predicate) bool { return p.Op == serde.Among })
	if at < 0 {
		at = len(s.need.Where)
	}
	s.need.Where = slices.Insert(s.need.Where, at, p)
	return s.openDecoder()
}

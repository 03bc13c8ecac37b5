package optimize

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/proto/diag"
)

// TypedKeys casts the first have columns of keys, a record of catalog.Source.Partitions, from their text
// to the types of t's partition columns. The caller releases the record.
func TypedKeys(c *funcs.Ctx, t *catalog.Table, keys arrow.Record, have int) (arrow.Record, error) {
	n := int(keys.NumRows())
	fields := make([]arrow.Field, have)
	cols := make([]arrow.Array, have)
	for i := range have {
		col := t.Partition[i]
		fields[i] = arrow.Field{Name: col.Name, Type: col.Type, Nullable: true}
		if datatype.Equal(col.Type, datatype.String) {
			cols[i] = keys.Column(i)
			continue
		}
		cast, err := funcs.CastKernel(datatype.String, col.Type)
		if err != nil {
			return nil, diag.Errorf(diag.Type, "partition column %s: %w", col.Name, err)
		}
		a, err := cast(c, []funcs.Vec{{Array: keys.Column(i)}}, n)
		if err != nil {
			return nil, err
		}
		defer a.Release()
		cols[i] = a
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(n)), nil
}

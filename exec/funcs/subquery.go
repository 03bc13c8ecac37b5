package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// subqueryChecks are functions that the binder puts into plans; Hive has the same under the same name.
var subqueryChecks = []Scalar{
	{Name: "sq_count_check", Doc: "sq_count_check(n): true; an error if n, the rows of a scalar subquery, is more than 1; sq_count_check(1) is true", Bind: bindCountCheck},
}

func bindCountCheck(args []Arg) (Bound, error) {
	if err := wantArgs("sq_count_check", args, 1, 1); err != nil {
		return Bound{}, err
	}
	return Bound{Casts: []arrow.DataType{datatype.BigInt}, Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		rows := args[0].Array.(*array.Int64)
		for i, v := range rows.Int64Values() {
			if v > 1 && rows.IsValid(i) {
				return nil, diag.Errorf(diag.BadValue, "a scalar subquery gave more than one row").WithHint("aggregate it, or add LIMIT 1")
			}
		}
		b := array.NewBooleanBuilder(c.Mem)
		defer b.Release()
		b.Reserve(n)
		for range n {
			b.UnsafeAppend(true)
		}
		return b.NewBooleanArray(), nil
	}}, nil
}

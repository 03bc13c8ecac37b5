package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
)

// conversions is casts spelled as functions, and typeof. decimal, varchar and char take parameters and so need CAST.
var conversions = []Scalar{
	castFunction("boolean", datatype.Bool, "boolean(1) is true"),
	castFunction("tinyint", datatype.TinyInt, "tinyint(300) is 44"),
	castFunction("smallint", datatype.SmallInt, "smallint('7') is 7"),
	castFunction("int", datatype.Int, "int('1.7') is 1"),
	castFunction("bigint", datatype.BigInt, "bigint('12') is 12"),
	castFunction("float", datatype.Float, "float('1.5') is 1.5"),
	castFunction("double", datatype.Double, "double('1e3') is 1000.0"),
	castFunction("string", datatype.String, "string(1.5) is '1.5'"),
	castFunction("date", datatype.Date, "string(date('2020-1-1')) is '2020-01-01'"),
	castFunction("timestamp", datatype.Timestamp, "string(timestamp('2020-01-01')) is '2020-01-01 00:00:00'"),
	castFunction("binary", datatype.Binary, "hex(binary('A')) is '41'"),
	castFunction("interval_year_month", datatype.YearMonth, "string(interval_year_month('1-2')) is '1-2'"),
	castFunction("interval_day_time", datatype.DayTime, "string(interval_day_time('1 2:3:4')) is '1 02:03:04.000000000'"),
	{Name: "typeof", Doc: "typeof(x): the name of x's type; typeof(1.5) is 'decimal(2,1)'", Bind: bindTypeof},
}

func castFunction(name string, t arrow.DataType, example string) Scalar {
	return Scalar{Name: name, Doc: name + "(x): x as " + name + ", NULL if it is none; " + example, Bind: func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 1, 1); err != nil {
			return Bound{}, err
		}
		k, err := CastKernel(args[0].Type, t)
		return Bound{Type: t, Kernel: k}, err
	}}
}

func bindTypeof(args []Arg) (Bound, error) {
	if err := wantArgs("typeof", args, 1, 1); err != nil {
		return Bound{}, err
	}
	name := datatype.Name(args[0].Type)
	return Bound{Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		b := array.NewStringBuilder(c.Mem)
		defer b.Release()
		for range n {
			b.Append(name)
		}
		return b.NewArray(), nil
	}}, nil
}

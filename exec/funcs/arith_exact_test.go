package funcs

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
)

// decimalColumn makes n values of t with up to digits digits, of either sign, some NULL.
func decimalColumn(r *rand.Rand, t arrow.DataType, n, digits int) Vec {
	vals, valid := make([]decimal128.Num, n), make([]bool, n)
	for i := range vals {
		for range 1 + r.IntN(digits) {
			vals[i] = vals[i].Mul(decimal128.FromI64(10)).Add(decimal128.FromI64(r.Int64N(10)))
		}
		if valid[i] = r.IntN(9) > 0; r.IntN(2) == 0 {
			vals[i] = vals[i].Negate()
		}
	}
	return Vec{Array: fixedArray(heap, t, vals, valid)}
}

// TestExactArith: the loops give what the operation with a check per row gives, for operands of all
// sizes that their types allow, constant ones too.
func TestExactArith(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	types := []arrow.DataType{
		datatype.Decimal(1, 0), datatype.Decimal(15, 2), datatype.Decimal(16, 4), datatype.Decimal(20, 20),
		datatype.Decimal(32, 4), datatype.Decimal(37, 3), datatype.Decimal(38, 0), datatype.Decimal(10, 9),
	}
	loops := 0
	for _, op := range []string{"+", "-", "*"} {
		for _, ta := range types {
			for _, tb := range types {
				out := DecimalResult(op, ta, tb)
				k := exactArith(op, ta, tb, out)
				if k == nil {
					continue
				}
				loops++
				t.Run(fmt.Sprintf("%v %s %v", ta, op, tb), func(t *testing.T) {
					p1, _ := precision(ta)
					p2, _ := precision(tb)
					a, b := decimalColumn(r, ta, 200, p1), decimalColumn(r, tb, 200, p2)
					sameAsPlain(t, k, op, ta, tb, out, a, b)
					sameAsPlain(t, k, op, ta, tb, out, a, Vec{Array: array.NewSlice(b, 0, 1), Const: true})
					sameAsPlain(t, k, op, ta, tb, out, Vec{Array: array.NewSlice(a, 1, 2), Const: true}, b)
				})
			}
		}
	}
	if loops < 60 {
		t.Errorf("%d pairs of types have a loop", loops)
	}
}

func sameAsPlain(t *testing.T, k Kernel, op string, ta, tb, out arrow.DataType, a, b Vec) {
	t.Helper()
	n := max(a.Len(), b.Len())
	c := &Ctx{Mem: heap}
	got, err := k(c, []Vec{a, b}, n)
	if err != nil {
		t.Fatal(err)
	}
	want, err := checkedArith(op, ta, tb, out)(c, []Vec{a, b}, n)
	if err != nil {
		t.Fatal(err)
	}
	if !array.Equal(got, want) {
		t.Errorf("%v %s %v is %v, want %v", a, op, b, got, want)
	}
}

// TestExactArithAllocs: a batch costs a few allocations, however many rows it has.
func TestExactArithAllocs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	typ := datatype.Decimal(15, 2)
	x, y := decimalColumn(r, typ, 10_000, 12), decimalColumn(r, typ, 10_000, 12)
	for _, op := range []string{"+", "-", "*"} {
		k := exactArith(op, typ, typ, DecimalResult(op, typ, typ))
		n := testing.AllocsPerRun(10, func() {
			if _, err := k(&Ctx{Mem: heap}, []Vec{x, y}, 10_000); err != nil {
				t.Fatal(err)
			}
		})
		if n > 20 {
			t.Errorf("%s: %v allocations for 10000 rows", op, n)
		}
	}
}

func BenchmarkExactArith(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 16384
	t := datatype.Decimal(15, 2)
	x, y := decimalColumn(r, t, n, 12), decimalColumn(r, t, n, 12)
	for _, op := range []string{"+", "*"} {
		out := DecimalResult(op, t, t)
		for name, k := range map[string]Kernel{"loop": exactArith(op, t, t, out), "checked": checkedArith(op, t, t, out)} {
			b.Run(op+" "+name, func(b *testing.B) {
				c := &Ctx{Mem: heap}
				b.SetBytes(16 * n)
				b.ReportAllocs()
				for b.Loop() {
					a, err := k(c, []Vec{x, y}, n)
					if err != nil {
						b.Fatal(err)
					}
					a.Release()
				}
			})
		}
	}
}

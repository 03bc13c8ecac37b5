package op

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestShortNumbers counts rows by whole numbers, some of them large, with NULLs, and by a number and a text.
func TestShortNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []string{"tinyint", "smallint", "int", "date", "bigint"} {
		for _, different := range []int{5, 1000} {
			in := table{"a " + typ + ", b string", nil}
			one, two := map[string]int{}, map[string]int{}
			for i := range 500 {
				n := random.IntN(different) - different/2
				a := "NULL"
				switch {
				case typ == "date":
					a = time.Unix(0, 0).UTC().AddDate(0, 0, n).Format(time.DateOnly)
				case typ == "tinyint":
					a = fmt.Sprint(int8(n))
				case i > 450 && typ == "bigint":
					a = fmt.Sprint(int64(n) << 55)
				case n != 1:
					a = fmt.Sprint(n)
				}
				row := a + "|" + []string{"NULL", "", "x"}[random.IntN(3)]
				in.rows = append(in.rows, row)
				one[a]++
				two[row]++
			}
			r := newRig(t, in)
			a, b := col(0, typ), col(1, "string")
			r.want(aggNode("a "+typ+", c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{a}, r.read(0), agg("count")), false, counts(one)...)
			r.want(aggNode("a "+typ+", b string, c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{a, b}, r.read(0), agg("count")), false, counts(two)...)
		}
	}
}

// counts returns rows of keys and how often each comes.
func counts(of map[string]int) (rows []string) {
	for k, n := range of {
		rows = append(rows, fmt.Sprintf("%s|%d", k, n))
	}
	return rows
}

// TestShortKeys counts rows by short texts of which many share a place, with NULLs, empty texts, zero bytes and, later, long ones.
func TestShortKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, different := range []int{30, 1000} {
		in := table{"a string, b string", nil}
		one, two := map[string]int{}, map[string]int{}
		var ones, twos []string
		for i := range 400 {
			a := []string{"NULL", "", "\x00", "\x00\x00", "a", "a\x00", "1234567"}[random.IntN(7)]
			if k := random.IntN(different); k > 6 {
				a = fmt.Sprint(k)
			}
			if i == 350 {
				a = "a text that is long"
			}
			row := a + "|" + []string{"NULL", "", "x"}[random.IntN(3)]
			in.rows = append(in.rows, row)
			if one[a]++; one[a] == 1 {
				ones = append(ones, a)
			}
			if two[row]++; two[row] == 1 {
				twos = append(twos, row)
			}
		}
		for i, k := range ones {
			ones[i] = fmt.Sprintf("%s|%d", k, one[k])
		}
		for i, k := range twos {
			twos[i] = fmt.Sprintf("%s|%d", k, two[k])
		}
		r := newRig(t, in)
		a, b := col(0, "string"), col(1, "string")
		r.want(aggNode("a string, c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{a}, r.read(0), agg("count")), false, ones...)
		r.want(aggNode("a string, b string, c bigint", winnowpb.Aggregate_COMPLETE, []expr.Expr{a, b}, r.read(0), agg("count")), false, twos...)
	}
}

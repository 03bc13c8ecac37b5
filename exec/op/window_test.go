package op

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

func windowNode(r *rig, schema string, parts []expr.Expr, order []*winnowpb.SortKey, calls ...*winnowpb.WindowCall) *winnowpb.Node {
	return over(r.tables[0].cols+", "+schema, &winnowpb.Node{Op: &winnowpb.Node_Window{Window: &winnowpb.Window{
		PartitionBy: pbs(parts...), OrderBy: order, Calls: calls,
	}}}, r.read(0))
}

// bound reads "-" (unbounded preceding), "+" (unbounded following), "0" (current row), "-2" or "+2".
func bound(s string) *winnowpb.Frame_Bound {
	n, err := strconv.Atoi(s)
	switch {
	case s == "-":
		return &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_UNBOUNDED_PRECEDING}
	case s == "+":
		return &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_UNBOUNDED_FOLLOWING}
	case err != nil:
		panic(err)
	case s == "0":
		return &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_CURRENT_ROW}
	case n < 0:
		return &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_PRECEDING, Offset: pb(expr.Int(int32(-n)))}
	}
	return &winnowpb.Frame_Bound{Kind: winnowpb.Frame_Bound_FOLLOWING, Offset: pb(expr.Int(int32(n)))}
}

func frameOf(unit winnowpb.Frame_Unit, start, end string) *winnowpb.Frame {
	return &winnowpb.Frame{Unit: unit, Start: bound(start), End: bound(end)}
}

func wcall(name, typ string, f *winnowpb.Frame, args ...expr.Expr) *winnowpb.WindowCall {
	return &winnowpb.WindowCall{Name: name, Type: typ, Frame: f, Args: pbs(args...)}
}

// TestWindowLaw compares sum, count and count(DISTINCT) over many frames with a loop over each row's frame.
func TestWindowLaw(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	var rows []string
	for i := range 150 {
		k := "NULL"
		if rnd.IntN(8) > 0 {
			k = fmt.Sprint(rnd.IntN(30))
		}
		v := "NULL"
		if rnd.IntN(5) > 0 {
			v = fmt.Sprint(rnd.IntN(6))
		}
		rows = append(rows, fmt.Sprintf("%c|%s|%d|%s", 'a'+rnd.IntN(3), k, i, v))
	}
	units := []winnowpb.Frame_Unit{winnowpb.Frame_ROWS, winnowpb.Frame_RANGE, winnowpb.Frame_GROUPS}
	ends := [][2]string{{"-", "0"}, {"-", "+"}, {"0", "+"}, {"-2", "0"}, {"-3", "2"}, {"1", "3"}, {"-", "-2"}, {"-4", "-2"}, {"2", "+"}, {"-20", "20"}, {"0", "0"}, {"3", "1"}}
	for _, unit := range units {
		for _, e := range ends {
			for _, desc := range []bool{false, true} {
				want := slowWindow(rows, unit, e[0], e[1], desc)
				for _, batch := range []int{4, 1024} {
					for _, budget := range []int64{0, 2000} {
						r := newRig(t, table{"p string, k int, i int, v int", rows})
						r.batch, r.budget = batch, budget
						f := frameOf(unit, e[0], e[1])
						v := col(3, "int")
						dist := wcall("count", "bigint", f, v)
						dist.Distinct = true
						filtered := wcall("sum", "bigint", f, v)
						filtered.Filter = pb(call(">", v, expr.Int(2)))
						last := wcall("last_value", "int", f, v)
						last.IgnoreNulls = true
						n := windowNode(r, "c bigint, s bigint, d bigint, fs bigint, f int, l int", []expr.Expr{col(0, "string")},
							[]*winnowpb.SortKey{{Expr: pb(col(1, "int")), Descending: desc}},
							wcall("count", "bigint", f), wcall("sum", "bigint", f, v), dist, filtered, wcall("first_value", "int", f, col(1, "int")), last)
						got, err := r.rows(n)
						if err != nil {
							t.Fatalf("%s %v: %v", unit, e, err)
						}
						slices.Sort(got)
						if !slices.Equal(got, want) {
							for i := range got {
								if got[i] != want[i] {
									t.Fatalf("%s %v, descending %v, batch %d, budget %d: got %s, want %s", unit, e, desc, batch, budget, got[i], want[i])
								}
							}
						}
					}
				}
			}
		}
	}
}

type slowRow struct {
	text    string
	k, v    int
	kn, vn  bool // NULL
	i, rank int
}

// slowWindow computes the columns of TestWindowLaw row by row.
func slowWindow(rows []string, unit winnowpb.Frame_Unit, start, end string, desc bool) []string {
	parts := map[string][]slowRow{}
	for i, text := range rows {
		f := strings.Split(text, "|")
		x := slowRow{text: text, i: i, kn: f[1] == "NULL", vn: f[3] == "NULL"}
		fmt.Sscan(f[1], &x.k)
		fmt.Sscan(f[3], &x.v)
		parts[f[0]] = append(parts[f[0]], x)
	}
	sign := 1
	if desc {
		sign = -1
	}
	var out []string
	for _, p := range parts {
		slices.SortStableFunc(p, func(a, b slowRow) int {
			switch {
			case a.kn && b.kn:
				return 0
			case a.kn:
				return 1
			case b.kn:
				return -1
			}
			return sign * (a.k - b.k)
		})
		for i := range p {
			if i > 0 {
				p[i].rank = p[i-1].rank
				if p[i].kn != p[i-1].kn || p[i].k != p[i-1].k {
					p[i].rank++
				}
			}
		}
		for i, x := range p {
			out = append(out, x.text+"|"+slowRowValues(p, i, func(j int) bool {
				return inside(p, i, j, unit, start, true, sign) && inside(p, i, j, unit, end, false, sign)
			}))
		}
	}
	slices.Sort(out)
	return out
}

// inside tells whether row j is on the right side of a bound of row i's frame.
func inside(p []slowRow, i, j int, unit winnowpb.Frame_Unit, b string, start bool, sign int) bool {
	if b == "-" || b == "+" {
		return true
	}
	n, _ := strconv.Atoi(b)
	var d int // of j from i, in the unit
	switch unit {
	case winnowpb.Frame_ROWS:
		d = j - i
	case winnowpb.Frame_GROUPS:
		d = p[j].rank - p[i].rank
	default:
		if n == 0 || p[i].kn {
			d, n = p[j].rank-p[i].rank, 0
		} else if p[j].kn {
			d = 1000
		} else {
			d = sign * (p[j].k - p[i].k)
		}
	}
	if start {
		return d >= n
	}
	return d <= n
}

func slowRowValues(p []slowRow, i int, in func(int) bool) string {
	n, sum, seen, some, big, bigSome := 0, 0, map[int]bool{}, false, 0, false
	first, last := "NULL", "NULL"
	for j, y := range p {
		if !in(j) {
			continue
		}
		if n == 0 && !y.kn {
			first = fmt.Sprint(y.k)
		}
		n++
		if y.vn {
			continue
		}
		last = fmt.Sprint(y.v)
		sum, some = sum+y.v, true
		seen[y.v] = true
		if y.v > 2 {
			big, bigSome = big+y.v, true
		}
	}
	text := func(v int, ok bool) string {
		if !ok {
			return "NULL"
		}
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%d|%s|%d|%s|%s|%s", n, text(sum, some), len(seen), text(big, bigSome), first, last)
}

func TestWindowFunctions(t *testing.T) {
	r := newRig(t, table{"p string, k int", []string{"a|3", "a|1", "b|7", "a|1", "b|5", "a|NULL"}})
	n := windowNode(r, "rn int, rk int, prev int", []expr.Expr{col(0, "string")}, sortKeys(col(1, "int")),
		wcall("row_number", "int", nil), wcall("rank", "int", nil), wcall("lag", "int", nil, col(1, "int")))
	r.want(n, false, "a|1|1|1|NULL", "a|1|2|1|1", "a|3|3|3|1", "a|NULL|4|4|3", "b|5|1|1|NULL", "b|7|2|2|5")
	whole := windowNode(r, "c bigint, nth int", nil, nil, wcall("count", "bigint", nil), wcall("nth_value", "int", frameOf(winnowpb.Frame_ROWS, "-", "+"), col(1, "int"), expr.Int(2)))
	r.want(whole, false, "a|3|6|1", "a|1|6|1", "b|7|6|1", "a|1|6|1", "b|5|6|1", "a|NULL|6|1")
	none := newRig(t, table{"p string, k int", nil})
	none.want(windowNode(none, "c bigint", nil, nil, wcall("count", "bigint", nil)), true)
}

func TestWindowRangeAtTheEndOfIntegers(t *testing.T) {
	r := newRig(t, table{"k bigint", []string{"9223372036854775807", "9223372036854775806", "-9223372036854775808"}})
	n := windowNode(r, "c bigint", nil, sortKeys(col(0, "bigint")), wcall("count", "bigint", frameOf(winnowpb.Frame_RANGE, "-5", "5")))
	r.want(n, true, "-9223372036854775808|1", "9223372036854775806|2", "9223372036854775807|2")
}

func TestWindowRangeOfDates(t *testing.T) {
	r := newRig(t, table{"d date", []string{"2020-02-27", "2020-02-29", "2020-03-01", "2020-03-31"}})
	n := windowNode(r, "c bigint", nil, sortKeys(col(0, "date")), wcall("count", "bigint", frameOf(winnowpb.Frame_RANGE, "-2", "0")))
	r.want(n, true, "2020-02-27|1", "2020-02-29|2", "2020-03-01|2", "2020-03-31|1")
}

// TestSlidingFrameIsNotQuadratic would take minutes if each row read its whole frame.
func TestSlidingFrameIsNotQuadratic(t *testing.T) {
	var rows []string
	for i := range 60000 {
		rows = append(rows, fmt.Sprint(i))
	}
	r := newRig(t, table{"k int", rows})
	r.batch = 10000
	k := col(0, "int")
	got, err := r.rows(windowNode(r, "s bigint, m int", nil, sortKeys(k),
		wcall("sum", "bigint", frameOf(winnowpb.Frame_ROWS, "-30000", "0"), k), wcall("min", "int", frameOf(winnowpb.Frame_ROWS, "-30000", "0"), k)))
	if err != nil || got[59999] != fmt.Sprintf("59999|%d|29999", (29999+59999)*30001/2) {
		t.Errorf("got %v, %v", got[len(got)-1:], err)
	}
}

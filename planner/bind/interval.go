package bind

import (
	"math/big"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// monthUnits are units in months, timeUnits in seconds.
var (
	monthUnits = map[string]int64{"year": 12, "quarter": 3, "month": 1}
	timeUnits  = map[string]int64{"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
)

// interval binds INTERVAL value unit [TO unit].
func (p *place) interval(e *ast.Interval) (expr.Expr, error) {
	x, err := p.expr(e.Value)
	if err != nil {
		return nil, err
	}
	x = expr.Fold(x, p.b.env.Session)
	lit, ok := x.(*expr.Literal)
	if !ok {
		if funcs.FindScalar("internal_interval") == nil {
			return nil, diag.At(e.Value.Span(), diag.Unsupported, "an interval of an expression is not supported").
				WithHint("write date_add(d, n), add_months(d, n) or n * INTERVAL '1' DAY")
		}
		return expr.NewCall("internal_interval", []expr.Expr{expr.String(e.Unit), x}, e.Span())
	}
	if expr.IsNull(lit) {
		if _, months := monthUnits[e.Unit]; months {
			return expr.NewLiteral(nil, datatype.YearMonth, e.Span())
		}
		return expr.NewLiteral(nil, datatype.DayTime, e.Span())
	}
	str, err := expr.NewCast(lit, datatype.String, e.Span())
	if err != nil {
		return nil, err
	}
	s, ok := str.(*expr.Literal)
	if !ok || expr.IsNull(s) {
		return nil, diag.At(e.Value.Span(), diag.Type, "an interval takes a number or text, not %s", datatype.Name(lit.Type()))
	}
	out, ok := intervalOf(s.Value.(*array.String).Value(0), e.Unit, e.To, e.Span())
	if !ok {
		unit := e.Unit
		if e.To != "" {
			unit += " to " + e.To
		}
		return nil, diag.At(e.Value.Span(), diag.Syntax, "%s is no interval of %s", expr.Print(lit), unit)
	}
	return out, nil
}

// intervalOf reads s as one number, or as one per unit from unit to to.
func intervalOf(s, unit, to string, at diag.Span) (expr.Expr, bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	units := []string{unit}
	if to != "" {
		order := []string{"year", "month"}
		if _, ok := timeUnits[unit]; ok {
			order = []string{"day", "hour", "minute", "second"}
		}
		from, end := slices.Index(order, unit), slices.Index(order, to)
		if from < 0 || end <= from {
			return nil, false
		}
		units = order[from : end+1]
	}
	numbers := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" :-", r) })
	if len(numbers) != len(units) {
		return nil, false
	}
	_, months := monthUnits[unit]
	total := new(big.Rat)
	for i, n := range numbers {
		v, ok := new(big.Rat).SetString(n)
		if !ok || strings.ContainsAny(n, "/eExX_+-") {
			return nil, false
		}
		per, known := timeUnits[units[i]]
		if months {
			per, known = monthUnits[units[i]]
		}
		if !known {
			return nil, false
		}
		total.Add(total, v.Mul(v, new(big.Rat).SetInt64(per)))
	}
	if negative {
		total.Neg(total)
	}
	if months {
		if !total.IsInt() || !total.Num().IsInt64() || total.Num().CmpAbs(big.NewInt(1<<31-1)) > 0 {
			return nil, false
		}
		lit, err := expr.NewLiteral(arrow.MonthInterval(total.Num().Int64()), datatype.YearMonth, at)
		return lit, err == nil
	}
	nanos := new(big.Int).Quo(total.Mul(total, big.NewRat(1e9, 1)).Num(), total.Denom())
	if nanos.BitLen() > 120 {
		return nil, false
	}
	lit, err := expr.NewLiteral(decimal128.FromBigInt(nanos), datatype.DayTime, at)
	return lit, err == nil
}

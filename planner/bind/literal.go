package bind

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

var integerTypes = map[ast.LitKind]struct {
	bits int
	t    arrow.DataType
}{
	ast.LitTinyint: {8, datatype.TinyInt}, ast.LitSmallint: {16, datatype.SmallInt},
	ast.LitInt: {32, datatype.Int}, ast.LitBigint: {64, datatype.BigInt},
}

// literal binds a constant.
func literal(e *ast.Literal, s *funcs.Session) (expr.Expr, error) {
	switch e.Kind {
	case ast.LitNull:
		return expr.NewLiteral(nil, datatype.Void, e.Span())
	case ast.LitBool:
		return expr.NewLiteral(strings.EqualFold(e.Text, "true"), datatype.Bool, e.Span())
	case ast.LitString:
		return expr.NewLiteral(e.Text, datatype.String, e.Span())
	case ast.LitDouble:
		// Hive reads 1e999 as Infinity, which is what ParseFloat returns beside its error.
		v, err := strconv.ParseFloat(e.Text, 64)
		if err != nil && v == 0 {
			return nil, diag.At(e.Span(), diag.Syntax, "%q is no number", e.Text)
		}
		return expr.NewLiteral(v, datatype.Double, e.Span())
	case ast.LitDecimal:
		return decimalLiteral(e)
	case ast.LitDate:
		return timeLiteral(e, datatype.Date, s)
	case ast.LitTimestamp:
		return timeLiteral(e, datatype.Timestamp, s)
	case ast.LitTimestampTZ:
		return timeLiteral(e, datatype.TimestampLTZ, s)
	}
	return integerLiteral(e)
}

func integerLiteral(e *ast.Literal) (expr.Expr, error) {
	k := integerTypes[e.Kind]
	v, err := strconv.ParseInt(e.Text, 10, k.bits)
	if err != nil {
		return nil, diag.At(e.Span(), diag.Syntax, "%s is out of the range of %s", e.Text, datatype.Name(k.t))
	}
	var value any = v
	switch k.bits {
	case 8:
		value = int8(v)
	case 16:
		value = int16(v)
	case 32:
		value = int32(v)
	}
	return expr.NewLiteral(value, k.t, e.Span())
}

// decimalLiteral binds 1.50, whose type in Hive is that of the shortest form: decimal(2,1). Digits behind the
// point that are too many are rounded off; 1E99BD is NULL.
func decimalLiteral(e *ast.Literal) (expr.Expr, error) {
	digits, scale, ok := decimalDigits(e.Text)
	if !ok {
		return nil, diag.At(e.Span(), diag.Syntax, "%q is no number", e.Text)
	}
	if max(len(digits), scale) > datatype.MaxPrecision {
		keep := datatype.MaxPrecision - max(len(digits)-scale, 0)
		if keep >= 0 {
			v, fits := datatype.ParseDecimal([]byte(e.Text), datatype.MaxPrecision, keep)
			digits, scale, ok = decimalDigits(string(datatype.AppendDecimal(nil, v, keep)))
			ok = ok && fits
		}
		if keep < 0 || !ok {
			return expr.NewLiteral(nil, datatype.Decimal(1, 0), e.Span())
		}
	}
	if digits == "" {
		digits = "0"
	}
	v, err := decimal128.FromString(digits, datatype.MaxPrecision, 0)
	if err != nil {
		return nil, diag.At(e.Span(), diag.Syntax, "%q is no number", e.Text)
	}
	return expr.NewLiteral(v, datatype.Decimal(max(len(digits), scale, 1), scale), e.Span())
}

// decimalDigits returns the digits of a number without its point and without needless zeros, and how many
// of them stand behind the point.
func decimalDigits(s string) (digits string, scale int, ok bool) {
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		if exp, err = strconv.Atoi(s[i+1:]); err != nil || exp > 100 || exp < -100 {
			return "", 0, false
		}
		s = s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	digits, scale = whole+frac, len(frac)-exp
	for scale > 0 && strings.HasSuffix(digits, "0") {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	if scale < 0 {
		digits, scale = digits+strings.Repeat("0", -scale), 0
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		scale = 0
	}
	return digits, scale, strings.Trim(digits, "0123456789") == ""
}

// timeLiteral binds DATE '…' and its like; a bad value is an error, as in Hive.
func timeLiteral(e *ast.Literal, t arrow.DataType, s *funcs.Session) (expr.Expr, error) {
	str, err := expr.NewLiteral(e.Text, datatype.String, e.Span())
	if err != nil {
		return nil, err
	}
	x, err := expr.NewCast(str, t, e.Span())
	if err != nil {
		return nil, err
	}
	if x = expr.Fold(x, s); expr.IsNull(x) {
		return nil, diag.At(e.Span(), diag.Syntax, "%q is no %s", e.Text, datatype.Name(t))
	}
	return x, nil
}

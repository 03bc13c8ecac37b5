package parse

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// constant reads a number or a string, and an interval without its word (`3 day`).
func (p *parser) constant() ast.Expr {
	t := p.peek()
	var lit *ast.Literal
	if t.kind == kNumber {
		lit = p.number()
	} else {
		if t.double && hidden[lower(t.text)] {
			// Trino's hidden columns are often written as Trino quotes names.
			p.next()
			id := ast.Ident{Pos: ast.Pos(t.span()), Name: lower(t.text), Quoted: true}
			return &ast.Name{Pos: id.Pos, Parts: []ast.Ident{id}}
		}
		s := p.joined()
		lit = &ast.Literal{Pos: p.from(t.start), Kind: ast.LitString, Text: s}
	}
	if p.atUnit(lit) {
		return p.intervalOf(t.start, lit)
	}
	return lit
}

// hidden are the columns that every table has, under Trino's names.
var hidden = map[string]bool{"$path": true, "$file_size": true, "$file_modified_time": true, "$partition": true}

// number reads a number literal.
func (p *parser) number() *ast.Literal {
	t := p.next()
	lit := &ast.Literal{Pos: ast.Pos(t.span())}
	digits := strings.TrimRight(t.text, "lLsSyYdDbB")
	suffix := lower(t.text[len(digits):])
	lit.Text = strings.TrimSuffix(digits, ".")
	// 1.e5 is 1e5.
	lit.Text = strings.Replace(strings.Replace(lit.Text, ".e", "e", 1), ".E", "E", 1)
	whole := !strings.ContainsAny(digits, ".eE")
	bits := 0
	switch suffix {
	case "y":
		lit.Kind, bits = ast.LitTinyint, 8
	case "s":
		lit.Kind, bits = ast.LitSmallint, 16
	case "l":
		lit.Kind, bits = ast.LitBigint, 64
	case "bd":
		lit.Kind = ast.LitDecimal
	case "d":
		lit.Kind = ast.LitDouble
	default:
		lit.Kind = plainNumber(lit.Text, whole)
	}
	if bits > 0 {
		if _, err := strconv.ParseInt(lit.Text, 10, bits); err != nil {
			p.failAt(t.span(), diag.Syntax, "%s is not a number of %d bits", t.text, bits).WithHint("write it without %q", suffix)
		}
	}
	return lit
}

// maxDecimalDigits is the precision of the widest decimal; a number with more digits before its point is a double in Hive.
const maxDecimalDigits = 38

// plainNumber returns the type of a number without suffix.
func plainNumber(s string, whole bool) ast.LitKind {
	before, _, _ := strings.Cut(s, ".")
	if strings.ContainsAny(s, "eE") || len(strings.TrimLeft(before, "0")) > maxDecimalDigits {
		return ast.LitDouble
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case !whole || err != nil:
		return ast.LitDecimal
	case n > math.MaxInt32:
		return ast.LitBigint
	}
	return ast.LitInt
}

// charset returns how many tokens _UTF8 or _UTF-8 in front of 0x… takes, or 0 if it is not next.
func (p *parser) charset() int {
	switch {
	case p.at("_utf8") && p.ahead(1).kind == kHex:
		return 1
	case p.at("_utf", "-") && p.ahead(2).text == "8" && p.ahead(3).kind == kHex:
		return 3
	}
	return 0
}

// hexString reads 0xE5A4A9 behind the n tokens of a character set's name.
func (p *parser) hexString(n int) ast.Expr {
	start := p.here()
	p.i += n
	t := p.next()
	b, err := hex.DecodeString(t.text[2:])
	if err != nil || !utf8.Valid(b) {
		p.failAt(t.span(), diag.Syntax, "%s is not UTF-8 in hexadecimal", p.src[t.start:t.end])
		return nil
	}
	return &ast.Literal{Pos: p.from(start), Kind: ast.LitString, Text: string(b)}
}

// unit returns the unit of time that word names, in the singular, or "".
func unit(t token) string {
	if t.kind != kWord {
		return ""
	}
	switch w := strings.TrimSuffix(t.text, "s"); w {
	case "year", "quarter", "month", "week", "day", "hour", "minute", "second":
		return w
	}
	return ""
}

// atUnit reports whether the next word makes an interval of lit. A string that does not look
// like one keeps the word as its alias: Hive would answer an error.
func (p *parser) atUnit(lit *ast.Literal) bool {
	if unit(p.peek()) == "" || p.ahead(1).is("(") || p.ahead(1).is(".") {
		return false
	}
	switch lit.Kind {
	case ast.LitInt, ast.LitBigint, ast.LitDecimal:
		return true
	case ast.LitString:
		s := strings.TrimLeft(lit.Text, " +-")
		return s != "" && isDigit(s[0])
	}
	return false
}

// interval reads INTERVAL value unit [TO unit].
func (p *parser) interval() ast.Expr {
	start := p.next().start
	var value ast.Expr
	minus := p.peek()
	neg := p.accept("-")
	switch t := p.peek(); {
	case t.kind == kNumber:
		value = p.number()
	case t.kind == kString:
		s := p.joined()
		value = &ast.Literal{Pos: p.from(t.start), Kind: ast.LitString, Text: s}
	case t.is("("):
		if !p.enter() {
			return nil
		}
		p.next()
		value = p.expr()
		p.expect(")")
		p.leave()
	default:
		p.unexpected("a number, a string or an expression in parentheses")
		return nil
	}
	if neg {
		value = &ast.Unary{Pos: p.from(minus.start), Op: ast.OpNeg, X: value}
	}
	return p.intervalOf(start, value)
}

// intervalOf reads the unit behind the value of an interval.
func (p *parser) intervalOf(start int, value ast.Expr) ast.Expr {
	e := &ast.Interval{Value: value, Unit: unit(p.peek())}
	if e.Unit == "" {
		p.unexpected("a unit such as DAY")
		return nil
	}
	p.next()
	if p.at("to") && unit(p.ahead(1)) != "" {
		p.next()
		e.To = unit(p.next())
	}
	e.Pos = p.from(start)
	return e
}

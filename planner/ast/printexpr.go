package ast

import (
	"math"
	"strconv"
	"strings"
)

// The precedences of Print, loosest first.
const (
	precOr = iota + 1
	precAnd
	precNot
	precEqual // = <> <=> IS
	precSimilar
	precBitOr
	precBitAnd
	precConcat
	precAdd
	precMul
	precXor
	precUnary
	precPostfix
	precPrimary
)

// opPrec returns the precedence of an operator of two operands.
func opPrec(op Op) int {
	switch op {
	case OpLt, OpLe, OpGt, OpGe:
		return precSimilar
	case OpBitOr:
		return precBitOr
	case OpBitAnd:
		return precBitAnd
	case OpConcat:
		return precConcat
	case OpAdd, OpSub:
		return precAdd
	case OpMul, OpDivide, OpMod, OpDiv:
		return precMul
	case OpBitXor:
		return precXor
	}
	return precEqual
}

func prec(e Expr) int {
	switch e := e.(type) {
	case *Logical:
		if e.Op == OpOr {
			return precOr
		}
		return precAnd
	case *Unary:
		if e.Op == OpNot {
			return precNot
		}
		return precUnary
	case *Binary:
		return opPrec(e.Op)
	case *Quantified:
		return opPrec(e.Op)
	case *Is:
		return precEqual
	case *Between, *InList, *InQuery, *Like:
		return precSimilar
	case *Index, *Field:
		return precPostfix
	case *Lambda:
		return 0
	}
	return precPrimary
}

// expr writes e, in parentheses if it binds looser than least.
func (p *printer) expr(e Expr, least int) {
	if e == nil {
		return
	}
	if prec(e) < least {
		p.WriteByte('(')
		defer p.WriteByte(')')
	}
	switch e := e.(type) {
	case *Logical:
		own := prec(e)
		for i, a := range e.Args {
			if i > 0 {
				p.words(" ", string(e.Op), " ")
			}
			p.expr(a, own+1)
		}
	case *Unary:
		p.unary(e)
	case *Binary:
		p.binary(e)
	case *Index:
		p.postfix(e.X, true)
		p.WriteByte('[')
		p.expr(e.I, 0)
		p.WriteByte(']')
	case *Field:
		p.postfix(e.X, false)
		p.WriteByte('.')
		p.ident(e.Name)
	case *Lambda:
		p.lambda(e)
	case *Call:
		p.call(e)
	default:
		p.predicate(e)
	}
}

func (p *printer) unary(e *Unary) {
	switch _, nested := e.X.(*Unary); {
	case e.Op == OpNot:
		p.WriteString("not ")
		p.expr(e.X, precNot)
	default:
		p.WriteString(string(e.Op))
		p.when(nested, " ") // -- begins a comment
		p.expr(e.X, precUnary)
	}
}

// binary writes a chain of operators that leans to the left in a loop.
func (p *printer) binary(e *Binary) {
	var spine []*Binary
	left := Expr(e)
	for {
		b, ok := left.(*Binary)
		if !ok || len(spine) > 0 && opPrec(b.Op) < leftLeast(spine[len(spine)-1].Op) {
			break
		}
		spine = append(spine, b)
		left = b.L
	}
	p.expr(left, leftLeast(spine[len(spine)-1].Op))
	for i := len(spine) - 1; i >= 0; i-- {
		op := spine[i].Op
		p.words(" ", string(op), " ")
		p.expr(spine[i].R, opPrec(op)+1)
	}
}

// leftLeast is how tight the left operand of op has to bind: comparisons by size do not chain.
func leftLeast(op Op) int {
	if n := opPrec(op); n != precSimilar {
		return n
	}
	return precSimilar + 1
}

// postfix writes what stands before [i] or .field. The parser takes a.b for one Name, and
// names before .field are in parentheses therefore.
func (p *printer) postfix(x Expr, index bool) {
	switch x.(type) {
	case *Call, *Index, *Field:
		p.expr(x, precPostfix)
		return
	case *Name:
		if index {
			p.expr(x, precPostfix)
			return
		}
	case *Subquery:
		p.expr(x, precPostfix)
		return
	}
	p.WriteByte('(')
	p.expr(x, 0)
	p.WriteByte(')')
}

func (p *printer) query(q *Query) {
	p.WriteByte('(')
	p.queryExpr(q)
	p.WriteByte(')')
}

// predicate writes the comparisons with words, and passes the rest on.
func (p *printer) predicate(e Expr) {
	switch e := e.(type) {
	case *Between:
		p.expr(e.X, precBitOr)
		p.not(e.Not)
		p.WriteString(" between ")
		p.expr(e.Lo, precBitOr)
		p.WriteString(" and ")
		p.expr(e.Hi, precBitOr)
	case *InList:
		p.expr(e.X, precBitOr)
		p.not(e.Not)
		p.WriteString(" in ")
		p.exprs(e.List)
	case *InQuery:
		p.expr(e.X, precBitOr)
		p.not(e.Not)
		p.WriteString(" in ")
		p.query(e.Query)
	case *Quantified:
		p.expr(e.X, leftLeast(e.Op))
		quant := " any "
		if e.All {
			quant = " all "
		}
		p.words(" ", string(e.Op), quant)
		p.query(e.Query)
	case *Like:
		p.like(e)
	case *Is:
		p.expr(e.X, precEqual)
		p.WriteString(" is")
		p.not(e.Not)
		p.words(" ", string(e.What))
	default:
		p.primary(e)
	}
}

func (p *printer) not(not bool) { p.when(not, " not") }

// exprs writes a list in parentheses.
func (p *printer) exprs(list []Expr) {
	parens(p, list, func(e Expr) { p.expr(e, 0) })
}

func (p *printer) like(e *Like) {
	p.expr(e.X, precBitOr)
	p.not(e.Not)
	p.words(" ", string(e.Op), " ")
	if e.Quant != LikeOne {
		p.words(string(e.Quant), " ")
		p.exprs(e.Patterns)
	} else {
		p.expr(e.Patterns[0], precBitOr)
	}
	if e.Escape != nil {
		p.WriteString(" escape ")
		p.expr(e.Escape, precBitOr)
	}
}

func (p *printer) primary(e Expr) {
	switch e := e.(type) {
	case *Literal:
		p.literal(e)
	case *Interval:
		p.interval(e)
	case *Name:
		p.qname(QName{Parts: e.Parts})
	case *Star:
		for _, t := range e.Table {
			p.ident(t)
			p.WriteByte('.')
		}
		p.WriteByte('*')
	case *Param:
		p.WriteByte('?')
	case *Exists:
		p.WriteString("exists ")
		p.query(e.Query)
	case *Subquery:
		p.query(e.Query)
	case *Tuple:
		p.exprs(e.Items)
	case *Case:
		p.caseExpr(e)
	default:
		p.worded(e)
	}
}

// worded writes the calls with words between their arguments.
func (p *printer) worded(e Expr) {
	switch e := e.(type) {
	case *Cast:
		p.when(e.Try, "try_")
		p.WriteString("cast(")
		p.expr(e.X, 0)
		p.WriteString(" as ")
		p.typ(e.Type)
		if e.Format != nil {
			p.WriteString(" format ")
			p.expr(e.Format, precPrimary)
		}
	case *Extract:
		p.words("extract(", e.Unit, " from ")
		p.expr(e.X, 0)
	case *RoundTo:
		name := "floor("
		if e.Ceil {
			name = "ceil("
		}
		p.WriteString(name)
		p.postfix(e.X, true) // an interval would take the TO
		p.words(" to ", e.Unit)
	case *Trim:
		p.words("trim(", e.Side, " ")
		if e.Chars != nil {
			p.expr(e.Chars, 0)
			p.WriteByte(' ')
		}
		p.WriteString("from ")
		p.expr(e.X, 0)
	}
	p.WriteByte(')')
}

func (p *printer) literal(e *Literal) {
	switch e.Kind {
	case LitNull:
		p.WriteString("null")
	case LitBool:
		p.WriteString(e.Text)
	case LitString:
		p.str(e.Text)
	case LitDate:
		p.words("date ", Quote(e.Text))
	case LitTimestamp:
		p.words("timestamp ", Quote(e.Text))
	case LitTimestampTZ:
		p.words("timestamplocaltz ", Quote(e.Text))
	default:
		p.words(e.Text, suffix(e))
	}
}

// suffix returns what a number needs behind it to be of its kind.
func suffix(e *Literal) string {
	n, err := strconv.ParseInt(e.Text, 10, 64)
	exponent := strings.ContainsAny(e.Text, "eE")
	switch e.Kind {
	case LitTinyint:
		return "Y"
	case LitSmallint:
		return "S"
	case LitBigint:
		if err == nil && n <= math.MaxInt32 {
			return "L"
		}
	case LitDecimal:
		if err == nil || exponent {
			return "BD"
		}
	case LitDouble:
		if !exponent {
			return "D"
		}
	}
	return ""
}

func (p *printer) interval(e *Interval) {
	p.WriteString("interval ")
	value := e.Value
	if u, ok := value.(*Unary); ok && u.Op == OpNeg {
		if lit, ok := u.X.(*Literal); ok && intervalLiteral(lit) {
			p.WriteByte('-')
			value = lit
		}
	}
	if lit, ok := value.(*Literal); ok && intervalLiteral(lit) {
		p.literal(lit)
	} else {
		p.WriteByte('(')
		p.expr(value, 0)
		p.WriteByte(')')
	}
	p.words(" ", e.Unit)
	if e.To != "" {
		p.words(" to ", e.To)
	}
}

// intervalLiteral reports whether lit may follow INTERVAL without parentheses.
func intervalLiteral(lit *Literal) bool {
	return lit.Kind == LitString || lit.Kind >= LitTinyint && lit.Kind <= LitDouble
}

func (p *printer) caseExpr(e *Case) {
	p.WriteString("case")
	if e.Operand != nil {
		p.WriteByte(' ')
		p.expr(e.Operand, 0)
	}
	for _, w := range e.Whens {
		p.WriteString(" when ")
		p.expr(w.Cond, 0)
		p.WriteString(" then ")
		p.expr(w.Then, 0)
	}
	if e.Else != nil {
		p.WriteString(" else ")
		p.expr(e.Else, 0)
	}
	p.WriteString(" end")
}

func (p *printer) lambda(e *Lambda) {
	if len(e.Params) == 1 {
		p.ident(e.Params[0])
	} else {
		parens(p, e.Params, p.ident)
	}
	p.WriteString(" -> ")
	p.expr(e.Body, 0)
}

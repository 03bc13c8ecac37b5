package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// infix are the operators that Print writes between their arguments.
var infix = map[string]string{
	"+": " + ", "-": " - ", "*": " * ", "/": " / ", "%": " % ", "div": " DIV ", "&": " & ", "|": " | ", "^": " ^ ",
	"=": " = ", "<>": " <> ", "<": " < ", "<=": " <= ", ">": " > ", ">=": " >= ", "<=>": " <=> ",
	"and": " AND ", "or": " OR ", "like": " LIKE ", "rlike": " RLIKE ",
}

// Print returns e as SQL, for EXPLAIN and messages. Operators within operators stand in parentheses.
func Print(e Expr) string {
	var b strings.Builder
	write(&b, e, false)
	return b.String()
}

// write appends e; inner tells that an operator needs parentheses.
func write(b *strings.Builder, e Expr, inner bool) {
	switch e := e.(type) {
	case *Column:
		b.WriteString(e.Name)
	case *Literal:
		writeLiteral(b, e.Value)
	case *Case:
		writeCase(b, e)
	case *Call:
		writeCall(b, e, inner)
	}
}

func writeCase(b *strings.Builder, e *Case) {
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN ")
		write(b, w.Cond, false)
		b.WriteString(" THEN ")
		write(b, w.Then, false)
	}
	b.WriteString(" ELSE ")
	write(b, e.Else, false)
	b.WriteString(" END")
}

func writeCall(b *strings.Builder, e *Call, inner bool) {
	op, isInfix := infix[e.Name]
	parens := func(f func()) {
		if inner {
			b.WriteByte('(')
		}
		f()
		if inner {
			b.WriteByte(')')
		}
	}
	switch {
	case e.Name == CastName && len(e.Args) == 1:
		b.WriteString("CAST(")
		write(b, e.Args[0], false)
		b.WriteString(" AS " + datatype.Name(e.T) + ")")
	case isInfix && len(e.Args) >= 2:
		parens(func() { writeList(b, e.Args, op, true) })
	case e.Name == "not" && len(e.Args) == 1:
		parens(func() { b.WriteString("NOT "); write(b, e.Args[0], true) })
	case e.Name == "isnull" && len(e.Args) == 1:
		parens(func() { write(b, e.Args[0], true); b.WriteString(" IS NULL") })
	case e.Name == "isnotnull" && len(e.Args) == 1:
		parens(func() { write(b, e.Args[0], true); b.WriteString(" IS NOT NULL") })
	case e.Name == "in" && len(e.Args) >= 2:
		parens(func() {
			write(b, e.Args[0], true)
			b.WriteString(" IN (")
			writeList(b, e.Args[1:], ", ", false)
			b.WriteByte(')')
		})
	case e.Name == "index" && len(e.Args) == 2:
		write(b, e.Args[0], true)
		b.WriteByte('[')
		write(b, e.Args[1], false)
		b.WriteByte(']')
	default:
		b.WriteString(e.Name + "(")
		own := len(e.Args) - e.Captured
		writeList(b, e.Args[:own], ", ", false)
		for _, l := range e.Lambdas {
			b.WriteString(", ")
			writeLambda(b, l, e.Args[own:])
		}
		b.WriteByte(')')
	}
}

func writeList(b *strings.Builder, list []Expr, sep string, inner bool) {
	for i, x := range list {
		if i > 0 {
			b.WriteString(sep)
		}
		write(b, x, inner)
	}
}

// shown is how many bytes of a constant Print writes.
const shown = 200

func writeLiteral(b *strings.Builder, a arrow.Array) {
	if a.DataType().ID() == arrow.NULL || a.IsNull(0) {
		b.WriteString("NULL")
		return
	}
	text := datatype.Text(a, 0)
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	switch t := a.DataType(); {
	case datatype.IsText(t):
		b.WriteString(quote(text))
	case t.ID() == arrow.DATE32:
		b.WriteString("DATE '" + text + "'")
	case datatype.Equal(t, datatype.Timestamp):
		b.WriteString("TIMESTAMP '" + text + "'")
	case datatype.Equal(t, datatype.DayTime):
		b.WriteString("INTERVAL '" + text + "' DAY TO SECOND")
	case datatype.Equal(t, datatype.YearMonth):
		b.WriteString("INTERVAL '" + text + "' YEAR TO MONTH")
	case t.ID() == arrow.BINARY:
		b.WriteString("X" + strconv.Quote(text))
	default:
		b.WriteString(text)
	}
}

// quote returns s as a string literal of HiveQL.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`).Replace(s) + "'"
}

package ast

import (
	"fmt"
	"strconv"
	"strings"
)

// Print writes n as HiveQL on one line: keywords in lower case, parentheses only where they are
// needed. What parse reads from it is Equal to n. A view's or schedule's SourceText is not used.
func Print(n Node) string {
	p := &printer{}
	switch n := n.(type) {
	case Statement:
		p.statement(n)
	case QueryExpr:
		p.queryExpr(n)
	case TableRef:
		p.table(n)
	case Expr:
		p.expr(n, 0)
	case *Type:
		p.typ(n)
	case *Window:
		p.window(n)
	case Ident:
		p.ident(n)
	case QName:
		p.qname(n)
	case *SelectItem:
		p.selectItem(*n)
	case *OrderItem:
		p.orderItem(*n)
	case *PartSpec:
		p.partition(n)
	}
	return p.String()
}

// String returns t in Hive's notation, such as array<struct<a:int>>.
func (t *Type) String() string { return Print(t) }

// Quote returns s as a string literal.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// QuoteName returns name as Print writes it: in backquotes if it needs them.
func QuoteName(name string) string {
	if bare(name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

type printer struct{ strings.Builder }

// words writes s; between the parts of a statement the caller gives the blanks.
func (p *printer) words(s ...string) {
	for _, w := range s {
		p.WriteString(w)
	}
}

// when writes s if ok.
func (p *printer) when(ok bool, s string) {
	if ok {
		p.WriteString(s)
	}
}

func (p *printer) str(s string) { p.WriteString(Quote(s)) }

// optStr writes word and s, unless s is empty.
func (p *printer) optStr(word, s string) {
	if s != "" {
		p.words(word, Quote(s))
	}
}

func (p *printer) number(n int64) { p.WriteString(strconv.FormatInt(n, 10)) }

func (p *printer) ident(i Ident) { p.WriteString(QuoteName(i.Name)) }

func (p *printer) qname(q QName) {
	for i, part := range q.Parts {
		p.when(i > 0, ".")
		p.ident(part)
	}
}

// sep writes each of list by one, with commas between.
func sep[T any](p *printer, list []T, one func(T)) {
	for i, v := range list {
		p.when(i > 0, ", ")
		one(v)
	}
}

// parens writes list in parentheses.
func parens[T any](p *printer, list []T, one func(T)) {
	p.WriteByte('(')
	sep(p, list, one)
	p.WriteByte(')')
}

func (p *printer) typ(t *Type) {
	p.WriteString(typeWords(t.Name))
	switch {
	case len(t.Params) > 0:
		p.WriteByte('(')
		for i, n := range t.Params {
			p.when(i > 0, ",")
			p.number(int64(n))
		}
		p.WriteByte(')')
	case len(t.Elems) > 0:
		p.WriteByte('<')
		for i, e := range t.Elems {
			p.when(i > 0, ",")
			p.typ(e)
		}
		p.WriteByte('>')
	case len(t.Fields) > 0:
		p.WriteByte('<')
		for i, f := range t.Fields {
			p.when(i > 0, ",")
			p.ident(f.Name)
			p.WriteByte(':')
			p.typ(f.Type)
			p.optStr(" comment ", f.Comment)
		}
		p.WriteByte('>')
	}
}

// typeWords returns how a type's name is written.
func typeWords(name string) string {
	switch name {
	case "interval_year_month":
		return "interval year to month"
	case "interval_day_time":
		return "interval day to second"
	}
	return name
}

func (p *printer) props(list []Property) {
	parens(p, list, func(k Property) { p.words(Quote(k.Key), "=", Quote(k.Value)) })
}

func (p *printer) optProps(word string, list []Property) {
	if len(list) > 0 {
		p.WriteString(word)
		p.props(list)
	}
}

// partition writes PARTITION (…) with a blank before it, or nothing.
func (p *printer) partition(s *PartSpec) {
	if s == nil {
		return
	}
	p.WriteString(" partition ")
	p.partItems(s)
}

func (p *printer) partItems(s *PartSpec) {
	parens(p, s.Items, func(it PartItem) {
		p.ident(it.Key)
		if it.Value != nil {
			p.words(" ", string(it.Op), " ")
			p.expr(it.Value, precBitOr)
		}
	})
}

package parse

import (
	"strconv"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// typeNames are the words that begin a type, with the name that the tree gives it.
var typeNames = map[string]string{
	"tinyint": "tinyint", "smallint": "smallint", "int": "int", "integer": "int", "bigint": "bigint", "long": "bigint",
	"float": "float", "real": "float", "double": "double", "decimal": "decimal", "dec": "decimal", "numeric": "decimal",
	"boolean": "boolean", "string": "string", "varchar": "varchar", "char": "char", "binary": "binary", "date": "date",
	"timestamp": "timestamp", "timestamplocaltz": "timestamp with local time zone", "datetime": "timestamp", "void": "void",
	"array": "array", "map": "map", "struct": "struct", "uniontype": "uniontype",
	"interval_year_month": "interval_year_month", "interval_day_time": "interval_day_time",
}

// isType reports whether a type may begin with t.
func isType(t token) bool {
	return t.kind == kWord && (typeNames[t.text] != "" || t.text == "interval")
}

// typ reads a type.
func (p *parser) typ() *ast.Type {
	start := p.here()
	if !p.enter() {
		return nil
	}
	defer p.leave()
	if p.accept("interval") {
		return p.intervalType(start)
	}
	word := p.peek()
	t := &ast.Type{Name: typeNames[word.text]}
	if word.kind != kWord || t.Name == "" {
		p.unknownType(word)
		return nil
	}
	p.next()
	switch t.Name {
	case "double":
		p.accept("precision")
	case "timestamp":
		if p.accept("with") {
			p.accept("local")
			p.expect("time", "zone")
			t.Name = "timestamp with local time zone"
		}
	case "char", "varchar", "decimal":
		if p.at("(") {
			t.Params = parens(p, p.typeParam)
		}
	case "array", "map", "uniontype":
		p.expect("<")
		t.Elems = list(p, p.typ)
		p.expect(">")
		p.arity(t, word)
	case "struct":
		p.expect("<")
		t.Fields = list(p, p.structField)
		p.expect(">")
	}
	t.Pos = p.from(start)
	return t
}

// arity checks how many types stand between < and >.
func (p *parser) arity(t *ast.Type, at token) {
	want := map[string]int{"array": 1, "map": 2}[t.Name]
	if p.err == nil && want > 0 && len(t.Elems) != want {
		p.failAt(at.span(), diag.Syntax, "%s takes %d, found %d", t.Name, want, len(t.Elems)).
			WithHint("write array<type> or map<key type, value type>")
	}
}

func (p *parser) unknownType(t token) {
	if t.kind != kWord || p.err != nil {
		p.unexpected("a type")
		return
	}
	names := make([]string, 0, len(typeNames))
	for n := range typeNames {
		names = append(names, n)
	}
	e := p.failAt(t.span(), diag.Type, "expected a type, found %s", p.found(t))
	switch t.text {
	case "text", "clob", "nvarchar", "uuid", "json":
		e.Hint = elsewhere + "string"
	case "blob", "bytes", "varbinary", "bytea":
		e.Hint = elsewhere + "binary"
	case "bool":
		e.Hint = elsewhere + "boolean"
	case "serial", "unsigned":
		e.Hint = elsewhere + "bigint"
	default:
		e.Hint = diag.DidYouMean(t.text, names)
	}
}

func (p *parser) typeParam() int {
	t := p.peek()
	n, err := strconv.Atoi(t.text)
	if t.kind != kNumber || err != nil {
		p.unexpected("a whole number")
		return 0
	}
	p.next()
	return n
}

func (p *parser) structField() ast.StructField {
	start := p.here()
	f := ast.StructField{Name: p.afterDot()}
	p.expect(":")
	f.Type = p.typ()
	if p.accept("comment") {
		f.Comment = p.str("a comment in quotes")
	}
	f.Pos = p.from(start)
	return f
}

// intervalType reads what follows INTERVAL in a cast.
func (p *parser) intervalType(start int) *ast.Type {
	t := &ast.Type{}
	switch {
	case p.accept("year", "to", "month"):
		t.Name = "interval_year_month"
	case p.accept("day", "to", "second"):
		t.Name = "interval_day_time"
	default:
		p.unexpected("YEAR TO MONTH or DAY TO SECOND")
	}
	t.Pos = p.from(start)
	return t
}

package parse

import "github.com/winnowdb/winnow/planner/ast"

// atTransform reports whether TRANSFORM(…) USING is next. Without USING it is a function.
func (p *parser) atTransform() bool {
	if !p.at("transform", "(") {
		return false
	}
	after := p.toks[min(p.closing(1)+1, len(p.toks)-1)]
	return after.is("using") || after.is("row") || after.is("recordwriter")
}

// transform reads what follows TRANSFORM, MAP or REDUCE; args reads the list of its arguments.
func (p *parser) transform(word string, args func(*parser, func() ast.Expr) []ast.Expr) *ast.Transform {
	start := p.toks[p.i-1].start
	t := &ast.Transform{Verb: word}
	t.Args = args(p, p.argument)
	t.In = p.rowFormat()
	if p.accept("recordwriter") {
		t.Writer = p.str("a class in quotes")
	}
	p.expect("using")
	t.Command = p.str("a command in quotes")
	if t.HasAs = p.accept("as"); t.HasAs {
		if p.at("(") {
			t.Columns = parens(p, p.transformColumn)
		} else {
			t.Columns = list(p, p.transformColumn)
		}
	}
	t.Out = p.rowFormat()
	if p.accept("recordreader") {
		t.Reader = p.str("a class in quotes")
	}
	t.Pos = p.from(start)
	return t
}

// transformColumn reads a name with or without a type.
func (p *parser) transformColumn() ast.ColumnDef {
	start := p.here()
	c := ast.ColumnDef{Name: p.columnName()}
	if isType(p.peek()) {
		c.Type = p.typ()
		if p.accept("comment") {
			c.Comment = p.str("a comment in quotes")
		}
	}
	c.Pos = p.from(start)
	return c
}

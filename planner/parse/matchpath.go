package parse

import (
	"strconv"
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// maxBlanks bounds the work for each list of a statement that has many.
const maxBlanks = 1 << 16

// tpath is the column of a path: the rows that a pattern of MATCHPATH matched.
const tpath = "tpath"

// matchPath reads matchpath(ON t PARTITION BY … ORDER BY … ARG1('A.B*'), ARG2('A'), ARG3(condition), …, ARGN('select list')), a
// partitioned table function. It is the select list over the rows where a path begins, and a path is what a window function finds:
//
//	(select <list> from (select *, matchpath('A.B*', 'A', condition, …, named_struct(*)) over (…) tpath from t) t where tpath is not null)
func (p *parser) matchPath(start int) ast.TableRef {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	call := &ast.Call{}
	p.expect("(", "on")
	from, alias := p.matchPathInput()
	call.Over = &ast.Window{}
	p.windowParts(call.Over)
	list := p.matchPathArguments(call)
	p.expect(")")
	all := p.from(start)
	call.Pos, call.Name, call.Over.Pos = all, plainName(all, "matchpath"), all
	call.Args = append(call.Args, &ast.Call{Pos: all, Name: plainName(all, "named_struct"), Star: true})
	paths := &ast.Select{Pos: all, From: from, Items: []ast.SelectItem{
		{Pos: all, Expr: &ast.Star{}}, // without a place: it is not in the text
		{Pos: all, Expr: call, Alias: ast.Ident{Pos: all, Name: tpath}},
	}}
	matched := &ast.Select{Pos: all, Items: list,
		From:  &ast.SubqueryTable{Pos: all, Query: &ast.Query{Pos: all, Body: paths}, Alias: alias},
		Where: &ast.Is{Pos: all, X: &ast.Name{Pos: all, Parts: []ast.Ident{{Pos: all, Name: tpath}}}, What: ast.IsNull, Not: true},
	}
	t := &ast.SubqueryTable{Query: &ast.Query{Pos: all, Body: matched}}
	t.Alias = p.tableAlias()
	t.Pos = p.from(start)
	return t
}

func plainName(at ast.Pos, name string) ast.QName {
	return ast.QName{Pos: at, Parts: []ast.Ident{{Pos: at, Name: name}}}
}

// matchPathInput reads the table or subquery behind ON, and by which name its columns go.
func (p *parser) matchPathInput() (ast.TableRef, ast.Ident) {
	start := p.here()
	if p.at("(") {
		t := p.subqueryTable(start, false)
		return t, t.(*ast.SubqueryTable).Alias
	}
	t := &ast.Table{Name: p.tableName()}
	if p.at("(") && p.ahead(1).is("on") {
		p.failAt(p.peek().span(), diag.Unsupported, "a partitioned table function over another is not supported").WithHint("name it in a subquery")
		return t, ast.Ident{}
	}
	if t.Sample = p.sample(); !p.ahead(1).is("(") || p.at("as") { // else it is ARG1(
		t.Alias = p.tableAlias()
	}
	t.Pos = p.from(start)
	if t.Alias.Given() {
		return t, t.Alias
	}
	return t, t.Name.Parts[len(t.Name.Parts)-1]
}

// matchPathArguments reads the pattern, names and conditions of symbols into call, and returns the select list, which is the text
// of the last argument.
func (p *parser) matchPathArguments(call *ast.Call) []ast.SelectItem {
	var last token
	args := list(p, func() ast.Expr {
		p.ident("ARG1, ARG2, …")
		p.expect("(")
		last = p.peek()
		e := p.expr()
		p.expect(")")
		return e
	})
	if p.err != nil {
		return nil
	}
	text, ok := args[len(args)-1].(*ast.Literal)
	if !ok || text.Kind != ast.LitString || len(args) < 4 || len(args)%2 != 0 {
		p.failAt(args[len(args)-1].Span(), diag.Syntax, "matchpath takes a pattern, names of symbols each with a condition, and the text of a select list").
			WithHint("matchpath(on t partition by a order by b arg1('X.Y*'), arg2('X'), arg3(c > 1), arg4('Y'), arg5(c = 0), arg6('a, size(tpath) as n'))")
		return nil
	}
	call.Args = args[:len(args)-1]
	return p.selectList(last.start+1, text.Text)
}

// selectList reads a select list that stands in the text as a string at byte start.
func (p *parser) selectList(start int, text string) []ast.SelectItem {
	// Behind as many blanks as bytes stand before it, so that its places are those of the statement; in a very long one they are not.
	in, err := newParser(strings.Repeat(" ", min(start, maxBlanks))+text, false)
	if err != nil {
		p.failAt(diag.Span{Start: start, End: start + len(text)}, diag.Syntax, "the select list: %v", err)
		return nil
	}
	in.depth = p.depth
	in.accept("select")
	items := list(in, in.selectItem)
	if in.peek().kind != kEOF || in.params > 0 {
		in.unexpected("the end of the select list")
	}
	if in.err != nil {
		p.stop(in.err)
		return nil
	}
	for i := range items {
		if items[i].Alias.Given() {
			continue
		}
		if _, named := items[i].Expr.(*ast.Name); !named {
			items[i].Alias = ast.Ident{Pos: items[i].Pos, Name: "matchpath_col_" + strconv.Itoa(i)} // as Hive has it
		}
	}
	return items
}

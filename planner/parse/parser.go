package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// maxDepth is how deep parentheses, subqueries, operators before their operand and types may
// nest (bad-input S6).
const maxDepth = 500

// Parse reads statements that are separated by semicolons. Comments and empty statements give
// none. The spans of the trees, and of the error, count in bytes of sql.
func Parse(sql string) ([]ast.Statement, error) {
	p, err := newParser(sql, true)
	if err != nil {
		return nil, err
	}
	var out []ast.Statement
	for {
		for p.accept(";") {
		}
		if p.peek().kind == kEOF {
			break
		}
		p.params = 0
		s := p.statement()
		if !p.peek().is(";") && p.peek().kind != kEOF {
			p.unexpected(endOfStatement)
		}
		if p.err != nil {
			break
		}
		out = append(out, s)
	}
	if p.err != nil {
		return nil, p.err
	}
	return out, nil
}

// ParseExpr reads one expression, such as the default of a setting or the body of a function.
func ParseExpr(s string) (ast.Expr, error) {
	return whole(s, (*parser).expr)
}

// ParseType reads one type, such as array<struct<a:int,b:decimal(10,2)>>.
func ParseType(s string) (*ast.Type, error) {
	return whole(s, (*parser).typ)
}

// whole reads all of s with f.
func whole[T any](s string, f func(*parser) T) (T, error) {
	var none T
	p, err := newParser(s, false)
	if err != nil {
		return none, err
	}
	v := f(p)
	if p.peek().kind != kEOF {
		p.unexpected("the end")
	}
	if p.err != nil {
		return none, p.err
	}
	return v, nil
}

// parser holds the tokens and the first error. After an error it stands at the end of the text,
// where nothing is accepted any more, so that every loop ends; what its methods return then
// may be nil or half filled and is thrown away.
type parser struct {
	src    string
	toks   []token
	i      int // the next token
	err    *diag.Error
	lexErr *diag.Error // why the last token is kBad
	depth  int
	params int // ? seen in this statement
}

func newParser(src string, statements bool) (*parser, error) {
	if err := check(src); err != nil {
		return nil, err
	}
	p := &parser{src: src}
	p.toks, p.lexErr = lex(src, statements)
	return p, nil
}

func (p *parser) peek() token { return p.toks[p.i] }

// ahead returns the token n behind the next one.
func (p *parser) ahead(n int) token { return p.toks[min(p.i+n, len(p.toks)-1)] }

// next takes the next token.
func (p *parser) next() token {
	t := p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// at reports whether the next tokens are these keywords and symbols.
func (p *parser) at(words ...string) bool {
	for n, w := range words {
		if !p.ahead(n).is(w) {
			return false
		}
	}
	return true
}

// accept takes the next tokens if they are these keywords and symbols.
func (p *parser) accept(words ...string) bool {
	if !p.at(words...) {
		return false
	}
	p.i += len(words)
	return true
}

// acceptAny takes the next token if it is one of words, and returns it, or "".
func (p *parser) acceptAny(words ...string) string {
	for _, w := range words {
		if p.accept(w) {
			return w
		}
	}
	return ""
}

// expect takes these keywords and symbols or fails.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.unexpected(quoteToken(w))
			return
		}
	}
}

// end returns where the last taken token ends.
func (p *parser) end() int {
	if p.i == 0 {
		return 0
	}
	return p.toks[p.i-1].end
}

// from returns the place from offset start to the end of the last taken token.
func (p *parser) from(start int) ast.Pos {
	return ast.Pos{Start: start, End: max(start, p.end())}
}

// here returns where the next token starts.
func (p *parser) here() int { return p.peek().start }

// text returns the text from offset start to the end of the last taken token.
func (p *parser) text(start int) string { return p.src[start:max(start, p.end())] }

// enter counts one level of nesting; leave ends it. A false answer means too deep.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.failAt(p.peek().span(), diag.Limit, "nested deeper than %d levels", maxDepth).
			WithHint("take parts of it out into WITH")
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// failAt keeps the first error and moves to the end.
func (p *parser) failAt(s diag.Span, k diag.Kind, format string, args ...any) *diag.Error {
	e := diag.At(s, k, format, args...)
	p.stop(e)
	return e
}

func (p *parser) stop(e *diag.Error) {
	if p.err == nil {
		p.err = e
	}
	p.i = len(p.toks) - 1
	p.toks[p.i].kind = kEOF
}

// unexpected fails: want says what could have stood here.
func (p *parser) unexpected(want string) {
	t := p.peek()
	if p.err != nil {
		return
	}
	if t.kind == kBad {
		p.stop(p.lexErr)
		return
	}
	hint, kind := p.hint(want), diag.Syntax
	if strings.HasPrefix(hint, elsewhere) {
		kind = diag.Unsupported
	}
	e := p.failAt(t.span(), kind, "expected %s, found %s", want, p.found(t))
	if e.Hint == "" {
		e.Hint = hint
	}
}

// elsewhere begins the hint for what another dialect knows and Hive writes otherwise.
const elsewhere = "in Hive write "

// found names a token for a message.
func (p *parser) found(t token) string {
	switch {
	case t.kind == kEOF || t.is(";"):
		return endOfStatement
	case t.kind == kString:
		return "the string " + clip(p.src[t.start:t.end])
	case t.kind == kQuoted:
		return clip(p.src[t.start:t.end])
	}
	return quoteToken(clip(p.src[t.start:t.end]))
}

// endOfStatement is how messages call it.
const endOfStatement = "the end of the statement"

// quoteToken puts s between double quotes, without escapes.
func quoteToken(s string) string { return `"` + s + `"` }

// clip shortens s for a message, on one line.
func clip(s string) string {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i] + "…"
	}
	if r := []rune(s); len(r) > 40 {
		s = string(r[:39]) + "…"
	}
	return s
}

// list reads one or more things with commas between.
func list[T any](p *parser, one func() T) []T {
	out := []T{one()}
	for p.accept(",") {
		out = append(out, one())
	}
	return out
}

// parens reads ( one, one, … ).
func parens[T any](p *parser, one func() T) []T {
	p.expect("(")
	out := list(p, one)
	p.expect(")")
	return out
}

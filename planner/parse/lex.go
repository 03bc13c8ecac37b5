package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/xwb1989/sqlparser"

	"github.com/winnowdb/winnow/proto/diag"
)

// maxText is the size in bytes of the longest text that Parse reads (bad-input S5).
const maxText = 1 << 20

// lexer cuts a text into tokens. The Tokenizer walks; its values are MySQL's and are not used.
// Where it cuts otherwise than Hive (a name that begins with a digit, a type after a colon) the
// token is read from the text and a new Tokenizer set behind it.
type lexer struct {
	src   string
	tk    *sqlparser.Tokenizer
	base  int  // where the text of tk begins in src
	at    int  // end of the last token or comment, and where tk stands
	begin bool // a statement begins at the next token
	out   []token
	err   *diag.Error

	statements bool
}

// lex returns the tokens of src, the last of kind kEOF or, with the error, kBad. With statements
// SET and its like come as one token of kind kRaw.
func lex(src string, statements bool) ([]token, *diag.Error) {
	l := &lexer{src: src, begin: statements, statements: statements, out: make([]token, 0, len(src)/4+1)}
	if strings.HasPrefix(src, "\ufeff") {
		l.at = len("\ufeff")
	}
	l.seek(l.at)
	for l.next() {
	}
	if l.err != nil {
		return append(l.out, token{kind: kBad, start: l.err.Span.Start, end: l.err.Span.End}), l.err
	}
	return append(l.out, token{kind: kEOF, start: len(src), end: len(src)}), nil
}

// check refuses texts that are no texts.
func check(src string) *diag.Error {
	if len(src) > maxText {
		return diag.Errorf(diag.Limit, "the text has %d bytes, more than the %d that a statement may have", len(src), maxText).
			WithHint("put long lists into a table and join it")
	}
	if i := strings.IndexByte(src, 0); i >= 0 {
		return diag.At(diag.Span{Start: i, End: i + 1}, diag.Syntax, "NUL (U+0000) at byte %d", i)
	}
	if !utf8.ValidString(src) {
		i := 0
		for {
			r, n := utf8.DecodeRuneInString(src[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return diag.At(diag.Span{Start: i, End: i + 1}, diag.Syntax, "byte %d (0x%02X) is not UTF-8", i, src[i]).
			WithHint("save the statement as UTF-8")
	}
	return nil
}

// seek puts a new Tokenizer at offset off.
func (l *lexer) seek(off int) {
	l.at, l.base = off, off
	l.tk = sqlparser.NewTokenizer(strings.NewReader(l.src[off:]))
}

// scan lets the Tokenizer take one token and returns its end; its start is the first non-blank
// after l.at.
func (l *lexer) scan() (kind, end int) {
	kind, _ = l.tk.Scan()
	return kind, l.base + l.tk.Position - 1
}

// take ends the token at end, where the Tokenizer stands at tkEnd: it is led on or replaced.
func (l *lexer) take(end, tkEnd int) {
	for tkEnd < end {
		_, tkEnd = l.scan()
	}
	if tkEnd != end {
		l.seek(end)
	}
	l.at = end
}

func (l *lexer) push(k kind, start, end int, text string) {
	l.out = append(l.out, token{kind: k, start: start, end: end, text: text})
}

// fail ends the text with an error at [start, end).
func (l *lexer) fail(start, end int, format string, args ...any) *diag.Error {
	l.err = diag.At(diag.Span{Start: start, End: end}, diag.Syntax, format, args...)
	return l.err
}

// next takes one token or comment and answers false at the end or at an error.
func (l *lexer) next() bool {
	start := skipBlanks(l.src, l.at)
	if start < len(l.src) {
		if l.begin && l.raw(start) {
			return true
		}
		// The Tokenizer would read the inside of /*! … */ as MySQL does.
		if strings.HasPrefix(l.src[start:], "/*!") {
			return l.comment(start)
		}
	}
	kind, tkEnd := l.scan()
	if start >= len(l.src) {
		return false
	}
	l.begin = l.begin && kind == sqlparser.COMMENT
	c := l.src[start]
	switch {
	case kind == sqlparser.COMMENT || strings.HasPrefix(l.src[start:], "/*"):
		return l.commentAt(start, tkEnd)
	case c == '\'' || c == '"':
		return l.str(start, tkEnd)
	case c == '`':
		return l.quoted(start, tkEnd)
	case isDigit(c):
		return l.number(start, tkEnd)
	case isWord(c):
		return l.word(start, tkEnd)
	case c == '.' && tkEnd > start+1: // the Tokenizer took .5
		return l.dotDigit(start, tkEnd)
	case c == ':':
		end := start + 1
		if strings.HasPrefix(l.src[end:], ":") {
			end++
		}
		l.push(kSym, start, end, l.src[start:end])
		l.take(end, tkEnd)
		return true
	}
	return l.symbol(start, tkEnd)
}

// symbol takes an operator, a bracket or a semicolon.
func (l *lexer) symbol(start, tkEnd int) bool {
	c := l.src[start]
	end, text := tkEnd, l.src[start:tkEnd]
	switch {
	case strings.IndexByte("=,;()+*%^~&|/-<>.?![]{}", c) < 0:
		return l.strange(start)
	case c == '=' && strings.HasPrefix(l.src[tkEnd:], "="):
		end, text = tkEnd+1, "="
	case text == "!=":
		text = "<>"
	case text == ">>" || text == "<<": // closes two types
		end, text = start+1, text[:1]
	case c == ';':
		l.begin = l.statements
	}
	l.push(kSym, start, end, text)
	l.take(end, tkEnd)
	return true
}

// word takes a keyword or a bare name.
func (l *lexer) word(start, tkEnd int) bool {
	end := wordEnd(l.src, start)
	if end < len(l.src) && l.src[end] == '\'' && end == start+1 && strings.IndexByte("xXbB", l.src[start]) >= 0 {
		l.fail(start, end+1, "%s'…' is not a literal in Hive", l.src[start:end]).WithHint("write unhex('41')")
		return false
	}
	l.push(kWord, start, end, lower(l.src[start:end]))
	l.take(end, tkEnd)
	return true
}

// number takes a number, or a name that begins with a digit.
func (l *lexer) number(start, tkEnd int) bool {
	s := l.src
	end := start
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	k := kNumber
	if n := wordEnd(s, start); n > end && !numberTail(s[end:n]) && !exponentAt(s, end) {
		k, end = kWord, n
		if s[start] == '0' && (s[start+1] == 'x' || s[start+1] == 'X') && isHex(s[start+2:n]) {
			k = kHex
		}
	} else {
		if end < len(s) && s[end] == '.' {
			for end++; end < len(s) && isDigit(s[end]); end++ {
			}
		}
		if exponentAt(s, end) {
			for end += 2; end < len(s) && isDigit(s[end]); end++ {
			}
		}
		if n := wordEnd(s, end); n > end {
			if !numberTail(s[end:n]) {
				l.fail(start, n, "%s is not a number", s[start:n])
				return false
			}
			end = n
		}
	}
	text := s[start:end]
	if k == kWord {
		text = lower(text)
	}
	l.push(k, start, end, text)
	l.take(end, tkEnd)
	return true
}

// numberTail reports whether s is a suffix that gives a number its type.
func numberTail(s string) bool {
	switch lower(s) {
	case "l", "s", "y", "d", "bd":
		return true
	}
	return false
}

// exponentAt reports whether an exponent with its first digit begins at s[i].
func exponentAt(s string, i int) bool {
	if i >= len(s) || s[i] != 'e' && s[i] != 'E' {
		return false
	}
	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	if i >= len(s) || !isDigit(s[i]) {
		return false
	}
	// 1e5x is a name.
	j := i
	for j < len(s) && isDigit(s[j]) {
		j++
	}
	n := wordEnd(s, j)
	return n == j || numberTail(s[j:n]) || !isDigit(s[i-1]) && (s[i-1] == '+' || s[i-1] == '-')
}

// dotDigit takes the dot of t.1st, which the Tokenizer reads as a number.
func (l *lexer) dotDigit(start, tkEnd int) bool {
	if start == 0 || !isNameEnd(l.src[start-1]) {
		n := wordEnd(l.src, start+1)
		l.fail(start, n, "%s is not a number in Hive", l.src[start:n]).WithHint("write 0%s", l.src[start:n])
		return false
	}
	l.push(kSym, start, start+1, ".")
	end := wordEnd(l.src, start+1)
	l.push(kWord, start+1, end, lower(l.src[start+1:end]))
	l.take(end, tkEnd)
	return true
}

// str takes a string literal.
func (l *lexer) str(start, tkEnd int) bool {
	end := stringEnd(l.src, start)
	if end < 0 {
		l.fail(start, start+1, "the quote %c is not closed", l.src[start]).WithHint("within quotes, write \\%c for the character itself", l.src[start])
		return false
	}
	l.push(kString, start, end, unescape(l.src[start+1:end-1]))
	l.out[len(l.out)-1].double = l.src[start] == '"'
	l.take(end, tkEnd)
	return true
}

// quoted takes a name in backquotes.
func (l *lexer) quoted(start, tkEnd int) bool {
	end := quotedEnd(l.src, start)
	if end < 0 {
		l.fail(start, start+1, "the quote ` is not closed").WithHint("within quotes, write `` for the character itself")
		return false
	}
	name := strings.ReplaceAll(l.src[start+1:end-1], "``", "`")
	if name == "" {
		l.fail(start, end, "an empty name")
		return false
	}
	l.push(kQuoted, start, end, lower(name))
	l.take(end, tkEnd)
	return true
}

// commentAt passes over a comment, and keeps a hint. # and // begin comments only for the Tokenizer.
func (l *lexer) commentAt(start, tkEnd int) bool {
	switch {
	case l.src[start] == '#':
		return l.strange(start)
	case strings.HasPrefix(l.src[start:], "//"):
		l.fail(start, start+2, "// is not an operator").WithHint("a comment begins with --")
		return false
	case strings.HasPrefix(l.src[start:], "/*"):
		end := commentEnd(l.src, start)
		if end < 0 {
			l.fail(start, start+2, "comment not closed")
			return false
		}
		if n := len(l.out); l.src[start+2] == '+' && n > 0 && l.out[n-1].is("select") {
			l.push(kHint, start, end, strings.TrimSpace(l.src[start+3:end-2]))
		}
		l.take(end, tkEnd)
		return true
	}
	l.at = tkEnd
	return true
}

// comment passes over the comment at start, where the Tokenizer has not been.
func (l *lexer) comment(start int) bool {
	end := commentEnd(l.src, start)
	if end < 0 {
		l.fail(start, start+2, "comment not closed")
		return false
	}
	l.seek(end)
	return true
}

// raw takes a whole statement that is not made of tokens, if one begins at start.
func (l *lexer) raw(start int) bool {
	if !isRaw(l.src[start:]) {
		return false
	}
	end := statementEnd(l.src, start)
	l.push(kRaw, start, end, strings.TrimRight(l.src[start:end], " \t\r\n"))
	l.seek(end)
	l.begin = false
	return true
}

package parse

import "github.com/winnowdb/winnow/proto/diag"

// kind is the sort of a token.
type kind uint8

const (
	kEOF    kind = iota
	kWord        // a keyword or a bare name; text is lower case
	kQuoted      // `name`; text is the decoded name, lower case
	kString      // '…' or "…"; text is decoded
	kNumber      // 12, 1.5, 1e3, 12L, 1.5BD; text is as written
	kHex         // 0x1F, good only after a character set name
	kSym         // an operator or a bracket; text is its one spelling
	kHint        // /*+ … */; text is what stands between the marks
	kRaw         // a whole statement that is not made of tokens: SET, ADD JAR, dfs, …
	kBad         // not a token of Hive; the last one, and lexer.err says why
)

// token is one token of a statement; start and end are byte offsets into the text.
type token struct {
	kind       kind
	double     bool // a string in double quotes
	start, end int
	text       string
}

func (t token) span() diag.Span { return diag.Span{Start: t.start, End: t.end} }

// is reports whether t is the keyword or the symbol s.
func (t token) is(s string) bool {
	return (t.kind == kWord || t.kind == kSym) && t.text == s
}

package parse

import (
	"strings"

	"github.com/winnowdb/winnow/planner/ast"
)

// hint returns what to do about the next token where nothing can be made of it, or ""; want is
// what was expected.
func (p *parser) hint(want string) string {
	t, prev := p.peek(), token{}
	if p.i > 0 {
		prev = p.toks[p.i-1]
	}
	word := p.src[t.start:t.end]
	switch {
	case t.kind == kSym:
		return symbolHint(t, prev)
	case t.kind == kString && strings.Contains(want, "name"):
		return "quotes make a string; a name goes in backquotes"
	case prev.is("top") && t.kind == kNumber:
		return elsewhere + "LIMIT " + word + " at the end of the query"
	case t.kind != kWord:
		return ""
	case t.is("with") && prev.kind != kEOF && p.i > 1:
		return "WITH stands before INSERT"
	case t.is("similar"):
		return elsewhere + "RLIKE with a regular expression"
	case t.is("collate"):
		return "strings are ordered by their bytes"
	case t.is("recursive"):
		return "a WITH may not name itself in Hive"
	case ast.Reserved(t.text):
		return reservedHint(t, prev, want)
	}
	return ""
}

// reservedHint is hint for a reserved word.
func reservedHint(t, prev token, want string) string {
	switch {
	case want == endOfStatement && (t.is("select") || t.is("insert") || t.is("create")):
		return "put a ; between two statements"
	case want == endOfStatement && t.is("from"):
		return "FROM stands before WHERE, GROUP BY and ORDER BY"
	case prev.is(","):
		return "if a clause begins here there is a comma too many; as a name write `" + t.text + "`"
	case strings.Contains(want, "name") || strings.Contains(want, "expression") || strings.Contains(want, "alias"):
		return t.text + " is a reserved word; as a name write `" + t.text + "`"
	}
	return ""
}

func symbolHint(t, prev token) string {
	close := prev.kind == kSym && prev.end == t.start
	switch {
	case t.text == "::":
		return elsewhere + "cast(value as type)"
	case t.text == "&&":
		return "write AND"
	case close && prev.text == t.text && (t.text == "<" || t.text == ">"):
		return elsewhere + "shiftleft(a, n) or shiftright(a, n)"
	case t.text == "->" || t.text == "->>":
		return elsewhere + "get_json_object(value, '$.key')"
	case t.text == ")" && prev.is(","):
		return "there is a comma too many"
	case t.text == "=" && prev.is("="):
		return "write = once"
	}
	return ""
}

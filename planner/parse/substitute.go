package parse

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// maxSubstitutions is how often Substitute goes over a text whose values hold variables again
// (Hive's hive.variable.substitute.depth).
const maxSubstitutions = 40

// Substitute replaces ${name} and ${space:name} in sql by what lookup knows; space is hivevar,
// hiveconf, env, system or metaconf, in lower case, or "" where none is written. Variables that
// lookup does not know stay as they are. Values may hold variables in turn: after 40 rounds
// that is an error of kind Limit, as is a text that grows beyond what Parse reads.
// Quotes and comments are not regarded, as in Hive.
func Substitute(sql string, lookup func(space, name string) (value string, ok bool)) (string, error) {
	for range maxSubstitutions {
		next, changed := substitute(sql, lookup)
		if !changed {
			return sql, nil
		}
		if len(next) > maxText {
			return "", diag.Errorf(diag.Limit, "the text grows beyond %d bytes by its variables", maxText)
		}
		sql = next
	}
	if _, changed := substitute(sql, lookup); changed {
		return "", diag.Errorf(diag.Limit, "variables stand in each other more than %d deep", maxSubstitutions).
			WithHint("a variable may not hold itself")
	}
	return sql, nil
}

// substitute goes over sql once.
func substitute(sql string, lookup func(space, name string) (string, bool)) (string, bool) {
	var b strings.Builder
	done := 0
	for i := 0; ; {
		open := strings.Index(sql[i:], "${")
		if open < 0 {
			break
		}
		open += i
		n := strings.IndexAny(sql[open+2:], "}$ \t\r\n\u0001")
		if n < 0 || sql[open+2+n] != '}' {
			i = open + 2
			continue
		}
		end := open + 2 + n + 1
		space, name := variable(sql[open+2 : end-1])
		if value, ok := lookup(space, name); ok {
			b.WriteString(sql[done:open])
			b.WriteString(value)
			done = end
			if b.Len() > maxText {
				break // Substitute refuses it
			}
		}
		i = end
	}
	if done == 0 {
		return sql, false
	}
	b.WriteString(sql[done:])
	return b.String(), true
}

// variable cuts the space off a variable's name.
func variable(s string) (space, name string) {
	if space, name, ok := strings.Cut(s, ":"); ok {
		switch space = lower(space); space {
		case "hivevar", "hiveconf", "env", "system", "metaconf":
			return space, name
		}
	}
	return "", s
}

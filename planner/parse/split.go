package parse

import "strings"

// blanks are the bytes that the lexer passes over. Other white space of Unicode is left for it to refuse by name.
const blanks = " \t\r\n"

// Split cuts a text into statements at each ; outside quotes and comments, and returns them
// without it and without blanks around; statements that are only comments are left out.
// Written \; stands for a ; inside a statement, as in Hive's shell. rest is what follows the
// last ;, untrimmed: a shell reads on while it holds more than blanks and comments.
// Split never fails: an open quote or comment just reaches to the end.
func Split(sql string) (statements []string, rest string) {
	for {
		end := statementEnd(sql, 0)
		if end >= len(sql) {
			return statements, sql
		}
		if !onlyComments(sql[:end]) {
			statements = append(statements, semicolons(strings.Trim(sql[:end], blanks)))
		}
		sql = sql[end+1:]
	}
}

// semicolons replaces \; by ; outside quotes and comments.
func semicolons(s string) string {
	if !strings.Contains(s, `\;`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], `\;`) {
			b.WriteByte(';')
			i += 2
			continue
		}
		n := pass(s, i)
		b.WriteString(s[i:n])
		i = n
	}
	return b.String()
}

// Blank reports whether sql holds nothing but blanks and comments. A comment that is not closed
// is not blank.
func Blank(sql string) bool { return onlyComments(sql) }

func onlyComments(s string) bool {
	for i := skipBlanks(s, 0); i < len(s); i = skipBlanks(s, i) {
		switch {
		case strings.HasPrefix(s[i:], "--"):
			i = pass(s, i)
		case strings.HasPrefix(s[i:], "/*"):
			if commentEnd(s, i) < 0 {
				return false
			}
			i = pass(s, i)
		default:
			return false
		}
	}
	return true
}

// statementEnd returns the offset of the ; that ends the statement at s[i], or len(s).
func statementEnd(s string, i int) int {
	for i < len(s) {
		if s[i] == ';' {
			return i
		}
		i = pass(s, i)
	}
	return len(s)
}

// pass returns the offset behind the quoted text, comment, escaped character or single byte at s[i].
func pass(s string, i int) int {
	end := i + 1
	switch c := s[i]; {
	case c == '\'' || c == '"':
		end = stringEnd(s, i)
	case c == '`':
		end = quotedEnd(s, i)
	case strings.HasPrefix(s[i:], "--"):
		if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
			end = i + n + 1
		} else {
			end = -1
		}
	case strings.HasPrefix(s[i:], "/*"):
		end = commentEnd(s, i)
	case c == '\\':
		end = i + 2
	}
	if end < 0 || end > len(s) {
		return len(s)
	}
	return end
}

// isRaw reports whether s begins with a word after which Hive's shell reads the rest of the
// statement as text.
func isRaw(s string) bool {
	if s[0] == '!' {
		return true
	}
	n := wordEnd(s, 0)
	if n == 0 || n < len(s) && strings.IndexByte(blanks+";", s[n]) < 0 {
		return false
	}
	switch lower(s[:n]) {
	case "set", "reset", "dfs", "source":
		return true
	case "add", "list", "delete":
		rest := s[skipBlanks(s, n):]
		return resourceKind(lower(rest[:wordEnd(rest, 0)])) != ""
	}
	return false
}

// resourceKind returns jar, file or archive for those words and their plurals, or "".
func resourceKind(word string) string {
	switch w := strings.TrimSuffix(word, "s"); w {
	case "jar", "file", "archive":
		return w
	}
	return ""
}

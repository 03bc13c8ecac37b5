package parse

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWord reports whether c may stand in a bare name.
func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// isNameEnd reports whether a name, an index or a call may end in c, so that a dot after it
// asks for a field.
func isNameEnd(c byte) bool { return isWord(c) || c == '`' || c == ']' || c == ')' }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// lower is strings.ToLower for names.
func lower(s string) string { return strings.ToLower(s) }

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

func wordEnd(s string, i int) int {
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return i
}

// stringEnd returns the end of the string literal at s[i], or -1 if it is not closed.
func stringEnd(s string, i int) int {
	q := s[i]
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case q:
			return i + 1
		}
	}
	return -1
}

// quotedEnd returns the end of the backquoted name at s[i], or -1 if it is not closed.
func quotedEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		if s[i] == '`' {
			if i+1 >= len(s) || s[i+1] != '`' {
				return i + 1
			}
			i++
		}
	}
	return -1
}

// commentEnd returns the end of the /* comment at s[i], or -1 if it is not closed.
func commentEnd(s string, i int) int {
	n := strings.Index(s[i+2:], "*/")
	if n < 0 {
		return -1
	}
	return i + 2 + n + 2
}

// unescape decodes the inside of a string literal as Hive does (sql.md section 1).
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		// Three octal digits, up to \177: Hive reads \200 as 200.
		if i+2 < len(s) && (s[i] == '0' || s[i] == '1') && isOctal(s[i+1]) && isOctal(s[i+2]) {
			b = append(b, (s[i]-'0')<<6|(s[i+1]-'0')<<3|(s[i+2]-'0'))
			i += 2
			continue
		}
		if r, n := unicodeEscape(s[i:]); n > 0 {
			b = utf8.AppendRune(b, r)
			i += n - 1
			continue
		}
		b = append(b, escaped(s[i])...)
	}
	return string(b)
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// escaped returns what \c stands for.
func escaped(c byte) string {
	switch c {
	case '0':
		return "\x00"
	case 'b':
		return "\b"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'Z':
		return "\x1a"
	case '%':
		return `\%`
	case '_':
		return `\_`
	}
	return string([]byte{c})
}

// unicodeEscape reads uXXXX, or two of them for a character beyond U+FFFF, and returns how many
// bytes that took; 0 if s is something else.
func unicodeEscape(s string) (rune, int) {
	hi, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if 0xD800 <= hi && hi < 0xDC00 && strings.HasPrefix(s[5:], `\`) {
		if lo, ok := hex4(s[6:]); ok && 0xDC00 <= lo && lo < 0xE000 {
			return (hi-0xD800)<<10 + (lo - 0xDC00) + 0x10000, 11
		}
	}
	return hi, 5
}

func hex4(s string) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' || !isHex(s[1:5]) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[1:5], 16, 32)
	return rune(v), err == nil
}

// strange refuses a character that begins no token, naming it.
func (l *lexer) strange(start int) bool {
	r, n := utf8.DecodeRuneInString(l.src[start:])
	what := fmt.Sprintf("%q", string(r))
	hint := ""
	switch {
	case r == '\u00a0' || r == '\u3000' || unicode.Is(unicode.Zs, r):
		what, hint = "a blank that is not ASCII", "write an ordinary blank"
	case r == '\ufeff' || unicode.Is(unicode.Cf, r):
		what, hint = "an invisible character", "delete it"
	case strings.ContainsRune("‘’‚‛′", r):
		hint = "write '"
	case strings.ContainsRune("“”„‟″", r):
		hint = `write "`
	case 0xFF01 <= r && r <= 0xFF5E:
		hint = fmt.Sprintf("write %c", r-0xFF00+0x20)
	case r == '$' && strings.HasPrefix(l.src[start:], "${"):
		hint = "the variable has no value: SET hivevar:name=value"
	case unicode.IsControl(r):
		what, hint = "a control character", "delete it"
	case unicode.IsLetter(r):
		hint = "a name with other letters than a to z goes in backquotes"
	case r == '#':
		hint = "a comment begins with --"
	case r == '\\':
		hint = "a backslash stands only in strings"
	case r == '@' || r == '$':
		hint = "a name with this character goes in backquotes"
	}
	e := l.fail(start, start+n, "%s (U+%04X) does not belong here", what, r)
	e.Hint = hint
	return false
}

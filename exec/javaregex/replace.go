package javaregex

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// Replacement is a parsed replacement text of Java's Matcher.replaceAll: $1 and ${name} stand for
// groups, a backslash takes the next character as it is.
type Replacement struct {
	parts []part
}

// part is literal text, or a group if group is not negative.
type part struct {
	text  string
	group int
}

// Replacement parses text against the groups of re. Its error is a *diag.Error of kind Syntax.
func (re *Regexp) Replacement(text string) (*Replacement, error) {
	r := &Replacement{}
	var lit strings.Builder
	for i := 0; i < len(text); {
		switch text[i] {
		case '\\':
			if i+1 == len(text) {
				return nil, diag.Errorf(diag.Syntax, "replacement %s ends with a backslash", quoteShort(text))
			}
			lit.WriteByte(text[i+1])
			i += 2
		case '$':
			group, n, err := re.reference(text, i+1)
			if err != nil {
				return nil, err
			}
			r.literal(&lit)
			r.parts = append(r.parts, part{group: group})
			i = n
		default:
			lit.WriteByte(text[i])
			i++
		}
	}
	r.literal(&lit)
	return r, nil
}

func (r *Replacement) literal(lit *strings.Builder) {
	if lit.Len() > 0 {
		r.parts = append(r.parts, part{text: lit.String(), group: -1})
		lit.Reset()
	}
}

// reference reads the group after a $ and returns it with the offset behind it. Digits belong to the
// number as long as there is such a group.
func (re *Regexp) reference(text string, i int) (group, end int, err error) {
	bad := func(format string, args ...any) (int, int, error) {
		e := diag.Errorf(diag.Syntax, format, args...)
		e.Msg = "replacement " + quoteShort(text) + ": " + e.Msg
		return 0, 0, e.WithHint(`write \\$ for a dollar sign`)
	}
	if i < len(text) && text[i] == '{' {
		n := strings.IndexByte(text[i:], '}')
		if n < 0 {
			return bad("unclosed ${name}")
		}
		name := text[i+1 : i+n]
		if g := re.GroupIndex(name); g >= 0 {
			return g, i + n + 1, nil
		}
		return bad("no group <%s>", name)
	}
	if i >= len(text) || !isDigit(rune(text[i])) {
		return bad("$ is not followed by a group's number or {name}")
	}
	group = int(text[i] - '0')
	if group > re.groups {
		return bad("no group %d", group)
	}
	for i++; i < len(text) && isDigit(rune(text[i])); i++ {
		next := group*10 + int(text[i]-'0')
		if next > re.groups {
			break
		}
		group = next
	}
	return group, i, nil
}

// AppendReplaceAll appends s to dst, every match replaced by r. r must come from this Regexp.
func (re *Regexp) AppendReplaceAll(dst []byte, s string, r *Replacement) ([]byte, error) {
	from := 0
	err := re.Each(s, func(m []int) bool {
		dst = append(dst, s[from:m[0]]...)
		from = m[1]
		for _, p := range r.parts {
			switch {
			case p.group < 0:
				dst = append(dst, p.text...)
			case m[2*p.group] >= 0:
				dst = append(dst, s[m[2*p.group]:m[2*p.group+1]]...)
			}
		}
		return true
	})
	return append(dst, s[from:]...), err
}
